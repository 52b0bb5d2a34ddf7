// One message: who, when, the text as text, and on whose word it is known.

import { h, setAttribute, setText, show } from "../dom.js";
import { piecesOf } from "../talk.js";
import { hueOf, nameOf } from "../words.js";
import { t, timeOf } from "../language.js";
import { deliverySentence, toldBy } from "../words_talk.js";

/** @typedef {import("../talk.js").Item} Item */

export function createMessage() {
  const name = h("bdi", { class: "talk-name" });
  const time = h("time", { class: "talk-time" });
  const head = h("p", { class: "talk-head" }, name, time);
  const text = h("p", { class: "talk-text", dir: "auto" });
  const note = h("p", { class: "talk-note" });
  const element = h("li", { class: "talk-item" }, head, text, note);
  let shown = "";
  return {
    element,
    /** @param {Item} item */
    update({ kind, what, goesOn, isLast }) {
      if (kind !== "message") return;
      setAttribute(element, "data-own", what.own);
      setAttribute(element, "data-goes-on", goesOn);
      setAttribute(element, "data-hue", hueOf(what.by));
      setText(name, what.own ? t("you") : nameOf(what.name));
      setText(time, timeOf(what.at));
      setAttribute(time, "datetime", what.at.toISOString());
      // Seen once in a group, heard with every message.
      setAttribute(head, "class", goesOn ? "talk-head unseen" : "talk-head");
      if (shown !== what.text) {
        shown = what.text;
        text.replaceChildren(...piecesOf(what.text).map(({ text: piece, url }) => (url === "" ? piece
          : h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, piece))));
      }
      const said = [
        what.kept && t("chat.kept"), what.told.length > 0 && toldBy(what.told), what.disputed && t("chat.disputed"), deliverySentence(what.delivery, isLast),
      ].filter(Boolean).join(" · ");
      setText(note, said);
      setAttribute(note, "data-tone", what.disputed || what.delivery === "failed" || what.delivery === "partly" ? "amber" : null);
      show(note, said !== "");
    },
  };
}
