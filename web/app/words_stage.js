// What the page says about shared screens, the speaker view, pins, how well somebody comes through, and invitations.

import { nameOf, namesOf } from "./words.js";

/** @typedef {"refused" | "missing" | "failed"} ScreenTrouble */

/** Why no screen is shown. @type {Readonly<Record<ScreenTrouble, string>>} */
export const screenTroubles = Object.freeze({
  refused: "Your screen is not shown. If it was not you who said no, allow this browser to record the screen in your system's privacy settings.",
  missing: "This browser cannot show a screen; those of phones mostly cannot. Join with a computer to show one.",
  failed: "The screen could not be shown. Try a single window in place of the whole screen.",
});

/** When the camera is asked for meanwhile. */
export const cameraWaits = "The camera stays off while you show your screen. It comes back when you stop.";

/** On the own tile, and aloud. */
export const ownScreen = "You are showing your screen";

/** Aloud. */
export const ownScreenOver = "Your screen is no longer shown.";

/** What others have begun to show, aloud. @param {readonly string[]} names @returns {string} empty if nobody has */
export function screensBegun(names) {
  if (names.length === 0) return "";
  return `${namesOf(names)} ${names.length === 1 ? "is" : "are"} showing a screen.`;
}

/** On the plate of a tile. @param {string} name @param {boolean} screen @returns {string} */
export function plateName(name, screen) {
  return screen ? `${nameOf(name)}, screen` : nameOf(name);
}

/** @param {string} name @param {boolean} pinned @returns {string} */
export function pinLabel(name, pinned) {
  return pinned ? `Unpin ${nameOf(name)}` : `Pin ${nameOf(name)}`;
}

/** What the switch between the views does next. @param {"grid" | "speaker"} view */
export function viewLabel(view) {
  return view === "grid" ? "Speaker view" : "Grid view";
}

/**
 * How well somebody comes through, such as "weak: 12 % lost". The number and its sign stay together.
 * @param {import("../sdk/parlour.js").Quality} quality
 * @returns {string}
 */
export function qualityWords({ bars, lost, rttMs }) {
  const word = { 4: "good", 3: "fair", 2: "weak", 1: "very weak" }[bars];
  const why = [lost > 0 && `${lost}\u00a0% lost`, rttMs !== null && rttMs >= 300 && `${rttMs} ms there and back`].filter(Boolean);
  return why.length > 0 ? `${word}: ${why.join(", ")}` : word;
}

/** Of the dialog with the link of the room. */
export const inviteWords = Object.freeze({
  title: "Invite",
  text: "Whoever has this link can come to the door. Hold a phone's camera before the picture, or send the link.",
  picture: "QR code of the link",
  link: "The link",
});

/** Which keys there are. */
export const shortcutsSentence = "M microphone, V camera, S screen, P people, C chat, H hand, G grid or speaker, 1 to 9 pin a person.";
