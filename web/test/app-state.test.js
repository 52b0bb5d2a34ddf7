// From event to state: what the page shows follows from what happened, and from nothing else.

import "./fakes/english.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { noHouse } from "../app/house.js";
import { noTalk } from "../app/talk.js";
import { initialState, isOn, next, troubleOf } from "../app/state.js";

/** @typedef {import("../app/state.js").State} State */
/** @typedef {import("../app/state.js").Snapshot} Snapshot */
/** @typedef {import("../app/state.js").PageEvent} PageEvent */

const me = { id: "me", name: "Ada", audio: true, video: true, screen: false, host: true };

/** @param {string} id @returns {import("../app/state.js").Person} */
function person(id) {
  return { id, name: id, stream: /** @type {MediaStream} */ ({}), audio: true, video: true, screen: false, link: "connected", route: null, quality: null, host: false, ticked: false, renamed: false, admitted: null, verified: "link" };
}

/** @param {Partial<Snapshot>} change @returns {PageEvent} */
function meeting(change) {
  return { type: "meeting", snapshot: { state: "in", error: null, count: 1, durable: true, me, people: [], notes: [], link: "", house: noHouse, talk: noTalk, ...change } };
}

/** @param {PageEvent[]} events @param {State} [from] */
function after(events, from = initialState) {
  return events.reduce(next, from);
}

/** @type {PageEvent} */
const opened = { type: "opened", link: "#1abc" };

test("the preview of before the room was found goes on: open devices, and a Join that was pressed", () => {
  const track = /** @type {any} */ ({});
  const early = after([opened, { type: "device", kind: "camera", change: { status: "live", track } }, { type: "eager", words: { password: "p" } }]);
  assert.deepEqual([early.screen, early.room, early.joining], ["preview", "looking", false]);
  const going = after([{ ...opened, early: true }, meeting({ state: "looking" }), meeting({ state: "ready" })], early);
  assert.deepEqual([going.camera.track, going.eager, going.room], [track, { password: "p" }, "ready"]);
  assert.deepEqual([after([{ type: "join-asked" }], going).eager, after([{ type: "join-refused", problem: { code: "room-full", text: "" } }], going).eager], [null, null]);
  // Nobody waits for a room with an open camera, or goes in when it opens at last.
  const missing = after([meeting({ state: "no-room" })], going);
  assert.deepEqual([missing.camera.track, missing.camera.status, missing.eager], [null, "off", null]);
  assert.equal(after([opened], early).camera.track, null, "another link");
});

test("a link is looked up, waited for, and found", () => {
  const looking = after([opened, meeting({ state: "looking" })]);
  assert.deepEqual([looking.screen, looking.room, looking.link], ["preview", "looking", "#1abc"]);
  const missing = after([meeting({ state: "no-room" })], looking);
  assert.deepEqual([missing.screen, missing.room], ["preview", "missing"]);
  const ready = after([meeting({ state: "ready", count: 3 })], missing);
  assert.deepEqual([ready.screen, ready.room, ready.count], ["preview", "ready", 3]);
});

test("a refused join stays on the preview and says why", () => {
  const problem = { code: "room-full", text: "Full." };
  const state = after([opened, meeting({ state: "ready" }), { type: "join-asked" }, meeting({ state: "joining" }), meeting({ state: "ready" }), { type: "join-refused", problem }]);
  assert.deepEqual([state.screen, state.joining, state.refusal], ["preview", false, problem]);
  assert.equal(next(state, { type: "join-asked" }).refusal, null);
});

test("joining shows the call; losing the server there is a banner and no other screen", () => {
  const inside = after([opened, meeting({ state: "ready" }), { type: "join-asked" }, meeting({ state: "in" })]);
  assert.deepEqual([inside.screen, inside.joining, inside.reconnecting], ["call", false, false]);
  const broken = after([meeting({ state: "reconnecting" })], inside);
  assert.deepEqual([broken.screen, broken.reconnecting], ["call", true]);
  assert.equal(after([meeting({ state: "in" })], broken).reconnecting, false);
});

