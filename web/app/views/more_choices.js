// What can be chosen before a room is made: who may come in, and a password. Folded away, as most rooms need neither.

import { h } from "../dom.js";

/** @typedef {import("../expected.js").Door} Door */

/** @type {readonly {door: Door, text: string}[]} */
const choices = Object.freeze([
  { door: "open", text: "Anyone with the link" },
  { door: "knock", text: "I let people in" },
]);

/** @returns {{element: HTMLElement, read: () => {door: Door, password: string}}} */
export function moreChoices() {
  const radios = choices.map(({ door, text }) => {
    const input = h("input", { type: "radio", name: "door", value: door, class: "unseen" });
    input.checked = door === "open";
    return { input, door, element: h("label", { class: "segment" }, input, h("span", {}, text)) };
  });
  const password = h("input", { class: "input input-small", id: "start-password", type: "text", maxlength: 128, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const element = h("details", { class: "more" },
    h("summary", {}, "More choices"),
    h("div", { class: "more-body" },
      h("fieldset", {},
        h("legend", { class: "field-label" }, "Who may come in"),
        h("div", { class: "segments" }, ...radios.map(({ element: one }) => one))),
      h("div", { class: "field" },
        h("label", { class: "field-label", for: "start-password" }, "Password", h("span", { class: "field-aside" }, "optional")),
        password,
        h("p", { class: "small" }, "Said aloud or sent another way than the link. Both can be changed during the meeting."))));
  return {
    element,
    read: () => ({ door: radios.find(({ input }) => input.checked)?.door ?? "open", password: password.value }),
  };
}
