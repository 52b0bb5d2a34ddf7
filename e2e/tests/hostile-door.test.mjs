/**
 * The hostile server at doors that people open to one another: passwords that are guessed, stripped, lowered or old,
 * invitations that are used twice, handed out again, taken back or burnt, and knocks by the dozen.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, before, test } from "node:test";
import { leap, takeClock } from "../hostile/clock.mjs";
import { invite, logTells, openPanel, reads, remove, setDoor, setPassword } from "../hostile/host.mjs";
import { Member, Stranger, until } from "../hostile/member.mjs";
import { LIMIT, Rig } from "../hostile/rig.mjs";
import { travelling } from "../hostile/room.mjs";
import { b64, invitationId, invitationPsk, lv, random, readLink, sign, stretch, unb64 } from "../hostile/sdk.mjs";
import { connections, expectRemark } from "../hostile/witness.mjs";
import { atScreen, expectTile, expectTiles, tilesOf } from "../lib/meeting.mjs";
import { sleep } from "../lib/process.mjs";

/** @typedef {import("../hostile/room.mjs").Room} Room */

/** @type {Rig} */
let rig;
before(async () => {
  rig = await Rig.make();
});
after(() => rig?.clear());

/** Signals of a kind between two seats. @param {string} from @param {string} to @param {string} kind */
const said = (from, to, kind) => rig.hostile.capture.filter((signal) => signal.from === from && (to === "" || signal.to === to) && kind in JSON.parse(signal.body));

/** The word in a refuse. @param {import("../hostile/server.mjs").Signal} signal */
const codeOf = ({ body }) => Buffer.from(unb64(JSON.parse(body).refuse)).toString("latin1").match(/stale|unknown|ask-another|busy|replaced|not-admitted/)?.[0];

/** Somebody with the link tries one password at a page. @param {Room} room @param {string} pid @param {Uint8Array} [S] @returns {Promise<string | undefined>} what the page answered */
async function guess(room, pid, S = random(32)) {
  const guesser = await Member.join(rig.hostile, room, { name: "Mallory", password: { pw: room.book.rules.pw, S } });
  const refusal = await until(() => said(pid, guesser.pid, "refuse")[0], 8000, "an answer to a guess");
  assert.ok(!guesser.outputs.some(({ t }) => t === "person"));
  guesser.leave();
  return codeOf(refusal);
}

test("11 guests who guess the password: five, then ten minutes, twelve in all; a friend is told, and let in by a press", { timeout: 2 * LIMIT }, async () => {
  const { ana, crowd } = rig;
  const { pid, room, fragment } = await rig.anaHosts({ password: "only friends", prepare: takeClock });
  for (let tries = 0; tries < 3; tries++) assert.equal(await guess(room, pid), "not-admitted");
  await expectRemark(ana, "grey", /^3 wrong passwords were tried at the door\.$/);
  for (let tries = 0; tries < 2; tries++) assert.equal(await guess(room, pid), "not-admitted");
  assert.equal(await guess(room, pid), "busy", "after five nobody is listened to");
  // Nor would the right one be: who guesses must not learn from being refused.
  const S = await stretch("only friends", room.room, room.book.rules.pw);
  assert.equal(await guess(room, pid, S), "busy");
  await leap(ana, 601_000);
  for (let tries = 0; tries < 5; tries++) assert.equal(await guess(room, pid), "not-admitted", "ten minutes later five more");
  assert.equal(await guess(room, pid), "busy");
  await leap(ana, 601_000);
  for (let tries = 0; tries < 2; tries++) assert.equal(await guess(room, pid), "not-admitted");
  await leap(ana, 601_000);
  assert.equal(await guess(room, pid), "busy", "twelve in all, however long one waits");
  await expectRemark(ana, "grey", /^12 wrong passwords were tried at the door\.$/);
  assert.deepEqual(await tilesOf(ana), []);
  assert.deepEqual(await connections(ana), []);
  // A friend with the right one reads why it takes long, and comes in as soon as somebody inside allows it.
  const friend = rig.comesBy("Ben", fragment, { password: "only friends" });
  await until(async () => (await crowd.waits("Ben").catch(() => null))?.waiting === "busy", 10_000, "Ben reads that nobody looks at passwords");
  await openPanel(ana);
  await reads(ana, /12 wrong passwords so far\./);
  await ana.click("Allow 5 more tries");
  await friend;
  await crowd.meets("Ben", ["Ana"]);
  await expectTile(ana, /^Ben/, "Ben's tile");
  await rig.calm();
});

