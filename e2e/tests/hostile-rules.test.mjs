/**
 * Every lock, removal, new link and password change holds against people who colluded with the server, who were asleep,
 * who loaded the page again, and beside a member who heard late: four acts of a host, four ways around each.
 *
 * In each room: Ana hosts. Dan was in, his page crashed and came again, and the server keeps it apart with the rules of
 * before: by them he lets Eve in. Fay is on her way in (or in, where she is to be removed) when her machine sleeps. Then
 * Ana acts, once, and each of them tries.
 */

import assert from "node:assert/strict";
import process from "node:process";
import { after, before, test } from "node:test";
import { callProven } from "../hostile/call.mjs";
import { newLink, remove, setDoor, setPassword } from "../hostile/host.mjs";
import { keptBy } from "../hostile/kept.mjs";
import { Member, Stranger, until } from "../hostile/member.mjs";
import { LIMIT, Rig } from "../hostile/rig.mjs";
import { makeCore, random, stretch } from "../hostile/sdk.mjs";
import { expectGateAndKeys, expectNoRed, watch } from "../hostile/witness.mjs";
import { expectTile, tilesOf } from "../lib/meeting.mjs";
import { sleep } from "../lib/process.mjs";

/** @typedef {import("../lib/page.mjs").Page & {child: import("../lib/process.mjs").Child}} Machine */

/** @type {Rig} */
let rig;
before(async () => {
  rig = await Rig.make({ third: "chromium" });
});
after(async () => {
  if (rig) wake(rig.crowd.page);
  await rig?.clear();
});

/**
 * What Ana does; what Fay's page says when it wakes, and when it is loaded again with the link of before.
 * @type {readonly {name: string, password?: string, removes?: boolean, act: (ana: import("../lib/page.mjs").Page) => Promise<unknown>, woken: RegExp, reloaded: RegExp}[]}
 */
const acts = [
  { name: "lock", act: (ana) => setDoor(ana, "Locked"), woken: /^cut-off$/, reloaded: /^locked$/ },
  { name: "new link", act: (ana) => newLink(ana), woken: /^cut-off$/, reloaded: /^link-replaced$/ },
  { name: "password change", password: "the first", act: (ana) => setPassword(ana, "the second"), woken: /^(needs|wrong)-password$/, reloaded: /^(needs|wrong)-password$/ },
  {
    name: "removal", removes: true, woken: /^removed$/, reloaded: /^removed$/,
    act: async (ana) => {
      await remove(ana, "Fay");
      await remove(ana, "Eve");
    },
  },
];

/** A closed lid: nothing of that browser runs. @param {import("../lib/page.mjs").Page} page */
const freeze = (page) => process.kill(-(/** @type {Machine} */ (page).child.pid), "SIGSTOP");
/** @param {import("../lib/page.mjs").Page} page */
const wake = (page) => process.kill(-(/** @type {Machine} */ (page).child.pid), "SIGCONT");

/** The page will not hear that it goes, as in a crash: it says no good-bye. @param {import("../lib/page.mjs").Page} page */
function willCrash(page) {
  return page.evaluate(() => {
    const listen = globalThis.addEventListener;
    globalThis.addEventListener = /** @type {any} */ ((/** @type {string} */ type, /** @type {[EventListener]} */ ...rest) => type === "pagehide" || listen.call(globalThis, type, ...rest));
  });
}

