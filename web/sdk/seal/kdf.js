// @ts-check
/**
 * Primitives of the one suite of Parlour Seal 1: SHA-256, HKDF, HMAC, AES-256-GCM, X25519, Ed25519.
 *
 * A thin, typed layer over WebCrypto that turns every refusal of the other side's bytes into a `SealError`.
 * Nothing here decides what is signed or derived; the sections that do are in the files named for them.
 * Keys that are kept (IndexedDB) are non-extractable; the private halves never leave this layer as bytes,
 * except the host seed, which the protocol wants to hand on (section 1.6).
 */
import { concat, lv, SealError, text, unb64 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./bytes.js").Item} Item */
/** Private half as a WebCrypto key, public half as its 32 bytes. @typedef {{privateKey: CryptoKey, publicKey: Bytes}} KeyPair */

const { subtle } = globalThis.crypto;

/** No bytes: the empty salt, context or key part of the protocol. */
export const EMPTY = new Uint8Array(0);

/** A copy in a buffer that WebCrypto's types accept. @param {Uint8Array | string} input @returns {Bytes} */
function own(input) {
  return typeof input === "string" ? text(input) : new Uint8Array(input);
}

/** `length` bytes from the system's generator. @param {number} length at most 65536 @returns {Bytes} */
export function random(length) {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}

/** H: SHA-256. @param {Uint8Array} bytes @returns {Promise<Bytes>} 32 bytes */
export async function hash(bytes) {
  return new Uint8Array(await subtle.digest("SHA-256", own(bytes)));
}

/** SHA-512. @param {Uint8Array} bytes @returns {Promise<Bytes>} 64 bytes */
export async function sha512(bytes) {
  return new Uint8Array(await subtle.digest("SHA-512", own(bytes)));
}

/**
 * KDF of section 0: HKDF-SHA-256 with info = lv("parlour/1 " ‖ label, ctx).
 * @param {Uint8Array} ikm @param {Uint8Array | string} salt @param {string} label
 * @param {Uint8Array | string} ctx one item @param {number} length in bytes, at most 8160
 * @returns {Promise<Bytes>}
 */
export async function kdf(ikm, salt, label, ctx, length) {
  const key = await subtle.importKey("raw", own(ikm), "HKDF", false, ["deriveBits"]);
  const info = lv(`parlour/1 ${label}`, ctx);
  return new Uint8Array(await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: own(salt), info }, key, length * 8));
}

/** HMAC-SHA-256. @param {Uint8Array} key @param {Uint8Array} data @returns {Promise<Bytes>} 32 bytes */
export async function hmac(key, data) {
  const imported = await subtle.importKey("raw", own(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, own(data)));
}

/** A key for `aesSeal` and `aesOpen`, non-extractable. @param {Uint8Array} raw 32 bytes @returns {Promise<CryptoKey>} */
export function aesKey(raw) {
  if (raw.length !== 32) throw new RangeError("AES-256 wants 32 bytes");
  return subtle.importKey("raw", own(raw), "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** The initialisation vector u32 0 ‖ u64 0, for keys that seal one text only. */
export const IV_ZERO = new Uint8Array(12);

/**
 * AES-256-GCM with a 16-byte tag at the end.
 * @param {CryptoKey | Uint8Array} key @param {Uint8Array} iv 12 bytes @param {Uint8Array} aad @param {Uint8Array} plain
 * @returns {Promise<Bytes>}
 */
export async function aesSeal(key, iv, aad, plain) {
  const imported = key instanceof Uint8Array ? await aesKey(key) : key;
  return new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv: own(iv), additionalData: own(aad) }, imported, own(plain)));
}

/**
 * @param {CryptoKey | Uint8Array} key @param {Uint8Array} iv 12 bytes @param {Uint8Array} aad @param {Uint8Array} sealed
 * @returns {Promise<Bytes>}
 * @throws {SealError} `not-opened` for a wrong key, tag, iv or aad, without telling which
 */
