// The summary of the meeting at hand, until another room is opened: collected while people are in, saved when somebody wants it.

import { t } from "./language.js";
import { saveAs } from "./save.js";
import { Summary } from "./summary.js";

export function createSummaries() {
  /** @type {Summary | null} */
  let summary = null;
  return {
    /** @param {string} room its name, or empty */
    begin: (room) => void (summary = new Summary(room)),

    /** @param {Parameters<Summary["see"]>[0]} snapshot */
    see: (snapshot) => summary?.see(snapshot, new Date()),

    forget: () => void (summary = null),

    /** Whether there is one of the meeting that was left. */
    get ready() { return summary?.ready === true; },

    /** Into the browser's downloads, and nowhere else. */
    save() {
      if (summary?.ready) saveAs(t("summary.name"), new Blob([summary.text()], { type: "text/plain" }));
    },
  };
}
