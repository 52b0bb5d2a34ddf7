// @ts-check
/**
 * First frames: both sides show that they hold the keys, exchange states, and are judged (section 4).
 *
 * Until a first frame verifies and both rights hold there is no name and no person; whoever lacks a right and may
 * wait for it stands in a lobby.
 */
import { b64, SealError, text, unb64 } from "./bytes.js";
import { FRAME_TEXT_BYTES } from "./frames.js";
import { KNOCK_LEASE_MS, KNOCK_MS, KNOCK_NAME, KNOCK_TEXT, OLD_INSTANCE_MS, REFUSALS, REOPEN_MS } from "./limits.js";
import { refuse } from "./answering.js";
import { learn } from "./learn.js";
import { readObject } from "./mail.js";
import { flush, post } from "./talk.js";
import { hearCount, wasProven } from "./passwords.js";
import { mayWait } from "./ways.js";

/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {import("./machine.js").Page} Page */
/** @typedef {import("./machine.js").Pending} Pending */
/** @typedef {import("./machine.js").Claimed} Claimed */
/** @typedef {import("./pair.js").Instance} Instance */
/** @typedef {import("./types.js").First} First */

/**
 * Sends this side's first frame.
 * @param {Machine} machine @param {Page} page @param {Instance} instance @param {Claimed} claimed
 * @param {boolean} full whether both rights hold, so that the other side may have name and gen
 * @returns {Promise<boolean>} whether it had them
 */
export async function sendFirst(machine, page, instance, claimed, full) {
  const wrong = full ? { wrong: machine.guesses.state } : {};
  const head = { conf: b64(await instance.confirm()), docs: b64(machine.firstDocs), ...page.mail.state, ...wrong };
  const knocks = !full && claimed.host && !machine.isHost;
  const rest = full ? { first: machine.firstFor(b64(claimed.core.hid)) } : knocks ? { knock: machine.knockText() } : {};
  let plain = JSON.stringify({ ...head, ...rest });
  const fits = text(plain).length <= FRAME_TEXT_BYTES;
  if (!fits) plain = JSON.stringify(head);
  machine.noteStatesTold(page);
  const frame = await instance.seal(plain);
  if (frame) machine.signal(page, JSON.stringify(frame));
  return full && fits;
}

/**
 * The first text of an instance.
 * @param {Machine} machine @param {Page} page @param {Pending} pending @param {string} plain
 */
export async function handleFirst(machine, page, pending, plain) {
  const { instance, claimed } = pending;
  page.pending = page.pending.filter((other) => other !== pending);
  /** @type {Record<string, unknown>} */
  let said;
  try {
    said = readObject(plain);
    if (!(await instance.confirms(unb64(said.conf, 32)))) return contradiction(machine, page, b64(claimed.core.hid));
  } catch (error) {
    if (error instanceof SealError) return instance.destroy();
    throw error;
  }
  await learn(machine, page, said.docs, true);
  if (page.otherHost) return instance.destroy();
  await verified(machine, page, pending, said);
}

/**
 * @param {Machine} machine @param {Page} page @param {Pending} pending @param {Record<string, unknown>} said
 */
async function verified(machine, page, pending, said) {
  const { instance, claimed, pn, proof, invId, roomId } = pending;
  try {
    page.mail.meet(said);
  } catch (error) {
    if (error instanceof SealError) return instance.destroy();
    throw error;
  }
  if (proof) page.proofs = [...page.proofs.filter((other) => !sameProof(other, proof)), proof].slice(-4);
  page.claimed = claimed;
  page.hid = b64(claimed.core.hid);
  page.spk = b64(claimed.core.spk);
  page.wasHost ||= claimed.host;
  const { theirs, mine } = machine.rightsWith(page);
  const both = theirs !== null && mine !== null;
  if (instance.role === "I") pending.full = await sendFirst(machine, page, instance, claimed, both);
  promote(machine, page, instance);
  page.made = { pn, roomId, invId };
  page.toldFirst = pending.full;
  page.first = readFirst(said.first) ?? page.first;
  page.knock = readKnock(machine, said.knock) ?? page.knock;
  Object.assign(page, { opening: null, run: null, stash: null, tries: 0, repeats: 0, linksTried: 0, busies: 0, resting: "", reach: false, doubtful: false, saidSlow: false });
  if (instance.how === 1) wasProven(machine, page);
  await settle(machine, page, true);
  if (page.standing === "person") hearCount(machine, said.wrong);
  if (!page.channel) await flush(machine, page);
}

