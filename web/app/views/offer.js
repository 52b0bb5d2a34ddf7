// To whom files are offered, asked where there is a choice.

import { h } from "../dom.js";
import { nameOf } from "../words.js";
import { offerExplained, sizeOf } from "../words_talk.js";
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
  const dialog = createDialog({ id: "offer", title: "Offer files", className: "dialog-small", onclose: () => hosting.closed("offer") },
    list,
    h("div", { class: "field" }, h("label", { class: "field-label", for: "offer-to" }, "For"), to),
    h("p", { class: "small" }, offerExplained),
    h("div", { class: "dialog-actions" },
      h("button", { type: "button", class: "button button-quiet", onclick: () => hosting.ask(null) }, "Cancel"),
      h("button", { type: "button", class: "button", onclick: () => {
        hosting.ask(null);
        void talking.offer(files, to.value);
      } }, "Offer")));
  return {
    element: dialog.element,
    /** @param {import("../state.js").State} state */
    update({ dialog: open, people }) {
      const isOpen = open?.about === "offer";
      if (isOpen) {
        if (files !== open.files) {
          files = open.files;
          list.replaceChildren(...files.map(({ name, size }) => h("li", {}, h("bdi", { class: "file-name" }, name), h("span", { class: "small" }, sizeOf(size)))));
          dialog.setTitle(files.length === 1 ? "Offer a file" : "Offer files");
          to.value = "";
        }
        const key = JSON.stringify(people.map(({ id, name }) => [id, name]));
        if (key !== shown) {
          shown = key;
          const { value } = to;
          to.replaceChildren(h("option", { value: "" }, "Everyone"), ...people.map(({ id, name }) => h("option", { value: id }, nameOf(name))));
          to.value = people.some(({ id }) => id === value) ? value : "";
        }
      } else files = [];
      dialog.set(isOpen, to);
    },
  };
}
