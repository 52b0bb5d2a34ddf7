// Who is large: the rules of pins, screens and the floor; the places; the words.

import "./fakes/english.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { placeAround } from "../app/layout.js";
import { openScreen } from "../app/media.js";
import { createScreen } from "../app/screen.js";
import { focusOf, nextStage, noStage, sizesOf, withPeople } from "../app/stage.js";
import { initialState, next } from "../app/state.js";
import { tileName } from "../app/words.js";
import { qualityWords, screensBegun } from "../app/words_stage.js";

/** @typedef {import("../app/stage.js").Stage} Stage */
/** @typedef {import("../app/stage.js").StageEvent} StageEvent */

/** @param {string} id @param {boolean} [screen] */
const person = (id, screen = false) => /** @type {import("../sdk/parlour.js").Person} */ ({ id, name: id, audio: true, video: true, screen, link: "connected", route: null });
const people = [person("ben"), person("cy"), person("dan")];

/** @param {StageEvent[]} events @param {Stage} [from] */
const after = (events, from = noStage) => events.reduce(nextStage, from);
/** @param {string} id @param {boolean} on @returns {StageEvent} */
const voice = (id, on) => ({ what: "voice", person: id, on });
/** @type {StageEvent} */
const speakerView = { what: "view", view: "speaker" };

test("a grid has nobody large; the speaker view has who spoke last, and somebody from the beginning", () => {
  assert.equal(focusOf(noStage, people), "");
  const stage = after([speakerView]);
  assert.equal(focusOf(stage, people), "ben");
  assert.equal(focusOf(after([voice("cy", true)], stage), people), "cy");
  assert.equal(focusOf(after([voice("cy", true), voice("cy", false)], stage), people), "cy", "silence moves nobody");
  assert.equal(focusOf(stage, []), "");
});

test("who speaks on keeps the floor; it goes over when they fall silent", () => {
  const both = after([speakerView, voice("cy", true), voice("dan", true), voice("dan", true)]);
  assert.deepEqual([focusOf(both, people), both.voices], ["cy", ["cy", "dan"]]);
  assert.equal(focusOf(after([voice("cy", false)], both), people), "dan");
});

test("a screen is large in both views, the newest of several; a pin is above it, and goes with its person", () => {
  const one = withPeople(noStage, [person("ben"), person("cy", true), person("dan")]);
  const two = withPeople(one, [person("ben", true), person("cy", true), person("dan")]);
  assert.deepEqual([focusOf(one, people), focusOf(two, people)], ["cy", "ben"]);
  const pinned = after([speakerView, { what: "pin", person: "dan" }], two);
  assert.equal(focusOf(pinned, people), "dan");
  assert.equal(focusOf(withPeople(pinned, [person("ben"), person("cy")]), people), "ben", "gone, and no screen any more");
  assert.equal(after([{ what: "pin", person: "dan" }], pinned).pinned, "", "a second time unpins");
  assert.equal(after([speakerView], pinned).pinned, "", "and so does the other view");
});

test("the stage is forgotten with the meeting", () => {
  const inside = { ...initialState, stage: after([speakerView, { what: "sharing", sharing: "on" }]) };
  assert.equal(next(inside, { type: "home" }).stage, noStage);
});

test("one large tile and a strip: inside the stage, none over another, the large one the largest by far", () => {
  for (const [width, height] of /** @type {const} */ ([[640, 500], [390, 700], [304, 480], [1280, 640], [1920, 950], [600, 600]])) {
    for (let others = 1; others <= 15; others += 1) {
      for (const whole of [true, false]) {
        const focus = others - 1;
        const { others: places, self, floating } = placeAround(others, focus, width, height, 10, whole);
        const at = `${others} on ${width}×${height}`;
        assert.ok(self, at);
        assert.equal(places.length, others, at);
        if (floating) continue;
        const all = [...places, self];
        const large = /** @type {import("../app/layout.js").Place} */ (places[focus]);
        all.forEach((place, index) => {
          assert.ok(place.x >= 0 && place.y >= 0 && place.width > 0 && place.height > 0 && place.x + place.width <= width && place.y + place.height <= height, `${at}: ${JSON.stringify(place)}`);
          for (const other of all.slice(index + 1)) {
            assert.ok(place.x + place.width <= other.x || other.x + other.width <= place.x || place.y + place.height <= other.y || other.y + other.height <= place.y, at);
          }
          if (place !== large) assert.ok(large.width * large.height >= 2.5 * place.width * place.height, at);
        });
      }
    }
  }
});

/** @param {any} mediaDevices */
const browser = (mediaDevices) => Object.defineProperty(globalThis, "navigator", { configurable: true, value: { mediaDevices } });

