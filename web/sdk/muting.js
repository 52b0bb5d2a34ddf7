// Asking somebody to mute. Hosts ask, the person decides: nobody's microphone is switched by anybody else, and nothing is
// ever switched on. Everybody hears who asked whom, so that it stands in everybody's log.
//
// It goes over channel 0 like all that pages tell each other: `{k: "ask-mute", who}`, who being a person.

import { ParlourError } from "./errors.js";
import { Bucket, Buckets } from "./seal/bounds.js";

/** A host may ask so many times at once, and then once in so long; more is refused here and not heard there. */
const BURST = 6;
const EVERY_MS = 5_000;
/** Of each host more is heard, as what was asked during a cut may come at once. */
const HEARD_BURST = 12;
/** Hosts whose asking is counted; the oldest make way. */
const HOSTS = 64;

/** @typedef {import("./seal/types.js").Message} Message */
/** @typedef {Readonly<{id: string, name: string, audio: boolean}>} Somebody */
/**
 * `people`: who is here. `pages`: of everybody. `isSpeaking`: whether this page sends sound.
 * @typedef {{spk: string, isHost(): boolean, isSpeaking(): boolean, people(): readonly Somebody[], pages(): readonly {hid: string}[],
 *   send(hid: string, message: Message): boolean, awake(): number}} Room
 */

export class Muting {
  #room;
  #user;
  #own = new Bucket(EVERY_MS, BURST);
  #heard = new Buckets(EVERY_MS, HEARD_BURST, HOSTS);

  /**
   * @param {Room} room
   * @param {{onAsked(by: string, name: string): void, onLog(text: string, of: {what?: string, who?: string, about?: string}): void}} user `onAsked`: this person is asked
   */
  constructor(room, user) {
    this.#room = room;
    this.#user = user;
  }

  /** @param {string} who spk @throws {ParlourError} `not-host`, `no-such-participant`, `too-fast` */
  ask(who) {
    if (!this.#room.isHost()) throw new ParlourError("not-host");
    const person = this.#room.people().find(({ id }) => id === who);
    if (!person) throw new ParlourError("no-such-participant");
    // Muted already.
    if (!person.audio) return;
    if (!this.#own.take(this.#room.awake())) throw new ParlourError("too-fast");
    for (const { hid } of this.#room.pages()) this.#room.send(hid, { k: "ask-mute", who });
    this.#user.onLog(`You asked ${person.name || "somebody"} to mute.`, { what: "mute.you", about: person.name });
  }

  /**
   * @param {{spk: string, host: boolean, name: string}} from proven; `host`: by the host's key
   * @param {Message} message @returns {boolean} whether it was for this
   */
  handle(from, { k, who }) {
    if (k !== "ask-mute") return false;
    if (!from.host || typeof who !== "string" || !this.#heard.take(from.spk, this.#room.awake())) return true;
    const by = from.name || "A host";
    if (who === this.#room.spk) {
      this.#user.onLog(`${by} asked you to mute.`, { what: "mute.me", who: from.name });
      if (this.#room.isSpeaking()) this.#user.onAsked(from.spk, from.name);
    } else {
      const person = this.#room.people().find(({ id }) => id === who);
      if (person) this.#user.onLog(`${by} asked ${person.name || "somebody"} to mute.`, { who: from.name, about: person.name });
    }
    return true;
  }
}
