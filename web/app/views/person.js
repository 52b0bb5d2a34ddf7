// A person in the panel: what is known of them, and for a host what can be done.

import { h, setAttribute, setText, show } from "../dom.js";
import { isOn } from "../state.js";
import { hueOf, initials, nameOf } from "../words.js";
import { marksOf } from "../words_house.js";
import { moreButton } from "./parts.js";

/** @typedef {import("../../sdk/parlour.js").Person} Person */
/** @typedef {import("../state.js").State} State */

/** This person. */
export function createSelf() {
  const row = createRow("you");
  return {
    element: row.element,
    /** @param {State} state */
    update({ name, me, microphone }) {
      row.set(name, `${nameOf(name)} (you)`, [
        ...(me.host ? [{ text: "Host", tone: "" }] : []),
        ...(isOn(microphone) ? [] : [{ text: "Muted", tone: "" }]),
      ]);
    },
  };
}

/**
 * @param {Person} person
 * @param {import("../hosting.js").Hosting} hosting
 * @param {() => State | null} latest
 */
export function createPerson({ id }, hosting, latest) {
  const row = createRow(id);
  const makeHost = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => hosting.ask({ about: "make-host", person: id }) }, "Make host…");
  const remove = h("button", { type: "button", class: "button button-small button-quiet button-warn", onclick: () => hosting.ask({ about: "remove", person: id }) }, "Remove…");
  const actions = h("div", { class: "row-actions", hidden: true }, makeHost, remove);
  const more = moreButton(actions);
  row.element.append(more.element, actions);

  return {
    element: row.element,
    /** @param {Person} person */
    update(person) {
      const who = nameOf(person.name);
      row.set(person.name, who, marksOf(person));
      // A host cannot be removed (seal.md 2), and is host already.
      const may = latest()?.me.host === true && !person.host;
      show(more.element, may);
      if (!may) more.open(false);
      setAttribute(more.element, "aria-label", `More for ${who}`);
      setAttribute(makeHost, "aria-label", `Make host: ${who}`);
      setAttribute(remove, "aria-label", `Remove ${who}`);
      setAttribute(row.element, "aria-busy", String(latest()?.busy.includes(`person/${id}`) === true));
    },
  };
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
