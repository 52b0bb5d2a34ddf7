// @ts-check
/**
 * Passwords: runs of the PAKE between two pages, who may begin one, and who answers (how 1; section 7).
 * The newcomer N is I, the member G is R. The cryptography is in `pake.js`, the counting in `guesses.js`.
 */
import { makeWay } from "./bounds.js";
import { b64, SealError, unb64 } from "./bytes.js";
import { finishPake, startPake, tagHolds } from "./pake.js";
import { derive, refuse, takeUp } from "./answering.js";
import { readGuesses } from "./guesses.js";
import { PAKE_EVERY_MS, PAKE_NEXT_MS, PAKE_SILENCE_MS, PAGES, PENDING_MS } from "./limits.js";
import { awaitFirst, endOpening } from "./opening.js";
import { post } from "./talk.js";
import { writeAccept, writePake, writeReply } from "./wire.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {import("./machine.js").Page} Page */
/** @typedef {import("./machine.js").Claimed} Claimed */
/** @typedef {import("./machine.js").Opening} Opening */
/** @typedef {import("./answering.js").Answer} Answer */
/** @typedef {import("./pake.js").PakeSetting} PakeSetting */
/**
 * @typedef {{side: "N", pn: Bytes, until: number, opening: Opening, accept: import("./wire.js").Accept, claimed: Claimed,
 *     tagG: Bytes, psk: Bytes}
 *   | {side: "G", pn: Bytes, until: number, answer: Answer, right: Bytes, setting: PakeSetting, half: import("./pake.js").PakeHalf}} Run
 */

/**
 * Whether this page may open with its password to that page now: to one member per press, then to whom a member lists
 * with whom it is proven, and to whom it was proven before.
 * @param {Machine} machine @param {Page} page @returns {boolean}
 */
export function mayOpenWithPassword(machine, page) {
  if (isVouchedFor(machine, page.pid)) return true;
  if (!machine.press || machine.press.tagTo !== "") return false;
  // One at a time, and no second one while a tag may still be on its way.
  return [...machine.pages.values()].every(({ opening, run }) => !run && opening?.way.how !== 1);
}

/** @param {Machine} machine @param {string} pid @returns {boolean} */
function isVouchedFor(machine, pid) {
  const startsWithPid = (/** @type {string} */ hid) => b64(unb64(hid).subarray(0, 8)) === pid;
  const { pw } = machine.room.password ?? { pw: 0 };
  for (const [hid, proven] of machine.provenWith) {
    if (proven !== pw) continue;
    if (startsWithPid(hid) || machine.beats.pagesOf(hid).some(startsWithPid)) return true;
  }
  return false;
}

/** How long to wait for an accept of this page: while a press goes round, not long. @param {Machine} machine @param {Page} page @param {number} usual ms @returns {number} */
export function patienceFor(machine, page, usual) {
  return isVouchedFor(machine, page.pid) ? usual : PAKE_NEXT_MS;
}

/**
 * N: the accept has come; prove first.
 * @param {Machine} machine @param {Page} page @param {Opening} opening @param {import("./wire.js").Accept} accepted @param {Claimed} claimed
 */
export async function answerAsNewcomer(machine, page, opening, accepted, claimed) {
  const hid = b64(claimed.core.hid);
  const { password } = machine.room;
  const { press } = machine;
  const known = isVouchedFor(machine, page.pid);
  if (!password || (!known && press?.tagTo !== "")) return endOpening(page);
  if (!known && press) press.tagTo = hid;
  const setting = settingOf(machine, password, { pnN: opening.pn, pnG: accepted.pnR, core: claimed.core, isG: false });
  try {
    const half = await startPake(setting);
    const pair = { ephemeral: machine.me.ephemeral.privateKey, otherEpk: claimed.core.epk, kLink: opening.way.link.kLink };
    const { tagN, tagG, psk } = await finishPake("N", setting, half, accepted.y, pair);
    const until = machine.now + PAKE_SILENCE_MS;
    page.run = { side: "N", pn: opening.pn, until, opening, accept: accepted, claimed, tagG, psk };
    opening.until = until + PENDING_MS;
    machine.signal(page, writePake({ pn: opening.pn, share: half.share, tag: tagN }));
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    endOpening(page);
    page.resting = "rules";
  }
}

/**
 * N: G's tag. Nothing is accepted before it holds.
 * @param {Machine} machine @param {Page} page @param {import("./wire.js").PakeReply} reply
 */
export async function handleReply(machine, page, { pn, tag }) {
  const { run } = page;
  if (run?.side !== "N" || b64(run.pn) !== b64(pn)) return;
  page.run = null;
  if (!tagHolds(run.tagG, tag)) return failed(machine, page);
  run.opening.until = machine.now + PENDING_MS;
  await awaitFirst(machine, page, run.opening, run.accept, run.claimed, run.psk);
}

/** N: wrong password, or the server is guessing. @param {Machine} machine @param {Page} page */
export function failed(machine, page) {
  endOpening(page);
  page.resting = "rules";
  machine.out({ t: "note", colour: "grey", code: "wrong-password", pid: page.pid });
}

/**
 * G: whether this page answers a run at all.
 * @param {Machine} machine @param {Page} page @param {import("./types.js").LinkKey} link
 * @returns {"busy" | "stale" | {link: import("./types.js").LinkKey, psk: Uint8Array}}
 */
