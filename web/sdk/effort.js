// How far this device has to be spared: from 0, not at all, to 4. Pure: what is remembered, the time and what was measured in,
// what is remembered next out. What each level means is share.js's (what is sent) and pictures.js's (what is asked for).
//
// Down quickly, because sound stutters meanwhile; up slowly, one level at a time, and more slowly each time that it was too early.

/** Looks in a row that show strain before anything changes, and the time between two levels, ms. */
const LOOKS = 3;
const STEP_MS = 4000;
/** Calm for so long takes a level back, ms; doubled when strain returns within RELAPSE_MS of that; as before after so long without strain. */
const EASE_MS = 20_000;
const LONGEST_EASE_MS = 320_000;
const RELAPSE_MS = 30_000;
const FORGIVE_MS = 600_000;
export const MOST_EFFORT = 4;

/** A task waits so long for its turn, ms. Sound has threads of its own, but its packets are fed by a machine that is as late. */
const LATE_MS = 150;
/** An encoder works for this part of the time: the next picture comes before the last one is done. */
const BUSY = 0.7;
/** This part of the pictures that came was thrown away, of so many at least. */
const DROPPED = 0.25;
const DROPPED_OF = 15;

/**
 * Since the last look. `lateMs`: how long a task of this page waited for its turn. `busy`: the part of the time for which the busiest
 * encoder worked. `isLimited`: the browser says itself that the device limits what it sends.
 * @typedef {{lateMs: number, busy: number, isLimited: boolean, decoded: number, dropped: number}} Strain
 */
/** @typedef {{level: number, looks: number, changedAt: number, strainedAt: number, easedAt: number, easeMs: number}} Effort */

/** @param {number} at awake ms @returns {Effort} */
export function noEffort(at) {
  return { level: 0, looks: 0, changedAt: at, strainedAt: at, easedAt: Number.NEGATIVE_INFINITY, easeMs: EASE_MS };
}

/** @param {Effort} effort @param {number} at awake ms @param {Strain} strain @returns {Effort} */
export function nextEffort(effort, at, strain) {
  if (isStrained(strain)) {
    const looks = effort.looks + 1;
    const strained = { ...effort, looks, strainedAt: at };
    if (looks < LOOKS || effort.level >= MOST_EFFORT || at - effort.changedAt < STEP_MS) return strained;
    const easeMs = at - effort.easedAt < RELAPSE_MS ? Math.min(LONGEST_EASE_MS, 2 * effort.easeMs) : effort.easeMs;
    return { ...strained, looks: 0, level: effort.level + 1, changedAt: at, easedAt: Number.NEGATIVE_INFINITY, easeMs };
  }
  const calm = { ...effort, looks: 0, easeMs: at - effort.strainedAt >= FORGIVE_MS ? EASE_MS : effort.easeMs };
  if (calm.level === 0 || at - Math.max(effort.changedAt, effort.strainedAt) < calm.easeMs) return calm;
  return { ...calm, level: calm.level - 1, changedAt: at, easedAt: at };
}

/** @param {Strain} strain @returns {boolean} */
function isStrained({ lateMs, busy, isLimited, decoded, dropped }) {
  const came = decoded + dropped;
  return isLimited || lateMs >= LATE_MS || busy >= BUSY || (came >= DROPPED_OF && dropped >= DROPPED * came);
}
