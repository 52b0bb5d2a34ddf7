// In which language the page speaks: a menu with each language under its own name.

import { h } from "../dom.js";
import { language, languages, t } from "../language.js";

/**
 * @param {string} id
 * @param {import("../actions.js").Actions} actions
 * @returns {HTMLElement}
 */
export function languageMenu(id, actions) {
  async function choose() {
    await actions.setLanguage(select.value);
    // Where the words do not come, the page goes on as it spoke.
    select.value = language();
  }

  const select = h("select", { class: "select select-plain", id, "aria-label": t("language"), onchange: () => void choose() },
    ...Object.entries(languages).map(([tag, name]) => h("option", { value: tag, lang: tag }, name)));
  select.value = language();
  return select;
}
