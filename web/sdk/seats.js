// Who has a seat and who is on the porch, as the server lists them, and what this page makes of it.

/** A seat for somebody on the porch is asked for again after so long, awake ms. */
const SEAT_MS = 5000;
/** How long the others may take to come back after a server forgot everybody, awake ms. */
const RETURN_MS = 15_000;

/** @typedef {import("./protocol.js").View} View */

export class Seats {
  #me;
  /** @type {View} */ #view = { n: 0, seats: [], porch: [], states: [] };
  /** Seats of before a server forgot everybody, that have not come back yet. @type {View["seats"]} */ #missed = [];
  #missedUntil = 0;
  /** Who was asked for a seat for, and when. @type {Map<string, number>} */ #asked = new Map();

  /** @param {string} me pid of this page */
  constructor(me) {
    this.#me = me;
  }

  /** In their order; those that are awaited are at the end, and away. */
  get seats() { return this.#view.seats; }

  get porch() { return this.#view.porch; }

  /**
   * @param {View} view the server's word
   * @param {boolean} isBack the first one of a server that had forgotten this page. It has forgotten the others as well, who come back
   *   one after another: for a while they count as away, not as gone
   * @param {number} awake ms
   * @returns {string[]} pids that have no seat any more
   */
  take(view, isBack, awake) {
    if (isBack) {
      this.#missed = this.seats;
      this.#missedUntil = awake + RETURN_MS;
    }
    const listed = new Set(view.seats.map(({ pid }) => pid));
    this.#missed = this.#missed.filter(({ pid }) => !listed.has(pid));
    const seats = [...view.seats, ...this.#missed.map(({ pid }) => ({ pid, away: true }))];
    const gone = this.seats.filter(({ pid }) => !seats.some((seat) => seat.pid === pid)).map(({ pid }) => pid);
    this.#view = { ...view, seats };
    return gone;
  }

  /** Who was awaited for long enough is gone. @param {number} awake ms @returns {View | null} without them, if there were any */
  withoutMissed(awake) {
    if (this.#missed.length === 0 || awake < this.#missedUntil) return null;
    const missed = new Set(this.#missed.map(({ pid }) => pid));
    this.#missed = [];
    return { ...this.#view, seats: this.seats.filter(({ pid }) => !missed.has(pid)) };
  }

  /** Whoever is a person here has a seat: for whom one is to be asked for now. @param {readonly string[]} pids of people @param {number} awake ms @returns {string[]} */
  toAsk(pids, awake) {
    const porch = new Set(this.porch);
    for (const pid of this.#asked.keys()) if (!porch.has(pid)) this.#asked.delete(pid);
    const due = pids.filter((pid) => porch.has(pid) && awake - (this.#asked.get(pid) ?? Number.NEGATIVE_INFINITY) >= SEAT_MS);
    for (const pid of due) this.#asked.set(pid, awake);
    return due;
  }

  /** Whether this page took its seat after that one, so that it offers first. @param {string} pid */
  cameLater(pid) {
    const order = this.seats.map((seat) => seat.pid);
    const [mine, theirs] = [order.indexOf(this.#me), order.indexOf(pid)];
    // Who is not listed (yet) came last.
    return theirs >= 0 && (mine < 0 || theirs < mine);
  }
}
