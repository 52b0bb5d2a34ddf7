// Before there is a room to see: the page is asking the server, or waits until somebody opens the room.

import { h, setAttribute, setText, show } from "../dom.js";
import { doorway } from "../icons.js";
import { t } from "../language.js";
import { brand, sealedSign } from "./parts.js";

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {import("./parts.js").View}
 */
export function waiting(actions) {
  const title = h("h1", { tabindex: -1 });
  const text = h("p", { class: "lead" });
  const asking = h("p", { class: "asking soft" }, h("span", { class: "spinner" }), h("span", {}, t("waiting.asking")));
  const element = h("div", { class: "page notice", "data-light": "off" },
    h("header", { class: "topbar" }, brand(actions.home), sealedSign()),
    h("div", { class: "notice-body", role: "status" }, doorway(), title, text, asking));

  return {
    element,
    update({ room }) {
      const missing = room === "missing";
      setAttribute(element, "data-room", room);
      setText(title, t(missing ? "waiting.missing" : "waiting.looking"));
      setText(text, t(missing ? "waiting.missing.text" : "waiting.moment"));
      show(asking, missing);
    },
  };
}
