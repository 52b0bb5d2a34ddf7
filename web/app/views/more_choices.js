// What can be chosen before a room is made: who may come in, what is kept, a password, a name. Folded away, as most rooms need
// none of it.

import { h, setText } from "../dom.js";
import { t } from "../language.js";

/** @typedef {import("../expected.js").Door} Door */

/** @type {readonly ("open" | "knock")[]} */
const choices = Object.freeze(["open", "knock"]);

/** What is compared of the two kinds. @type {readonly ("late" | "server" | "end")[]} */
const compared = Object.freeze(["late", "server", "end"]);

/** @returns {{element: HTMLElement, read: () => {door: Door, password: string, name: string, offRecord: boolean}}} */
export function moreChoices() {
  const radios = choices.map((door) => {
    const input = h("input", { type: "radio", name: "door", value: door, class: "unseen" });
    input.checked = door === "open";
    return { input, door, element: h("label", { class: "segment" }, input, h("span", {}, t(`start.${door}`))) };
  });
  const kind = kindChoice("start");
  const password = h("input", { class: "input input-small", id: "start-password", type: "text", maxlength: 128, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const name = h("input", { class: "input input-small", id: "start-name", type: "text", maxlength: 64, placeholder: t("start.name.example"), autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": "start-name-hint" });
  const element = h("details", { class: "more" },
    h("summary", {}, t("start.more")),
    h("div", { class: "more-body" },
      h("fieldset", {},
        h("legend", { class: "field-label" }, t("start.who")),
        h("div", { class: "segments" }, ...radios.map(({ element: one }) => one))),
      kind.element,
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
    read: () => ({ door: radios.find(({ input }) => input.checked)?.door ?? "open", password: password.value, name: name.value.trim(), offRecord: kind.isOff() }),
  };
}

/**
 * The two kinds of meetings, what the chosen one means in a sentence, and both beside each other.
 * @param {string} where it stands, since it stands in two places
 */
export function kindChoice(where) {
  const hintId = `${where}-kind-hint`;
  const hint = h("p", { class: "small", id: hintId, role: "status" });
  const radios = (/** @type {const} */ (["off", "standard"])).map((which) => {
    const input = h("input", { type: "radio", name: `${where}-kind`, value: which, class: "unseen", "aria-describedby": hintId, onchange: () => tell() });
    input.checked = which === "off";
    return { which, input, element: h("label", { class: "segment" }, input, h("span", {}, t(`start.${which}`))) };
  });
  const chosen = () => radios.find(({ input }) => input.checked)?.which ?? "off";
  const tell = () => setText(hint, t(`start.${chosen()}.text`));
  tell();
  const element = h("fieldset", {},
    h("legend", { class: "field-label" }, t("start.kind")),
    h("div", { class: "segments" }, ...radios.map(({ element: one }) => one)),
    hint,
    h("details", { class: "more" },
      h("summary", {}, t("start.compare")),
      h("table", { class: "kinds-table" },
        h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, t("start.off")), h("th", { scope: "col" }, t("start.standard")))),
        h("tbody", {}, ...compared.map((what) => h("tr", {}, h("th", { scope: "row" }, t(`start.${what}`)), h("td", {}, t(`start.${what}.off`)), h("td", {}, t(`start.${what}.standard`)))))),
      h("p", { class: "small" }, t("start.fixed"))));
  return { element, isOff: () => chosen() === "off" };
}
