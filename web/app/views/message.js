// One message: who, when, the text as text, and on whose word it is known; or that its author took it back.

import { h, setAttribute, setText, show } from "../dom.js";
import { piecesOf } from "../talk.js";
import { hueOf, nameOf } from "../words.js";
import { t, timeOf } from "../language.js";
import { backSentence, deliverySentence, shortened, toldBy } from "../words_talk.js";

/** @typedef {import("../talk.js").Item} Item */

/** @param {import("../hosting.js").Hosting} hosting */
export function createMessage(hosting) {
  let id = "";
  const name = h("bdi", { class: "talk-name" });
  const time = h("time", { class: "talk-time" });
  const head = h("p", { class: "talk-head" }, name, time);
  const text = h("p", { class: "talk-text", dir: "auto" });
  const note = h("p", { class: "talk-note" });
  const back = h("button", { type: "button", class: "talk-back", onclick: () => hosting.ask({ about: "take-back", message: id }) }, t("message.back"));
  const element = h("li", { class: "talk-item" }, head, text, h("div", { class: "talk-foot" }, back, note));
  let shown = "";
  return {
    element,
    /** @param {Item} item */
    update({ kind, what, goesOn, isLast }) {
      if (kind !== "message") return;
      id = what.id;
      setAttribute(element, "data-own", what.own);
      setAttribute(element, "data-goes-on", goesOn);
      setAttribute(element, "data-hue", hueOf(what.by));
      setText(name, what.own ? t("you") : nameOf(what.name));
      setText(time, timeOf(what.at));
      setAttribute(time, "datetime", what.at.toISOString());
      // Seen once in a group, heard with every message.
      setAttribute(head, "class", goesOn ? "talk-head unseen" : "talk-head");
      const words = what.back ? backSentence(what) : what.text;
      setAttribute(element, "data-back", what.back);
      // Heard with what it would take back.
      setAttribute(back, "aria-label", t("message.back.of", { text: shortened(what.text, 60) }));
      show(back, what.own && !what.back);
      if (shown !== words) {
        shown = words;
        text.replaceChildren(...piecesOf(words).map(({ text: piece, url }) => (url === "" ? piece
          : h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, piece))));
      }
      const said = [
        what.kept && t("chat.kept"), what.told.length > 0 && toldBy(what.told), what.disputed && t("chat.disputed"), deliverySentence(what.delivery, isLast, what.back),
      ].filter(Boolean).join(" · ");
      setText(note, said);
      setAttribute(note, "data-tone", what.disputed || what.delivery === "failed" || what.delivery === "partly" ? "amber" : null);
      show(note, said !== "");
    },
  };
}