test("11 the server plays members and guesses: one guess for a press, six presses, and the page says so", { timeout: 2 * LIMIT }, async () => {
  const { ana, hostile } = rig;
  const room = await rig.room({ password: "the right one" });
  // Somebody has a seat already, so that Ana's page has to be let in; the server hides them from each other.
  await rig.comesBy("Hal", await room.hostFragment(), { media: false });
  hostile.lie = (view, page) => ({
    ...view,
    seats: view.seats.filter(({ pid }) => pid === page.pid || hostile.guests.has(pid)),
    porch: view.porch.filter((pid) => pid === page.pid),
  });
  const fakes = await Promise.all([1, 2, 3].map(() => Member.join(hostile, room, { name: "Friend", place: "first", press: false, password: { pw: room.book.rules.pw, S: random(32) } })));
  await rig.anaBefore(room);
  for (let press = 1; press <= 6; press++) {
    hostile.capture = [];
    const before = new Set(fakes.map((fake) => fake.pid));
    await ana.fill("Password", "the right one");
    await ana.click("Join");
    const tagsOf = () => hostile.capture.filter(({ from, body }) => !before.has(from) && "pake" in JSON.parse(body));
    await until(() => tagsOf().length > 0, 8000, "her page proves what it knows");
    await reads(ana, /^Wrong password, or the server is guessing\. Check it and try again\.$/, 20_000); // an answer that is lost counts as none after 15 s
    const tags = tagsOf();
    assert.equal(tags.length, 1, `one tag for press ${press}, though three say that they know the password`);
    // Whoever failed counts for itself; the server's next guess is somebody else's.
    const used = fakes.find(({ pid: fake }) => tags[0]?.to === fake) ?? assert.fail("it went to one of them");
    fakes[fakes.indexOf(used)] = await Member.join(hostile, room, { name: "Friend", place: "first", press: false, password: { pw: room.book.rules.pw, S: random(32) } });
    used.leave();
  }
  hostile.capture = [];
  await ana.click("Join");
  await reads(ana, /Six passwords in ten minutes are enough\. Wait ten minutes, or ask for the right one\./);
  assert.deepEqual(hostile.capture.filter(({ body }) => "pake" in JSON.parse(body)), [], "and the seventh goes to nobody");
  await atScreen(ana, "preview");
  assert.deepEqual(await connections(ana), []);
  await rig.calm();
});

test("11 the server gives a seat at once and then guesses: alone with a password that opened nothing, and told so", { timeout: LIMIT }, async () => {
  const { ana, hostile } = rig;
  const room = await rig.room({ password: "the right one" });
  // The first page of a room that never had a seat has one: nobody asks it for a password.
  await rig.anaBefore(room);
  await Member.join(hostile, room, { name: "Friend", place: "first", press: false, password: { pw: room.book.rules.pw, S: random(32) } });
  await ana.fill("Password", "the right one");
  await ana.click("Join");
  await atScreen(ana, "problem", 10_000);
  await reads(ana, /Wrong password, or the server is guessing/);
  assert.deepEqual(await connections(ana), []);
});

