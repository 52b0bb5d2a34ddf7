/**
 * A member with the server's help against the code that people read to each other: commits that differ, reveals that are
 * withheld or false, run after run, floods. And one who is asleep when the host locks the door, and is named.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, before, test } from "node:test";
import { callAnother, callProven } from "../hostile/call.mjs";
import { leap, takeClock } from "../hostile/clock.mjs";
import { openPanel, reads, setDoor } from "../hostile/host.mjs";
import { Member, until } from "../hostile/member.mjs";
import { LIMIT, Rig } from "../hostile/rig.mjs";
import { b64, commitmentOf, random, sasOf, unb64, viewOf } from "../hostile/sdk.mjs";
import { expectRemark, remarks } from "../hostile/witness.mjs";
import { expectTiles } from "../lib/meeting.mjs";
import { sleep } from "../lib/process.mjs";

/** @typedef {import("../hostile/room.mjs").Room} Room */

/** @type {Rig} */
let rig;
before(async () => {
  rig = await Rig.make();
});
after(() => rig?.clear());

/** One run of the code by a member's own hand. */
class Run {
  /** @param {Room} room @param {Member} member @param {string[]} others hids */
  static async begin(room, member, others) {
    const run = random(16);
    const hids = [...others, member.hid].sort((a, b) => Buffer.compare(unb64(a), unb64(b)));
    const { mode } = room.book.rules;
    const view = await viewOf({ room: room.room, hostPk: room.made.host.publicKey, mode }, run, hids.map((hid) => unb64(hid)));
    for (const hid of others) member.send(hid, { k: "code-run", run: b64(run), list: hids });
    return new Run(member, hids, view);
  }

  /** @param {Member} member @param {string[]} hids @param {Uint8Array} view */
  constructor(member, hids, view) {
    this.member = member;
    this.hids = hids;
    this.view = view;
  }

  /** @param {string} to @param {Uint8Array} n */
  async commit(to, n) {
    this.member.send(to, { k: "code-commit", view: b64(this.view), c: b64(await commitmentOf(this.view, unb64(this.member.hid), n)) });
  }

  /** @param {string} to @param {Uint8Array} n */
  reveal(to, n) {
    this.member.send(to, { k: "code-reveal", view: b64(this.view), n: b64(n) });
  }

  /** What a page revealed in this run, if it did. @param {string} of @returns {Uint8Array | undefined} */
  revealed(of) {
    const message = this.member.messages(of).find(({ k, view }) => k === "code-reveal" && view === b64(this.view));
    return message && unb64(message.n);
  }

  /** The code for these nonces. @param {Record<string, Uint8Array>} ns by hid @returns {Promise<number[]>} the three numbers */
  async numbers(ns) {
    return (await sasOf(this.view, this.hids.map((hid) => ns[hid]))).numbers;
  }
}

/** The three numbers on Ana's screen; empty without a code. @returns {Promise<number[]>} */
function shownCode() {
  return rig.ana.evaluate(() => {
    const ready = document.querySelector(".code-ready");
    if (!ready || ready.hasAttribute("hidden")) return [];
    return [...document.querySelectorAll(".code-numbers span:not(.unseen)")].map((span) => Number(span.textContent));
  });
}

test("11 the code: commits that differ are heard in two codes; withheld, second and false ones leave none", { timeout: 2 * LIMIT }, async () => {
  const { ana, crowd } = rig;
  const { pid, room, fragment } = await rig.anaHosts({ prepare: takeClock });
  const benPid = await rig.comesBy("Ben", fragment, { media: false });
  await crowd.meets("Ben", ["Ana"]);
  const caller = await callProven(rig, room, pid, { name: "Eve", sends: false });
  const { member: eve, hid: anaHid } = caller;
  const { hid: benHid } = await callAnother(rig, caller, benPid);
  await crowd.meets("Ben", ["Ana", "Eve"]);
  await expectTiles(ana, 2);
  await openPanel(ana);
  await ana.click("Check that nobody is in between");
  const [one, two] = [random(32), random(32)];

  // To each another commit, and to each the reveal that fits it: both see a code, and reading them aloud tells.
  let run = await Run.begin(room, eve, [anaHid, benHid]);
  await run.commit(anaHid, one);
  await run.commit(benHid, two);
  const nAna = await until(() => run.revealed(anaHid), 8000, "Ana's reveal");
  const nBen = await until(() => run.revealed(benHid), 8000, "Ben's reveal");
  run.reveal(anaHid, one);
  run.reveal(benHid, two);
  await until(async () => (await shownCode()).length === 3, 5000, "Ana sees a code");
  const benCode = () => crowd.page.evaluate(() => /** @type {any} */ (window).meetings["Ben"].code.numbers);
  await until(async () => (await benCode()).length === 3, 5000, "Ben sees a code");
  assert.deepEqual(await shownCode(), await run.numbers({ [anaHid]: nAna, [benHid]: nBen, [eve.hid]: one }));
  assert.deepEqual(await benCode(), await run.numbers({ [anaHid]: nAna, [benHid]: nBen, [eve.hid]: two }));
  assert.notDeepEqual(await shownCode(), await benCode());

  // What is offered to others, or to nobody, and commits by the hundred take no code off the screen.
  await ana.evaluate(() => {
    const w = /** @type {any} */ (window);
    const status = document.querySelector(".code-status");
    w.codeStates = [];
    w.codeWatch = new MutationObserver(() => w.codeStates.push(status?.getAttribute("data-state")));
    if (status) w.codeWatch.observe(status, { attributes: true, attributeFilter: ["data-state"] });
  });
  for (let i = 0; i < 200; i++) {
    eve.send(anaHid, { k: "code-run", run: b64(random(16)), list: [b64(random(32)), eve.hid] });
    eve.send(anaHid, { k: "code-commit", view: b64(random(32)), c: b64(random(32)) });
    if (i % 50 === 49) await eve.pairs.settled();
  }
  await sleep(700);
  assert.deepEqual(await ana.evaluate(() => /** @type {any} */ (window).codeStates), [], "the code stood all the while");

  // She hears the others' parts, computes what the code would be, does not like it, and is silent.
  await leap(ana, 5500);
  run = await Run.begin(room, eve, [anaHid]);
  await run.commit(anaHid, one);
  await until(() => run.revealed(anaHid), 8000, "Ana's reveal");
  assert.deepEqual(await shownCode(), []);
  await leap(ana, 10_500);
  await reads(ana, /No code came of this: somebody’s page did not answer in time\. Try again\./);
  assert.deepEqual(await shownCode(), []);

  // Two commits for one view; a reveal of something else.
  for (const spoil of [() => run.commit(anaHid, two), () => run.reveal(anaHid, two)]) {
    await leap(ana, 5500);
    run = await Run.begin(room, eve, [anaHid]);
    await run.commit(anaHid, one);
    await until(() => run.revealed(anaHid), 8000, "Ana's reveal");
    await reads(ana, /Making the code with everybody/);
    await spoil();
    await reads(ana, /No code came of this/);
    run.reveal(anaHid, one);
    await sleep(200);
    assert.deepEqual(await shownCode(), [], "nor does the true reveal help now");
  }

  // Among the honest it works all the same, and says whom it does not cover.
  await leap(ana, 5500);
  await ana.click("Try again");
  await sleep(300);
  await leap(ana, 5500);
  await until(async () => (await shownCode()).length === 3, 8000, "Ana sees a code");
  await until(async () => (await benCode()).join() === (await shownCode()).join(), 5000, "Ben sees the same");
  await reads(ana, /Covers you and Ben\. Not Eve \(asleep\)\./);
  await rig.calm();
});

