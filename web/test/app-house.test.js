// Doors, knocks, hosts, the code: what the page makes of what the SDK says about the room, and in which words.

import "./fakes/english.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { asksOnLeave, entryOf, isAtDoor, isInvitation, isPlainEntry, knocksToShow, noHouse, roomNameOf, unanswered, wantsCode } from "../app/house.js";
import { createHosting } from "../app/hosting.js";
import { titleOf, viewOf } from "../app/show.js";
import { noTalk } from "../app/talk.js";
import { initialState, next } from "../app/state.js";
import { t } from "../app/language.js";
import { doors, doorSentence, keepsNothing, outsideSentence } from "../app/words_door.js";
import { coverage, invitationSentence, knockHow, knockSentence, leavingSentence, marksOf, questionOf, unmetQuestion, usedSentence, waitingWords, wrongPasswordsSentence } from "../app/words_house.js";

/** @typedef {import("../app/state.js").State} State */
/** @typedef {import("../app/state.js").PageEvent} PageEvent */
/** @typedef {import("../app/house.js").House} House */
/** @typedef {import("../app/expected.js").Knock} Knock */
/** @typedef {import("../app/expected.js").Rules} Rules */

const host = { id: "me", name: "Ada", audio: true, video: true, screen: false, host: true };
const guest = { ...host, host: false };

/** @param {Partial<Rules>} change @returns {House} */
function house(change = {}) {
  return { ...noHouse, rules: { door: "open", password: false, keepsPassword: false, cap: 8, offRecord: true, ends: null, ...change } };
}

/** @param {string} id @param {Partial<Knock>} [change] @returns {Knock} */
function knock(id, change) {
  return { id, name: id, message: "", how: "knock", via: "", held: false, ...change };
}

/** @param {string} id @param {Partial<import("../app/state.js").Person>} [change] @returns {import("../app/state.js").Person} */
function person(id, change) {
  return { id, name: id, stream: /** @type {MediaStream} */ ({}), audio: true, video: true, screen: false, link: "connected", route: null, quality: null, host: false, ticked: false, renamed: false, admitted: null, verified: "link", ...change };
}

/** @param {Partial<import("../app/state.js").Snapshot>} change @returns {PageEvent} */
function meeting(change) {
  return { type: "meeting", snapshot: { state: "in", error: null, count: 1, durable: true, me: host, people: [], notes: [], link: "#1abc", house: house(), talk: noTalk, ...change } };
}

/** @param {PageEvent[]} events @param {State} [from] */
function after(events, from = initialState) {
  return events.reduce(next, from);
}

test("an open room asks for nothing, a password room for the password, a knock room for a knock", () => {
  const at = (/** @type {Partial<Rules>} */ rules, me = guest, link = "#1abc") => entryOf({ house: house(rules), me, link, refusal: null });
  assert.deepEqual(at({}), { knock: false, password: false, optional: false });
  assert.deepEqual(at({ password: true }), { knock: false, password: true, optional: false });
  assert.deepEqual(at({ door: "knock" }), { knock: true, password: false, optional: false });
  assert.deepEqual(at({ door: "knock", password: true }), { knock: true, password: false, optional: false }, "a password counts while the door is open");
  assert.deepEqual(at({ door: "locked", password: true }), { knock: false, password: false, optional: false });
  assert.deepEqual(entryOf({ house: noHouse, me: guest, link: "#1abc", refusal: null }), { knock: false, password: false, optional: false });
});

test("a named room always has a place for a password, and asks for it where the link promises one", () => {
  const at = (/** @type {Partial<Rules>} */ rules, link = "r/choir", me = guest) => entryOf({ house: house(rules), me, link, refusal: null });
  assert.deepEqual(at({}), { knock: false, password: true, optional: true });
  assert.deepEqual(at({ password: true }), { knock: false, password: true, optional: false });
  assert.deepEqual(at({}, "r/choir#p"), { knock: false, password: true, optional: false }, "whatever the server says");
  assert.deepEqual(at({ door: "knock" }), { knock: true, password: true, optional: true });
  assert.deepEqual(entryOf({ house: noHouse, me: guest, link: "r/choir", refusal: null }), { knock: false, password: true, optional: true }, "vacant");
  assert.deepEqual(at({}, "r/choir", host), { knock: false, password: false, optional: false });
  assert.deepEqual(at({ door: "invite" }, "r/choir#1iabc"), { knock: false, password: false, optional: false });
});

