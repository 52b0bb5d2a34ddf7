// @ts-check
/**
 * One instance of a pair: its transcript, its keys, its counters (section 4).
 *
 * An instance is born of one open and one accept and has fresh pn on both sides, so its keys seal nothing but its own
 * counters 1, 2, 3 …, each once. It does not know who may be in the room; see `rights.js` and `pairs.js`.
 */
import { equal, lv, u8 } from "./bytes.js";
import { aesKey, hash, hmac, kdf, x25519 } from "./kdf.js";
import { frameKey, openFrame, sealFrame } from "./frames.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./frames.js").Frame} Frame */
/** Initiator or responder. @typedef {"I" | "R"} Role */
/** 0 door, 1 password, 2 member, 3 knock, 4 invite. @typedef {0 | 1 | 2 | 3 | 4} How */

/**
 * What both sides of an instance have in common. Cores and pids are those of initiator and responder.
 * @typedef {{room: Uint8Array, how: How, arg: Uint8Array, coreI: Uint8Array, pnI: Uint8Array,
 *   coreR: Uint8Array, pnR: Uint8Array, rightR: Uint8Array, y: Uint8Array}} Transcript
 */

/**
 * What goes into the keys. `kLink` is empty in named rooms, `psk` unless how 1 or 4.
 * @typedef {{epkPrivate: CryptoKey, epkOther: Uint8Array, kLink: Uint8Array, psk: Uint8Array}} Secrets
 */

/** T. @param {Transcript} t @returns {Promise<Bytes>} 32 bytes */
export function transcriptHash(t) {
  return hash(lv("parlour/1 pair", t.room, u8(t.how), t.arg, t.coreI, t.pnI, t.coreR, t.pnR, t.rightR, t.y));
}

/**
 * seal_I, seal_R, conf_I, conf_R, 32 bytes each.
 * @param {Uint8Array} T @param {Secrets} secrets
 * @returns {Promise<{sealI: Bytes, sealR: Bytes, confI: Bytes, confR: Bytes}>}
 * @throws {import("./bytes.js").SealError} `bad-key` for a low-order or zero result
 */
export async function pairKeys(T, { epkPrivate, epkOther, kLink, psk }) {
  const ikm = lv(await x25519(epkPrivate, epkOther), kLink, psk);
  const [sealI, sealR, confI, confR] = await Promise.all([
    kdf(ikm, T, "seal", "I", 32),
    kdf(ikm, T, "seal", "R", 32),
    kdf(ikm, T, "confirm", "I", 32),
    kdf(ikm, T, "confirm", "R", 32),
  ]);
  ikm.fill(0);
  return { sealI, sealR, confI, confR };
}

/** `lost`: a number is missing, this instance is over. @typedef {{t: "text", text: string} | {t: "dropped"} | {t: "lost"}} Opened */

export class Instance {
  /** @type {CryptoKey | null} */
  #sealOut;
  /** @type {CryptoKey | null} */
  #sealIn;
  /** @type {Bytes} */
  #confOut;
  /** @type {Bytes} */
  #confIn;
  /** @type {import("./frames.js").Way} */
  #out;
  /** @type {import("./frames.js").Way} */
  #in;
  #sent = 0;
  #received = 0;
  /** Two queues, as WebCrypto finishes out of order. */
  #sending = Promise.resolve();
  #receiving = Promise.resolve();
  /** Frames that did not open or came again. */
  dropped = 0;

  /**
   * Use {@link Instance.derive}.
   * @param {{role: Role, how: How, T: Bytes, sealOut: CryptoKey, sealIn: CryptoKey, confOut: Bytes, confIn: Bytes,
   *   pidOwn: Uint8Array, pidOther: Uint8Array}} parts
   */
  constructor({ role, how, T, sealOut, sealIn, confOut, confIn, pidOwn, pidOther }) {
    this.role = role;
    this.how = how;
    this.T = T;
    /** Of its frames. */
    this.k = frameKey(T);
    this.#sealOut = sealOut;
    this.#sealIn = sealIn;
    this.#confOut = confOut;
    this.#confIn = confIn;
    this.#out = { T, from: pidOwn, to: pidOther };
    this.#in = { T, from: pidOther, to: pidOwn };
  }

  /**
   * @param {Role} role @param {Transcript} transcript @param {Secrets} secrets
   * @param {Uint8Array} pidOwn 8 bytes @param {Uint8Array} pidOther 8 bytes
   * @returns {Promise<Instance>}
   * @throws {import("./bytes.js").SealError} `bad-key`
   */
  static async derive(role, transcript, secrets, pidOwn, pidOther) {
    const T = await transcriptHash(transcript);
    const keys = await pairKeys(T, secrets);
    const [sealI, sealR] = [await aesKey(keys.sealI), await aesKey(keys.sealR)];
    keys.sealI.fill(0);
    keys.sealR.fill(0);
    const initiator = role === "I";
    return new Instance({
      role,
      how: transcript.how,
      T,
      sealOut: initiator ? sealI : sealR,
      sealIn: initiator ? sealR : sealI,
      confOut: initiator ? keys.confI : keys.confR,
      confIn: initiator ? keys.confR : keys.confI,
      pidOwn,
      pidOther,
    });
  }

  /**
   * The next frame of this side. The number is taken at the call; frames come out in the order of the calls.
   * @param {string} plain at most `FRAME_TEXT_BYTES` @returns {Promise<Frame | null>} null after `wipe`
   */
  seal(plain) {
    const n = ++this.#sent;
    const sealed = this.#sending.then(() => (this.#sealOut ? sealFrame(this.#sealOut, this.#out, n, plain) : null));
    this.#sending = sealed.then(nothing, nothing);
    return sealed;
  }

  /**
   * Judges a frame with this instance's `k`, in the order of the calls. Never throws.
   * @param {Frame} frame @returns {Promise<Opened>}
   */
  open(frame) {
    const opened = this.#receiving.then(() => this.#open(frame));
    this.#receiving = opened.then(nothing, nothing);
    return opened;
  }

  /** @param {Frame} frame @returns {Promise<Opened>} */
  async #open(frame) {
    let plain;
    try {
      // Opened before its number is looked at: what is not from the other side says nothing about gaps.
      plain = this.#sealIn && (await openFrame(this.#sealIn, this.#in, frame));
    } catch {
      plain = null;
    }
    if (plain === null || frame.n <= this.#received) {
      this.dropped++;
      return { t: "dropped" };
    }
    if (frame.n !== this.#received + 1) return { t: "lost" };
    this.#received = frame.n;
    return { t: "text", text: plain };
  }

  /** This side's `conf` for its first frame. @returns {Promise<Bytes>} */
  confirm() {
    return hmac(this.#confOut, lv("parlour/1 conf", this.T));
  }

  /** Whether the other side's `conf` is right; constant time. @param {Uint8Array} conf @returns {Promise<boolean>} */
  async confirms(conf) {
    return equal(conf, await hmac(this.#confIn, lv("parlour/1 conf", this.T)));
  }

  /** The confirmation keys, for `proof.js`. @returns {{T: Bytes, confOwn: Bytes, confOther: Bytes}} */
  get confirmation() {
    return { T: this.T, confOwn: this.#confOut, confOther: this.#confIn };
  }

  /** Seals and opens nothing any more. The confirmation keys stay: the proof may name the instance before (section 6). */
  wipe() {
    this.#sealOut = null;
    this.#sealIn = null;
  }

  /** Wipes everything; for an instance that no proof may name. */
  destroy() {
    this.wipe();
    this.#confOut.fill(0);
    this.#confIn.fill(0);
  }
}

function nothing() {}
