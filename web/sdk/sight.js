// What the statistics of one connection tell, looked at once a second: how it travels, how well, and whether anything comes at all.

import { QualityMeter } from "./quality.js";

/** No byte although the other sends: whatever the browser's state says, the path is dead (lab.md 3.6). */
const STALL_MS = 4000;
/** The statistics are read this often, and asked for again if they have not come. */
const LOOK_MS = 1000;
const LOOK_AGAIN_MS = 5000;

/** @typedef {import("./types.js").Route} Route */

export class Sight {
  #connection;
  #user;
  /** @type {Route | null} */ #route;
  /** @type {(import("./traffic.js").Traffic & {at: number}) | null} */ #traffic = null;
  #quality = new QualityMeter();
  #bytes = 0;
  #bytesAt = 0;
  /** When statistics came last. Without any nothing is known of a stall. */ #seenAt = 0;
  #lookAt = 0;
  /** Whether statistics are awaited: Firefox never answers for a connection that was closed meanwhile. */ #isLooking = false;

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {Route | null} route what was known before, of another generation
   * @param {{awake(): number, isSending(): boolean, onChange(): void}} user `isSending`: whether the other says that media should come
   */
  constructor(connection, route, user) {
    this.#connection = connection;
    this.#route = route;
    this.#user = user;
  }

  get route() { return this.#route; }

  /** @returns {import("./types.js").Quality | null} */
  get quality() { return this.#quality.shown; }

  /** With the time of the look, awake ms. */
  get traffic() { return this.#traffic; }

  get isStalled() {
    return this.#connection.proven && this.#bytes > 0 && this.#user.isSending() && this.#seenAt - this.#bytesAt >= STALL_MS;
  }

  /** @param {number} awake ms */
  look(awake) {
    const wait = this.#isLooking ? LOOK_AGAIN_MS - LOOK_MS : 0;
    if (awake < this.#lookAt + wait || !this.#connection.proven) return;
    this.#isLooking = true;
    this.#lookAt = awake + LOOK_MS;
    void this.#connection.travelled().then((travelled) => this.#see(travelled));
  }

  /** @param {Awaited<ReturnType<import("./connection.js").Connection["travelled"]>>} travelled */
  #see(travelled) {
    const { route = null, bytes = null, counted, traffic } = travelled ?? {};
    const awake = this.#user.awake();
    this.#isLooking = false;
    const picture = () => JSON.stringify([this.isStalled, this.#route, this.quality]);
    const before = picture();
    if (route) this.#route = route;
    if (counted) this.#quality.take(awake, counted);
    if (traffic) this.#traffic = { ...traffic, at: awake };
    // A new pair counts from zero; any difference is life. Nobody sending is life as well.
    // Firefox has been seen to say "connected" without any selected pair: no byte, too.
    this.#seenAt = awake;
    if (bytes !== null && (bytes !== this.#bytes || !this.#user.isSending())) {
      this.#bytes = bytes;
      this.#bytesAt = awake;
    }
    if (before !== picture()) this.#user.onChange();
  }
}
