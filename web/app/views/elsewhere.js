// Somebody who is in this room in another tab wants to come in here, too: in the place of the other one, or besides.

import { h } from "../dom.js";
import { elsewhereWords } from "../words_house.js";
import { createDialog } from "./dialog.js";

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {{element: HTMLElement, update: (state: import("../state.js").State) => void}}
 */
export function elsewhere(actions) {
  const words = elsewhereWords();
  const move = h("button", { type: "button", class: "button button-wide", onclick: () => void actions.joinHere("move") }, words.move);
  const again = h("button", { type: "button", class: "button button-wide button-quiet", onclick: () => void actions.joinHere("again") }, words.again);
  const dialog = createDialog({ id: "elsewhere", title: words.title, className: "dialog-small", onclose: () => actions.hosting.closed("elsewhere") },
    h("p", { class: "soft" }, words.text), move, again);

  return {
    element: dialog.element,
    update: ({ dialog: wanted }) => dialog.set(wanted?.about === "elsewhere", move),
  };
}
