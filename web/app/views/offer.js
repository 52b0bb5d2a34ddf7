// To whom files are offered, and whether the room keeps them, asked where there is a choice.

import { h, show } from "../dom.js";
import { t } from "../language.js";
import { nameOf } from "../words.js";
import { keepSentence, sizeOf } from "../words_talk.js";
import { createDialog } from "./dialog.js";
import { switchField } from "./parts.js";

/**
 * @param {import("../actions.js").Actions} actions
 */
export function offer({ hosting, talking }) {
  const list = h("ul", { class: "offer-files", role: "list" });
  const to = h("select", { class: "select select-plain", id: "offer-to", onchange: () => look() });
  /** What the switch says where it can be used. */
  let wanted = true;
  const keep = switchField({ title: t("offer.keep"), text: "", onchange: (on) => {
    wanted = on;
    look();
  } });
  const waits = h("p", { class: "small" }, t("offer.text"));
  /** Bytes of the largest file that the room keeps; null off the record. @type {number | null} */
  let most = null;
  /** @type {readonly File[]} */
  let files = [];
  let shown = "";
  const dialog = createDialog({ id: "offer", title: t("offer.many"), className: "dialog-small", onclose: () => hosting.closed("offer") },
    list,
    h("div", { class: "field" }, h("label", { class: "field-label", for: "offer-to" }, t("offer.for")), to),
    keep.element,
    waits,
    h("div", { class: "dialog-actions" },
      h("button", { type: "button", class: "button button-quiet", onclick: () => hosting.ask(null) }, t("cancel")),
      h("button", { type: "button", class: "button", onclick: () => {
        hosting.ask(null);
        void talking.offer(files, to.value, wanted);
      } }, t("offer.go"))));
  /** What can be kept of these files, for whom they are. */
  function look() {
    show(keep.element, most !== null);
    show(waits, true);
    if (most === null) return;
    const sizes = files.map(({ size }) => size);
    const canKeep = to.value === "" && Math.min(...sizes) <= most && most > 0;
    keep.describe(keepSentence(sizes, most, to.value !== ""), canKeep);
    keep.set(wanted && canKeep);
    // What the room keeps goes there at once, sealed.
    show(waits, !(wanted && canKeep));
  }

  return {
    element: dialog.element,
    /** @param {import("../state.js").State} state */
    update({ dialog: open, people, house }) {
      const isOpen = open?.about === "offer";
      if (isOpen) {
        if (files !== open.files) {
          files = open.files;
          list.replaceChildren(...files.map(({ name, size }) => h("li", {}, h("bdi", { class: "file-name" }, name), h("span", { class: "small" }, sizeOf(size)))));
          dialog.setTitle(t(files.length === 1 ? "offer.one" : "offer.many"));
          to.value = "";
          wanted = true;
        }
        const key = JSON.stringify(people.map(({ id, name }) => [id, name]));
        if (key !== shown) {
          shown = key;
          const { value } = to;
          to.replaceChildren(h("option", { value: "" }, t("offer.everyone")), ...people.map(({ id, name }) => h("option", { value: id }, nameOf(name))));
          to.value = people.some(({ id }) => id === value) ? value : "";
        }
        most = house.keeping?.fileBytes ?? null;
        look();
      } else files = [];
      dialog.set(isOpen, to);
    },
  };
}