test("11 password and mode lowered or stripped: not even with the host's signature; the password of before opens nothing", { timeout: 3 * LIMIT }, async () => {
  const { ana, hostile } = rig;
  const room = await rig.room({ password: "the first" });
  const { host, state, room: bytes } = room.made;
  const now = Math.floor(Date.now() / 1000);
  /** A state as nobody's page would sign it. @param {(rules: any) => any} bend */
  const signed = async (bend) => {
    const rules = JSON.stringify(bend(JSON.parse(state.rulesText)));
    const json = JSON.stringify({ v: 1, room: b64(bytes), rules, until: now + 3600 });
    return { json, sig: b64(await sign(host.privateKey, lv("parlour/1 state", json))) };
  };
  const further = (/** @type {any} */ rules) => ({ ...rules, clock: { [Object.keys(rules.clock)[0] ?? ""]: 9 } });
  const noPassword = await signed((rules) => ({ ...further(rules), pw: 0 }));
  const onRecord = await signed((rules) => ({ ...further(rules), mode: "standard" }));
  const unsigned = { ...noPassword, sig: travelling(state).sig };
  const serve = (/** @type {unknown[]} */ ...states) => {
    hostile.down = (frame) => [frame.t === "room" ? { ...frame, d: { hosts: frame.d.hosts.map((/** @type {any} */ one) => ({ ...one, states })) } } : frame];
  };
  for (const states of [[noPassword], [onRecord], [unsigned]]) {
    serve(...states);
    await rig.anaBefore(room);
    await reads(ana, /no such room yet|not opened this room/);
  }
  // Beside the true one they count for nothing: the password is asked for.
  serve(noPassword, travelling(state), onRecord);
  await rig.anaBefore(room);
  await ana.reach("Password", { role: "textbox" });
  // A host changes it in the meeting. Who knew the first one, with the first rules and the server's help, is nobody.
  const { pid, room: hosted, fragment } = await rig.anaHosts({ password: "the first" });
  const { pw } = hosted.book.rules;
  const old = { password: { pw, S: await stretch("the first", hosted.room, pw) }, states: hosted.book.held };
  const eve = await Member.join(hostile, hosted, { name: "Eve", ...old });
  await eve.meets(pid);
  eve.leave();
  await setPassword(ana, "the second");
  hostile.capture = [];
  const late = await Member.join(hostile, hosted, { name: "Late", ...old, place: "first" });
  const refusal = await until(() => said(pid, late.pid, "refuse")[0], 8000, "an answer");
  assert.equal(codeOf(refusal), "stale");
  await until(() => late.knowledge.book.rules.pw !== pw, 3000, "with the true rules");
  // By hand, and for good: the old generation is no number that is answered.
  const hand = await Stranger.join(hostile, hosted);
  hand.open(pid, { how: 1, x: Uint8Array.from([pw >>> 24, (pw >>> 16) & 255, (pw >>> 8) & 255, pw & 255]) });
  hand.open(pid, { how: 0 });
  await until(() => hand.got("refuse").length === 2, 5000, "two refusals");
  assert.deepEqual(hand.got("accept"), []);
  // Stripped: an honest newcomer is served the rules of before any password; those inside tell the true ones.
  hostile.lie = (view, page) => (page.pid === pid ? view : { ...view, states: [travelling(hosted.made.state)] });
  const code = await rig.crowd.tries("Ben", fragment, { password: "the first" });
  assert.ok(["needs-password", "cut-off", "wrong-password"].includes(code || (await rig.crowd.waits("Ben")).code), `Ben is told: ${code}`);
  assert.deepEqual(await tilesOf(ana), []);
  await rig.calm();
});

