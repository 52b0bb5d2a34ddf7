// What this page leaves with the server in a room in standard mode, and what it finds there (docs/seal-notes-content.md): its own
// record (content/record.js), sealed under the room's key (seal/keyring.js), in the place that came with its seat (blobs.js).
//
// The server may drop, hold back, mix up and forget all of it: then something is missing, which is said, and nothing is
// wrong. Nobody waits for any of this; what people say goes from page to page as ever.

import { Blobs } from "./blobs.js";
import { Progress, parseRecord, readSeen, writeRecord, writeSeen } from "./content/record.js";
import { ParlourError } from "./errors.js";
import { BLOB_ID_BYTES, blobRoom, keyNumber, newBlobId, openBlob, sealBlob } from "./seal/blob.js";
import { SealError, b64, unb64 } from "./seal/bytes.js";
import { random } from "./seal/kdf.js";
import { Keyring, writeKey } from "./seal/keyring.js";
import { Storing } from "./storing.js";

/** After something was said the record is written so much later, and then not again for as long as it takes at this pace, ms and bytes. */
const WRITE_MS = 1_000;
const WRITE_PACE_MS = 2_000;
const WRITE_BYTES_PER_MS = 32;
/** After a failure, and before something that is missing is looked for again: it may be on its way, ms. */
const AGAIN_MS = 10_000;
const MISSING_MS = 3_000;
/** A host's page makes a key for the standing rules if nobody gives it one for so long, ms. */
const KEY_MS = 10_000;
/** How long leaving waits for the last record, ms. */
const FINISH_MS = 1_500;

/** @typedef {import("./seal/types.js").Message} Message */
/** @typedef {import("./content/record.js").Kept} Kept */
/**
 * @typedef {{
 *   server: string, knowledge: import("./knowledge.js").Knowledge, spk: string, name(): string,
 *   content: {readonly own: import("./content/record.js").Own, readonly backs: number, isBack(id: string): boolean, takeKept(kept: Kept): void, storeAgain(): void},
 *   mesh: {send(hid: string, message: Message): boolean, readonly reached: readonly {hid: string}[], readonly agreeing: readonly string[], readonly awake: number},
 * }} KeepingParts `server`: its address
 */

export class Keeping {
  #parts;
  #user;
  /** @type {Blobs | null} */ #blobs = null;
  /** Keys that each page was given. @type {Map<string, Set<string>>} */ #given = new Map();
  #writer = b64(random(8));
  #n = 0;
  /** Number of the last record that is there. */ #put = 0;
  /** Own blobs that may be there, the last one last. @type {Set<string>} */ #mine = new Set();
  /** What was written last. */ #written = "";
  #isWriting = false;
  /** What is under way. */ #writing = Promise.resolve();
  /** Whether there is something that was not written. */ #isBehind = false;
  #isFull = false;
  /** When to write, to read and to make a key, awake ms. */ #writeAt = Number.POSITIVE_INFINITY;
  #mayWriteAt = 0;
  #readAt = Number.POSITIVE_INFINITY;
  #keyAt = Number.POSITIVE_INFINITY;
  #isReading = false;
  #progress = new Progress();
  /** Records that were read, by blob; null: nonsense. @type {Map<string, Kept | null>} */ #records = new Map();
  /** @type {Set<string>} */ #taken = new Set();
  #missing = 0;
  /** Files. @readonly */ storing;
  /** How much of what this person took back was looked for in what earlier page lives left. */ #backs = 0;
  #stopped = false;

