// From the seat to the end: what the server says while this page is in a room, and how it comes back when the server
// was away or forgot it. The calls themselves are mesh.js's and go on meanwhile.

import { ParlourError, asParlourError } from "./errors.js";
import { b64 } from "./seal/bytes.js";
import { trace } from "./trace.js";

/** Relay credentials are asked for anew this often, so that a meeting of any length keeps its relay, ms. */
const ICE_MS = 600_000;
/** How often a host page looks whether its rules are to be signed again, ms. */
const RENEW_MS = 300_000;
/** Pause before joining again where the server did not say, ms. */
const REJOIN_MS = 2000;
/** How long an act of a host waits for the server to know, ms: the next one must not wait for a server that is away. */
const TELL_MS = 2000;
/** Pause before asking again a server that said that the meeting is over, which no host has signed, ms: doubles up to the last. */
const STOPPED_MS = 20_000;
const STOPPED_LAST_MS = 640_000;

/** Answers after which asking again is of no use. */
const final = new Set(["unsupported", "bad-signature", "bad-state", "bad-request"]);
/** Answers that only rules can make true (seal.md 2: being cut off moves no power). */
const claims = new Set(["room-over", "removed"]);
/** What the server's last word means, by its code. @type {Readonly<Record<string, string>>} */
const ends = Object.freeze({ "gave-way": "two-hosts", removed: "removed", over: "room-over", replaced: "replaced", expired: "room-over" });

/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {import("./protocol.js").View} View */

/**
 * @typedef {{
 *   server: import("./server.js").Server, entrance: import("./entrance.js").Entrance,
 *   core: import("./seal/core.js").OwnCore, mesh: import("./mesh.js").Mesh,
 * }} StayParts
 */
/**
 * @typedef {{onIn(): void, onPorch(): void, onAway(): void, onCount(count: number): void, onRules(): void,
 *   onPlace(blobs: import("./protocol.js").BlobPlace | undefined): void, onStopped(): void, onEnd(code: string): void}} StayUser `onPlace`: with a seat, the way to what its room keeps. `onPorch`: there is no seat by itself, somebody has to be asked.
 *   `onRules`: the server had other rules. `onStopped`: it says that the meeting is over, and nobody signed that
 */

export class Stay {
  #parts;
  #user;
  #isIn = false;
  #stopped = false;
  #isOnPorch = false;
  /** Who waits for the first seat. @type {{resolve(): void, reject(error: ParlourError): void} | null} */ #entering = null;
  /** @type {ReturnType<typeof setInterval>[]} */ #timers = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #rejoin;
  /** The operator lets rooms stay that everybody left. */ mayKeep = false;
  /** How often in a row the server said that it is over, and when it did last, steady ms; null: it does not. */ #claims = 0;
  /** @type {number | null} */ #claimedAt = null;
  #online = () => this.#parts.mesh.handleHint();

  /** @param {StayParts} parts @param {StayUser} user */
  constructor(parts, user) {
    this.#parts = parts;
    this.#user = user;
  }

