// The one file that opens a WebSocket. It drives a Session: text and time in, text and connections out.
//
// It connects again for as long as it is wanted, with pauses that grow and vary, and at once when the device says
// that it is back online. What a message means is decided by who gave the callbacks (server.js).

import { SUBPROTOCOL } from "./protocol.js";
import { Session } from "./session.js";

/** Pause before the next attempt, ms: doubles from the first to the last, each time 50–100 % of it by chance. */
const FIRST_PAUSE_MS = 300;
const LAST_PAUSE_MS = 5000;
/** An attempt that is neither open nor refused by then is given up, ms. Some proxies swallow WebSockets. */
const OPEN_WITHIN_MS = 8000;

/**
 * @typedef {{
 *   onMessage(message: import("./protocol.js").ServerMessage): void,
 *   onBegun(lost: boolean): void,
 *   onResumed(): void,
 *   onAway(failures: number): void,
 * }} SocketUser `onAway` is told of each connection that ended or did not come about: how many in a row
 */

export class Socket {
  #url;
  #user;
  #session = new Session();
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #opening;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  #failures = 0;
  #wanted = false;
  #online = () => this.#hurry();

  /** @param {string} server such as `https://meet.example.org` or `https://example.org/parlour/` @param {SocketUser} user */
  constructor(server, user) {
    const url = new URL("ws", server.endsWith("/") ? server : `${server}/`);
    url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
    this.#url = url.href;
    this.#user = user;
  }

  /** Whether messages flow now. */
  get live() { return this.#session.live; }

  /** Whether what is said now belongs to a session that stands, rather than to the next one. */
  get standing() { return this.#session.standing; }

  /** Public id of the session that stands; empty without one. */
  get session() { return this.#session.id; }

  /** How long a seat is held while the connection is down, ms. */
  get holdMs() { return this.#session.holdMs; }

  /** Connects and stays connected until `end`. Harmless if it does already. */
  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#failures = 0;
    globalThis.addEventListener?.("online", this.#online);
    this.#connect();
  }

  /**
   * Ends the connection.
   * @param {number} [code] 1000 is an explicit leave; with another one the server holds the seat for a while
   */
  end(code = 1000) {
    this.#wanted = false;
    globalThis.removeEventListener?.("online", this.#online);
    for (const timer of [this.#retry, this.#opening, this.#timer]) clearTimeout(timer);
    this.#session.forget();
    this.#session.handleClosed();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(code);
  }

  /**
   * Says something, now or when connected.
   * @template {import("./protocol.js").ClientType} T
   * @param {T} t @param {import("./protocol.js").ClientBodies[T]} d @param {number} [id]
   * @returns {boolean} false if it is too large
   */
  say(t, d, id) {
    const said = this.#session.say(t, d, id);
    this.#drain();
    return said;
  }

  /** Begins a new session on a new connection after `pauseMs`; what was under way is lost. @param {number} pauseMs */
  renew(pauseMs) {
    this.#session.forget();
    this.#lost(this.#socket, pauseMs);
  }

  /** Asks for a sign of life now, or connects now if the page is waiting to. */
  doubt() {
    if (this.#session.live) {
      this.#session.ping(clock());
      this.#drain();
    } else this.#hurry();
  }

  #connect() {
    clearTimeout(this.#retry);
    /** @type {WebSocket} */
    let socket;
    try {
      socket = new WebSocket(this.#url, SUBPROTOCOL);
    } catch {
      // A URL that browsers refuse (mixed content): the same as a server out of reach.
      this.#lost(null);
      return;
    }
    this.#socket = socket;
    this.#opening = setTimeout(() => this.#lost(socket), OPEN_WITHIN_MS);
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      clearTimeout(this.#opening);
      this.#session.handleOpened(clock());
      this.#drain();
    };
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      // Frames are text; a binary one is as unreadable as any.
      this.#session.handleText(clock(), typeof data === "string" ? data : "");
      this.#drain();
    };
    socket.onclose = socket.onerror = () => this.#lost(socket);
  }

  /** @param {WebSocket | null} socket the one that ended @param {number} [pauseMs] before the next one, else by the back-off */
  #lost(socket, pauseMs) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#opening);
    this.#session.handleClosed();
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close(4001);
    if (!this.#wanted) return;
    const ceiling = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), pauseMs ?? ceiling * (0.5 + Math.random() / 2));
    this.#user.onAway(this.#failures);
  }

  #hurry() {
    if (this.#wanted && this.#socket === null) this.#connect();
  }

  #drain() {
    for (let output = this.#session.pollOutput(); output; output = this.#session.pollOutput()) {
      switch (output.kind) {
        case "send":
          this.#socket?.send(output.text);
          break;
        case "close":
          this.#lost(this.#socket);
          break;
        case "begun":
          this.#failures = 0;
          this.#user.onBegun(output.lost);
          break;
        case "resumed":
          this.#failures = 0;
          this.#user.onResumed();
          break;
        case "message":
          this.#user.onMessage(output.message);
          break;
      }
    }
    clearTimeout(this.#timer);
    const at = this.#session.pollTimeout();
    if (at !== null) this.#timer = setTimeout(() => this.#tick(), Math.max(0, at - clock()));
  }

  #tick() {
    this.#session.handleTimeout(clock());
    this.#drain();
  }
}

/** Steady milliseconds. */
function clock() {
  return performance.now();
}
