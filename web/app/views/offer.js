// To whom files are offered, asked where there is a choice.

import { h } from "../dom.js";
import { t } from "../language.js";
import { nameOf } from "../words.js";
import { sizeOf } from "../words_talk.js";
import { createDialog } from "./dialog.js";

/**
 * @param {import("../actions.js").Actions} actions
 */
export function offer({ hosting, talking }) {
  const list = h("ul", { class: "offer-files", role: "list" });
  const to = h("select", { class: "select select-plain", id: "offer-to" });
  /** @type {readonly File[]} */
  let files = [];
  let shown = "";
  const dialog = createDialog({ id: "offer", title: t("offer.many"), className: "dialog-small", onclose: () => hosting.closed("offer") },
    list,
    h("div", { class: "field" }, h("label", { class: "field-label", for: "offer-to" }, t("offer.for")), to),
    h("p", { class: "small" }, t("offer.text")),
    h("div", { class: "dialog-actions" },
      h("button", { type: "button", class: "button button-quiet", onclick: () => hosting.ask(null) }, t("cancel")),
      h("button", { type: "button", class: "button", onclick: () => {
        hosting.ask(null);
        void talking.offer(files, to.value);
      } }, t("offer.go"))));
  return {
    element: dialog.element,
    /** @param {import("../state.js").State} state */
    update({ dialog: open, people }) {
      const isOpen = open?.about === "offer";
      if (isOpen) {
        if (files !== open.files) {
          files = open.files;
          list.replaceChildren(...files.map(({ name, size }) => h("li", {}, h("bdi", { class: "file-name" }, name), h("span", { class: "small" }, sizeOf(size)))));
          dialog.setTitle(t(files.length === 1 ? "offer.one" : "offer.many"));
          to.value = "";
        }
        const key = JSON.stringify(people.map(({ id, name }) => [id, name]));
        if (key !== shown) {
          shown = key;
          const { value } = to;
          to.replaceChildren(h("option", { value: "" }, t("offer.everyone")), ...people.map(({ id, name }) => h("option", { value: id }, nameOf(name))));
          to.value = people.some(({ id }) => id === value) ? value : "";
        }
      } else files = [];
      dialog.set(isOpen, to);
    },
  };
}
