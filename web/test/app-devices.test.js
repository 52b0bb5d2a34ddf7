// Camera and microphone, keys, loudness, what is remembered: the parts of the page that can be tried without a page.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { levelOf, loudestOf } from "../app/levels.js";
import { openDevices, otherCamera, troubleFrom } from "../app/media.js";
import { parsePreferences, preferencesOf } from "../app/preferences.js";
import { shortcutOf } from "../app/shortcuts.js";
import { initialState } from "../app/state.js";

/** @typedef {{audio: unknown, video: unknown}} Asked */

const real = Object.getOwnPropertyDescriptor(globalThis, "navigator");
afterEach(() => {
  if (real) Object.defineProperty(globalThis, "navigator", real);
  else Reflect.deleteProperty(globalThis, "navigator");
});

/**
 * A browser whose devices fail as told.
 * @param {{audio?: string, video?: string, denied?: string[]}} failing error names by kind
 * @returns {Asked[]} what getUserMedia was asked for
 */
function browser({ audio, video, denied = [] }) {
  /** @type {Asked[]} */
  const asked = [];
  const track = (/** @type {string} */ kind) => ({ kind });
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: {
    mediaDevices: {
      getUserMedia: async (/** @type {Asked} */ wanted) => {
        asked.push(wanted);
        const error = (wanted.audio && audio) || (wanted.video && video);
        if (error) throw new DOMException("", String(error));
        return { getAudioTracks: () => wanted.audio ? [track("audio")] : [], getVideoTracks: () => wanted.video ? [track("video")] : [] };
      },
    },
    permissions: { query: async (/** @type {{name: string}} */ { name }) => ({ state: denied.includes(name) ? "denied" : "prompt" }) },
  } });
  return asked;
}

test("both devices come from one request", async () => {
  const asked = browser({});
  assert.deepEqual(await openDevices({ microphone: "", camera: "" }), { microphone: { track: { kind: "audio" } }, camera: { track: { kind: "video" } } });
  assert.equal(asked.length, 1);
});

test("a missing or busy camera does not take the microphone with it", async () => {
  for (const [name = "", trouble = ""] of [["NotFoundError", "missing"], ["NotReadableError", "busy"]]) {
    browser({ video: name });
    assert.deepEqual(await openDevices({ microphone: "", camera: "" }), { microphone: { track: { kind: "audio" } }, camera: { trouble } });
  }
});

test("a forbidden camera leaves the microphone", async () => {
  browser({ video: "NotAllowedError", denied: ["camera"] });
  assert.deepEqual(await openDevices({ microphone: "", camera: "" }), { microphone: { track: { kind: "audio" } }, camera: { trouble: "blocked" } });
});

test("who closed the prompt is not asked twice", async () => {
  const asked = browser({ audio: "NotAllowedError", video: "NotAllowedError" });
  assert.deepEqual(await openDevices({ microphone: "", camera: "" }), { microphone: { trouble: "blocked" }, camera: { trouble: "blocked" } });
  assert.equal(asked.length, 1);
});

test("only what is wanted is asked for", async () => {
  const asked = browser({});
  assert.deepEqual(Object.keys(await openDevices({ microphone: "usb" })), ["microphone"]);
  const seenTo = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  assert.deepEqual(asked, [{ audio: { deviceId: { exact: "usb" }, ...seenTo }, video: false }]);
  assert.deepEqual(await openDevices({}), {});
});

test("who chose a device gets that one, and another one only when it is gone", async () => {
  const asked = browser({});
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    if (/** @type {any} */ (wanted?.video).deviceId.exact === "gone") throw Object.assign(Object.create(null), { name: "OverconstrainedError" });
    return stream;
  };
  const chosen = () => asked.splice(0).map(({ video }) => /** @type {any} */ (video).deviceId);
  assert.deepEqual(await openDevices({ camera: "rear" }), { camera: { track: { kind: "video" } } });
  assert.deepEqual(chosen(), [{ exact: "rear" }]);
  assert.deepEqual(await openDevices({ microphone: "", camera: "gone" }), { microphone: { track: { kind: "audio" } }, camera: { track: { kind: "video" } } });
  assert.deepEqual(chosen(), [{ exact: "gone" }, { ideal: "gone" }]);
});

