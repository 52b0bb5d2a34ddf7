// Says so when somebody talks who is muted. The microphone of a call stays open while it is muted, so that it is there at once; a copy
// of its track is measured here, and goes nowhere.

import { watchLevel } from "./levels.js";

/** A cough is no talk: so long without a pause, ms. */
const TALK_MS = 1200;
/** Once in so long at most, ms. */
const AGAIN_MS = 60_000;

/**
 * Whom to listen to.
 * @param {import("./state.js").State} state
 * @returns {MediaStreamTrack | null}
 */
export function mutedTrack({ screen, microphone, habits }) {
  return screen === "call" && habits.nudge && microphone.status === "live" && !microphone.wanted ? microphone.track : null;
}

/**
 * Counts talk. @param {() => void} tell
 * @returns {(isSpeaking: boolean, at: number) => void} `at` in ms
 */
export function createTalkCounter(tell) {
  let since = Number.POSITIVE_INFINITY;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (isSpeaking, at) => {
    since = isSpeaking ? Math.min(since, at) : Number.POSITIVE_INFINITY;
    if (at - since < TALK_MS || at - toldAt < AGAIN_MS) return;
    toldAt = at;
    tell();
  };
}

/**
 * @param {import("./store.js").Store} store
 * @param {() => void} tell
 * @param {() => void} untell once it is true no more
 */
export function nudgeWhoTalksMuted({ state, subscribe }, tell, untell) {
  const count = createTalkCounter(tell);
  /** @type {MediaStreamTrack | null} */
  let heard = null;
  let stop = () => {};
  subscribe(() => {
    const track = mutedTrack(state());
    if (track === heard) return;
    stop();
    heard = track;
    count(false, performance.now());
    if (!track) {
      stop = () => {};
      untell();
      return;
    }
    const copy = track.clone();
    copy.enabled = true;
    const unwatch = watchLevel(copy, (_, isSpeaking) => count(isSpeaking, performance.now()));
    stop = () => {
      unwatch();
      copy.stop();
    };
  });
}
