// What the page says about shared screens, the speaker view, pins, raised hands, and how well somebody comes through.

import { nth, t } from "./language.js";
import { nameOf, namesOf } from "./words.js";

/** @typedef {"refused" | "missing" | "failed"} ScreenTrouble */

/** Why no screen is shown. @param {ScreenTrouble} trouble @returns {string} */
export function screenTrouble(trouble) {
  return t(`screen.${trouble}`);
}

/** What others have begun to show, aloud. @param {readonly string[]} names @returns {string} empty if nobody has */
export function screensBegun(names) {
  return names.length === 0 ? "" : t("screen.begun", { names: namesOf(names), count: names.length });
}

/** On the plate of a tile. @param {string} name @param {boolean} screen @returns {string} */
export function plateName(name, screen) {
  return screen ? t("screen.plate", { name: nameOf(name) }) : nameOf(name);
}

/** @param {string} name @param {boolean} pinned @returns {string} */
export function pinLabel(name, pinned) {
  return t(pinned ? "unpin" : "pin", { name: nameOf(name) });
}

/** What the switch between the views does next. @param {"grid" | "speaker"} view */
export function viewLabel(view) {
  return t(view === "grid" ? "view.speaker" : "view.grid");
}

/**
 * How well somebody comes through, such as "weak: 12 % lost". The number and its sign stay together.
 * @param {import("../sdk/parlour.js").Quality} quality
 * @returns {string}
 */
export function qualityWords({ bars, lost, rttMs }) {
  const word = t(`quality.${bars}`);
  const why = [lost > 0 && t("quality.lost", { count: lost }), rttMs !== null && rttMs >= 300 && t("quality.slow", { count: rttMs })].filter((one) => typeof one === "string");
  return why.length > 0 ? t("quality.why", { quality: word, why: why.join(", ") }) : word;
}

/** On a tile whose picture does not come. @param {import("../sdk/parlour.js").Person["paused"]} paused @returns {string} empty if it does */
export function pauseWords(paused) {
  return paused === "" ? "" : t(`paused.${paused}`);
}

/** A raised hand, by the order in which hands went up. @param {number} place from 1 @returns {string} */
export function handMark(place) {
  return nth("hand.up", place);
}
