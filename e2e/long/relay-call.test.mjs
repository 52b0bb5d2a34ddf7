/**
 * Calls by the relay alone for twenty minutes, one of each pairing at once: long enough that every nonce, permission,
 * channel and allocation runs out several times and lives only because the browsers renewed it and the relay let them.
 *
 *     node --test e2e/long/relay-call.test.mjs        PARLOUR_CALL_MINUTES for another length
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

const MINUTES = Number(process.env["PARLOUR_CALL_MINUTES"] ?? 20);
const LOOK_EVERY_MS = 5000;
/** Six browsers on a busy machine may stutter; a permission that ran out is silence for good. */
const LONGEST_GAP_MS = 20_000;
const RELAYED = /^relay\/(relay|prflx)$/;

const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Record<string, [Page, Page]>} */
let pairings = {};

before(async () => {
  const trusts = makeCertificate(OWN_NAME);
  server = await stage.serveTls(trusts);
  const chromium = () => stage.chromium("person in Chromium", { trusts });
  const firefox = () => stage.firefox("person in Firefox", { trusts });
  pairings = {
    "Chromium and Chromium": [await chromium(), await chromium()],
    "Chromium and Firefox": [await chromium(), await firefox()],
    "Firefox and Firefox": [await firefox(), await firefox()],
  };
});
after(() => stage.clear());

test(`relayed calls of every pairing flow for ${MINUTES} minutes`, { timeout: (MINUTES + 10) * 60_000 }, async () => {
  for (const [one, two] of Object.values(pairings)) {
    const link = await startRoom(one, server.origin);
    await join(one, { hide: true });
    await openAndJoin(two, link, { hide: true });
    for (const page of [one, two]) await expectMedia(page, { people: 1, road: RELAYED, timeout: 60_000 });
  }
  const longest = await Promise.all(Object.entries(pairings).flatMap(([pairing, pages]) => pages.map((page) => watch(pairing, page))));
  for (const line of longest) process.stdout.write(`# ${line}\n`);
});

test("the relay renewed nonces, permissions, channels and allocations", { timeout: 60_000 }, async () => {
  await server.stop();
  const line = server.log.split("\n").find((text) => text.includes("relayed_calls_cut")) ?? "";
  process.stdout.write(`# ${line.replace(/.*stopped/, "stopped")}\n`);
  const count = (/** @type {string} */ name) => Number(line.match(new RegExp(`\\b${name}=(\\d+)`))?.[1] ?? -1);
  // Six ends of three calls. Per end: permissions every 4 to 5 minutes, allocations every 9 to 10, and at each new
  // nonce a 438. Only Chromium binds channels, and renews them every 4 to 5 minutes: 2 + 1 ends.
  const renewals = Math.floor(MINUTES / 5) - 1;
  assert.ok(count("permissions") >= 6 * (1 + renewals), `permissions: ${line}`);
  assert.ok(count("channels") >= 3 * (1 + renewals), `channels: ${line}`);
  assert.ok(count("refreshes") >= 6 * Math.floor(MINUTES / 10), `refreshes: ${line}`);
  assert.ok(count("stale_nonces") >= 6 * (Math.ceil(MINUTES / 10) - 1), `stale nonces: ${line}`);
  assert.ok(count("packets") > MINUTES * 60 * 6 * 10, `packets: ${line}`);
});

/**
 * Looks every five seconds whether pictures and sound came since the last look, and by the relay.
 * @param {string} pairing
 * @param {Page} page
 * @returns {Promise<string>} the longest time without either
 */
async function watch(pairing, page) {
  const end = Date.now() + MINUTES * 60_000;
  const gaps = { frames: 0, soundPackets: 0 };
  const last = { frames: Date.now(), soundPackets: Date.now() };
  let [before] = await receptionsOf(page);
  const pc = before?.pc;
  while (Date.now() < end) {
    await sleep(LOOK_EVERY_MS);
    const [now] = await receptionsOf(page);
    assert.ok(before && now, `${pairing}: ${page.browser} has no connection any more`);
    assert.equal(now.pc, pc, `${pairing}: ${page.browser} had to connect anew`);
    assert.match(now.road, RELAYED, pairing);
    for (const what of /** @type {const} */ (["frames", "soundPackets"])) {
      if (now[what] > before[what]) last[what] = Date.now();
      gaps[what] = Math.max(gaps[what], Date.now() - last[what]);
      assert.ok(gaps[what] < LONGEST_GAP_MS, `${pairing}: ${page.browser} got no ${what} for ${gaps[what]} ms, after ${Math.round((MINUTES * 60_000 - (end - Date.now())) / 1000)} s`);
    }
    before = now;
  }
  return `${pairing}, ${page.browser}: longest look without pictures ${gaps.frames} ms, without sound ${gaps.soundPackets} ms, over ${before?.relayProtocol}`;
}
