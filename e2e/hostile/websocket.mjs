/**
 * WebSocket framing (RFC 6455) on a stream whose handshake is done, for either side. Text messages only; no extensions.
 *
 * Not here: the handshake (server.mjs, upstream.mjs) and what messages mean.
 */

import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";

/** Longest message taken, in bytes; a frame of the protocol has at most 65 536. */
const MAX_BYTES = 1_048_576;
const CONTINUATION = 0;
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/**
 * What the server's side of the handshake answers (RFC 6455 section 4.2.2).
 * @param {string} key Sec-WebSocket-Key
 */
export function acceptKey(key) {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

export class Wire {
  /** @type {(text: string) => void} */
  onText = () => {};
  /** @type {(code: number) => void} once; 1006 when the stream ended without a word */
  onClose = () => {};
  #rest = Buffer.alloc(0);
  /** @type {Buffer[]} */
  #parts = [];
  #said = false;
  #ended = false;

  /**
   * @param {import("node:stream").Duplex} stream
   * @param {boolean} isClient clients mask what they send
   * @param {Buffer} [head] bytes that came with the handshake
   */
  constructor(stream, isClient, head = Buffer.alloc(0)) {
    this.stream = stream;
    this.isClient = isClient;
    stream.on("data", (/** @type {Buffer} */ bytes) => this.#read(bytes));
    stream.on("error", () => this.#end(1006));
    stream.on("close", () => this.#end(1006));
    stream.on("end", () => this.#end(1006));
    if (head.length > 0) queueMicrotask(() => this.#read(head));
  }

  get open() {
    return !this.#ended && !this.#said;
  }

  /** @param {string} text */
  send(text) {
    if (this.open) this.#write(TEXT, Buffer.from(text));
  }

  /** Ends it with this code; with 1005 or 1006 without a word, as a cut cable does. @param {number} code */
  close(code) {
    if (!this.open) return;
    if (code === 1005 || code === 1006) {
      this.stream.destroy();
      return;
    }
    this.#said = true;
    const body = Buffer.alloc(2);
    body.writeUInt16BE(code);
    this.#write(CLOSE, body);
    setTimeout(() => this.stream.destroy(), 1000).unref();
  }

  /** @param {number} opcode @param {Buffer} data */
  #write(opcode, data) {
    const mask = this.isClient ? 0x80 : 0;
    let head;
    if (data.length < 126) head = Buffer.from([0x80 | opcode, mask | data.length]);
    else if (data.length < 65_536) {
      head = Buffer.from([0x80 | opcode, mask | 126, 0, 0]);
      head.writeUInt16BE(data.length, 2);
    } else {
      head = Buffer.alloc(10);
      head.set([0x80 | opcode, mask | 127]);
      head.writeBigUInt64BE(BigInt(data.length), 2);
    }
    if (!this.isClient) {
      this.stream.write(Buffer.concat([head, data]));
      return;
    }
    const key = randomBytes(4);
    this.stream.write(Buffer.concat([head, key, xor(data, key)]));
  }

  /** @param {Buffer} bytes */
  #read(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (let frame = this.#next(); frame && !this.#ended; frame = this.#next()) this.#take(frame);
  }

  /** @returns {{fin: boolean, opcode: number, data: Buffer} | null} */
  #next() {
    const all = this.#rest;
    if (all.length < 2) return null;
    const [first = 0, second = 0] = all;
    let length = second & 0x7f;
    let at = 2;
    if (length === 126) {
      if (all.length < 4) return null;
      length = all.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (all.length < 10) return null;
      length = Number(all.readBigUInt64BE(2));
      at = 10;
    }
    const masked = (second & 0x80) !== 0;
    const end = at + (masked ? 4 : 0) + length;
    if (length > MAX_BYTES) {
      this.stream.destroy();
      return null;
    }
    if (all.length < end) return null;
    const body = all.subarray(masked ? at + 4 : at, end);
    const data = masked ? xor(body, all.subarray(at, at + 4)) : Buffer.from(body);
    this.#rest = all.subarray(end);
    return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, data };
  }

  /** @param {{fin: boolean, opcode: number, data: Buffer}} frame */
  #take({ fin, opcode, data }) {
    if (opcode === PING) this.#write(PONG, data);
    else if (opcode === CLOSE) {
      const code = data.length >= 2 ? data.readUInt16BE(0) : 1005;
      if (this.open) this.#write(CLOSE, data.subarray(0, 2));
      this.stream.end();
      this.#end(code);
    } else if (opcode === TEXT || opcode === CONTINUATION) {
      this.#parts.push(data);
      if (fin) this.onText(Buffer.concat(this.#parts.splice(0)).toString("utf8"));
    }
  }

  /** @param {number} code */
  #end(code) {
    if (this.#ended) return;
    this.#ended = true;
    this.onClose(code);
  }
}

/** @param {Buffer} data @param {Uint8Array} key */
function xor(data, key) {
  return Buffer.from(data.map((byte, index) => byte ^ (key[index & 3] ?? 0)));
}
