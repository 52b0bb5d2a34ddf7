// The frame of every dialog: a title, a close button, a body. Closing it by any means is told once.

import { h, setText } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../language.js";

/**
 * @param {{id: string, title: string, className?: string, onclose: () => void}} options
 * @param {...import("../dom.js").Child} children
 */
export function createDialog({ id, title, className = "", onclose }, ...children) {
  const headline = h("h2", { id: `${id}-title` }, title);
  const close = h("button", { type: "button", class: "button button-icon", "aria-label": t("close"), onclick: () => element.close() }, icon("close"));
  const element = h("dialog", { class: `dialog ${className}`, id, "aria-labelledby": `${id}-title`, onclose },
    h("div", { class: "dialog-head" }, headline, close),
    h("div", { class: "dialog-body" }, ...children));
  // A click on the backdrop lands on the dialog itself.
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close();
  });
  return {
    element,
    /** @param {string} text */
    setTitle: (text) => setText(headline, text),
    /**
     * @param {boolean} open
     * @param {HTMLElement} [first] gets the focus on opening; without it the button that closes
     */
    set(open, first) {
      if (open && !element.open) {
        element.showModal();
        (first ?? close).focus();
      }
      if (!open && element.open) element.close();
    },
  };
}
