// The small window: what is offered by what the browser has, whom it shows, and what is asked of the others for it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { shortcutOf } from "../app/shortcuts.js";
import { createSmallWindow, smallWay } from "../app/small_window.js";
import { nextStage, noStage, sizesOf, smallOf, withPeople } from "../app/stage.js";
import { initialState, next } from "../app/state.js";

/** @typedef {import("../app/stage.js").StageEvent} StageEvent */

/** @param {string} id @param {{video?: boolean, screen?: boolean}} [has] */
const person = (id, { video = true, screen = false } = {}) => /** @type {import("../sdk/parlour.js").Person} */ ({ id, name: id, audio: true, video, screen });
const people = [person("ben"), person("cy"), person("dan")];
/** @param {StageEvent[]} events */
const after = (...events) => events.reduce(nextStage, noStage);
/** @param {string} id @param {boolean} on @returns {StageEvent} */
const voice = (id, on) => ({ what: "voice", person: id, on });
/** @param {number} lines @param {boolean} [bare] @returns {StageEvent} */
const opened = (lines, bare = false) => ({ what: "small", small: { lines, bare } });

test("a window where the browser has it, else a video, else nothing", () => {
  const document = { pictureInPictureEnabled: true };
  const HTMLVideoElement = { prototype: { requestPictureInPicture() {} } };
  assert.equal(smallWay({ documentPictureInPicture: {}, document, HTMLVideoElement }), "window");
  assert.equal(smallWay({ document, HTMLVideoElement }), "video");
  assert.equal(smallWay({ document: { pictureInPictureEnabled: false }, HTMLVideoElement }), "", "switched off, as in some apps");
  assert.equal(smallWay({ document: {}, HTMLVideoElement: { prototype: {} } }), "", "an older Firefox, with a button of its own");
  assert.equal(smallWay({}), "");
});

test("where the browser has neither, a press does nothing and complains of nothing", () => {
  const listen = () => assert.fail("nobody listens");
  const small = createSmallWindow({ state: () => ({ ...initialState, screen: "call" }), dispatch: listen, subscribe: listen }, listen);
  small.toggle();
  small.offer();
  assert.equal(small.way, "");
});

test("it shows who spoke last, whichever view the page has; a screen is above that, and a pin above both", () => {
  assert.equal(smallOf(noStage, people, false), "ben", "somebody from the beginning");
  assert.equal(smallOf(after(voice("cy", true), voice("cy", false)), people, false), "cy");
  const shown = withPeople(after(voice("cy", true)), [person("ben"), person("cy"), person("dan", { screen: true })]);
  assert.equal(smallOf(shown, people, false), "dan");
  assert.equal(smallOf(nextStage(shown, { what: "pin", person: "ben" }), people, false), "ben");
  assert.equal(smallOf(noStage, [], false), "");
});

test("a bare one shows nobody without a picture; a whole one their name", () => {
  const some = [person("ben", { video: false }), person("cy")];
  const speaks = after(voice("ben", true));
  assert.equal(smallOf(speaks, some, false), "ben");
  assert.equal(smallOf(speaks, some, true), "cy");
  assert.equal(smallOf(speaks, [person("ben", { video: false })], true), "");
});

test("behind another tab the picture in it is asked for and no other, as large as it is there", () => {
  const hidden = new Map();
  assert.deepEqual([...sizesOf(after(opened(180), voice("cy", true)), people, hidden)], [["cy", "small"], ["ben", "off"], ["dan", "off"]]);
  assert.deepEqual([...sizesOf(after(opened(400), voice("cy", true)), people, hidden)], [["cy", "large"], ["ben", "off"], ["dan", "off"]]);
  assert.deepEqual([...sizesOf(after(opened(400)), people, hidden)], [["ben", "large"], ["cy", "off"], ["dan", "off"]]);
  assert.deepEqual([...sizesOf(after(opened(400, true)), [person("ben", { video: false }), person("cy")], hidden)], [["cy", "large"], ["ben", "off"]]);
  assert.deepEqual([...sizesOf(after(opened(400), { what: "small", small: null }), people, hidden)].map(([, size]) => size), ["off", "off", "off"]);
});

test("before the page the larger of both counts, so that a small window makes nobody smaller", () => {
  const stage = after(opened(180), voice("cy", true));
  assert.deepEqual([...sizesOf(stage, people, new Map([["ben", 100], ["cy", 700], ["dan", 100]]))], [["cy", "large"], ["ben", "small"], ["dan", "small"]]);
  assert.deepEqual([...sizesOf(after(opened(500), voice("cy", true)), people, new Map([["ben", 100], ["cy", 100], ["dan", 100]]))], [["cy", "large"], ["ben", "small"], ["dan", "small"]]);
});

test("it has a key, and is forgotten with the meeting", () => {
  const press = { key: "w", repeat: false, altKey: false, ctrlKey: false, metaKey: false };
  assert.equal(shortcutOf(press, false), "small");
  assert.equal(shortcutOf({ ...press, ctrlKey: true }, false), null, "which closes the tab");
  const inside = next({ ...initialState, screen: "call" }, { type: "stage", event: opened(180) });
  assert.deepEqual(inside.stage.small, { lines: 180, bare: false });
  assert.equal(next(inside, { type: "home" }).stage.small, null);
});