test("Join that was pressed before the door was known is done where the door asks for nothing more", () => {
  const at = (/** @type {Partial<Rules>} */ rules, link = "#1abc", eager = {}, me = guest) => isPlainEntry({ house: house(rules), me, link, refusal: null, eager });
  assert.deepEqual([at({}), at({ door: "knock" }), at({ password: true }), at({ password: true }, "#1abc", { password: "p" })], [true, false, false, true]);
  assert.deepEqual([at({ door: "knock" }, "#1abc", {}, host), at({ password: true }, "#1iabc")], [true, true], "by right");
  assert.deepEqual([at({}, "r/choir"), at({}, "r/choir#p"), at({}, "r/choir#p", { password: "p" })], [true, false, true]);
  assert.equal(at({ offRecord: false }), false, "nobody goes into a room that keeps things without having read so");
  assert.equal(isPlainEntry({ house: { ...noHouse, vacant: true }, me: guest, link: "r/choir", refusal: null, eager: {} }), false, "who would be host by it");
});

test("in a named room a code is due as soon as all are met, once", () => {
  const met = [{ ...person("a", {}), link: /** @type {const} */ ("connected") }];
  const at = (/** @type {object} */ change) => wantsCode({ screen: "call", link: "r/choir", people: met, house: house(), ...change });
  assert.equal(at({}), true);
  assert.equal(at({ link: "#1abc" }), false);
  assert.equal(at({ people: [] }), false);
  assert.equal(at({ people: [{ ...met[0], link: "connecting" }] }), false);
  assert.equal(at({ house: { ...house(), code: { ...noHouse.code, state: "running" } } }), false);
});

test("what is said of a named room speaks of names, and of what protects them", () => {
  assert.match(doorSentence({ door: "open", password: false }, true), /guesses the name/u);
  assert.match(doorSentence({ door: "open", password: true }, true), /name and the password/u);
  for (const door of /** @type {const} */ (["open", "knock"])) assert.doesNotMatch(doorSentence({ door, password: false }, true), /link/u);
  assert.match(invitationSentence("open", true), /name/u);
  assert.match(t("start.name.hint"), /guess.*password.*knock.*code/u);
  assert.match(questionOf("remove", "Ben", { open: true, named: true })?.text ?? "", /knock/u);
  assert.doesNotMatch(questionOf("end", "", { open: true, named: true })?.text ?? "", /link/u);
  assert.deepEqual(["r/choir", "r/choir#p", "r/choir#1iabc", "#1abc", ""].map(roomNameOf), ["choir", "choir", "choir", "", ""]);
});

test("hosts and the invited are not asked, unless a refusal asks", () => {
  const refusal = { code: "needs-password", text: "…" };
  assert.deepEqual(entryOf({ house: house({ door: "knock" }), me: host, link: "#1abc", refusal: null }), { knock: false, password: false, optional: false });
  assert.deepEqual(entryOf({ house: house({ password: true }), me: guest, link: "#1iabc", refusal: null }), { knock: false, password: false, optional: false });
  assert.equal(entryOf({ house: house(), me: host, link: "#1abc", refusal }).password, true, "a host page that lacks the password");
  assert.equal(entryOf({ house: house(), me: guest, link: "#1abc", refusal: { code: "wrong-password", text: "…" } }).password, true);
  assert.equal(entryOf({ house: house(), me: guest, link: "#1abc", refusal: { code: "room-full", text: "…" } }).password, false);
});

