// How large, how often and with how many bits a picture goes to one other person: tables and arithmetic.
//
// In a mesh every connection has its own encoder and its own part of the uplink. Small pictures that are smooth beat large ones
// that stall. Who gets how many bits is budget.js's.

/** What the sound of one person needs on the wire, bit/s: Opus, and the headers of fifty packets a second. */
export const SOUND_BPS = 60_000;
/** Opus, bit/s, and where hardly anything passes; speech is clear with either. */
const SOUND_MOST = 40_000;
const SOUND_LEAST = 24_000;

/**
 * Bits for all pictures together, and the most for one, by what is shown. A screen has a budget of its own: it is mostly still, and
 * then all of it is wanted at once.
 * @typedef {"none" | "camera" | "thrifty" | "screen"} SourceKind `thrifty`: a camera of somebody who wants to save data
 */
export const sources = Object.freeze(/** @type {const} */ ({
  none: { all: 0, most: 0 },
  camera: { all: 2_000_000, most: 1_500_000 },
  thrifty: { all: 400_000, most: 200_000 },
  screen: { all: 3_000_000, most: 2_500_000 },
}));

/**
 * Sizes of a camera's picture, best first: lines of its shorter side, pictures a second, and the bits below which the next one looks better.
 * Below the last one there is no picture worth its bits: it pauses.
 */
export const ladder = Object.freeze(/** @type {const} */ ([
  { lines: 720, rate: 30, from: 900_000 },
  { lines: 540, rate: 25, from: 500_000 },
  { lines: 360, rate: 25, from: 250_000 },
  { lines: 270, rate: 20, from: 150_000 },
  { lines: 180, rate: 15, from: 50_000 },
]));
const SMALLEST = ladder.length - 1;

/** A shared screen is read rather than watched: all its lines, few pictures a second, and fewer where bits are few; bits from, pictures a second. */
const screenRates = Object.freeze(/** @type {const} */ ([[300_000, 5], [150_000, 2], [0, 1]]));
/** A screen that is shown small is not read: lines. */
const SCREEN_SMALL = 360;

/** Encoders are many before bits are few: people who look at a large picture, this one included, up to, and the best rung then. */
const headsRungs = Object.freeze(/** @type {const} */ ([[2, 0], [3, 1], [4, 2], [6, 3], [Number.POSITIVE_INFINITY, SMALLEST]]));

/** At the highest effort, pictures a second. */
const TIRED_RATE = 8;
const TIRED = 4;

/**
 * What a sender is to do. `isPaused`: somebody would see it, and the path does not carry it. `lines`: at most so many of the shorter side.
 * @typedef {{active: boolean, isPaused: boolean, lines: number, maxFramerate: number, maxBitrate: number, soundBitrate: number}} Plan
 */

/** The first rung that these bits are enough for; `ladder.length`: none. @param {number} bits a second @returns {number} */
export function rungOf(bits) {
  const rung = ladder.findIndex(({ from }) => bits >= from);
  return rung < 0 ? ladder.length : rung;
}

/** The best rung for so many encoders. @param {number} heads @returns {number} */
export function headsRung(heads) {
  return (headsRungs.find(([most]) => heads <= most) ?? [0, SMALLEST])[1];
}

/**
 * @param {{kind: SourceKind, effort: number, size: import("./budget.js").Size, share: number, rung: number, heads: number}} given `share`: bit/s for the
 *   picture. `rung`: as the bits allow; `heads`: as the encoders do; `effort`: see effort.js
 * @returns {Plan}
 */
export function planFor({ kind, effort, size, share, rung, heads }) {
  const isWanted = kind !== "none" && size !== "off";
  const isPaused = isWanted && rung >= ladder.length;
  const best = size === "small" ? SMALLEST : Math.min(SMALLEST, Math.max(rung, heads + effort));
  const { lines, rate } = ladder[best] ?? ladder[SMALLEST];
  const { lines: shownLines, rate: shownRate } = kind === "screen" ? screenOf(share, effort, size) : { lines, rate };
  return {
    active: isWanted && !isPaused,
    isPaused,
    lines: shownLines,
    maxFramerate: effort >= TIRED ? Math.min(TIRED_RATE, shownRate) : shownRate,
    maxBitrate: Math.round(share),
    soundBitrate: isPaused ? SOUND_LEAST : SOUND_MOST,
  };
}

/** Letters stay sharp: what is short takes pictures a second, never lines. @param {number} share @param {number} effort @param {import("./budget.js").Size} size */
function screenOf(share, effort, size) {
  const [, rate] = screenRates.find(([from]) => share >= from) ?? screenRates[2];
  return { lines: size === "small" ? SCREEN_SMALL : Number.POSITIVE_INFINITY, rate: Math.max(1, rate - effort) };
}
