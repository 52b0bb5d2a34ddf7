// @ts-check
/**
 * Core: who a page and a person are in one room (section 3), and the host's sign that it is one (section 4).
 *
 * A core holds the keys of one page life; `spk` is the person, `hid` the page, `pid` its seat at the server.
 * Storing `spk` and settling between tabs belong to the session.
 */
import { compare, concat, lv, readU32, SealError, u32, u8 } from "./bytes.js";
import { ed25519Generate, hash, random, sign, verify, x25519Generate } from "./kdf.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./kdf.js").KeyPair} KeyPair */
/**
 * Somebody's core, taken apart: `core` 117 bytes, `hid` 32, `pid` 8.
 * @typedef {{core: Bytes, coreSig: Bytes, epk: Bytes, spk: Bytes, fp: Bytes, rnd: Bytes, caps: number, hid: Bytes,
 *   pid: Bytes}} Core
 */
/** My own, with the private halves. @typedef {Core & {ephemeral: KeyPair, person: KeyPair}} OwnCore */

/** Length of a core. */
export const CORE_BYTES = 117;
/** `caps` of this edition: none has a meaning yet. */
export const CAPS = 0;

/**
 * A core for this page life.
 * @param {Uint8Array} room @param {Uint8Array} fp SHA-256 of the certificate, 32 bytes
 * @param {{person?: KeyPair, ephemeral?: KeyPair, rnd?: Uint8Array, caps?: number}} [given] `person` is the stored
 *   spk of a reload; the rest is for test vectors
 * @returns {Promise<OwnCore>}
 */
export async function makeCore(room, fp, given = {}) {
  if (fp.length !== 32) throw new RangeError("a SHA-256 fingerprint has 32 bytes");
  const person = given.person ?? (await ed25519Generate());
  const ephemeral = given.ephemeral ?? (await x25519Generate());
  const rnd = given.rnd ?? random(16);
  const core = concat(u8(1), ephemeral.publicKey, person.publicKey, fp, rnd, u32(given.caps ?? CAPS));
  const coreSig = await sign(person.privateKey, lv("parlour/1 core", room, core));
  return { ...(await takeApart(room, core, coreSig)), ephemeral, person };
}

/**
 * Somebody else's core, signature checked first.
 * @param {Uint8Array} room @param {Uint8Array} core @param {Uint8Array} coreSig
 * @param {{own?: Core, pid?: Uint8Array, removed?: (spk: Bytes) => boolean, isHost?: boolean}} [context]
 *   `pid`: the sender's seat; `own`: my core; `isHost`: it showed host-in, so that `removed` does not count
 * @returns {Promise<Core>}
 * @throws {SealError} `bad-core` (form or signature), `own-core` (reflected, whole or in part), `removed`, `bad-pid`
 */
export async function readCore(room, core, coreSig, context = {}) {
  if (core.length !== CORE_BYTES || core[0] !== 1) throw new SealError("bad-core", "form");
  const spk = core.subarray(33, 65);
  if (!(await verify(spk, coreSig, lv("parlour/1 core", room, core)))) throw new SealError("bad-core", "signature");
  const other = await takeApart(room, core, coreSig);
  if (context.own && sharesPart(context.own, other)) throw new SealError("own-core");
  if (context.pid && compare(other.pid, context.pid) !== 0) throw new SealError("bad-pid");
  if (!context.isHost && context.removed?.(other.spk)) throw new SealError("removed");
  return other;
}

/**
 * hid = H(lv("parlour/1 id", room, core)).
 * @param {Uint8Array} room @param {Uint8Array} core @returns {Promise<Bytes>} 32 bytes; the first 8 are the pid
 */
export function hidOf(room, core) {
  return hash(lv("parlour/1 id", room, core));
}

/**
 * `right_X` of a host: the host key's word that this page is one.
 * @param {CryptoKey} hostKey @param {Uint8Array} room @param {Uint8Array} hid @returns {Promise<Bytes>} 64 bytes
 */
export function signHostIn(hostKey, room, hid) {
  return sign(hostKey, lv("parlour/1 host-in", room, hid));
}

/**
 * What a join shows the server: that this page's person is behind this session with it. Everybody in the room has the
 * core and its signature; with those alone nobody takes the seat of somebody who is away.
 * @param {{core: Uint8Array, person: KeyPair}} own @param {Uint8Array} room @param {Uint8Array} session the server's, 16 bytes
 * @returns {Promise<Bytes>} 64 bytes
 */
export function signJoin({ core, person }, room, session) {
  return sign(person.privateKey, lv("parlour/1 join", room, session, core));
}

/**
 * @param {Uint8Array} hostPk @param {Uint8Array} right empty if no host is claimed
 * @param {Uint8Array} room @param {Uint8Array} hid @returns {Promise<boolean>}
 */
export function verifyHostIn(hostPk, right, room, hid) {
  return verify(hostPk, right, lv("parlour/1 host-in", room, hid));
}

/** @param {Uint8Array} room @param {Uint8Array} bytes @param {Uint8Array} sig @returns {Promise<Core>} */
async function takeApart(room, bytes, sig) {
  const core = new Uint8Array(bytes);
  const hid = await hidOf(room, core);
  return {
    core,
    coreSig: new Uint8Array(sig),
    epk: core.slice(1, 33),
    spk: core.slice(33, 65),
    fp: core.slice(65, 97),
    rnd: core.slice(97, 113),
    caps: readU32(core, 113),
    hid,
    pid: hid.slice(0, 8),
  };
}

/** @param {Core} a @param {Core} b @returns {boolean} */
function sharesPart(a, b) {
  return [
    compare(a.epk, b.epk),
    compare(a.spk, b.spk),
    compare(a.fp, b.fp),
    compare(a.rnd, b.rnd),
  ].includes(0);
}
