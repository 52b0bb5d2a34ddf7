// How a file lies in the store of a room in standard mode: under a key of its own, in pieces of one length. Pure.

import { base64, integer, object } from "../read.js";
import { FILE_BYTES, FILE_PIECES, KEPT_PIECE_BYTES } from "./limits.js";

/** As it is told: `key` in base64url, `piece`: bytes of each but the last. */
export const storedReader = object({ key: base64(32), piece: integer(1, KEPT_PIECE_BYTES) });

/** @typedef {ReturnType<typeof storedReader>} Stored */

/** @param {number} size @param {number} piece @returns {number} how many pieces that is */
export function piecesOf(size, piece) {
  return Math.ceil(size / piece);
}

/** Whether a page goes about asking for so many pieces. @param {number} size @param {Stored | undefined} stored @returns {Stored | null} */
export function sensible(size, stored) {
  return stored && piecesOf(size, stored.piece) <= FILE_PIECES ? { key: stored.key, piece: stored.piece } : null;
}

/**
 * The largest file that a room keeps: half of what it may keep, so that no file takes all.
 * @param {{room_bytes: number, blobs: number}} place @param {number} piece bytes of a piece
 * @returns {number} 0: none
 */
export function mostKept({ room_bytes: bytes, blobs }, piece) {
  if (piece < 1) return 0;
  return Math.max(0, Math.min(FILE_BYTES, Math.floor(bytes / 2), Math.min(FILE_PIECES, Math.floor(blobs / 2)) * piece));
}
