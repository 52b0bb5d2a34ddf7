// What the page says about a recording: the sign while it goes on, the question, how it ended.

import { t } from "./language.js";
import { nameOf, namesOf } from "./words.js";

/** @typedef {import("../sdk/parlour.js").RecordingState} RecordingState */

/**
 * The sign, and what its button does. Nothing to be said: an empty text.
 * @param {RecordingState | null} recording
 * @returns {{text: string, act: "stop" | "withdraw" | ""}}
 */
export function signOf(recording) {
  if (recording === null || recording.state === "none") return { text: "", act: "" };
  const { state, own, name, answer, waits } = recording;
  if (own) return { text: t(`record.own.${state}`, { names: namesOf(waits), count: waits.length }), act: "stop" };
  const who = { name: nameOf(name) };
  if (answer === "yes") return { text: t(`record.by.${state}`, who), act: "withdraw" };
  // A page that goes on in spite of a no is not one of ours; it can only be told.
  if (answer === "no") return { text: state === "asking" ? "" : t("record.by.anyway", who), act: "" };
  return { text: state === "asking" ? "" : t(`record.by.${state}`, who), act: "" };
}

/** Of who is asked. @param {RecordingState} recording @returns {string} */
export function recordQuestion({ name, state }) {
  return t(state === "asking" ? "record.asked" : "record.asked.late", { name: nameOf(name) });
}

/**
 * How it ended, for a remark. Who said no is told to nobody: it should cost nothing to say it.
 * @param {{own: boolean, began: boolean, why: string, name: string}} over
 * @returns {string}
 */
export function overSentence({ own, began, why, name }) {
  if (!own) return t(began ? "record.over" : "record.over.nothing", { name: nameOf(name) });
  switch (why) {
    case "no": return t(began ? "record.ended.no" : "record.nothing.no");
    case "silent": return t(began ? "record.ended.silent" : "record.nothing.silent");
    case "busy": return t(began ? "record.ended.busy" : "record.nothing.busy");
    default: return "";
  }
}
