// Personal invitations as hosts keep them (seal.md 7): a table of who may be let in by which, shared among hosts, and the
// making of new ones. `inv` itself stands in the link alone and is kept nowhere.
//
// Rows are believed of the host who made them; uses and revocations are united, a revocation is for good. Admitting
// is hosting.js's, the box at the server too.

import { b64, unb64 } from "./seal/bytes.js";
import { invitationId, invitationPsk, newInvitation, sealInvitation } from "./seal/invite.js";
import { invitationLink } from "./seal/link.js";

/** @typedef {import("./seal/bytes.js").Bytes} Bytes */
/** @typedef {import("./seal/types.js").Message} Message */

/**
 * `id` base64url; `box` for the server, empty if another device made it; `by` and `used`: spk.
 * @typedef {{id: string, ipsk: Bytes, label: string, uses: number, used: string[], box: string, by: string, revoked: boolean}} Row
 */

/** Rows of one room, as many as the server keeps; people per row; letters of a label, which must fit its box. */
const ROWS = 64;
export const MOST_USES = 64;
export const LABEL_LENGTH = 40;

export class Invitations {
  /** @type {Map<string, Row>} */ #rows = new Map();

  /** As a page is shown them. @returns {readonly import("./types.js").Invitation[]} */
  get shown() {
    return Object.freeze([...this.#rows.values()].filter(({ revoked }) => !revoked).map(({ id, label, uses, used }) => Object.freeze({ id, label, uses, used: used.length })));
  }

  /** For storage: those made on this device. @returns {Row[]} */
  get own() { return [...this.#rows.values()].filter(({ box }) => box !== ""); }

  /** From storage. @param {readonly Row[]} rows */
  recall(rows) {
    for (const row of rows) this.#rows.set(row.id, { ...row, used: [...row.used] });
  }

  /** What the pairs ask for (seal/types.js). @param {Uint8Array} invId @returns {{ipsk: Bytes, label: string} | null} */
  row(invId) {
    const row = this.#rows.get(b64(invId));
    return row && !row.revoked ? row : null;
  }

  /** @param {string} id @returns {Row | null} */
  of(id) {
    return this.#rows.get(id) ?? null;
  }

  /**
   * @param {{label: string, uses: number}} wish @param {Uint8Array} room @param {Uint8Array} R @param {string} me spk
   * @returns {Promise<{row: Row, link: string} | null>} null: there are too many
   */
  async make({ label, uses }, room, R, me) {
    if (this.#rows.size >= ROWS) for (const [id, row] of this.#rows) if (row.revoked) this.#rows.delete(id);
    if (this.#rows.size >= ROWS) return null;
    const inv = newInvitation();
    const short = [...label].slice(0, LABEL_LENGTH).join("");
    const box = b64(await sealInvitation(inv, R, short));
    const id = b64(await invitationId(inv));
    const row = { id, ipsk: await invitationPsk(inv, room), label: short, uses: Math.min(MOST_USES, Math.max(1, Math.floor(uses))), used: [], box, by: me, revoked: false };
    this.#rows.set(id, row);
    return { row, link: await invitationLink(inv) };
  }

  /**
   * Counts a use, once per person.
   * @param {string} id @param {string} spk @returns {boolean} false: used up, revoked or unknown
   */
  use(id, spk) {
    const row = this.#rows.get(id);
    if (!row || row.revoked) return false;
    if (row.used.includes(spk)) return true;
    if (row.used.length >= row.uses) return false;
    row.used.push(spk);
    return true;
  }

  /** @param {string} id */
  revoke(id) {
    const row = this.#rows.get(id);
    if (row) row.revoked = true;
  }

  /** Invitations by which somebody came. @param {readonly string[]} spks @returns {string[]} ids */
  usedBy(spks) {
    return [...this.#rows.values()].filter(({ used, revoked }) => !revoked && spks.some((spk) => used.includes(spk))).map(({ id }) => id);
  }

  /** For another host: one message each. @param {string} me spk: those of this device are this person's @returns {Message[]} */
  messages(me) {
    return [...this.#rows.values()].map(({ id, ipsk, label, uses, used, by, revoked, box }) => ({ k: "invite", id, ipsk: b64(ipsk), label, uses, used, by: box === "" ? by : me, revoked }));
  }

  /**
   * What another host says.
   * @param {string} from spk @param {Message} message @returns {boolean} whether it was news
   * @throws {import("./seal/bytes.js").SealError} `bad-bytes`
   */
  take(from, { id, ipsk, label, uses, used, by, revoked }) {
    if (typeof label !== "string" || typeof uses !== "number" || !Number.isSafeInteger(uses) || uses < 1 || uses > MOST_USES) return false;
    if (!Array.isArray(used) || used.length > MOST_USES || !used.every((spk) => typeof spk === "string" && spk.length === 43)) return false;
    const name = b64(unb64(id, 12));
    const known = this.#rows.get(name);
    if (!known) {
      if (by !== from || this.#rows.size >= ROWS) return false;
      this.#rows.set(name, { id: name, ipsk: unb64(ipsk, 32), label: label.slice(0, 2 * LABEL_LENGTH), uses, used: [...used], box: "", by: from, revoked: revoked === true });
      return true;
    }
    const before = JSON.stringify([known.used, known.revoked]);
    known.used = [...new Set([...known.used, ...used])].slice(0, MOST_USES);
    known.revoked ||= revoked === true;
    return JSON.stringify([known.used, known.revoked]) !== before;
  }
}
