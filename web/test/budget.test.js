// How the uplink is divided: at simulated time, over paths that carry what the test says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { divide } from "../sdk/budget.js";
import { ladder, SOUND_BPS } from "../sdk/share.js";
import { readTraffic } from "../sdk/traffic.js";

const camera = { kind: /** @type {const} */ ("camera"), effort: 0 };
const screen = { kind: /** @type {const} */ ("screen"), effort: 0 };

/**
 * A page that sends to others over paths of so many bit/s, and looks at them once a second. A sender uses what it may up to what the path carries;
 * congestion control says what that is, climbing from 300 kbit/s, or (`tells: false`) nothing is known but loss, which comes with a full path.
 */
class Bench {
  budget = new Map();
  at = 0;
  plans = new Map();
  /** Every change of a plan's lines or pause, for flapping. */ changes = 0;
  source = camera;

  /** @param {Record<string, {carries?: number, size?: string, tells?: boolean, wants?: number}>} others `wants`: bit/s that the picture needs at most */
  constructor(others) {
    this.others = new Map(Object.entries(others).map(([id, other]) => [id, { carries: Infinity, size: "large", tells: true, wants: Infinity, sent: 0, estimate: 300_000, lost: 0, ...other }]));
  }

  /** @param {number} seconds */
  run(seconds) {
    for (let second = 0; second < seconds; second++) this.look();
    return this;
  }

  look() {
    this.at += 1000;
    const receivers = [...this.others].map(([id, other]) => {
      const plan = this.plans.get(id);
      const wished = SOUND_BPS + (plan?.active ? Math.min(plan.maxBitrate, other.wants) : 0);
      const sent = plan ? Math.min(wished, other.carries, other.tells ? other.estimate : Infinity) : 0;
      if (plan) other.sent += sent / 8;
      other.lost = wished > other.carries ? (100 * (wished - other.carries)) / wished : 0;
      // It climbs with what is sent, never beyond the path.
      other.estimate = Math.min(other.carries, Math.max(other.estimate, 1.5 * sent));
      const traffic = { at: this.at, sentBytes: other.sent, encodedFrames: 0, encodeMs: 0, decodedFrames: 0, droppedFrames: 0, isCpuLimited: false, rttMs: 20,
        availableBps: other.tells ? other.estimate : null, lossPercent: other.lost };
      return { id, size: other.size, traffic };
    });
    const { budget, plans } = divide(this.budget, this.at, this.source, receivers);
    for (const [id, { lines, active }] of plans) {
      const before = this.plans.get(id);
      if (before && (before.lines !== lines || before.active !== active)) this.changes += 1;
    }
    Object.assign(this, { budget, plans });
  }

  lines() { return [...this.plans.values()].map(({ lines, active }) => (active ? lines : 0)); }
  bits() { return [...this.plans.values()].reduce((sum, { maxBitrate, active }) => sum + (active ? maxBitrate : 0), 0); }
}

/** @param {number} count @param {object} [other] */
const crowd = (count, other = {}) => new Bench(Object.fromEntries(Array.from({ length: count }, (_, number) => [`p${number}`, { ...other }])));

test("over good paths everybody gets the same, smaller and slower the more there are, never nothing", () => {
  const table = [[1, 720, 30], [2, 540, 25], [3, 360, 25], [4, 270, 20], [5, 270, 20], [7, 180, 15], [15, 180, 15]];
  for (const [others, lines, rate] of /** @type {[number, number, number][]} */ (table)) {
    const plans = [...crowd(others).run(1).plans.values()];
    assert.ok(plans.every((plan) => plan.lines === lines && plan.maxFramerate === rate && plan.active && !plan.isPaused), `${others} others`);
    assert.ok(plans.every(({ maxBitrate }) => maxBitrate >= 64_000 && maxBitrate <= 1_500_000));
    assert.ok(Math.abs(plans.reduce((sum, { maxBitrate }) => sum + maxBitrate, 0) - Math.min(2_000_000, 1_500_000 * others)) < 20);
  }
});

test("good paths are never taken for tight ones: nothing changes in ten minutes, however slowly congestion control climbs", () => {
  for (const wants of [Infinity, 100_000, 5000]) {
    const bench = crowd(3, { wants }).run(600);
    assert.deepEqual([bench.lines(), bench.changes], [[360, 360, 360], 0], `picture of ${wants} bit/s`);
  }
});

