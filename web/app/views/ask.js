// Asking everyone: a question, two to ten choices, and how it is to be counted.

import { h, show } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { createDialog } from "./dialog.js";
import { switchField, troubleLine } from "./parts.js";

const [fewest, most] = [2, 10];

/**
 * @param {import("../actions.js").Actions} actions
 */
export function ask({ hosting, talking }) {
  const question = h("input", { class: "input", id: "ask-question", type: "text", maxlength: 300, autocomplete: "off" });
  const choices = h("div", { class: "ask-choices" });
  const more = h("button", { type: "button", class: "button button-small button-plain", onclick: () => {
    add().focus();
  } }, t("poll.choice.add"));
  let [multiple, secret] = [false, false];
  const several = switchField({ title: t("poll.several"), text: t("poll.several.text"), onchange: (on) => (multiple = on) });
  const counts = switchField({ title: t("poll.counts"), text: t("poll.counts.text"), onchange: (on) => (secret = on) });
  const trouble = troubleLine();
  const form = h("form", { class: "ask", onsubmit: (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    submit();
  } },
  h("div", { class: "field" }, h("label", { class: "field-label", for: "ask-question" }, t("poll.question")), question),
  h("fieldset", { class: "field" }, h("legend", { class: "field-label" }, t("poll.choices")), choices, more),
  several.element, counts.element, trouble.element,
  h("div", { class: "dialog-actions" },
    h("button", { type: "button", class: "button button-quiet", onclick: () => hosting.ask(null) }, t("cancel")),
    h("button", { type: "submit", class: "button" }, t("poll.ask"))));
  const dialog = createDialog({ id: "ask", title: t("poll.title"), onclose: () => hosting.closed("poll") }, form);

  function fields() {
    return [...choices.querySelectorAll("input")];
  }

  /** Names follow the order, also after one was taken out. */
  function number() {
    fields().forEach((field, index) => field.setAttribute("aria-label", t("poll.choice", { count: index + 1 })));
    const removers = choices.querySelectorAll("button");
    removers.forEach((button, index) => {
      button.setAttribute("aria-label", t("poll.choice.remove", { count: index + 1 }));
      show(button, removers.length > fewest);
    });
    show(more, removers.length < most);
  }

  /** @returns {HTMLInputElement} */
  function add() {
    const field = h("input", { class: "input input-small", type: "text", maxlength: 120, autocomplete: "off" });
    const row = h("div", { class: "choice-row" }, field, h("button", { type: "button", class: "button button-icon", onclick: () => {
      row.remove();
      number();
      fields().at(-1)?.focus();
    } }, icon("close")));
    choices.append(row);
    number();
    return field;
  }

  function reset() {
    question.value = "";
    choices.replaceChildren();
    for (let index = 0; index < fewest; index += 1) add();
    [multiple, secret] = [false, false];
    several.set(false);
    counts.set(false);
    trouble.say("");
  }

  function submit() {
    const wanted = fields().map((field) => field.value.trim()).filter((text) => text !== "");
    if (question.value.trim() === "") {
      trouble.say(t("poll.no-question"));
      question.focus();
    } else if (new Set(wanted).size < fewest || new Set(wanted).size < wanted.length) {
      trouble.say(t("poll.few-choices"));
      (fields().find((field) => field.value.trim() === "") ?? fields()[0])?.focus();
    } else if (talking.ask({ question: question.value, choices: wanted, multiple, secret })) {
      hosting.ask(null);
      talking.setChat(true);
    }
  }

  return {
    element: dialog.element,
    /** @param {import("../state.js").State} state */
    update({ dialog: open }) {
      const isOpen = open?.about === "poll";
      if (isOpen && !dialog.element.open) reset();
      dialog.set(isOpen, question);
    },
  };
}
