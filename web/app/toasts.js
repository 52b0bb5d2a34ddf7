// Remarks on the screen as they stand in the state: those of the SDK, one about a code, and how many at once. Pure.

import { isNewCode } from "./house.js";
import { t } from "./language.js";
import { noteSentence } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Toast} Toast */

/** More than this many remarks at once would hide the people behind them. Red ones are never left out. */
const maxToasts = 4;

/**
 * The red ones, and of the others as many as there is room for.
 * @param {readonly Toast[]} toasts
 * @param {"first" | "newest"} which of the others stay
 * @returns {readonly Toast[]}
 */
export function fitting(toasts, which) {
  const others = toasts.filter(({ colour }) => colour !== "red");
  const room = Math.max(0, maxToasts - (toasts.length - others.length));
  const kept = new Set(which === "first" ? others.slice(0, room) : others.slice(Math.max(0, others.length - room)));
  return toasts.filter((toast) => toast.colour === "red" || kept.has(toast));
}

/**
 * The remarks, with one about a code that somebody else began, and without one about a code that is gone.
 * @param {State} state
 * @param {import("./house.js").House} house
 * @returns {readonly Toast[]}
 */
export function withCode({ screen, toasts, house: before, dialog }, house) {
  const others = toasts.filter(({ shows }) => shows !== "code");
  if (screen === "call" && isNewCode(before, house, dialog)) {
    return [...others, { id: "code", colour: "grey", code: "code", text: t("code.came"), standing: false, shows: "code" }];
  }
  return house.code.state === "ready" ? toasts : others;
}

/**
 * Two remarks of one code differ in their text; one that was put away comes again when it has happened again.
 * @param {import("../sdk/parlour.js").Note} note
 * @returns {Toast}
 */
export function remarkOf(note) {
  const { colour, code, text, person = "", times = 1 } = note;
  return { id: [code, person, text, ...(times > 1 ? [times] : [])].join("/"), colour, code, text: noteSentence(note), standing: true };
}

/**
 * @param {State} state
 * @param {string} id
 * @returns {State}
 */
export function dismissed(state, id) {
  const standing = id.startsWith("knock/") || state.toasts.some((toast) => toast.id === id && toast.standing);
  return {
    ...state,
    toasts: state.toasts.filter((toast) => toast.id !== id),
    dismissed: standing ? [...state.dismissed, id] : state.dismissed,
  };
}