test("11 the code: run after run is a guess each; after 64 the checking is being disturbed, and each wants a press", { timeout: 2 * LIMIT }, async () => {
  const { ana } = rig;
  const { pid, room } = await rig.anaHosts({ prepare: takeClock });
  const { member: eve, hid } = await callProven(rig, room, pid, { name: "Eve", sends: false });
  await expectTiles(ana, 1);
  await openPanel(ana);
  await ana.click("Check that nobody is in between");
  const disturbed = () => ana.evaluate(() => /Checking is being disturbed\. From now on each try needs your own press\./.test(document.body.innerText));
  /** One run; completed, or broken off. @param {boolean} ends @returns {Promise<boolean>} whether Ana revealed */
  const once = async (ends) => {
    await leap(ana, 5500);
    const run = await Run.begin(room, eve, [hid]);
    const n = random(32);
    await run.commit(hid, n);
    last = () => run.commit(hid, n);
    const answered = await until(async () => (run.revealed(hid) ? "revealed" : (await disturbed()) && "disturbed"), 8000, "an answer to a run");
    if (answered !== "revealed") return false;
    if (ends) run.reveal(hid, n);
    else await leap(ana, 10_500);
    return true;
  };
  let last = async () => {};
  let revealed = 0;
  while (await once(revealed % 8 !== 0)) revealed++;
  assert.equal(revealed, 64, "2⁻³⁰ for all of them together");
  assert.deepEqual(await shownCode(), []);
  await reads(ana, /Checking is being disturbed/);
  // Without a press nothing more is revealed; with one, one more.
  const reveals = () => eve.messages(hid).filter(({ k }) => k === "code-reveal").length;
  // Of the runs that wait the smaller one stands, whichever that is: Eve is ready for both.
  const first = last;
  assert.equal(await once(true), false);
  assert.equal(reveals(), 64);
  await ana.click("Try once more");
  for (let tries = 0; tries < 10 && reveals() === 64; tries++) {
    await first();
    await last();
    await sleep(200);
  }
  await until(() => reveals() === 65, 5000, "Ana takes part once more");
  await leap(ana, 10_500);
  assert.equal(await once(true), false);
  assert.equal(reveals(), 65);
  await rig.calm();
});

test("11 a lock that one member has not heard of: the host reads who, and when it is heard the word goes", { timeout: LIMIT }, async () => {
  const { ana, hostile } = rig;
  const { pid, room } = await rig.anaHosts({ prepare: takeClock });
  const cy = await Member.join(hostile, room, { name: "Cy", sends: false });
  await cy.meets(pid);
  await until(() => cy.pairs.agreeing.length === 1, 5000, "they have agreed on the rules");
  cy.asleep = true;
  await setDoor(ana, "Locked");
  assert.deepEqual((await remarks(ana)).filter(({ colour }) => colour === "amber"), [], "thirty seconds are given");
  await leap(ana, 32_000);
  await expectRemark(ana, "amber", /^Cy has not heard of the new rules\.$/);
  cy.asleep = false;
  await until(() => cy.knowledge.book.rules.door === "locked", 15_000, "Cy hears of it");
  await until(async () => !(await remarks(ana)).some(({ colour }) => colour === "amber"), 15_000, "the word goes");
  await rig.calm();
});
