// A host leaves: somebody else becomes host, or everything stays as it is, or the room ends for all.

import { h, setText, show } from "../dom.js";
import { t } from "../language.js";
import { leavingSentence } from "../words_house.js";
import { nameOf } from "../words.js";
import { createDialog } from "./dialog.js";
import { button } from "./parts.js";

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {{element: HTMLElement, update: (state: import("../state.js").State) => void}}
 */
export function leaving({ hosting }) {
  const text = h("p", { class: "soft" });
  const select = h("select", { class: "select select-plain", id: "next-host" });
  const make = button({ label: t("leaving.hand.go"), className: "button-small button-quiet", onclick: () => void hosting.leaveTo(select.value) });
  const stay = h("button", { type: "button", class: "button button-wide", onclick: () => void hosting.leaveNow() }, t("leaving.stay"));
  const end = h("button", { type: "button", class: "button button-wide button-grave", onclick: () => void hosting.end() }, t("leaving.end"));
  const handOver = h("div", { class: "choice-block" },
    h("label", { class: "field-label", for: "next-host" }, t("leaving.hand")),
    h("div", { class: "choice-row" }, select, make.element),
    h("p", { class: "small" }, t("leaving.hand.text")));
  const dialog = createDialog({ id: "leaving", title: t("leaving.title"), onclose: () => hosting.closed("leave") },
    text, stay, handOver, end);
  let shown = "";

  return {
    element: dialog.element,
    update({ dialog: wanted, people, house, busy }) {
      const open = wanted?.about === "leave";
      if (open) {
        const hosts = people.filter(({ host }) => host);
        setText(text, leavingSentence(hosts.map(({ name }) => name), house.rules));
        show(handOver, hosts.length === 0);
        const key = JSON.stringify(people.map(({ id, name }) => [id, name]));
        if (key !== shown) {
          shown = key;
          const { value } = select;
          select.replaceChildren(...people.map(({ id, name }) => h("option", { value: id }, nameOf(name))));
          if (people.some(({ id }) => id === value)) select.value = value;
        }
        make.setBusy(busy.includes("leave"));
      }
      dialog.set(open, stay);
    },
  };
}
