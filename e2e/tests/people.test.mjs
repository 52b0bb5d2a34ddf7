/**
 * What may happen to a person's page besides the call: it grows old, its browser keeps nothing, its host locks somebody out or
 * leaves a room that stays.
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Hostile } from "../hostile/server.mjs";
import { atScreen, expectTiles, join, leave, startRoom } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";
import { bound } from "../lib/patience.mjs";

const OUT = fileURLToPath(new URL("../out/", import.meta.url));
const stage = new Stage();
/** Honest but for the list of who is in, in one test. @type {Hostile} */
let hostile;

before(async () => {
  mkdirSync(OUT, { recursive: true });
  hostile = await Hostile.start(stage);
});

after(async () => {
  await hostile.stop();
  await stage.clear();
});

test("a page that is 25 days old loads itself again when nobody else is there, and is in again, muted as it was", { timeout: bound(60_000) }, async () => {
  const eve = await stage.chromium("Eve");
  await startRoom(eve, hostile.origin);
  await join(eve, { name: "Eve" });
  await expectTiles(eve, 0);
  await eve.click("Mute microphone");
  const before = await eve.evaluate(() => {
    const real = Date.now;
    // For one look at the clock: the page that comes after lives in our days again.
    const days = (/** @type {number} */ count) => {
      Date.now = () => {
        Date.now = real;
        return real() + count * 86_400_000;
      };
      document.dispatchEvent(new Event("visibilitychange"));
    };
    /** @type {any} */ (window).mark = "old";
    days(24);
    const young = /** @type {any} */ (window).mark;
    days(26);
    return young;
  });
  assert.equal(before, "old", "not before its time");
  await eve.waitFor(() => /** @type {any} */ (window).mark === undefined && document.querySelector("[data-self]") !== null, 20_000, "a fresh page, in the call");
  await atScreen(eve, "call");
  await eve.reach("Unmute microphone");
  assert.deepEqual(eve.errors, []);
});

for (const browser of /** @type {const} */ (["chromium", "firefox"])) {
  test(`${browser} that keeps nothing: said before going in, the host link at once, and a question before the door is closed`, { timeout: bound(90_000) }, async () => {
    const dan = await stage[browser]("Dan", { storage: "refused" });
    await startRoom(dan, hostile.origin);
    await dan.waitFor(() => document.querySelector("dialog#device-link[open]") !== null, 10_000, "the host link");
    const dialog = await dan.evaluate(() => /** @type {HTMLElement} */ (document.querySelector("dialog#device-link"))?.innerText ?? "");
    assert.match(dialog, /keeps nothing/);
    assert.match(dialog, /#1h/);
    await dan.screenshot(`${OUT}keep-link-${browser}.png`, { width: 1280, height: 800 });
    await dan.click("Close");
    assert.match(await dan.evaluate(() => document.querySelector("main")?.innerText ?? ""), /keeps nothing[^.]*no longer host/);
    await join(dan, { name: "Dan" });
    await dan.click("People, 1 person");
    const room = await dan.evaluate(() => document.querySelector("main")?.innerText ?? "");
    assert.ok(room.includes("Off the record") && !/record this/i.test(room), "off the record there is nothing to record with");
    await dan.click("Locked");
    await dan.reach("Close the door");
    assert.match(await dan.evaluate(() => /** @type {HTMLElement} */ (document.querySelector("dialog[open]"))?.innerText ?? ""), /somebody new/);
    await dan.click("Back");
    await dan.click("Locked");
    await dan.click("Close the door");
    await dan.waitFor(() => /Nobody new can come in/.test(document.querySelector("main")?.innerText ?? ""), 10_000, "the closed door");
    assert.deepEqual(dan.errors, []);
  });
}

test("a host who locks the door while somebody is coming in is asked first, and can go back", { timeout: bound(90_000) }, async () => {
  const fay = await stage.chromium("Fay");
  await startRoom(fay, hostile.origin);
  await join(fay, { name: "Fay" });
  // A seat from which nothing is heard: all that a server, or a slow network, can show of somebody.
  hostile.lie = (view) => ({ ...view, seats: [...view.seats, { pid: "AAAAAAAAAAA" }] });
  hostile.retell();
  await fay.click("People, 1 person");
  await fay.click("Locked");
  await fay.reach("Go on anyway", { timeout: bound(15_000) });
  assert.match(await fay.evaluate(() => /** @type {HTMLElement} */ (document.querySelector("dialog[open]"))?.innerText ?? ""), /Somebody is just coming in/);
  await fay.click("Back");
  assert.equal(await fay.evaluate(() => document.querySelector('[aria-label="Who may come in"] [aria-pressed="true"]')?.textContent), "Open");
  await fay.click("Locked");
  await fay.click("Go on anyway", { timeout: bound(15_000) });
  await fay.waitFor(() => /Nobody new can come in/.test(document.querySelector("main")?.innerText ?? ""), 10_000, "the closed door");
  assert.match(await fay.evaluate(() => document.querySelector(".log")?.textContent ?? ""), /Somebody was cut off while coming in/);
  assert.deepEqual(fay.errors, []);
});

test("a room with a set end that stays when its host leaves, until the device forgets it", { timeout: bound(90_000) }, async () => {
  const { origin } = await stage.serve(["--rooms-kept-rooms", "4"], { listen: "127.0.0.1:8090", relayListen: "127.0.0.1:3479" });
  const gil = await stage.chromium("Gil");
  const link = await startRoom(gil, origin);
  await join(gil, { name: "Gil" });
  await gil.click("People, 1 person");
  await gil.evaluate(() => {
    const select = /** @type {HTMLSelectElement} */ (document.getElementById("room-ends"));
    select.value = "60";
    select.dispatchEvent(new Event("change"));
  });
  await gil.waitFor(() => /^At \d\d:\d\d$/.test(/** @type {HTMLSelectElement} */ (document.getElementById("room-ends")).selectedOptions[0]?.text ?? ""), 10_000, "the end is signed");
  await gil.click("Keep this room", { role: "switch" });
  await gil.waitFor(() => /When everybody has left, the room stays until/.test(document.querySelector("main")?.innerText ?? ""), 10_000, "the room is kept");
  await leave(gil);
  await atScreen(gil, "left");
  assert.match(await gil.evaluate(() => document.querySelector("main")?.innerText ?? ""), /The room stays until/);
  await gil.click("Rejoin");
  await join(gil, { name: "Gil" });
  await expectTiles(gil, 0);
  assert.match(await gil.evaluate(() => document.querySelector("main")?.innerText ?? ""), /Keep this room|You are the first one here/);
  await leave(gil);
  await gil.open(`${origin}/`);
  await gil.click("Forget everything on this device");
  await gil.click("Forget it all");
  await gil.waitFor(() => /remembers nothing/.test(document.querySelector("main")?.innerText ?? ""), 10_000, "forgotten");
  await gil.open(link);
  await join(gil, { name: "Gil" });
  await gil.click("People, 1 person");
  await gil.waitFor(() => /The meeting ends by itself at/.test(document.querySelector("main")?.innerText ?? ""), 10_000, "what guests see of the end");
  assert.deepEqual(gil.errors, []);
});
