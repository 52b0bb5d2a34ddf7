// The one file that opens WebSockets. It drives a Session: text and time in, text and connections out.
//
// It connects again for as long as it is wanted, with pauses that grow and vary, and at once when the device says
// that it is back online. Where WebSockets do not get through it polls (polling.js) and looks from time to time
// whether they do by now; either way the session goes on. What a message means is decided by who gave the callbacks
// (server.js).

import { Poll } from "./polling.js";
import { SUBPROTOCOL, format } from "./protocol.js";
import { Session } from "./session.js";
import { trace } from "./trace.js";

/** Pause before the next attempt, ms: doubles from the first to the last, each time 50–100 % of it by chance. */
const FIRST_PAUSE_MS = 300;
const LAST_PAUSE_MS = 5000;
/** A connection that brings no frame by then is given up, ms: some proxies swallow WebSockets. */
const FRAME_WITHIN_MS = 8000;
/** After so many WebSockets in a row that were refused, polling is tried. */
const REFUSALS = 2;
/** While polling: pause before WebSockets are tried again, ms; doubles from the first to the last. */
const FIRST_PROBE_MS = 30_000;
const LAST_PROBE_MS = 600_000;

/**
 * @typedef {{
 *   onMessage(message: import("./protocol.js").ServerMessage): void,
 *   onBegun(lost: boolean): void,
 *   onResumed(): void,
 *   onAway(failures: number): void,
 * }} SocketUser `onAway` is told of each connection that ended or did not come about: how many in a row
 */

export class Socket {
  #server;
  #url;
  #user;
  #session = new Session();
  /** @type {WebSocket | Poll | null} */
  #socket = null;
  /** Whether it has brought a frame. */
  #heard = false;
  /** Whether the next attempt is by polling. */
  #polls = false;
  #refusals = 0;
  /** A WebSocket that is tried while this page polls. @type {WebSocket | null} */
  #probe = null;
  #probeMs = FIRST_PROBE_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #probing;
  /** Whether the user was told of an interruption that is not over. */
  #isAway = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #opening;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  #failures = 0;
  #wanted = false;
  #online = () => this.#handleOnline();

