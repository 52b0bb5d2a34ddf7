// What this page knows of one room, in the shape in which the pairs ask for it (seal/types.js, RoomKnowledge).
//
// States prove themselves and stand in seal/state.js's Rulebook, to which the pairs add what they hear. Links and the
// password come from the person in front, from storage, or from others inside (giving.js). Storing all of it and telling
// the server is entrance.js's business, issuing new rules hosting.js's.

import { Invitations } from "./inviting.js";
import { SealError, b64, equal, unb64 } from "./seal/bytes.js";
import { ed25519FromSeed } from "./seal/kdf.js";
import { Keyring } from "./seal/keyring.js";
import { openLink } from "./seal/room.js";
import { FLAG_OFF_RECORD, FLAG_PASSWORD, Rulebook, STATE_SECONDS, UNTIL_TOLERANCE_SECONDS, inForce, lifetimeOf, signState } from "./seal/state.js";

/** @typedef {import("./seal/bytes.js").Bytes} Bytes */
/** @typedef {import("./seal/types.js").SignedState} SignedState */
/** @typedef {import("./seal/types.js").RoomKnowledge} RoomKnowledge */
/** @typedef {import("./seal/room.js").RoomLink} RoomLink */

/** Rules are renewed hourly (seal.md 2). */
const RENEW_AFTER_SECONDS = 3600;
/** Links of one room that are kept; as many as the server takes. */
const LINKS = 32;

/** @implements {RoomKnowledge} */
export class Knowledge {
  /** @readonly */ book;
  /** Oldest first. @type {RoomLink[]} */ links = [];
  /** @type {CryptoKey | null} */ hostKey = null;
  /** From which the host key grew, if this device has it. @type {Bytes | null} */ seed = null;
  /** @type {import("./seal/types.js").Password | null} */ password = null;
  /** By which this page came. @type {import("./seal/types.js").Invitation | null} */ invitation = null;
  /** Of a named room: that it is this host's was found out by meeting somebody, or it was made here. */ pinned = false;
  /**
   * For hosts: the room is to stay when everybody has left. As the rules in force ask, whichever host signed them; on a device that was
   * away until they had nearly run out, as they asked before.
   */
  keeps = false;
  /** Somebody typed a password for this attempt. */ typed = false;
  /** Of this room, for hosts. */ invitations = new Invitations();
  /** Content keys of a room in standard mode; none off the record. */ keyring = new Keyring();
  /** Files that this person's pages began to leave with the room. @readonly @type {import("./storing.js").Lying[]} */ begun = [];

  /** @param {import("./seal/state.js").Pins} pins @param {RoomLink | null} link null: in a named room */
  constructor(pins, link) {
    this.book = new Rulebook(pins);
    if (link) this.links.push(link);
  }

  get room() { return this.book.pins.room; }
  /** As a word, for storage. */
  get name() { return b64(this.room); }
  /** The same for what makes a device host: a name may have several rooms in a day, each with a host key of its own. */
  get hostName() { return this.named ? `${this.name} ${b64(this.hostPk)}` : this.name; }
  get named() { return this.room[0] === 2; }
  /** seal/types.js */
  get onlyPassword() { return this.named && this.typed && !this.pinned; }
  get hostPk() { return this.book.pins.hostPk; }

  /** The strictest of what stands; null before the first state. */
  get rules() { return this.book.rules ?? null; }

  /** The link that opens an open door, if this page holds it. @returns {RoomLink | null} */
  get linkInForce() {
    return this.links.find(({ roomId }) => b64(roomId) === this.rules?.link?.id) ?? null;
  }

  /** S of the password in force, if this page holds it. */
  get passwordInForce() {
    return this.password?.pw === this.rules?.pw ? this.password : null;
  }

  /** Those that stand, as they travel. @returns {SignedState[]} */
  get states() { return this.book.states.map(({ json, sig }) => ({ json, sig: b64(sig) })); }

  /** Everything worth storing. @returns {SignedState[]} */
  get held() { return this.book.held.map(({ json, sig }) => ({ json, sig: b64(sig) })); }

  /** @param {Uint8Array} invId */
  invitationRow(invId) { return this.invitations.row(invId); }

  /** Unix seconds. */
  now() { return Math.floor(Date.now() / 1000); }

  /** Whether new pairs may be made by this device's clock. */
  get fresh() { return inForce(this.book.until, this.now()); }

  /** What a page is shown of the rules. @returns {import("./types.js").Rules | null} */
  get shown() {
    const { rules } = this;
    if (!rules) return null;
    return Object.freeze({
      door: rules.door,
      password: rules.pw !== 0,
      keepsPassword: (this.flags0 & FLAG_PASSWORD) !== 0,
      cap: rules.cap,
      offRecord: rules.mode === "off",
      ends: rules.ends === undefined ? null : rules.ends * 1000,
      keptUntil: this.keptUntil,
    });
  }

  /** Until when the rules ask for the room to stay though everybody leaves, ms since 1970; null: they do not. @returns {number | null} */
  get keptUntil() {
    const { until } = this.book;
    return until - this.now() > STATE_SECONDS + UNTIL_TOLERANCE_SECONDS ? until * 1000 : null;
  }

  /** Of links to come: as in the first one. @returns {number} */
  get flags0() { return this.book.pins.flags0 ?? FLAG_OFF_RECORD; }

  /**
   * Why the rules end the meeting for this person, if they do.
   * @param {string} spk @returns {"room-over" | "removed" | null}
   */
  endFor(spk) {
    const { rules } = this;
    if (rules?.over || (rules?.ends !== undefined && rules.ends <= this.now())) return "room-over";
    return rules?.removed.includes(spk) && !this.hostKey ? "removed" : null;
  }

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
   * Another link of this room, made here or given by somebody: it proves itself.
   * @param {Uint8Array} R @param {Uint8Array} box @param {Uint8Array} sig @returns {Promise<boolean>} whether it is new
   */
  async addLink(R, box, sig) {
    try {
      const { hostPk, link } = await openLink(R, box, sig);
      if (!equal(hostPk, this.hostPk) || this.links.some(({ roomId }) => equal(roomId, link.roomId))) return false;
      // The one in force is never the one that makes way.
      if (this.links.length >= LINKS) this.links.splice(this.links.findIndex((one) => one !== this.linkInForce), 1);
      this.links.push(link);
      return true;
    } catch (thrown) {
      if (thrown instanceof SealError) return false;
      throw thrown;
    }
  }

  /**
   * Makes this page a host, if the seed is that of this room.
   * @param {Bytes} seed @returns {Promise<boolean>} whether it was, and is new
   */
  async addSeed(seed) {
    if (this.hostKey || seed.length !== 32) return false;
    const pair = await ed25519FromSeed(seed);
    if (!equal(pair.publicKey, this.hostPk)) return false;
    this.hostKey = pair.privateKey;
    this.seed = new Uint8Array(seed);
    return true;
  }

  /**
   * For a host page: signs what stands for another day, or month, if an hour has passed since it was last signed. Several states
   * at once are left to the merge.
   * @returns {Promise<boolean>} whether there is something new to spread
   */
  async renew() {
    const [state, ...others] = this.book.states;
    const life = lifetimeOf(this.keeps);
    if (!this.hostKey || !state || others.length > 0 || state.rules.over || state.until - this.now() >= life - RENEW_AFTER_SECONDS) return false;
    this.book.add([await signState(this.hostKey, this.book.pins, state.rulesText, this.now() + life)]);
    return true;
  }
}
