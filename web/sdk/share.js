// How much of this device's uplink and encoders one picture may take: in a mesh every connection has its own.
//
// Whoever sends to n-1 others divides a budget; small pictures that are smooth beat large ones that stall. Sound is
// never limited. What the network really carries is found by the browser's congestion control below these limits.

/** Uplink for all pictures together, bit/s, and the least and most for one. */
const BUDGET = 2_000_000;
const LEAST = 64_000;
const MOST = 1_500_000;

/** A shared screen is read rather than watched: all its lines, few pictures a second. */
const SCREEN_RATE = 5;

/** People up to, height of the picture in lines, pictures a second. */
const steps = Object.freeze(/** @type {const} */ ([
  [2, 720, 30],
  [3, 540, 25],
  [4, 360, 25],
  [6, 270, 20],
  [Number.POSITIVE_INFINITY, 180, 15],
]));

/**
 * Limits for the picture that goes to one other person.
 *
 * @param {number} people in the meeting, this one included
 * @param {number | undefined} height of the camera's picture; unknown counts as 720
 * @param {boolean} [isScreen] whether its letters matter more than its motion
 * @returns {{maxBitrate: number, maxFramerate: number, scaleResolutionDownBy: number}} as RTCRtpEncodingParameters
 */
export function encodingFor(people, height = 720, isScreen = false) {
  const others = Math.max(1, people - 1);
  const [, lines, maxFramerate] = steps.find(([most]) => people <= most) ?? steps[steps.length - 1] ?? [0, 180, 15];
  return {
    maxBitrate: Math.round(Math.min(MOST, Math.max(LEAST, BUDGET / others))),
    maxFramerate: isScreen ? SCREEN_RATE : maxFramerate,
    scaleResolutionDownBy: isScreen ? 1 : Math.max(1, height / lines),
  };
}
