/**
 * Calls by the relay alone for twenty minutes, one of each pairing at once: long enough that every nonce, permission,
 * channel and allocation runs out several times and lives only because the browsers renewed it and the relay let them.
 *
 *     node --test e2e/long/relay-call.test.mjs        PARLOUR_CALL_MINUTES for another length
 *
 * Each pairing has a network and a server of its own, so that its transport is certain and what is counted is its own: UDP
 * for Chromium and Chromium, TCP for the mixed pair, TLS for Firefox and Firefox. Nine calls at once are too much for two
 * cores; PARLOUR_CALL_TURN=1 and 2 deal the transports out the other ways, so that three runs are all nine.
 *
 * The relay's nonces live for 10 minutes, permissions for 5, channels and allocations for 10 (RFC 8656 §9, §12, §7.2).
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { makeCertificate } from "../lib/certificate.mjs";
import { expectMedia, receptionsOf } from "../lib/media.mjs";
import { join, openAndJoin, startRoom } from "../lib/meeting.mjs";
import { OWN_NAME } from "../lib/namespace.mjs";
import { sleep } from "../lib/process.mjs";
import { Stage } from "../lib/stage.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */
/** @typedef {"udp" | "tcp" | "tls"} Transport */
/**
 * @typedef {object} Call two people, their network and their server
 * @property {string} pairing and by what
 * @property {Transport} transport
 * @property {import("../lib/server.mjs").Server} server
 * @property {[Page, Page]} pages
 */

const MINUTES = Number(process.env["PARLOUR_CALL_MINUTES"] ?? 20);
const LOOK_EVERY_MS = 5000;
/** Six browsers on a busy machine may stutter; a permission that ran out is silence for good. */
const LONGEST_GAP_MS = 20_000;
const RELAYED = /^relay\/(relay|prflx)$/;
const TURN = Number(process.env["PARLOUR_CALL_TURN"] ?? 0);
const TRANSPORTS = /** @type {const} */ (["udp", "tcp", "tls"]);
const PAIRINGS = /** @type {const} */ ([["chromium", "chromium"], ["chromium", "firefox"], ["firefox", "firefox"]]);

/** @type {Stage[]} */
const stages = [];
/** @type {Call[]} */
const calls = [];

before(async () => {
  for (const [number, browsers] of PAIRINGS.entries()) {
    const transport = TRANSPORTS[(number + TURN) % 3] ?? "udp";
    const stage = new Stage();
    stages.push(stage);
    stage.namespace.firewall(transport);
    // Without HTTPS no relay over TLS is offered, so that Firefox, which has no preference, takes TCP where UDP is blocked.
    const trusts = transport === "tls" ? makeCertificate(OWN_NAME) : undefined;
    const server = trusts ? await stage.serveTls(trusts) : await stage.serve();
    const open = (/** @type {"chromium" | "firefox"} */ browser) => stage[browser](`person in ${browser} by ${transport}`, { trusts });
    calls.push({ pairing: `${browsers.join(" and ")} by ${transport}`, transport, server, pages: [await open(browsers[0]), await open(browsers[1])] });
  }
});
after(() => Promise.all(stages.map((stage) => stage.clear())));

test(`relayed calls of every pairing flow for ${MINUTES} minutes`, { timeout: (MINUTES + 10) * 60_000 }, async () => {
  for (const { server, pages: [one, two] } of calls) {
    const link = await startRoom(one, server.origin);
    await join(one, { hide: true });
    await openAndJoin(two, link, { hide: true });
    for (const page of [one, two]) await expectMedia(page, { people: 1, road: RELAYED, timeout: 60_000 });
  }
  const longest = await Promise.all(calls.flatMap((call) => call.pages.map((page) => watch(call, page))));
  for (const line of longest) process.stdout.write(`# ${line}\n`);
});

test("the relay renewed nonces, permissions, channels and allocations of each", { timeout: 60_000 }, async () => {
  await Promise.all(calls.map(({ server }) => server.stop()));
  for (const { pairing, server, pages } of calls) {
    const line = server.log.split("\n").find((text) => text.includes("relayed_calls_cut"))?.replace(/.*stopped/, "stopped") ?? "";
    process.stdout.write(`# ${pairing}: ${line}\n`);
    const expect = (/** @type {string} */ name, /** @type {number} */ least) => {
      const count = Number(line.match(new RegExp(`\\b${name}=(\\d+)`))?.[1] ?? -1);
      assert.ok(count >= least, `${pairing}: ${name} should be at least ${least}: ${line}`);
    };
    // Per end: permissions every 4 to 5 minutes, allocations every 9 to 10, and a 438 for the first request after a nonce's
    // 10 minutes, so 10 to 15 minutes after the last. Only Chromium binds channels, and renews them every 4 to 5 minutes.
    const binders = pages.filter(({ browser }) => browser === "chromium").length;
    const fives = Math.max(1, Math.floor(MINUTES / 5));
    expect("permissions", 2 * fives);
    expect("channels", binders * fives);
    expect("refreshes", 2 * Math.floor(MINUTES / 10));
    expect("stale_nonces", 2 * Math.floor(MINUTES / 15));
    expect("packets", MINUTES * 60 * 2 * 10);
  }
});

/**
 * Looks every five seconds whether pictures and sound came since the last look, and by the relay.
 * @param {Call} call
 * @param {Page} page
 * @returns {Promise<string>} the longest time without either
 */
async function watch({ pairing, transport }, page) {
  const end = Date.now() + MINUTES * 60_000;
  const gaps = { frames: 0, soundPackets: 0 };
  const last = { frames: Date.now(), soundPackets: Date.now() };
  /** @type {import("../lib/media.mjs").Reception | undefined} */
  let before;
  while (Date.now() < end) {
    await sleep(LOOK_EVERY_MS);
    const [now] = await receptionsOf(page);
    // On a busy machine statistics may come too late to be looked at, or, in Firefox, name no pair for a moment: then
    // nothing has come as far as this look is concerned.
    const seen = now?.road ? now : undefined;
    if (seen) {
      assert.equal(seen.pc, (before ?? seen).pc, `${pairing}: ${page.browser} had to connect anew`);
      assert.match(seen.road, RELAYED, pairing);
      assert.equal(seen.relayProtocol, transport, `${pairing}: ${page.browser}`);
    }
    for (const what of /** @type {const} */ (["frames", "soundPackets"])) {
      if (seen && seen[what] > (before?.[what] ?? 0)) last[what] = Date.now();
      gaps[what] = Math.max(gaps[what], Date.now() - last[what]);
      assert.ok(gaps[what] < LONGEST_GAP_MS, `${pairing}: ${page.browser} got no ${what} for ${gaps[what]} ms, after ${Math.round((MINUTES * 60_000 - (end - Date.now())) / 1000)} s`);
    }
    before = seen ?? before;
  }
  return `${pairing}, ${page.browser}: longest look without pictures ${gaps.frames} ms, without sound ${gaps.soundPackets} ms, over ${before?.relayProtocol}`;
}
