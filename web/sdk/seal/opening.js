// @ts-check
/**
 * Opening: to whom this page opens, and what becomes of it until keys exist (section 4, initiator's side).
 */
import { b64, compare, readU32, SealError, unlv } from "./bytes.js";
import { random } from "./kdf.js";
import { BUSY_MS, FIRST_FRAME_MS, OPEN_REST_MS, OPEN_TRIES, REFUSALS, REOPEN_MS } from "./limits.js";
import { readClaimed } from "./claims.js";
import { learn } from "./learn.js";
import { same } from "./machine.js";
import { Instance } from "./pair.js";
import { answerAsNewcomer, failed, mayOpenWithPassword, patienceFor, tickRun } from "./passwords.js";
import { answerStash } from "./answering.js";
import { chooseWay } from "./ways.js";
import { writeArg, writeOpen, writeRefuse } from "./wire.js";
import { trace } from "../trace.js";

/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {import("./machine.js").Page} Page */
/** @typedef {import("./machine.js").Opening} Opening */
/** @typedef {import("./wire.js").Accept} Accept */
/** @typedef {import("./wire.js").Refuse} Refuse */

/**
 * Opens wherever an open is due. Cheap if none is: called after every input.
 * @param {Machine} machine
 */
export async function openWhereDue(machine) {
  for (const pid of targets(machine)) {
    const page = machine.pageOf(pid);
    if (page && isDue(machine, page)) await openTo(machine, page);
  }
}

/**
 * Whom to open to, in the order of the list: everybody listed before this page, and whom it has to reach besides.
 * Who is away cannot answer now. @param {Machine} machine @returns {string[]} pids
 */
function targets({ view, pages }) {
  const seats = view.seats.filter(({ away }) => !away).map(({ pid }) => pid);
  const reached = (/** @type {string} */ pid) => pages.get(pid)?.reach === true;
  if (view.seated) {
    const own = view.seats.findIndex(({ pid }) => pid === view.me);
    const before = new Set(view.seats.slice(0, Math.max(0, own)).map(({ pid }) => pid));
    return seats.filter((pid) => before.has(pid) || (pid !== view.me && reached(pid)));
  }
  const own = view.porch.indexOf(view.me);
  if (own < 0) return [];
  return [...seats, ...view.porch.filter((pid, index) => index < own || (index !== own && reached(pid)))];
}

/** @param {Machine} machine @param {Page} page @returns {boolean} */
function isDue(machine, page) {
  if (page.opening || page.run || page.pending.length > 0 || page.resting !== "") return false;
  if (machine.now < page.notBefore || machine.isDoneWith(page.pid)) return false;
  if (!page.live || page.doubtful) return true;
  if (page.standing !== "lobby") return false;
  // Waiting in a lobby, a door may have opened meanwhile: walk through it.
  const way = chooseWay(machine.room, { spk: machine.spk, host: machine.isHost }, 0);
  return way !== null && way.how < 2 && (way.how !== page.live.how || !same(way.link.roomId, page.made?.roomId));
}

/** @param {Machine} machine @param {Page} page */
async function openTo(machine, page) {
  const way = chooseWay(machine.room, { spk: machine.spk, host: machine.isHost }, page.linksTried);
  if (way === null) return;
  if (way.how === 1 && !mayOpenWithPassword(machine, page)) return;
  if (!page.opensOut.take(machine.now)) return;
  trace(page.pid, "open", way.how, page.doubtful);
  const { core, coreSig } = machine.me;
  const pn = random(16);
  const arg = writeArg(way.link.roomId, way.x, await machine.ownRight());
  const patience = way.how === 1 ? patienceFor(machine, page, FIRST_FRAME_MS) : FIRST_FRAME_MS;
  page.opening = { pn, arg, way, until: machine.now + patience, accepted: false };
  if (page.standing === "none" && page.tries === 0) machine.out({ t: "waiting", pid: page.pid, what: { k: "connecting" } });
  machine.signal(page, writeOpen({ core, coreSig, pn, how: way.how, arg }));
}

/**
 * R accepts. Nothing of this is proven before its first frame verifies.
 * @param {Machine} machine @param {Page} page @param {Accept} accept
 */
export async function handleAccept(machine, page, accept) {
  const { opening } = page;
  if (!opening || opening.accepted || !same(opening.pn, accept.pn)) return;
  if (accept.y.length !== (opening.way.how === 1 ? 32 : 0)) return;
  const claimed = await readClaimed(machine, page, accept.core, accept.coreSig, accept.right);
  if (typeof claimed === "string") return;
  opening.accepted = true;
  if (opening.way.psk === null) await answerAsNewcomer(machine, page, opening, accept, claimed);
  else await awaitFirst(machine, page, opening, accept, claimed, opening.way.psk);
}

/**
 * Derives the instance of an accepted open; R's first frame is next.
 * @param {Machine} machine @param {Page} page @param {Opening} opening @param {Accept} accept
 * @param {import("./machine.js").Claimed} claimed @param {Uint8Array} psk
 */
export async function awaitFirst(machine, page, opening, accept, claimed, psk) {
  const { way, pn, arg } = opening;
  const transcript = {
    room: machine.room.room,
    how: way.how,
    arg,
    coreI: machine.me.core,
    pnI: pn,
    coreR: accept.core,
    pnR: accept.pnR,
    rightR: accept.right,
    y: accept.y,
  };
  const secrets = { epkPrivate: machine.me.ephemeral.privateKey, epkOther: claimed.core.epk, kLink: way.link.kLink, psk };
  try {
    const instance = await Instance.derive("I", transcript, secrets, machine.me.pid, page.pidBytes);
    const proof = doorProof(way.how, way.link.roomId, way.x);
    page.pending.push({ instance, pn, claimed, proof, invId: "", roomId: new Uint8Array(way.link.roomId), until: opening.until, full: false });
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    endOpening(page);
    page.resting = "rules";
  }
}

