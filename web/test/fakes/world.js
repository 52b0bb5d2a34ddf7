// Several pages in one process, in simulated time: each has its own timers and may sleep, while the others go on.
//
// Whatever a page begins belongs to it (AsyncLocalStorage): its timers, and what it hears. A sleeping page runs
// nothing; when it wakes, what waited comes, timers or news first as chance will have it, since browsers differ.
// WebCrypto is real; time stands still until it is done.

import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers";
import { promisify } from "node:util";
import { deflateRawSync, inflateRawSync } from "node:zlib";

const turn = promisify(setImmediate);

export class SimPage {
  isAsleep = false;
  /** What came while it slept. @type {(() => void)[]} */ inbox = [];
  /** @param {World} world @param {string} name */
  constructor(world, name) {
    this.world = world;
    this.name = name;
  }

  /** @template T @param {() => T} task @returns {T} */
  run(task) { return this.world.whose.run(this, task); }

  /** Something comes from outside. @param {() => void} task */
  hear(task) {
    if (this.isAsleep) this.inbox.push(task);
    else this.run(task);
  }
}

export class World {
  now = 1_000;
  /** @type {AsyncLocalStorage<SimPage>} */ whose = new AsyncLocalStorage();
  /** @type {Map<number, {at: number, every: number | null, page: SimPage | undefined, task: () => void}>} */ #timers = new Map();
  #lastTimer = 0;
  #busy = 0;
  /** Between 0 and 1. @type {() => number} */ chance;

  /** @param {number} seed */
  constructor(seed) {
    this.chance = chanceFrom(seed);
  }

  /** Takes the place of clocks, timers and chance, for everything that is imported afterwards and before. */
  install() {
    const add = (/** @type {boolean} */ again) => (/** @type {() => void} */ task, ms = 0) => {
      const delay = Math.max(again ? 1 : 0, Number(ms) || 0);
      this.#timers.set(++this.#lastTimer, { at: this.now + delay, every: again ? delay : null, page: this.whose.getStore(), task });
      return this.#lastTimer;
    };
    const clear = (/** @type {number} */ timer) => void this.#timers.delete(timer);
    const began = Date.now() - this.now;
    Object.assign(globalThis, { setTimeout: add(false), setInterval: add(true), clearTimeout: clear, clearInterval: clear });
    Object.assign(globalThis, { CompressionStream: Squeezer.bind(null, deflateRawSync), DecompressionStream: Squeezer.bind(null, inflateRawSync) });
    performance.now = () => this.now;
    Date.now = () => began + Math.floor(this.now);
    Math.random = this.chance;
    const { subtle } = globalThis.crypto;
    for (const name of ["digest", "importKey", "exportKey", "deriveBits", "generateKey", "sign", "verify", "encrypt", "decrypt"]) {
      const real = subtle[name].bind(subtle);
      Object.defineProperty(subtle, name, { value: async (/** @type {unknown[]} */ ...args) => {
        this.#busy++;
        try {
          return await real(...args);
        } finally {
          this.#busy--;
        }
      } });
    }
  }

  /** Something of nobody's page, such as the network or the server. @param {number} ms @param {() => void} task */
  after(ms, task) {
    this.whose.exit(() => setTimeout(task, ms));
  }

  /** For callbacks of an object that the running page makes. @returns {(task: () => void) => void} */
  bind() {
    const page = this.whose.getStore();
    return (task) => (page ? page.hear(task) : task());
  }

  /** @param {SimPage} page */
  sleep(page) { page.isAsleep = true; }

  /** @param {SimPage} page */
  async wake(page) {
    if (!page.isAsleep) return;
    page.isAsleep = false;
    const waiting = page.inbox.splice(0);
    if (this.chance() < 0.5) await this.#runDue();
    for (const task of waiting) {
      page.run(task);
      await this.quiet();
    }
  }

  /** Until nothing happens any more without time passing. */
  async quiet() {
    do await turn(); while (this.#busy > 0);
  }

  /** @param {number} ms */
  async pass(ms) {
    const end = this.now + ms;
    await this.#runDue(end);
    this.now = end;
  }

  /** @param {number} [until] */
  async #runDue(until = this.now) {
    for (;;) {
      await this.quiet();
      let id = 0;
      let first = null;
      for (const [number, timer] of this.#timers) {
        if (timer.page?.isAsleep || timer.at > until || (first && timer.at >= first.at)) continue;
        [id, first] = [number, timer];
      }
      if (!first) return;
      this.now = Math.max(this.now, first.at);
      if (first.every === null) this.#timers.delete(id);
      else first.at = this.now + first.every;
      const { page, task } = first;
      if (page) page.run(task);
      else this.whose.exit(task);
    }
  }
}

/** The same numbers for the same seed. @param {number} seed */
export function chanceFrom(seed) {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The real streams finish on threads that nobody can wait for. @param {(bytes: Uint8Array) => Uint8Array} squeeze */
function Squeezer(squeeze) {
  /** @type {Uint8Array[]} */ const parts = [];
  return new TransformStream({
    transform: (part) => void parts.push(part),
    flush: (controller) => controller.enqueue(new Uint8Array(squeeze(Buffer.concat(parts)))),
  });
}
