// What a room in standard mode keeps at the server, as requests (docs/protocol.md, "Blobs"). The token of this seat travels in
// a header. What comes back is bytes that nobody has vouched for.

import { ParlourError } from "./errors.js";
import { base64, integer, list, object, text, maybe } from "./read.js";

/** @typedef {import("./protocol.js").BlobPlace} BlobPlace */

/** A request without an answer is given up after so long, ms. */
const WITHIN_MS = 30_000;
/** Entries of a list that are read. */
const LISTED = 4096;

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
    const answer = await this.#ask("GET", "");
    try {
      return readList(await answer.json()).blobs.map(({ id }) => id);
    } catch (cause) {
      throw new ParlourError("protocol", { cause });
    }
  }

  /** @param {string} id @returns {Promise<Uint8Array>} @throws {ParlourError} `no-such-blob`, … */
  async get(id) {
    const answer = await this.#ask("GET", id);
    const bytes = new Uint8Array(await answer.arrayBuffer().catch((cause) => {
      throw new ParlourError("no-server", { cause });
    }));
    if (bytes.length > this.place.bytes) throw new ParlourError("protocol");
    return bytes;
  }

  /** @param {string} id @param {Uint8Array<ArrayBuffer>} bytes @throws {ParlourError} `blobs-full`, `busy`, `blob-exists`, `bad-length`, … */
  async put(id, bytes) {
    await this.#ask("PUT", id, bytes);
  }

  /** @param {string} id @throws {ParlourError} `no-such-blob`, `not-allowed`, … */
  async remove(id) {
    await this.#ask("DELETE", id);
  }

  /** Nothing is asked any more, and nothing answered. */
  stop() {
    this.#stopped.abort();
  }

  /** @param {string} method @param {string} id @param {Uint8Array<ArrayBuffer>} [body] @returns {Promise<Response>} */
  async #ask(method, id, body) {
    const headers = { "parlour-blobs": this.place.token, ...(body && { "content-type": "application/octet-stream" }) };
    const within = new AbortController();
    const give = () => within.abort();
    const timer = setTimeout(give, WITHIN_MS);
    this.#stopped.signal.addEventListener("abort", give);
    try {
      const answer = await fetch(new URL(id, this.#url), { ...common, method, headers, signal: within.signal, ...(body && { body }) });
      if (answer.status === 200 || answer.status === 204) return answer;
      throw await refusal(answer);
    } catch (thrown) {
      throw thrown instanceof ParlourError ? thrown : new ParlourError("no-server", { cause: thrown });
    } finally {
      clearTimeout(timer);
      this.#stopped.signal.removeEventListener("abort", give);
    }
  }
}

/** @param {Response} answer @returns {Promise<ParlourError>} `no-blobs`: this seat has no such place (any more) */
async function refusal(answer) {
  try {
    const { code, retry_ms: retryMs } = readError(await answer.json());
    return new ParlourError(code, { ...(retryMs !== undefined && { retryMs }) });
  } catch {
    return new ParlourError("no-blobs");
  }
}
