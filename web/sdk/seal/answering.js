// @ts-check
/**
 * Answering: what this page does with somebody's open (section 4, responder's side).
 */
import { b64, readU32, SealError } from "./bytes.js";
import { EMPTY, random } from "./kdf.js";
import { PENDING_MS } from "./limits.js";
import { readClaimed } from "./claims.js";
import { sendFirst } from "./first.js";
import { doorProof, endOpening, mineStands } from "./opening.js";
import { Instance } from "./pair.js";
import { answersPassword, beginAsMember } from "./passwords.js";
import { isFresh, linkOf, mayWait } from "./ways.js";
import { writeAccept, writeRefuse } from "./wire.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {import("./machine.js").Page} Page */
/** @typedef {import("./machine.js").Claimed} Claimed */
/** @typedef {import("./wire.js").Open} Open */
/** @typedef {import("./wire.js").RefuseCode} RefuseCode */
/**
 * What an answer needs to derive keys.
 * @typedef {{open: Open, claimed: Claimed, link: import("./types.js").LinkKey, psk: Uint8Array, pnR: Bytes, y: Uint8Array}} Answer
 */

/** Instances that one page may have waiting here. */
const PENDING_PER_PAGE = 3;

/**
 * @param {Machine} machine @param {Page} page @param {Open} open
 */
export async function handleOpen(machine, page, open) {
  if (page.answered.has(b64(open.pn)) || !page.opensIn.take(machine.now)) return;
  if (mineStands(machine, page)) {
    page.stash = open;
    return;
  }
  await answer(machine, page, open);
}

/** Mine was refused: theirs stands, if it came meanwhile. @param {Machine} machine @param {Page} page */
export async function answerStash(machine, page) {
  const open = page.stash;
  page.stash = null;
  if (open && !page.answered.has(b64(open.pn))) await answer(machine, page, open);
}

/** @param {Machine} machine @param {Page} page @param {Open} open */
async function answer(machine, page, open) {
  const claimed = await readClaimed(machine, page, open.core, open.coreSig, open.right);
  if (claimed === "bad") return;
  // Not before the core was found to be the sender's: a copy that the server bent must not shut out the true one.
  page.answered.add(b64(open.pn));
  const verdict = typeof claimed === "string" ? wordFor(claimed) : judge(machine, page, open, claimed);
  if (typeof verdict === "string" || typeof claimed === "string") {
    if (typeof verdict === "string") refuse(machine, page, open.pn, verdict);
    return;
  }
  const partial = { open, claimed, ...verdict, pnR: random(16) };
  if (open.how === 1) await beginAsMember(machine, page, partial);
  else await accept(machine, page, { ...partial, y: EMPTY });
}

/** @param {"removed" | "replaced" | "not-host"} claimed @returns {RefuseCode} */
function wordFor(claimed) {
  return claimed === "replaced" ? "replaced" : "unknown";
}

/**
 * @param {Machine} machine @param {Page} page @param {Open} open @param {Claimed} claimed
 * @returns {RefuseCode | {link: import("./types.js").LinkKey, psk: Uint8Array}}
 */
function judge(machine, page, open, claimed) {
  const { room } = machine;
  const { rules } = room.book;
  if (rules === undefined || !isFresh(room)) return "stale";
  const link = linkOf(room, open.roomId);
  if (link === undefined) return "unknown";
  // Nobody has shown the password that was typed here: whoever comes by another way may be anybody. Later, perhaps.
  if (room.onlyPassword && (rules.pw === 0 || machine.provenPw !== rules.pw)) return "busy";
  if (isFull(machine, open.how, rules.cap)) return "busy";
  const proof = doorProof(open.how, open.roomId, open.x);
  const proofs = proof ? [...page.proofs, proof] : page.proofs;
  const { theirs } = machine.rights(b64(claimed.core.spk), claimed.host, proofs);
  if (open.how === 1) return theirs === null || readU32(open.x) !== rules.pw ? "stale" : answersPassword(machine, page, link);
  if (open.how === 4) return judgeInvitation(machine, open, link);
  if (theirs !== null) return { link, psk: EMPTY };
  if (open.how === 3 && !machine.isHost) return "ask-another";
  if (open.how === 3 && mayWait(room, 3, open.roomId)) return { link, psk: EMPTY };
  return open.how === 2 ? "unknown" : "stale";
}

