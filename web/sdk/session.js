// A session with the server (docs/protocol.md, "Envelope" and "Beginning a session") without a WebSocket.
//
// It numbers, acknowledges, repeats and resumes. It knows no clock and no socket: `handle…` takes what happened and
// when (milliseconds of any steady clock), `pollOutput` is drained after each, `pollTimeout` says when to come back.
// What messages mean is not its business; requests and answers are matched in server.js.

import { FRAME_BYTES, VERSION, format, isNumbered, parse } from "./protocol.js";

/** Unacknowledged messages kept at most, and their bytes (docs/protocol.md). */
export const KEPT_FRAMES = 256;
export const KEPT_BYTES = 262_144;
/** Acknowledge after so many messages received, or so long after the first of them. */
export const ACK_AFTER = 32;
export const ACK_AFTER_MS = 1000;
/** How long `welcome` or `pong` may take before the connection counts as dead, in ms. */
export const ANSWER_MS = 8000;
/** Ping when nothing was heard for so long, if `welcome` does not ask for more often. */
const PING_MS = 20_000;

/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {import("./protocol.js").ClientType} ClientType */

/**
 * What the shell has to do, in order.
 *
 * - `send`: put this text on the WebSocket
 * - `close`: close the WebSocket with this code; `handleClosed` follows as for any other end
 * - `begun`: a new session stands. `lost` is true if there was one before it, with things under way that are lost now
 * - `resumed`: the session goes on after an interruption; nothing was lost
 * - `message`: the next message in sequence
 *
 * @typedef {{kind: "send", text: string}
 *   | {kind: "close", code: number}
 *   | {kind: "begun", lost: boolean}
 *   | {kind: "resumed"}
 *   | {kind: "message", message: ServerMessage}} Output
 */

/** @typedef {{s: number, t: ClientType, id: number | undefined, d: any, bytes: number}} Kept */

export class Session {
  /** `away`: no WebSocket. `greeting`: hello was said. `live`: messages flow. @type {"away" | "greeting" | "live"} */
  #stage = "away";
  /** Public id and the secret for one resumption; null before the first welcome. @type {{id: string, token: string} | null} */
  #ticket = null;
  #hadOne = false;
  #nextS = 1;
  #received = 0;
  #acknowledged = 0;
  /** Numbered and not acknowledged, oldest first. @type {Kept[]} */
  #kept = [];
  #keptBytes = 0;
  /** Said before a session stood; numbered when one does. @type {{t: ClientType, id: number | undefined, d: any}[]} */
  #early = [];
  #pingMs = PING_MS;
  #holdMs = 0;
  #keeps = false;
  /** @type {readonly string[]} */
  #relay = [];
  #frameBytes = FRAME_BYTES;
  /** @type {number | null} */
  #ackAt = null;
  /** @type {number | null} */
  #pingAt = null;
  /** @type {number | null} */
  #deadAt = null;
  /** @type {Output[]} */
  #outputs = [];

