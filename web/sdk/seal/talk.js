// @ts-check
/**
 * Talk: messages between pages that have verified each other, by whichever path there is (section 6), and the
 * kinds of message that are the seal's own.
 */
import { SealError } from "./bytes.js";
import { KNOCK_TEXT } from "./limits.js";
import { goodbye, handleFirst, readFirst, readKnock, settle, showKnock } from "./first.js";
import { learn } from "./learn.js";
import { heardWrong } from "./passwords.js";
import { heardBeat } from "./presence.js";
import { expand, squeeze } from "./squeeze.js";
import { trace } from "../trace.js";

/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {import("./machine.js").Page} Page */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./frames.js").Frame} Frame */

/**
 * Sends a message, now or as soon as there is a path.
 * @param {Machine} machine @param {Page} page @param {Message} message @returns {Promise<boolean>} false: too long, or too many wait
 */
export async function post(machine, page, message) {
  const number = page.mail.put(await onTheWay(message));
  if (number === 0) return false;
  for (const text of page.mail.texts(machine.now, number)) await carry(machine, page, text);
  return true;
}

/** Everything unacknowledged, in order, on the path that there is now. @param {Machine} machine @param {Page} page */
export async function flush(machine, page) {
  for (const text of page.mail.texts(machine.now)) await carry(machine, page, text);
}

/** @param {Machine} machine @param {Page} page @param {string} text */
export async function carry(machine, page, text) {
  if (page.channel) machine.out({ t: "channel", hid: page.hid, text });
  else await frameIt(machine, page, text);
}

/** @param {Machine} machine @param {Page} page @param {string} text */
async function frameIt(machine, page, text) {
  const frame = await page.live?.seal(text);
  if (frame) machine.signal(page, JSON.stringify(frame));
}

/**
 * The last word, on both paths: the connection closes in the same task and may swallow it.
 * @param {Machine} machine @param {Page} page
 */
export async function sayBye(machine, page) {
  await sayLast(machine, page, page.mail.put({ k: "bye" }));
  machine.refuseForGood(page.hid, "bye");
  goodbye(machine, page, "bye");
}

/**
 * Everything from message `number` on, on both paths.
 * @param {Machine} machine @param {Page} page @param {number} number 0: everything that waits
 */
export async function sayLast(machine, page, number) {
  for (const text of page.mail.texts(machine.now, number || 1)) {
    if (page.channel) machine.out({ t: "channel", hid: page.hid, text });
    await frameIt(machine, page, text);
  }
}

/**
 * A frame that the server brought.
 * @param {Machine} machine @param {Page} page @param {Frame} frame
 */
export async function handleFrame(machine, page, frame) {
  const pending = page.pending.find(({ instance }) => instance.k === frame.k);
  const instance = pending?.instance ?? [page.live, page.old?.instance].find((one) => one?.k === frame.k);
  if (!instance) {
    machine.counts.strayFrames++;
    trace(page.pid, "stray", page.standing);
    return;
  }
  const opened = await instance.open(frame);
  if (opened.t === "dropped") machine.counts.droppedFrames++;
  else if (opened.t === "lost") endInstance(machine, page, instance);
  else if (pending) await handleFirst(machine, page, pending, opened.text);
  else await handleText(machine, page, opened.text);
}

/**
 * A number is missing: this instance is over; open again, whoever was listed first.
 * @param {Machine} machine @param {Page} page @param {import("./pair.js").Instance} instance
 */
function endInstance(machine, page, instance) {
  machine.counts.gaps++;
  trace(page.pid, "gap");
  page.pending = page.pending.filter((pending) => pending.instance !== instance);
  instance.wipe();
  if (page.old?.instance === instance) return;
  if (page.live === instance) {
    // Kept as the one before: the proof may still name it.
    page.old = { instance, until: Number.POSITIVE_INFINITY };
    page.live = null;
  }
  page.reach = true;
}

/**
 * A text of a verified page, from either path.
 * @param {Machine} machine @param {Page} page @param {string} text
 */
export async function handleText(machine, page, text) {
  try {
    const message = page.mail.take(text, machine.now);
    if (message) await handleMessage(machine, page, message);
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    machine.counts.badMessages++;
  }
}

/** @param {Machine} machine @param {Page} page @param {Message} message */
async function handleMessage(machine, page, message) {
  if (message.k === "bye") {
    machine.refuseForGood(page.hid, "bye");
    goodbye(machine, page, "bye");
  } else if (message.k === "states") {
    await learn(machine, page, message.docs, true);
  } else if (message.k === "rest") {
    page.first = readFirst(message.first) ?? page.first;
    await settle(machine, page);
  } else if (page.standing === "lobby") {
    handleLobby(machine, page, message);
  } else if (page.standing === "person") {
    await handlePerson(machine, page, message);
  }
}

/** Knock frames alone, until admitted. @param {Machine} machine @param {Page} page @param {Message} message */
function handleLobby(machine, page, message) {
  const hostHere = machine.isHost;
  if (message.k === "knock" && hostHere) {
    const before = page.knock;
    page.knock = readKnock(machine, message) ?? page.knock;
    if (page.knock?.name !== before?.name || page.knock?.message !== before?.message) showKnock(machine, page);
  } else if (message.k === "hold" && !hostHere) {
    const text = typeof message.text === "string" ? message.text.slice(0, KNOCK_TEXT) : "";
    machine.out({ t: "waiting", pid: page.pid, what: { k: "held", text } });
  } else if (message.k === "refused" && !hostHere) {
    goodbye(machine, page, "no-right");
    page.resting = "rules";
    machine.out({ t: "waiting", pid: page.pid, what: { k: "not-admitted" } });
  }
}

/** @param {Machine} machine @param {Page} page @param {Message} message */
async function handlePerson(machine, page, message) {
  if (message.k === "beat") {
    await heardBeat(machine, page, message);
  } else if (message.k === "wrong") {
    heardWrong(machine, message);
  } else if (message.k === "cut") {
    const { spk } = message;
    const told = machine.isHost && typeof spk === "string" && spk.length === 43;
    if (told) machine.out({ t: "waiting", pid: page.pid, what: { k: "cut", spk, by: page.hid } });
  } else if (!OWN_KINDS.has(message.k)) {
    machine.out({ t: "message", hid: page.hid, message: await arrived(message) });
  }
}

/** Kinds that drivers may not use, but for `bye`. */
export const OWN_KINDS = new Set(["bye", "states", "rest", "knock", "hold", "refused", "beat", "wrong", "cut"]);

/** Descriptions travel squeezed. @param {Message} message @returns {Promise<Message>} */
async function onTheWay(message) {
  if (message.k !== "desc") return message;
  const { description, ...rest } = message;
  return { ...rest, z: await squeeze(JSON.stringify(description)) };
}

/** @param {Message} message @returns {Promise<Message>} @throws {SealError} `bad-message` */
async function arrived(message) {
  if (message.k !== "desc") return message;
  const { z, ...rest } = message;
  try {
    return { ...rest, k: "desc", description: JSON.parse(await expand(z)) };
  } catch {
    throw new SealError("bad-message");
  }
}