  /** @param {KeepingParts} parts @param {{onChange(): void, save(): Promise<void>}} user `save`: on this device, what it knows of what is kept */
  constructor(parts, user) {
    this.#parts = parts;
    this.#user = user;
    this.storing = new Storing(parts.knowledge.room, () => this.#blobs, { list: parts.knowledge.begun, save: () => user.save() });
    this.#keyring.follow(parts.knowledge.book);
  }

  get #keyring() { return this.#parts.knowledge.keyring; }

  /** @returns {import("./types.js").KeepingState} */
  get shown() {
    const state = this.#blobs === null ? "nowhere" : this.#isFull ? "full" : this.#keyring.current === null || this.#isBehind ? "waiting" : "kept";
    return Object.freeze({ state, missing: this.#missing, fileBytes: this.storing.most });
  }

  /** @returns {import("./notes.js").Remark[]} */
  remarks() {
    const { state, missing } = this.shown;
    const remark = (/** @type {string} */ code) => ({ colour: /** @type {const} */ ("grey"), code, who: "" });
    return [...(missing > 0 ? [remark("kept-missing")] : []), ...(state === "full" ? [remark("kept-full")] : [])];
  }

  /** With a seat, first or again, came the way to what is kept. @param {import("./protocol.js").BlobPlace | undefined} place */
  handlePlace(place) {
    if (this.#stopped || (place && place.token === this.#blobs?.place.token)) return;
    this.#blobs?.stop();
    this.#blobs = place ? new Blobs(this.#parts.server, place) : null;
    // A server that restarted has nothing any more.
    this.#written = "";
    this.#isFull = false;
    this.#parts.content.storeAgain();
    this.handleContent();
    this.#readAt = this.#parts.mesh.awake;
    this.#user.onChange();
  }

  /** Other rules hold. @param {boolean} isOwn whether this page signed them: then it makes the key */
  handleRules(isOwn) {
    const { book } = this.#parts.knowledge;
    this.#keyring.follow(book);
    if (isOwn && this.#keyring.current === null) this.#makeKey();
    this.#giveAll();
  }

  /**
   * Everything is given once to a page with a right, as soon as it lives by the same rules: it counts what it is given after
   * it has adopted them, and whoever has not yet may still hold somebody for a member who was shut out.
   * @param {string} hid
   */
  give(hid) {
    if (!this.#parts.mesh.agreeing.includes(hid)) return;
    const given = this.#given.get(hid) ?? new Set();
    // First how far everybody is known to be, so that what is held back is missed from the beginning.
    const seen = [...this.#progress.seen(this.#writer), ...this.#here];
    if (!this.#given.has(hid) && seen.length > 0) this.#parts.mesh.send(hid, writeSeen(seen));
    this.#given.set(hid, given);
    for (const key of this.#keyring.all) {
      const message = writeKey(key);
      const what = JSON.stringify(message);
      if (!given.has(what) && this.#parts.mesh.send(hid, message)) given.add(what);
    }
  }

  /** @param {string} hid */
  handleGone(hid) {
    this.#given.delete(hid);
  }

  /** A message over channel 0 of somebody with a right. @param {Message} message @returns {boolean} whether it was for this */
  handle(message) {
    if (message.k === "content-seen") this.#progress.hear(readSeen(message));
    if (message.k !== "content-key") return message.k === "content-seen";
    const { j, key, writes } = message;
    if (typeof j !== "number" || !Number.isInteger(j) || j < 0 || j >= 2 ** 32 || typeof writes !== "boolean") return true;
    this.#keyring.follow(this.#parts.knowledge.book);
    try {
      if (this.#keyring.take(j, unb64(key, 32), writes)) this.#keysChanged();
    } catch (thrown) {
      if (!(thrown instanceof SealError)) throw thrown;
    }
    return true;
  }

  /** Something may have been said. */
  handleContent() {
    this.#isBehind = !this.#isSaid();
    if (this.#parts.content.backs !== this.#backs && this.#keyring.current) this.#readAt = Math.min(this.#readAt, this.#parts.mesh.awake);
    // Without a place or a key there is nothing to be done; either brings this about again.
    if (this.#isBehind && this.#blobs && this.#keyring.current) this.#writeAt = Math.min(this.#writeAt, Math.max(this.#mayWriteAt, this.#parts.mesh.awake + WRITE_MS));
  }

  /** @param {number} awake ms */
  handleTick(awake) {
    const { knowledge } = this.#parts;
    const lacks = knowledge.hostKey !== null && this.#keyring.current === null && Keyring.numberOf(knowledge.book) !== null;
    if (!lacks) this.#keyAt = Number.POSITIVE_INFINITY;
    else if (this.#keyAt === Number.POSITIVE_INFINITY) this.#keyAt = awake + KEY_MS;
    else if (awake >= this.#keyAt) this.#makeKey();
    this.#giveAll();
    if (awake >= this.#writeAt) this.#writing = this.#write();
    if (awake >= this.#readAt) void this.#read();
  }

  /** Before this page leaves: what was said last. */
  async finish() {
    if (!this.#blobs) return;
    const last = this.#isSaid() || !this.#keyring.current ? null : this.#writing.then(() => {
      this.#writeAt = 0;
      return this.#write();
    });
    await Promise.race([Promise.all([last, this.storing.finish()]), new Promise((resolve) => setTimeout(resolve, FINISH_MS))]);
  }

  stop() {
    this.#stopped = true;
    this.storing.stop();
    this.#blobs?.stop();
  }

  #makeKey() {
    const j = Keyring.numberOf(this.#parts.knowledge.book);
    if (j !== null && this.#keyring.take(j, random(32), true)) this.#keysChanged();
  }

  #keysChanged() {
    this.#readAt = Math.min(this.#readAt, this.#parts.mesh.awake);
    this.handleContent();
    this.#giveAll();
    void this.#user.save();
    this.#user.onChange();
  }

  #giveAll() {
    for (const { hid } of this.#parts.mesh.reached) this.give(hid);
  }

  /** How far this page's own record is. */
  get #here() { return this.#put > 0 ? [{ w: this.#writer, n: this.#put }] : []; }

  /** What this page has to say, and how it would be written. */
  get #own() {
    const { content, name } = this.#parts;
    const { chat, polls, files } = content.own;
    return { text: JSON.stringify([name(), chat, polls, files]), chat, polls, files, isEmpty: chat.length + polls.length + files.length === 0 };
  }

  #isSaid() {
    const { text, isEmpty } = this.#own;
    return text === this.#written || (isEmpty && this.#n === 0);
  }

  async #write() {
    const { knowledge, spk, name, mesh } = this.#parts;
    const [key, blobs, own] = [this.#keyring.current, this.#blobs, this.#own];
    if (this.#isSaid()) this.#writeAt = Number.POSITIVE_INFINITY;
    if (this.#isWriting || !key || !blobs || this.#stopped || this.#writeAt === Number.POSITIVE_INFINITY) return;
    this.#isWriting = true;
    this.#writeAt = Number.POSITIVE_INFINITY;
    let bytes = 0;
    try {
      const record = { w: this.#writer, n: ++this.#n, by: spk, name: name(), seen: this.#progress.seen(this.#writer), chat: own.chat, polls: own.polls, files: own.files };
      const id = newBlobId(key.j);
      const blob = await sealBlob(key, knowledge.room, id, writeRecord(record, blobRoom(blobs.place.bytes)));
      bytes = blob.length;
      // What comes of it is not known if the answer gets lost: it is taken back with the next one in any case.
      const before = [...this.#mine];
      this.#mine.add(b64(id));
      await blobs.put(b64(id), blob);
      this.#written = own.text;
      this.#put = record.n;
      for (const { hid } of mesh.reached) mesh.send(hid, writeSeen(this.#here));
      this.#isFull = false;
      for (const old of before) {
        // What could not be taken back is tried again after the next one.
        blobs.remove(old).then(() => this.#mine.delete(old), (error) => error.code === "no-such-blob" && this.#mine.delete(old));
      }
    } catch (thrown) {
      if (!(thrown instanceof ParlourError)) throw thrown;
      this.#isFull = thrown.code === "blobs-full" || thrown.code === "busy";
      this.#mayWriteAt = mesh.awake + (thrown.retryMs ?? AGAIN_MS);
    } finally {
      this.#isWriting = false;
      this.#mayWriteAt = Math.max(this.#mayWriteAt, mesh.awake + WRITE_PACE_MS + bytes / WRITE_BYTES_PER_MS);
      this.handleContent();
      if (!this.#stopped) this.#user.onChange();
    }
  }

  async #read() {
    const { mesh, content } = this.#parts;
    const blobs = this.#blobs;
    // What came about meanwhile is looked at afterwards.
    if (this.#isReading) return;
    this.#readAt = Number.POSITIVE_INFINITY;
    // Without a key there is nothing that could be read; the first one brings this about again.
    if (!blobs || this.#stopped || this.#keyring.all.length === 0) return;
    this.#isReading = true;
    try {
      const ids = await blobs.list();
      for (const id of ids) if (!this.#mine.has(id) && !this.#records.has(id)) await this.#open(blobs, id);
      if (this.#stopped) return;
      const records = ids.flatMap((id) => this.#records.get(id) ?? []);
      const { count, missing } = this.#progress.judge(records, this.#writer);
      for (const record of count) {
        const what = `${record.w} ${record.n}`;
        if (!this.#taken.has(what)) content.takeKept(record);
        this.#taken.add(what);
      }
      await this.#revise(blobs, ids, count);
      if (missing > this.#missing) this.#readAt = mesh.awake + MISSING_MS;
      this.#missing = missing;
      this.#user.onChange();
    } catch (thrown) {
      if (!(thrown instanceof ParlourError)) throw thrown;
      this.#readAt = mesh.awake + (thrown.retryMs ?? AGAIN_MS);
    } finally {
      this.#isReading = false;
    }
  }

  /**
   * What this person took back leaves what this person's earlier page lives wrote as well: each such record is written anew,
   * as its writer's next one.
   * @param {Blobs} blobs @param {readonly string[]} ids what is there @param {readonly Kept[]} count what counts of it
   */
  async #revise(blobs, ids, count) {
    const { knowledge, spk, mesh, content } = this.#parts;
    const [key, { backs }] = [this.#keyring.current, content];
    if (!key || backs === this.#backs) return;
    const isBack = (/** @type {{id: string}} */ { id }) => content.isBack(id);
    for (const record of count.filter(({ by, chat, files = [] }) => by === spk && (chat.some(isBack) || files.some(isBack)))) {
      const [chat, files] = [record.chat.filter((one) => !isBack(one)), (record.files ?? []).filter((one) => !isBack(one))];
      const revised = { ...record, n: record.n + 1, seen: this.#progress.seen(record.w), chat, files };
      const id = newBlobId(key.j);
      await blobs.put(b64(id), await sealBlob(key, knowledge.room, id, writeRecord(revised, blobRoom(blobs.place.bytes))));
      const seen = [{ w: record.w, n: revised.n }];
      this.#progress.hear(seen);
      this.#records.set(b64(id), { ...revised, v: 1 });
      for (const { hid } of mesh.reached) mesh.send(hid, writeSeen(seen));
      const before = ids.find((one) => this.#records.get(one) === record);
      if (before) await blobs.remove(before).catch((/** @type {unknown} */ thrown) => {
        if (!(thrown instanceof ParlourError) || thrown.code !== "no-such-blob") throw thrown;
      });
    }
    this.#backs = backs;
  }

  /** @param {Blobs} blobs @param {string} id */
  async #open(blobs, id) {
    const blobId = unb64(id, BLOB_ID_BYTES);
    const keys = this.#keyring.of(keyNumber(blobId));
    if (keys.length === 0) return;
    let blob;
    try {
      blob = await blobs.get(id);
    } catch (thrown) {
      // Taken back since it was listed.
      if (thrown instanceof ParlourError && thrown.code === "no-such-blob") return;
      throw thrown;
    }
    for (const key of keys) {
      try {
        this.#records.set(id, parseRecord(await openBlob(key, this.#parts.knowledge.room, blobId, blob)));
        return;
      } catch (thrown) {
        if (!(thrown instanceof SealError)) throw thrown;
      }
    }
  }
}