  /** Whether messages flow now. */
  get live() { return this.#stage === "live"; }

  /** Whether a session stands that can be resumed; what is said without one waits for the next. */
  get standing() { return this.#ticket !== null; }

  /** Its public id, for which joins are signed; empty without one. */
  get id() { return this.#ticket?.id ?? ""; }

  /** Whether the server keeps something for rooms in standard mode; false before welcome. */
  get keeps() { return this.#keeps; }

  /** The relay's addresses, without credentials; none before welcome. */
  get relay() { return this.#relay; }

  /** How long the server holds a seat for a broken connection, ms; 0 before welcome. */
  get holdMs() { return this.#holdMs; }

  /** A WebSocket is open: says hello. @param {number} now */
  handleOpened(now) {
    this.#stage = "greeting";
    this.#deadAt = now + ANSWER_MS;
    const resume = this.#ticket ? { session: this.#ticket.id, token: this.#ticket.token } : undefined;
    this.#write("hello", { v: [VERSION], resume });
  }

  /**
   * The WebSocket ended. What was said and not acknowledged stays for the next one.
   */
  handleClosed() {
    this.#stage = "away";
    this.#ackAt = this.#pingAt = this.#deadAt = null;
  }

  /**
   * A text message came. What cannot be read, and a gap, close the connection with 4001: the next one resumes.
   * @param {number} now @param {string} line
   */
  handleText(now, line) {
    if (this.#stage === "away") return;
    /** @type {ServerMessage} */
    let message;
    try {
      message = parse(line);
    } catch {
      this.#close(4001);
      return;
    }
    this.#deadAt = this.#stage === "live" ? null : this.#deadAt;
    if (message.t === "welcome" || message.t === "gone") this.#begin(now, message.d);
    else if (message.t === "resumed") this.#resume(now, message);
    else if (this.#stage === "greeting") this.#refused(message);
    else this.#take(now, message);
    if (this.#stage === "live") this.#pingAt = now + this.#pingMs;
  }

  /** Time has come as `pollTimeout` said; harmless at other times. @param {number} now */
  handleTimeout(now) {
    if (this.#deadAt !== null && now >= this.#deadAt) {
      this.#close(4003);
      return;
    }
    if (this.#ackAt !== null && now >= this.#ackAt) this.#acknowledge();
    if (this.#pingAt !== null && now >= this.#pingAt) this.ping(now);
  }

  /**
   * Asks the server for a sign of life; without one within 8 s the connection counts as dead. For when something
   * else, such as a call that stalled, makes one doubt.
   * @param {number} now
   */
  ping(now) {
    if (this.#stage !== "live" || this.#deadAt !== null) return;
    this.#deadAt = now + ANSWER_MS;
    this.#pingAt = null;
    this.#write("ping", {});
  }

  /**
   * Says something, now or as soon as a session stands.
   *
   * @template {ClientType} T
   * @param {T} t @param {import("./protocol.js").ClientBodies[T]} d @param {number} [id] request number
   * @returns {boolean} false if it is longer than a frame may be; nothing is sent then
   */
  say(t, d, id) {
    const bytes = utf8Length(format({ t, id, s: 2 ** 32 - 1, a: 2 ** 32 - 1, d }));
    if (bytes > this.#frameBytes) return false;
    if (this.#ticket === null) {
      if (this.#early.length >= KEPT_FRAMES) return false;
      this.#early.push({ t, id, d });
      return true;
    }
    if (this.#kept.length >= KEPT_FRAMES || this.#keptBytes + bytes > KEPT_BYTES) {
      // The server would say bye: queue. Begin anew rather than grow; whoever waits hears `begun, lost`.
      this.forget();
      this.#close(4001);
      return false;
    }
    const kept = { s: this.#nextS++, t, id, d, bytes };
    this.#kept.push(kept);
    this.#keptBytes += bytes;
    if (this.#stage === "live") this.#repeat(kept);
    return true;
  }

  /** Gives the session up: the next connection begins a new one. What was under way in it is lost. */
  forget() {
    this.#ticket = null;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#early = [];
  }

  /** @returns {Output | undefined} */
  pollOutput() {
    return this.#outputs.shift();
  }

  /** When `handleTimeout` wants to be called, on the clock of `now`; null for never. @returns {number | null} */
  pollTimeout() {
    const times = [this.#ackAt, this.#pingAt, this.#deadAt].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** @param {number} now @param {{session: string, token: string, ping_ms: number, hold_ms: number, frame_bytes: number, keeps?: boolean | undefined, relay?: string[] | undefined}} d */
  #begin(now, d) {
    if (this.#stage !== "greeting") return this.#close(4001);
    const early = this.#early;
    this.forget();
    this.#ticket = { id: d.session, token: d.token };
    this.#nextS = 1;
    this.#received = this.#acknowledged = 0;
    this.#pingMs = Math.min(Math.max(d.ping_ms, 1000), PING_MS);
    this.#holdMs = d.hold_ms;
    this.#keeps = d.keeps === true;
    this.#relay = Object.freeze(d.relay ?? []);
    this.#frameBytes = Math.min(d.frame_bytes, FRAME_BYTES);
    this.#enliven(now);
    this.#outputs.push({ kind: "begun", lost: this.#hadOne });
    this.#hadOne = true;
    for (const { t, id, d: body } of early) this.say(t, body, id);
  }

  /** @param {number} now @param {{a: number, d: {token: string}}} message */
  #resume(now, { a, d }) {
    if (this.#stage !== "greeting" || this.#ticket === null) return this.#close(4001);
    this.#ticket.token = d.token;
    if (!this.#drop(a)) return;
    this.#enliven(now);
    this.#outputs.push({ kind: "resumed" });
    for (const kept of this.#kept) this.#repeat(kept);
  }

  /** @param {number} now */
  #enliven(now) {
    this.#stage = "live";
    this.#deadAt = null;
    this.#pingAt = now + this.#pingMs;
  }

  /** The answer to hello was neither welcome nor resumed. @param {ServerMessage} message */
  #refused(message) {
    this.#outputs.push({ kind: "message", message });
    this.#close(1000);
  }

  /** @param {number} now @param {ServerMessage} message */
  #take(now, message) {
    if (!this.#drop(message.a)) return;
    if (message.s === 0) {
      // A refusal outside the sequence (a frame that the server could not read) is still for whoever asked.
      if (message.t === "error") this.#outputs.push({ kind: "message", message });
      return;
    }
    if (!isNumbered(message.t)) return this.#close(4001);
    if (message.s <= this.#received) return;
    if (message.s !== this.#received + 1) return this.#close(4001);
    this.#received = message.s;
    if (this.#received - this.#acknowledged >= ACK_AFTER) this.#acknowledge();
    else this.#ackAt ??= now + ACK_AFTER_MS;
    this.#outputs.push({ kind: "message", message });
  }

  /** Forgets what the server has. False, and closed, if it claims what was never said. @param {number} a @returns {boolean} */
  #drop(a) {
    if (a >= this.#nextS) {
      this.forget();
      this.#close(4001);
      return false;
    }
    while (this.#kept[0] && this.#kept[0].s <= a) this.#keptBytes -= /** @type {Kept} */ (this.#kept.shift()).bytes;
    return true;
  }

  #acknowledge() {
    this.#write("ack", {});
  }

  /** @param {Kept} kept */
  #repeat({ t, id, s, d }) {
    this.#push(format({ t, id, s, a: this.#received, d }));
  }

  /**
   * @template {"hello" | "ping" | "ack"} T
   * @param {T} t @param {import("./protocol.js").ClientBodies[T]} d
   */
  #write(t, d) {
    this.#push(format({ t, s: 0, a: this.#ticket ? this.#received : 0, d }));
  }

  /** Everything that is sent carries an acknowledgement. @param {string} text */
  #push(text) {
    this.#acknowledged = this.#received;
    this.#ackAt = null;
    this.#outputs.push({ kind: "send", text });
  }

  /** @param {number} code */
  #close(code) {
    this.handleClosed();
    this.#outputs.push({ kind: "close", code });
  }
}

/** Length in UTF-8 without encoding it. @param {string} string @returns {number} */
function utf8Length(string) {
  let bytes = 0;
  for (const letter of string) {
    const point = /** @type {number} */ (letter.codePointAt(0));
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