test("an invitation is told from a room link", () => {
  assert.deepEqual(["#1iabc", "r/choir#1iabc", "#1abc", "#1habc", "r/1i", ""].map(isInvitation), [true, true, false, false, false, false]);
});

test("who knocks waits at the door, and giving up is no leaving", () => {
  const knocked = after([{ type: "opened", link: "#1abc" }, { type: "join-asked" }, meeting({ state: "knocking", me: guest, house: { ...house({ door: "knock" }), waiting: { what: "knocking", text: "" } } })]);
  assert.deepEqual([knocked.screen, knocked.joining, viewOf(knocked), titleOf(knocked)], ["preview", true, "knocking", "At the door · Parlour"]);
  const gone = after([meeting({ state: "left" })], knocked);
  assert.deepEqual([gone.screen, gone.gaveUp, gone.lastOut, gone.house], ["left", true, false, noHouse]);
  const inside = after([meeting({ state: "in", house: house({ door: "knock" }) })], knocked);
  assert.deepEqual([inside.screen, isAtDoor(inside)], ["call", false]);
  assert.equal(after([meeting({ state: "left" })], inside).gaveUp, false);
});

test("a password is checked on the spot, on no screen of its own", () => {
  const checking = after([meeting({ state: "knocking", me: guest, house: { ...house({ password: true }), waiting: { what: "checking-password", text: "" } } })]);
  assert.equal(viewOf(checking), "preview");
});

test("a refused knock is back at the form with its sentence", () => {
  const problem = { code: "refused", text: "The host did not let you in." };
  const state = after([meeting({ state: "knocking", me: guest, house: { ...house({ door: "knock" }), waiting: { what: "knocking", text: "" } } }), meeting({ state: "ready", me: guest }), { type: "join-refused", problem }]);
  assert.deepEqual([viewOf(state), state.joining, state.refusal], ["preview", false, problem]);
});

test("a knock is shown over the call until it is answered, put away, or seen in the panel", () => {
  const knocks = [knock("dan"), knock("eve", { held: true })];
  const state = after([meeting({ house: { ...house(), knocks } })]);
  assert.deepEqual(unanswered(state.house).map(({ id }) => id), ["dan"], "who was told 'not now' has an answer");
  assert.deepEqual(knocksToShow(state).map(({ id }) => id), ["dan"]);
  assert.match(titleOf(state), /^\(1\) /);
  const away = after([{ type: "dismissed", id: "knock/dan" }, meeting({ house: { ...house(), knocks } })], state);
  assert.deepEqual([knocksToShow(away), unanswered(away.house).length], [[], 1], "put away, but still counted");
  const seen = after([{ type: "panel", open: true }, { type: "panel", open: false }, meeting({ house: { ...house(), knocks } })], state);
  assert.deepEqual(knocksToShow(seen), []);
  const again = after([meeting({}), meeting({ house: { ...house(), knocks } })], seen);
  assert.equal(knocksToShow(again).length, 1, "a new knock of the same person is a new occasion");
});

test("the link follows the room", () => {
  const state = after([{ type: "opened", link: "#1abc" }, meeting({ link: "#1new" })]);
  assert.equal(state.link, "#1new");
  assert.equal(after([meeting({ state: "left", link: "" })], state).link, "#1new", "to rejoin by");
});

test("a question about somebody goes when that person goes; one about the room stays", () => {
  const state = after([meeting({ people: [person("ben")] }), { type: "dialog", dialog: { about: "remove", person: "ben" } }]);
  assert.deepEqual(after([meeting({ people: [person("ben")] })], state).dialog, { about: "remove", person: "ben" });
  assert.equal(after([meeting({ people: [] })], state).dialog, null);
  const ending = after([{ type: "dialog", dialog: { about: "end" } }, meeting({ people: [] })], state);
  assert.deepEqual(ending.dialog, { about: "end" });
  assert.equal(after([meeting({ state: "ended" })], ending).dialog, null);
});