test("who was there on arrival is not announced, who comes and goes later is", () => {
  const inside = after([opened, meeting({ people: [person("Ben")] })]);
  assert.deepEqual([inside.came, inside.went], [[], []]);
  const later = after([meeting({ people: [person("Ben"), person("Cleo")] }), meeting({ people: [person("Cleo")] })], inside);
  assert.deepEqual([later.came, later.went], [["Cleo"], ["Ben"]]);
  const said = next(later, { type: "announced" });
  assert.deepEqual([said.came, said.went], [[], []]);
});

test("leaving forgets the people, closes the devices, keeps the link and the name", () => {
  const track = /** @type {MediaStreamTrack} */ ({});
  const inside = after([opened, { type: "named", name: "Ada" }, { type: "device", kind: "camera", change: { status: "live", track } }, meeting({ count: 2, people: [person("Ben")] })]);
  const left = after([meeting({ state: "left" })], inside);
  assert.deepEqual([left.screen, left.people, left.link, left.name, left.lastOut], ["left", [], "#1abc", "Ada", false]);
  assert.deepEqual([left.camera.track, left.camera.status], [null, "off"]);
});

test("the last one out is told so", () => {
  const left = after([opened, meeting({ count: 1 }), meeting({ state: "left" })]);
  assert.equal(left.lastOut, true);
  assert.equal(after([meeting({ state: "left" })], left).lastOut, true, "the SDK says it twice");
  const firstOut = after([opened, meeting({ count: 2 }), meeting({ state: "left" })]);
  assert.equal(firstOut.lastOut, false, "somebody had a seat, though not connected yet");
});

test("an end carries its reason to the problem page; home forgets it", () => {
  const error = { code: "removed", text: "The host removed you from this room." };
  const ended = after([opened, meeting({}), meeting({ state: "ended", error: /** @type {any} */ (error) })]);
  assert.deepEqual([ended.screen, ended.problem], ["problem", error]);
  const home = next(ended, { type: "home" });
  assert.deepEqual([home.screen, home.problem, home.link], ["landing", null, ""]);
});

test("a failure without a reason is our fault, never a blank page", () => {
  const failed = after([opened, meeting({ state: "failed" })]);
  assert.equal(failed.problem?.code, "fault");
});

test("a device is sent while it is wanted and live; a trouble is named only when there is one", () => {
  const track = /** @type {MediaStreamTrack} */ ({});
  const live = next(initialState, { type: "device", kind: "microphone", change: { status: "live", track } }).microphone;
  assert.equal(isOn(live), true);
  assert.equal(isOn({ ...live, wanted: false }), false);
  assert.equal(isOn({ ...live, status: "blocked" }), false);
  assert.equal(troubleOf(live), null);
  assert.equal(troubleOf({ ...live, status: "asking" }), null);
  assert.equal(troubleOf({ ...live, status: "missing" }), "missing");
});

test("who was muted comes back muted", () => {
  const inside = after([opened, { type: "device", kind: "microphone", change: { status: "live", wanted: false } }, meeting({})]);
  assert.equal(after([meeting({ state: "left" }), opened], inside).microphone.wanted, false);
});

test("a host's question to mute stands until it is answered, or answered by muting; who is muted is not asked", () => {
  const track = /** @type {MediaStreamTrack} */ ({});
  /** @type {PageEvent} */
  const asks = { type: "mute-asked", asked: { by: "ada", name: "Ada" } };
  const inside = after([opened, meeting({}), { type: "device", kind: "microphone", change: { status: "live", wanted: true, track } }]);
  const asked = after([asks, { type: "device", kind: "camera", change: { wanted: false } }], inside);
  assert.equal(asked.muteAsked?.name, "Ada");
  assert.equal(after([{ type: "mute-asked", asked: null }], asked).muteAsked, null);
  const muted = after([{ type: "device", kind: "microphone", change: { wanted: false } }], asked);
  assert.equal(muted.muteAsked, null);
  assert.equal(after([{ type: "device", kind: "microphone", change: { wanted: true } }], muted).muteAsked, null, "the question does not come back");
  assert.equal(after([asks], muted).muteAsked, null);
  assert.equal(after([meeting({ state: "left" })], asked).muteAsked, null);
});