/** @param {Machine} machine @param {Open} open @param {import("./types.js").LinkKey} link @returns {ReturnType<typeof judge>} */
function judgeInvitation({ isHost, room }, open, link) {
  if (!isHost) return "ask-another";
  if (!mayWait(room, 4, open.roomId)) return "stale";
  const row = room.invitationRow?.(open.x) ?? null;
  return row === null ? "unknown" : { link, psk: row.ipsk };
}

/** @param {Machine} machine @param {number} how @param {number} cap @returns {boolean} */
function isFull(machine, how, cap) {
  const strangers = (/** @type {number} */ one) => one === 0 || one === 1 || one === 3;
  if (machine.pendingCount(() => true) >= 2 * cap) return true;
  return strangers(how) && machine.pendingCount(strangers) >= cap;
}

/**
 * Accepts: derives the instance, says so, and sends the first frame right behind.
 * @param {Machine} machine @param {Page} page @param {Answer} answer
 */
export async function accept(machine, page, answer) {
  const { open, pnR, y } = answer;
  const { core, coreSig } = machine.me;
  const right = await machine.ownRight();
  const pending = await derive(machine, page, answer, right);
  if (pending === null) return;
  machine.signal(page, writeAccept({ pn: open.pn, core, coreSig, pnR, right, y: new Uint8Array(y) }));
  await takeUp(machine, page, pending);
}

/**
 * From here on this side waits for the initiator's first frame.
 * @param {Machine} machine @param {Page} page @param {import("./machine.js").Pending} pending
 */
export async function takeUp(machine, page, pending) {
  endOpening(page);
  page.stash = null;
  page.pending.push(pending);
  for (const extra of page.pending.splice(0, page.pending.length - PENDING_PER_PAGE)) extra.instance.destroy();
  const proofs = pending.proof ? [...page.proofs, pending.proof] : page.proofs;
  const { theirs, mine } = machine.rights(b64(pending.claimed.core.spk), pending.claimed.host, proofs);
  // How 3 and 4: what the guest may know comes after admission.
  const full = theirs !== null && mine !== null && pending.instance.how <= 2;
  pending.full = await sendFirst(machine, page, pending.instance, pending.claimed, full);
}

/**
 * @param {Machine} machine @param {Page} page @param {Answer} answer @param {Bytes} rightR
 * @returns {Promise<import("./machine.js").Pending | null>} null: bad keys, refused
 */
export async function derive(machine, page, { open, claimed, link, psk, pnR, y }, rightR) {
  const transcript = {
    room: machine.room.room,
    how: open.how,
    arg: open.arg,
    coreI: open.core,
    pnI: open.pn,
    coreR: machine.me.core,
    pnR,
    rightR,
    y,
  };
  const secrets = { epkPrivate: machine.me.ephemeral.privateKey, epkOther: claimed.core.epk, kLink: link.kLink, psk };
  try {
    const instance = await Instance.derive("R", transcript, secrets, machine.me.pid, page.pidBytes);
    const proof = doorProof(open.how, open.roomId, open.x);
    const invId = open.how === 4 ? b64(open.x) : "";
    return { instance, pn: open.pn, claimed, proof, invId, roomId: open.roomId, until: machine.now + PENDING_MS, full: false };
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    return null;
  }
}

/**
 * Every refuse carries the states by which it was judged.
 * @param {Machine} machine @param {Page} page @param {Bytes} pn of the initiator @param {RefuseCode} code
 */
export function refuse(machine, page, pn, code) {
  machine.signal(page, writeRefuse({ pn, code, docs: machine.docs }));
}
