// @ts-check
/**
 * Invitations: what `inv` opens (section 7).
 *
 * `inv` stands in the link alone. The server keeps a box under inv_id; hosts share ipsk, from which `inv` cannot be
 * found. Who may use which how often is the hosts' table and not kept here.
 */
import { concat, fromText, lv, SealError, text, unlv } from "./bytes.js";
import { aesOpen, aesSeal, EMPTY, IV_ZERO, kdf, random } from "./kdf.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/** Longest label, in UTF-8 bytes. */
export const MAX_LABEL_BYTES = 256;

/** A new `inv`. @returns {Bytes} 16 bytes */
export function newInvitation() {
  return random(16);
}

/** What the server knows an invitation by. @param {Uint8Array} inv @returns {Promise<Bytes>} 12 bytes */
export function invitationId(inv) {
  return kdf(inv, EMPTY, "inv-id", EMPTY, 12);
}

/** ipsk: the psk of how 4. @param {Uint8Array} inv @param {Uint8Array} room @returns {Promise<Bytes>} 32 bytes */
export function invitationPsk(inv, room) {
  return kdf(inv, EMPTY, "inv-psk", room, 32);
}

/**
 * What the server hands out once: the room's R and the host's words for whom this is.
 * @param {Uint8Array} inv @param {Uint8Array} R 16 bytes @param {string} label @param {Uint8Array} [salt] for test vectors
 * @returns {Promise<Bytes>} salt[16] ‖ sealed lv(R, label)
 */
export async function sealInvitation(inv, R, label, salt = random(16)) {
  if (R.length !== 16 || text(label).length > MAX_LABEL_BYTES) throw new RangeError("R has 16 bytes, a label at most 256");
  return concat(salt, await aesSeal(await boxKey(inv, salt), IV_ZERO, await boxAad(inv), lv(R, label)));
}

/**
 * @param {Uint8Array} inv @param {Uint8Array} box from the server @returns {Promise<{R: Bytes, label: string}>}
 * @throws {SealError} `bad-invitation`
 */
export async function openInvitation(inv, box) {
  try {
    const plain = await aesOpen(await boxKey(inv, box.subarray(0, 16)), IV_ZERO, await boxAad(inv), box.subarray(16));
    const [R, label] = unlv(plain, 2);
    if (R?.length === 16 && label !== undefined && label.length <= MAX_LABEL_BYTES) return { R, label: fromText(label) };
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
  }
  throw new SealError("bad-invitation");
}

/** @param {Uint8Array} inv @param {Uint8Array} salt */
function boxKey(inv, salt) {
  return kdf(inv, salt, "inv-box", EMPTY, 32);
}

/** @param {Uint8Array} inv */
async function boxAad(inv) {
  return lv("parlour/1 inv", await invitationId(inv));
}
