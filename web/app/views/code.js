// The code people read to each other (seal.md 8): six pictures with their names, three numbers, whom it covers, and a
// tick for each person who was heard.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { t } from "../language.js";
import { nameOf } from "../words.js";
import { codeSentence, coverage } from "../words_house.js";
import { pictureName } from "../words_talk.js";
import { createDialog } from "./dialog.js";
import { button } from "./parts.js";

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {{element: HTMLElement, update: (state: import("../state.js").State) => void}}
 */
export function code({ hosting }) {
  const spinner = h("span", { class: "spinner", hidden: true });
  const sentence = h("span", {});
  const status = h("p", { class: "code-status", role: "status" }, spinner, sentence);
  const pictures = h("ol", { class: "code-pictures", "aria-label": t("code.pictures") });
  const numbers = h("p", { class: "code-numbers" });
  const covers = h("p", { class: "code-covers" });
  const ticks = h("div", { class: "code-ticks" });
  const heard = h("fieldset", {}, h("legend", { class: "field-label" }, t("code.heard")), ticks);
  const differ = h("p", { class: "small" },
    t("code.differ"));
  const ready = h("div", { class: "code-ready" }, pictures, numbers, covers, heard, differ);
  const start = button({ label: t("code.start"), onclick: () => void hosting.startCode() });
  const press = button({ label: t("code.press"), onclick: () => void hosting.pressCode() });
  const dialog = createDialog({ id: "code", title: t("code.title"), onclose: () => hosting.closed("code") },
    status, ready, h("div", { class: "dialog-actions" }, start.element, press.element));
  const tick = keyed(ticks, (/** @type {{id: string}} */ { id }) => createTick(id, hosting));
  let shown = "";

  return {
    element: dialog.element,
    update({ dialog: wanted, house, people }) {
      const { state, emoji, numbers: three, covers: ids } = house.code;
      const key = JSON.stringify([emoji, three]);
      if (key !== shown) {
        shown = key;
        pictures.replaceChildren(...emoji.map(({ symbol, name }) => h("li", {},
          h("span", { class: "code-symbol", "aria-hidden": "true" }, symbol), h("span", {}, pictureName(name)))));
        numbers.replaceChildren(h("span", { class: "unseen" }, t("code.numbers"), three.map((number) => [...String(number)].join(" ")).join(", ")),
          ...three.map((number) => h("span", { "aria-hidden": "true" }, `${number} `)));
      }
      setText(sentence, codeSentence(state));
      setAttribute(status, "data-state", state);
      show(spinner, state === "running");
      show(ready, state === "ready");
      setText(covers, coverage(house.code, people));
      const covered = people.filter(({ id }) => ids.includes(id));
      tick(covered);
      show(heard, covered.length > 0);
      show(start.element, state === "none" || state === "ready" || state === "broken");
      start.element.classList.toggle("button-quiet", state === "ready");
      start.setBusy(false, t(state === "none" ? "code.start" : state === "ready" ? "code.again" : "again"));
      show(press.element, state === "press");
      // A code that is there is to be read, from its top.
      dialog.set(wanted?.about === "code", state === "ready" ? undefined : [press.element, start.element].find(({ hidden }) => !hidden));
    },
  };
}

/**
 * @param {string} id
 * @param {import("../hosting.js").Hosting} hosting
 */
function createTick(id, hosting) {
  const input = h("input", { type: "checkbox", class: "tick-box", onchange: () => void hosting.tick(id, input.checked) });
  const name = h("span", {});
  return {
    element: h("label", { class: "tick" }, input, name),
    /** @param {{id: string, name?: string, ticked?: boolean}} person */
    update({ name: text = "", ticked = false }) {
      setText(name, nameOf(text));
      if (input.checked !== ticked) input.checked = ticked;
    },
  };
}