/** What an instance shows if it was made at an open door. @param {number} how @param {Uint8Array} roomId @param {Uint8Array} x @returns {import("./rights.js").DoorProof | null} */
export function doorProof(how, roomId, x) {
  if (how === 0) return { how, roomId: b64(roomId), pw: 0 };
  if (how === 1) return { how, roomId: b64(roomId), pw: readU32(x) };
  return null;
}

/**
 * The other side refuses: an open of this page, or what became of one of its own.
 * @param {Machine} machine @param {Page} page @param {Refuse} refuse
 */
export async function handleRefuse(machine, page, { pn, code, docs }) {
  const mine = same(pn, page.opening?.pn);
  const answered = page.answered.has(b64(pn)) || same(pn, page.made?.pn);
  if ((!mine && !answered) || !page.refusesIn.take(machine.now)) return;
  const states = page.opening ? machine.room.book.states : [];
  const learned = await learn(machine, page, docs);
  // Its own open, answered here: it will open again. A verified instance is not ended by a word without a seal.
  page.pending = page.pending.filter((pending) => !same(pending.pn, pn));
  if (!mine || !same(pn, page.opening?.pn)) return;
  const how = page.opening?.way.how ?? 0;
  trace(page.pid, "refused", code);
  endOpening(page);
  if (learned) return;
  refused(machine, page, { pn, code, how, lacking: lacks(docs, states) });
  await answerStash(machine, page);
}

/**
 * @param {Machine} machine @param {Page} page
 * @param {{pn: Uint8Array, code: Refuse["code"], how: number, lacking: boolean}} answer
 *   lacking: whether the other side lacks states of ours
 */
function refused(machine, page, { pn, code, how, lacking }) {
  if (code === "busy") {
    // It may be better in a while: asked more and more rarely, but not given up.
    if (how === 1) machine.out({ t: "waiting", pid: page.pid, what: { k: "busy" } });
    page.notBefore = machine.now + BUSY_MS * 2 ** Math.min(page.busies++, 4);
    return;
  }
  page.notBefore = machine.now + REOPEN_MS;
  if ((code === "stale" || code === "unknown") && lacking && page.repeats < REFUSALS) {
    page.repeats++;
    machine.signal(page, writeRefuse({ pn, code: "stale", docs: machine.docs }));
    return;
  }
  page.refusals++;
  if (code === "unknown") page.linksTried++;
  if (code === "not-admitted" && how === 1) failed(machine, page);
  else if (code === "not-admitted") machine.out({ t: "waiting", pid: page.pid, what: { k: "not-admitted" } });
  // A host that does not know the invitation, asked three times: another one, who made it, would have answered meanwhile.
  if (code === "unknown" && how === 4 && page.refusals >= REFUSALS) machine.out({ t: "waiting", pid: page.pid, what: { k: "not-admitted" } });
  if (code === "replaced") machine.out({ t: "note", colour: "grey", code: "replaced", pid: page.pid });
  const final = code === "ask-another" || code === "not-admitted" || code === "replaced";
  if (final || page.refusals >= REFUSALS) page.resting = "rules";
}

/** @param {Uint8Array} docs @param {readonly import("./state.js").State[]} states @returns {boolean} */
function lacks(docs, states) {
  const held = new Set(unlv(docs).map((item) => b64(item)));
  return states.some(({ sig }) => !held.has(b64(sig)));
}

/** @param {Page} page */
export function endOpening(page) {
  const pn = page.opening?.pn;
  page.opening = null;
  page.run = page.run?.side === "N" ? null : page.run;
  page.pending = page.pending.filter((pending) => pending.instance.role === "R" || !same(pending.pn, pn));
}

/**
 * Time passes for opens and for what was accepted.
 * @param {Machine} machine @param {Page} page
 */
export function tickOpening(machine, page) {
  for (const pending of page.pending) if (pending.instance.role === "R" && pending.until <= machine.now) pending.instance.destroy();
  page.pending = page.pending.filter((pending) => pending.instance.role === "I" || pending.until > machine.now);
  tickRun(machine, page);
  if (page.resting === "view" && page.restUntil <= machine.now) wake(page);
  if (!page.opening || page.opening.until > machine.now) return;
  const { how } = page.opening.way;
  endOpening(page);
  page.stash = null;
  page.tries++;
  if (page.tries === 1 && page.standing === "none" && !page.saidSlow) {
    page.saidSlow = true;
    machine.out({ t: "note", colour: "grey", code: "connect-slow", pid: page.pid });
  }
  // A password goes to the next in the list instead of knocking at the same door again.
  if (page.tries >= OPEN_TRIES || how === 1) rest(machine, page);
}

/**
 * Until the list changes, or a minute has passed: a phone that slept may answer although the server saw no change.
 * @param {Machine} machine @param {Page} page
 */
function rest(machine, page) {
  page.resting = "view";
  page.restUntil = machine.now + OPEN_REST_MS;
}

/** Ready for another round of opens. @param {Page} page */
export function wake(page) {
  if (page.resting === "view") page.resting = "";
  page.tries = 0;
}

/** Whether this page's open stands where both have opened. @param {Machine} machine @param {Page} page @returns {boolean} */
export function mineStands(machine, page) {
  return page.opening !== null && compare(machine.me.pid, page.pidBytes) < 0;
}

