// Raising a hand and the six reactions, in a small sheet above the controls.

import { h, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { handPlace } from "../talk.js";
import { reactionName, reactions } from "../words_talk.js";
import { control } from "./parts.js";

/**
 * @param {import("../actions.js").Actions} actions
 */
export function createReact({ talking }) {
  const word = h("span", {});
  const hand = h("button", { type: "button", class: "button button-small button-quiet react-hand", onclick: () => press(() => talking.toggleHand()) }, icon("hand"), word);
  const emoji = reactions.map((one) => h("button", { type: "button", class: "react-emoji", "aria-label": reactionName(one), title: reactionName(one), onclick: () => press(() => talking.react(one)) }, one));
  const sheet = h("div", { class: "react", id: "react", popover: "auto", role: "group", "aria-label": t("react.sheet") }, h("div", { class: "react-row" }, ...emoji), hand);
  const opener = control({ onclick: () => {} });
  // The browser opens, closes, and says so to screen readers.
  opener.element.setAttribute("popovertarget", "react");

  /** @param {() => void} act */
  function press(act) {
    act();
    sheet.hidePopover();
    opener.element.focus();
  }

  return {
    opener: opener.element,
    sheet,
    /** @param {import("../state.js").State} state */
    update({ talk, me, shortcuts }) {
      const up = handPlace(talk, me.id) > 0;
      setText(word, t(up ? "hand.lower" : "hand.raise"));
      setAttribute(hand, "aria-keyshortcuts", shortcuts ? "H" : null);
      setAttribute(hand, "title", shortcuts ? `${word.textContent} (H)` : null);
      opener.set({ name: t(up ? "react.up" : "react"), word: t("react"), image: "hand" });
      setAttribute(opener.element, "data-up", up);
    },
  };
}
