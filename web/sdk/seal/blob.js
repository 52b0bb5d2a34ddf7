// @ts-check
/**
 * Blobs of rooms in standard mode (section 9): one text, sealed under a key that all members hold, for the server to keep.
 *
 * A blob opens only as what it was stored as: its id, its room and the rules for which its key was made are bound to it. The
 * first four bytes of an id say which rules those are. Who gets a key and which one is written with is keyring.js's
 * business; what stands in the text is that of content/.
 */
import { concat, equal, lv, readU32, SealError, u32 } from "./bytes.js";
import { aesOpen, aesSeal, IV_ZERO, kdf, random } from "./kdf.js";
import { SMALLEST, padded, unpadded } from "./padding.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** CK_j: `j` is the first four bytes of H(rules), big-endian; `key` has 32 bytes. @typedef {{j: number, key: Bytes}} ContentKey */

export const BLOB_ID_BYTES = 16;
export const CONTENT_KEY_BYTES = 32;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
/** What a blob has besides its padded text. */
export const BLOB_OVERHEAD = SALT_BYTES + TAG_BYTES;

/** The number by which a key is known. @param {Uint8Array} digest H(rules) @returns {number} u32 */
export function keyNumber(digest) {
  return readU32(digest);
}

/** A fresh id for a blob under CK_j. @param {number} j @param {Uint8Array} [chance] 12 bytes @returns {Bytes} */
export function newBlobId(j, chance = random(BLOB_ID_BYTES - 4)) {
  return concat(u32(j), chance);
}

/**
 * @param {ContentKey} contentKey @param {Uint8Array} room @param {Uint8Array} blobId from `newBlobId`
 * @param {Uint8Array} plain @param {Uint8Array} [salt] 16 bytes, never given but by tests
 * @returns {Promise<Bytes>} salt ‖ ciphertext
 */
export async function sealBlob({ j, key }, room, blobId, plain, salt = random(SALT_BYTES)) {
  if (!equal(blobId.subarray(0, 4), u32(j))) throw new RangeError("the id is another key's");
  return concat(salt, await aesSeal(await kdf(key, salt, "blob", blobId, 32), IV_ZERO, aad(room, j, blobId), padded(plain)));
}

/**
 * @param {ContentKey} contentKey @param {Uint8Array} room @param {Uint8Array} blobId @param {Uint8Array} blob
 * @returns {Promise<Uint8Array>} the text
 * @throws {SealError} `not-opened`, `bad-blob`: whatever was not sealed under this key, for this room and id
 */
export async function openBlob({ j, key }, room, blobId, blob) {
  if (blob.length < BLOB_OVERHEAD + SMALLEST || !equal(blobId.subarray(0, 4), u32(j))) throw new SealError("bad-blob");
  const [salt, sealed] = [blob.subarray(0, SALT_BYTES), blob.subarray(SALT_BYTES)];
  return unpadded(await aesOpen(await kdf(key, salt, "blob", blobId, 32), IV_ZERO, aad(room, j, blobId), sealed), Number.POSITIVE_INFINITY, "bad-blob");
}

/** How long a text may be so that its blob has at most `bytes`. @param {number} bytes @returns {number} negative: none fits */
export function blobRoom(bytes) {
  let total = SMALLEST;
  while (total * 2 + BLOB_OVERHEAD <= bytes) total *= 2;
  return total + BLOB_OVERHEAD <= bytes ? total - 4 : -1;
}

/** @param {Uint8Array} room @param {number} j @param {Uint8Array} blobId @returns {Bytes} */
function aad(room, j, blobId) {
  return lv("parlour/1 blob", room, u32(j), blobId);
}
