// The bytes of one file on one data channel: a pump that sends while the browser's buffer is low, and a heap that takes in.
//
// A piece is u32 run ‖ bytes. The receiver numbers the runs: it asks for "run 3, channel 2, from byte 65536 on", and what
// still comes of an earlier run is not of this one. So channels are used again without closing and nothing is mixed up.

import { equal } from "../seal/bytes.js";
import { hash } from "../seal/kdf.js";
import { BUFFERED_HIGH, BUFFERED_LOOK_MS, BUFFERED_LOW, CHUNK_BYTES, PART_BYTES } from "./limits.js";

/** @typedef {import("../seal/bytes.js").Bytes} Bytes */

const HEAD = 4;

/** Sends from a place in a file on, until its end or `stop`. */
export class Pump {
  #file;
  #channel;
  #run;
  #onEnd;
  #stopped = false;

  /** @param {Blob} file @param {RTCDataChannel} channel @param {number} run @param {number} from @param {() => void} onEnd if the file cannot be read */
  constructor(file, channel, run, from, onEnd) {
    this.#file = file;
    this.#channel = channel;
    this.#run = run;
    this.#onEnd = onEnd;
    /** Bytes handed to the browser. */
    this.sent = from;
    void this.#pump();
  }

  stop() {
    this.#stopped = true;
  }

  async #pump() {
    try {
      while (!this.#stopped && this.sent < this.#file.size) {
        if (!(await this.#room())) return;
        const piece = new Uint8Array(await this.#file.slice(this.sent, this.sent + CHUNK_BYTES).arrayBuffer());
        // The channel may have gone meanwhile: the receiver asks again over the next one.
        if (this.#stopped || this.#channel.readyState !== "open") return;
        const message = new Uint8Array(HEAD + piece.length);
        new DataView(message.buffer).setUint32(0, this.#run);
        message.set(piece, HEAD);
        this.#channel.send(message);
        this.sent += piece.length;
      }
    } catch {
      // The file was changed or taken away on the disk, or the browser refused a piece.
      if (!this.#stopped && this.#channel.readyState === "open") this.#onEnd();
    }
  }

  /** Waits until there is room in the browser's buffer. @returns {Promise<boolean>} false: the channel is gone */
  async #room() {
    const channel = this.#channel;
    while (!this.#stopped && (channel.readyState === "connecting" || (channel.readyState === "open" && channel.bufferedAmount > BUFFERED_HIGH))) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, BUFFERED_LOOK_MS);
        channel.bufferedAmountLowThreshold = BUFFERED_LOW;
        channel.onbufferedamountlow = channel.onopen = () => {
          clearTimeout(timer);
          resolve(undefined);
        };
      });
    }
    return !this.#stopped && channel.readyState === "open";
  }
}

/** @param {ArrayBuffer} data @returns {{run: number, piece: Bytes} | null} */
export function readPiece(data) {
  if (data.byteLength <= HEAD || data.byteLength > HEAD + CHUNK_BYTES) return null;
  return { run: new DataView(data).getUint32(0), piece: new Uint8Array(data, HEAD) };
}

/** Takes a file in, piece by piece. */
export class Heap {
  #size;
  #hash;
  /** @type {Blob[]} */ #parts = [];
  /** @type {Bytes[]} */ #fresh = [];
  #freshBytes = 0;
  received = 0;

  /** @param {number} size @param {Bytes} hash SHA-256 of the whole */
  constructor(size, hash) {
    this.#size = size;
    this.#hash = hash;
  }

  get full() { return this.received === this.#size; }

  /** @param {Bytes} piece @returns {boolean} false: more than was announced */
  add(piece) {
    if (piece.length > this.#size - this.received) return false;
    this.#fresh.push(piece);
    this.#freshBytes += piece.length;
    this.received += piece.length;
    if (this.#freshBytes >= PART_BYTES) this.#pack();
    return true;
  }

  /** @returns {Promise<Blob | null>} null: it is not what was announced. Of no type: no browser shows it as anything */
  async finish() {
    this.#pack();
    const whole = new Blob(this.#parts, { type: "application/octet-stream" });
    this.#parts = [];
    return equal(await hashOf(whole), this.#hash) ? whole : null;
  }

  #pack() {
    this.#parts.push(new Blob(this.#fresh));
    this.#fresh = [];
    this.#freshBytes = 0;
  }
}

/** @param {Blob} file @returns {Promise<Bytes>} SHA-256 @throws if it cannot be read */
export async function hashOf(file) {
  return hash(new Uint8Array(await file.arrayBuffer()));
}