for (const { name, password, removes = false, act, woken, reloaded } of acts) {
  test(`11 ${name}`, { timeout: 4 * LIMIT }, async (t) => {
    const { ana, dan, crowd, hostile } = rig;
    const { pid, room, fragment } = await rig.anaHosts(password ? { password } : {});
    const { states: before, book } = room;
    const { pw } = book.rules;
    const old = { states: book.held, password: password ? { pw, S: await stretch(password, room.room, pw) } : null };
    const typed = password ? { password } : {};
    const isGuest = (/** @type {string} */ who) => hostile.guests.has(who);
    /** Everybody but Ana is kept apart, and told the rules of before. `inside`: who is in with her already. */
    const keepApart = (inside = "") => {
      const isIn = (/** @type {string} */ who) => who === pid || who === inside;
      hostile.wire = (signal) => (isGuest(signal.from) || isGuest(signal.to) || (isIn(signal.from) && isIn(signal.to)) ? [signal] : []);
      hostile.lie = (view, page) => ({
        ...view,
        seats: view.seats.filter((seat) => seat.pid === page.pid || isGuest(seat.pid)),
        porch: view.porch.filter((who) => who === page.pid),
        states: page.pid === pid ? view.states : before,
      });
    };

    // For a removal both are there to be removed.
    const first = removes ? await callProven(rig, room, pid, { name: "Eve", seenBy: (who) => who === pid, sends: false }) : null;
    const fay = removes ? await rig.comesBy("Fay", fragment, { media: false }) : "";
    if (removes) await expectTile(ana, /^Fay/, "Fay's tile");
    const person = first?.member.core.person;
    await rig.enters(dan, fragment, { ...typed, prepare: willCrash });
    await expectTile(ana, /^Dan/, "Dan's tile");
    await dan.waitFor(() => document.querySelectorAll("[data-person]").length > 0, 8000, "Ana's tile");
    await sleep(300); // what he is given over channel 0
    // A password that was merely typed is kept once it has opened; without it his page, loaded again, could look at nobody's.
    if (password) await until(async () => (await keptBy(dan, "people")).some((record) => record.password?.sure), 8000, "his device keeps the password");
    keepApart(fay);
    const danPid = await rig.enters(dan, fragment);
    const { member: eve } = await callProven(rig, room, danPid, { name: "Eve", ...old, ...(person && { person }), seenBy: (who) => who === danPid, sends: false });
    await expectTile(dan, /^Eve/, "by the rules of before Dan lets Eve in");
    const coming = removes ? Promise.resolve("") : crowd.tries("Fay", fragment, { media: false, ...typed });
    if (!removes) await until(async () => ["in", "knocking"].includes((await crowd.waits("Fay").catch(() => ({ state: "" }))).state), 8000, "Fay is on her way in");
    freeze(crowd.page);
    await act(ana);

    await t.test(`${name}: holds against who colludes with the server`, { timeout: LIMIT }, async () => {
      hostile.capture = [];
      const core = await makeCore(room.room, random(32), person ? { person } : {});
      const hand = await Stranger.join(hostile, room, { core, seenBy: (who) => who === pid });
      const x = Uint8Array.from([pw >>> 24, (pw >>> 16) & 255, (pw >>> 8) & 255, pw & 255]);
      hand.open(pid, { how: 0 });
      hand.open(pid, { how: 1, x });
      hand.open(pid, { how: 2 });
      hand.open(pid, { how: 3 });
      await until(() => hand.got("refuse").length === 4, 6000, "four refusals");
      assert.deepEqual(hand.got("accept"), []);
      hand.leave();
      const member = await Member.join(hostile, room, { name: "Eve", ...old, ...(person && { person }), place: "first", seenBy: (who) => who === pid });
      // Refused by Ana; or, where she opened to it first, by what she showed it of the rules.
      const isRefused = () => hostile.capture.some(({ from, to, body }) => from === pid && to === member.pid && "refuse" in JSON.parse(body));
      await until(() => isRefused() || member.knowledge.book.states[0]?.json !== before[0]?.json, 6000, "a refusal");
      await sleep(300);
      assert.ok(!member.outputs.some((output) => output.t === "person"));
      member.leave();
      assert.ok(!(await tilesOf(ana)).some(({ label }) => label.startsWith("Eve")));
    });

    await t.test(`${name}: holds although a member heard late`, { timeout: LIMIT }, async () => {
      assert.ok((await tilesOf(dan)).some(({ label }) => label.startsWith("Eve")), "Dan has not heard");
      hostile.wire = null;
      hostile.lie = (view) => view;
      hostile.retell();
      await expectTile(dan, /^Ana/, "Dan meets Ana again", 15_000);
      await dan.waitFor(() => [...document.querySelectorAll("[data-person]")].every((tile) => !tile.getAttribute("aria-label")?.startsWith("Eve")), 8000, "no Eve any more");
      await expectTile(ana, /^Dan/, "and Dan is with Ana");
      eve.leave();
    });

    await t.test(`${name}: holds against who was asleep`, { timeout: LIMIT }, async () => {
      wake(crowd.page);
      const code = await until(async () => (await Promise.race([coming, sleep(50)])) || (await crowd.waits("Fay")).code, 12_000, "Fay's page says something");
      assert.match(code, woken);
      assert.ok(!(await tilesOf(ana)).some(({ label }) => label.startsWith("Fay")));
      assert.ok(!(await tilesOf(dan)).some(({ label }) => label.startsWith("Fay")));
    });

    await t.test(`${name}: holds against who loads the page again`, { timeout: LIMIT }, async () => {
      await crowd.ready();
      await watch(crowd.page);
      // The server is in on it: it knows of no other rules than those of before.
      const isHers = (/** @type {import("../hostile/carrier.mjs").Carrier} */ page) => page.pid !== pid && page.pid !== danPid;
      hostile.lie = (view, page) => (isHers(page) ? { ...view, states: before } : view);
      hostile.down = (frame, page) => [frame.t === "room" && isHers(page) ? { ...frame, d: { hosts: frame.d.hosts.map((/** @type {any} */ one) => ({ ...one, states: before })) } } : frame];
      const said = (await crowd.tries("Fay", fragment, { media: false, ...typed })) || (await until(async () => (await crowd.waits("Fay")).code, 10_000, "Fay's page says something"));
      assert.match(said, reloaded);
      assert.ok(!(await tilesOf(ana)).some(({ label }) => label.startsWith("Fay")));
    });

    for (const page of [ana, dan]) await expectNoRed(page);
    for (const page of [ana, dan, crowd.page]) await expectGateAndKeys(page);
    first?.member.leave();
  });
}
