// Files that this page offers: to everybody, newcomers too, or to one person. Bytes go to whoever asked for them, and to the room's
// store if this person wants it to keep the file for who comes later.

import { ParlourError } from "../errors.js";
import { integer, object, base64 } from "../read.js";
import { Bucket } from "../seal/bounds.js";
import { b64 } from "../seal/bytes.js";
import { random } from "../seal/kdf.js";
import { keyOf, readable } from "./chat.js";
import { hex } from "./files.js";
import { FILE_BYTES, FILE_CHANNELS, OFFERS, RECEIVERS } from "./limits.js";
import { isProgram, tidyFileName, tidyType } from "./plain.js";
import { Pump, hashOf } from "./transfer.js";

/** @typedef {import("../types.js").FileOffer} FileOffer */
/** @typedef {import("../seal/types.js").Message} Message */
/** @typedef {"offered" | "sending" | "done" | "declined" | "gone" | "damaged"} ReceiverState */
/** `full`: not there, the room takes no more; `failed`: nor for another reason. @typedef {"none" | "storing" | "kept" | "full" | "failed"} KeptState */
/** @typedef {{hid: string, spk: string, name: string, state: ReceiverState, pump: Pump | null, channel: number, asks: Bucket}} Receiver */
/**
 * @typedef {{id: string, to: string, blob: Blob, file: string, type: string, hash: string, at: number, name: string, withdrawn: boolean,
 *   receivers: Map<string, Receiver>, stored: import("./stored.js").Stored | null, kept: KeptState, done: number}} Own
 */

/** How often a page may ask for a file: after each reconnect, and once in so long. */
const ASK_EVERY_MS = 1_000;
const ASK_BURST = 10;
const readTake = object({
  id: base64(16), run: integer(1, 2 ** 32 - 1), channel: integer(FILE_CHANNELS[0] ?? 0, FILE_CHANNELS.at(-1) ?? 0), from: integer(0, FILE_BYTES),
});

export class Offers {
  #me;
  #user;
  /** @type {Map<string, Own>} */ #own = new Map();

  /** @param {string} me spk @param {import("./files.js").FilesUser} user */
  constructor(me, user) {
    this.#me = me;
    this.#user = user;
  }

