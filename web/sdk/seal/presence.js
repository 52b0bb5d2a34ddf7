// @ts-check
/**
 * Presence: what time and the server's list mean for pages (sections 4, 6, 10): leaving, being replaced, beats.
 */
import { readBeat } from "./beat.js";
import { goodbye, reachSeats } from "./first.js";
import { tellStates } from "./learn.js";
import { BEAT_LIST, BEAT_MS, KNOCK_MS, NO_HOST_MS } from "./limits.js";
import { tickOpening, wake } from "./opening.js";
import { carry, flush, post } from "./talk.js";
import { trace } from "../trace.js";

/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {import("./machine.js").Page} Page */

/**
 * @param {Machine} machine @param {import("./types.js").View} view
 */
export function changeView(machine, view) {
  const wasSeated = machine.view.seated;
  machine.view = view;
  for (const page of [...machine.pages.values()]) {
    wake(page);
    leaveIfGone(machine, page);
  }
  if (view.seated && !wasSeated) reachSeats(machine);
}

/**
 * Off the server's list *and* without a connection: gone. Being listed or not moves no power otherwise.
 * @param {Machine} machine @param {Page} page
 */
function leaveIfGone(machine, page) {
  if (page.channel || machine.lists(page.pid)) return;
  goodbye(machine, page, "left");
  machine.drop(page);
}

/**
 * @param {Machine} machine @param {Page} page a person @param {boolean} open
 */
export async function changeChannel(machine, page, open) {
  if (page.channel === open) return;
  page.channel = open;
  if (open) replaceOthers(machine, page);
  else leaveIfGone(machine, page);
  if (page.standing === "person") await flush(machine, page);
}

/** The same person's new page is proven: the old one goes, for good. @param {Machine} machine @param {Page} page */
function replaceOthers(machine, page) {
  for (const other of machine.persons) {
    if (other === page || other.spk !== page.spk) continue;
    machine.refuseForGood(other.hid, "replaced");
    goodbye(machine, other, "replaced");
  }
}

/**
 * @param {Machine} machine @param {number} now awake ms
 */
export async function tick(machine, now) {
  machine.now = Math.max(machine.now, now);
  for (const page of [...machine.pages.values()]) await tickPage(machine, page);
  await sendBeat(machine);
  sayFindings(machine);
  sayNoHost(machine);
}

/** @param {Machine} machine @param {Page} page */
async function tickPage(machine, page) {
  const { now } = machine;
  tickOpening(machine, page);
  if (page.old && page.old.until <= now) {
    page.old.instance.wipe();
    page.old.until = Number.POSITIVE_INFINITY;
  }
  const acknowledgement = page.standing === "none" ? null : page.mail.acknowledgement(now);
  if (acknowledgement) await carry(machine, page, acknowledgement);
  // This page's first frame may have been lost: then it lives in an instance that the other side never took up.
  if (page.mail.isUnanswered(now)) {
    if (!page.doubtful) trace(page.pid, "unanswered", page.channel ? "channel" : "server");
    if (page.channel) {
      machine.out({ t: "unanswered", hid: page.hid });
      await flush(machine, page);
    } else if (page.live) page.reach = page.doubtful = true;
  }
  if (page.standing !== "lobby") return;
  if (machine.isHost && page.knock && page.knock.until <= now) {
    goodbye(machine, page, "left");
  } else if (!machine.isHost && page.knockAt <= now) {
    page.knockAt = now + KNOCK_MS;
    await post(machine, page, { k: "knock", ...machine.knockText() });
  }
}

/** Every 10 s and after changes. @param {Machine} machine */
async function sendBeat(machine) {
  const { now, persons } = machine;
  if (!machine.beatDue && now - machine.beatAt < BEAT_MS) return;
  const rules = machine.room.book.digests;
  const pages = persons.map(({ hid }) => hid).sort().slice(0, BEAT_LIST);
  machine.beats.own({ rules, pages }, now);
  machine.beatDue = false;
  machine.beatAt = now;
  for (const page of persons) await post(machine, page, { k: "beat", rules, pages });
}

/**
 * @param {Machine} machine @param {Page} page @param {Record<string, unknown>} message
 */
export async function heardBeat(machine, page, message) {
  const beat = readBeat(message);
  if (!beat || !machine.beats.heard(page.hid, beat, machine.now)) return;
  // Its rules are others: it may have lost what it was told. What it has already costs it a look.
  page.told.clear();
  await tellStates(machine, page);
}

/** @param {Machine} machine */
function sayFindings(machine) {
  const listed = new Set(machine.persons.map(({ hid }) => hid));
  const ignored = (/** @type {string} */ hid) => machine.refused.has(hid) && !listed.has(hid);
  for (const { code, hid, about } of machine.beats.findings(machine.hid, ignored, machine.now)) {
    if (code.startsWith("rules") && !machine.isHost) continue;
    const colour = code === "same-again" || code === "rules-heard" ? "grey" : "amber";
    machine.out({ t: "note", colour, code, hid, ...(about === undefined ? {} : { about }) });
  }
}

/** A host is listed, was met, and no host is connected: after a while said once. @param {Machine} machine */
function sayNoHost(machine) {
  const connected = machine.isHost || machine.persons.some(({ claimed, channel }) => claimed?.host && channel);
  const listed = [...machine.pages.values()].some(({ pid, wasHost }) => wasHost && machine.lists(pid));
  if (connected || !listed) {
    if (machine.hostMissingSince === Number.POSITIVE_INFINITY) machine.out({ t: "note", colour: "grey", code: "host-again" });
    machine.hostMissingSince = Number.NaN;
  } else if (Number.isNaN(machine.hostMissingSince)) {
    machine.hostMissingSince = machine.now;
  } else if (machine.now - machine.hostMissingSince >= NO_HOST_MS) {
    machine.hostMissingSince = Number.POSITIVE_INFINITY;
    machine.out({ t: "note", colour: "amber", code: "no-host" });
  }
}
