// At the door: knocked, and waiting to be let in; or the host is not there; or the host said "not now".

import { h, setAttribute, setText, show } from "../dom.js";
import { doorway } from "../icons.js";
import { t } from "../language.js";
import { waitingWords } from "../words_house.js";
import { brand, sealedSign } from "./parts.js";

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {import("./parts.js").View}
 */
export function knocking(actions) {
  const title = h("h1", { tabindex: -1 });
  const text = h("p", { class: "lead" });
  const message = h("blockquote", { class: "said" });
  const asking = h("p", { class: "asking soft" }, h("span", { class: "spinner" }), h("span", {}, t("knocking.asking")));
  const element = h("div", { class: "page notice", "data-light": "off", "data-room": "missing" },
    h("header", { class: "topbar" }, brand(actions.home), sealedSign()),
    h("div", { class: "notice-body" }, doorway(),
      h("div", { class: "notice-words", role: "status" }, title, text, message), asking,
      h("p", { class: "small" }, t("knocking.unseen")),
      h("div", { class: "notice-actions" },
        h("button", { type: "button", class: "button button-quiet", onclick: () => void actions.leave() }, t("leave")))));

  return {
    element,
    update({ house: { waiting } }) {
      if (!waiting) return;
      const words = waitingWords(waiting);
      setText(title, words.title);
      setText(text, words.text);
      setText(message, waiting.text);
      show(message, waiting.what === "held" && waiting.text !== "");
      setAttribute(element, "data-waiting", waiting.what);
    },
  };
}
