// Files that others offer to this page, or have left with the room: nothing comes before it is accepted, nothing opens by itself,
// and nothing is given out before its hash is that of the offer. What this page offers is offers.js's.

import { ParlourError } from "../errors.js";
import { base64, integer, maybe, object, text } from "../read.js";
import { unb64 } from "../seal/bytes.js";
import { keyOf, readable } from "./chat.js";
import { FILES_BYTES, FILE_BYTES, FILE_CHANNELS, LATE_MS, OFFERS, OFFERS_EVER } from "./limits.js";
import { sensible, storedReader } from "./stored.js";
import { believable, isProgram, tidyFileName, tidyName, tidyType } from "./plain.js";
import { Heap, readPiece } from "./transfer.js";

/** @typedef {import("../types.js").FileOffer} FileOffer */
/** @typedef {import("../seal/types.js").Message} Message */

/**
 * `wanted`: accepted, and waits for a free channel or a connection. `failed`: its sender is gone, or could not go on. `incomplete`:
 * the room has not all of it.
 * @typedef {"offered" | "wanted" | "receiving" | "checking" | "ready" | "declined" | "withdrawn" | "failed" | "incomplete" | "damaged"} FileState
 */
/**
 * `hid`: the page that has it, or empty; `stored`: how it lies in the room's store, `w`: the record that says so alone; `byRoom`: it comes from there.
 * @typedef {{key: string, id: string, hid: string, stored: import("./stored.js").Stored | null, w: string, byRoom: boolean, by: string, name: string, file: string, size: number, type: string, hash: string, at: number,
 *   live: boolean, state: FileState, run: number, channel: number, heap: Heap | null, whole: Blob | null}} Offer
 */
/**
 * @typedef {{send(hid: string, message: Message): void, channel(hid: string, id: number): RTCDataChannel | null, isReady(hid: string): boolean,
 *   storing(): import("../storing.js").Storing | null, onChange(): void, onProgress(): void}} FilesUser
 */

const readOffer = object({
  id: base64(16), name: text(8192), size: integer(0, FILE_BYTES), type: text(256), hash: base64(32), at: integer(0, Number.MAX_SAFE_INTEGER),
  kept: maybe(storedReader),
});
const readKept = object({ id: base64(16), kept: storedReader });
const underWay = new Set(["wanted", "receiving", "checking"]);

export class Files {
  #me;
  #user;
  /** Oldest first. @type {Map<string, Offer>} */ #offers = new Map();

  /** @param {string} me spk @param {FilesUser} user */
  constructor(me, user) {
    this.#me = me;
    this.#user = user;
  }

