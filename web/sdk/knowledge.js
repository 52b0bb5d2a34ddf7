// What this page knows of one room, in the shape in which the pairs ask for it (seal/types.js, RoomKnowledge).
//
// States prove themselves and stand in seal/state.js's Rulebook, to which the pairs add what they hear. Storing them
// and telling the server is entrance.js's business.

import { b64, unb64 } from "./seal/bytes.js";
import { Rulebook, STATE_SECONDS, inForce, signState } from "./seal/state.js";

/** @typedef {import("./seal/types.js").SignedState} SignedState */
/** @typedef {import("./seal/types.js").RoomKnowledge} RoomKnowledge */

/** Rules are renewed hourly (seal.md 2): as soon as they have less than this left. */
const RENEW_BELOW_SECONDS = STATE_SECONDS - 3600;

/** @implements {RoomKnowledge} */
export class Knowledge {
  /** @readonly */ book;
  /** @readonly */ links;
  /** @readonly */ hostKey;

  /**
   * @param {import("./seal/state.js").Pins} pins @param {import("./seal/types.js").LinkKey} link
   * @param {CryptoKey | null} hostKey its private half, if this page is host
   */
  constructor(pins, link, hostKey) {
    this.book = new Rulebook(pins);
    this.links = [{ roomId: link.roomId, kLink: link.kLink }];
    this.hostKey = hostKey;
  }

  get room() { return this.book.pins.room; }
  get named() { return this.room[0] === 2; }
  get hostPk() { return this.book.pins.hostPk; }

  /** The strictest of what stands; null before the first state. */
  get rules() { return this.book.rules ?? null; }

  /** Those that stand, as they travel. @returns {SignedState[]} */
  get states() { return this.book.states.map(({ json, sig }) => ({ json, sig: b64(sig) })); }

  /** Everything worth storing. @returns {SignedState[]} */
  get held() { return this.book.held.map(({ json, sig }) => ({ json, sig: b64(sig) })); }

  /** Unix seconds. */
  now() { return Math.floor(Date.now() / 1000); }

  /** Whether new pairs may be made by this device's clock. */
  get fresh() { return inForce(this.book.until, this.now()); }

  /**
   * Takes in what the server has; what does not prove itself is left out.
   * @param {readonly SignedState[]} states @returns {Promise<boolean>} whether other rules hold now
   */
  async adopt(states) {
    const docs = states.flatMap(({ json, sig }) => {
      try {
        return [{ json, sig: unb64(sig, 64) }];
      } catch {
        return [];
      }
    });
    return (await this.book.adopt(docs)).changed;
  }

  /**
   * For a host page: signs what stands for another day if an hour has passed since it was last signed. Several states
   * at once are left to the merge.
   * @returns {Promise<boolean>} whether there is something new to spread
   */
  async renew() {
    const [state, ...others] = this.book.states;
    if (!this.hostKey || !state || others.length > 0 || state.rules.over || state.until - this.now() >= RENEW_BELOW_SECONDS) return false;
    this.book.add([await signState(this.hostKey, this.book.pins, state.rulesText, this.now() + STATE_SECONDS)]);
    return true;
  }
}
