// What this browser remembers between meetings: the name, devices, the language and habits. Never links, rooms or people.

import { parseHabits } from "./habits.js";

/** @typedef {import("./state.js").Preferences} Preferences */
/** @typedef {import("./state.js").State} State */

const key = "parlour.preferences";

/** Of somebody who has chosen nothing: not worth storing. */
const nothing = JSON.stringify(parsePreferences(null));

/** @returns {Preferences} */
export function readPreferences() {
  return parsePreferences(stored());
}

/**
 * @param {State} state
 */
export function writePreferences(state) {
  const text = JSON.stringify(preferencesOf(state));
  if (text === (stored() ?? nothing)) return;
  try {
    localStorage.setItem(key, text);
  } catch {
    // Storage is off or full: the page forgets, which is no failure.
  }
}

/**
 * Reads what was stored; whatever is missing or of another type gets its default.
 * @param {string | null} text
 * @returns {Preferences}
 */
export function parsePreferences(text) {
  const found = parsed(text);
  const string = (/** @type {string} */ name) => (typeof found[name] === "string" ? found[name] : "");
  return {
    name: string("name"),
    hideAddress: found["hideAddress"] === true,
    shortcuts: found["shortcuts"] !== false,
    habits: parseHabits(found["habits"]),
    language: string("language"),
    microphone: string("microphone"),
    camera: string("camera"),
    speaker: string("speaker"),
  };
}

/**
 * @param {State} state
 * @returns {Preferences}
 */
export function preferencesOf({ name, hideAddress, shortcuts, habits, language, microphone, camera, speaker }) {
  return { name, hideAddress, shortcuts, habits, language, microphone: microphone.chosen, camera: camera.chosen, speaker: speaker.chosen };
}

/** @returns {boolean} whether nothing is left of them */
export function forgetPreferences() {
  try {
    localStorage.removeItem(key);
    return true;
  } catch {
    return stored() === null;
  }
}

/** @returns {string | null} */
function stored() {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {string | null} text
 * @returns {Record<string, unknown>}
 */
function parsed(text) {
  try {
    const value = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
