// The gallery's scenes about doors, knocks, hosts and the code, in debug builds only.

import { devices, inCall, person, ready, stopped } from "./gallery_pretend.js";
import { knockKey, noHouse } from "./house.js";
import { t } from "./language.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./house.js").House} House */
/** @typedef {import("./expected.js").Rules} Rules */
/** @typedef {import("./expected.js").Knock} Knock */

/** @type {Record<string, () => Partial<State>>} */
export const houseScenes = {
  "invite-qr": () => ({ ...inCall(2), dialog: { about: "invite" } }),
  "preview-password": () => atDoor({ house: house({ password: true }) }),
  "preview-wrong-password": () => atDoor({ house: house({ password: true }), refusal: { code: "wrong-password", text: "Wrong password, or the server is guessing." } }),
  "preview-checking": () => atDoor({ house: { ...house({ password: true }), waiting: { what: "checking-password", text: "" } }, joining: true }),
  "preview-named": () => atDoor({ link: "r/choir", house: house({}) }),
  "preview-named-vacant": () => atDoor({ link: "r/choir", count: 0, house: { ...noHouse, vacant: true } }),
  "preview-named-password": () => atDoor({ link: "r/choir#p", house: house({ password: true }) }),
  "preview-named-none": () => atDoor({ link: "r/choir", house: house({}), refusal: { code: "name-without-password", text: "This room has no password. If you were told one, somebody else may have opened a room of this name: ask, before you leave the field empty." } }),
  "preview-named-knock": () => atDoor({ link: "r/choir", house: house({ door: "knock" }) }),
  "preview-knock": () => atDoor({ house: house({ door: "knock" }) }),
  "preview-refused": () => atDoor({ house: house({ door: "knock" }), refusal: { code: "refused", text: "The host did not let you in." } }),
  "preview-invitation": () => atDoor({ link: "#1in7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", count: 2 }),
  "preview-invited-only": () => atDoor({ house: house({ door: "invite" }) }),
  "preview-locked": () => atDoor({ house: house({ door: "locked" }), refusal: { code: "locked", text: "The door of this room is locked." } }),
  "knocking": () => waiting("knocking", ""),
  "knocking-held": () => waiting("held", "We begin at five past. Have a coffee meanwhile!"),
  "knocking-no-host": () => waiting("no-host", ""),
  "left-gave-up": () => ({ screen: "left", gaveUp: true }),
  "problem-refused-for-good": () => stopped("refused-for-good", "The host refused you for good. Ask them another way if this was a mistake."),
  "problem-invitation-used": () => stopped("invitation-used", "This invitation was used already. Ask for another one."),
  "call-knock": () => call({ ...house({ door: "knock" }), knocks: [dan] }),
  "call-knocks": () => call({ ...house({ door: "knock" }), knocks: [dan, eve, cut] }),
  "small-knock": () => behind([dan]),
  "small-knock-long": () => behind([{ ...eve, name: "EvangelinaWithANameOf64LettersAndNoSpaceAnywhereInItAtAllHowever" }]),
  "small-knocks": () => behind([dan, eve, { ...dan, id: "max" }, { ...dan, id: "zoe" }]),
  "people-guest": () => call({ ...house({ password: true }), wrongPasswords: 3 }, { panel: true, me: guest }),
  "people-host": () => call(house({}), { panel: true }),
  "people-knocks": () => call({ ...house({ door: "knock" }), knocks: [dan, eve, { ...cut, held: true }] }, { panel: true }),
  "people-named": () => call(house({ password: true }), { panel: true, link: "r/choir#p" }),
  "call-named": () => call(withCode("ready"), { link: "r/choir", toasts: [{ id: "code", colour: "grey", code: "code", text: t("code.came"), standing: false, shows: "code" }] }),
  "call-named-alone": () => ({ ...inCall(0), house: house({}), link: "r/choir" }),
  "ask-remove-named": () => call(house({}), { dialog: { about: "remove", person: "pretend-1" }, link: "r/choir" }),
  "problem-two-hosts": () => ({ ...stopped("two-hosts", "This name now leads to a room of somebody else than the one you have been in. Nothing was mixed, and nobody there has seen you. Ask the others, or forget the room that you know and go in as somebody new."), link: "r/choir" }),
  "people-alone": () => ({ ...inCall(0), house: house({}), panel: true }),
  "people-full": full,
  "people-full-unfolded": full,
  "people-knocks-unfolded": () => call({ ...house({ door: "knock" }), knocks: [dan, eve] }, { panel: true }),
  "call-code": () => call(withCode("ready"), { toasts: [{ id: "code", colour: "grey", code: "code", text: t("code.came"), standing: false, shows: "code" }] }),
  "code-none": () => call(house({}), { dialog: { about: "code" } }),
  "code-running": () => call(withCode("running"), { dialog: { about: "code" } }),
  "code-ready": () => call(withCode("ready"), { dialog: { about: "code" } }),
  "code-broken": () => call(withCode("broken"), { dialog: { about: "code" } }),
  "code-press": () => call(withCode("press"), { dialog: { about: "code" } }),
  "leave-host": () => call(house({ door: "knock" }), { dialog: { about: "leave" }, people: [person(0, {}), person(1, {})] }),
  "leave-two-hosts": () => ({ ...call(house({}), { dialog: { about: "leave" } }), people: [person(0, { host: true }), person(1, {})] }),
  "ask-end": () => call(house({}), { dialog: { about: "end" } }),
  "ask-remove": () => call(house({}), { dialog: { about: "remove", person: "pretend-1" } }),
  "ask-make-host": () => call(house({}), { dialog: { about: "make-host", person: "pretend-1" } }),
  "ask-new-link": () => call(house({}), { dialog: { about: "new-link" } }),
  "ask-forget": () => call(house({}), { dialog: { about: "forget" } }),
  "keep-link": () => ready({ ...devices(), name: "Ada", durable: false, me: { ...guest, host: true }, house: house({}), dialog: { about: "device", kept: false, link: deviceLink } }),
  "preview-forgets": () => ready({ ...devices(), name: "Ada", durable: false, house: house({}) }),
  "ask-elsewhere": () => ready({ ...devices(), count: 2, name: "Ada", house: house({}), dialog: { about: "elsewhere" } }),
  "ask-unmet": () => call(house({}), { dialog: { about: "unmet", who: ["Evangelina Papadopoulou-Worthington", ""] } }),
  "ask-close-door": () => call(house({}), { durable: false, dialog: { about: "close-door", door: "locked" } }),
  "people-marks": () => call(house({ door: "knock" }), { panel: true, people: [
    person(0, { admitted: { by: "Ben", at: at(5), via: "Ana" }, verified: "host" }),
    person(1, { renamed: true }),
    person(2, { ticked: true, admitted: { by: "", at: at(9), via: "" }, verified: "ticked" }),
  ] }),
  "device-link": () => call(house({}), { dialog: { about: "device", kept: true, link: deviceLink } }),
};

