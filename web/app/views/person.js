// A person in the panel: what is known of them, and for a host what can be done.

import { h, setAttribute, setText, show } from "../dom.js";
import { t } from "../language.js";
import { isOn } from "../state.js";
import { hueOf, initials, nameOf } from "../words.js";
import { handPlace } from "../talk.js";
import { marksOf } from "../words_house.js";
import { handMark } from "../words_stage.js";
import { moreButton } from "./parts.js";

/** @typedef {import("../../sdk/parlour.js").Person} Person */
/** @typedef {import("../state.js").State} State */

/** This person. */
export function createSelf() {
  const row = createRow("you");
  return {
    element: row.element,
    /** @param {State} state */
    update({ me, microphone, talk }) {
      // As the others read it, and not as it was typed.
      row.set(me.name, t("person.you", { name: nameOf(me.name) }), [
        ...handOf(handPlace(talk, me.id)),
        ...(me.host ? [{ text: t("mark.host"), tone: "" }] : []),
        ...(isOn(microphone) ? [] : [{ text: t("mark.muted"), tone: "" }]),
      ]);
    },
  };
}

/**
 * @param {Person} person
 * @param {import("../actions.js").Actions} actions
 * @param {() => State | null} latest
 */
export function createPerson({ id }, { hosting, talking }, latest) {
  const row = createRow(id);
  const makeHost = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => hosting.ask({ about: "make-host", person: id }) }, t("person.host"));
  const remove = h("button", { type: "button", class: "button button-small button-quiet button-warn", onclick: () => hosting.ask({ about: "remove", person: id }) }, t("person.remove"));
  const lower = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => talking.lowerHand(id) }, t("person.lower"));
  const mute = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => hosting.askToMute(id) }, t("person.mute"));
  const actions = h("div", { class: "row-actions", hidden: true }, lower, mute, makeHost, remove);
  const more = moreButton(actions);
  row.element.append(more.element, actions);

  return {
    element: row.element,
    /** @param {Person} person */
    update(person) {
      const who = nameOf(person.name);
      const state = latest();
      const hand = state ? handPlace(state.talk, id) : 0;
      row.set(person.name, who, [...handOf(hand), ...marksOf(person)]);
      // A host cannot be removed (seal.md 2), and is host already.
      const may = state?.me.host === true && (!person.host || hand > 0 || person.audio);
      show(lower, hand > 0);
      show(mute, person.audio);
      for (const one of [makeHost, remove]) show(one, !person.host);
      setAttribute(lower, "aria-label", t("person.lower.name", { name: who }));
      show(more.element, may);
      if (!may) more.open(false);
      setAttribute(more.element, "aria-label", t("person.more", { name: who }));
      setAttribute(mute, "aria-label", t("person.mute.name", { name: who }));
      setAttribute(makeHost, "aria-label", t("person.host.name", { name: who }));
      setAttribute(remove, "aria-label", t("person.remove.name", { name: who }));
      setAttribute(row.element, "aria-busy", String(latest()?.busy.includes(`person/${id}`) === true));
    },
  };
}

/** @param {number} place @returns {{text: string, tone: string}[]} */
function handOf(place) {
  return place > 0 ? [{ text: handMark(place), tone: "amber" }] : [];
}

/**
 * @param {string} id
 */
function createRow(id) {
  const badge = h("span", { class: "row-badge", "aria-hidden": "true", "data-hue": hueOf(id) });
  const name = h("span", { class: "row-name" });
  const marks = h("span", { class: "row-marks" });
  const words = h("div", { class: "row-words" }, name, marks);
  let shown = "";
  return {
    element: h("li", { class: "row" }, badge, words),
    /**
     * @param {string} typed what the badge is made of
     * @param {string} text
     * @param {readonly {text: string, tone: string}[]} list
     */
    set(typed, text, list) {
      setText(badge, initials(typed));
      setText(name, text);
      const key = JSON.stringify(list);
      if (key === shown) return;
      shown = key;
      marks.replaceChildren(...list.flatMap((mark, index) => [
        ...(index > 0 ? [" · "] : []),
        h("span", { "data-tone": mark.tone || null }, mark.text),
      ]));
    },
  };
}
