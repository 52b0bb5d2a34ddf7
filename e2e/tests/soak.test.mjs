/**
 * A meeting in honest hands for as long as one likes: people leave and come back, load the page again, close the lid;
 * the server dies and is started again. After each of these everybody sees and hears everybody, and nothing was ever
 * said in red: that colour is for contradictions, and there are none here (seal.md 10).
 *
 * Forty seconds in the normal run. More, with a third person in Firefox and longer sleeps:
 *
 *     PARLOUR_SOAK_MINUTES=30 node --test e2e/tests/soak.test.mjs
 *
 * `PARLOUR_SOAK_SEED` repeats the order of a run that failed; it is printed.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectMedia } from "../lib/media.mjs";
import { atScreen, expectTiles, join, leave, startRoom } from "../lib/meeting.mjs";
import { sleep } from "../lib/process.mjs";
import { Stage } from "../lib/stage.mjs";

/** @typedef {import("../lib/page.mjs").Page & {child: import("../lib/process.mjs").Child}} Page */

const minutes = Number(process.env["PARLOUR_SOAK_MINUTES"] ?? 0);
const SPAN_MS = minutes > 0 ? minutes * 60_000 : 40_000;
/** Until all is well again after a disturbance, ms: pauses to connect again, restarts of ICE, a busy machine. */
const RECOVERY_MS = 60_000;
/** The normal run is the same each time; a long one looks for what nobody has thought of. */
const seed = Number(process.env["PARLOUR_SOAK_SEED"] ?? (minutes > 0 ? Date.now() % 100_000 : 1));

const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Page[]} */
let people = [];
let link = "";
/** What was said in red by pages that are gone or loaded anew since. @type {string[]} */
const red = [];

before(async () => {
  server = await stage.serve();
  const all = [stage.chromium("Ana"), stage.chromium("Ben"), ...(minutes > 0 ? [stage.firefox("Cy")] : [])];
  people = /** @type {Page[]} */ (await Promise.all(all));
});
after(() => stage.clear());

/** @param {number} from @returns {(below: number) => number} */
function dice(from) {
  let state = (from * 2_654_435_761) % 2_147_483_647 || 1;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

/** Remembers every red remark that this document ever shows, and what the SDK did last. @param {Page} page */
function listen(page) {
  return page.evaluate(() => {
    const w = /** @type {any} */ (window);
    if (w.redRemarks) return;
    w.redRemarks = [];
    /** @type {string[]} */
    const lines = (w.traced = []);
    w.parlourTrace = (/** @type {string} */ line) => {
      lines.push(`${new Date().toISOString().slice(14, 21)} ${line}`);
      if (lines.length > 400) lines.shift();
    };
    const note = () => {
      for (const toast of document.querySelectorAll(".toast-red")) if (!w.redRemarks.includes(toast.textContent)) w.redRemarks.push(toast.textContent);
    };
    new MutationObserver(note).observe(document.body, { childList: true, subtree: true, attributes: true });
  });
}

/** To be asked before a document goes. @param {Page} page */
async function collect(page) {
  red.push(...(await page.evaluate(() => /** @type {any} */ (window).redRemarks ?? [])).map((/** @type {string} */ text) => `${page.name}: ${text}`));
}

/** @param {Page} page */
async function comeIn(page) {
  await page.open(link);
  await listen(page);
  await join(page, { name: page.name });
}

/** What the SDK of a page did last, for the story of a failure. @param {Page} page @returns {Promise<string>} */
async function traceOf(page) {
  try {
    const seen = await page.evaluate(() => {
      const w = /** @type {any} */ (window);
      return { lines: w.traced, pcs: w.__pcs.map((/** @type {RTCPeerConnection} */ pc) => `${pc.connectionState}/${pc.iceConnectionState}/${pc.signalingState}/${pc.sctp?.state}`) };
    });
    return `${page.name}: ${seen.pcs.join(" ")}\n  ${seen.lines.join("\n  ")}`;
  } catch (error) {
    return `${page.name}: cannot be asked (${error})`;
  }
}

/** Everybody sees and hears everybody else. */
async function allIsWell() {
  for (const page of people) await expectTiles(page, people.length - 1, RECOVERY_MS);
  for (const page of people) await expectMedia(page, { people: people.length - 1, road: /host|prflx|srflx|relay/, timeout: RECOVERY_MS });
}

/**
 * The machine of this person sleeps: nothing of the browser runs.
 * @param {Page} page @param {number} ms
 */
async function closeLid(page, ms) {
  const group = -page.child.pid;
  process.kill(group, "SIGSTOP");
  try {
    await sleep(ms);
  } finally {
    process.kill(group, "SIGCONT");
  }
}

/** What may happen, by name. @type {Record<string, (someone: Page, roll: (below: number) => number) => Promise<void>>} */
const events = {
  "loads the page again": async (someone) => {
    await collect(someone);
    await comeIn(someone);
  },
  "leaves and comes back": async (someone) => {
    await collect(someone);
    await leave(someone);
    await comeIn(someone);
  },
  "closes the lid": async (someone, roll) => closeLid(someone, 3000 + roll(3000) + (minutes > 0 && roll(3) === 0 ? 45_000 : 0)),
  "and everybody else lose the server": async () => {
    await server.kill();
    await sleep(500);
    server = await stage.serve();
    for (const page of people) {
      await page.waitFor(() => !/Reconnecting/.test(document.querySelector("main")?.innerText ?? ""), RECOVERY_MS, "the server is back");
    }
  },
  "mutes and unmutes": async (someone) => {
    await someone.click("Mute microphone");
    await sleep(300);
    await someone.click("Unmute microphone");
  },
};

test("a meeting that is disturbed by nobody but life itself", { timeout: SPAN_MS + 3 * RECOVERY_MS }, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const roll = dice(seed);
  const [ana] = people;
  assert.ok(ana);
  link = await startRoom(ana, server.origin);
  await listen(ana);
  await join(ana, { name: "Ana" });
  for (const page of people.slice(1)) await comeIn(page);
  await allIsWell();
  const end = Date.now() + SPAN_MS;
  const names = Object.keys(events);
  /** @type {string[]} */
  const story = [];
  // Each at least once, then whatever comes; the last person out would end the room, so only one leaves at a time.
  for (let round = 0; round < names.length || Date.now() < end; round++) {
    const name = names[round < names.length ? round : roll(names.length)] ?? "";
    const someone = people[roll(people.length)] ?? ana;
    story.push(`${new Date().toISOString().slice(14, 21)} ${someone.name} ${name}`);
    try {
      await events[name]?.(someone, roll);
      await allIsWell();
    } catch (error) {
      const traces = await Promise.all(people.map(traceOf));
      throw new Error(`seed ${seed}: ${story.slice(-6).join("; ")}\n${error instanceof Error ? error.message : error}\n${traces.join("\n")}`);
    }
  }
  for (const page of people) {
    await atScreen(page, "call");
    await collect(page);
  }
  t.diagnostic(`${story.length} disturbances`);
  assert.deepEqual(red, [], `seed ${seed}: nothing was said in red; ${story.join("; ")}`);
});
