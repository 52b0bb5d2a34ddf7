/**
 * In a network whose proxy knows no WebSockets: Chromium and Firefox meet by polling, the server dies and comes back, and
 * when the proxy lets WebSockets through the pages change over. What the proxy carried is the witness.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { expectMedia } from "../lib/media.mjs";
import { expectTiles, join, leave, openAndJoin, startRoom } from "../lib/meeting.mjs";
import { deadline } from "../lib/patience.mjs";
import { sleep } from "../lib/process.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const step = story();
const stage = new Stage();
const ORIGIN = "http://127.0.0.1:8081";
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {import("../lib/process.mjs").Child} */
let proxy;
/** @type {Page} */
let ada;
/** @type {Page} */
let ben;
/** @type {Record<string, number[]>} the peer connections of each page */
let calls;

before(async () => {
  proxy = stage.namespace.start([process.execPath, new URL("../lib/no_upgrade.mjs", import.meta.url).pathname, "8081", "8080"]);
  [server, ada, ben] = await Promise.all([stage.serve(), stage.chromium("Ada"), stage.firefox("Ben")]);
  await proxy.line(/^ready$/, 10_000, "the proxy");
});

after(async () => {
  await proxy?.kill();
  await stage.clear();
});

/** How many lines the proxy has said since. @param {RegExp} pattern @param {number} [since] */
const count = (pattern, since = 0) => proxy.lines.slice(since).filter((line) => pattern.test(line)).length;

/** @param {RegExp} pattern @param {number} times @param {number} since */
async function carries(pattern, times, since) {
  const isOver = deadline(30_000);
  while (count(pattern, since) < times) {
    if (isOver()) throw await ada.failure(`the proxy carries ${pattern} ${times} times: not within 30 s; it carried:\n${proxy.tail(60)}`);
    await sleep(100);
  }
}

/** Both see and hear the other. @returns {Promise<Record<string, number[]>>} by which peer connections */
async function see() {
  const found = await Promise.all([ada, ben].map((page) => expectMedia(page, { people: 1, road: /host|prflx/ })));
  return Object.fromEntries([ada, ben].map((page, i) => [page.name, (found[i] ?? []).map(({ pc }) => pc)]));
}

step("two people meet by polling, and what one writes the other reads", 90_000, async () => {
  const link = await startRoom(ada, ORIGIN);
  await join(ada, { name: "Ada" });
  await openAndJoin(ben, link, { name: "Ben" });
  calls = await see();
  await ada.click("Chat");
  await ada.fill("Message to everyone", "Good morning");
  await ada.click("Send");
  await ben.click("Chat, 1 new");
  await ben.waitFor(() => [...document.querySelectorAll(".talk-text")].some(({ textContent }) => textContent === "Good morning"), 10_000, "what Ada wrote");
  assert.equal(count(/^down .*\bjoined\b/), 2);
  assert.ok(count(/^websocket refused$/) >= 4, "each tried twice");
});

step("the server is killed and started again: both are back without a click, and the call knows nothing of it", 60_000, async () => {
  const since = proxy.lines.length;
  await server.kill();
  server = await stage.serve();
  await carries(/^down .*\bjoined\b/, 2, since);
  assert.deepEqual(await see(), calls, "the same peer connections");
  assert.equal(count(/^websocket (?!refused)/), 0, "no WebSocket got through so far");
});

step("the proxy lets WebSockets through: both sessions go on by one, and the call knows nothing of it", 60_000, async () => {
  const since = proxy.lines.length;
  proxy.process.stdin?.write("open\n");
  await proxy.line(/^open$/, 5000, "the proxy");
  // Pages look again after half a minute, or when their device says that it is online.
  for (const page of [ada, ben]) await page.evaluate(() => void dispatchEvent(new Event("online")));
  await carries(/^websocket resumed$/, 2, since);
  assert.deepEqual(await see(), calls, "the same peer connections");
  const moved = proxy.lines.length;
  await leave(ben);
  await expectTiles(ada, 0);
  assert.equal(count(/^(up|down) /, moved), 0, "nobody polls any more");
  assert.equal(count(/^websocket (welcome|gone)$/), 0, "no session began anew");
});
