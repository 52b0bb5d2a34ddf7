// What a room in standard mode keeps at the server, as requests (docs/protocol.md, "Blobs"). The token of this seat travels in
// a header. What comes back is bytes that nobody has vouched for.

import { ParlourError } from "./errors.js";
import { base64, integer, list, object, text, maybe } from "./read.js";

/** @typedef {import("./protocol.js").BlobPlace} BlobPlace */

/** A request without an answer is given up after so long, ms. */
const WITHIN_MS = 30_000;
/** Entries of a list that are read, and bytes of an answer of whatever kind: a server may send without an end. */
const LISTED = 4096;
const ANSWER_BYTES = 512 * 1024;
/** Bytes of a blob, whatever the server allows. */
const BLOB_BYTES = 4 * 1024 * 1024;

/** Never from or into the cache: it is to be gone with the room. @type {RequestInit} */
const common = Object.freeze({ cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
const readList = object({ blobs: list(object({ id: base64(16), bytes: integer(1, 2 ** 40) }), LISTED) });
const readError = object({ code: text(64), text: text(1024), retry_ms: maybe(integer(0, 86_400_000)) });

export class Blobs {
  #url;
  /** @readonly */ place;
  #stopped = new AbortController();

  /** @param {string} server its address @param {BlobPlace} place */
  constructor(server, place) {
    this.#url = new URL("blob/", server.endsWith("/") ? server : `${server}/`);
    this.place = place;
  }

  /** @returns {Promise<string[]>} ids, base64url @throws {ParlourError} */
  async list() {
    return (await this.entries()).map(({ id }) => id);
  }

  /** With the length of each. @returns {Promise<{id: string, bytes: number}[]>} @throws {ParlourError} */
  async entries() {
    const answer = await this.#ask("GET", "", ANSWER_BYTES);
    try {
      return readList(parsed(answer)).blobs;
    } catch (cause) {
      throw new ParlourError("protocol", { cause });
    }
  }

  /** @param {string} id @returns {Promise<Uint8Array>} @throws {ParlourError} `no-such-blob`, … */
  get(id) {
    return this.#ask("GET", id, Math.min(this.place.bytes, BLOB_BYTES));
  }

  /** @param {string} id @param {Uint8Array<ArrayBuffer>} bytes @throws {ParlourError} `blobs-full`, `busy`, `blob-exists`, `bad-length`, … */
  async put(id, bytes) {
    await this.#ask("PUT", id, 0, bytes);
  }

  /** @param {string} id @throws {ParlourError} `no-such-blob`, `not-allowed`, … */
  async remove(id) {
    await this.#ask("DELETE", id, 0);
  }

  /** Nothing is asked any more, and nothing answered. */
  stop() {
    this.#stopped.abort();
  }

  /**
   * @param {string} method @param {string} id @param {number} most bytes of the answer @param {Uint8Array<ArrayBuffer>} [body]
   * @returns {Promise<Uint8Array>}
   */
  async #ask(method, id, most, body) {
    const headers = { "parlour-blobs": this.place.token, ...(body && { "content-type": "application/octet-stream" }) };
    const within = new AbortController();
    const give = () => within.abort();
    const timer = setTimeout(give, WITHIN_MS);
    this.#stopped.signal.addEventListener("abort", give);
    try {
      const answer = await fetch(new URL(id, this.#url), { ...common, method, headers, signal: within.signal, ...(body && { body }) });
      if (answer.status === 200 || answer.status === 204) return await bodyOf(answer, most);
      throw await refusal(answer);
    } catch (thrown) {
      throw thrown instanceof ParlourError ? thrown : new ParlourError("no-server", { cause: thrown });
    } finally {
      clearTimeout(timer);
      this.#stopped.signal.removeEventListener("abort", give);
    }
  }
}

/**
 * All of it; the timer of the request runs on while it comes.
 * @param {Response} answer @param {number} most @returns {Promise<Uint8Array>}
 * @throws {ParlourError} `protocol`: it is longer
 */
async function bodyOf(answer, most) {
  const reader = answer.body?.getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  let length = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    length += part.value.length;
    if (length > most) {
      void reader?.cancel().catch(() => {});
      throw new ParlourError("protocol");
    }
    parts.push(part.value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array} bytes @returns {unknown} */
function parsed(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** @param {Response} answer @returns {Promise<ParlourError>} `no-blobs`: this seat has no such place (any more) */
async function refusal(answer) {
  try {
    const { code, retry_ms: retryMs } = readError(parsed(await bodyOf(answer, ANSWER_BYTES)));
    return new ParlourError(code, { ...(retryMs !== undefined && { retryMs }) });
  } catch {
    return new ParlourError("no-blobs");
  }
}
