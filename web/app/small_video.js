// The small window as a picture alone, where the browser has picture-in-picture for videos only: of whoever speaks and has one. The
// browser draws the buttons over it that it knows (media_keys.js).
//
// One video element for all of them, always playing, since browsers open it only for what plays, and change the element only by a
// press: so the tracks in its stream change instead.

import { attach, h } from "./dom.js";
import { smallOf } from "./stage.js";

/** @typedef {import("./state.js").State} State */

/**
 * @param {(small: import("./stage.js").Small | null) => void} tell
 */
export function createSmallVideo(tell) {
  const stream = new MediaStream();
  const video = h("video", { class: "unseen", autoplay: true, playsinline: true, "aria-hidden": "true" });
  video.muted = true;
  video.addEventListener("enterpictureinpicture", (event) => {
    const { pictureInPictureWindow: pip } = /** @type {PictureInPictureEvent} */ (event);
    const measure = () => tell({ lines: Math.round(pip.height * devicePixelRatio), bare: true });
    pip.addEventListener("resize", measure);
    measure();
  });
  video.addEventListener("leavepictureinpicture", () => tell(null));

  /** @param {MediaStreamTrack | undefined} track */
  function change(track) {
    const before = stream.getTracks();
    if (before.length === (track ? 1 : 0) && before[0] === track) return;
    // The new one first: a stream without any would end it.
    if (track) stream.addTrack(track);
    for (const one of before) stream.removeTrack(one);
  }

  return {
    /** @param {State} state */
    update({ stage, people }) {
      const id = smallOf(stage, people, true);
      const track = people.find((person) => person.id === id)?.stream.getVideoTracks()[0];
      // When the last picture goes the window keeps it, as it may not open again by itself.
      if (track) change(track);
      if (!video.isConnected) document.body.append(video);
      attach(video, stream);
    },

    /** @throws {DOMException} without a press, or before there is a picture */
    async open() {
      await video.requestPictureInPicture();
    },

    close() {
      if (document.pictureInPictureElement === video) void document.exitPictureInPicture().catch(() => {});
      change(undefined);
      video.remove();
    },
  };
}
