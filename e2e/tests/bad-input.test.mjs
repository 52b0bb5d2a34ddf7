/**
 * What goes wrong, said in a sentence: links that are damaged or lead nowhere, a full room, no camera, an address
 * that is not secure, a browser that dies, and a program that is started wrongly.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { atScreen, expectTile, expectTiles, join, leave, linkToNowhere, openAndJoin, startRoom } from "../lib/meeting.mjs";
import { OWN_ADDRESS } from "../lib/namespace.mjs";
import { sleep } from "../lib/process.mjs";
import { startProgram } from "../lib/server.mjs";
import { Stage } from "../lib/stage.mjs";
import { bound } from "../lib/patience.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Page} */
let ada;
/** @type {Page} */
let ben;
/** When the browser of the fourth test was ended; its seat is held for 30 s, while other tests run. */
let died = 0;

before(async () => {
  [server, ada, ben] = await Promise.all([stage.serve(["--max-people", "2"]), stage.chromium("Ada"), stage.chromium("Ben")]);
});

after(() => stage.clear());

/**
 * Waits until the page's main part says this.
 * @param {Page} page
 * @param {RegExp} pattern
 * @param {number} [timeout] milliseconds
 */
function says(page, pattern, timeout = 10_000) {
  return page.waitFor(
    (source) => new RegExp(source, "i").test((document.querySelector("main")?.innerText ?? "").replace(/\s+/g, " ")),
    timeout,
    `the words ${pattern}`,
    pattern.source,
  );
}

test("a damaged link is called damaged, not missing", { timeout: bound(30_000) }, async () => {
  const link = await startRoom(ada, server.origin);
  const [, head = "", last = ""] = link.match(/^(.*)(.)$/) ?? [];
  for (const damaged of [head, `${head}${last === "q" ? "r" : "q"}`, `${server.origin}/#1`, `${server.origin}/#%00<b>1`]) {
    await ben.open(damaged);
    await atScreen(ben, "problem|landing");
    await says(ben, /damaged|incomplete/);
    assert.equal(await ben.has("Join"), false, damaged);
  }
});

test("a link into a room that the server does not know says that nobody has opened it", { timeout: bound(40_000) }, async () => {
  await ben.open(`${server.origin}/`);
  await ben.open(await linkToNowhere(ben));
  await atScreen(ben, "preview");
  await says(ben, /no such room yet/);
  await assert.rejects(ben.click("Join", { timeout: bound(500) }), /cannot press button "Join"/);
});

test("the third person before a room for two is told that it is full, and gets in when there is a seat", { timeout: bound(60_000) }, async () => {
  const cy = await stage.chromium("Cy");
  const link = await startRoom(ada, server.origin);
  await join(ada);
  await openAndJoin(ben, link);
  await cy.open(link);
  await atScreen(cy, "preview");
  await cy.click("Join");
  await says(cy, /room is full/);
  await expectTiles(ada, 1);
  await leave(ben);
  await cy.open(link);
  await join(cy);
  await expectTiles(ada, 1);
  // One press of Back does not end a call.
  await ada.evaluate(() => history.back());
  await ada.waitFor((before) => location.href === before && document.getElementById("toasts")?.innerText.includes("Go back once more to leave the call"), 5000, "the word about going back", link);
  await atScreen(ada, "call");
  // Nor does whatever somebody makes of the address.
  await ada.evaluate(() => { location.hash = "#1damaged"; });
  await ada.waitFor((before) => location.href === before && document.getElementById("toasts")?.innerText.includes("This link is damaged"), 5000, "the word about the address, which is the room's again", link);
  // What is done twice is meant.
  for (let presses = 0; presses < 6 && (await ada.evaluate(() => document.querySelector("main")?.dataset["screen"])) === "call"; presses += 1) {
    await ada.evaluate(() => history.back());
    await sleep(300);
  }
  await atScreen(ada, "left");
  await cy.kill();
});

