// The server as this page sees it: questions with answers, and the news that come unasked.
//
// A question that was under way when a session was lost fails with `session-lost`, and its asker decides; everything
// else survives broken connections (session.js). Nothing that the server says is shown to people as it stands.

import { ParlourError } from "./errors.js";
import { Socket } from "./socket.js";

/** A question without an answer fails after so long, ms; while the server is out of reach, too. */
const ANSWER_WITHIN_MS = 20_000;
/** Connections that fail in a row before the first session is given up. About four seconds. */
const PATIENCE = 4;

/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {Exclude<import("./protocol.js").ClientType, "hello" | "ping" | "ack" | "signal">} Question */

/**
 * Answers by question.
 * @typedef {{create: "created", restore: "created", look: "room", join: "joined", host: "done", seated: "done", invite: "done", redeem: "invitation", revoke: "done", state: "done", ice: "ice", leave: "left"}} AnswerTo
 */
/**
 * @template {import("./protocol.js").ServerType} T
 * @typedef {ReturnType<import("./protocol.js").Bodies[T]>} Body
 */

/**
 * @typedef {{
 *   onNews(message: ServerMessage): void,
 *   onBack(lost: boolean): void,
 *   onAway(): void,
 * }} ServerUser `onBack(true)`: a new session, join again. `onBack(false)`: the old one goes on.
 */

/** @typedef {{type: string, resolve(body: any): void, reject(error: ParlourError): void, timer: ReturnType<typeof setTimeout>, standing: boolean}} Asked */

export class Server {
  #socket;
  #address;
  #user;
  #nextId = 1;
  /** @type {Map<number, Asked>} */
  #asked = new Map();
  #met = false;
  /** Nothing connects any more. */ #closed = false;
  /** Who waits for a session. @type {Set<{resolve(session: string): void, reject(error: ParlourError): void}>} */
  #waiting = new Set();

  /** @param {string} origin @param {ServerUser} user */
  constructor(origin, user) {
    this.#user = user;
    this.#address = origin;
    this.#socket = new Socket(origin, {
      onMessage: (message) => this.#onMessage(message),
      onBegun: (lost) => this.#onBegun(lost),
      onResumed: () => this.#user.onBack(false),
      onAway: (failures) => this.#onAway(failures),
    });
  }

  /** Whether messages flow now. */
  get live() { return this.#socket.live; }

  /** What carries the messages now; null while nothing does. @returns {"websocket" | "polling" | null} */
  get carrier() { return this.#socket.carrier; }

  /** Its address, as this page was given it. */
  get address() { return this.#address; }

  /** Whether it keeps something for rooms in standard mode; known once a session stands. */
  get keeps() { return this.#socket.keeps; }

  /** The relay's addresses, without credentials; known once a session stands. */
  get relay() { return this.#socket.relay; }

  /** How long a seat is held while the connection is down, ms. */
  get holdMs() { return this.#socket.holdMs; }

  /**
   * Asks, and waits for the answer. Connects if need be.
   *
   * @template {Question} T
   * @param {T} type @param {import("./protocol.js").ClientBodies[T]} body
   * @param {string} [session] the only one in which this may be said, see `session`
   * @returns {Promise<Body<AnswerTo[T]>>}
   * @throws {ParlourError} the server's code; `no-server`; `session-lost`
   */
  ask(type, body, session) {
    if (this.#closed) return Promise.reject(new ParlourError("no-server"));
    this.#socket.start();
    if (session !== undefined && session !== this.#socket.session) return Promise.reject(new ParlourError("session-lost"));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id)?.reject(new ParlourError("no-server")), ANSWER_WITHIN_MS);
      this.#asked.set(id, { type, resolve, reject, timer, standing: this.#socket.standing });
      if (!this.#socket.say(type, body, id)) this.#settle(id)?.reject(new ParlourError("too-large"));
    });
  }

  /**
   * The session that stands, for which joins are signed (seal/core.js); connects if need be and waits for one.
   * @returns {Promise<string>} base64url of 16 bytes
   * @throws {ParlourError} `no-server`
   */
  async session() {
    if (this.#closed) throw new ParlourError("no-server");
    this.#socket.start();
    if (this.#socket.session !== "") return this.#socket.session;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.add({ resolve, reject });
        timer = setTimeout(() => reject(new ParlourError("no-server")), ANSWER_WITHIN_MS);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Sends a sealed signal. No answer: what is lost is noticed by whoever numbered it.
   * @param {string} to pid @param {string} body
   */
  signal(to, body) {
    this.#socket.say("signal", { to, body });
  }

  /** Something makes one doubt that the server is there: find out soon. */
  doubt() {
    this.#socket.doubt();
  }

  /** Starts a new session after `pauseMs`. @param {number} pauseMs */
  renew(pauseMs) {
    this.#socket.renew(pauseMs);
  }

  /**
   * Hangs up; the server takes it for a leave.
   * @param {boolean} [forGood] whoever left may be in the middle of coming back: no question of that connects again
   */
  end(forGood = false) {
    this.#closed ||= forGood;
    this.#socket.end();
    this.#fail();
  }

  /**
   * Hangs up as the page unloads.
   * @param {boolean} isLeave true: a leave. false: the seat is held, as after a broken connection
   */
  hangUp(isLeave) {
    this.#socket.end(isLeave ? 1000 : 4900);
  }

  /** @param {ServerMessage} message */
  #onMessage(message) {
    const asked = message.re === undefined ? undefined : this.#settle(message.re);
    if (message.t === "error") {
      const error = new ParlourError(message.d.code, { retryMs: message.d.retry_ms });
      if (asked) asked.reject(error);
      else this.#user.onNews(message);
      return;
    }
    if (asked) {
      if (message.t === answers[/** @type {Question} */ (asked.type)]) asked.resolve(message.d);
      else asked.reject(new ParlourError("protocol"));
      return;
    }
    this.#user.onNews(message);
  }

  /** @param {boolean} lost */
  #onBegun(lost) {
    this.#met = true;
    for (const { resolve } of this.#waiting) resolve(this.#socket.session);
    this.#waiting.clear();
    // What was asked since the old session ended waits for this one and is about to be sent.
    if (lost) for (const [id, { standing }] of [...this.#asked]) if (standing) this.#settle(id)?.reject(new ParlourError("session-lost"));
    for (const asked of this.#asked.values()) asked.standing = true;
    if (lost) this.#user.onBack(true);
  }

  /** @param {number} failures */
  #onAway(failures) {
    if (!this.#met && failures >= PATIENCE) {
      this.#socket.end();
      this.#fail();
    } else this.#user.onAway();
  }

  #fail() {
    for (const id of [...this.#asked.keys()]) this.#settle(id)?.reject(new ParlourError("no-server"));
    for (const { reject } of this.#waiting) reject(new ParlourError("no-server"));
    this.#waiting.clear();
  }

  /** @param {number} id @returns {Asked | undefined} */
  #settle(id) {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    clearTimeout(asked?.timer);
    return asked;
  }
}

/** @type {Readonly<AnswerTo>} */
const answers = Object.freeze({
  create: "created", restore: "created", look: "room", join: "joined", host: "done", seated: "done", invite: "done", redeem: "invitation", revoke: "done", state: "done", ice: "ice", leave: "left",
});
