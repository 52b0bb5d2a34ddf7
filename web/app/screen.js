// Showing this person's screen: asked for, shown in the place of the camera, stopped here or by the browser's own button.

import { openScreen } from "./media.js";
import { isComing } from "./state.js";
import { t } from "./language.js";
import { screenTrouble } from "./words_stage.js";

/** @typedef {import("../sdk/parlour.js").Meeting} Meeting */

/**
 * @param {import("./store.js").Store} store
 * @param {() => Meeting | null} room the meeting this page is in
 * @param {import("./devices.js").Devices} devices
 * @param {(problem: {code: string, text: string}) => void} say
 */
export function createScreen({ state, dispatch }, room, devices, say) {
  /** @type {MediaStreamTrack | null} */
  let track = null;
  /** Whether the camera was on, and is wanted again. */
  let cameraBack = false;

  /** @param {import("./stage.js").Stage["sharing"]} sharing */
  function tell(sharing) {
    dispatch({ type: "stage", event: { what: "sharing", sharing } });
  }

  async function start() {
    const meeting = room();
    tell("asking");
    const answer = await openScreen();
    const isOver = meeting !== room() || state().screen !== "call";
    if ("trouble" in answer) {
      if (isOver) return;
      tell("off");
      say({ code: `screen-${answer.trouble}`, text: screenTrouble(answer.trouble) });
    } else if (isOver) answer.track.stop();
    else await adopt(answer.track, /** @type {Meeting} */ (meeting));
  }

  /** @param {MediaStreamTrack} opened @param {Meeting} meeting */
  async function adopt(opened, meeting) {
    track = opened;
    // The browser's own button, or a window that was closed; our own stop() does not fire this.
    opened.addEventListener("ended", () => {
      if (track === opened) void stop();
    });
    meeting.setScreen(opened);
    tell("on");
    cameraBack = isComing(state().camera);
    // Nobody sees it meanwhile, so its light goes out.
    if (cameraBack) await devices.toggle("camera");
  }

  async function stop() {
    close();
    room()?.setScreen(null);
    tell("off");
    if (cameraBack && !isComing(state().camera)) await devices.toggle("camera");
  }

  /** Without a word to anybody: the meeting is over. */
  function close() {
    track?.stop();
    track = null;
  }

  return {
    close,

    /** What is shown now. @returns {MediaStreamTrack | null} */
    track: () => track,

    async toggle() {
      const { sharing } = state().stage;
      if (sharing === "on") await stop();
      else if (sharing === "off") await start();
    },

    /** One picture at a time. */
    async toggleCamera() {
      if (state().stage.sharing === "on") say({ code: "camera-waits", text: t("screen.camera") });
      else await devices.toggle("camera");
    },
  };
}
