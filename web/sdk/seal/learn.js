// @ts-check
/**
 * Learning: states that others show are kept, passed on once, and everybody is judged again (sections 2 and 4).
 */
import { b64, equal, lv, SealError, unb64 } from "./bytes.js";
import { readState, unpackDocs } from "./state.js";
import { goodbye, loseRight, settle } from "./first.js";
import { post, sayLast } from "./talk.js";

/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {import("./machine.js").Page} Page */

/**
 * Docs of a refuse, a first frame or a message. They prove themselves; what does not is left out.
 * @param {Machine} machine @param {Page} page from which they came
 * @param {unknown} docs bytes, or their base64url
 * @param {boolean} [sealed] whether that page itself said so; a refuse may have been made up by the server
 * @returns {Promise<boolean>} whether other rules hold now
 */
export async function learn(machine, page, docs, sealed = false) {
  const { book } = machine.room;
  /** @type {import("./state.js").StateDoc[]} */
  let read;
  try {
    read = unpackDocs(docs instanceof Uint8Array ? docs : unb64(docs));
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
  const before = new Set(book.held.map(({ json }) => json));
  const unknown = read.filter(({ json }) => !before.has(json));
  const { changed } = unknown.length > 0 ? await book.adopt(unknown) : { changed: false };
  for (const { json } of read) if (before.has(json) || book.held.some((state) => state.json === json)) page.told.add(json);
  const learned = book.held.filter(({ json }) => !before.has(json));
  if (learned.length < unknown.length && machine.room.named) await sayIfTwoHosts(machine, page, unknown, sealed);
  if (learned.length === 0) return false;
  machine.out({ t: "states", states: learned.map(({ json, sig }) => ({ json, sig: b64(sig) })) });
  await rulesChanged(machine, changed);
  return changed;
}

/**
 * States of the room are new here: to all who may lack them, then everybody is judged by them.
 * @param {Machine} machine @param {boolean} judge whether other rules hold now, or links and passwords changed
 */
export async function rulesChanged(machine, judge) {
  if (machine.isHost && !machine.hostShown) showHost(machine);
  for (const page of machine.pages.values()) if (page.standing !== "none") await tellStates(machine, page);
  if (judge) await judgeAll(machine);
}

/** Somebody gave this page the seed: new instances, with host-in, to all. @param {Machine} machine */
function showHost(machine) {
  machine.hostShown = true;
  for (const page of machine.pages.values()) if (page.live) page.reach = page.doubtful = true;
}

/**
 * A named room of another host key: two people thought that they were the first. Nothing is merged, and a pair is closed.
 * @param {Machine} machine @param {Page} page @param {readonly import("./state.js").StateDoc[]} docs @param {boolean} sealed
 */
async function sayIfTwoHosts(machine, page, docs, sealed) {
  const { room, hostPk } = machine.room;
  for (const doc of docs) {
    try {
      const host = unb64(JSON.parse(JSON.parse(doc.json).rules).host, 32);
      if (equal(host, hostPk)) continue;
      await readState(doc, { room, hostPk: host });
    } catch {
      continue; // of no host at all
    }
    page.otherHost ||= sealed;
    if (sealed) goodbye(machine, page, "no-right");
    page.resting = "rules";
    machine.out({ t: "note", colour: "amber", code: "two-hosts", pid: page.pid });
    return;
  }
}

/**
 * Each state once to each page. Who has lost a right by them hears it on both paths: the connection closes in the same
 * task and may swallow it. @param {Machine} machine @param {Page} page
 */
export async function tellStates(machine, page) {
  const { states, held } = machine.room.book;
  page.told = new Set(held.map(({ json }) => json).filter((json) => page.told.has(json)));
  for (const { json, sig } of states) {
    if (page.told.has(json)) continue;
    page.told.add(json);
    const message = { k: "states", docs: b64(lv(json, sig)) };
    if (page.channel && machine.rightsWith(page).theirs === null) await sayLast(machine, page, page.mail.put(message));
    else await post(machine, page, message);
  }
}

/** Every pair again, by one function. @param {Machine} machine */
async function judgeAll(machine) {
  machine.beatDue = true;
  const { isHost } = machine;
  for (const page of [...machine.pages.values()]) {
    Object.assign(page, { resting: "", tries: 0, refusals: 0, repeats: 0, linksTried: 0, busies: 0, notBefore: 0 });
    if (page.standing === "none") continue;
    const { theirs, mine } = machine.rightsWith(page);
    if (theirs !== null && mine !== null) await settle(machine, page);
    else if (page.standing !== "lobby") await loseRight(machine, page, theirs, mine);
    else if (isHost && !mayGoOnWaiting(machine, page)) await turnAway(machine, page);
  }
  sayOut(machine);
}

/** Whether a door may still open to somebody in the lobby, or has opened. @param {Machine} machine @param {Page} page @returns {boolean} */
function mayGoOnWaiting({ room }, page) {
  const { rules } = room.book;
  if (!rules || rules.removed.includes(page.spk)) return false;
  if (rules.door === "invite") return page.live?.how === 4;
  return rules.door !== "locked" || page.live?.role === "I";
}

/** A knock that the door allows no longer, or that the host refuses. @param {Machine} machine @param {Page} page */
export async function turnAway(machine, page) {
  await post(machine, page, { k: "refused" });
  goodbye(machine, page, "no-right");
  page.notBefore = Number.POSITIVE_INFINITY;
}

/** This page itself: said once. @param {Machine} machine */
function sayOut(machine) {
  const { rules } = machine.room.book;
  if (!rules || machine.saidOut) return;
  if (rules.over || (rules.removed.includes(machine.spk) && !machine.isHost)) {
    machine.saidOut = true;
    machine.out({ t: "note", colour: "grey", code: rules.over ? "over" : "removed" });
  }
}

