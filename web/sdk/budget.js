// How the uplink is divided among those who look at this page's picture. Pure: what is remembered, the time and what was
// measured in; what is remembered next, and what each sender is to do, out.
//
// The browser's congestion control finds what each path carries, and knows nothing of the other connections, of who looks
// at what, or of how few bits are too few for so many pixels. That is decided here. Each look may bring a sign that a path is
// tight; a few in a row lower its ceiling to what it carries, calm raises it again. Sound comes first: what is
// divided is what is left above it, and where nothing sensible is left the picture pauses.

import { SOUND_BPS, headsRung, ladder, planFor, rungOf, sources } from "./share.js";

/** Looks in a row with a sign before it counts: congestion control takes a while to find out how much a new path carries. */
const SIGNS = 4;
/** A sign: the path takes less than this part of what we want to send, and we use this part of it, and it is not growing by more than that. */
const SHORT = 0.8;
const USED = 0.6;
const GROWING = 1.1;
/** A sign where the browser does not say what the path takes: so much is lost, or the way has become so much longer (a queue fills). */
const LOST_PERCENT = 10;
const QUEUE_MS = 300;
/** A tight path gets this part of what it carries: its queue is to become empty. */
const RELIEF = 0.9;
/** Calm for so long raises a ceiling by so much; ms. */
const CALM_MS = 5000;
const RAISE = 1.25;
/** The next better size is taken when there is so much more than it needs, so long after the last change, ms. */
const SPARE = 1.2;
const BETTER_MS = 6000;
/** A pause lasts so long at least, ms; twice as long each time that it comes back within RELAPSE_MS. */
const PAUSE_MS = 8000;
const LONGEST_PAUSE_MS = 64_000;
const RELAPSE_MS = 30_000;
/** A ceiling is never lower: the sound, and a first try of a picture. */
const LEAST_CEILING = 60_000;
/** Whoever sees the picture large gets so many times the bits of whoever sees it small. */
const weights = Object.freeze({ off: 0, small: 1, large: 4 });
/** Nobody's picture gets less because there are many, only because a path is tight; bit/s. */
const LEAST = 64_000;

/** How large somebody sees this page's picture. @typedef {"off" | "small" | "large"} Size */
/** @typedef {import("./share.js").Plan} Plan */
/** `traffic` with the time at which it was read, awake ms. @typedef {{id: string, size: Size, traffic: (import("./traffic.js").Traffic & {at: number}) | null}} Receiver */

/**
 * What is remembered of one receiver. `ceiling`: bit/s that the path has shown to carry, infinite while nothing is known against it.
 * `target`: what it was to get at most, sound included. `available`: the last looks. `rung`: of share.js's ladder, as far as the bits allow it.
 * @typedef {{
 *   ceiling: number, judgedAt: number, signs: number, available: readonly number[], leastRttMs: number, seenAt: number, sentBytes: number,
 *   target: number, size: Size, rung: number, rungAt: number, pauseMs: number, resumedAt: number,
 * }} Path
 */
/** @typedef {ReadonlyMap<string, Path>} Budget by receiver */

/**
 * @param {Budget} budget of the last time; an empty map in the beginning
 * @param {number} at awake ms
 * @param {{kind: import("./share.js").SourceKind, effort: number}} source what is shown, and how far the device has to be spared: see effort.js
 * @param {readonly Receiver[]} receivers all of them; who is missing is forgotten
 * @returns {{budget: Budget, plans: ReadonlyMap<string, Plan>}}
 */
export function divide(budget, at, source, receivers) {
  // Who shows nothing is seen by nobody, and finds things as they were.
  if (source.kind === "none") receivers = receivers.map((receiver) => ({ ...receiver, size: "off" }));
  const judged = receivers.map((receiver) => judge(budget.get(receiver.id) ?? fresh(at, receiver.size), at, receiver));
  const { all, most } = sources[source.kind];
  const shares = fill(all, judged.map(({ ceiling }, index) => {
    const weight = weights[receivers[index]?.size ?? "off"];
    return { weight, most: weight === 0 ? 0 : Math.max(0, Math.min(most, ceiling - SOUND_BPS)) };
  }));
  const heads = headsRung(1 + Math.floor(receivers.reduce((sum, { size }) => sum + weights[size] / weights.large, 0)));
  /** @type {Map<string, Path>} */
  const next = new Map();
  /** @type {Map<string, Plan>} */
  const plans = new Map();
  for (const [index, { id, size }] of receivers.entries()) {
    const share = shares[index] ?? 0;
    const path = step(/** @type {Path} */ (judged[index]), at, size, share);
    const plan = planFor({ ...source, size, share, rung: path.rung, heads });
    plans.set(id, plan);
    next.set(id, { ...path, target: (plan.active ? plan.maxBitrate : 0) + SOUND_BPS });
  }
  return { budget: next, plans };
}

