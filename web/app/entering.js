// From the preview into the room: Join, also where it was pressed before the room was found.

import { ParlourError } from "../sdk/parlour.js";
import { entryOf, isPlainEntry } from "./house.js";
import { t } from "./language.js";
import { isOn } from "./state.js";

/** @typedef {import("./expected.js").Room} Room */
/** What was typed at the door; `offRecord`: of a named room that is made by this. @typedef {{password?: string, message?: string, offRecord?: boolean}} Words */

/**
 * @param {import("./store.js").Store} store
 * @param {() => Room | null} room that is at hand
 * @param {(room: Room) => void} follow
 * @param {() => void} askWhich this browser is in that room already
 * @param {(error: unknown) => import("../sdk/parlour.js").Problem} problemOf
 */
export function createEntering({ state, dispatch }, room, follow, askWhich, problemOf) {
  /** Until it is clear as whom. @type {Words} */
  let said = {};
  /** Whether somebody was in the meeting when this page joined. */
  let cameLast = false;

  /** @param {Words} words */
  async function enter(words) {
    const going = room();
    if (!going) return;
    said = words;
    if (!await going.elsewhere()) await goIn(false);
    else if (going === room()) askWhich();
  }

  /** @param {boolean} move in the place of another tab */
  async function goIn(move) {
    const going = room();
    if (!going || state().joining) return;
    dispatch({ type: "join-asked" });
    cameLast = false;
    const { name, hideAddress, microphone, camera } = state();
    const { password = "", message = "", offRecord = true } = said;
    said = {};
    try {
      await going.join({
        name,
        audio: isOn(microphone) ? microphone.track : null,
        video: isOn(camera) ? camera.track : null,
        hideAddress,
        password,
        message,
        offRecord,
        move,
      });
    } catch (error) {
      if (going === room()) dispatch({ type: "join-refused", problem: problemOf(error) });
      return;
    }
    if (going !== room()) return;
    cameLast = going.count > 1;
    follow(going);
    sendDevices(going);
  }

  /**
   * Devices may have been switched while the join was under way.
   * @param {Room} joined
   */
  function sendDevices(joined) {
    const { microphone, camera } = state();
    joined.setAudio(isOn(microphone) ? microphone.track : null);
    joined.setVideo(isOn(camera) ? camera.track : null);
  }

  return {
    goIn,

    get cameLast() { return cameLast; },

    /** @param {Words} words */
    async join(words) {
      if (state().joining) return;
      if (state().room === "looking") dispatch({ type: "eager", words });
      else await enter(words);
    },

    /** Join was pressed before the room was found: done now, unless the door turns out to ask for something. */
    async asPressed() {
      const { eager } = state();
      const { password, optional } = entryOf(state());
      const isPlain = isPlainEntry(state());
      dispatch({ type: "eager", words: null });
      if (eager && isPlain) await enter(eager);
      // Says so, and brings the focus to the field.
      else if (eager && state().house.rules?.offRecord === false) dispatch({ type: "join-refused", problem: { code: "keeps", text: t("preview.read-first") } });
      else if (password && !optional) dispatch({ type: "join-refused", problem: problemOf(new ParlourError("needs-password")) });
    },
  };
}
