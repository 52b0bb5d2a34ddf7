/**
 * What really arrives at a page: pictures decoded, sound received, and the road it took, read from the statistics
 * of the peer connections that `preload.mjs` collects. What a page merely shows is asked elsewhere.
 */

import { sleep } from "./process.mjs";
import { deadline } from "./patience.mjs";

/**
 * One live peer connection, seen from one page.
 * @typedef {object} Reception
 * @property {number} pc its number on this page, from 0 in order of making
 * @property {string} state connectionState
 * @property {number} frames pictures decoded so far
 * @property {number} soundPackets RTP packets of audio received so far
 * @property {number} soundEnergy total energy of the sound that was played out, unitless
 * @property {string} road "host/host", "relay/relay", … : types of the selected pair, own side first; "" before there is one
 * @property {string} relayProtocol how this side reaches its relay ("udp", "tcp", "tls"), if it does
 * @property {string[]} addresses own and other address of the selected pair
 */

/** Runs in the page. */
async function receptions() {
  const pcs = /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs ?? []);
  /** @type {Reception[]} */
  const all = [];
  for (const [number, pc] of pcs.entries()) {
    if (pc.signalingState === "closed") continue;
    /** @type {Map<string, any>} */
    const stats = new Map();
    // Firefox never answers for a connection that is closed meanwhile.
    const report = await Promise.race([pc.getStats(), new Promise((resolve) => setTimeout(resolve, 2000, null))]);
    if (!report) continue;
    report.forEach((/** @type {any} */ value, /** @type {string} */ key) => stats.set(key, value));
    const of = (/** @type {string} */ type) => [...stats.values()].filter((stat) => stat.type === type);
    const inbound = of("inbound-rtp");
    // Chromium names the pair in its transport; Firefox marks the pair itself.
    const chosen = of("transport").map((transport) => stats.get(transport.selectedCandidatePairId)).find(Boolean);
    const pair = chosen ?? of("candidate-pair").find((candidatePair) => candidatePair.selected);
    const own = stats.get(pair?.localCandidateId);
    const other = stats.get(pair?.remoteCandidateId);
    all.push({
      pc: number,
      state: pc.connectionState,
      frames: sum(inbound.filter(({ kind }) => kind === "video").map(({ framesDecoded }) => framesDecoded)),
      soundPackets: sum(inbound.filter(({ kind }) => kind === "audio").map(({ packetsReceived }) => packetsReceived)),
      soundEnergy: sum(inbound.filter(({ kind }) => kind === "audio").map(({ totalAudioEnergy }) => totalAudioEnergy)),
      road: own && other ? `${own.candidateType}/${other.candidateType}` : "",
      relayProtocol: own?.relayProtocol ?? "",
      addresses: [own, other].map((candidate) => `${candidate?.address ?? "?"}:${candidate?.port ?? "?"}`),
    });
  }
  return all;

  /** @param {(number | undefined)[]} numbers */
  function sum(numbers) {
    return numbers.reduce((/** @type {number} */ total, number) => total + (number ?? 0), 0);
  }
}

/**
 * Every live peer connection of a page.
 * @param {import("./page.mjs").Page} page
 * @returns {Promise<Reception[]>}
 */
export function receptionsOf(page) {
  return page.evaluate(receptions);
}

/**
 * Waits until the page decodes moving pictures and hears sound from exactly `people` others at the same time, over
 * roads that all match; everything counted from now on, so that what arrived earlier proves nothing.
 * @param {import("./page.mjs").Page} page
 * @param {{ people: number, road: RegExp, timeout?: number, sound?: boolean }} expected `sound: false`: do not ask for any
 * @returns {Promise<Reception[]>}
 */
export async function expectMedia(page, { people, road, timeout = 15_000, sound = true }) {
  const isOver = deadline(timeout);
  const before = new Map((await receptionsOf(page)).map((reception) => [reception.pc, reception]));
  for (;;) {
    const now = await receptionsOf(page);
    const alive = now.filter((reception) => {
      const then = before.get(reception.pc);
      const moves = reception.frames - (then?.frames ?? 0) >= 5;
      // Packets alone may be silence; energy alone would be the player's.
      const sounds = reception.soundPackets - (then?.soundPackets ?? 0) >= 10 && reception.soundEnergy > (then?.soundEnergy ?? 0);
      return reception.state === "connected" && road.test(reception.road) && moves && (sounds || !sound);
    });
    if (alive.length === people && now.length === people) return now;
    if (isOver()) {
      throw await page.failure(
        `expected ${people} others, each with moving pictures${sound ? " and sound" : ""} over ${road}, within ${timeout} ms; ` +
          `before: ${JSON.stringify([...before.values()])}; now: ${JSON.stringify(now)}`,
      );
    }
    await sleep(200);
  }
}

/**
 * Waits until nothing arrives any more: of `what`, over `quiet` milliseconds, at every live peer connection.
 * @param {import("./page.mjs").Page} page
 * @param {"frames" | "soundEnergy" | "soundPackets"} what
 * @param {{ quiet?: number, timeout?: number, pc?: number, rest?: number }} [options] `pc`: that connection alone;
 *   `rest`: what may still come in the quiet time
 */
export async function expectSilence(page, what, { quiet = 1000, timeout = 10_000, pc, rest = 0 } = {}) {
  const isOver = deadline(timeout);
  const measure = async () => (await receptionsOf(page)).filter((reception) => pc === undefined || reception.pc === pc).map((reception) => reception[what]);
  // Energy of "silence" is rounding noise of the decoder, many orders below the test tone's.
  const allowed = what === "soundEnergy" ? 1e-6 : rest;
  for (;;) {
    const before = await measure();
    await sleep(quiet);
    const after = await measure();
    if (after.every((value, index) => value - (before[index] ?? 0) <= allowed)) return;
    if (isOver()) throw await page.failure(`${what} still grows after ${timeout} ms: ${JSON.stringify(before)} then ${JSON.stringify(after)}`);
  }
}
