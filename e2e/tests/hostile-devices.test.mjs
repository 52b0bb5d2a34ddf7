/**
 * Two devices of one host, Chromium and Firefox, before the app: both act at once while the server keeps them apart; one
 * wakes with the rules of long ago. Which rules hold then, and who is left over at the door (seal.md 2).
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPanel, reads, remove, setDoor } from "../hostile/host.mjs";
import { until } from "../hostile/member.mjs";
import { LIMIT, Rig } from "../hostile/rig.mjs";
import { Rulebook, unb64 } from "../hostile/sdk.mjs";
import { expectGateAndKeys, expectNoRed } from "../hostile/witness.mjs";
import { expectTile, tilesOf } from "../lib/meeting.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

/** @type {Rig} */
let rig;
before(async () => {
  rig = await Rig.make({ third: "firefox" });
});
after(() => rig?.clear());

/** Two halves that hear nothing of each other, while the server keeps all news to itself. @param {readonly string[]} half pids; all others are the other one */
function split(half) {
  const { hostile } = rig;
  const side = (/** @type {string} */ pid) => half.includes(pid);
  hostile.wire = (signal) => (side(signal.from) === side(signal.to) ? [signal] : []);
  hostile.lie = (view, page) => ({
    ...view,
    seats: view.seats.filter(({ pid }) => side(pid) === side(page.pid)),
    porch: view.porch.filter((pid) => side(pid) === side(page.pid)),
  });
  hostile.up = (frame, page) => {
    if (frame.t !== "state" || frame.id === undefined) return [frame];
    page.sayDown({ t: "done", re: frame.id, d: {} });
    return [];
  };
}

/** The server is honest again, and everybody hears who is in. */
function unite() {
  const { hostile } = rig;
  hostile.wire = null;
  hostile.lie = (view) => view;
  hostile.up = (frame) => [frame];
  hostile.retell();
}

/** Which door is pressed in somebody's panel. @param {Page} page */
function doorOf(page) {
  return page.evaluate(() => document.querySelector('.segment[aria-pressed="true"]')?.textContent ?? "");
}

/** The rules as the server now has them, once there is one set of them. @param {import("../hostile/room.mjs").Room} room @returns {Promise<any>} */
function merged(room) {
  return until(async () => {
    const states = rig.hostile.pages.map(({ view }) => view).filter((view) => view !== null).sort((a, b) => b.n - a.n)[0]?.states ?? [];
    const book = new Rulebook(room.book.pins);
    await book.adopt(states.map(({ json, sig }) => ({ json, sig: unb64(sig) })));
    return book.states.length === 1 && Object.keys(book.rules.clock).length === 2 ? book.rules : null;
  }, 20_000, "one set of rules, of two devices");
}

/** Whether a tile of that name is on the screen. @param {Page} page @param {string} name */
const shows = async (page, name) => (await tilesOf(page)).some(({ label }) => label.startsWith(name));

test("11 two host devices, kept apart: both act, then the strictest of all holds, one merges, who is left over is at the door; then one wakes with old rules", { timeout: 4 * LIMIT }, async (t) => {
  const { ana, dan, crowd } = rig;
  const { pid, room, fragment } = await rig.anaHosts();
  const ben = await rig.comesBy("Ben", fragment, { media: false });
  await crowd.meets("Ben", ["Ana"]);
  await openPanel(ana);
  await ana.click("Be host on another device…");
  const device = await ana.waitFor(() => document.querySelector("#device-link .secret")?.textContent?.match(/#1h\S+/)?.[0] ?? "", 5000, "the host link");
  await ana.click("Close");
  split([pid, ben]);
  await rig.enters(dan, device);
  assert.equal(await dan.evaluate(() => location.hash), fragment, "the seed is not in the address bar any more");

  await t.test("both at once", { timeout: 2 * LIMIT }, async () => {
    await Promise.all([setDoor(ana, "Invited"), setDoor(dan, "Knock")]);
    // Each by its own rules: Ben is in with Ana, and Dan lets Zoe in who knocks.
    void crowd.tries("Zoe", fragment, { media: false });
    await dan.click("Let in Zoe", { timeout: 12_000 });
    await expectTile(dan, /^Zoe/, "Zoe's tile");
    assert.deepEqual([await doorOf(ana), await doorOf(dan)], ["Invited", "Knock"]);
    assert.ok(!(await shows(ana, "Zoe")) && !(await shows(dan, "Ben")));

    unite();
    await expectTile(ana, /^Dan/, "the other device", 20_000);
    const rules = await merged(room);
    assert.equal(rules.door, "invite", "the stricter door");
    for (const page of [ana, dan]) await until(async () => (await doorOf(page)) === "Invited", 5000, `${page.name} lives by it`);
    // Each was listed by one device only: out, and at the door of both.
    for (const [page, name] of /** @type {[Page, string][]} */ ([[ana, "Ben"], [dan, "Zoe"]])) {
      await until(async () => !(await shows(page, name)), 8000, `${name} is out`);
      await openPanel(page);
      await page.reach(`Let in ${name}`);
      await reads(page, /Was cut off while coming in\./);
    }
    await until(async () => (await crowd.waits("Ben")).code === "cut-off", 8000, "Ben reads why");
    await ana.click("Let in Ben");
    await until(async () => (await crowd.tries("Ben", fragment, { media: false })) === "", 8000, "Ben comes back");
    await expectTile(ana, /^Ben/, "Ben's tile");
  });

  await t.test("one wakes with old rules", { timeout: 2 * LIMIT }, async () => {
    await dan.open(`${rig.hostile.origin}/blank`);
    await until(async () => !(await shows(ana, "Dan")), 8000, "the other device is away");
    await remove(ana, "Ben");
    await setDoor(ana, "Locked");
    split([pid]);
    // It knows of no lock and no removal, and the server tells it of none: it opens the door wide.
    const old = room.states;
    const { lie } = rig.hostile;
    rig.hostile.lie = (view, page) => (page.pid === pid ? lie(view, page) : { ...lie(view, page), states: old });
    rig.hostile.down = (frame) => [frame.t === "room" ? { ...frame, d: { hosts: frame.d.hosts.map((/** @type {any} */ one) => ({ ...one, states: old })) } } : frame];
    await rig.enters(dan, fragment);
    await openPanel(dan);
    assert.equal(await doorOf(dan), "Invited");
    await setDoor(dan, "Open");
    rig.hostile.down = (frame) => [frame];
    unite();
    await expectTile(ana, /^Dan/, "the other device", 20_000);
    const rules = await until(async () => {
      const now = await merged(room);
      return now.door === "locked" && now;
    }, 15_000, "the lock stands");
    assert.equal(rules.removed.length, 1, "and so does the removal");
    for (const page of [ana, dan]) await until(async () => (await doorOf(page)) === "Locked", 8000, `${page.name} lives by it`);
    assert.notEqual(await crowd.tries("Ben", fragment, { media: false }), "");
    assert.notEqual(await crowd.tries("Yan", fragment, { media: false }), "");
  });

  for (const page of [ana, dan]) await expectNoRed(page);
  for (const page of [ana, dan, crowd.page]) await expectGateAndKeys(page);
});