/** @param {import("./rights.js").DoorProof} a @param {import("./rights.js").DoorProof} b @returns {boolean} */
function sameProof(a, b) {
  return a.how === b.how && a.roomId === b.roomId && a.pw === b.pw;
}

/** The newest instance speaks; the one before is read for a while. @param {Machine} machine @param {Page} page @param {Instance} instance */
function promote(machine, page, instance) {
  if (page.live) {
    page.old?.instance.destroy();
    page.old = { instance: page.live, until: machine.now + OLD_INSTANCE_MS };
  }
  page.live = instance;
}

/**
 * Gives a verified page its place by the rights that hold now.
 * @param {Machine} machine @param {Page} page @param {boolean} [again] its first frame has just verified
 */
export async function settle(machine, page, again = false) {
  if (page.live === null && !page.channel) return;
  const { theirs, mine } = machine.rightsWith(page);
  if (theirs !== null && mine !== null) return admit(machine, page, again);
  if (page.standing === "person" || page.standing === "admitted") return loseRight(machine, page, theirs, mine);
  if (waitsHere(machine, page, mine)) {
    enterLobby(machine, page);
  } else if (theirs === "host" && mine === null) {
    page.standing = "lobby";
    page.knockAt = machine.now + (page.live?.role === "I" && page.live.how >= 3 ? KNOCK_MS : 0);
    machine.out({ t: "waiting", pid: page.pid, what: { k: "knocking" } });
  } else {
    if (page.made) refuse(machine, page, page.made.pn, theirs === null ? "unknown" : "ask-another");
    forget(machine, page);
    page.notBefore = machine.now + REOPEN_MS;
    if (++page.refusals >= REFUSALS) page.resting = "rules";
  }
}

/** A host lets somebody wait who knocks, shows an invitation, or was here before this page. @param {Machine} machine @param {Page} page @param {string | null} mine */
function waitsHere(machine, page, mine) {
  if (mine !== "host" || page.claimed === null || page.made === null) return false;
  if (machine.room.book.rules?.removed.includes(page.spk)) return false;
  // Between two instances nothing is decided.
  return page.live === null || page.live.role === "I" || mayWait(machine.room, page.live.how, page.made.roomId);
}

/** @param {Machine} machine @param {Page} page */
function enterLobby(machine, page) {
  const entered = page.standing !== "lobby";
  page.standing = "lobby";
  if (page.knock === null) page.knock = { name: "", message: "", until: machine.now + KNOCK_LEASE_MS };
  if (entered) showKnock(machine, page);
}

/** @param {Machine} machine @param {Page} page */
export function showKnock(machine, page) {
  const { name, message } = page.knock ?? { name: "", message: "" };
  const id = page.made?.invId ?? "";
  const row = id === "" ? null : (machine.room.invitationRow?.(unb64(id)) ?? null);
  const invitation = row ? { invitation: { id, label: row.label } } : {};
  machine.out({ t: "waiting", pid: page.pid, what: { k: "lobby", hid: page.hid, spk: page.spk, name, message, ...invitation } });
}

