// The room in the panel: who may come in, the password, links and invitations, the end. Guests see what holds, hosts
// change it.

import { h, setAttribute, setText, show } from "../dom.js";
import { roomNameOf } from "../house.js";
import { t } from "../language.js";
import { doors, doorSentence, kindSentence } from "../words_door.js";
import { wrongPasswordsSentence } from "../words_house.js";
import { createInvitations } from "./invitations.js";
import { createLasting } from "./lasting.js";
import { button } from "./parts.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../hosting.js").Hosting} Hosting */

/**
 * @param {import("../actions.js").Actions} actions
 */
export function createRoom(actions) {
  const { hosting, recording } = actions;
  const door = createDoor(hosting);
  const sentence = h("p", { class: "small" });
  const kind = h("p", { class: "small" });
  const password = createPassword(hosting);
  const wrong = createWrongPasswords(hosting);
  const copy = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => void actions.copyLink() });
  const qr = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => hosting.ask({ about: "invite" }) }, t("qr"));
  const record = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => hosting.ask({ about: "record" }) }, t("record.begin"));
  const fresh = button({ label: t("room.new-link"), className: "button-small button-quiet", onclick: () => hosting.ask({ about: "new-link" }) });
  const device = button({ label: t("room.device"), className: "button-small button-quiet", onclick: () => void hosting.makeDeviceLink() });
  const invitations = createInvitations(hosting);
  const lasting = createLasting(hosting);
  const end = button({ label: t("room.end"), className: "button-small button-quiet button-warn", onclick: () => hosting.ask({ about: "end" }) });
  const ending = h("div", { class: "row-actions" }, device.element, end.element);
  const element = h("section", { class: "panel-part panel-room", "aria-labelledby": "room-title" },
    h("h3", { id: "room-title" }, t("room.title")),
    h("div", { class: "field" }, door.element, sentence, kind),
    password.element, wrong.element,
    h("div", { class: "row-actions" }, copy, qr, fresh.element, record),
    invitations.element, lasting.element, ending);

  return {
    element,
    /** @param {State} state */
    update(state) {
      const { house, me, busy, copied, tape } = state;
      door.update(state);
      const named = roomNameOf(state.link) !== "";
      setText(sentence, doorSentence(house.rules, named));
      setText(kind, [kindSentence(house.rules), house.keeping && t(`keeping.${house.keeping.state}`)].filter(Boolean).join(" "));
      password.update(state);
      wrong.update(state);
      setText(copy, t(copied === "room" ? "copied" : "copy.link"));
      fresh.setBusy(busy.includes("new-link"));
      device.setBusy(busy.includes("device"));
      end.setBusy(busy.includes("end"));
      invitations.update(state);
      lasting.update(state);
      show(record, recording.able && tape === "none" && house.recording?.state === "none");
      for (const part of [door.element, ending]) show(part, me.host);
      // A name cannot be replaced by another one.
      show(fresh.element, me.host && !named);
      show(invitations.element, me.host && house.invitations !== null);
    },
  };
}

/**
 * The door's four ways. Buttons, not radios: each press is an act, and arrow keys must not walk through the others.
 * @param {Hosting} hosting
 */
function createDoor(hosting) {
  const buttons = doors.map((door) => ({
    door,
    element: h("button", { type: "button", class: "segment", onclick: () => void hosting.setDoor(door) }, t(`room.door.${door}`)),
  }));
  const element = h("div", { class: "segments", role: "group", "aria-label": t("room.door") }, ...buttons.map(({ element: one }) => one));
  return {
    element,
    /** @param {State} state */
    update({ house: { rules, invitations }, busy }) {
      setAttribute(element, "aria-busy", String(busy.includes("door")));
      for (const { door, element: one } of buttons) {
        setAttribute(one, "aria-pressed", String(rules?.door === door));
        show(one, door !== "invite" || invitations !== null || rules?.door === door);
      }
    },
  };
}

/**
 * @param {Hosting} hosting
 */
function createPassword(hosting) {
  const text = h("span", { class: "fact" });
  const change = h("button", { type: "button", class: "button button-small button-quiet", "aria-expanded": "false", onclick: () => open(form.hidden === true) });
  const remove = h("button", { type: "button", class: "button button-small button-quiet", "aria-label": t("password.remove.name"), onclick: () => hosting.ask({ about: "no-password" }) }, t("password.remove"));
  const field = h("input", { class: "input input-small", id: "room-password", type: "text", maxlength: 128, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const save = button({ label: t("password.save"), className: "button-small", type: "submit" });
  const form = h("form", {
    class: "field row-form", hidden: true,
    onsubmit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      if (field.value === "") field.focus();
      else void set();
    },
  },
  h("label", { class: "field-label", for: "room-password" }, t("password.new")),
  h("div", { class: "choice-row" }, field, save.element),
  h("p", { class: "small" }, t("password.text")));
  const actions = h("div", { class: "fact-actions" }, change, remove);

  async function set() {
    if (!await hosting.setPassword(field.value)) return;
    field.value = "";
    open(false);
    change.focus();
  }

  /** @param {boolean} now */
  function open(now) {
    show(form, now);
    setAttribute(change, "aria-expanded", String(now));
    if (now) field.focus();
  }

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    open(false);
    change.focus();
  });

  return {
    element: h("div", { class: "field" }, h("div", { class: "fact-row" }, text, actions), form),
    /** @param {State} state */
    update({ house: { rules }, me, busy }) {
      const has = rules?.password === true;
      setText(text, t(has ? "password.set" : "password.none"));
      setText(change, t(has ? "password.change" : "password.make"));
      setAttribute(change, "aria-label", t(has ? "password.change.name" : "password.make.name"));
      show(actions, me.host);
      show(remove, has && rules?.keepsPassword === false);
      if (!me.host) open(false);
      save.setBusy(busy.includes("password"));
    },
  };
}

/**
 * @param {Hosting} hosting
 */
function createWrongPasswords(hosting) {
  const text = h("span", { class: "fact" });
  const allow = button({ label: t("password.tries"), className: "button-small button-quiet", onclick: () => void hosting.allowTries() });
  const element = h("div", { class: "fact-row" }, text, allow.element);
  return {
    element,
    /** @param {State} state */
    update({ house: { wrongPasswords }, busy }) {
      show(element, wrongPasswords > 0);
      setText(text, wrongPasswordsSentence(wrongPasswords));
      allow.setBusy(busy.includes("tries"));
    },
  };
}
