// On the front page: this device forgets all that the page ever kept on it. Asked in place, since there is nothing to go back to.

import { h, setText, show } from "../dom.js";
import { t } from "../language.js";
import { button } from "./parts.js";

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {HTMLElement}
 */
export function forgetting(actions) {
  const ask = h("button", { type: "button", class: "button button-small button-quiet", "aria-expanded": "false", onclick: () => open(question.hidden === true) }, t("forget.all"));
  const yes = button({ label: t("forget.all.yes"), className: "button-small button-grave", onclick: () => void forget() });
  const no = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => open(false) }, t("back"));
  const question = h("div", { class: "landing-forget", hidden: true },
    h("p", { class: "small" }, t("forget.all.text")),
    h("div", { class: "row-actions" }, yes.element, no));
  const said = h("p", { class: "small", role: "status" });

  /** @param {boolean} on */
  function open(on) {
    show(question, on);
    ask.setAttribute("aria-expanded", String(on));
    setText(said, "");
    if (on) yes.element.focus();
    else ask.focus();
  }

  async function forget() {
    yes.setBusy(true);
    const done = await actions.forgetDevice();
    yes.setBusy(false);
    open(false);
    setText(said, t(done ? "forget.all.done" : "forget.all.failed"));
  }

  return h("div", { class: "landing-forgetting" }, ask, question, said);
}
