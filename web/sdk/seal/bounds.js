// @ts-check
/**
 * Bounds: how often, and how much is remembered. Awake milliseconds come in as arguments.
 */

/** A token bucket: one in `every` ms, `burst` at once. */
export class Bucket {
  #tokens;
  #since = 0;

  /** @param {number} every ms @param {number} burst */
  constructor(every, burst) {
    this.every = every;
    this.burst = burst;
    this.#tokens = burst;
  }

  /** @param {number} now @returns {boolean} whether there was one to take */
  take(now) {
    if (!this.has(now)) return false;
    this.#tokens--;
    return true;
  }

  /** @param {number} now @returns {boolean} */
  has(now) {
    const grown = Math.floor((now - this.#since) / this.every);
    this.#tokens = Math.min(this.burst, this.#tokens + grown);
    this.#since = this.#tokens === this.burst ? now : this.#since + grown * this.every;
    return this.#tokens > 0;
  }
}

/** A bucket for each of so many; the oldest make way. */
export class Buckets {
  /** @type {Map<string, Bucket>} */
  #buckets = new Map();

  /** @param {number} every ms @param {number} burst @param {number} most of whom there is a bucket */
  constructor(every, burst, most) {
    this.every = every;
    this.burst = burst;
    this.most = most;
  }

  /** @param {string} whose @param {number} now @returns {boolean} whether there was one to take */
  take(whose, now) {
    const bucket = this.#buckets.get(whose) ?? new Bucket(this.every, this.burst);
    this.#buckets.set(whose, bucket);
    makeWay(this.#buckets, this.most);
    return bucket.take(now);
  }
}

/** Drops what was put in first once there is one more than `most`. @param {Map<string, unknown> | Set<string>} all @param {number} most */
export function makeWay(all, most) {
  const [oldest] = all.keys();
  if (all.size > most && oldest !== undefined) all.delete(oldest);
}

/** The last so many strings. */
export class Recent {
  /** @type {Set<string>} */
  #items = new Set();

  /** @param {number} most */
  constructor(most) {
    this.most = most;
  }

  /** @param {string} item @returns {boolean} */
  has(item) {
    return this.#items.has(item);
  }

  /** @param {string} item */
  add(item) {
    this.#items.add(item);
    makeWay(this.#items, this.most);
  }
}
