// Bars: from what browsers count, over ten seconds, with a memory no longer than that.

import assert from "node:assert/strict";
import { test } from "node:test";
import { QualityMeter } from "../sdk/quality.js";
import { readRoute } from "../sdk/route.js";

/** A meter after a look each second: so many packets received and lost in each. */
function meter(seconds, { received = 100, lost = 0, rttMs = null } = {}, from = new QualityMeter(), start = { at: 0, received: 0, lost: 0 }) {
  for (let second = 1; second <= seconds; second++) {
    start.at += 1000;
    start.received += received;
    start.lost += lost;
    from.take(start.at, { received: start.received, lost: start.lost, rttMs });
  }
  return { meter: from, start };
}
const shown = (...given) => meter(...given).meter.shown;

test("bars fall with loss and with delay, whichever is worse", () => {
  assert.deepEqual(shown(5), { bars: 4, lost: 0, rttMs: null });
  assert.deepEqual([1, 3, 8, 30].map((lost) => shown(5, { received: 100 - lost, lost }).bars), [4, 3, 2, 1]);
  assert.deepEqual(shown(5, { received: 88, lost: 12 }), { bars: 1, lost: 12, rttMs: null });
  assert.deepEqual([20, 400, 800, 2000].map((rttMs) => shown(5, { rttMs }).bars), [4, 3, 2, 1]);
  assert.equal(shown(5, { received: 70, lost: 30, rttMs: 20 }).bars, 1);
});

test("of too few packets nothing is said but the delay; of nothing, nothing", () => {
  assert.equal(shown(3, { received: 5, lost: 5 }), null);
  assert.deepEqual(shown(3, { received: 0, rttMs: 42 }), { bars: 4, lost: 0, rttMs: 50 });
});

test("what is over for ten seconds is forgotten", () => {
  const bad = meter(20, { received: 70, lost: 30 });
  assert.equal(bad.meter.shown.bars, 1);
  assert.equal(meter(11, {}, bad.meter, bad.start).meter.shown.lost, 0);
});

test("counters of another stream begin anew; a loss that was taken back is none", () => {
  const { meter: one } = meter(10, { received: 70, lost: 30 });
  one.take(11_000, { received: 3, lost: 0, rttMs: null });
  assert.equal(one.shown, null);
  one.take(12_000, { received: 203, lost: -4, rttMs: null });
  assert.deepEqual(one.shown, { bars: 4, lost: 0, rttMs: null });
});

test("packets of sound and picture count together; the delay is the pair's, or else what the other side reports", () => {
  const pair = { type: "candidate-pair", selected: true, bytesReceived: 1 };
  const media = [["A", { type: "inbound-rtp", packetsReceived: 10, packetsLost: 1 }], ["V", { type: "inbound-rtp", packetsReceived: 90, packetsLost: 2 }], ["S", { type: "remote-inbound-rtp", roundTripTime: 0.2 }]];
  assert.deepEqual(readRoute([["P", pair], ...media]).counted, { received: 100, lost: 3, rttMs: 200 });
  assert.deepEqual(readRoute([["P", { ...pair, currentRoundTripTime: 0.04 }], ...media]).counted, { received: 100, lost: 3, rttMs: 40 });
  assert.deepEqual(readRoute([]).counted, { received: 0, lost: 0, rttMs: null });
});