test("why no screen is shown: missing, refused, failed", async () => {
  browser({});
  assert.deepEqual(await openScreen(), { trouble: "missing" });
  for (const [name, trouble] of /** @type {const} */ ([["NotAllowedError", "refused"], ["NotFoundError", "failed"]])) {
    browser({ getDisplayMedia: async () => { throw new DOMException("", name); } });
    assert.deepEqual(await openScreen(), { trouble });
  }
});

/** A screen that the browser gives, and everything around it. */
function bench({ camera = true } = {}) {
  const track = Object.assign(new EventTarget(), { stopped: false, stop() { this.stopped = true; } });
  browser({ getDisplayMedia: async () => ({ getVideoTracks: () => [track] }) });
  const live = { wanted: true, status: /** @type {const} */ ("live"), track: null, chosen: "", choices: [] };
  let state = /** @type {import("../app/state.js").State} */ ({ ...initialState, screen: "call", camera: { ...live, wanted: camera } });
  const store = { state: () => state, dispatch: (/** @type {any} */ event) => { state = next(state, event); }, subscribe: () => {} };
  /** @type {unknown[]} */
  const shown = [];
  /** @type {string[]} */
  const said = [];
  const room = { setScreen: (/** @type {unknown} */ one) => shown.push(one) };
  const devices = { toggle: async () => { state = { ...state, camera: { ...state.camera, wanted: !state.camera.wanted } }; } };
  const screen = createScreen(store, () => /** @type {any} */ (room), /** @type {any} */ (devices), ({ code }) => said.push(code));
  return { screen, track, shown, said, state: () => state, leave: () => { state = { ...state, screen: "left" }; } };
}

test("a screen takes the camera's place; the camera waits, and comes back with the browser's own stop", async () => {
  const { screen, track, shown, said, state } = bench();
  await screen.toggle();
  assert.deepEqual([shown, state().stage.sharing, state().camera.wanted], [[track], "on", false]);
  await screen.toggleCamera();
  assert.deepEqual([said, state().camera.wanted], [["camera-waits"], false]);
  track.dispatchEvent(new Event("ended"));
  await Promise.resolve();
  assert.deepEqual([shown.at(-1), state().stage.sharing, state().camera.wanted], [null, "off", true]);
});

test("who had no camera on gets none; a stop by the button stops the capture", async () => {
  const { screen, track, shown, state } = bench({ camera: false });
  await screen.toggle();
  await screen.toggle();
  assert.deepEqual([track.stopped, shown.at(-1), state().stage.sharing, state().camera.wanted], [true, null, "off", false]);
});

test("a screen that was chosen after the meeting was left is let go and shown to nobody", async () => {
  const { screen, track, shown, leave } = bench();
  const asked = screen.toggle();
  leave();
  await asked;
  assert.deepEqual([track.stopped, shown], [true, []]);
});

test("words", () => {
  assert.equal(tileName(person("Ben", true)), "Ben, showing a screen");
  assert.equal(screensBegun(["Ben"]), "Ben is showing a screen.");
  assert.equal(screensBegun(["Ben", ""]), "Ben and Guest are showing a screen.");
  assert.equal(screensBegun([]), "");
  assert.equal(qualityWords({ bars: 2, lost: 12, rttMs: 40 }), "weak: 12\u00a0% lost");
  assert.equal(qualityWords({ bars: 1, lost: 12, rttMs: 1500 }), "very weak: 12\u00a0% lost, 1,500 ms there and back");
  assert.equal(qualityWords({ bars: 4, lost: 0, rttMs: null }), "good");
});

test("pictures are asked for as large as they are shown: one large beside small ones, the speaker of a crowd, none where nobody looks", () => {
  const heights = (/** @type {number} */ height, who = people) => new Map(who.map(({ id }) => [id, height]));
  const sizes = (/** @type {Stage} */ stage, /** @type {ReadonlyMap<string, number>} */ shown, who = people) => [...sizesOf(stage, who, shown)];
  assert.deepEqual(sizes(noStage, heights(500)), [["ben", "large"], ["cy", "large"], ["dan", "large"]]);
  assert.deepEqual(sizes(noStage, heights(200)), [["ben", "small"], ["cy", "small"], ["dan", "small"]]);
  assert.deepEqual(sizes(noStage, new Map([["cy", 500]])), [["ben", "off"], ["cy", "large"], ["dan", "off"]]);
  assert.deepEqual(sizes(after([{ what: "pin", person: "dan" }]), heights(300)), [["dan", "large"], ["ben", "small"], ["cy", "small"]], "who matters most comes first");
  const crowd = ["a", "b", "c", "d", "e", "f"].map((id) => person(id));
  const speaking = after([voice("d", true)]);
  assert.deepEqual(sizes(speaking, heights(350, crowd), crowd).filter(([, size]) => size === "large"), [["d", "large"]]);
  assert.equal(sizes(speaking, heights(350, crowd), crowd)[0]?.[0], "d");
  assert.deepEqual(sizes(noStage, new Map(), []), []);
});
