// From the seat to the end: what the server says while this page is in a room, and how it comes back when the server
// was away or forgot it. The calls themselves are mesh.js's and go on meanwhile.

import { ParlourError, asParlourError } from "./errors.js";

/** Relay credentials are asked for anew this often, so that a meeting of any length keeps its relay, ms. */
const ICE_MS = 600_000;
/** How often a host page looks whether its rules are to be signed again, ms. */
const RENEW_MS = 300_000;
/** Pause before joining again where the server did not say, ms. */
const REJOIN_MS = 2000;

/** Answers after which asking again is of no use. */
const final = new Set(["room-over", "removed", "unsupported", "bad-signature", "bad-state", "bad-request"]);
/** What the server's last word means, by its code. @type {Readonly<Record<string, string>>} */
const ends = Object.freeze({ removed: "removed", over: "room-over", replaced: "replaced", expired: "room-over" });

/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {import("./protocol.js").View} View */

/**
 * @typedef {{
 *   server: import("./server.js").Server, entrance: import("./entrance.js").Entrance,
 *   core: import("./seal/core.js").OwnCore, mesh: import("./mesh.js").Mesh,
 * }} StayParts
 */
/** @typedef {{onIn(): void, onAway(): void, onCount(count: number): void, onEnd(code: string): void}} StayUser */

export class Stay {
  #parts;
  #user;
  #isIn = false;
  #stopped = false;
  /** @type {ReturnType<typeof setInterval>[]} */ #timers = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #rejoin;
  #online = () => this.#parts.mesh.handleHint();

  /** @param {StayParts} parts @param {StayUser} user */
  constructor(parts, user) {
    this.#parts = parts;
    this.#user = user;
  }

  /**
   * Takes the first seat.
   * @returns {Promise<void>}
   * @throws {ParlourError} the server's refusal; `not-invited` if there is only the porch
   */
  async enter() {
    await this.#join();
    this.#isIn = true;
    this.#timers = [
      setInterval(() => void this.#refreshIce(), ICE_MS),
      setInterval(() => void this.#renew(), RENEW_MS),
    ];
    globalThis.addEventListener?.("online", this.#online);
    await this.#renew();
  }

  /** @param {ServerMessage} message */
  handleNews(message) {
    const { mesh } = this.#parts;
    if (message.t === "signal") mesh.handleSignal(message.d.from, message.d.body);
    else if (message.t === "view") void this.#view(message.d);
    else if (message.t === "seat") mesh.setIceServers(/** @type {RTCIceServer[]} */ (message.d.ice_servers));
    else if (message.t === "bye") this.#bye(message.d);
  }

  handleAway() {
    if (this.#isIn) this.#user.onAway();
  }

  /** @param {boolean} lost whether the server forgot this page */
  handleBack(lost) {
    // While `enter` runs, its own question fails with `session-lost` and whoever called it hears of that.
    if (this.#isIn) void (lost ? this.#comeBack() : this.#resume());
  }

  /** Stores the rules that stand and gives them to the server, which may not have heard of them. */
  async spread() {
    await this.#remember();
    try {
      await this.#parts.server.ask("state", { states: this.#parts.entrance.knowledge.states });
    } catch {
      // The pages decide for themselves; the server hears of it with the next rules or the next join.
    }
  }

  stop() {
    this.#stopped = true;
    this.#isIn = false;
    clearTimeout(this.#rejoin);
    for (const timer of this.#timers) clearInterval(timer);
    globalThis.removeEventListener?.("online", this.#online);
  }

  /** The same person and page each time. */
  async #join() {
    const { server, entrance, core, mesh } = this.#parts;
    const joined = await entrance.join(core);
    if (this.#stopped) return;
    if (!joined.seat) {
      server.ask("leave", {}).catch(() => {});
      throw new ParlourError("not-invited");
    }
    mesh.setIceServers(/** @type {RTCIceServer[]} */ (joined.ice_servers));
    this.#user.onIn();
    await this.#view(joined.view, this.#isIn);
  }

  async #resume() {
    this.#user.onIn();
    await this.#refreshIce();
    // The relay lives in the same process as the socket that broke.
    if (!this.#stopped) this.#parts.mesh.handleHint();
  }

  async #comeBack() {
    try {
      await this.#join();
      if (!this.#stopped) this.#parts.mesh.handleHint();
    } catch (thrown) {
      const error = asParlourError(thrown);
      // A session that was lost again, or a server that is away again, comes back by itself.
      if (this.#stopped || error.code === "session-lost" || (error.code === "no-server" && !this.#parts.server.live)) return;
      if (final.has(error.code)) this.#user.onEnd(error.code);
      else this.#rejoin = setTimeout(() => void this.#comeBack(), error.retryMs ?? REJOIN_MS);
    }
  }

  /** @param {{action: "rejoin" | "resume" | "stop", code: string, retry_ms?: number | undefined}} bye */
  #bye({ action, code, retry_ms }) {
    if (action === "stop") this.#user.onEnd(ends[code] ?? "stopped");
    else if (action === "rejoin") this.#parts.server.renew(retry_ms ?? REJOIN_MS);
  }

  /** @param {View} view @param {boolean} [isBack] */
  async #view(view, isBack = false) {
    const { mesh, entrance } = this.#parts;
    this.#user.onCount(view.seats.length);
    mesh.handleView(view, isBack);
    if (!(await entrance.knowledge.adopt(view.states)) || this.#stopped) return;
    mesh.handleRules();
    await this.#remember();
  }

  async #remember() {
    await this.#parts.entrance.remember();
    if (!this.#stopped && this.#parts.entrance.knowledge.rules?.over) this.#user.onEnd("room-over");
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
    if (!(await this.#parts.entrance.knowledge.renew()) || this.#stopped) return;
    this.#parts.mesh.handleRules();
    await this.spread();
  }
}
