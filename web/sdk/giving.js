// What people give each other once both have a right to be here (seal.md 2, 7), over the channel that proved itself:
// every link of the room, S of the password in force, and among hosts whom they have met.
//
// Links prove themselves, and so does a seed. S is believed of hosts, and of others only where this page has none: who
// was told a wrong one fails a run and has it corrected by the next host.

import { LABEL_LENGTH } from "./inviting.js";
import { SealError, b64, unb64 } from "./seal/bytes.js";

/** @typedef {import("./knowledge.js").Knowledge} Knowledge */
/** @typedef {import("./seal/types.js").Message} Message */

/** People in one list, as many as rules may name. */
const LISTED = 64;

/** When somebody was let in, ms since 1970, by whom (name of a host), and with which invitation (its label, or empty). @typedef {{at: number, by: string, via: string}} Admission */

/**
 * What changed here by a message: `links`, `password`, `host` (this page became one), `met`, `admitted`.
 * @typedef {"links" | "password" | "host" | "met" | "admitted" | "invitations"} Taken
 */

export class Giving {
  #knowledge;
  #send;
  #me;
  /** By page: what it was given. @type {Map<string, Set<string>>} */ #given = new Map();
  /** Who was let in by a host, as hosts say. @readonly */ admitted;
  /** Whom this page and other hosts have met, and when, ms since 1970. @type {Map<string, number>} */ met = new Map();

  /**
   * @param {Knowledge} knowledge @param {string} me spk @param {Map<string, Admission>} admitted of an earlier load; changed here
   * @param {(hid: string, message: Message) => boolean} send
   */
  constructor(knowledge, me, admitted, send) {
    this.admitted = admitted;
    this.#me = me;
    this.#knowledge = knowledge;
    this.#send = send;
  }

  /**
   * Gives what that page was not given yet.
   * @param {string} hid with whom the channel is proven @param {boolean} isHost whether it showed host-in
   */
  give(hid, isHost) {
    const { links, passwordInForce: password, hostKey } = this.#knowledge;
    for (const { R, roomBox, boxSig, roomId } of links) {
      this.#once(hid, `link ${b64(roomId)}`, { k: "link", R: b64(R), box: b64(roomBox), sig: b64(boxSig) });
    }
    if (password?.sure) this.#once(hid, `secret ${password.pw}`, { k: "secret", pw: password.pw, S: b64(password.S) });
    if (!hostKey) return;
    const admitted = [...this.admitted].slice(-LISTED).map(([spk, { at, by, via }]) => ({ spk, at, by, via }));
    if (admitted.length > 0) this.#once(hid, `admitted ${JSON.stringify(admitted)}`, { k: "admitted", list: admitted });
    const met = [...this.met.keys()].slice(-LISTED).sort();
    for (const invite of isHost ? this.#knowledge.invitations.messages(this.#me) : []) this.#once(hid, JSON.stringify(invite), invite);
    if (isHost && met.length > 0) this.#once(hid, `met ${met.join()}`, { k: "met", list: met });
  }

  /** Hands over the seed, for good. @param {string} hid @returns {boolean} false: nobody is there */
  giveHost(hid) {
    const { seed } = this.#knowledge;
    return seed !== null && this.#send(hid, { k: "host", seed: b64(seed) });
  }

  /** That page is gone, or has forgotten. @param {string} hid */
  forget(hid) {
    this.#given.delete(hid);
  }

  /**
   * @param {{spk: string, host: boolean}} from @param {Message} message of somebody with a right
   * @returns {Promise<Taken | null>} null: nothing new, or not of this file
   */
  async take({ spk, host: fromHost }, message) {
    try {
      switch (message.k) {
        case "link":
          return (await this.#knowledge.addLink(unb64(message.R, 16), unb64(message.box), unb64(message.sig, 64))) ? "links" : null;
        case "secret": return this.#takeSecret(fromHost, message);
        case "host": return (await this.#knowledge.addSeed(unb64(message.seed, 32))) ? "host" : null;
        case "invite": return fromHost && this.#knowledge.hostKey && this.#knowledge.invitations.take(spk, message) ? "invitations" : null;
        case "met": return fromHost && this.#knowledge.hostKey && this.#takeMet(message) ? "met" : null;
        case "admitted": return fromHost && this.#takeAdmitted(message) ? "admitted" : null;
        default: return null;
      }
    } catch (thrown) {
      if (thrown instanceof SealError) return null;
      throw thrown;
    }
  }

  /** @param {boolean} fromHost @param {Message} message @returns {Taken | null} */
  #takeSecret(fromHost, { pw, S }) {
    const knowledge = this.#knowledge;
    const mine = knowledge.passwordInForce;
    if (pw !== knowledge.rules?.pw || pw === 0 || mine?.sure || (mine && !fromHost)) return null;
    knowledge.password = { pw: /** @type {number} */ (pw), S: unb64(S, 32), sure: fromHost };
    return "password";
  }

  /** @param {Message} message @returns {boolean} */
  #takeMet({ list }) {
    if (!isKeys(list)) return false;
    for (const spk of list) if (!this.met.has(spk) && this.met.size < 4 * LISTED) this.met.set(spk, Date.now());
    return true;
  }

  /** @param {Message} message @returns {boolean} */
  #takeAdmitted({ list }) {
    if (!Array.isArray(list) || list.length > LISTED) return false;
    for (const { spk, at, by, via } of list) {
      if (!isKeys([spk]) || !Number.isSafeInteger(at) || typeof by !== "string" || typeof via !== "string") return false;
      if (!this.admitted.has(spk) && this.admitted.size >= 4 * LISTED) return false;
      this.admitted.set(spk, { at, by: by.slice(0, LISTED), via: via.slice(0, 2 * LABEL_LENGTH) });
    }
    return true;
  }

  /** @param {string} hid @param {string} what @param {Message} message */
  #once(hid, what, message) {
    const given = this.#given.get(hid) ?? new Set();
    this.#given.set(hid, given);
    if (!given.has(what) && this.#send(hid, message)) given.add(what);
  }
}

/** @param {unknown} list @returns {list is string[]} */
function isKeys(list) {
  return Array.isArray(list) && list.length <= LISTED && list.every((spk) => typeof spk === "string" && spk.length === 43);
}