test("standing remarks go when their cause goes, and stay away once dismissed", () => {
  /** @type {import("../sdk/parlour.js").Note} */
  const note = { colour: "amber", code: "people-differ", text: "…", person: "ben" };
  const noted = after([opened, meeting({ notes: [note] })]);
  assert.deepEqual(noted.toasts.map(({ id }) => id), ["people-differ/ben/…"]);
  assert.deepEqual(after([meeting({ notes: [] })], noted).toasts, []);
  const dismissed = after([{ type: "dismissed", id: "people-differ/ben/…" }, meeting({ notes: [note] })], noted);
  assert.deepEqual(dismissed.toasts, []);
  const again = after([meeting({ notes: [] }), meeting({ notes: [note] })], dismissed);
  assert.equal(again.toasts.length, 1, "a new occasion is a new remark");
});

test("remarks never hide the people: at most four", () => {
  /** @type {PageEvent[]} */
  const many = Array.from({ length: 9 }, (_, index) => ({ type: "toast", toast: { id: `${index}`, colour: "grey", code: "x", text: "…", standing: false } }));
  assert.deepEqual(after(many).toasts.map(({ id }) => id), ["5", "6", "7", "8"]);
});

test("red remarks are all shown, and take the room of the others", () => {
  /** @type {import("../sdk/parlour.js").Note[]} */
  const red = Array.from({ length: 6 }, (_, index) => ({ colour: "red", code: "mismatch", text: `${index}`, who: `${index}`, person: `${index}` }));
  /** @type {import("../sdk/parlour.js").Note[]} */
  const amber = [{ colour: "amber", code: "no-host", text: "…" }];
  /** @type {PageEvent} */
  const passing = { type: "toast", toast: { id: "t", colour: "grey", code: "x", text: "…", standing: false } };
  const all = after([opened, passing, meeting({ notes: [...red, ...amber] })]);
  assert.deepEqual(all.toasts.map(({ text }) => text), red.map(({ who }) => `This connection is not the one ${who} announced. It was closed.`));
  assert.deepEqual(after([passing], all).toasts.filter(({ colour }) => colour === "red").length, 6, "nor does what comes later push one out");
  const fewer = after([meeting({ notes: [...red.slice(0, 3), ...amber] })], all);
  assert.deepEqual(fewer.toasts.map(({ colour }) => colour), ["red", "red", "red", "amber"]);
});

test("two remarks of one code about one person are two; what was put away comes again when it happens again", () => {
  /** @type {import("../sdk/parlour.js").Note} */
  const once = { colour: "red", code: "mismatch", text: "somebody" };
  /** @type {import("../sdk/parlour.js").Note[]} */
  const two = [{ colour: "amber", code: "sees-more", text: "Ben sees Cy", person: "ben" }, { colour: "amber", code: "sees-more", text: "Ben sees Dan", person: "ben" }];
  const shown = after([opened, meeting({ notes: [once, ...two] })]);
  assert.equal(new Set(shown.toasts.map(({ id }) => id)).size, 3);
  const away = after([{ type: "dismissed", id: shown.toasts[0]?.id ?? "" }, meeting({ notes: [once] })], shown);
  assert.deepEqual(away.toasts, []);
  assert.equal(after([meeting({ notes: [{ ...once, times: 2 }] })], away).toasts.length, 1);
});

test("a passing remark survives a change of the meeting", () => {
  const state = after([opened, meeting({}), { type: "toast", toast: { id: "t", colour: "grey", code: "x", text: "…", standing: false } }, meeting({})]);
  assert.deepEqual(state.toasts.map(({ id }) => id), ["t"]);
});

test("a room that could not be made says so where the button is", () => {
  const refused = after([{ type: "starting" }, { type: "refused", about: "start", text: "No server." }]);
  assert.deepEqual([refused.screen, refused.starting, refused.trouble], ["landing", false, { about: "start", text: "No server." }]);
  assert.equal(next(refused, { type: "starting" }).trouble, null);
});

test("no event changes the state it was given", () => {
  const frozen = Object.freeze({ ...initialState, toasts: Object.freeze([]), people: Object.freeze([]) });
  /** @type {PageEvent[]} */
  const events = [opened, meeting({ people: [person("Ben")] }), { type: "home" }, { type: "dialog", dialog: { about: "settings" } }, { type: "panel", open: true }];
  for (const event of events) assert.notEqual(next(frozen, event), frozen);
});
