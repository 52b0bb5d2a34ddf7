// @ts-check
/**
 * Mail: numbered messages to one page, so that a change of path or instance loses and doubles nothing (section 6).
 *
 * Numbers belong to the two pages, not to a path: 1, 2, 3 … for as long as both live. What is not acknowledged is
 * sent again, in order, on whatever path comes next; the receiver drops what it has. Neither seals nor sends.
 */
import { b64, SealError, text } from "./bytes.js";
import { random } from "./kdf.js";
import { ACK_EVERY, ACK_MS, MESSAGE_BYTES, QUEUE_BYTES, QUEUE_MESSAGES, UNANSWERED_MS } from "./limits.js";

/** @typedef {import("./types.js").Message} Message */
/**
 * What a first frame says of the mail: its numbering's name and the next number that will come; the name of the other
 * side's numbering, if known, and the highest that has come of it.
 * @typedef {{box: string, from: number, of: string, got: number}} MailState
 */

export class Mail {
  /** Not acknowledged, in order. @type {{m: number, json: string}[]} */
  #waiting = [];
  #waitingBytes = 0;
  #next = 1;
  /** A page that has forgotten the other begins anew: by the name both notice. */
  #box = b64(random(6));
  #otherBox = "";
  #received = 0;
  /** Highest number received that the other side has been told. */
  #told = 0;
  #oldestUntold = Number.POSITIVE_INFINITY;
  /** Since when nothing of what waits has been acknowledged, although a path carried it. */
  #unansweredSince = Number.POSITIVE_INFINITY;

  /** For a first frame. @returns {MailState} */
  get state() {
    return { box: this.#box, from: this.#waiting[0]?.m ?? this.#next, of: this.#otherBox, got: this.#received };
  }

  /** Highest number that the other side has said it has; 0 before the first. */
  get acknowledged() {
    return (this.#waiting[0]?.m ?? this.#next) - 1;
  }

  /**
   * Takes over what the other side's first frame says. What it no longer has will never come.
   * @param {Record<string, unknown>} said
   * @throws {SealError} `bad-message`
   */
  meet({ box, from, of, got }) {
    if (typeof box !== "string" || box.length !== 8 || !isCount(from) || from < 1 || !isCount(got)) throw new SealError("bad-message");
    const mine = of === this.#box;
    if (mine && got >= this.#next) throw new SealError("bad-message");
    this.#received = box === this.#otherBox ? Math.max(this.#received, from - 1) : from - 1;
    this.#otherBox = box;
    this.#told = this.#received;
    if (mine) this.#acknowledged(got, Number.POSITIVE_INFINITY);
  }

  /**
   * Numbers a message.
   * @param {Message} message @returns {number} its number, 0 if it is too long or too much is waiting
   */
  put(message) {
    const json = JSON.stringify(message);
    const bytes = text(json).length;
    if (bytes > MESSAGE_BYTES || this.#waiting.length >= QUEUE_MESSAGES || this.#waitingBytes + bytes > QUEUE_BYTES) return 0;
    this.#waiting.push({ m: this.#next, json });
    this.#waitingBytes += bytes;
    return this.#next++;
  }

  /**
   * Everything that waits from number `from` on, as texts for the path that there is.
   * @param {number} now awake ms @param {number} [from] @returns {string[]}
   */
  texts(now, from = 1) {
    const rest = this.#waiting.filter(({ m }) => m >= from);
    if (rest.length > 0) this.#tell();
    if (rest.length > 0) this.#unansweredSince = from === 1 ? now : Math.min(this.#unansweredSince, now);
    return rest.map(({ m, json }) => `{"m":${m},"a":${this.#received},"d":${json}}`);
  }

  /**
   * A text from the path.
   * @param {string} json @param {number} now awake ms
   * @returns {Message | null} null: an acknowledgement, or one that came before
   * @throws {SealError} `bad-message`
   */
  take(json, now) {
    const { m, a, d } = readEnvelope(json);
    if (a !== undefined) {
      if (a >= this.#next) throw new SealError("bad-message");
      this.#acknowledged(a, now);
    }
    // A number too high can only be a page that breaks the order: each path begins with what was not acknowledged.
    if (m === undefined || m !== this.#received + 1) return null;
    this.#received = m;
    this.#oldestUntold = Math.min(this.#oldestUntold, now);
    return d;
  }

  /** An acknowledgement that is due, for the path. @param {number} now awake ms @returns {string | null} */
  acknowledgement(now) {
    const due = this.#received - this.#told >= ACK_EVERY || now - this.#oldestUntold >= ACK_MS;
    if (!due) return null;
    this.#tell();
    return `{"a":${this.#received}}`;
  }

  /** Whether the other side has not answered for so long that it may no longer read this instance. @param {number} now awake ms @returns {boolean} */
  isUnanswered(now) {
    return now - this.#unansweredSince >= UNANSWERED_MS;
  }

  /** Forgets what waits; numbers go on. */
  clear() {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#unansweredSince = Number.POSITIVE_INFINITY;
  }

  #tell() {
    this.#told = this.#received;
    this.#oldestUntold = Number.POSITIVE_INFINITY;
  }

  /** @param {number} upTo @param {number} now when the rest has waited from */
  #acknowledged(upTo, now) {
    if (this.#waiting[0] && this.#waiting[0].m <= upTo) this.#unansweredSince = now;
    while (this.#waiting[0] && this.#waiting[0].m <= upTo) {
      this.#waitingBytes -= text(/** @type {{json: string}} */ (this.#waiting.shift()).json).length;
    }
    if (this.#waiting.length === 0) this.#unansweredSince = Number.POSITIVE_INFINITY;
  }
}

/**
 * @param {string} json
 * @returns {{m: number | undefined, a: number | undefined, d: Message}} `d` is set wherever `m` is
 */
function readEnvelope(json) {
  const { m, a, d } = readObject(json);
  if ((m !== undefined && !isCount(m)) || (a !== undefined && !isCount(a))) throw new SealError("bad-message");
  if (m !== undefined && !isMessage(d)) throw new SealError("bad-message");
  return { m, a, d: /** @type {Message} */ (d) };
}

/**
 * @param {string} json @returns {Record<string, unknown>}
 * @throws {SealError} `bad-message` if it is no JSON object
 */
export function readObject(json) {
  let value;
  try {
    value = JSON.parse(json);
  } catch {
    throw new SealError("bad-message");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SealError("bad-message");
  return value;
}

/** @param {unknown} value @returns {value is Message} */
function isMessage(value) {
  return typeof value === "object" && value !== null && typeof (/** @type {{k?: unknown}} */ (value).k) === "string";
}

/** @param {unknown} value @returns {value is number} */
function isCount(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