test("who sees it large gets four times the bits of who sees it small, and who does not see it none", () => {
  const bench = new Bench({ ana: { size: "large" }, ben: { size: "small" }, cy: { size: "off" } }).run(5);
  const [ana, ben, cy] = [...bench.plans.values()];
  assert.equal(ana.maxBitrate, 1_500_000, "what ben cannot use is hers, up to the most for one");
  assert.equal(Math.round(ben.maxBitrate), 500_000);
  assert.deepEqual([ana.lines, ben.lines], [720, 180], "one and a quarter look: encoders are no reason for less");
  assert.deepEqual([cy.active, cy.isPaused], [false, false], "not shown is no pause");
});

test("a wish is followed at the next look, in both directions", () => {
  const bench = crowd(3).run(5);
  const other = bench.others.get("p0");
  for (const [size, lines] of [["small", 180], ["large", 360], ["off", 0], ["large", 360]]) {
    other.size = size;
    bench.run(1);
    assert.equal(bench.lines()[0], lines, `${size}`);
  }
});

for (const tells of [true, false]) {
  const how = tells ? "as congestion control says" : "as loss tells, where the browser says nothing else";

  test(`a tight path gets a picture that fits, ${how}; the others keep theirs`, () => {
    const bench = new Bench({ ana: { carries: 300_000, tells }, ben: {} }).run(30);
    const [ana, ben] = [...bench.plans.values()];
    assert.ok(ana.active && ana.lines <= 360 && ana.maxBitrate + SOUND_BPS <= 345_000, JSON.stringify(ana));
    assert.deepEqual([ben.lines, ben.maxBitrate], [540, 1_500_000]);
  });

  test(`sound has a tight path for itself when no picture is worth its bits, ${how}, and the picture comes back by itself`, () => {
    const bench = new Bench({ ana: { tells } }).run(10);
    const ana = bench.others.get("ana");
    ana.carries = ana.estimate = 75_000;
    for (let second = 0; second < 20 && bench.plans.get("ana").active; second++) bench.run(1);
    bench.run(5);
    const paused = bench.plans.get("ana");
    assert.deepEqual([paused.active, paused.isPaused], [false, true]);
    assert.ok(paused.soundBitrate >= 24_000 && paused.soundBitrate < 40_000);
    ana.carries = Infinity;
    bench.run(60);
    assert.ok(bench.plans.get("ana").active);
    bench.run(120);
    assert.deepEqual([bench.lines(), bench.plans.get("ana").soundBitrate], [[720], 40_000]);
  });

  test(`nothing flaps, ${how}: on a path that carries hardly a picture there are few changes in ten minutes`, () => {
    for (const carries of [90_000, 130_000, 240_000, 520_000]) {
      const bench = new Bench({ ana: { carries, tells } }).run(60);
      bench.changes = 0;
      bench.run(600);
      assert.ok(bench.changes <= 24, `${carries} bit/s: ${bench.changes} changes`);
    }
  });
}

test("pauses that come back become longer, so that a path without room is tried less and less often", () => {
  const bench = new Bench({ ana: { carries: 85_000 } });
  let resumed = 0;
  const tries = [];
  for (let second = 0; second < 900; second++) {
    const before = bench.plans.get("ana")?.active;
    bench.look();
    if (before === false && bench.plans.get("ana").active) tries.push(bench.at - resumed), (resumed = bench.at);
  }
  assert.ok(tries.length >= 2 && tries.length <= 25, `${tries}`);
  assert.ok(Math.max(...tries) >= 60_000, `${tries}`);
});

test("one uplink for all: what it carries is found, and pictures fit into it together", () => {
  const bench = crowd(3);
  const uplink = 700_000;
  for (let second = 0; second < 90; second++) {
    // All paths share it: each gets what the others leave.
    for (const other of bench.others.values()) other.carries = uplink / 3;
    bench.look();
  }
  assert.ok(bench.bits() + 3 * SOUND_BPS <= uplink * 1.25, `${bench.bits()}`);
  assert.ok(bench.lines().every((lines) => lines > 0 && lines <= 270), `${bench.lines()}`);
});

