// Channel 1 with one page: numbered messages (seal/mail.js) over data channels alone. What waits when a connection ends is
// sent over the next one; nothing of it ever goes by way of the server, not even sealed (seal.md 9).
//
// Both sides open the channel by themselves once the other's proof is verified, and browsers drop what comes for a channel
// that is not there yet. So each says over channel 0 that its own is there, and begins when it has heard that of the other.

import { Bucket } from "../seal/bounds.js";
import { SealError } from "../seal/bytes.js";
import { Mail, readObject } from "../seal/mail.js";
import { CONTENT_CHANNEL, TEXTS_BURST, TEXT_EVERY_MS, TEXT_LENGTH } from "./limits.js";

/** @typedef {import("../seal/types.js").Message} Message */

/**
 * @typedef {{
 *   open(id: number): RTCDataChannel | null, announce(gen: number): void, awake(): number,
 *   onReady(first: boolean): void, onMessage(message: Message): void, onDelivered(): void,
 * }} LineUser `announce`: over channel 0. `onReady`: messages go from now on; `first`: for the first time with this page
 */

export class Line {
  #user;
  #mail = new Mail();
  /** @type {RTCDataChannel | null} */ #channel = null;
  /** Files' channels of this connection. @type {Map<number, RTCDataChannel>} */ #files = new Map();
  #gen = 0;
  /** For which generation the other side has its channel. */ #otherGen = 0;
  /** What was said first on this channel, and whether the other side has. */ #began = false;
  #heard = false;
  /** Whether `onReady` was called for this channel, and for none before. */ #isTold = false;
  #isNew = true;
  #bucket = new Bucket(TEXT_EVERY_MS, TEXTS_BURST);

  /** @param {{spk: string, hid: string}} page @param {LineUser} user */
  constructor({ spk, hid }, user) {
    this.spk = spk;
    this.hid = hid;
    this.#user = user;
  }

  /** Whether messages can pass now, as far as this side knows. */
  get ready() { return this.#began && this.#heard && this.#channel?.readyState === "open"; }

  /** Highest number that the other page has acknowledged. */
  get acknowledged() { return this.#mail.acknowledged; }

  /** The proof of a connection was verified. @param {number} gen */
  handleConnection(gen) {
    this.close();
    const channel = this.#user.open(CONTENT_CHANNEL);
    if (!channel) return;
    this.#gen = gen;
    this.#channel = channel;
    channel.onopen = () => this.#begin();
    channel.onmessage = ({ data }) => this.#hear(data);
    this.#user.announce(gen);
    this.#begin();
  }

  /** The other side has its channel. @param {unknown} gen */
  handleThere(gen) {
    if (typeof gen !== "number" || !Number.isSafeInteger(gen)) return;
    this.#otherGen = gen;
    this.#begin();
  }

  handleTick() {
    const text = this.ready && this.#mail.acknowledgement(this.#user.awake());
    if (text) this.#put(text);
  }

  /** Now, or as soon as there is a connection. @param {Message} message @returns {number} its number; 0: too long, or too much waits */
  send(message) {
    const number = this.#mail.put(message);
    if (number > 0 && this.#began) for (const text of this.#mail.texts(this.#user.awake(), number)) this.#put(text);
    return number;
  }

  /** What is of the moment: not at all while there is no way. @param {Message} message */
  sendNow(message) {
    if (this.ready) this.send(message);
  }

  /** A channel for files of the present connection. @param {number} id @returns {RTCDataChannel | null} */
  channel(id) {
    const known = this.#files.get(id);
    if (known || !this.#channel) return known ?? null;
    const made = this.#user.open(id);
    if (made) this.#files.set(id, made);
    return made;
  }

  /** Lets go of the channels; the connection closes them. What waits stays. */
  close() {
    for (const channel of [this.#channel, ...this.#files.values()]) if (channel) channel.onopen = channel.onmessage = channel.onbufferedamountlow = null;
    this.#files.clear();
    this.#channel = null;
    this.#began = this.#heard = this.#isTold = false;
  }

  #begin() {
    if (this.#began || this.#otherGen !== this.#gen || this.#channel?.readyState !== "open") return;
    this.#began = true;
    this.#put(JSON.stringify({ mail: this.#mail.state }));
    for (const text of this.#mail.texts(this.#user.awake())) this.#put(text);
    this.#tellReady();
  }

  /** @param {unknown} data */
  #hear(data) {
    // Whoever floods is not heard any more: without the next number nothing behind it counts.
    if (typeof data !== "string" || data.length > TEXT_LENGTH || !this.#bucket.take(this.#user.awake())) return;
    try {
      if (!this.#heard) return this.#meet(data);
      const before = this.#mail.acknowledged;
      const message = this.#mail.take(data, this.#user.awake());
      if (this.#mail.acknowledged !== before) this.#user.onDelivered();
      if (message) this.#user.onMessage(message);
      const text = this.#mail.acknowledgement(this.#user.awake());
      if (text) this.#put(text);
    } catch (thrown) {
      if (!(thrown instanceof SealError)) throw thrown;
    }
  }

  /** @param {string} data */
  #meet(data) {
    const { mail } = readObject(data);
    if (typeof mail !== "object" || mail === null) return;
    this.#mail.meet(/** @type {Record<string, unknown>} */ (mail));
    this.#heard = true;
    // Whoever speaks has a channel, even if the word that it is there is still on its way.
    this.handleThere(this.#gen);
    this.#user.onDelivered();
    this.#tellReady();
  }

  /** Both sides have begun, whichever was the later: a browser may hand over a first message before it says that the channel is open. */
  #tellReady() {
    if (!this.ready || this.#isTold) return;
    this.#isTold = true;
    const isNew = this.#isNew;
    this.#isNew = false;
    this.#user.onReady(isNew);
  }

  /** @param {string} text */
  #put(text) {
    try {
      this.#channel?.send(text);
    } catch {
      // It is closing: what was not acknowledged goes over the next one.
    }
  }
}