/** @param {number} at @param {Size} size @returns {Path} */
function fresh(at, size) {
  return {
    ceiling: Number.POSITIVE_INFINITY, judgedAt: at, signs: 0, available: [], leastRttMs: Number.POSITIVE_INFINITY, seenAt: Number.NEGATIVE_INFINITY,
    sentBytes: 0, target: 0, size, rung: -1, rungAt: at, pauseMs: PAUSE_MS, resumedAt: Number.NEGATIVE_INFINITY,
  };
}

/**
 * What the newest look at a path tells of it.
 * @param {Path} path @param {number} at @param {Receiver} receiver @returns {Path}
 */
function judge(path, at, { traffic }) {
  if (!traffic || traffic.at <= path.seenAt) return path;
  const { sentBytes, availableBps, rttMs } = traffic;
  const isSame = path.seenAt >= 0 && sentBytes >= path.sentBytes;
  const sentBps = isSame ? (8000 * (sentBytes - path.sentBytes)) / (traffic.at - path.seenAt) : 0;
  // Counters that run backwards are those of another connection, whose congestion control begins anew.
  const available = availableBps === null ? [] : [...(isSame ? path.available : []), availableBps].slice(-SIGNS);
  const leastRttMs = Math.min(path.leastRttMs, rttMs ?? Number.POSITIVE_INFINITY);
  const looked = { ...path, available, leastRttMs, seenAt: traffic.at, sentBytes };
  if (isTight(looked, sentBps, traffic)) {
    if (path.signs + 1 < SIGNS) return { ...looked, signs: path.signs + 1 };
    return { ...looked, signs: 0, judgedAt: at, ceiling: Math.max(LEAST_CEILING, RELIEF * (availableBps ?? sentBps)) };
  }
  // What is asked for now is tried before more is.
  const isUntried = availableBps !== null && availableBps < path.target;
  const mayRise = path.ceiling < Number.POSITIVE_INFINITY && at - path.judgedAt >= CALM_MS && !isUntried;
  if (!mayRise) return { ...looked, signs: 0 };
  const raised = path.ceiling * RAISE;
  return { ...looked, signs: 0, judgedAt: at, ceiling: raised > 2 * sources.screen.most ? Number.POSITIVE_INFINITY : raised };
}

/** @param {Path} path as it is looked at @param {number} sentBps @param {import("./traffic.js").Traffic} traffic @returns {boolean} */
function isTight({ available, target, leastRttMs }, sentBps, { availableBps, lossPercent, rttMs }) {
  if (availableBps === null) return (lossPercent ?? 0) >= LOST_PERCENT || (rttMs ?? 0) >= leastRttMs + QUEUE_MS;
  // Who sends little (a screen on which nothing moves) learns nothing of the path: its estimate stays low without a reason.
  const isWanting = availableBps < SHORT * target && sentBps >= USED * availableBps;
  return isWanting && available.length === SIGNS && availableBps <= GROWING * (available[0] ?? 0);
}

/**
 * Divides by weight; what somebody cannot use goes to the others.
 * @param {number} all @param {readonly {weight: number, most: number}[]} takers @returns {number[]} never more than `most`; LEAST or more where that allows it
 */
function fill(all, takers) {
  const shares = takers.map(() => 0);
  let open = takers.map((_, index) => index).filter((index) => (takers[index]?.weight ?? 0) > 0);
  let left = all;
  while (open.length > 0) {
    const weight = open.reduce((sum, index) => sum + (takers[index]?.weight ?? 0), 0);
    const isFull = (/** @type {number} */ index) => (takers[index]?.most ?? 0) <= (left * (takers[index]?.weight ?? 0)) / weight;
    const full = open.filter(isFull);
    for (const index of full.length > 0 ? full : open) {
      const { weight: own, most } = takers[index] ?? { weight: 0, most: 0 };
      shares[index] = full.length > 0 ? most : Math.min(most, Math.max(LEAST, (left * own) / weight));
    }
    if (full.length === 0) break;
    left = Math.max(0, left - full.reduce((sum, index) => sum + (shares[index] ?? 0), 0));
    open = open.filter((index) => !full.includes(index));
  }
  return shares;
}

/**
 * The rung for these bits: worse at once, better only after a while and with something to spare.
 * @param {Path} path @param {number} at @param {Size} size @param {number} share bit/s of its picture @returns {Path}
 */
function step(path, at, size, share) {
  if (size === "off") return { ...path, size };
  const rung = rungOf(share);
  const isPaused = path.rung >= ladder.length;
  // Another size has another share, and somebody is looking.
  if (path.rung < 0 || (size !== path.size && !isPaused && rung < ladder.length)) return { ...path, size, rung, rungAt: at };
  if (rung > path.rung) {
    const pauseMs = at - path.resumedAt < RELAPSE_MS ? Math.min(LONGEST_PAUSE_MS, 2 * path.pauseMs) : PAUSE_MS;
    return { ...path, size, rung, rungAt: at, ...(rung >= ladder.length && { pauseMs }) };
  }
  const better = rungOf(share / SPARE);
  if (better >= path.rung || at - path.rungAt < (isPaused ? path.pauseMs : BETTER_MS)) return { ...path, size };
  return { ...path, size, rung: better, rungAt: at, ...(isPaused && { resumedAt: at }) };
}