  /** @param {string} server such as `https://meet.example.org` or `https://example.org/parlour/` @param {SocketUser} user */
  constructor(server, user) {
    this.#server = server.endsWith("/") ? server : `${server}/`;
    const url = new URL("ws", this.#server);
    url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
    this.#url = url.href;
    this.#user = user;
  }

  /** Whether messages flow now. */
  get live() { return this.#session.live; }

  /** What carries the session now; null while nothing does. @returns {"websocket" | "polling" | null} */
  get carrier() { return this.#socket === null || !this.#heard ? null : this.#polls ? "polling" : "websocket"; }

  /** Whether what is said now belongs to a session that stands, rather than to the next one. */
  get standing() { return this.#session.standing; }

  /** Public id of the session that stands; empty without one. */
  get session() { return this.#session.id; }

  /** Whether the server keeps something for rooms in standard mode. */
  get keeps() { return this.#session.keeps; }

  /** The relay's addresses, without credentials. */
  get relay() { return this.#session.relay; }

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
    this.#stopProbing();
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
    /** @type {WebSocket | Poll} */
    let socket;
    try {
      socket = this.#polls ? new Poll(this.#server) : new WebSocket(this.#url, SUBPROTOCOL);
    } catch {
      // A URL that browsers refuse (mixed content): the same as a server out of reach.
      this.#failed(null, false);
      return;
    }
    this.#heard = false;
    this.#opening = setTimeout(() => this.#failed(socket, true), FRAME_WITHIN_MS);
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#session.handleOpened(clock());
      this.#drain();
    };
    this.#follow(socket);
  }

  /** @param {WebSocket | Poll} socket */
  #follow(socket) {
    this.#socket = socket;
    socket.onmessage = (/** @type {{data: unknown}} */ { data }) => {
      if (socket !== this.#socket) return;
      if (!this.#heard) this.#works();
      // Frames are text; a binary one is as unreadable as any.
      this.#session.handleText(clock(), typeof data === "string" ? data : "");
      this.#drain();
    };
    socket.onclose = socket.onerror = () => this.#failed(socket, false);
  }

  /** The first frame has come. */
  #works() {
    this.#heard = true;
    clearTimeout(this.#opening);
    trace("", "carrier", this.#polls ? "polling" : "websocket");
    if (this.#polls) this.#scheduleProbe();
    else this.#refusals = 0;
  }

  /**
   * A connection ended, or did not come about; in that case the other carrier may be next. Where neither works the
   * server is away, and they take turns.
   * @param {WebSocket | Poll | null} socket @param {boolean} isSlow it was neither open nor refused in time
   */
  #failed(socket, isSlow) {
    if (socket !== this.#socket) return;
    if (!this.#heard || socket === null) {
      if (this.#polls) [this.#polls, this.#refusals] = [false, REFUSALS - 1];
      else if (isSlow || ++this.#refusals >= REFUSALS) this.#polls = true;
    }
    this.#lost(socket);
  }

  /** @param {WebSocket | Poll | null} socket the one that ended @param {number} [pauseMs] before the next one, else by the back-off */
  #lost(socket, pauseMs) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#opening);
    this.#stopProbing();
    this.#session.handleClosed();
    if (socket && socket.readyState <= 1) socket.close(4001);
    if (!this.#wanted) return;
    const ceiling = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), pauseMs ?? ceiling * (0.5 + Math.random() / 2));
    this.#isAway = true;
    this.#user.onAway(this.#failures);
  }

  #scheduleProbe() {
    clearTimeout(this.#probing);
    this.#probing = setTimeout(() => this.#tryWebSocket(), this.#probeMs);
    this.#probeMs = Math.min(2 * this.#probeMs, LAST_PROBE_MS);
  }

  #stopProbing() {
    clearTimeout(this.#probing);
    const probe = this.#probe;
    this.#probe = null;
    probe?.close(4001);
  }

  /**
   * Looks whether frames pass a WebSocket both ways: the server answers a ping that belongs to no session with a refusal.
   * Only then the session moves, and until then it goes on by polling.
   */
  #tryWebSocket() {
    /** @type {WebSocket} */
    let probe;
    try {
      probe = new WebSocket(this.#url, SUBPROTOCOL);
    } catch {
      return this.#scheduleProbe();
    }
    this.#probe = probe;
    const over = () => {
      if (probe !== this.#probe) return;
      this.#stopProbing();
      this.#scheduleProbe();
    };
    this.#probing = setTimeout(over, FRAME_WITHIN_MS);
    probe.onopen = () => probe.send(format({ t: "ping", s: 0, a: 0, d: {} }));
    probe.onclose = probe.onerror = over;
    probe.onmessage = () => {
      if (probe !== this.#probe) return;
      this.#probe = null;
      clearTimeout(this.#probing);
      this.#move(probe);
    };
  }

  /** Goes on by this WebSocket. Nobody is told: it is no interruption. @param {WebSocket} socket */
  #move(socket) {
    const poll = /** @type {Poll | null} */ (this.#socket);
    poll?.drop();
    [this.#polls, this.#refusals, this.#probeMs] = [false, 0, FIRST_PROBE_MS];
    trace("", "carrier", "websocket");
    this.#session.handleClosed();
    this.#follow(socket);
    this.#session.handleOpened(clock());
    this.#drain();
  }

  /** Another network, perhaps one that lets WebSockets through. */
  #handleOnline() {
    this.#hurry();
    if (this.carrier !== "polling" || this.#probe) return;
    this.#probeMs = FIRST_PROBE_MS;
    clearTimeout(this.#probing);
    this.#tryWebSocket();
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
          this.#isAway = false;
          this.#user.onBegun(output.lost);
          break;
        case "resumed":
          this.#failures = 0;
          if (this.#isAway) this.#user.onResumed();
          this.#isAway = false;
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
