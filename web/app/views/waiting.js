// Before there is a room to see: the page is asking the server, or waits until somebody opens the room.

import { h, setAttribute, setText, show } from "../dom.js";
import { doorway } from "../icons.js";
import { brand, sealedSign } from "./parts.js";

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {import("./parts.js").View}
 */
export function waiting(actions) {
  const title = h("h1", { tabindex: -1 });
  const text = h("p", { class: "lead" });
  const asking = h("p", { class: "asking soft" }, h("span", { class: "spinner" }), h("span", {}, "Asking again by itself"));
  const element = h("div", { class: "page notice", "data-light": "off" },
    h("header", { class: "topbar" }, brand(actions.home), sealedSign()),
    h("div", { class: "notice-body", role: "status" }, doorway(), title, text, asking));

  return {
    element,
    update({ room }) {
      const missing = room === "missing";
      setAttribute(element, "data-room", room);
      setText(title, missing ? "No such room yet" : "Looking for the room…");
      setText(text, missing
        ? "Nobody has opened it so far. Leave this page open: the door shows up here as soon as somebody does. If the meeting is already over, its link does not work again."
        : "One moment.");
      show(asking, missing);
    },
  };
}
