// What people show of themselves and want to see of others, as a page calls it; the doing is own.js's, mesh.js's and pictures.js's.

import { ParlourError } from "./errors.js";
import { checkKind } from "./own.js";

/** @typedef {import("./inside.js").Inside} Inside */

/** Of a meeting. Tracks stay the page's: the SDK never stops them. All of it may be called at any time, but what throws `not-in-room`. */
export class Showing extends EventTarget {
  #inside;
  #own;

  /** @param {() => Inside | null} inside @param {import("./own.js").Own} own */
  constructor(inside, own) {
    super();
    this.#inside = inside;
    this.#own = own;
  }

  /** @returns {Readonly<import("./types.js").Me>} */
  get me() { return this.#own.me; }

  /**
   * Sends this microphone from now on, or nothing. Others hear of it sealed. No renegotiation, at once.
   * @param {MediaStreamTrack | null} track
   * @throws {ParlourError} `media-kind`.
   */
  setAudio(track) { this.#own.setAudio(track); }

  /**
   * Sends this camera from now on, or nothing; while a screen is shown, once that has ended.
   * @param {MediaStreamTrack | null} track
   * @throws {ParlourError} `media-kind`.
   */
  setVideo(track) { this.#own.setVideo(track); }

  /**
   * Shows this screen in the place of the camera, or with null the camera again. Others hear sealed that it is a screen. It
   * keeps all its lines, at few pictures a second: a track without a `contentHint` gets `detail`.
   * @param {MediaStreamTrack | null} track
   * @throws {ParlourError} `media-kind`, `not-in-room`
   */
  setScreen(track) {
    checkKind("video", track);
    const here = this.#inside();
    if (track && (!here || here.stay.isEntering)) throw new ParlourError("not-in-room");
    this.#own.setScreen(track);
  }

  /**
   * Says how large the page shows the pictures of the others, so that they send no more than that: `large`, `small` (some 200 lines or
   * less), or `off` (not at all, as in a hidden tab). Who is not named is shown large. Told to them at most twice a second.
   * @param {ReadonlyMap<string, "off" | "small" | "large">} sizes by id, first whom this device should show longest when it has little time
   * @param {{thrifty?: boolean}} [options] to save data: small pictures both ways, but for shared screens
   */
  setSizes(sizes, { thrifty = false } = {}) { this.#inside()?.mesh.setSizes(sizes, thrifty); }

  /**
   * Changes the name that others see: in one line, control characters removed, cut to 64 characters.
   * @param {string} name
   */
  setName(name) { this.#own.setName(name); }
}
