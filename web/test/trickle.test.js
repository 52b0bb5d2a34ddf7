// Trickle ICE of one connection: what waits, for how long, and what is left out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Trickle } from "../sdk/trickle.js";

const init = (/** @type {number} */ port) => ({ candidate: `candidate:1 1 udp 2122260223 198.51.100.7 ${port} typ host`, sdpMid: "0", sdpMLineIndex: 0 });
const own = (/** @type {number} */ port, type = "host") => /** @type {RTCIceCandidate} */ (/** @type {unknown} */ ({ type, toJSON: () => ({ ...init(port), candidate: init(port).candidate.replace("host", type) }) }));

/** A connection that takes candidates, and refuses that of port 9. */
function browser(described = true) {
  /** @type {string[]} */
  const taken = [];
  const pc = {
    remoteDescription: described ? {} : null,
    async addIceCandidate(/** @type {RTCIceCandidateInit} */ { candidate = "" }) {
      if (candidate.includes(" 9 ")) throw new Error("refused");
      taken.push(candidate.split(" ")[5] ?? "");
    },
  };
  return { pc: /** @type {RTCPeerConnection} */ (/** @type {unknown} */ (pc)), taken, describe: () => (pc.remoteDescription = {}) };
}

test("own candidates that come close to one another go out together, once", async () => {
  let batches = 0;
  const ready = new Promise((resolve) => {
    const trickle = new Trickle(false, () => resolve(trickle.take().length * 10 + ++batches));
    for (const port of [5000, 5001]) trickle.gather(own(port));
    trickle.gather(null);
  });
  assert.equal(await ready, 21);
});

test("what was gathered for a connection that was dropped is not sent", async () => {
  const trickle = new Trickle(false, () => assert.fail("there is nothing to send"));
  trickle.gather(own(5000));
  trickle.drop();
  assert.deepEqual(trickle.take(), []);
  await new Promise((resolve) => setTimeout(resolve, 50));
});

test("with a hidden address only what the relay gave goes out", () => {
  const trickle = new Trickle(true, () => {});
  trickle.gather(own(5000));
  assert.equal(trickle.relayTrouble, "no-relay");
  trickle.fail(701);
  assert.equal(trickle.relayTrouble, "no-relay");
  trickle.fail(486);
  assert.equal(trickle.relayTrouble, "relay-full");
  trickle.gather(own(5001, "relay"));
  assert.equal(trickle.relayTrouble, "");
  assert.deepEqual(trickle.take().map(({ candidate }) => candidate?.split(" ")[5]), ["5001"]);
});

test("the other's candidates wait for their description, 64 of them; one that is refused stops none behind it", async () => {
  const trickle = new Trickle(false, () => {});
  const { pc, taken, describe } = browser(false);
  for (const first of [6000, 6040]) await trickle.add(pc, Array.from({ length: 40 }, (_, index) => init(first + index)));
  assert.deepEqual(taken, []);
  describe();
  await trickle.addWaiting(pc);
  assert.equal(taken.length, 64);
  await trickle.add(pc, [null, 7, init(9), init(7000)]);
  assert.deepEqual(taken.slice(64), ["7000"]);
  await trickle.add(pc, Array.from({ length: 65 }, (_, index) => init(8000 + index)));
  await trickle.add(pc, "nothing");
  assert.equal(taken.length, 65);
});
