// Files in the store of a room in standard mode: pieces up, pieces down, pieces taken back (docs/seal-notes-content.md). One piece
// of each is in memory at a time. What the server says no to for now is asked again; it may drop, swap and cut: what comes is
// each piece in its place, or nothing.

import { mostKept, piecesOf } from "./content/stored.js";
import { KEPT_PIECE_BYTES } from "./content/limits.js";
import { ParlourError } from "./errors.js";
import { blobRoom } from "./seal/blob.js";
import { SealError, b64, unb64 } from "./seal/bytes.js";
import { newFileKey, openPiece, pieceId, sealPiece } from "./seal/piece.js";

/** @typedef {import("./blobs.js").Blobs} Blobs */
/** A file as it lies there. @typedef {import("./content/stored.js").Stored & {size: number}} Lying */

/**
 * Files whose pieces may lie there though no record names them. `save` writes the list down on this device, so that a page that crashes
 * takes them back when it is loaded again. @typedef {{list: Lying[], save(): Promise<void>}} Begun
 */

/** Refusals that pass, and how long to wait where the server does not say, ms. */
const passing = new Set(["no-server", "no-blobs", "rate", "too-slow"]);
const AGAIN_MS = 2_000;
const LONGEST_MS = 60_000;
/** Files take no more than this part of what the room may keep: what is said is kept as well. */
const SHARE = 3 / 4;
/** What a blob costs besides its bytes (docs/protocol.md, "Blobs"). */
const BLOB_COST = 256;
/** Pieces that are taken back at a time. */
const REMOVED_AT_ONCE = 8;

export class Storing {
  #room;
  #blobs;
  #begun;
  #stopped = false;
  #closing = false;
  /** One file goes up at a time. @type {Promise<unknown>} */ #up;

  /**
   * @param {Uint8Array} room @param {() => Blobs | null} blobs the way there, while there is one
   * @param {Begun} begun by the page before this one, which did not finish
   */
  constructor(room, blobs, begun) {
    this.#room = room;
    this.#blobs = blobs;
    this.#begun = begun;
    this.#up = this.#clear([...begun.list]);
  }

  /** The largest file that the room keeps, bytes; 0: none. */
  get most() {
    const place = this.#blobs()?.place;
    return place ? mostKept(place, pieceBytes(place)) : 0;
  }

  /** How a new file is to lie there. @returns {import("./content/stored.js").Stored | null} null: not now */
  plan() {
    const place = this.#blobs()?.place;
    return place && this.most > 0 ? { key: b64(newFileKey()), piece: pieceBytes(place) } : null;
  }

