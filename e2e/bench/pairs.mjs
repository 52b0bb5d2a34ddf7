/**
 * What the sealing costs a page: script per pair, and the time from the press of Join to everybody's tile in a room of 8.
 *
 *     node e2e/bench/pairs.mjs            about two minutes; needs what e2e/run.mjs needs
 *
 * Figures for docs/performance.md, no test: nothing fails because a machine is slow.
 */

import process from "node:process";
import { atScreen } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const ROUNDS = 40;
const OTHERS = 7;
const JOINS = 3;

const stage = new Stage();
try {
  const server = await stage.serve();
  const crowd = await stage.chromium("the seven");
  const link = await seven(crowd, server.origin);
  for (const start of /** @type {const} */ (["chromium", "firefox"])) {
    const page = await stage[start](start);
    await page.open(`${server.origin}/`);
    await atScreen(page, "landing");
    say(start, "a pair, both sides in one page", await page.evaluate(pairs, ROUNDS, 1));
    say(start, `a newcomer and ${OTHERS} others, all in one page`, await page.evaluate(pairs, Math.ceil(ROUNDS / OTHERS), OTHERS));
    for (let count = 0; count < JOINS; count++) process.stdout.write(`${start}: joining ${OTHERS} others, ms from the press: ${JSON.stringify(await joinSeven(page, link))}\n`);
    await page.open("about:blank");
  }
} finally {
  await stage.clear();
}

/** @param {string} browser @param {string} what @param {number[]} times ms a pair */
function say(browser, what, times) {
  const sorted = [...times].sort((a, b) => a - b).map((value) => Math.round(value * 10) / 10);
  const at = (/** @type {number} */ part) => sorted[Math.floor((sorted.length - 1) * part)];
  process.stdout.write(`${browser}: ${what}: ${at(0.5)} ms a pair (${at(0)} to ${at(1)}, nine of ten below ${at(0.9)})\n`);
}

/**
 * Runs in a page: from the server's view to a person on each side, over a server that is a function call. Wall time, so
 * WebCrypto's threads are in it, and the work of both sides.
 * @param {number} rounds @param {number} others
 */
async function pairs(rounds, others) {
  const from = (/** @type {string} */ name) => import(`${location.origin}/sdk/${name}.js`);
  const [{ Pairs }, { makeCore }, { createRoom }, { Knowledge }, { b64 }] = await Promise.all(["seal/pairs", "seal/core", "seal/room", "knowledge", "seal/bytes"].map(from));
  /** @type {number[]} */
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const made = await createRoom({ now: Math.floor(Date.now() / 1000) });
    /** @type {Map<string, any>} */
    const pages = new Map();
    let met = 0;
    /** @type {(value?: unknown) => void} */
    let done = () => {};
    const all = new Promise((resolve) => (done = resolve));
    for (let number = 0; number <= others; number++) {
      const knowledge = new Knowledge({ room: made.room, hostPk: made.host.publicKey, flags0: made.flags0 }, made.link);
      knowledge.book.add([made.state]);
      const me = await makeCore(made.room, crypto.getRandomValues(new Uint8Array(32)));
      const pid = b64(me.pid);
      const onOutput = (/** @type {any} */ output) => {
        if (output.t === "signal") queueMicrotask(() => pages.get(output.to)?.handleSignal(pid, output.body));
        if (output.t === "person" && ++met === 2 * others) done();
      };
      pages.set(pid, new Pairs({ me, room: knowledge, first: () => ({ gen: 0, name: "Somebody", audio: true, video: true }), onOutput }));
    }
    const [newcomer = "", ...listed] = [...pages.keys()];
    const seats = [...listed, newcomer].map((pid) => ({ pid }));
    // Those who were there know nobody but the newcomer: what they cost each other is not asked.
    for (const pid of listed) pages.get(pid).handleView({ seats: [{ pid }, { pid: newcomer }], porch: [], me: pid, seated: true });
    const began = performance.now();
    pages.get(newcomer).handleView({ seats, porch: [], me: newcomer, seated: true });
    for (const machine of pages.values()) machine.handleTick(500);
    await all;
    times.push((performance.now() - began) / others);
    for (const machine of pages.values()) machine.stop();
  }
  return times;
}

/**
 * Seven people in one page, who send nothing: each with a memory of their own.
 * @param {Page} page @param {string} origin @returns {Promise<string>} the link of their room
 */
async function seven(page, origin) {
  await page.open(`${origin}/`);
  await atScreen(page, "landing");
  const fragment = await page.evaluate(async (count) => {
    const { Meeting } = await import(`${location.origin}/sdk/parlour.js`);
    Object.defineProperty(window, "indexedDB", { value: undefined });
    const host = await Meeting.create();
    await host.join({ name: "1" });
    const all = (/** @type {any} */ (window).seven = [host]);
    while (all.length < count) {
      const guest = await Meeting.open({ fragment: host.link });
      await guest.join({ name: String(all.length + 1) });
      all.push(guest);
    }
    return host.link;
  }, OTHERS);
  await page.waitFor((count) => /** @type {any} */ (window).seven.every((/** @type {any} */ { people }) => people.length === count - 1), 60_000, "seven who see each other", OTHERS);
  return `${origin}/${fragment}`;
}

/**
 * @param {Page} page @param {string} link
 * @returns {Promise<{first: number, all: number}>} ms from the press of Join to the first tile, and to all of them
 */
async function joinSeven(page, link) {
  await page.open(link);
  await atScreen(page, "preview");
  await page.evaluate((count) => {
    const w = /** @type {any} */ (window);
    w.times = { pressed: 0, first: 0, all: 0 };
    addEventListener("submit", () => (w.times.pressed = performance.now()), true);
    new MutationObserver(() => {
      const tiles = document.querySelectorAll("[data-person]").length;
      if (tiles > 0) w.times.first ||= performance.now();
      if (tiles === count) w.times.all ||= performance.now();
    }).observe(document.body, { subtree: true, childList: true });
  }, OTHERS);
  await page.click("Join");
  await page.waitFor("window.times.all > 0", 60_000, "seven tiles");
  const { pressed, first, all } = await page.evaluate("window.times");
  await page.click("Leave");
  await atScreen(page, "left", 10_000);
  return { first: Math.round(first - pressed), all: Math.round(all - pressed) };
}