/** @param {Machine} machine @param {Page} page @param {boolean} again */
async function admit(machine, page, again) {
  const waited = page.standing === "lobby";
  if (page.standing !== "person") page.standing = "admitted";
  if (waited) {
    machine.out({ t: "waiting", pid: page.pid, what: { k: "left" } });
    // Just admitted: open to all seats, also to those that came later.
    if (!machine.isHost) reachSeats(machine);
  }
  if (!page.toldFirst) {
    page.toldFirst = true;
    await post(machine, page, { k: "rest", first: machine.firstFor(page.hid) });
  }
  if (page.first === null || page.claimed === null) return;
  const known = page.standing === "person";
  if (known && !again) return;
  page.standing = "person";
  page.knock = null;
  page.refusals = 0;
  machine.beatDue = true;
  machine.saidOut = false;
  const { hid, pid, spk, first } = page;
  machine.out({ t: "person", hid, pid, spk, host: page.claimed.host, first, again: known });
}

/** Who was just admitted or seated opens to all seats. @param {Machine} machine */
export function reachSeats(machine) {
  for (const { pid } of machine.view.seats) {
    const page = pid === machine.pid ? null : machine.pageOf(pid);
    if (page?.live === null) page.reach = true;
  }
}

/**
 * Rules changed, or differ: somebody who was in is not any more.
 * @param {Machine} machine @param {Page} page @param {string | null} theirs @param {string | null} mine
 */
export async function loseRight(machine, page, theirs, mine) {
  const { rules } = machine.room.book;
  if (rules?.over) return goodbye(machine, page, "over");
  if (mine === null) return goodbye(machine, page, "cut-off");
  if (theirs === null && rules?.removed.includes(page.spk)) return goodbye(machine, page, "removed");
  const { spk, pid } = page;
  goodbye(machine, page, "no-right");
  if (machine.isHost) machine.out({ t: "waiting", pid, what: { k: "cut", spk, by: machine.hid } });
  for (const host of machine.persons) if (host.claimed?.host) await post(machine, host, { k: "cut", spk });
}

/**
 * A person (or somebody waiting) goes: said once, keys forgotten.
 * @param {Machine} machine @param {Page} page @param {import("./types.js").Gone} why
 */
export function goodbye(machine, page, why) {
  const { standing, hid, pid } = page;
  forget(machine, page);
  machine.beatDue = true;
  if (standing === "person") machine.out({ t: "gone", hid, pid, why });
  if (standing === "lobby") machine.out({ t: "waiting", pid, what: { k: "left" } });
}

/** Back to a page of which nothing is verified. @param {Machine} machine @param {Page} page */
export function forget(machine, page) {
  for (const { instance } of page.pending) instance.destroy();
  page.live?.destroy();
  page.old?.instance.destroy();
  page.mail.clear();
  machine.beats.forget(page.hid);
  Object.assign(page, { standing: "none", claimed: null, hid: "", spk: "", live: null, old: null, made: null, pending: [] });
  Object.assign(page, { opening: null, run: null, stash: null, proofs: [], first: null, toldFirst: false, channel: false });
  Object.assign(page, { knock: null, knockAt: Number.POSITIVE_INFINITY, doubtful: false, told: new Set() });
}

/** A cryptographic contradiction: close, no retry, red (section 10). @param {Machine} machine @param {Page} page @param {string} hid */
export function contradiction(machine, page, hid) {
  machine.refuseForGood(hid, "mismatch");
  machine.out({ t: "note", colour: "red", code: "mismatch", hid, pid: page.pid });
  if (page.hid === hid || page.hid === "") goodbye(machine, page, "mismatch");
}

/** @param {unknown} value @returns {First | null} */
export function readFirst(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const { gen } = /** @type {{gen?: unknown}} */ (value);
  const isGen = typeof gen === "number" && Number.isSafeInteger(gen) && gen >= 0 && gen < 2 ** 32;
  return isGen ? /** @type {First} */ (value) : null;
}

/** @param {Machine} machine @param {unknown} value @returns {import("./machine.js").Knock | null} */
export function readKnock(machine, value) {
  if (typeof value !== "object" || value === null) return null;
  const { name, message } = /** @type {Record<string, unknown>} */ (value);
  if (typeof name !== "string" || typeof message !== "string") return null;
  return { name: name.slice(0, KNOCK_NAME), message: message.slice(0, KNOCK_TEXT), until: machine.now + KNOCK_LEASE_MS };
}
