// @ts-check
/**
 * Files of rooms in standard mode (section 9, docs/seal-notes-content.md): pieces, each a blob under a key that is this file's alone.
 *
 * A piece opens only as what it was stored as: its place in its file is in its id, which is bound to it. Which pieces there
 * are, and whether all of them together are the file, is said by whoever names the file: its length and hash.
 */
import { concat, readU32, u32 } from "./bytes.js";
import { openBlob, sealBlob } from "./blob.js";
import { EMPTY, kdf, random } from "./kdf.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

export const FILE_KEY_BYTES = 32;

/** FK: a new one for each file. @returns {Bytes} */
export function newFileKey() {
  return random(FILE_KEY_BYTES);
}

/** What the ids of a file's pieces begin with, where those of other blobs have the number of a content key. @param {Uint8Array} fileKey @returns {Promise<number>} u32 */
export async function fileNumber(fileKey) {
  return readU32(await kdf(fileKey, EMPTY, "file", EMPTY, 4));
}

/** @param {Uint8Array} fileKey @param {number} index from 0 @returns {Promise<Bytes>} 16 bytes */
export async function pieceId(fileKey, index) {
  return concat(u32(await fileNumber(fileKey)), await kdf(fileKey, EMPTY, "piece", u32(index), 12));
}

/**
 * @param {Uint8Array} fileKey @param {Uint8Array} room @param {number} index from 0 @param {Uint8Array} bytes
 * @param {Uint8Array} [salt] 16 bytes, never given but by tests
 * @returns {Promise<Bytes>} the blob
 */
export async function sealPiece(fileKey, room, index, bytes, salt) {
  return sealBlob({ j: await fileNumber(fileKey), key: new Uint8Array(fileKey) }, room, await pieceId(fileKey, index), bytes, salt);
}

/**
 * @param {Uint8Array} fileKey @param {Uint8Array} room @param {number} index @param {Uint8Array} blob
 * @returns {Promise<Uint8Array>} the bytes
 * @throws {import("./bytes.js").SealError} whatever is not this piece of this file
 */
export async function openPiece(fileKey, room, index, blob) {
  return openBlob({ j: await fileNumber(fileKey), key: new Uint8Array(fileKey) }, room, await pieceId(fileKey, index), blob);
}