  /** @returns {readonly FileOffer[]} */
  get shown() {
    return [...this.#offers.values()].map(({ key, by, name, file, size, type, hash, at, live, state, heap, stored }) => Object.freeze({
      id: key, by, name, own: by === this.#me, earlier: by === this.#me, kept: stored ? /** @type {const} */ ("kept") : /** @type {const} */ ("none"), to: "", file, size, type, hash: hex(hash), at: new Date(at), live, program: isProgram(file), state,
      done: state === "ready" ? size : (heap?.received ?? 0), receivers: Object.freeze([]),
    }));
  }

  /**
   * Somebody offers a file. An offer of a known name changes nothing, unless that was known from the room alone.
   * @param {string} hid @param {string} by @param {string} name @param {Message} message @param {number} now @returns {boolean}
   */
  take(hid, by, name, message, now) {
    const read = readable(() => readOffer(message));
    const key = read && keyOf(by, read.id);
    if (!read || !key) return false;
    const [known, stored] = [this.#offers.get(key), sensible(read.size, read.kept)];
    if (known?.hid === "" && known.hash === read.hash && known.size === read.size) {
      // Its author is here again, and says what it is called.
      const called = { name: tidyName(name), file: tidyFileName(read.name), type: tidyType(read.type) };
      Object.assign(known, { hid, w: "", stored: stored ?? known.stored, ...called, ...(known.state === "failed" && { state: "offered" }) });
      return true;
    }
    // The room told of another file than its author does.
    if (known && known.w !== "" && !underWay.has(known.state)) this.#offers.delete(key);
    if (this.#offers.has(key) || !this.#makeRoom(by)) return false;
    this.#offers.set(key, {
      key, id: read.id, hid, stored, w: "", byRoom: false, by, name: tidyName(name), file: tidyFileName(read.name), size: read.size, type: tidyType(read.type), hash: read.hash,
      at: believable(read.at, now, 0), live: now - read.at < LATE_MS, state: "offered", run: 0, channel: 0, heap: null, whole: null,
    });
    return true;
  }

  /** Its author has left it with the room as well. @param {string} by @param {Message} message @returns {boolean} */
  keep(by, message) {
    const read = readable(() => readKept(message));
    const offer = read && this.#offers.get(keyOf(by, read.id));
    const stored = offer && sensible(offer.size, read.kept);
    if (!offer || !stored || offer.state === "withdrawn") return false;
    offer.stored = stored;
    return true;
  }

  /**
   * What a record of the room names, which is all that its writer has there: what it named before and does not any more was taken back.
   * @param {Pick<import("./record.js").Kept, "w" | "by" | "name" | "files">} record @param {number} now @returns {boolean}
   */
  takeKept({ w, by, name, files = [] }, now) {
    const gone = [...this.#offers.values()].filter((offer) => offer.w === w && offer.hid === "" && !files.some(({ id }) => keyOf(by, id) === offer.key));
    let changed = gone.filter((offer) => this.#withdraw(offer)).length > 0;
    for (const { id, file, size, type, hash, at, key: fileKey, piece } of files) {
      const key = keyOf(by, id);
      const [known, stored] = [this.#offers.get(key), sensible(size, { key: fileKey, piece })];
      if (!stored) continue;
      if (known) {
        if (known.hash !== hash || known.size !== size || known.stored || known.state === "withdrawn") continue;
        Object.assign(known, { stored, ...(known.state === "failed" && { state: "offered" }) });
      } else if (this.#makeRoom(by)) {
        this.#offers.set(key, {
          key, id, hid: "", stored, w, byRoom: false, by, name: tidyName(name), file: tidyFileName(file), size, type: tidyType(type), hash,
          at: believable(at, now, 0), live: false, state: "offered", run: 0, channel: 0, heap: null, whole: null,
        });
      } else continue;
      changed = true;
    }
    return changed;
  }

  /**
   * This person takes back what an earlier page life left with the room.
   * @param {string} key @returns {{id: string, lying: import("../storing.js").Lying} | null} null: it is none of those
   */
  takeBack(key) {
    const offer = this.#offers.get(key);
    if (!offer?.stored || offer.by !== this.#me) return null;
    const lying = { ...offer.stored, size: offer.size };
    return this.#withdraw(offer) ? { id: offer.id, lying } : null;
  }

  /** From the page that offers it, or else from the room. @param {string} key @throws {ParlourError} `no-such-file`, `files-full` */
  accept(key) {
    const offer = this.#offer(key, "offered", "declined", "incomplete");
    const held = [...this.#offers.values()].filter(({ state }) => underWay.has(state) || state === "ready").reduce((sum, { size }) => sum + size, 0);
    if (held + offer.size > FILES_BYTES) throw new ParlourError("files-full");
    offer.state = "wanted";
    offer.heap = new Heap(offer.size, unb64(offer.hash, 32));
    if (offer.stored && (offer.hid === "" || !this.#user.isReady(offer.hid))) void this.#fetch(offer);
    else this.#askOf(offer.hid);
  }

  /** Declines, cancels, or forgets what came: whatever fits. @param {string} key @throws {ParlourError} `no-such-file` */
  drop(key) {
    const offer = this.#offer(key);
    if (offer.state === "offered" || underWay.has(offer.state)) {
      if (offer.hid !== "") this.#user.send(offer.hid, { k: "file-no", id: offer.id });
      this.#end(offer, "declined");
    } else this.#offers.delete(key);
  }

  /** @param {string} key @returns {Blob} without a type @throws {ParlourError} `no-such-file` */
  whole(key) {
    return /** @type {Blob} */ (this.#offer(key, "ready").whole);
  }

  /** The sender takes the offer back, or cannot go on. @param {string} by @param {Message} message @returns {boolean} */
  withdrawn(by, { id, failed }) {
    const offer = this.#offers.get(keyOf(by, String(id)));
    if (!offer) return false;
    if (failed !== true) return this.#withdraw(offer);
    if (offer.state !== "offered" && !underWay.has(offer.state)) return false;
    if (!offer.byRoom) this.#lose(offer);
    return true;
  }

  /** There is a connection (again): goes on where it was. @param {string} hid */
  handleReady(hid) {
    for (const offer of this.#offers.values()) if (offer.hid === hid && offer.state === "receiving" && !offer.byRoom) offer.state = "wanted";
    this.#askOf(hid);
  }

  /** That page is gone, and what it had not sent with it. @param {string} hid @returns {boolean} */
  gone(hid) {
    const theirs = [...this.#offers.values()].filter((offer) => offer.hid === hid);
    for (const offer of theirs) {
      offer.hid = "";
      if (!offer.byRoom && (offer.state === "offered" || offer.state === "wanted" || offer.state === "receiving")) this.#lose(offer);
    }
    return theirs.length > 0;
  }

  /** A piece of a file, over a file channel. @param {string} hid @param {number} channel @param {unknown} data */
  hear(hid, channel, data) {
    const read = data instanceof ArrayBuffer ? readPiece(data) : null;
    if (!read) return;
    const offer = [...this.#offers.values()].find((one) => one.hid === hid && one.channel === channel && one.run === read.run && one.state === "receiving");
    if (!offer?.heap) return;
    if (!offer.heap.add(read.piece)) {
      this.#user.send(hid, { k: "file-no", id: offer.id });
      this.#end(offer, "damaged");
    } else if (offer.heap.full) void this.#check(offer);
    else this.#user.onProgress();
  }

  /** Asks that page for what was accepted, as far as there are channels. @param {string} hid */
  #askOf(hid) {
    if (!this.#user.isReady(hid)) return;
    const mine = [...this.#offers.values()].filter((offer) => offer.hid === hid && !offer.byRoom);
    for (const offer of mine) {
      if (offer.state !== "wanted" || !offer.heap) continue;
      if (offer.heap.full) {
        void this.#check(offer);
        continue;
      }
      const free = FILE_CHANNELS.find((id) => !mine.some((one) => one.state === "receiving" && one.channel === id));
      if (free === undefined || !this.#user.channel(hid, free)) continue;
      // Never the number of an earlier run on this channel, whichever file it was of.
      offer.run = Math.max(0, ...mine.map(({ run }) => run)) + 1;
      offer.channel = free;
      offer.state = "receiving";
      this.#user.send(hid, { k: "file-take", id: offer.id, run: offer.run, channel: free, from: offer.heap.received });
    }
    this.#user.onChange();
  }

  /** From the room, where it is now. @param {Offer} offer that was accepted */
  async #fetch(offer) {
    const { stored, heap, size } = offer;
    const storing = this.#user.storing();
    if (!stored || !heap || !storing) return this.#end(offer, "failed");
    Object.assign(offer, { byRoom: true, channel: 0, state: "receiving" });
    this.#user.onChange();
    const isWanted = () => offer.heap === heap && offer.state === "receiving";
    const came = await storing.fetch({ ...stored, size }, heap.received, {
      isWanted,
      take: (bytes) => {
        this.#user.onProgress();
        return heap.add(new Uint8Array(bytes));
      },
    });
    if (!isWanted() || came === "stopped") return;
    if (came === "done") await this.#check(offer);
    else this.#end(offer, came);
  }

  /** The page that had it has not any more: the room may. @param {Offer} offer */
  #lose(offer) {
    offer.hid = "";
    if (!offer.stored || !this.#user.storing()) this.#end(offer, "failed");
    else if (offer.state !== "offered") void this.#fetch(offer);
  }

  /** Its author took it back; who has it keeps it. @param {Offer} offer @returns {boolean} whether that changes anything */
  #withdraw(offer) {
    if (offer.state === "ready" || offer.state === "withdrawn") return false;
    offer.stored = null;
    this.#end(offer, "withdrawn");
    return true;
  }

  /** @param {Offer} offer all of which has come */
  async #check(offer) {
    offer.state = "checking";
    this.#user.onChange();
    this.#askOf(offer.hid);
    const whole = await /** @type {Heap} */ (offer.heap).finish();
    if (offer.state !== "checking") return;
    offer.whole = whole;
    if (offer.hid !== "") this.#user.send(offer.hid, { k: "file-done", id: offer.id, ok: whole !== null });
    this.#end(offer, whole ? "ready" : "damaged");
  }

  /** @param {Offer} offer @param {FileState} state */
  #end(offer, state) {
    offer.state = state;
    offer.heap = null;
    offer.byRoom = false;
    this.#user.onChange();
    this.#askOf(offer.hid);
  }

  /** @param {string} key @param {...FileState} states any by default @returns {Offer} */
  #offer(key, ...states) {
    const offer = this.#offers.get(key);
    if (!offer || (states.length > 0 && !states.includes(offer.state))) throw new ParlourError("no-such-file");
    return offer;
  }

  /** Of one person's offers the oldest that is over makes way, or else the oldest that nobody wanted. @param {string} by @returns {boolean} */
  #makeRoom(by) {
    const theirs = [...this.#offers.values()].filter((offer) => offer.by === by);
    const isOver = (/** @type {Offer} */ { state }) => !underWay.has(state) && state !== "ready" && state !== "offered";
    if (theirs.length >= OFFERS) {
      const over = theirs.find(isOver) ?? theirs.find(({ state }) => state === "offered");
      return over !== undefined && this.#offers.delete(over.key);
    }
    if (this.#offers.size < OFFERS_EVER) return true;
    const over = [...this.#offers.values()].find(isOver);
    return over !== undefined && this.#offers.delete(over.key);
  }
}

/** @param {string} hash base64url @returns {string} as sha256sum writes it */
export function hex(hash) {
  return [...unb64(hash, 32)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
