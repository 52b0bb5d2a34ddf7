// The link of the room in every shape in which it can be given: drawn for the camera of a phone, copied, shared.

import { h, s, setText, show } from "../dom.js";
import { icon } from "../icons.js";
import { wholeLink } from "../link_text.js";
import { qrOf } from "../qr.js";
import { t } from "../language.js";
import { createDialog } from "./dialog.js";

/** Light modules around the code, without which it is not found (ISO/IEC 18004 §6.3.8). */
const quiet = 4;

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {{element: HTMLElement, update: (state: import("../state.js").State) => void}}
 */
export function invite(actions) {
  const picture = h("div", { class: "qr", role: "img", "aria-label": t("invite.picture") });
  const address = h("p", { class: "secret code", tabindex: 0, "aria-label": t("invite.link") });
  const copy = h("button", { type: "button", class: "button", onclick: () => void actions.copyLink() });
  const share = h("button", { type: "button", class: "button button-quiet", onclick: () => void actions.shareLink() }, icon("share"), t("share"));
  show(share, "share" in navigator);
  const dialog = createDialog({ id: "invite", title: t("invite.title"), onclose: () => actions.hosting.closed("invite") },
    h("p", { class: "soft" }, t("invite.text")), picture, address, h("div", { class: "dialog-actions" }, copy, share));
  let drawn = "";

  return {
    element: dialog.element,
    update({ dialog: wanted, copied, link }) {
      const open = wanted?.about === "invite";
      const whole = wholeLink(link);
      if (open && drawn !== whole) {
        drawn = whole;
        const code = draw(whole);
        picture.replaceChildren(...(code ? [code] : []));
        show(picture, code !== null);
        setText(address, whole.replace(/^https?:\/\//u, ""));
      }
      setText(copy, copied === "room" ? t("copied") : t("copy.link"));
      dialog.set(open, copy);
    },
  };
}

/** @param {string} text @returns {SVGElement | null} null: too long for a code that a camera reads well */
function draw(text) {
  const modules = qrOf(text);
  if (!modules) return null;
  const size = modules.length + 2 * quiet;
  const dark = modules.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x + quiet} ${y + quiet}h1v1h-1z`] : [])));
  return s("svg", { viewBox: `0 0 ${size} ${size}`, "aria-hidden": "true", "shape-rendering": "crispEdges" }, s("path", { d: dark.join("") }));
}
