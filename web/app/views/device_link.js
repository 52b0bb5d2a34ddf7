// The link that makes another device of this person host: shown once, with what it is.

import { h, setText } from "../dom.js";
import { wholeLink } from "../link_text.js";
import { t } from "../language.js";
import { deviceLinkWords } from "../words_house.js";
import { createDialog } from "./dialog.js";

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {{element: HTMLElement, update: (state: import("../state.js").State) => void}}
 */
export function deviceLink({ hosting }) {
  let link = "";
  const address = h("p", { class: "secret code", tabindex: 0, "aria-label": t("invite.link") });
  const copy = h("button", { type: "button", class: "button", onclick: () => void hosting.copyDeviceLink(link) });
  const text = h("p", { class: "soft" });
  const dialog = createDialog({ id: "device-link", title: "", onclose: () => hosting.closed("device") },
    text, address, h("div", { class: "dialog-actions" }, copy));

  return {
    element: dialog.element,
    update({ dialog: wanted, copied }) {
      const open = wanted?.about === "device";
      link = open ? wanted.link : "";
      const words = deviceLinkWords(!open || wanted.kept);
      dialog.setTitle(words.title);
      setText(text, words.text);
      setText(address, open ? wholeLink(link).replace(/^https?:\/\//u, "") : "");
      setText(copy, copied === "device" ? t("copied") : t("device-link.copy"));
      dialog.set(open, copy);
    },
  };
}
