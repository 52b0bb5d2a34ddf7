// What can be chosen before a room is made: who may come in, a password, a name. Folded away, as most rooms need none of it.

import { h } from "../dom.js";
import { t } from "../language.js";

/** @typedef {import("../expected.js").Door} Door */

/** @type {readonly ("open" | "knock")[]} */
const choices = Object.freeze(["open", "knock"]);

/** @returns {{element: HTMLElement, read: () => {door: Door, password: string, name: string}}} */
export function moreChoices() {
  const radios = choices.map((door) => {
    const input = h("input", { type: "radio", name: "door", value: door, class: "unseen" });
    input.checked = door === "open";
    return { input, door, element: h("label", { class: "segment" }, input, h("span", {}, t(`start.${door}`))) };
  });
  const password = h("input", { class: "input input-small", id: "start-password", type: "text", maxlength: 128, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const name = h("input", { class: "input input-small", id: "start-name", type: "text", maxlength: 64, placeholder: t("start.name.example"), autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": "start-name-hint" });
  const element = h("details", { class: "more" },
    h("summary", {}, t("start.more")),
    h("div", { class: "more-body" },
      h("fieldset", {},
        h("legend", { class: "field-label" }, t("start.who")),
        h("div", { class: "segments" }, ...radios.map(({ element: one }) => one))),
      h("div", { class: "field" },
        h("label", { class: "field-label", for: "start-password" }, t("password"), h("span", { class: "field-aside" }, t("optional"))),
        password,
        h("p", { class: "small" }, t("start.password"))),
      h("div", { class: "field" },
        h("label", { class: "field-label", for: "start-name" }, t("start.name"), h("span", { class: "field-aside" }, t("optional"))),
        name,
        h("p", { class: "small", id: "start-name-hint" }, t("start.name.hint")))));
  return {
    element,
    read: () => ({ door: radios.find(({ input }) => input.checked)?.door ?? "open", password: password.value, name: name.value.trim() }),
  };
}