test("a screen keeps its lines whatever happens; pictures a second give way, then it pauses", () => {
  const bench = new Bench({ ana: {} });
  bench.source = screen;
  bench.run(5);
  assert.deepEqual([bench.plans.get("ana").lines, bench.plans.get("ana").maxFramerate, bench.plans.get("ana").maxBitrate], [Infinity, 5, 2_500_000]);
  const ana = bench.others.get("ana");
  ana.carries = ana.estimate = 250_000;
  bench.run(30);
  assert.deepEqual([bench.plans.get("ana").lines, bench.plans.get("ana").maxFramerate], [Infinity, 2]);
  ana.carries = ana.estimate = 70_000;
  bench.run(30);
  assert.equal(bench.plans.get("ana").isPaused, true);
  ana.size = "small";
  ana.carries = Infinity;
  bench.run(60);
  assert.equal(bench.plans.get("ana").lines, 360, "small it is not read");
});

test("effort takes size and pictures from a camera, and from a screen only pictures a second", () => {
  const at = (source, effort) => divide(new Map(), 0, { kind: source, effort }, [{ id: "ana", size: "large", traffic: null }]).plans.get("ana");
  assert.deepEqual([0, 1, 2, 3, 4].map((effort) => at("camera", effort).lines), ladder.map(({ lines }) => lines));
  assert.deepEqual([0, 1, 2, 3, 4].map((effort) => at("camera", effort).maxFramerate), [30, 25, 25, 20, 8]);
  assert.deepEqual([0, 1, 2, 3, 4].map((effort) => [at("screen", effort).lines, at("screen", effort).maxFramerate]), [5, 4, 3, 2, 1].map((rate) => [Infinity, rate]));
  assert.deepEqual([at("none", 0).active, at("none", 0).isPaused], [false, false]);
});

test("a camera that was off for a while is as it was, at once, and that was no pause", () => {
  const bench = crowd(2).run(5);
  bench.source = { kind: "none", effort: 0 };
  bench.run(30);
  assert.ok([...bench.plans.values()].every(({ active, isPaused }) => !active && !isPaused));
  bench.source = camera;
  bench.run(1);
  assert.deepEqual(bench.lines(), [540, 540]);
});

test("who is gone is forgotten, and another connection begins anew", () => {
  const bench = new Bench({ ana: { carries: 200_000 } }).run(20);
  const ana = bench.others.get("ana");
  assert.ok(bench.budget.get("ana").ceiling < Infinity);
  ana.sent = 0; // a new generation: its counters begin at nothing
  bench.run(1);
  assert.ok(bench.budget.get("ana").available.length === 1);
  assert.equal(divide(bench.budget, bench.at, camera, []).budget.size, 0);
});

test("what was sent is read from the statistics of both browsers", () => {
  const own = [["A", { type: "outbound-rtp", bytesSent: 100, headerBytesSent: 10 }], ["V", { type: "outbound-rtp", bytesSent: 1000, framesEncoded: 7, totalEncodeTime: 0.5, qualityLimitationReason: "cpu" }]];
  const others = [["I", { type: "inbound-rtp", framesDecoded: 5, framesDropped: 2 }], ["R", { type: "remote-inbound-rtp", fractionLost: 0.25, roundTripTime: 0.1 }], ["S", { type: "remote-inbound-rtp", fractionLost: 0.1, roundTripTime: 0.2 }]];
  const pair = { type: "candidate-pair", selected: true, bytesReceived: 1 };
  const counted = { sentBytes: 1110, encodedFrames: 7, encodeMs: 500, decodedFrames: 5, droppedFrames: 2, lossPercent: 25, rttMs: 200, isCpuLimited: true };
  assert.deepEqual(readTraffic([["P", { ...pair, availableOutgoingBitrate: 9 }], ...own, ...others]), { ...counted, availableBps: 9 });
  assert.deepEqual(readTraffic([["P", pair], ...own, ...others]), { ...counted, availableBps: null }, "Firefox does not say");
  assert.deepEqual(readTraffic([]), { sentBytes: 0, encodedFrames: 0, encodeMs: 0, decodedFrames: 0, droppedFrames: 0, availableBps: null, lossPercent: null, rttMs: null, isCpuLimited: false });
});
