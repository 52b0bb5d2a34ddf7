// Asking the relay beforehand, with browsers that say what Chromium and Firefox were measured to say.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { reachRelay } from "../sdk/reach.js";

/** What a browser says of an address, and when, ms: a code, `null` (gathering is over) or a candidate's type. @typedef {[number, number | string | null][]} Said */

/** @type {Record<string, Said>} */
let browser = {};
/** @type {Asking[]} */
let made = [];
let now = 0;

class Asking {
  isClosed = false;
  /** @type {((event: object) => void) | null} */ onicecandidate = null;
  /** @type {((event: object) => void) | null} */ onicecandidateerror = null;
  constructor(/** @type {RTCConfiguration} */ configuration) {
    this.configuration = configuration;
    this.url = String(configuration.iceServers?.[0]?.urls);
    this.at = now;
    if (this.url.includes("impossible")) throw new SyntaxError("no such address");
    made.push(this);
  }
  createDataChannel() {}
  async setLocalDescription() {
    for (const [ms, what] of browser[this.url] ?? []) {
      setTimeout(() => {
        if (this.isClosed) return;
        if (typeof what === "number") this.onicecandidateerror?.({ errorCode: what });
        else this.onicecandidate?.({ candidate: what === null ? null : { type: what } });
      }, ms);
    }
  }
  close() { this.isClosed = true; }
}

const [udp, tcp, tls] = ["turn:h:3478?transport=udp", "turn:h:3478?transport=tcp", "turns:h:443?transport=tcp"];

beforeEach(() => {
  [browser, made, now] = [{}, [], 0];
  mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(globalThis, { RTCPeerConnection: Asking });
});

afterEach(() => mock.timers.reset());

/** Asks, and lets time pass until it is answered. @param {Record<string, Said>} says @param {readonly string[]} [urls] */
async function reached(says, urls = [udp, tcp, tls]) {
  browser = says;
  /** @type {import("../sdk/reach.js").Reach | null} */
  let reach = null;
  void reachRelay(urls).then((found) => (reach = found));
  for (; !reach && now <= 60_000; now += 100) {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    if (!reach) mock.timers.tick(100);
  }
  assert.ok(reach && now <= 10_000, `${now} ms`);
  assert.ok(made.every(({ isClosed }) => isClosed), "nothing is left open");
  return { .../** @type {import("../sdk/reach.js").Reach} */ (reach) };
}

test("where UDP answers nothing else is asked", async () => {
  assert.deepEqual(await reached({ [udp]: [[80, 401], [130, null]] }), { udp: "ok", tcp: "unknown", tls: "unknown" });
  assert.deepEqual(made.map(({ url }) => url), [udp]);
  assert.ok(now < 500);
});

test("nothing but the relay is gathered, and the credentials are nobody's", async () => {
  await reached({ [udp]: [[80, 401]] });
  assert.equal(made[0]?.configuration.iceTransportPolicy, "relay");
  assert.deepEqual(made[0]?.configuration.iceServers, [{ urls: udp, username: "reach", credential: "reach" }]);
});

test("where UDP is dropped the others are asked soon, and it fails when its time is up", async () => {
  assert.deepEqual(await reached({ [tcp]: [[120, 401], [120, null]], [tls]: [[150, 401]] }), { udp: "failed", tcp: "ok", tls: "ok" });
  assert.deepEqual(made.map(({ at }) => at), [0, 1500, 1500]);
  assert.ok(now >= 6000 && now < 6500);
});

test("a late answer by UDP is one", async () => {
  assert.deepEqual(await reached({ [udp]: [[3900, 401]], [tcp]: [[9, 401]], [tls]: [[9, 401]] }), { udp: "ok", tcp: "ok", tls: "ok" });
});

test("dropped by all ways: as long as it takes, and no longer", async () => {
  assert.deepEqual(await reached({}), { udp: "failed", tcp: "failed", tls: "failed" });
  assert.ok(now >= 7500 && now < 8000);
});

test("refused is failed as soon as the browser says so", async () => {
  const refused = /** @type {Said} */ ([[10, 701], [10, null]]);
  assert.deepEqual(await reached({ [udp]: refused, [tcp]: refused, [tls]: refused }), { udp: "failed", tcp: "failed", tls: "failed" });
});

test("one interface without a way does not hide another's", async () => {
  assert.deepEqual(await reached({ [udp]: [[10, 701], [200, 401], [200, null]] }), { udp: "ok", tcp: "unknown", tls: "unknown" });
});

test("any answer of a relay is one: full, elsewhere, or open to everybody", async () => {
  for (const said of [300, 486, 508, "relay"]) assert.equal((await reached({ [udp]: [[10, said]] })).udp, "ok", `${said}`);
});

test("a browser that ends without a word, and an address that it does not take, are unknown", async () => {
  assert.deepEqual(await reached({ [udp]: [[5, null]], [tcp]: [[130, null]] }, [udp, tcp, "turns:impossible"]), { udp: "unknown", tcp: "unknown", tls: "unknown" });
});

test("a relay on this very machine is not asked, nor one that is not there", async () => {
  const here = ["turn:127.0.0.1:3478?transport=udp", "turn:[::1]:3478?transport=tcp", "turns:localhost:443?transport=tcp"];
  for (const urls of [here, []]) assert.deepEqual(await reached({}, urls), { udp: "unknown", tcp: "unknown", tls: "unknown" });
  assert.equal(made.length, 0);
});
