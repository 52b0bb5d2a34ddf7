// What can be chosen before a room is made: who may come in, a password, a name. Folded away, as most rooms need none of it.

import { h } from "../dom.js";
import { namedExplained } from "../words_house.js";

/** @typedef {import("../expected.js").Door} Door */

/** @type {readonly {door: Door, text: string}[]} */
const choices = Object.freeze([
  { door: "open", text: "Anyone with the link" },
  { door: "knock", text: "I let people in" },
]);

/** @returns {{element: HTMLElement, read: () => {door: Door, password: string, name: string}}} */
export function moreChoices() {
  const radios = choices.map(({ door, text }) => {
    const input = h("input", { type: "radio", name: "door", value: door, class: "unseen" });
    input.checked = door === "open";
    return { input, door, element: h("label", { class: "segment" }, input, h("span", {}, text)) };
  });
  const password = h("input", { class: "input input-small", id: "start-password", type: "text", maxlength: 128, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const name = h("input", { class: "input input-small", id: "start-name", type: "text", maxlength: 64, placeholder: "choir", autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": "start-name-hint" });
  const element = h("details", { class: "more" },
    h("summary", {}, "More choices"),
    h("div", { class: "more-body" },
      h("fieldset", {},
        h("legend", { class: "field-label" }, "Who may come in"),
        h("div", { class: "segments" }, ...radios.map(({ element: one }) => one))),
      h("div", { class: "field" },
        h("label", { class: "field-label", for: "start-password" }, "Password", h("span", { class: "field-aside" }, "optional")),
        password,
        h("p", { class: "small" }, "Said aloud or sent another way than the link. Both can be changed during the meeting.")),
      h("div", { class: "field" },
        h("label", { class: "field-label", for: "start-name" }, "Name of the room", h("span", { class: "field-aside" }, "optional")),
        name,
        h("p", { class: "small", id: "start-name-hint" }, namedExplained))));
  return {
    element,
    read: () => ({ door: radios.find(({ input }) => input.checked)?.door ?? "open", password: password.value, name: name.value.trim() }),
  };
}
