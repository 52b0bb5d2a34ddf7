/**
 * Doors in real browsers, through the SDK that the server hands out: knock, refuse, lock, remove, new link, password,
 * the code, and what is left of all that after a page was loaded again. What the page makes of it is not looked at here.
 *
 * The tests follow one another and are one story.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */
/** @typedef {{ok: boolean, code: string}} Outcome */

const step = story();
const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Page} */
let ada;
/** @type {Page} */
let ben;
let link = "";
let old = "";

before(async () => {
  [server, ada, ben] = await Promise.all([stage.serve(), stage.chromium("Ada"), stage.chromium("Ben")]);
});

after(() => stage.clear());

step("a locked door lets the host back in after a reload, and nobody new", 60_000, async () => {
  link = await create(ada, { door: "locked" });
  assert.deepEqual(await join(ada, { name: "Ada" }), { ok: true, code: "" });
  const id = await ada.evaluate("window.meeting.me.id");
  await open(ada, link);
  assert.deepEqual(await join(ada, { name: "Ada" }), { ok: true, code: "" });
  assert.deepEqual(await ada.evaluate("[window.meeting.me.id, window.meeting.me.host]"), [id, true]);
  await open(ben, link);
  assert.deepEqual(await join(ben, { name: "Ben" }), { ok: false, code: "locked" });
});

step("knock: refused, then admitted, and seen by both", 90_000, async () => {
  await act(ada, "setDoor", "knock");
  await open(ben, link);
  const first = joining(ben, { name: "Ben", message: "hello" });
  await act(ada, "refuse", await knockOf(ada, "Ben"));
  assert.deepEqual(await first, { ok: false, code: "refused" });
  const second = joining(ben, { name: "Ben", message: "please" });
  const knock = await knockOf(ada, "Ben");
  assert.deepEqual(await ben.evaluate("[window.meeting.state, window.meeting.people.length, (window.__pcs ?? []).length]"), ["knocking", 0, 0]);
  await act(ada, "hold", knock, "a minute");
  await ben.waitFor("window.meeting.waiting?.what === 'held' && window.meeting.waiting.text === 'a minute'", 10_000, "the host's words");
  await act(ada, "admit", knock);
  assert.deepEqual(await second, { ok: true, code: "" });
  await Promise.all([sees(ada, "Ben"), sees(ben, "Ada")]);
});

step("the code is the same on both sides", 40_000, async () => {
  await act(ben, "startCode");
  for (const page of [ada, ben]) await page.waitFor("window.meeting.code.state === 'ready'", 15_000, "a code");
  const [one, two] = await Promise.all([ada, ben].map((page) => page.evaluate("[window.meeting.code.emoji, window.meeting.code.numbers]")));
  assert.deepEqual(one, two);
  assert.equal(JSON.stringify(one).match(/symbol/g)?.length, 6);
});

step("who was admitted comes back through the closed door after a reload", 60_000, async () => {
  await open(ben, link);
  assert.deepEqual(await join(ben, { name: "Ben" }), { ok: true, code: "" });
  await Promise.all([sees(ada, "Ben"), sees(ben, "Ada")]);
});

step("ticks, and who was let in by whom, outlive a reload of the host's page", 60_000, async () => {
  await act(ada, "tick", await ada.evaluate("window.meeting.people[0].id"), true);
  const marks = "(({ ticked, admitted }) => [ticked, admitted.by, admitted.at.getTime()])(window.meeting.people[0])";
  const before = await ada.evaluate(marks);
  assert.deepEqual(before.slice(0, 2), [true, "Ada"]);
  await open(ada, link);
  assert.deepEqual(await join(ada, { name: "Ada" }), { ok: true, code: "" });
  await Promise.all([sees(ada, "Ben"), sees(ben, "Ada")]);
  assert.deepEqual(await ada.evaluate(marks), before);
});

step("removed from an open room: out, and the old link opens nothing, not even for somebody new", 90_000, async () => {
  await act(ada, "setDoor", "open");
  await ben.waitFor("window.meeting.rules.door === 'open'", 10_000, "the open door");
  old = link;
  await act(ada, "remove", await ada.evaluate("window.meeting.people[0].id"));
  await ben.waitFor("window.meeting.state === 'ended' && window.meeting.error.code === 'removed'", 10_000, "the word that he was removed");
  assert.equal(await ada.evaluate("window.meeting.people.length"), 0);
  link = await ada.evaluate("window.meeting.link");
  assert.notEqual(link, old);
  await open(ben, old);
  assert.deepEqual(await join(ben, { name: "Ben" }), { ok: false, code: "removed" });
  await ben.evaluate(() => sessionStorage.clear());
  await open(ben, old);
  assert.deepEqual(await join(ben, { name: "Ben again" }), { ok: false, code: "link-replaced" });
});

step("the new link opens the room, and a guest by it gets the next one, too", 60_000, async () => {
  await open(ben, link);
  assert.deepEqual(await join(ben, { name: "Cy" }), { ok: true, code: "" });
  await Promise.all([sees(ada, "Cy"), sees(ben, "Ada")]);
  await act(ada, "newLink");
  await ben.waitFor((before) => /** @type {any} */ (window).meeting.link !== before, 10_000, "the newest link", link);
  const [one, two] = await Promise.all([ada, ben].map((page) => page.evaluate("window.meeting.link")));
  assert.equal(one, two);
  link = one;
});

