/**
 * How soon somebody with a slow phone sees the page and can use it: 150 ms to the server and back, 1.6 Mbit/s, a processor four times
 * slower than this one, nothing in the cache.
 *
 *     node e2e/bench/first-paint.mjs            about a minute; needs what e2e/run.mjs needs
 *
 * Figures for docs/performance.md, no test: nothing fails because a machine is slow. The network is the browser's own pretence, which
 * delays each request; setting up a connection costs nothing in it.
 */

import process from "node:process";
import { join, startRoom } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";

/** @typedef {{ paint: number, first: number, there: number, files: number, bytes: number, firstFiles: number, firstBytes: number }} Figures ms, and bytes as they came */

const ROUNDS = 5;
const PHONE = { latencyMs: 150, bytesPerSecond: 1_600_000 / 8, cpu: 4 };

const stage = new Stage();
try {
  const server = await stage.serve();
  const host = await stage.chromium("host");
  const link = await startRoom(host, server.origin);
  await join(host, { name: "Host" });
  const phone = await stage.chromium("phone");
  await phone.slow(PHONE);
  await measure("the front page, until all of it is there", `${server.origin}/`, "#link");
  await measure("a guest's link, until the preview can be used", link, ".preview-panel");

  /** @param {string} what @param {string} url @param {string} mark what is there when one can go on */
  async function measure(what, url, mark) {
    /** @type {Figures[]} */
    const all = [];
    for (let round = 0; round < ROUNDS; round++) {
      await phone.open(url);
      all.push(await phone.evaluate(figures, mark));
    }
    const median = (/** @type {keyof Figures} */ name) => all.map((one) => one[name]).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
    const kB = (/** @type {keyof Figures} */ name) => `${((median(name) ?? 0) / 1000).toFixed(1)} kB`;
    process.stdout.write(`${what} (median of ${ROUNDS}): first paint ${median("paint")} ms, first screen ${median("first")} ms with ${median("firstFiles")} files of ${kB("firstBytes")}, `
      + `usable ${median("there")} ms; ${median("files")} files, ${kB("bytes")} in all\n`);
  }
} finally {
  await stage.clear();
}

/**
 * Runs in the page.
 * @param {string} mark
 * @returns {Promise<Figures>}
 */
async function figures(mark) {
  const at = (/** @type {string} */ name) => performance.getEntriesByName(name)[0]?.startTime ?? 0;
  while (!document.querySelector(mark) || at("parlour: everything") === 0) await new Promise((done) => setTimeout(done, 20));
  const there = Math.max(performance.now(), 0);
  const all = /** @type {PerformanceResourceTiming[]} */ ([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]);
  const first = at("parlour: first screen");
  const early = all.filter(({ responseEnd }) => responseEnd <= first);
  const bytes = (/** @type {PerformanceResourceTiming[]} */ files) => files.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  return {
    paint: Math.round(at("first-contentful-paint")), first: Math.round(first), there: Math.round(mark === "#link" ? at("parlour: everything") : there),
    files: all.length, bytes: bytes(all), firstFiles: early.length, firstBytes: bytes(early),
  };
}
