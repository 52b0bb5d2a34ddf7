// A page that stays open for weeks loads itself again: the certificate of its calls lives 30 days (seal.md 3), and the page
// itself grows old. At a quiet moment if there is one, else shortly before the end. Whoever was in a call is in it again.

import { isOn } from "./state.js";

/** @typedef {import("./state.js").State} State */

const DAY_MS = 86_400_000;
/** From then on at a quiet moment; and from then on at any. By the wall clock: sleep ages a certificate, too. */
export const OLD_MS = 25 * DAY_MS;
export const LAST_MS = 29 * DAY_MS;
const LOOK_MS = 60_000;
const ITEM = "parlour-return";
/** A note of before the page was loaded again counts for so long. */
const NOTE_MS = 60_000;

/** What a page that loads itself again tells the next one. @typedef {{link: string, microphone: boolean, camera: boolean}} Return */

/**
 * Whether nobody would miss a moment of this page.
 * @param {Pick<State, "screen" | "people" | "joining" | "starting" | "dialog" | "tape">} state
 * @returns {boolean}
 */
export function isQuiet({ screen, people, joining, starting, dialog, tape }) {
  return tape === "none" && people.length === 0 && !joining && !starting && dialog === null && (screen === "call" || document.hidden || document.activeElement === document.body);
}

/**
 * Whether it is time.
 * @param {number} age of the page, ms
 * @param {boolean} quiet
 * @returns {boolean}
 */
export function isDue(age, quiet) {
  return age >= LAST_MS || (age >= OLD_MS && quiet);
}

/**
 * Looks once a minute, and when the page is seen again.
 * @param {() => State} state
 * @param {{now?: () => number, reload?: () => void}} [world] for tests
 * @returns {() => void} looks now
 */
export function renewWhenOld(state, { now = () => Date.now(), reload = () => location.reload() } = {}) {
  const born = now();
  function look() {
    if (!isDue(now() - born, isQuiet(state()))) return;
    leaveNote(state(), now());
    reload();
  }
  setInterval(look, LOOK_MS);
  document.addEventListener("visibilitychange", look);
  return look;
}

/** @param {State} state @param {number} now */
function leaveNote({ screen, link, microphone, camera }, now) {
  if (screen !== "call") return;
  try {
    sessionStorage.setItem(ITEM, JSON.stringify({ at: now, link, microphone: isOn(microphone), camera: isOn(camera) }));
  } catch {
    // Then its person presses Join again.
  }
}

/** Whether there is a note of before, which `takeNote` reads. */
export function isReturning() {
  try {
    return sessionStorage.getItem(ITEM) !== null;
  } catch {
    return false;
  }
}

/**
 * Whether this page was in a call until it loaded itself again, and what it sent there. Asked once.
 * @param {string} link of the address
 * @returns {Return | null}
 */
export function takeNote(link) {
  try {
    const note = JSON.parse(sessionStorage.getItem(ITEM) ?? "null");
    sessionStorage.removeItem(ITEM);
    const fits = note !== null && note.link === link && Math.abs(Date.now() - note.at) < NOTE_MS;
    return fits ? { link, microphone: note.microphone === true, camera: note.camera === true } : null;
  } catch {
    return null;
  }
}
