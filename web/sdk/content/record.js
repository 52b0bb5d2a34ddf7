// What one page leaves in the store of a room in standard mode (docs/seal-notes-content.md): all that its person said and asked
// in this page life, whole, in one text that replaces the one before. Pure: reading and writing that text, and telling which
// of many count.
//
// Whoever holds a content key could have written any of it, as with everything that is told (seal.md 9): it is shown as
// kept by the room, until its author's own page tells it.

import { SealError, fromText, text as utf8 } from "../seal/bytes.js";
import { readable } from "./chat.js";
import { Unreadable, base64, flag, integer, list, maybe, object, text } from "../read.js";
import { CHOICES, CHOICE_LENGTH, FILE_BYTES, HISTORY_MESSAGES, KEPT_PIECE_BYTES, OFFERS, POLLS_PER_PERSON, QUESTION_LENGTH, VOTES } from "./limits.js";

/** Writers of which a record tells how far they were: as many as a room keeps pieces. */
const WRITERS = 256;
const number = integer(1, 2 ** 32 - 1);
const moment = integer(0, Number.MAX_SAFE_INTEGER);
const chosen = list(integer(0, CHOICES - 1), CHOICES);
const poll = object({
  id: base64(16), question: text(4 * QUESTION_LENGTH), choices: list(text(4 * CHOICE_LENGTH), CHOICES), multiple: flag, secret: flag, at: moment, closed: maybe(flag),
  votes: list(object({ by: base64(32), name: text(256), chosen }), VOTES), counts: list(integer(0, VOTES), CHOICES), voters: integer(0, VOTES),
});
const file = object({
  id: base64(16), file: text(8192), size: integer(0, FILE_BYTES), type: text(256), hash: base64(32), at: moment, key: base64(32), piece: integer(1, KEPT_PIECE_BYTES),
});
const seenReader = list(object({ w: base64(8), n: number }), WRITERS);
const readRecord = object({
  v: integer(1, 1), w: base64(8), n: number, by: base64(32), name: text(256),
  seen: seenReader,
  chat: list(object({ id: base64(16), name: text(256), text: text(65_536), at: moment }), HISTORY_MESSAGES),
  polls: list(poll, POLLS_PER_PERSON),
  files: maybe(list(file, OFFERS)),
});

/** `w`: the page life that wrote it, `n`: how often it has. `seen`: how far it knew other writers to be. @typedef {ReturnType<typeof readRecord>} Kept */
/** A poll as it is told by others than its author's page. @typedef {Omit<Kept["polls"][number], "closed"> & {closed?: boolean | undefined}} ToldPoll */
/** A file that lies in the store, named by whoever left it there; `key` and `piece`: stored.js. @typedef {ReturnType<typeof file>} KeptFile */
/** What a person said, asked and left. @typedef {{chat: Kept["chat"], polls: ToldPoll[], files: KeptFile[]}} Own */

/**
 * @param {Omit<Kept, "v" | "polls" | "files"> & Own} record @param {number} most bytes
 * @returns {Uint8Array<ArrayBuffer>} without the oldest messages if all do not fit
 */
export function writeRecord({ w, n, by, name, seen, chat, polls, files }, most) {
  for (let from = 0; ; from += Math.max(1, Math.ceil((chat.length - from) / 8))) {
    const bytes = utf8(JSON.stringify({ v: 1, w, n, by, name, seen: seen.slice(-WRITERS), chat: chat.slice(from), polls, ...(files.length > 0 && { files }) }));
    if (bytes.length <= most || from >= chat.length) return bytes;
  }
}

/** How far writers are, over channel 0. @param {Kept["seen"]} seen @returns {import("../seal/types.js").Message} */
export function writeSeen(seen) {
  return { k: "content-seen", seen: seen.slice(-WRITERS) };
}

/** @param {import("../seal/types.js").Message} message @returns {Kept["seen"]} */
export function readSeen(message) {
  return readable(() => seenReader(message.seen)) ?? [];
}

/** @param {Uint8Array} bytes @returns {Kept | null} null: a member wrote nonsense */
export function parseRecord(bytes) {
  try {
    return readRecord(JSON.parse(fromText(bytes)));
  } catch (thrown) {
    if (thrown instanceof Unreadable || thrown instanceof SealError || thrown instanceof SyntaxError) return null;
    throw thrown;
  }
}

/** How far writers are known to be: what was read, and what was told of them by others. A server can hold back; it cannot make this smaller. */
export class Progress {
  /** @type {Map<string, number>} */ #newest = new Map();

  /** @param {readonly Kept[]} records */
  learn(records) {
    for (const { w, n, seen } of records) this.hear([{ w, n }, ...seen]);
  }

  /** What a member says. @param {Kept["seen"]} seen */
  hear(seen) {
    for (const one of seen) {
      const known = this.#newest.get(one.w);
      if (known === undefined && this.#newest.size >= WRITERS) continue;
      this.#newest.set(one.w, Math.max(known ?? 0, one.n));
    }
  }

  /** @param {string} except @returns {{w: string, n: number}[]} for one's own record */
  seen(except) {
    return [...this.#newest].filter(([w]) => w !== except).map(([w, n]) => ({ w, n }));
  }

  /**
   * Of what could be read, what counts: the last that each writer is known to have written. Anything older may have been taken back since.
   * @param {readonly Kept[]} records @param {string} own this page's writer @returns {{count: Kept[], missing: number}} `missing`: writers of whom that is not there
   */
  judge(records, own) {
    this.learn(records);
    const count = [...this.#newest].flatMap(([w, n]) => records.find((record) => record.w === w && record.n === n) ?? []);
    const missing = [...this.#newest.keys()].filter((w) => w !== own && !count.some((record) => record.w === w)).length;
    return { count: count.filter(({ w }) => w !== own), missing };
  }
}