test("11 an invitation used twice, handed out again, taken back, and burnt: what host and guests are told", { timeout: 3 * LIMIT }, async () => {
  const { ana, crowd, hostile } = rig;
  const { room } = await rig.anaHosts();
  await setDoor(ana, "Invited");
  /** Boxes that the server was given: it hands them out for ever. @type {Map<string, string>} */
  const boxes = new Map();
  let burnt = "";
  hostile.up = (frame, page) => {
    if (frame.t === "invite") boxes.set(frame.d.inv_id, frame.d.inv_box);
    if (frame.t !== "redeem" || frame.id === undefined) return [frame];
    const box = boxes.get(frame.d.inv_id);
    const isBurnt = frame.d.inv_id === burnt || box === undefined;
    page.sayDown(isBurnt ? { t: "error", re: frame.id, d: { code: "no-such-room", text: "" } } : { t: "invitation", re: frame.id, d: { inv_box: box } });
    return [];
  };
  const forBen = await invite(ana, "Ben");
  const forCy = await invite(ana, "Cy");
  await rig.comesBy("Ben", forBen);
  await crowd.meets("Ben", ["Ana"]);
  // Ben passed it on, or the server kept it: the second one is refused, and the host reads whose it was.
  assert.equal(await crowd.tries("Zoe", forBen), "invitation-used");
  await expectRemark(ana, "grey", /^Ben’s invitation was used once too often\. Whoever came last was refused\.$/);
  await logTells(ana, /The invitation “Ben” was used once too often, by somebody who is called Zoe\./);
  // By hand, with all that the link tells and any name: the same.
  const { inv } = await readLink(forBen);
  const invitation = { invId: await invitationId(inv), ipsk: await invitationPsk(inv, room.room) };
  const eve = await Member.join(hostile, room, { name: "Ben", invitation });
  await sleep(1000);
  assert.ok(!eve.outputs.some(({ t }) => t === "person"), "the name does not help");
  eve.leave();
  // Burnt: the server says that it has no such box, or hands out another one under this id.
  const { inv: invCy } = await readLink(forCy);
  burnt = b64(await invitationId(invCy));
  assert.equal(await crowd.tries("Cy", forCy), "invitation-used");
  const [other = ""] = [...boxes].filter(([id]) => id !== burnt).map(([, box]) => box);
  const mine = boxes.get(burnt) ?? "";
  burnt = "";
  boxes.set(b64(await invitationId(invCy)), other);
  assert.equal(await crowd.tries("Cy", forCy), "invitation-used");
  await reads(ana, /Not used yet/); // the host sees that it was not Cy's doing
  // The box in a stranger's hands, without the link, tells nothing and opens nothing.
  assert.ok(!Buffer.from(unb64(mine)).includes(Buffer.from(room.links[0].R)));
  boxes.set(b64(await invitationId(invCy)), mine);
  // Taken back: the server hands it out all the same.
  await ana.click("Revoke the invitation for Cy");
  await sleep(300);
  assert.equal(await crowd.tries("Cy", forCy), "invitation-used");
  assert.equal((await tilesOf(ana)).length, 1, "Ben is in, and nobody else came");
  // Removed: the invitation goes with him.
  await remove(ana, "Ben");
  assert.notEqual(await crowd.tries("Yan", forBen), "");
  assert.deepEqual(await tilesOf(ana), []);
  await rig.calm();
});

test("11 a flood of knocks: counted at the door, no connection, and a friend among them is let in", { timeout: 2 * LIMIT }, async () => {
  const { crowd, hostile } = rig;
  const ana = /** @type {Awaited<ReturnType<import("../lib/stage.mjs").Stage["chromium"]>>} */ (rig.ana);
  const { pid, room, fragment } = await rig.anaHosts();
  await setDoor(ana, "Knock");
  await room.learn(hostile);
  // Behind other programs she has the small window: one is let in there, several are looked at on the page.
  await ana.key("w");
  const small = await ana.opened("Ana, in the small window");
  const first = rig.comesBy("Cy", fragment, { media: false });
  await small.click("Let in Cy", { timeout: 15_000 });
  await first;
  const knocking = await Promise.all(Array.from({ length: 40 }, (_, i) => Member.join(hostile, room, { name: `Nobody ${i}` })));
  const came = rig.comesBy("Ben", fragment);
  for (let round = 0; round < 10; round++) {
    for (const one of knocking) for (const junk of ['{"open":"AAAA"}', "{}", "x".repeat(500)]) one.junk(pid, junk);
    await sleep(100);
  }
  await reads(ana, /Nobody [0-9]+\s+Has the link\. The name is not verified\./);
  await ana.click("Close people");
  // How many of the flood the page listens to is not for this test to say.
  await small.waitFor(() => /^\d+ people are at the door\./.test(document.querySelector(".small-knock")?.textContent ?? ""), 10_000, "the knocks, with the panel closed");
  assert.equal(await small.has("Let in Ben"), false, "one press lets in one person");
  await small.click("See");
  await ana.click("Let in Ben", { timeout: 20_000 });
  await came;
  await crowd.meets("Ben", ["Ana", "Cy"]);
  await ana.key("w");
  const rows = await ana.evaluate(() => document.querySelectorAll(".row-knock").length);
  assert.ok(rows <= 64, `${rows} at the door`);
  assert.equal((await connections(ana)).length, 2, "no connection for a knock");
  await expectTiles(ana, 2);
  await rig.calm();
});
