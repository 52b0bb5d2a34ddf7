// A poll: its question, the choices with how many chose them, and its end. A choice is a toggle: pressing it votes.

import { h, setAttribute, setText, show } from "../dom.js";
import { icon } from "../icons.js";
import { t, timeOf } from "../language.js";
import { nameOf } from "../words.js";
import { choiceSentence, pollHead, pollSentence } from "../words_talk.js";

/** @typedef {import("../talk.js").Item} Item */
/** @typedef {import("../talk.js").Poll} Poll */
/** @typedef {import("../state.js").State} State */

/**
 * @param {Poll} poll
 * @param {import("../talking.js").Talking} talking
 * @param {() => State | null} latest
 */
export function createPoll({ id, choices: first }, talking, latest) {
  const head = h("span", {});
  const time = h("time", { class: "talk-time" });
  const question = h("p", { class: "poll-question", dir: "auto" });
  const status = h("p", { class: "small" });
  /** @type {Poll | null} */
  let shown = null;

  /** @param {number} index */
  function press(index) {
    if (!shown?.open) return;
    const { mine, multiple } = shown;
    const isMine = mine.includes(index);
    if (isMine) talking.vote(id, mine.filter((one) => one !== index));
    else talking.vote(id, multiple ? [...mine, index] : [index]);
  }

  const choices = first.map((_, index) => {
    const text = h("bdi", { class: "poll-text" });
    const count = h("span", { class: "poll-count", "aria-hidden": "true" });
    const who = h("span", { class: "small poll-who" });
    const fill = h("span", { class: "poll-fill", "aria-hidden": "true" });
    // The space is for those who listen: the words and the number are two.
    const button = h("button", { type: "button", class: "poll-choice", onclick: () => press(index) }, fill, icon("check"), text, " ", count);
    return { text, count, who, fill, button, element: h("li", {}, button, who) };
  });
  const close = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => talking.closePoll(id) }, t("poll.close"));
  const actions = h("div", { class: "row-actions" }, close);
  const element = h("li", { class: "talk-item talk-card" },
    h("p", { class: "talk-head" }, head, time), question,
    h("ul", { class: "poll-choices", role: "list" }, ...choices.map(({ element: one }) => one)), status, actions);

  return {
    element,
    /** @param {Item} item */
    update({ kind, what }) {
      if (kind !== "poll") return;
      shown = what;
      setText(head, pollHead(what));
      setText(time, timeOf(what.at));
      setAttribute(time, "datetime", what.at.toISOString());
      setText(question, what.question);
      setText(status, pollSentence(what));
      what.choices.forEach((choice, index) => {
        const parts = choices[index];
        if (!parts) return;
        const isMine = what.mine.includes(index);
        setText(parts.text, choice.text);
        setText(parts.count, String(choice.votes));
        setText(parts.who, choice.voters.map(({ name }) => nameOf(name)).join(", "));
        show(parts.who, choice.voters.length > 0);
        parts.fill.style.setProperty("inline-size", `${what.voters === 0 ? 0 : (100 * choice.votes) / what.voters}%`);
        setAttribute(parts.button, "aria-pressed", String(isMine));
        setAttribute(parts.button, "aria-disabled", !what.open && "true");
        setAttribute(parts.button, "aria-label", `${choice.text}, ${choiceSentence(choice, isMine)}`);
      });
      show(actions, what.open && (what.own || latest()?.me.host === true));
    },
  };
}