test("for music the browser leaves the sound alone, also when both are asked for apart", async () => {
  const asked = browser({ video: "NotFoundError" });
  await openDevices({ microphone: "", camera: "", cleanSound: false });
  assert.ok(asked.length > 1);
  for (const { audio } of asked) if (audio) assert.deepEqual(audio, { echoCancellation: false, noiseSuppression: false, autoGainControl: false });
});

test("a browser without devices blocks, it does not break", async () => {
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: {} });
  assert.deepEqual(await openDevices({ microphone: "" }), { microphone: { trouble: "blocked" } });
});

test("an unheard-of error is a plain failure", () => {
  assert.equal(troubleFrom(new DOMException("", "NewError")), "failed");
  assert.equal(troubleFrom("a string"), "failed");
});

test("keys work alone, not with a modifier, not held down, not while typing", () => {
  const press = { key: "m", repeat: false, altKey: false, ctrlKey: false, metaKey: false };
  assert.equal(shortcutOf(press, false), "microphone");
  assert.equal(shortcutOf({ ...press, key: "V" }, false), "camera");
  assert.equal(shortcutOf({ ...press, key: "p" }, false), "people");
  assert.deepEqual(["s", "g", "1", "9", "0"].map((key) => shortcutOf({ ...press, key }, false)), ["screen", "view", { pin: 0 }, { pin: 8 }, null]);
  assert.equal(shortcutOf(press, true), null);
  assert.equal(shortcutOf({ ...press, repeat: true }, false), null);
  for (const modifier of ["altKey", "ctrlKey", "metaKey"]) assert.equal(shortcutOf({ ...press, [modifier]: true }, false), null);
  assert.equal(shortcutOf({ ...press, key: "x" }, false), null);
});

test("a phone turns to a camera that looks the other way, and where that is not known to the next", () => {
  const camera = (/** @type {string} */ id, /** @type {"" | "user" | "environment"} */ facing = "") => ({ id, label: id, facing });
  const phone = [camera("front", "user"), camera("wide", "environment"), camera("tele", "environment"), camera("usb")];
  const turned = (/** @type {string} */ id, cameras = phone) => otherCamera(cameras, id)?.id;
  assert.deepEqual(["front", "wide", "tele", "usb", "gone"].map((id) => turned(id)), ["wide", "front", "front", "front", "front"]);
  assert.deepEqual(["a", "b"].map((id) => turned(id, [camera("a"), camera("b")])), ["b", "a"]);
  assert.equal(turned("a", [camera("a", "user")]), undefined);
  assert.equal(turned("a", []), undefined);
});

test("loudness goes from nothing to everything, and silence is nothing", () => {
  assert.equal(levelOf(new Float32Array(256)), 0);
  assert.equal(levelOf(new Float32Array(0)), 0);
  assert.equal(levelOf(new Float32Array(256).fill(0.9)), 1);
  const voice = levelOf(new Float32Array(256).fill(0.02));
  assert.ok(voice > 0.3 && voice < 1, String(voice));
});

test("a sound of 20 ms is heard wherever in what was looked at it lies", () => {
  for (const at of [0, 512, 1000, 4321, 8192 - 960]) {
    const samples = new Float32Array(8192);
    samples.fill(0.1, at, at + 960);
    assert.ok(loudestOf(samples) > 0.6, `at ${at}: ${loudestOf(samples)}`);
  }
});

test("what is remembered comes back; what was spoilt becomes the default", () => {
  const kept = { ...preferencesOf(initialState), name: "Ada", hideAddress: true, shortcuts: false, camera: "cam" };
  assert.deepEqual(parsePreferences(JSON.stringify(kept)), kept);
  const fresh = preferencesOf(initialState);
  for (const spoilt of [null, "", "{", "null", "7", '{"name":7,"shortcuts":"no"}']) assert.deepEqual(parsePreferences(spoilt), fresh);
});

test("no link, no room and nobody is remembered", () => {
  const text = JSON.stringify(preferencesOf({ ...initialState, link: "#1secret", name: "Ada" }));
  assert.ok(!text.includes("secret"));
});