  /**
   * Takes the first seat; on the porch, waits for it until `giveUp`.
   * @returns {Promise<void>}
   * @throws {ParlourError} the server's refusal; whatever `giveUp` is given
   */
  async enter() {
    const seated = new Promise((/** @type {(value?: undefined) => void} */ resolve, reject) => (this.#entering = { resolve, reject }));
    // Given up while the server is still asked.
    seated.catch(() => {});
    await this.#join();
    await seated;
    // The rules that came with the seat may have ended the stay already.
    if (this.#stopped) return;
    this.#isIn = true;
    this.#timers = [
      setInterval(() => void this.#refreshIce(), ICE_MS),
      setInterval(() => void this.#renew(), RENEW_MS),
    ];
    globalThis.addEventListener?.("online", this.#online);
    await this.#renew();
  }

  /** Whether the first seat is waited for. */
  get isEntering() { return this.#entering !== null; }

  /** No longer waits for the first seat. @param {ParlourError} error */
  giveUp(error) {
    this.#entering?.reject(error);
    this.#entering = null;
  }

  /** @param {ServerMessage} message */
  handleNews(message) {
    const { mesh } = this.#parts;
    if (message.t === "signal") mesh.handleSignal(message.d.from, message.d.body);
    else if (message.t === "view") void this.#view(message.d);
    else if (message.t === "seat") this.#seat(message.d);
    else if (message.t === "bye") this.#bye(message.d);
  }

  handleAway() {
    trace("", "server away");
    if (this.#isIn) this.#user.onAway();
  }

  /** Gives up the place, on a seat or the porch, for a new attempt. */
  async leave() {
    if (this.#parts.server.live) await this.#parts.server.ask("leave", {}).catch(() => {});
  }

  /** @param {boolean} lost whether the server forgot this page */
  handleBack(lost) {
    trace("", "server back", lost);
    // While `enter` asks, its own question fails with `session-lost` and whoever called it hears of that.
    // A server that forgot this page may be an honest one by now: asked earlier, but no more often than in the beginning.
    if (this.#claimedAt !== null) return void (lost && this.#askIn(Math.max(0, this.#claimedAt + STOPPED_MS - performance.now())));
    if (this.#isIn || this.#isOnPorch) void (lost ? this.#comeBack() : this.#resume());
  }

  /** Stores the rules that stand and gives them to the server, which may not have heard of them. */
  async spread() {
    await this.#parts.entrance.self.remember();
    await this.tell();
  }

  /** Gives the rules that stand to the server. Nobody waits for one that is away: it hears of them when it is back. */
  async tell() {
    // A question connects: not any more.
    if (this.#stopped) return;
    const { server, entrance } = this.#parts;
    // The pages decide for themselves, whatever it answers.
    const told = server.ask("state", { states: entrance.knowledge.states }).catch(() => {});
    if (server.live) await Promise.race([told, new Promise((resolve) => setTimeout(resolve, TELL_MS))]);
  }

  stop() {
    this.#stopped = true;
    this.#isIn = false;
    clearTimeout(this.#rejoin);
    this.giveUp(new ParlourError("gave-up"));
    for (const timer of this.#timers) clearInterval(timer);
    globalThis.removeEventListener?.("online", this.#online);
  }

  /** The same person and page each time. */
  async #join() {
    const { entrance, core } = this.#parts;
    const joined = await entrance.join(core);
    if (this.#stopped) return;
    this.#isOnPorch = !joined.seat;
    this.mayKeep = joined.may_keep === true;
    if (joined.seat) this.#seat(joined);
    await this.#view(joined.view, this.#isIn);
    if (!joined.seat && !this.#stopped && !this.#isIn) this.#user.onPorch();
  }

  /** @param {{ice_servers: readonly object[], blobs?: import("./protocol.js").BlobPlace | undefined}} seat what comes with one */
  #seat({ ice_servers: iceServers, blobs }) {
    const { mesh } = this.#parts;
    this.#isOnPorch = false;
    this.#claims = 0;
    mesh.setIceServers(/** @type {RTCIceServer[]} */ (iceServers));
    mesh.handleSeat();
    this.#user.onPlace(blobs);
    this.#user.onIn();
    this.#entering?.resolve();
    this.#entering = null;
  }

  async #resume() {
    if (this.#isOnPorch) return;
    this.#user.onIn();
    await this.#refreshIce();
    // The relay lives in the same process as the socket that broke.
    if (!this.#stopped) this.#parts.mesh.handleHint();
  }

  async #comeBack() {
    try {
      await this.#join();
      if (this.#stopped) return;
      this.#parts.mesh.handleHint();
      // Whoever gave it the room back may have known less.
      void this.tell();
    } catch (thrown) {
      const error = asParlourError(thrown);
      trace("", "not back", error.code);
      // A session that was lost again, or a server that is away again, comes back by itself.
      if (this.#stopped || error.code === "session-lost" || (error.code === "no-server" && !this.#parts.server.live)) return;
      if (claims.has(error.code)) this.#claimed(error.code);
      else if (final.has(error.code)) this.#user.onEnd(error.code);
      else this.#rejoin = setTimeout(() => void this.#comeBack(), error.retryMs ?? REJOIN_MS);
    }
  }

  /** @param {{action: "rejoin" | "resume" | "stop", code: string, retry_ms?: number | undefined}} bye */
  #bye({ action, code, retry_ms }) {
    if (action === "stop") this.#claimed(ends[code] ?? "stopped");
    else if (action === "rejoin") this.#parts.server.renew(retry_ms ?? REJOIN_MS);
  }

  /**
   * The server says that it is over. Only rules can say that; without them calls go on, nothing is forgotten, and the
   * server is asked again, more and more rarely. With nobody to call there is nothing to go on with.
   * @param {string} code
   */
  #claimed(code) {
    const { mesh, entrance, core } = this.#parts;
    const proven = entrance.knowledge.endFor(b64(core.spk));
    if (proven) return this.#user.onEnd(proven);
    if (mesh.reached.length === 0) return this.#user.onEnd(this.#isIn && code !== "two-hosts" ? "stopped" : code);
    this.#user.onStopped();
    this.#claimedAt = performance.now();
    this.#askIn(Math.min(STOPPED_LAST_MS, STOPPED_MS * 2 ** this.#claims++));
  }

  /** @param {number} ms */
  #askIn(ms) {
    clearTimeout(this.#rejoin);
    this.#rejoin = setTimeout(() => {
      this.#claimedAt = null;
      void this.#comeBack();
    }, ms);
  }

  /** @param {View} view @param {boolean} [isBack] */
  async #view(view, isBack = false) {
    const { mesh, entrance } = this.#parts;
    this.#user.onCount(view.seats.length);
    mesh.handleView(view, isBack);
    if (!(await entrance.knowledge.adopt(view.states)) || this.#stopped) return;
    mesh.handleRules();
    this.#user.onRules();
    await entrance.self.remember();
  }

  async #refreshIce() {
    try {
      const { ice_servers } = await this.#parts.server.ask("ice", {});
      this.#parts.mesh.setIceServers(/** @type {RTCIceServer[]} */ (ice_servers));
    } catch {
      // The present ones may well be good still; a new connection shows it.
    }
  }

  async #renew() {
    const { entrance } = this.#parts;
    if (!(await entrance.knowledge.renew()) || this.#stopped) return;
    await entrance.self.rememberRenewal();
    if (this.#stopped) return;
    this.#parts.mesh.handleRules();
    await this.spread();
  }
}