  /** @returns {readonly FileOffer[]} */
  get shown() {
    return [...this.#own.values()].map(({ id, to, blob, file, type, hash, at, name, withdrawn, receivers, kept, done }) => Object.freeze({
      id: keyOf(this.#me, id), by: this.#me, name, own: true, earlier: false, kept, to, file, size: blob.size, type, hash: hex(hash), at: new Date(at), live: true,
      program: isProgram(file), state: withdrawn ? /** @type {const} */ ("withdrawn") : /** @type {const} */ ("offered"), done,
      receivers: Object.freeze([...receivers.values()].map((one) => Object.freeze({
        id: one.spk, name: one.name, state: one.state, done: one.state === "done" ? blob.size : (one.pump?.sent ?? 0),
      }))),
    }));
  }

  /**
   * @param {Blob & {name?: string}} blob @param {string} to spk, or empty for everybody @param {string} name of this person @param {boolean} keep in the room
   * @returns {Promise<Own>} not yet told to anybody
   * @throws {ParlourError} `file-too-large`, `files-full`, `file-unreadable`
   */
  async make(blob, to, name, keep) {
    if (blob.size > FILE_BYTES) throw new ParlourError("file-too-large");
    if ([...this.#own.values()].filter(({ withdrawn }) => !withdrawn).length >= OFFERS) throw new ParlourError("files-full");
    /** @type {string} */
    let hash;
    try {
      hash = b64(await hashOf(blob));
    } catch (cause) {
      throw new ParlourError("file-unreadable", { cause });
    }
    const storing = keep && to === "" ? this.#user.storing() : null;
    const stored = storing && blob.size <= storing.most ? storing.plan() : null;
    /** @type {Own} */
    const own = {
      id: b64(random(16)), to, blob, file: tidyFileName(blob.name), type: tidyType(blob.type), hash, at: Date.now(), name, withdrawn: false, receivers: new Map(),
      stored, kept: stored ? "storing" : keep ? "full" : "none", done: 0,
    };
    this.#own.set(own.id, own);
    return own;
  }

  /** Leaves it with the room, or what of it is not there (any more). @param {Own} own */
  async store(own) {
    const { stored, blob } = own;
    const storing = this.#user.storing();
    if (!stored || !storing) return;
    const came = await storing.put({ ...stored, size: blob.size }, blob, {
      isWanted: () => !own.withdrawn,
      onProgress: (done) => {
        own.done = done;
        this.#user.onProgress();
      },
    }, own.kept === "kept");
    const isNew = own.kept !== came;
    own.kept = came === "stopped" ? "none" : came;
    if (own.kept !== "kept") own.stored = null;
    else if (isNew) for (const { hid } of own.receivers.values()) this.#user.send(hid, { k: "file-kept", id: own.id, kept: stored });
    this.#user.onChange();
  }

  /** The room may have lost all of it. */
  storeAgain() {
    for (const own of this.#own.values()) if (own.kept === "kept") void this.store(own);
  }

  /** What lies in the room, for this page's record. @returns {import("./record.js").KeptFile[]} */
  get kept() {
    return [...this.#own.values()].flatMap(({ id, blob, file, type, hash, at, stored, kept }) =>
      stored && kept === "kept" ? [{ id, file, size: blob.size, type, hash, at, key: stored.key, piece: stored.piece }] : []);
  }

  /** To one page, if it is meant for that person and not known there. @param {Own} own @param {string} hid @param {string} spk @param {string} name */
  tell(own, hid, spk, name) {
    if (own.withdrawn || (own.to !== "" && own.to !== spk) || own.receivers.has(hid)) return;
    // Of an earlier page of that person nothing is left to be done; of many the oldest that is over makes way.
    for (const [other, one] of own.receivers) if (one.spk === spk && one.state === "gone") own.receivers.delete(other);
    if (own.receivers.size >= RECEIVERS) {
      const [over] = [...own.receivers.values()].filter(({ state }) => state !== "offered" && state !== "sending");
      if (!over) return;
      own.receivers.delete(over.hid);
    }
    own.receivers.set(hid, { hid, spk, name, state: "offered", pump: null, channel: 0, asks: new Bucket(ASK_EVERY_MS, ASK_BURST) });
    const { id, file, blob, type, hash, at, stored, kept } = own;
    this.#user.send(hid, { k: "file", id, name: file, size: blob.size, type, hash, at, ...(kept === "kept" && { kept: stored }) });
  }

  /** A page is new here. @param {string} hid @param {string} spk @param {string} name */
  tellAll(hid, spk, name) {
    for (const own of this.#own.values()) this.tell(own, hid, spk, name);
  }

  /** Takes an offer back; who has the file keeps it. A second time: forgets it. @param {string} key @returns {boolean} whether it is one of these */
  drop(key) {
    const own = [...this.#own.values()].find(({ id }) => keyOf(this.#me, id) === key);
    if (!own) return false;
    if (own.withdrawn) this.#own.delete(own.id);
    own.withdrawn = true;
    // What is on its way to the room is taken back by whoever brings it.
    if (own.stored && own.kept === "kept") void this.#user.storing()?.remove({ ...own.stored, size: own.blob.size });
    own.stored = null;
    own.kept = "none";
    for (const one of own.receivers.values()) {
      // Who declined may think better of it while the room has it.
      if (one.state !== "done") this.#user.send(one.hid, { k: "file-gone", id: own.id });
      if (one.state === "offered" || one.state === "sending") this.#stop(one, "gone");
    }
    this.#user.onChange();
    return true;
  }

  /** @param {string} hid @param {Message} message @param {number} awake */
  takeAsk(hid, message, awake) {
    const read = readable(() => readTake(message));
    const own = read && this.#own.get(read.id);
    const one = own?.receivers.get(hid);
    if (!read || !own || !one || own.withdrawn || read.from > own.blob.size || (one.state !== "offered" && one.state !== "declined" && one.state !== "sending")) return;
    if (!one.asks.take(awake)) return;
    const channel = this.#user.channel(hid, read.channel);
    if (!channel) return;
    // One file on a channel at a time.
    for (const other of this.#own.values()) {
      const before = other.receivers.get(hid);
      if (before && before.channel === read.channel) before.pump?.stop();
    }
    one.pump?.stop();
    one.state = "sending";
    one.channel = read.channel;
    one.pump = new Pump(own.blob, channel, read.run, read.from, () => {
      this.#stop(one, "gone");
      this.#user.send(hid, { k: "file-gone", id: own.id, failed: true });
      this.#user.onChange();
    });
    this.#user.onChange();
  }

  /** @param {string} hid @param {Message} message `file-no` or `file-done` @returns {boolean} */
  takeAnswer(hid, { k, id, ok }) {
    const one = this.#own.get(String(id))?.receivers.get(hid);
    if (!one || (one.state !== "offered" && one.state !== "sending")) return false;
    if (k === "file-no") this.#stop(one, "declined");
    else this.#stop(one, ok === true ? "done" : "damaged");
    return true;
  }

  /** @param {string} hid @returns {boolean} */
  gone(hid) {
    let changed = false;
    for (const { receivers } of this.#own.values()) {
      const one = receivers.get(hid);
      if (!one || (one.state !== "offered" && one.state !== "sending")) continue;
      this.#stop(one, "gone");
      changed = true;
    }
    return changed;
  }

  /** Whether anything is on its way, so that progress is worth a look. */
  get sending() {
    return [...this.#own.values()].some(({ receivers }) => [...receivers.values()].some(({ state }) => state === "sending"));
  }

  stop() {
    for (const { receivers } of this.#own.values()) for (const one of receivers.values()) one.pump?.stop();
  }

  /** @param {Receiver} one @param {ReceiverState} state */
  #stop(one, state) {
    one.pump?.stop();
    one.pump = null;
    one.state = state;
  }
}
