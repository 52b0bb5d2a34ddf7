// How a page finds its room: asks now, and again while nobody has opened it (seal.md 1.4) or nobody is in under its name.

import { asParlourError } from "./errors.js";

/** While nobody has opened the room it is asked for again this often, ms. */
const AGAIN_MS = 5000;
/** Sessions that may be lost one after another while it is asked for. */
const TRIES = 3;

/**
 * `ask` says how many are in, null if nobody has opened it; `isOpen`: whether an answer would still matter, `isGone` being that
 * the room was there and is not any more; `onFault`: it will not be asked for again.
 * @typedef {{ask(): Promise<number | null>, onAnswer(count: number | null): Promise<void>, isOpen(isGone: boolean): boolean,
 *   onFault(error: import("./errors.js").ParlourError): void}} LookingUser
 */

export class Looking {
  #user;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /** @param {LookingUser} user */
  constructor(user) {
    this.#user = user;
  }

  /** @throws {import("./errors.js").ParlourError} what `ask` and `onAnswer` throw */
  async now() {
    await this.#user.onAnswer(await this.#ask());
  }

  /** @param {boolean} [isGone] a named room that was there may be vacant by now */
  later(isGone = false) {
    this.stop();
    this.#timer = setTimeout(async () => {
      if (!this.#user.isOpen(isGone)) return;
      try {
        await this.now();
      } catch (thrown) {
        const error = asParlourError(thrown);
        if (error.code === "no-server") this.later();
        else this.#user.onFault(error);
      }
    }, AGAIN_MS);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** To ask changes nothing: a server that forgets this page in the middle of it is asked again. */
  async #ask() {
    for (let lost = 1; ; lost++) {
      try {
        return await this.#user.ask();
      } catch (thrown) {
        if (asParlourError(thrown).code !== "session-lost" || lost === TRIES) throw thrown;
      }
    }
  }
}
