// What people do about the room once they are in: hosts about the door, everybody about the code and the password's tries.
//
// The words of Meeting's interface; the doing is hosting.js's and codes.js's.

import { ParlourError } from "./errors.js";
import { Sharing } from "./sharing.js";

/** @typedef {import("./inside.js").Inside} Inside */
/** @typedef {import("./types.js").Door} Door */
/** `anyway`: whoever is just coming in may be cut off. @typedef {{anyway?: boolean}} Anyway */

/** @type {import("./types.js").Code} */
const noCode = Object.freeze({ state: "none", emoji: [], numbers: [], covers: [], missing: [] });

/** Of a meeting. What only hosts can do throws `not-host`; everything throws `not-in-room` outside. */
export class Acts extends Sharing {
  #inside;
  #here;

  /** @param {() => Inside | null} inside @param {import("./own.js").Own} own */
  constructor(inside, own) {
    super(inside, own);
    this.#here = inside;
    this.#inside = () => {
      const here = inside();
      if (!here || here.stay.isEntering) throw new ParlourError("not-in-room");
      return here;
    };
  }

  /** Who stands at the door; for hosts. @returns {readonly import("./types.js").Knock[]} */
  get knocks() { return this.me.host ? (this.#here()?.lobby.knocks ?? []) : []; }

  /** Whether the operator lets rooms stay that everybody left (`setKept`); known inside. @returns {boolean} */
  get mayKeep() { return this.#here()?.stay.mayKeep ?? false; }

  /** Wrong passwords that were tried, as those inside count together. @returns {number} */
  get wrongPasswords() { return this.#here()?.wrongPasswords ?? 0; }

  /** @returns {import("./types.js").Code} */
  get code() { return this.#here()?.codes.shown ?? noCode; }

  /** Who did what, since this page joined. @returns {readonly import("./types.js").LogEntry[]} */
  get log() { return this.#here()?.log.entries ?? []; }

  /** Lets somebody in who stands at the door. @param {string} id of a knock @throws {ParlourError} `not-host`, `no-such-participant` */
  async admit(id) { await this.#inside().hosting.admit(id); }

  /** Tells somebody at the door to wait. @param {string} id @param {string} [text] at most 500 characters */
  async hold(id, text = "") { await this.#inside().hosting.hold(id, text); }

  /** Turns somebody away. @param {string} id @param {{forGood?: boolean}} [how] `forGood`: this person cannot ask again */
  async refuse(id, { forGood = false } = {}) { await this.#inside().hosting.refuse(id, forGood); }

  /**
   * Whoever is in stays in. While somebody is just coming in through the open door this waits, 5 s at most, and then throws
   * `unmet`: `who` has names, as far as they are known. With `anyway` those are cut off. The same holds for a password, a
   * new link, and a removal that brings one.
   * @param {Door} door @param {Anyway} [how] @throws {ParlourError} `not-host`, `unmet`
   */
  async setDoor(door, how) { await this.#inside().hosting.setDoor(door, how?.anyway); }

  /** @param {string} password from now on; empty: none @param {Anyway} [how] @throws {ParlourError} `not-host`, `bad-password`, `password-stays`, `unmet` */
  async setPassword(password, how) { await this.#inside().hosting.setPassword(password, how?.anyway); }

  /**
   * Gives the room another link; the old one lets nobody new in. `link` changes here and for everybody inside.
   * @param {Anyway} [how] @throws {ParlourError} `not-host`, `unmet`; `no-link` in a named room
   */
  async newLink(how) { await this.#inside().hosting.newLink(how?.anyway); }

  /**
   * Takes somebody out, for good. While the door is open the room gets a new link, since that person knows the old one;
   * a named room the new `password`, or without one a door at which people knock.
   * @param {string} id of a person @param {Anyway & {password?: string}} [how]
   * @throws {ParlourError} `not-host`, `host-stays`, `bad-password`, `unmet`
   */
  async remove(id, how) { await this.#inside().hosting.remove(id, how); }

  /**
   * Asks somebody to mute, who decides (event `mute-asked` there); everybody's `log` says so. Nothing happens if that person is
   * muted already.
   * @param {string} id of a person @throws {ParlourError} `not-host`, `no-such-participant`, `too-fast`
   */
  askToMute(id) { this.#inside().muting.ask(id); }

  /**
   * The meeting ends by itself then; everybody sees when (`rules.ends`).
   * @param {number | null} at ms since 1970, a minute ahead at least; null: at no set time @throws {ParlourError} `not-host`, `bad-time`
   */
  async setEnd(at) { await this.#inside().hosting.setEnd(at); }

  /**
   * Whether the room stays for 30 days when everybody has left, under the same link, and is emptied of nothing but people
   * (`rules.keptUntil`). Each visit of a host counts anew.
   * @param {boolean} on @throws {ParlourError} `not-host`, `not-kept` where the operator does not allow it, see `mayKeep`
   */
  async setKept(on) { await this.#inside().hosting.setKept(on); }

  /** Ends the meeting for everybody; the link is dead from then on. */
  async end() { await this.#inside().end(); }

  /**
   * A link for somebody who is let in by it without being asked, whatever the door says unless it is locked.
   * @param {{label: string, uses?: number}} options `label`: for whom, shown to hosts; `uses`: people, 1 to 64
   * @returns {Promise<{id: string, link: string}>} `#1i…`, or `r/choir#1i…`
   */
  async invite({ label, uses = 1 }) { return this.#inside().hosting.invite({ label, uses }); }

  /** Takes an invitation back; who came by it stays. @param {string} id */
  async revoke(id) { await this.#inside().hosting.revoke(id); }

  /** Makes somebody host as well, which nobody can take back. @param {string} id of a person */
  async makeHost(id) { await this.#inside().hosting.makeHost(id); }

  /** "Allow 5 more tries", after wrong passwords. */
  allowTries() { this.#inside().mesh.allowTries(); }

  /** Begins a code for everybody who is awake; see `code`. */
  startCode() { this.#inside().codes.start(); }

  /** Takes part in a further code although there were too many. */
  pressCode() { this.#inside().codes.press(); }

  /** This person was heard reading the code (or was not). @param {string} id of a person @param {boolean} on */
  tick(id, on) { this.#inside().tick(id, on); }
}
