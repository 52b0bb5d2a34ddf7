// The empty chair: what stands beside the own picture while nobody else is here, and how to change that.

import { h, setText, show } from "../dom.js";
import { icon, setIcon } from "../icons.js";
import { roomNameOf } from "../house.js";
import { wholeLink } from "../link_text.js";
import { t } from "../language.js";
import { invitationSentence } from "../words_house.js";

/**
 * @param {import("../actions.js").Actions} actions
 */
export function createChair(actions) {
  const title = h("h2", {});
  const text = h("p", { class: "soft" });
  const link = h("p", { class: "chair-link code" });
  const image = icon("link");
  const word = h("span", {});
  const copy = h("button", { type: "button", class: "button", onclick: () => void actions.copyLink() }, image, word);
  const qr = h("button", { type: "button", class: "button button-quiet", onclick: () => actions.hosting.ask({ about: "invite" }) }, t("qr"));
  const share = h("button", { type: "button", class: "button button-quiet", onclick: () => void actions.shareLink() }, icon("share"), t("share"));
  show(share, "share" in navigator && matchMedia("(pointer: coarse)").matches);
  const actionsRow = h("div", { class: "chair-actions" }, copy, qr, share);
  const element = h("li", { class: "chair" }, h("div", { class: "chair-body" },
    title, text, link, actionsRow));

  return {
    element,
    /** @param {import("../state.js").State} state */
    update({ link: fragment, copied, count, house }) {
      // Somebody has a seat but is not connected yet: an invitation would be out of place.
      const coming = count > 1;
      show(link, !coming);
      show(actionsRow, !coming);
      setText(title, coming ? t("chair.coming") : t("chair.title"));
      setText(text, coming ? t("chair.coming.text") : invitationSentence(house.rules?.door, roomNameOf(fragment) !== ""));
      setText(link, wholeLink(fragment).replace(/^https?:\/\//u, ""));
      const done = copied === "room";
      setText(word, done ? t("copied") : t("chair.copy"));
      setIcon(image, done ? "check" : "link");
    },
  };
}
