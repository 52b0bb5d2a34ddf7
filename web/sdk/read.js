// Readers: small functions that take what a stranger sent and return it typed, or throw `Unreadable`.
//
// They build new objects from what they know and leave the rest behind, so that no unknown field, prototype or
// oversized list gets any further. What the values mean is not their business; see protocol.js and tell.js.

import { unb64 } from "./seal/bytes.js";

/**
 * @template T
 * @typedef {(value: unknown) => T} Reader
 */

/** Thrown by readers. It has no detail: what could not be read is not repeated anywhere. */
export class Unreadable extends Error {
  constructor() {
    super("unreadable");
    this.name = "Unreadable";
  }
}

/**
 * A string of at most `most` UTF-16 units.
 * @param {number} most @returns {Reader<string>}
 */
export const text = (most) => (value) => typeof value === "string" && value.length <= most ? value : refuse();

/**
 * One of the words.
 * @template {string} W
 * @param {...W} words @returns {Reader<W>}
 */
export const word = (...words) => (value) => words.find((known) => known === value) ?? refuse();

/**
 * An integer from `least` to `most`.
 * @param {number} least @param {number} most @returns {Reader<number>}
 */
export const integer = (least, most) => (value) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most ? value : refuse();

/** @type {Reader<boolean>} */
export const flag = (value) => typeof value === "boolean" ? value : refuse();

/**
 * Unpadded base64url in its one spelling; the string itself is returned.
 * @param {number} [bytes] exact length of what it stands for, else anything up to `most`
 * @param {number} [most] characters
 * @returns {Reader<string>}
 */
export const base64 = (bytes, most = 32768) => (value) => {
  if (typeof value !== "string" || value.length > most) return refuse();
  try {
    unb64(value, bytes);
  } catch {
    return refuse();
  }
  return value;
};

/**
 * A list of at most `most` items, each read by `reader`.
 * @template T
 * @param {Reader<T>} reader @param {number} most @returns {Reader<T[]>}
 */
export const list = (reader, most) => (value) =>
  Array.isArray(value) && value.length <= most ? value.map(reader) : refuse();

/**
 * The value, or `undefined` where it is left out.
 * @template T
 * @param {Reader<T>} reader @returns {Reader<T | undefined>}
 */
export const maybe = (reader) => (value) => value === undefined ? undefined : reader(value);

/**
 * An object with these fields; others are left behind, and so are fields that are `undefined`.
 * @template {Record<string, Reader<any>>} S
 * @param {S} shape
 * @returns {Reader<{[K in keyof S]: ReturnType<S[K]>}>}
 */
export const object = (shape) => (value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse();
  /** @type {Record<string, unknown>} */
  const read = {};
  for (const [name, reader] of Object.entries(shape)) {
    const field = reader(Object.hasOwn(value, name) ? /** @type {Record<string, unknown>} */ (value)[name] : undefined);
    if (field !== undefined) read[name] = field;
  }
  return /** @type {any} */ (read);
};

/** @returns {never} */
function refuse() {
  throw new Unreadable();
}