test("only a host with company is asked on leaving", () => {
  const screen = /** @type {const} */ ("call");
  assert.equal(asksOnLeave({ screen, me: host, people: [person("ben")] }), true);
  assert.equal(asksOnLeave({ screen, me: host, people: [] }), false);
  assert.equal(asksOnLeave({ screen, me: guest, people: [person("ben")] }), false);
  assert.equal(asksOnLeave({ screen: "preview", me: host, people: [person("ben")] }), false);
});

test("a code that somebody else began is a remark until it is looked at or gone; one's own is not", () => {
  const ready = { ...house(), code: { ...noHouse.code, state: /** @type {const} */ ("ready"), numbers: [1000, 2000, 3000] } };
  const others = after([meeting({}), meeting({ house: ready }), meeting({ house: ready })]);
  assert.deepEqual(others.toasts.map(({ id }) => id), ["code"]);
  assert.deepEqual(after([{ type: "dialog", dialog: { about: "settings" } }], others).toasts.length, 1);
  assert.deepEqual(after([{ type: "dialog", dialog: { about: "code" } }, { type: "dialog", dialog: null }, meeting({ house: ready })], others).toasts, []);
  assert.deepEqual(after([meeting({})], others).toasts, [], "the code is gone");
  const own = after([meeting({}), { type: "dialog", dialog: { about: "code" } }, meeting({ house: ready })]);
  assert.deepEqual(own.toasts, []);
});

/** A store and a room for hosting.js; `calls` says what the room was asked. @param {(name: string) => unknown} answer */
function inside(answer) {
  let state = after([meeting({ people: [person("ben")] })]);
  /** @type {unknown[][]} */
  const calls = [];
  /** @type {unknown[]} */
  const complaints = [];
  const room = new Proxy({}, { has: () => true, get: (_, name) => (/** @type {unknown[]} */ ...args) => {
    calls.push([name, ...args]);
    return answer(String(name));
  } });
  const store = { state: () => state, dispatch: (/** @type {PageEvent} */ event) => { state = next(state, event); }, subscribe: () => {} };
  const hosting = createHosting(store, () => /** @type {any} */ (room), (error) => complaints.push(error), async () => {}, (error) => /** @type {any} */ (error).who ?? null);
  return { hosting, calls, complaints, state: () => state };
}

test("an act is under way until the SDK is done, and is not begun twice meanwhile", async () => {
  let finish = () => {};
  const { hosting, calls, state } = inside(() => new Promise((resolve) => { finish = () => resolve(undefined); }));
  const first = hosting.setDoor("locked");
  void hosting.setDoor("open");
  assert.deepEqual([calls, state().busy], [[["setDoor", "locked", { anyway: false }]], ["door"]]);
  finish();
  await first;
  assert.deepEqual(state().busy, []);
});

test("a failed act is said and leaves nothing busy; a failed hand-over keeps the host here", async () => {
  const failure = new Error("no");
  const { hosting, calls, complaints, state } = inside((name) => { if (name === "makeHost") throw failure; });
  await hosting.leaveTo("ben");
  assert.deepEqual([calls, complaints, state().busy], [[["makeHost", "ben"]], [failure], []]);
  const fine = inside(() => undefined);
  await fine.hosting.leaveTo("ben");
  assert.deepEqual(fine.calls, [["makeHost", "ben"], ["leave"]]);
});

test("somebody is just coming in: asked with their names, and done only if that is answered", async () => {
  const unmet = Object.assign(new Error("unmet"), { who: ["Dan", ""] });
  const { hosting, calls, complaints, state } = inside((name) => {
    if (name === "setDoor" && !(/** @type {any} */ (calls.at(-1))?.[2].anyway)) throw unmet;
  });
  const first = hosting.setDoor("locked");
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual([state().dialog, state().busy], [{ about: "unmet", who: ["Dan", ""] }, ["door"]]);
  hosting.ask(null);
  hosting.closed("unmet");
  await first;
  assert.deepEqual([calls.length, complaints, state().busy], [1, [], []], "back: nothing is done");
  const second = hosting.setDoor("locked");
  await new Promise((resolve) => setTimeout(resolve, 0));
  hosting.anyway();
  hosting.closed("unmet");
  await second;
  assert.deepEqual(calls.slice(1), [["setDoor", "locked", { anyway: false }], ["setDoor", "locked", { anyway: true }]]);
  assert.deepEqual([state().dialog, state().busy, complaints], [null, [], []]);
});