step("an invitation lets in through a closed door without a question, once", 90_000, async () => {
  await act(ada, "setDoor", "invite");
  const { link: invitation } = await ada.evaluate(() => /** @type {any} */ (window).meeting.invite({ label: "Cy" }));
  assert.match(invitation, /^#1i[0-9a-z]{28}$/);
  await act(ben, "leave");
  await open(ben, link);
  assert.deepEqual(await join(ben, { name: "Cy" }), { ok: false, code: "not-invited" });
  await open(ben, invitation);
  assert.deepEqual(await join(ben, { name: "Cy" }), { ok: true, code: "" });
  await Promise.all([sees(ada, "Cy"), sees(ben, "Ada")]);
  assert.deepEqual(await ada.evaluate("[window.meeting.invitations[0].used, window.meeting.knocks.length]"), [1, 0]);
  assert.equal(await ben.evaluate("window.meeting.link"), link);
  await act(ada, "setDoor", "open");
});

step("a password in the middle of the meeting: who is in comes back unasked", 90_000, async () => {
  await act(ada, "setPassword", "correct horse");
  await ben.waitFor("window.meeting.rules.password", 10_000, "the new rules");
  await sees(ben, "Ada");
  await ben.waitFor(async () => (await indexedDB.databases()).length > 0, 5000, "a place to keep things");
  await open(ben, link);
  assert.deepEqual(await join(ben, { name: "Cy" }), { ok: true, code: "" });
  await Promise.all([sees(ada, "Cy"), sees(ben, "Ada")]);
});

step("somebody new is asked, a wrong password is counted, the right one opens", 90_000, async () => {
  await act(ben, "leave");
  await open(ben, link);
  assert.deepEqual(await join(ben, { name: "Dan" }), { ok: false, code: "needs-password" });
  assert.deepEqual(await join(ben, { name: "Dan", password: "wrong" }), { ok: false, code: "wrong-password" });
  await ada.waitFor("window.meeting.wrongPasswords === 1", 10_000, "the count");
  assert.deepEqual(await join(ben, { name: "Dan", password: "correct horse" }), { ok: true, code: "" });
  await Promise.all([sees(ada, "Dan"), sees(ben, "Ada")]);
});

step("who is made host in mid-stay invites and revokes at the server at once", 60_000, async () => {
  await act(ada, "makeHost", await ada.evaluate("window.meeting.people[0].id"));
  await ben.waitFor("window.meeting.me.host", 10_000, "the host's key");
  const id = await ben.evaluate(async () => (await /** @type {any} */ (window).meeting.invite({ label: "Eve" })).id);
  await act(ben, "revoke", id);
  assert.equal(await ben.evaluate("window.meeting.invitations.some(({ label }) => label === 'Eve')"), false);
});

step("the end is over for both, and the link with it", 40_000, async () => {
  await act(ada, "end");
  await ben.waitFor("window.meeting.state === 'ended' && window.meeting.error.code === 'room-over'", 10_000, "the end");
  await open(ben, link);
  assert.deepEqual(await join(ben, { name: "Dan" }), { ok: false, code: "room-over" });
});

step("nobody's console complained", 10_000, () => {
  for (const page of [ada, ben]) assert.deepEqual(page.errors, [], page.name);
});

/**
 * Makes a room by the SDK.
 * @param {Page} page @param {object} options
 * @returns {Promise<string>} its link
 */
async function create(page, options) {
  await page.open(`${server.origin}/`);
  return page.evaluate(async (wish) => {
    const { Meeting } = await import(`${location.origin}/sdk/parlour.js`);
    const meeting = (/** @type {any} */ (window).meeting = await Meeting.create(wish));
    return meeting.link;
  }, options);
}

/**
 * Loads the page afresh and opens a link by the SDK. The address has none, so that the page itself stays out of it.
 * @param {Page} page @param {string} fragment
 */
async function open(page, fragment) {
  await page.open(`${server.origin}/?${Date.now()}`);
  await page.evaluate(async (text) => {
    const { Meeting } = await import(`${location.origin}/sdk/parlour.js`);
    /** @type {any} */ (window).meeting = await Meeting.open({ fragment: text });
  }, fragment);
}

/** @param {Page} page @param {object} options @returns {Promise<Outcome>} */
function join(page, options) {
  return page.evaluate(async (how) => {
    try {
      await /** @type {any} */ (window).meeting.join(how);
      return { ok: true, code: "" };
    } catch (error) {
      return { ok: false, code: `${/** @type {any} */ (error).code}` };
    }
  }, options);
}

/** Begins a join that waits at the door. @param {Page} page @param {object} options @returns {Promise<Outcome>} */
async function joining(page, options) {
  await page.evaluate((how) => {
    const w = /** @type {any} */ (window);
    w.outcome = null;
    w.meeting.join(how).then(() => (w.outcome = { ok: true, code: "" }), (/** @type {any} */ error) => (w.outcome = { ok: false, code: error.code }));
  }, options);
  return page.waitFor("window.outcome", 45_000, "an answer at the door");
}

/** @param {Page} page @param {string} method @param {...unknown} args */
async function act(page, method, ...args) {
  await page.evaluate(async (name, list) => void (await /** @type {any} */ (window).meeting[name](...list)), method, args);
}

/** @param {Page} page @param {string} name @returns {Promise<string>} the id of that knock */
function knockOf(page, name) {
  return page.waitFor((who) => /** @type {any} */ (window).meeting.knocks.find((/** @type {any} */ knock) => knock.name === who)?.id, 15_000, `a knock of ${name}`, name);
}

/** @param {Page} page @param {string} name the only other one, connected */
async function sees(page, name) {
  await page.waitFor(
    (who) => {
      const { people } = /** @type {any} */ (window).meeting;
      return people.length === 1 && people[0].name === who && people[0].link === "connected";
    },
    25_000,
    `a call with ${name}`,
    name,
  );
}
