// What was said: an ordered, bounded list that pages tell each other. Pure: time and messages come in as arguments.
//
// Nothing is signed, so that nobody can prove later what somebody said (seal.md 9). First hand is what came over the
// author's own pair. What a page tells of others is `told` by that person, and stays so until the author tells it as well.

import { makeWay } from "../seal/bounds.js";
import { SealError, unb64 } from "../seal/bytes.js";
import { Unreadable, base64, flag, integer, list, maybe, object, text } from "../read.js";
import { Backs } from "./backs.js";
import { HISTORY_LENGTH, HISTORY_MESSAGES, LATE_MS, TELLERS, TOLD_AT_ONCE, TOLD_LENGTH } from "./limits.js";
import { believable, tidyName, tidyText } from "./plain.js";

/** @typedef {import("../types.js").ChatMessage} ChatMessage */
/** @typedef {import("../seal/types.js").Message} Message */

/**
 * One message as it is kept. `by` is a person (spk) and `id` that person's own name for it. `told`: whose word it is, by spk,
 * or null if first hand. `waits`: pages (hid) that have not acknowledged it, and the number that they will. `back`: its author
 * took it back; its text is gone, and what waits is the word of that.
 * @typedef {{key: string, id: string, by: string, name: string, text: string, at: number, live: boolean,
 *   told: Map<string, string> | null, disputed: boolean, own: boolean, back: boolean, waits: Map<string, number>, got: number, lost: number}} Entry
 */

/** Teller of what a room in standard mode has kept: nobody's spk. */
export const KEPT = "kept";

/** Milliseconds since 1970, as somebody says. */
const moment = integer(0, Number.MAX_SAFE_INTEGER);
const readChat = object({ id: base64(16), text: text(65_536), at: moment });
const readBack = object({ ids: list(base64(16), HISTORY_MESSAGES) });
const readTold = object({ id: base64(16), by: base64(32), name: text(256), text: text(65_536), at: moment, own: maybe(flag) });

export class Chat {
  #me;
  /** By time. @type {Entry[]} */ #entries = [];
  /** @type {Map<string, Entry>} */ #byKey = new Map();
  /** When each person last spoke: nobody speaks before oneself. @type {Map<string, number>} */ #last = new Map();
  #length = 0;
  #backs = new Backs();

  /** @param {string} me spk */
  constructor(me) {
    this.#me = me;
  }