test("a browser that dies without good-bye is shown as lost", { timeout: bound(60_000) }, async () => {
  const dan = await stage.chromium("Dan");
  const link = await startRoom(ben, server.origin);
  await join(ben);
  await openAndJoin(dan, link, { name: "Dan" });
  await expectTile(ben, /^Dan, Direct/, "Dan is there");
  await dan.kill();
  died = Date.now();
  await expectTile(ben, /^Dan.*Reconnecting/, "Dan's tile says that the connection is lost", 12_000);
});

for (const [camera, sentence] of /** @type {["denied" | "absent", RegExp][]} */ ([["denied", /blocking (the )?camera/], ["absent", /no camera/]])) {
  test(`Chromium, camera ${camera}: the page says so and the person can join without`, { timeout: bound(40_000) }, async () => {
    const eve = await stage.chromium("Eve", { camera });
    await startRoom(eve, server.origin);
    await says(eve, sentence);
    await join(eve);
    await expectTiles(eve, 0);
    assert.deepEqual(eve.errors, []);
    await eve.kill();
  });
}

test("Firefox, camera denied: the page says so and the person can join without", { timeout: bound(60_000) }, async () => {
  const fay = await stage.firefox("Fay", { camera: "denied" });
  await startRoom(fay, server.origin);
  await says(fay, /blocking (the )?camera/);
  await join(fay);
  await expectTiles(fay, 0);
  await fay.kill();
});

test("plain http on an address that is not loopback: the page says what is wrong with it", { timeout: bound(60_000) }, async () => {
  const plain = await stage.serve([], { listen: `${OWN_ADDRESS}:8083`, relayListen: `${OWN_ADDRESS}:3483` });
  const gus = await stage.firefox("Gus");
  for (const page of [ada, gus]) {
    const before = page.errors.length;
    await page.open(`${plain.origin}/`);
    await says(page, /not secure.*https/);
    assert.deepEqual(page.errors.slice(before).filter((text) => !/cross-origin-opener-policy/i.test(text)), [], page.name);
  }
  await gus.kill();
  await plain.kill();
});

test("a taken port ends the program with a sentence that says which flag to use", { timeout: bound(20_000) }, async () => {
  for (const [args, flag] of /** @type {[string[], RegExp][]} */ ([
    [["--listen", "127.0.0.1:8080", "--relay-listen", "127.0.0.1:3490"], /--listen/],
    [["--listen", "127.0.0.1:8090", "--relay-listen", `${OWN_ADDRESS}:3478`], /--relay-listen/],
  ])) {
    const child = startProgram(stage.namespace, args);
    await child.ended;
    const [sentence = "", ...more] = child.errorLines.filter((line) => line.trim());
    assert.equal(child.status, 1, child.tail());
    assert.match(sentence, flag);
    assert.match(sentence, /taken|in use/i);
    assert.deepEqual(more, [], "one sentence is enough");
  }
});

test("a flag that does not exist or makes no sense ends the program with help, not with a panic", { timeout: bound(20_000) }, async () => {
  for (const [args, words] of /** @type {[string[], RegExp][]} */ ([
    [["--lissten", "127.0.0.1:8080"], /--listen/],
    [["--listen", "here"], /invalid.*here/i],
    [["--max-people", "1"], /--max-people/],
    [["dance"], /dance/],
  ])) {
    const child = startProgram(stage.namespace, args);
    await child.ended;
    const said = child.errorLines.join("\n");
    assert.equal(child.status, 2, said);
    assert.match(said, words);
    assert.doesNotMatch(said, /panicked/);
  }
});

test("the tile of the browser that died is gone when its seat is: within 45 seconds", { timeout: bound(60_000) }, async () => {
  assert.ok(died, "the browser has died");
  await expectTiles(ben, 0, Math.max(1000, died + 45_000 - Date.now()));
});

test("the server lived through all of it without a panic or an error", () => {
  assert.ok(server.child.running);
  assert.doesNotMatch(server.log, /panicked|ERROR/);
});