export async function aesOpen(key, iv, aad, sealed) {
  const imported = key instanceof Uint8Array ? await aesKey(key) : key;
  try {
    return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv: own(iv), additionalData: own(aad) }, imported, own(sealed)));
  } catch {
    throw new SealError("not-opened");
  }
}

/** What PKCS #8 (RFC 8410) puts before the 32 bytes of a private key; the two differ in the curve's last byte. */
const PKCS8_X25519 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);
const PKCS8_ED25519 = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/** A fresh X25519 pair, private half non-extractable. @returns {Promise<KeyPair>} */
export async function x25519Generate() {
  const pair = /** @type {CryptoKeyPair} */ (await subtle.generateKey("X25519", false, ["deriveBits"]));
  return { privateKey: pair.privateKey, publicKey: new Uint8Array(await subtle.exportKey("raw", pair.publicKey)) };
}

/** A private X25519 key from its 32 bytes, non-extractable. @param {Uint8Array} raw @returns {Promise<CryptoKey>} */
export function x25519Private(raw) {
  return subtle.importKey("pkcs8", concat(PKCS8_X25519, raw), "X25519", false, ["deriveBits"]);
}

/**
 * X25519(own, other), 32 bytes.
 * @param {CryptoKey} privateKey @param {Uint8Array} other 32 bytes
 * @returns {Promise<Bytes>}
 * @throws {SealError} `bad-key` for a low-order point, whichever step of whichever browser notices it
 */
export async function x25519(privateKey, other) {
  let shared;
  try {
    const publicKey = await subtle.importKey("raw", own(other), "X25519", false, []);
    shared = new Uint8Array(await subtle.deriveBits({ name: "X25519", public: publicKey }, privateKey, 256));
  } catch {
    throw new SealError("bad-key");
  }
  let any = 0;
  for (const byte of shared) any |= byte;
  if (any === 0) throw new SealError("bad-key");
  return shared;
}

/** A fresh Ed25519 pair, private half non-extractable. @returns {Promise<KeyPair>} */
export async function ed25519Generate() {
  const pair = /** @type {CryptoKeyPair} */ (await subtle.generateKey("Ed25519", false, ["sign", "verify"]));
  return { privateKey: pair.privateKey, publicKey: new Uint8Array(await subtle.exportKey("raw", pair.publicKey)) };
}

/**
 * The Ed25519 pair of a seed (RFC 8032), private half non-extractable.
 * @param {Uint8Array} seed 32 bytes @returns {Promise<KeyPair>}
 */
export async function ed25519FromSeed(seed) {
  if (seed.length !== 32) throw new RangeError("a seed has 32 bytes");
  const pkcs8 = concat(PKCS8_ED25519, seed);
  // WebCrypto has no "public half of": the JWK of an extractable twin tells it.
  const twin = await subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const { x } = await subtle.exportKey("jwk", twin);
  const privateKey = await subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  return { privateKey, publicKey: unb64(x, 32) };
}

/** Ed25519 signature. @param {CryptoKey} privateKey @param {Uint8Array} message @returns {Promise<Bytes>} 64 bytes */
export async function sign(privateKey, message) {
  return new Uint8Array(await subtle.sign("Ed25519", privateKey, own(message)));
}

/**
 * Whether `signature` is of `publicKey` over `message`; whatever the other side sent, it does not throw.
 * @param {Uint8Array} publicKey @param {Uint8Array} signature @param {Uint8Array} message @returns {Promise<boolean>}
 */
export async function verify(publicKey, signature, message) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    const key = await subtle.importKey("raw", own(publicKey), "Ed25519", false, ["verify"]);
    return await subtle.verify("Ed25519", key, own(signature), own(message));
  } catch {
    return false;
  }
}

/**
 * PBKDF2-HMAC-SHA-256.
 * @param {Uint8Array} secret @param {Uint8Array} salt @param {number} iterations @param {number} length in bytes
 * @returns {Promise<Bytes>}
 */
export async function pbkdf2(secret, salt, iterations, length) {
  const key = await subtle.importKey("raw", own(secret), "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: own(salt), iterations }, key, length * 8));
}