export function answersPassword(machine, page, link) {
  const pw = machine.room.book.rules?.pw ?? 0;
  const { password } = machine.room;
  if (pw === 0) return "stale";
  if (password?.pw !== pw || (!password.sure && machine.provenPw !== pw)) return "busy";
  syncGuesses(machine);
  const before = [...machine.provenWith].some(([hid, proven]) => proven === pw && b64(unb64(hid).subarray(0, 8)) === page.pid);
  if (!before && machine.guesses.busy(machine.now)) return "busy";
  if (!page.runsIn.take(machine.now)) return "busy";
  return { link, psk: new Uint8Array(0) };
}

/** G: accepts with its share; keys come after the PAKE. @param {Machine} machine @param {Page} page @param {Omit<Answer, "y">} partial */
export async function beginAsMember(machine, page, partial) {
  const { password } = machine.room;
  if (!password) return;
  const { open, claimed, pnR } = partial;
  const setting = settingOf(machine, password, { pnN: open.pn, pnG: pnR, core: claimed.core, isG: true });
  const half = await startPake(setting);
  const right = await machine.ownRight();
  endOpening(page);
  page.run = { side: "G", pn: open.pn, until: machine.now + PAKE_SILENCE_MS, answer: { ...partial, y: half.share }, right, setting, half };
  const { core, coreSig } = machine.me;
  machine.signal(page, writeAccept({ pn: open.pn, core, coreSig, pnR, right, y: half.share }));
}

/**
 * G: N's share and tag. A wrong one is counted, here and by the others.
 * @param {Machine} machine @param {Page} page @param {import("./wire.js").PakeMessage} message
 */
export async function handlePake(machine, page, { pn, share, tag }) {
  const { run } = page;
  if (run?.side !== "G" || b64(run.pn) !== b64(pn)) return;
  page.run = null;
  const { answer, setting, half, right } = run;
  const pair = { ephemeral: machine.me.ephemeral.privateKey, otherEpk: answer.claimed.core.epk, kLink: answer.link.kLink };
  let result;
  try {
    result = await finishPake("G", setting, half, share, pair);
  } catch (error) {
    if (error instanceof SealError) return;
    throw error;
  }
  if (!tagHolds(result.tagN, tag)) {
    refuse(machine, page, pn, "not-admitted");
    return countWrong(machine);
  }
  const pending = await derive(machine, page, { ...answer, psk: result.psk }, right);
  if (pending === null) return;
  machine.signal(page, writeReply({ pn, tag: result.tagG }));
  await takeUp(machine, page, pending);
}

/** @param {Machine} machine */
async function countWrong(machine) {
  machine.guesses.wrong(machine.now);
  sayWrong(machine);
  for (const person of machine.persons) await post(machine, person, { k: "wrong", event: true, ...machine.guesses.state });
}

/** Somebody here presses "allow 5 more tries". @param {Machine} machine */
export async function allowMore(machine) {
  syncGuesses(machine);
  machine.guesses.allowMore();
  for (const person of machine.persons) await post(machine, person, { k: "wrong", event: false, ...machine.guesses.state });
}

/** @param {Machine} machine @param {import("./types.js").Message} message */
export function heardWrong(machine, message) {
  syncGuesses(machine);
  const state = readGuesses(message);
  if (state && machine.guesses.hear(state, message.event === true, machine.now)) sayWrong(machine);
}

/** The count in a first frame. @param {Machine} machine @param {unknown} value */
export function hearCount(machine, value) {
  syncGuesses(machine);
  const state = readGuesses(value);
  if (state) machine.guesses.hear(state, false, machine.now);
}

/** Wrong passwords are counted for the generation in force. @param {Machine} machine */
function syncGuesses(machine) {
  machine.guesses.generation(machine.room.book.rules?.pw ?? 0);
}

/** @param {Machine} machine */
function sayWrong(machine) {
  machine.out({ t: "note", colour: "grey", code: "wrong-passwords", count: machine.guesses.state.count });
}

/** S is proven between this page and that one: so it is right. @param {Machine} machine @param {Page} page */
export function wasProven(machine, page) {
  const pw = machine.room.password?.pw ?? 0;
  machine.provenPw = pw;
  machine.provenWith.set(page.hid, pw);
  makeWay(machine.provenWith, PAGES);
  syncGuesses(machine);
  machine.press = null;
}

/** Time passes for a run: one of which nothing is heard ends, and counts nothing. @param {Machine} machine @param {Page} page */
export function tickRun(machine, page) {
  const { run } = page;
  if (!run || run.until > machine.now) return;
  page.run = null;
  if (run.side === "N") failed(machine, page);
  page.notBefore = Math.max(page.notBefore, machine.now + PAKE_EVERY_MS);
}

/**
 * @param {Machine} machine @param {import("./types.js").Password} password
 * @param {{pnN: Uint8Array, pnG: Uint8Array, core: import("./core.js").Core, isG: boolean}} run
 * @returns {PakeSetting}
 */
function settingOf({ me, room }, { pw, S }, { pnN, pnG, core, isG }) {
  const [g, n] = isG ? [me, core] : [core, me];
  return { room: room.room, pw, S, pnN, pnG, coreN: n.core, coreG: g.core, hidN: n.hid, hidG: g.hid };
}

