// /check: the verdict follows from the steps; the report says nothing of who or where.

import "./fakes/english.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { report, stepIds, stepResult, verdict } from "../app/words_check.js";
import { waysOf } from "../sdk/reach.js";

/** @typedef {import("../app/words_check.js").Step} Step */
/** @typedef {import("../app/words_check.js").StepId} StepId */

/** Everything works, but for what is said. @param {Partial<Record<StepId, Step["state"]>>} [states] @param {string} [code] @returns {Map<StepId, Step>} */
function all(states = {}, code = "") {
  return new Map(stepIds.filter((id) => id !== "camera" && id !== "microphone" || id in states).map((id) => {
    const state = states[id] ?? "ok";
    return [id, { id, state, code: state === "failed" ? code : "", ms: state === "ok" ? 12 : null }];
  }));
}

/** @param {Partial<Record<StepId, Step["state"]>>} [states] @param {string} [code] */
const said = (states, code) => verdict(all(states, code), (one) => `sentence of ${one}`);

test("one sentence for each way things can stand", () => {
  assert.deepEqual(said(), { tone: "good", text: "Calls should work well from here." });
  assert.match(said({ udp: "failed", stun: "failed", tls: "none" }).text, /with some delay: this network lets no UDP/);
  assert.match(said({ udp: "failed", tcp: "failed" }).text, /with some delay/);
  assert.deepEqual(said({ udp: "failed", tcp: "failed", tls: "failed", stun: "failed" }).tone, "bad");
  assert.match(said({ udp: "failed", tcp: "failed", tls: "none" }).text, /^Only direct calls/);
  assert.match(said({ udp: "none", tcp: "none", tls: "none", stun: "none" }).text, /no relay/);
  assert.deepEqual(said({ server: "failed", seat: "none", stun: "none", udp: "none", tcp: "none", tls: "none" }, "no-server"), { tone: "bad", text: "sentence of no-server" });
  assert.equal(said({ browser: "failed", server: "none", seat: "none", stun: "none", udp: "none", tcp: "none", tls: "none" }, "no-webrtc").text, "sentence of no-webrtc");
  assert.deepEqual(said({ camera: "failed", microphone: "ok" }), { tone: "amber", text: "Calls should work well from here. But the camera did not start." });
});

test("no verdict while anything is under way", () => {
  assert.equal(said({ tls: "running" }).tone, "running");
  assert.equal(verdict(new Map(), String).tone, "running");
});

test("a report has every step, and no address", () => {
  const text = report(all({ tcp: "failed" }, "no-relay"), "Browser/1.0", "Verdict.");
  for (const id of stepIds) assert.match(text, new RegExp(`^${id}: `, "m"));
  assert.match(text, /^tcp: failed \(no-relay\)$/m);
  assert.match(text, /^udp: ok, 12 ms$/m);
  assert.doesNotMatch(text, /https?:|\d+\.\d+\.\d+\.\d+|#1/);
});

test("every step has words for every end", () => {
  for (const id of stepIds) for (const state of /** @type {const} */ (["ok", "failed", "running"])) assert.notEqual(stepResult({ id, state, code: "", ms: null }), "", `${id} ${state}`);
  assert.match(stepResult({ id: "server", state: "ok", code: "polling", ms: 900 }), /by polling/);
  assert.equal(stepResult({ id: "tls", state: "none", code: "", ms: null }), "Not offered here.");
});

test("one way of each kind is tried, with the credentials that came with it", () => {
  const ways = waysOf([{ urls: ["turn:h:3478?transport=udp", "turn:h:3478?transport=tcp", "turns:h:443?transport=tcp"], username: "u", credential: "c" }, { urls: "turn:other" }, { urls: "stun:h" }]);
  assert.deepEqual(ways.map(({ way }) => way), ["udp", "tcp", "tls"]);
  assert.deepEqual(ways[2]?.server, { urls: "turns:h:443?transport=tcp", username: "u", credential: "c" });
  assert.deepEqual(waysOf([{ urls: "turn:h" }]).map(({ way }) => way), ["udp"]);
  assert.deepEqual(waysOf([]), []);
});