  /** A new object for each message after each change. @returns {readonly ChatMessage[]} */
  get shown() {
    return Object.freeze(this.#entries.map((entry) => Object.freeze({
      id: entry.key,
      by: entry.by,
      name: entry.name,
      own: entry.by === this.#me,
      text: entry.text,
      back: entry.back,
      at: new Date(entry.at),
      live: entry.live,
      told: Object.freeze(entry.told ? [...entry.told].filter(([teller]) => teller !== KEPT).map(([, name]) => name) : []),
      kept: entry.told?.has(KEPT) === true && entry.told.size === 1,
      disputed: entry.disputed,
      delivery: deliveryOf(entry),
    })));
  }

  /** @param {string} key @returns {boolean} */
  has(key) { return this.#byKey.has(key); }

  /**
   * Something of one's own.
   * @param {string} id @param {string} name @param {string} said tidy @param {number} now
   * @returns {Entry} `waits` and `lost` are for the caller to fill
   */
  say(id, name, said, now) {
    return this.#add({ id, by: this.#me, name, text: said, at: this.#after(this.#me, now), told: null, live: true, own: true });
  }

  /**
   * First hand.
   * @param {string} by spk @param {string} name @param {Message} message @param {number} now
   * @returns {boolean} whether it is new
   */
  take(by, name, message, now) {
    const read = readable(() => readChat(message));
    const said = tidyText(read?.text);
    if (!read || said === "" || this.#backs.has(by, read.id)) return false;
    const known = this.#byKey.get(keyOf(by, read.id));
    if (known) return this.#confirm(known, said);
    const at = this.#after(by, believable(read.at, now, now - LATE_MS));
    this.#add({ id: read.id, by, name: tidyName(name), text: said, at, told: null, live: true, own: false });
    return true;
  }

  /**
   * What a page tells that was here before.
   * @param {string} teller spk @param {string} tellerName @param {unknown} told @param {number} now
   * @returns {boolean} whether anything changed
   */
  tell(teller, tellerName, told, now) {
    let changed = false;
    for (const read of readable(() => list(readTold, TOLD_AT_ONCE)(told)) ?? []) {
      const said = tidyText(read.text);
      if (said === "" || this.#backs.has(read.by, read.id)) continue;
      // Its own words of this page life are first hand; of an earlier one it knows from others, as we do.
      const isFirstHand = read.by === teller && read.own === true;
      const known = this.#byKey.get(keyOf(read.by, read.id));
      if (known) changed = (isFirstHand ? this.#confirm(known, said) : this.#echo(known, teller, tellerName, said)) || changed;
      else {
        const told = isFirstHand ? null : new Map([[teller, tidyName(tellerName)]]);
        changed = this.#add({ ...read, at: Math.min(read.at, now), name: tidyName(read.name), text: said, told, live: false, own: false }) !== null || changed;
      }
    }
    return changed;
  }

  /**
   * Its author, this person, takes a message back, of an earlier page life as well.
   * @param {string} key @returns {Entry | null} `waits` and `lost` are for the caller to fill; null: there is none
   */
  takeBack(key) {
    const entry = this.#byKey.get(key);
    if (!entry || entry.by !== this.#me || entry.back) return null;
    this.#blank(this.#me, entry.id);
    return entry;
  }

  /**
   * First hand: its author takes back what it says.
   * @param {string} by spk @param {Message} message @returns {boolean} whether anything changed
   */
  takenBack(by, message) {
    const { ids } = readable(() => readBack(message)) ?? { ids: [] };
    return ids.filter((id) => this.#blank(by, id)).length > 0;
  }

  /** What this person took back in this page life, for a page that may not have heard it. @returns {Message | null} */
  get backs() {
    const ids = this.#backs.of(this.#me);
    return ids.length > 0 ? writeBack(ids) : null;
  }

  /** How many those are. */
  get ownBacks() { return this.#backs.of(this.#me).length; }

  /** Whether this person took it back in this page life. @param {string} id @returns {boolean} */
  isBack(id) { return this.#backs.has(this.#me, id); }

  /** What this person said in this page life, by time. @returns {{id: string, name: string, text: string, at: number}[]} */
  get own() {
    return this.#entries.filter(({ own, back }) => own && !back).map(({ id, name, text: said, at }) => ({ id, name, text: said, at }));
  }

  /** For a page that has not heard it, oldest first. @returns {Message[]} */
  history() {
    /** @type {Message[]} */
    const texts = [];
    /** @type {object[]} */
    let batch = [];
    let length = 0;
    const send = () => {
      if (batch.length > 0) texts.push({ k: "history", list: batch });
      batch = [];
      length = 0;
    };
    for (const { id, by, name, text: said, at, own, back } of this.#entries) {
      if (back) continue;
      if (batch.length >= TOLD_AT_ONCE || length + said.length > TOLD_LENGTH) send();
      batch.push({ id, by, name, text: said, at, ...(own && { own }) });
      length += said.length;
    }
    send();
    return texts;
  }

  /** A page has acknowledged everything up to a number. @param {string} hid @param {number} upTo @returns {boolean} whether that is news */
  delivered(hid, upTo) {
    return this.#settle(hid, (number) => number <= upTo, "got");
  }

  /** A page is gone for good: what it has not acknowledged it has not got. @param {string} hid @returns {boolean} */
  gone(hid) {
    return this.#settle(hid, () => true, "lost");
  }

  /** @param {string} hid @param {(number: number) => boolean} isSettled @param {"got" | "lost"} how @returns {boolean} */
  #settle(hid, isSettled, how) {
    let changed = false;
    for (const entry of this.#entries) {
      const number = entry.waits.get(hid);
      if (number === undefined || !isSettled(number)) continue;
      entry.waits.delete(hid);
      entry[how] += 1;
      changed = true;
    }
    return changed;
  }

  /** @param {string} by @param {string} id @returns {boolean} whether it was here */
  #blank(by, id) {
    this.#backs.add(by, id);
    const entry = this.#byKey.get(keyOf(by, id));
    if (!entry || entry.back) return false;
    this.#length -= entry.text.length;
    Object.assign(entry, { text: "", back: true, told: null, disputed: false, waits: new Map(), got: 0, lost: 0 });
    return true;
  }

  /** The author's own word. @param {Entry} entry @param {string} said @returns {boolean} */
  #confirm(entry, said) {
    // The first of two of one name stands: nobody takes back what was read.
    if (entry.told === null) return false;
    this.#length += said.length - entry.text.length;
    entry.text = said;
    entry.told = null;
    entry.disputed = false;
    return true;
  }

  /** Another one's word on what is known. @param {Entry} entry @param {string} teller @param {string} name @param {string} said @returns {boolean} */
  #echo(entry, teller, name, said) {
    if (entry.told === null || entry.told.has(teller) || entry.told.size >= TELLERS) return false;
    if (said === entry.text) entry.told.set(teller, tidyName(name));
    else entry.disputed = true;
    return true;
  }

  /** Not before what that person said last. @param {string} by @param {number} at @returns {number} */
  #after(by, at) {
    const time = Math.max(at, this.#last.get(by) ?? 0);
    this.#last.delete(by);
    this.#last.set(by, time);
    makeWay(this.#last, HISTORY_MESSAGES);
    return time;
  }

  /** @param {Pick<Entry, "id" | "by" | "name" | "text" | "at" | "told" | "live" | "own">} said @returns {Entry} */
  #add(said) {
    const { id, by, name, text: words, at, told, live, own } = said;
    /** @type {Entry} */
    const entry = { key: keyOf(by, id), id, by, name, text: words, at, live, told, disputed: false, own, back: false, waits: new Map(), got: 0, lost: 0 };
    // Mostly the last place; of equal times in the order of coming.
    let place = this.#entries.length;
    while (place > 0 && /** @type {Entry} */ (this.#entries[place - 1]).at > at) place--;
    this.#entries.splice(place, 0, entry);
    this.#byKey.set(entry.key, entry);
    this.#length += words.length;
    while (this.#entries.length > HISTORY_MESSAGES || this.#length > HISTORY_LENGTH) this.#drop();
    return entry;
  }

  /** The oldest of whoever has said the most: who floods pushes out only that. */
  #drop() {
    /** @type {Map<string, number>} */
    const lengths = new Map();
    // What somebody tells of others counts as that person's.
    const owner = (/** @type {Entry} */ { by, told }) => [...(told?.keys() ?? [by])][0] ?? by;
    for (const entry of this.#entries) lengths.set(owner(entry), (lengths.get(owner(entry)) ?? 0) + entry.text.length + 100);
    const [most] = [...lengths].sort(([, a], [, b]) => b - a)[0] ?? [""];
    const place = this.#entries.findIndex((entry) => owner(entry) === most);
    const [dropped] = this.#entries.splice(place, 1);
    if (!dropped) return;
    this.#byKey.delete(dropped.key);
    this.#length -= dropped.text.length;
  }
}

/**
 * `sending`: somebody here has not acknowledged it; `alone`: nobody was here; `partly`: somebody went before it came.
 * @param {Entry} entry @returns {ChatMessage["delivery"]}
 */
function deliveryOf({ own, back, waits, got, lost }) {
  if (!own && !(back && waits.size + got + lost > 0)) return null;
  if (waits.size > 0) return "sending";
  if (lost > 0) return got > 0 ? "partly" : "failed";
  return got > 0 ? "delivered" : "alone";
}

/** @param {readonly string[]} ids @returns {Message} */
export function writeBack(ids) {
  return { k: "chat-back", ids };
}

/** @param {string} by @param {string} id */
export function keyOf(by, id) {
  return `${by}/${id}`;
}

/**
 * @template T
 * @param {() => T} read @returns {T | null} null: it cannot be read
 */
export function readable(read) {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof Unreadable || thrown instanceof SealError) return null;
    throw thrown;
  }
}

/** @param {unknown} id @param {number} bytes @returns {string} empty if it is none */
export function readId(id, bytes = 16) {
  if (typeof id !== "string") return "";
  return readable(() => (unb64(id, bytes), id)) ?? "";
}