const deviceLink = "#1hn7ka2m4qdx8r5tw3ehv6yzpc9gfsbn7ka2m4qdx8r5tw3ehv6yzpc9gfsbn7ka2m4qdx8r5tw3eh";

/** @type {Knock} */
const dan = { id: "dan", name: "Dan", message: "Hello, it is me from the choir", how: "knock", via: "", held: false };
/** @type {Knock} */
const eve = { id: "eve", name: "Evangelina Papadopoulou-Worthington", message: "", how: "invitation", via: "Ana", held: false };
/** @type {Knock} */
const cut = { id: "cut", name: "", message: "", how: "left-over", via: "", held: false };

const guest = { id: "self", name: "Ada", audio: true, video: true, screen: false, host: false };

/** @param {number} minutes past two @returns {Date} */
function at(minutes) {
  return new Date(2026, 4, 17, 14, minutes);
}

/** Knocks in the small window; put away on the page, or their remark would lie over it here. @param {Knock[]} knocks @returns {Partial<State>} */
function behind(knocks) {
  return call({ ...house({ door: "knock" }), knocks }, { people: [person(0, {}), person(1, {})], dismissed: knocks.map(knockKey) });
}

/** All that a panel can hold. @returns {Partial<State>} */
function full() {
  return call({
    ...house({ door: "invite", password: true, ends: at(90).getTime(), keptUntil: at(60 * 24 * 30).getTime() }),
    mayKeep: true,
    wrongPasswords: 3,
    invitations: [
      { id: "i1", label: "Ana", uses: 1, used: 0 },
      { id: "i2", label: "the choir, all voices and those who turn the pages", uses: 12, used: 5 },
      { id: "i3", label: "Ben", uses: 1, used: 2 },
    ],
    log: [
      { at: at(0), code: "made", text: "You opened the room.", what: "", who: "", about: "", label: "", count: 0, when: null },
      { at: at(2), code: "admitted", text: "You let in Ada Lovelace.", what: "", who: "", about: "", label: "", count: 0, when: null },
      { at: at(9), code: "door", text: "You changed the door: personal invitations only.", what: "", who: "", about: "", label: "", count: 0, when: null },
      { at: at(14), code: "removed", text: "You removed Max and made a new link.", what: "", who: "", about: "", label: "", count: 0, when: null },
    ],
  }, { panel: true, invitationLinks: { i1: "#1i…" }, copied: "i1" });
}

/** @param {Partial<Rules>} change @returns {House} */
function house(change) {
  return { ...noHouse, invitations: [], rules: { door: "open", password: false, keepsPassword: false, cap: 8, offRecord: true, ends: null, keptUntil: null, ...change } };
}

/** @param {House["code"]["state"]} state @returns {House} */
function withCode(state) {
  const emoji = state !== "ready" ? [] : [["🐶", "Dog"], ["⏰", "Clock"], ["🎂", "Cake"], ["🌂", "Umbrella"], ["✈️", "Aeroplane"], ["🎅", "Santa"]]
    .map(([symbol = "", name = ""]) => ({ symbol, name }));
  return { ...house({}), code: { state, emoji, numbers: state === "ready" ? [4182, 9001, 1733] : [], covers: ["pretend-0", "pretend-1"], missing: ["pretend-2"] } };
}

/** @param {Partial<State>} change @returns {Partial<State>} */
function atDoor(change) {
  return ready({ ...devices(), count: 2, name: "Dan", ...change });
}

/** @param {"knocking" | "held" | "no-host"} what @param {string} text @returns {Partial<State>} */
function waiting(what, text) {
  return atDoor({ joining: true, house: { ...house({ door: "knock" }), waiting: { what, text } } });
}

/** @param {House} about @param {Partial<State>} [change] @returns {Partial<State>} */
function call(about, change) {
  return {
    ...inCall(3),
    people: [
      person(0, { admitted: { by: "Ben", at: at(5), via: "" }, verified: "host" }),
      person(1, { host: true, ticked: true, verified: "ticked", route: { relayed: true, protocol: "udp" } }),
      person(2, { audio: false, video: false, link: "reconnecting" }),
    ],
    house: about,
    ...change,
  };
}