test("who would be cut off is named, as far as anybody knows", () => {
  const text = (/** @type {string[]} */ ...who) => unmetQuestion(who).text;
  assert.match(text("Dan"), /^Dan is just coming in/);
  assert.match(text(""), /^Somebody is just coming in/);
  assert.match(text("", ""), /^2 people are just/);
  assert.match(text("Dan", "Eve"), /^Dan and Eve are just/);
  assert.match(text("Dan", ""), /^Dan and one more are just/);
  assert.match(text("Dan", "", ""), /^Dan and 2 more are just/);
});

test("where nothing is kept, closing the door asks first, and opening it does not", async () => {
  const { hosting, calls, state } = inside(() => undefined);
  hosting.ask(null);
  await hosting.setDoor("locked", false);
  assert.deepEqual([state().dialog, calls], [{ about: "close-door", door: "locked" }, []]);
  await hosting.setDoor("locked", true);
  assert.deepEqual([state().dialog, calls.length], [null, 1]);
  await hosting.setDoor("open", false);
  assert.equal(calls.length, 2);
  assert.match(keepsNothing(true, true), /no longer host/);
  assert.doesNotMatch(keepsNothing(false, false), /host/);
});

test("an invitation and a name that changed are said of a person", () => {
  const at = new Date(2026, 4, 17, 14, 5);
  const came = marksOf(person("dan", { admitted: { by: "Ada", at, via: "Ana" } }));
  assert.ok(came.some(({ text, tone }) => text === "Came with the invitation “Ana” at 14:05" && tone === "amber"));
  const renamed = marksOf(person("dan", { renamed: true }));
  assert.deepEqual(renamed.filter(({ tone }) => tone === "amber").map(({ text }) => text), ["Had another name when you checked", "Name not verified"]);
  assert.match(knockHow(knock("Dan", { how: "left-over", via: "Cy" })), /^Cy says that this person was cut off/);
});

test("an invitation's link is kept on this page only, by its id", async () => {
  const { hosting, state } = inside(() => ({ id: "i1", link: "#1ixyz" }));
  assert.equal(await hosting.invite({ label: "Ana", uses: 1 }), true);
  assert.deepEqual(state().invitationLinks, { i1: "#1ixyz" });
});

test("closing a dialog does not close the one that came in its place", () => {
  const { hosting, state } = inside(() => undefined);
  hosting.ask({ about: "forget" });
  hosting.closed("settings");
  assert.deepEqual(state().dialog, { about: "forget" });
  hosting.closed("forget");
  assert.equal(state().dialog, null);
});

test("every door has its sentences, inside and outside", () => {
  for (const door of doors) {
    assert.ok(doorSentence({ door, password: false }).endsWith("."), door);
    assert.ok(invitationSentence(door).endsWith("."), door);
    assert.equal(outsideSentence(door) === "", door === "open");
  }
  assert.match(doorSentence({ door: "open", password: true }), /password/);
  assert.equal(doorSentence(null), "");
});

test("several knocks are one sentence, and a name alone proves nothing", () => {
  assert.equal(knockSentence([knock("Dan")]), "Dan is at the door.");
  assert.equal(knockSentence([knock("Dan"), knock("")]), "Dan and Guest are at the door.");
  assert.equal(knockSentence(["a", "b", "c", "d"].map((id) => knock(id))), "4 people are at the door.");
  assert.equal(knockSentence([]), "");
  assert.match(knockHow(knock("Dan")), /not verified/);
  assert.match(knockHow(knock("Dan", { how: "invitation", via: "Ana" })), /“Ana”/);
  assert.match(knockHow(knock("Dan", { how: "left-over" })), /cut off/);
});

