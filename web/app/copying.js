// Copies a link, and says so for a moment; where the browser does not let it, shows the link to be copied by hand.

import { t } from "./language.js";
import { wholeLink } from "./link_text.js";

const copiedMs = 2200;

/**
 * @param {import("./store.js").Store} store
 * @param {(problem: import("../sdk/parlour.js").Problem) => void} say
 * @returns {(what: string, fragment: string) => Promise<void>} `what`: which link it is, for the state
 */
export function createCopying({ state, dispatch }, say) {
  return async (what, fragment) => {
    const text = wholeLink(fragment);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      say({ code: "copy", text: t("copy.refused", { link: text }) });
      return;
    }
    dispatch({ type: "copied", what });
    setTimeout(() => {
      if (state().copied === what) dispatch({ type: "copied", what: "" });
    }, copiedMs);
  };
}
