// What others typed, made safe to show: one spelling for sender and receiver, so that both see the same.
//
// Direction overrides are taken out everywhere: they make "gpj.exe" read as "exe.jpg". What is left is text and is to be
// shown as text.

import { tidyName } from "../roster.js";
import { CHAT_LENGTH, CHAT_LINES, FILE_NAME_LENGTH, FILE_TYPE_LENGTH } from "./limits.js";

/** Control characters but tab and line feed, direction embeddings and isolates, and others that only hide or reorder. */
const hidden = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/**
 * A message of several lines.
 * @param {unknown} text @returns {string} at most CHAT_LENGTH units and CHAT_LINES lines; may be empty
 */
export function tidyText(text) {
  if (typeof text !== "string") return "";
  const plain = text.slice(0, 2 * CHAT_LENGTH).replace(/\p{Cs}/gu, "\ufffd").replace(/\r\n?|[\u2028\u2029]/gu, "\n").replace(hidden, "");
  const lines = plain.replace(/[^\S\n]+\n/gu, "\n").replace(/\n{3,}/gu, "\n\n").trim().split("\n");
  const [first, last] = [lines.slice(0, CHAT_LINES - 1), lines.slice(CHAT_LINES - 1)];
  return cut([...first, ...(last.length > 0 ? [last.join(" ")] : [])].join("\n"), CHAT_LENGTH);
}

/**
 * One line.
 * @param {unknown} text @param {number} most UTF-16 units @returns {string}
 */
export function tidyLine(text, most) {
  if (typeof text !== "string") return "";
  return cut(text.slice(0, 4 * most).replace(/\p{Cs}/gu, "\ufffd").replace(hidden, "").replace(/[\s\u2028\u2029]+/gu, " ").trim(), most);
}

export { tidyName };

/** Names that Windows keeps for devices, whatever follows the dot. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/iu;

/**
 * A name under which a file can be saved on any system, in one folder: no path, no tricks of direction or spacing.
 * @param {unknown} name @returns {string} never empty, never a hidden file
 */
export function tidyFileName(name) {
  const last = (typeof name === "string" ? name : "").slice(-4096).split(/[/\\]/u).at(-1) ?? "";
  const plain = tidyLine(last.replace(/[\u200b-\u200f]/gu, ""), 4096).replace(/[<>:"|?*]/gu, "_").replace(/^[.\s]+|[.\s]+$/gu, "");
  const safe = devices.test(plain) ? `_${plain}` : plain || "file";
  if (safe.length <= FILE_NAME_LENGTH) return safe;
  // The end says what it is, so it stays.
  const ending = /\.[^.]{1,12}$/u.exec(safe)?.[0] ?? "";
  return cut(safe.slice(0, safe.length - ending.length), FILE_NAME_LENGTH - ending.length) + ending;
}

const programs = new Set(("apk app appimage bat cmd com cpl deb desktop dmg docm exe hta htm html img iso jar js jse lnk mjs msi msix pif pkg ps1 reg rpm scf scr "
  + "settingscontent-ms sh svg url vb vbe vbs wsf wsh xhtml xlsm xml").split(" "));

/**
 * Whether opening a file of this name may run something.
 * @param {string} name as `tidyFileName` made it @returns {boolean}
 */
export function isProgram(name) {
  return programs.has((/\.([^.]+)$/u.exec(name)?.[1] ?? "").toLowerCase());
}

/** @param {unknown} type @returns {string} a media type, or nothing */
export function tidyType(type) {
  return typeof type === "string" && type.length <= FILE_TYPE_LENGTH && /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/u.test(type) ? type : "";
}

/**
 * When something happened, as somebody says: not in the future, and not longer ago than can be.
 * @param {number} said @param {number} now @param {number} earliest @returns {number}
 */
export function believable(said, now, earliest) {
  return Math.max(Math.min(said, now), Math.min(earliest, now));
}

/** Never in the middle of a character. @param {string} text @param {number} most @returns {string} */
function cut(text, most) {
  if (text.length <= most) return text;
  const isHalf = (text.codePointAt(most - 1) ?? 0) > 0xffff;
  return text.slice(0, isHalf ? most - 1 : most);
}
