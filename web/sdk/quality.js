// How well the media of one person comes here, from what the browser counts. Pure arithmetic: counters in, bars out.

/** @typedef {import("./types.js").Quality} Quality */

/** What one look at the statistics counted, all of it since the connection began; `rttMs` null where the browser does not say. @typedef {{received: number, lost: number, rttMs: number | null}} Counted */

/** Loss is that of so long, awake ms: shorter jumps about, longer remembers what is over. */
const WINDOW_MS = 10_000;
/** Of fewer packets no share of loss is said: two of ten is chance. */
const LEAST_PACKETS = 50;
/** Told in steps of, ms, so that a page does not draw itself anew for every breath of the network. */
const RTT_STEP_MS = 50;

/**
 * Bars for at most so much loss and delay. Speech survives some percent by concealment (Opus in-band FEC), pictures freeze from
 * about five; conversation becomes "over to you" from about 500 ms there and back (ITU-T G.114 gives 150 to 400 ms one way).
 */
const steps = Object.freeze([
  { bars: /** @type {const} */ (4), percent: 2, rttMs: 300 },
  { bars: /** @type {const} */ (3), percent: 5, rttMs: 500 },
  { bars: /** @type {const} */ (2), percent: 10, rttMs: 1000 },
]);

export class QualityMeter {
  /** @type {{awake: number, received: number, lost: number}[]} */ #samples = [];
  /** @type {Quality | null} */ #shown = null;

  /** Null until something is known. @returns {Quality | null} */
  get shown() { return this.#shown; }

  /** @param {number} awake ms @param {Counted} counted */
  take(awake, { received, lost, rttMs }) {
    const last = this.#samples.at(-1);
    // Counters that run backwards are those of another stream: what was before says nothing of it.
    if (last && received < last.received) this.#samples = [];
    this.#samples.push({ awake, received, lost });
    while (this.#samples.length > 2 && awake - (this.#samples[1]?.awake ?? 0) >= WINDOW_MS) this.#samples.shift();
    const first = /** @type {{received: number, lost: number}} */ (this.#samples[0]);
    // Retransmissions that arrive late take a loss back, so the difference may be below nothing.
    const gone = Math.max(0, lost - first.lost);
    const all = gone + received - first.received;
    const percent = all >= LEAST_PACKETS ? Math.round((100 * gone) / all) : null;
    if (percent === null && rttMs === null) return void (this.#shown = null);
    const { bars } = steps.find((step) => (percent ?? 0) <= step.percent && (rttMs ?? 0) <= step.rttMs) ?? { bars: /** @type {const} */ (1) };
    this.#shown = Object.freeze({ bars, lost: percent ?? 0, rttMs: rttMs === null ? null : Math.round(rttMs / RTT_STEP_MS) * RTT_STEP_MS });
  }
}