test("each kind of waiting has its own headline", () => {
  const titles = /** @type {const} */ (["knocking", "held", "no-host", "busy"]).map((what) => waitingWords({ what, text: "" }).title);
  assert.equal(new Set(titles).size, 4);
});

test("who was let in stays amber until ticked, and when is always said", () => {
  const admitted = { by: "Ada", at: new Date(2026, 4, 17, 14, 5), via: "" };
  const tones = (/** @type {ReturnType<typeof marksOf>} */ marks) => marks.filter(({ tone }) => tone === "amber").length;
  const fresh = marksOf(person("dan", { admitted }));
  assert.ok(fresh.some(({ text }) => text === "Let in by Ada at 14:05") && tones(fresh) > 0);
  assert.ok(marksOf(person("dan", { admitted: { ...admitted, by: "" } })).some(({ text }) => text === "Let in by the host at 14:05"));
  const ticked = marksOf(person("dan", { admitted, ticked: true }));
  assert.ok(ticked.some(({ text }) => text === "Let in by Ada at 14:05") && tones(ticked) === 0);
  assert.ok(ticked.some(({ text }) => text === "Checked by you"));
  assert.ok(!ticked.some(({ text }) => /not verified/.test(text)));
});

test("marks say host, muted, and how the media travels or that it does not", () => {
  const relayed = { relayed: true, protocol: /** @type {const} */ ("udp") };
  const texts = (/** @type {Partial<import("../app/state.js").Person>} */ change) => marksOf(person("dan", change)).map(({ text }) => text);
  assert.deepEqual(texts({ host: true, audio: false, route: relayed }), ["Host", "Name not verified", "Muted", "Relayed (UDP)"]);
  assert.ok(texts({ link: "reconnecting", route: relayed }).includes("Reconnecting…"));
});

test("a code says whom it covers and whom not", () => {
  const people = [person("Ana"), person("Ben"), person("Dan")];
  const code = { ...noHouse.code, covers: ["me", "Ana", "Ben"], missing: ["Dan"] };
  assert.equal(coverage(code, people), "Covers you, Ana, and Ben. Not Dan (asleep).");
  assert.equal(coverage({ ...code, missing: [] }, people), "Covers you, Ana, and Ben.");
});

test("an invitation that was used too often says so", () => {
  assert.deepEqual(usedSentence({ uses: 1, used: 0 }), { text: "Not used yet", tooOften: false });
  assert.deepEqual(usedSentence({ uses: 1, used: 1 }), { text: "Used", tooOften: false });
  assert.deepEqual(usedSentence({ uses: 3, used: 1 }), { text: "Used 1 of 3 times", tooOften: false });
  assert.deepEqual(usedSentence({ uses: 1, used: 2 }), { text: "Used twice, though meant for once", tooOften: true });
});

test("wrong passwords are counted in whole words", () => {
  assert.deepEqual([0, 1, 3].map(wrongPasswordsSentence), ["", "1 wrong password so far.", "3 wrong passwords so far."]);
});

test("what cannot be taken back says so before it is done", () => {
  assert.match(questionOf("make-host", "Ben", { open: true })?.text ?? "", /cannot be taken back/);
  assert.match(questionOf("remove", "Ben", { open: true })?.text ?? "", /new link/);
  assert.doesNotMatch(questionOf("remove", "Ben", { open: false })?.text ?? "", /new link/);
  assert.match(questionOf("end", "", { open: true })?.text ?? "", /for good/);
  assert.equal(questionOf("settings", "", { open: true }), null);
});

test("a leaving host hears whether somebody else can act", () => {
  assert.match(leavingSentence(["Ben"], house().rules), /^Ben is host as well/);
  assert.match(leavingSentence([], house().rules), /close the door/);
  assert.match(leavingSentence([], house({ door: "knock" }).rules), /nobody new can come in/);
});
