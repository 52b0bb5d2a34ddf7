// @ts-check
/**
 * Squeeze: descriptions travel deflate-raw, base64url (section 4). Bounded on the way out: a few bytes may claim gigabytes.
 */
import { b64, fromText, SealError, text, unb64 } from "./bytes.js";

/** Longest text that comes out of `expand`. */
export const EXPANDED_BYTES = 256 * 1024;

/** @param {string} plain @returns {Promise<string>} */
export async function squeeze(plain) {
  const stream = new Blob([text(plain)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return b64(new Uint8Array(await new Response(stream).arrayBuffer()));
}

/**
 * @param {unknown} squeezed @returns {Promise<string>}
 * @throws {SealError} `bad-message` for what `squeeze` cannot have made, or longer than `EXPANDED_BYTES`
 */
export async function expand(squeezed) {
  /** @type {Uint8Array[]} */
  const parts = [];
  let length = 0;
  try {
    const stream = new Blob([unb64(squeezed)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const reader = stream.getReader();
    for (let { done, value } = await reader.read(); !done && value; { done, value } = await reader.read()) {
      length += value.length;
      parts.push(value);
      if (length > EXPANDED_BYTES) {
        await reader.cancel();
        throw new SealError("bad-message");
      }
    }
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return fromText(whole);
  } catch {
    throw new SealError("bad-message");
  }
}
