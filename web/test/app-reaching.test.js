// When the page looks whether this network lets the relay through, and what it makes of the answer.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { reachOf, createReaching } from "../app/reaching.js";
import { initialState, next } from "../app/state.js";

/** @typedef {import("../app/state.js").State} State */
/** @typedef {import("../sdk/parlour.js").Reach} Reach */

/** @type {Reach} */
const blocked = { udp: "failed", tcp: "failed", tls: "failed" };
const ready = /** @type {const} */ ({ screen: "preview", room: "ready" });

/** A page with one room at hand. @param {import("node:test").TestContext} context */
function page(context) {
  mock.timers.enable({ apis: ["setTimeout"] });
  context.after(() => mock.timers.reset());
  let state = /** @type {State} */ ({ ...initialState, ...ready });
  /** @type {((reach: Reach) => void)[]} */
  const asked = [];
  const room = /** @type {any} */ ({ relay: ["turn:h:3478?transport=udp"], carrier: "websocket" });
  const store = /** @type {import("../app/store.js").Store} */ (/** @type {unknown} */ ({
    state: () => state,
    dispatch: (/** @type {import("../app/state.js").PageEvent} */ event) => void (state = next(state, event)),
  }));
  /** @type {object | null} */
  let atHand = room;
  const reaching = createReaching(store, () => /** @type {any} */ (atHand), () => new Promise((resolve) => asked.push(resolve)));
  return {
    room,
    reaching,
    asked,
    get reach() { return state.reach; },
    change(/** @type {Partial<State>} */ change) { state = { ...state, ...change }; },
    leave() { atHand = null; },
    async after(/** @type {number} */ ms) {
      mock.timers.tick(ms);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    },
    async answer(/** @type {Reach} */ reach) {
      asked.shift()?.(reach);
      await this.after(0);
    },
  };
}

test("a browser's word for each way makes one of three, and what it does not say makes nothing", () => {
  assert.equal(reachOf({ udp: "ok", tcp: "unknown", tls: "unknown" }), "");
  assert.equal(reachOf({ udp: "failed", tcp: "ok", tls: "failed" }), "detour");
  assert.equal(reachOf({ udp: "failed", tcp: "failed", tls: "ok" }), "detour");
  assert.equal(reachOf(blocked), "none");
  // Chromium says nothing of a TLS port that refuses it.
  assert.equal(reachOf({ udp: "failed", tcp: "failed", tls: "unknown" }), "none");
  assert.equal(reachOf({ udp: "unknown", tcp: "failed", tls: "failed" }), "");
});

test("not before the page is calm, and once for a room however often it changes", async (context) => {
  const one = page(context);
  for (let change = 0; change < 3; change += 1) void one.reaching.begin(one.room);
  await one.after(999);
  assert.equal(one.asked.length, 0);
  await one.after(1);
  assert.equal(one.asked.length, 1);
  await one.answer(blocked);
  assert.equal(one.reach, "none");
  void one.reaching.begin(one.room);
  await one.after(60_000);
  assert.equal(one.asked.length, 0);
});

test("not for whoever has pressed Join, has gone, or has no relay to ask", async (context) => {
  for (const change of /** @type {Partial<State>[]} */ ([{ joining: true }, { eager: {} }, { screen: "call" }])) {
    const one = page(context);
    void one.reaching.begin(one.room);
    one.change(change);
    await one.after(1000);
    assert.equal(one.asked.length, 0, JSON.stringify(change));
    mock.timers.reset();
  }
  const bare = page(context);
  bare.room.relay = [];
  void bare.reaching.begin(bare.room);
  await bare.after(1000);
  assert.equal(bare.asked.length, 0);
});

test("nothing is said where the server is out of reach as well, nor in another room", async (context) => {
  const offline = page(context);
  void offline.reaching.begin(offline.room);
  await offline.after(1000);
  offline.room.carrier = null;
  await offline.answer(blocked);
  assert.equal(offline.reach, "");
  mock.timers.reset();

  const gone = page(context);
  void gone.reaching.begin(gone.room);
  await gone.after(1000);
  gone.leave();
  await gone.answer(blocked);
  assert.equal(gone.reach, "");
});

test("what was said goes with its room", () => {
  const said = next({ ...initialState, ...ready }, { type: "reached", reach: "none" });
  assert.equal(said.reach, "none");
  assert.equal(next(said, { type: "home" }).reach, "");
});