  /**
   * Leaves what is not there yet; after whatever goes up already.
   * @param {Lying} lying @param {Blob} file @param {{isWanted(): boolean, onProgress(bytes: number): void}} user
   * @param {boolean} isNamed a record names it already: it is no leftover
   * @returns {Promise<"kept" | "full" | "failed" | "stopped">} all but `kept`: nothing of it stays
   */
  put(lying, file, user, isNamed) {
    const isWanted = () => user.isWanted() && !this.#closing;
    const next = this.#up.then(async () => {
      if (!isNamed) {
        this.#begun.list.push(lying);
        await this.#begun.save();
      }
      const came = await this.#put(lying, file, { ...user, isWanted });
      if (came !== "kept") await this.remove(lying);
      // Before any record names it: what is named is never taken for a leftover.
      await this.#finished(lying);
      return came;
    });
    this.#up = next.catch(() => {});
    return next;
  }

  /**
   * @param {Lying} lying @param {number} from bytes that are here already
   * @param {{isWanted(): boolean, take(bytes: Uint8Array): boolean}} user `take`: false if it is more than was announced
   * @returns {Promise<"done" | "incomplete" | "damaged" | "stopped">}
   */
  async fetch({ key, piece, size }, from, { isWanted, take }) {
    const fileKey = unb64(key, 32);
    for (let index = Math.floor(from / piece), skip = from % piece; index < piecesOf(size, piece); index++, skip = 0) {
      try {
        const id = b64(await pieceId(fileKey, index));
        const blob = await this.#steady((blobs) => blobs.get(id), isWanted);
        if (!blob) return "stopped";
        const bytes = await openPiece(fileKey, this.#room, index, blob);
        if (!isWanted()) return "stopped";
        if (bytes.length !== Math.min(piece, size - index * piece) || !take(bytes.subarray(skip))) return "damaged";
      } catch (thrown) {
        if (thrown instanceof SealError) return "damaged";
        if (!(thrown instanceof ParlourError)) throw thrown;
        // More bytes than a blob can have are as little of this file as bytes that do not open.
        return thrown.code === "protocol" ? "damaged" : "incomplete";
      }
    }
    return "done";
  }

  /** Takes all of it back, as far as it is there. @param {Lying} lying */
  async remove({ key, piece, size }) {
    const fileKey = unb64(key, 32);
    const indices = Array.from({ length: piecesOf(size, piece) }, (_, index) => index);
    while (indices.length > 0) {
      await Promise.all(indices.splice(0, REMOVED_AT_ONCE).map(async (index) => {
        const id = b64(await pieceId(fileKey, index));
        await this.#steady((blobs) => blobs.remove(id), () => true).catch((thrown) => {
          // Gone already, or not ours: nothing is left to be done.
          if (!(thrown instanceof ParlourError)) throw thrown;
        });
      }));
    }
  }

  /** @param {readonly Lying[]} left */
  async #clear(left) {
    for (const lying of left) {
      await this.remove(lying);
      await this.#finished(lying);
    }
  }

  /** All of it lies there, or nothing. @param {Lying} lying */
  async #finished(lying) {
    const { list, save } = this.#begun;
    const at = list.indexOf(lying);
    if (at < 0 || this.#stopped) return;
    list.splice(at, 1);
    await save();
  }

  /** Before this page leaves: what is not whole is taken back. */
  async finish() {
    this.#closing = true;
    await this.#up;
  }

  stop() {
    this.#stopped = true;
  }

  /** @param {Lying} lying @param {Blob} file @param {{isWanted(): boolean, onProgress(bytes: number): void}} user @returns {Promise<"kept" | "full" | "failed" | "stopped">} */
  async #put({ key, piece, size }, file, { isWanted, onProgress }) {
    const fileKey = unb64(key, 32);
    try {
      const there = await this.#steady((blobs) => blobs.entries(), isWanted);
      const blobsThen = this.#blobs();
      if (!there || !blobsThen) return "stopped";
      const { place } = blobsThen;
      const known = new Set(there.map(({ id }) => id));
      let used = there.reduce((sum, { bytes }) => sum + bytes + BLOB_COST, 0);
      for (let index = 0; index < piecesOf(size, piece); index++) {
        const id = b64(await pieceId(fileKey, index));
        if (known.has(id)) continue;
        const blob = await sealPiece(fileKey, this.#room, index, new Uint8Array(await file.slice(index * piece, (index + 1) * piece).arrayBuffer()));
        used += blob.length + BLOB_COST;
        if (used > place.room_bytes * SHARE || known.add(id).size > place.blobs * SHARE) return "full";
        if (!await this.#steady((blobs) => blobs.put(id, blob).then(() => true, isThere), isWanted)) return "stopped";
        onProgress(Math.min(size, (index + 1) * piece));
      }
      // With another seat may have come another server, that has nothing of it.
      if (blobsThen !== this.#blobs()) return this.#put({ key, piece, size }, file, { isWanted, onProgress });
      return isWanted() ? "kept" : "stopped";
    } catch (thrown) {
      if (thrown instanceof ParlourError) return thrown.code === "blobs-full" || thrown.code === "busy" ? "full" : "failed";
      // The file was changed or taken away on the disk.
      if (thrown instanceof DOMException) return "failed";
      throw thrown;
    }
  }

  /**
   * Asks until there is an answer that stays.
   * @template T
   * @param {(blobs: Blobs) => Promise<T>} ask @param {() => boolean} isWanted
   * @returns {Promise<T | null>} null: not wanted any more
   */
  async #steady(ask, isWanted) {
    while (isWanted() && !this.#stopped) {
      const blobs = this.#blobs();
      let wait = AGAIN_MS;
      try {
        if (blobs) return await ask(blobs);
      } catch (thrown) {
        if (!(thrown instanceof ParlourError) || !passing.has(thrown.code)) throw thrown;
        wait = Math.min(LONGEST_MS, thrown.retryMs ?? AGAIN_MS);
      }
      for (const end = Date.now() + wait; Date.now() < end && isWanted() && !this.#stopped;) await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 500)));
    }
    return null;
  }
}

/** Bytes of a piece, so that its blob is one of the longest of its kind that the server takes. @param {{bytes: number}} place */
function pieceBytes({ bytes }) {
  return Math.min(blobRoom(bytes), KEPT_PIECE_BYTES);
}

/** An answer got lost, and it came again. @param {unknown} thrown @returns {true} */
function isThere(thrown) {
  if (thrown instanceof ParlourError && thrown.code === "blob-exists") return true;
  throw thrown;
}
