// The people panel beside the stage: who is at the door, who is here, the code, the room, who did what.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { icon } from "../icons.js";
import { roomNameOf } from "../house.js";
import { t, timeOf } from "../language.js";
import { howMany, logSentence } from "../words.js";
import { createKnock } from "./knock.js";
import { createPerson, createSelf } from "./person.js";
import { createRoom } from "./room.js";

/** @typedef {import("../expected.js").Knock} Knock */
/** @typedef {import("../../sdk/parlour.js").Person} Person */
/** @typedef {import("../state.js").State} State */

/**
 * @param {import("../actions.js").Actions} actions
 */
export function people(actions) {
  const { hosting } = actions;
  const title = h("h2", { tabindex: -1, id: "people-title" }, t("people"));
  const close = h("button", { type: "button", class: "button button-icon", "aria-label": t("people.close"), onclick: () => hosting.setPanel(false) }, icon("close"));
  const doorList = h("ul", { class: "rows", role: "list" });
  const atDoor = h("section", { class: "panel-part panel-door", "aria-labelledby": "door-title" },
    h("h3", { id: "door-title" }, t("people.door")), doorList);
  const self = createSelf();
  const others = h("ul", { class: "rows rows-others", role: "list" });
  const here = h("section", { class: "panel-part", "aria-label": t("call.title") },
    h("ul", { class: "rows", role: "list" }, self.element), others);
  const lower = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => actions.talking.lowerHand() }, t("people.lower"));
  const check = h("button", { type: "button", class: "button button-small", onclick: () => hosting.ask({ about: "code" }) },
    t("people.check"));
  const why = h("p", { class: "small" }, t("people.check.named"));
  // Comes first where people met by a name (seal.md 8); elsewhere it is one thing among others.
  const checking = h("section", { class: "panel-part panel-check", "aria-label": t("people.check.region") }, why, check);
  const room = createRoom(actions);
  const log = createLog();
  const element = h("aside", { class: "panel", "aria-labelledby": "people-title", hidden: true },
    h("div", { class: "panel-head" }, title, close),
    h("div", { class: "panel-body" }, checking, atDoor, here, lower, room.element, log.element));

  /** @type {State | null} */
  let latest = null;
  const focusTitle = () => title;
  const showKnocks = keyed(doorList, (/** @type {Knock} */ knock) => createKnock(knock, hosting, () => latest), focusTitle);
  const showOthers = keyed(others, (/** @type {Person} */ person) => createPerson(person, actions, () => latest), focusTitle);

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    hosting.setPanel(false);
  });

  return {
    element,
    /** @param {State} state */
    update(state) {
      latest = state;
      const opens = state.panel && element.hidden;
      const closes = !state.panel && element.contains(document.activeElement);
      show(element, state.panel);
      if (closes) document.getElementById("people-button")?.focus();
      if (!state.panel) return;
      setText(title, howMany(state.people.length + 1));
      show(atDoor, state.house.knocks.length > 0);
      showKnocks(state.house.knocks);
      self.update(state);
      showOthers(state.people);
      show(lower, state.me.host && state.talk.hands.length > 1);
      const named = roomNameOf(state.link) !== "";
      show(checking, state.people.length > 0);
      show(why, named);
      check.classList.toggle("button-quiet", !named);
      setAttribute(checking, "data-named", named);
      room.update(state);
      log.update(state);
      if (opens) title.focus({ preventScroll: true });
    },
  };
}

/** Who did what, the newest first. */
function createLog() {
  const list = h("ol", { class: "log" });
  const element = h("details", { class: "panel-part more" }, h("summary", {}, t("people.log")), list);
  /** @type {State["house"]["log"]} */
  let shown = [];
  return {
    element,
    /** @param {State} state */
    update({ house: { log } }) {
      show(element, log.length > 0);
      if (log === shown) return;
      shown = log;
      list.replaceChildren(...log.map((entry) => h("li", {},
        h("time", { datetime: entry.at.toISOString() }, timeOf(entry.at)), h("span", {}, logSentence(entry)))).reverse());
    },
  };
}
