/**
 * How soon somebody with a slow phone sees the page and can use it: 150 ms to the server and back, 1.6 Mbit/s, a processor four times
 * slower than this one; at first with nothing in the cache, then with what the visit before has left there.
 *
 *     node e2e/bench/first-paint.mjs            about two minutes; needs what e2e/run.mjs needs
 *
 * Figures for docs/performance.md, no test: nothing fails because a machine is slow. The network is the browser's own pretence, which
 * delays each request; setting up a connection costs nothing in it. A debug build lets nothing be cached.
 */

import process from "node:process";
import { join, startRoom } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";

/** When, in ms, something was there first. @typedef {"paint" | "screen" | "preview" | "picture" | "room" | "everything"} Moment */
/** @typedef {Partial<Record<Moment, number>> & { requests: number, bytes: number, early: number, earlyBytes: number }} Figures bytes as they came; `early`: until the moment that is asked for */

const ROUNDS = 5;
const PHONE = { latencyMs: 150, bytesPerSecond: 1_600_000 / 8, cpu: 4 };

const stage = new Stage();
try {
  const server = await stage.serve();
  const host = await stage.chromium("host");
  const link = await startRoom(host, server.origin);
  await join(host, { name: "Host" });
  const phone = await stage.chromium("phone");
  await phone.runFirst(watch);
  const front = `${server.origin}/`;
  for (const cached of [false, true]) {
    await phone.slow({ ...PHONE, cached });
    if (cached) await phone.open(link);
    const visit = cached ? "again" : "first visit";
    await measure(`${visit}, the front page, until its first screen`, front, "screen");
    await measure(`${visit}, a guest's link, until the preview can be used`, link, "picture");
    await measure(`${visit}, from the front page into a room of one's own, "Start a room" pressed at once, until its preview`, `${front}?start`, "picture");
  }

  /** @param {string} what @param {string} url @param {Moment} mark what the early files are counted until */
  async function measure(what, url, mark) {
    /** @type {Figures[]} */
    const all = [];
    for (let round = 0; round < ROUNDS; round++) {
      await phone.open(url);
      const wanted = /** @type {Moment[]} */ (url === front ? ["screen", "everything"] : ["picture", "room", "everything"]);
      await phone.waitFor((moments) => moments.every((moment) => moment in /** @type {any} */ (window).__seen), 40_000, wanted.join(), wanted);
      all.push(await phone.evaluate(figures, mark));
    }
    /** @param {(one: Figures) => number | undefined} value */
    const median = (value) => all.map((one) => value(one) ?? 0).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
    const moments = /** @type {const} */ (["paint", "screen", "preview", "picture", "room", "everything"]);
    const times = moments.map((moment) => [moment, median((one) => one[moment])]).filter(([, ms]) => ms !== 0).map(([moment, ms]) => `${moment} ${ms} ms`);
    process.stdout.write(`${what} (median of ${ROUNDS}): ${times.join(", ")}; ${median((one) => one.early)} files of ${(median((one) => one.earlyBytes) / 1000).toFixed(1)} kB until then, `
      + `${median((one) => one.requests)} of ${(median((one) => one.bytes) / 1000).toFixed(1)} kB in all\n`);
  }
} finally {
  await stage.clear();
}

/** Runs in the page, from before its first script: notes when things were there, and presses what is to be pressed. */
function watch() {
  /** @type {Record<string, number>} */
  const seen = {};
  Object.assign(window, { __seen: seen });
  const look = setInterval(() => {
    const join = document.querySelector(".preview-join button");
    const start = document.querySelector(".button-start");
    /** @type {Record<string, boolean>} */
    const isThere = {
      preview: join?.checkVisibility() === true,
      picture: join?.checkVisibility() === true && Boolean(document.querySelector("video")?.videoWidth),
      room: document.querySelector(".preview-invite")?.checkVisibility({ visibilityProperty: true }) === true,
    };
    for (const [what, is] of Object.entries(isThere)) if (is) seen[what] ??= Math.round(performance.now());
    for (const [what, mark] of [["screen", "parlour: first screen"], ["everything", "parlour: everything"], ["paint", "first-contentful-paint"]]) {
      const at = performance.getEntriesByName(mark ?? "")[0]?.startTime;
      if (what && at !== undefined) seen[what] = Math.round(at);
    }
    if (location.search === "?start" && start instanceof HTMLElement && !("pressed" in seen)) {
      seen["pressed"] = Math.round(performance.now());
      start.click();
    }
    if (performance.now() > 60_000) clearInterval(look);
  }, 20);
}

/**
 * Runs in the page.
 * @param {string} mark
 * @returns {Figures}
 */
function figures(mark) {
  const seen = /** @type {any} */ (window).__seen;
  const all = /** @type {PerformanceResourceTiming[]} */ ([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")])
    // What the cache answered alone was no request.
    .filter(({ transferSize }) => transferSize > 0);
  const early = all.filter(({ responseEnd }) => responseEnd <= seen[mark]);
  const bytes = (/** @type {PerformanceResourceTiming[]} */ files) => files.reduce((sum, { transferSize }) => sum + Math.max(0, transferSize - 300), 0);
  return { ...seen, requests: all.length, bytes: bytes(all), early: early.length, earlyBytes: bytes(early) };
}
