// A recording on somebody's own device, in a room in standard mode, while everybody agrees (docs/seal-notes-recording.md): who
// asks, who is asked, and whose sound and picture may be in the file at this moment. Nothing is recorded here, and off the
// record there is nothing of this at all. Pure: time is the room's.
//
// It goes over the pair like all that pages tell each other, so each page speaks for itself and nobody can show later what
// anybody said: `{k: "recording", id, n, state}` from the page that records, `{k: "recording-answer", id, n, yes}` from the others.

import { Consents } from "./consents.js";
import { ParlourError } from "./errors.js";
import { Buckets, makeWay } from "./seal/bounds.js";

/** After a no, or an ending without an answer, the same person does not ask for so long, awake ms; who does is answered with no until a little before. */
export const AGAIN_MS = 300_000;
const REFUSED_MS = AGAIN_MS - 10_000;
/** People whose asking is remembered; the oldest make way. */
const PEOPLE = 64;
/** Messages of one person that are read: so many at once, and then one in so long, ms. */
const HEARD_BURST = 60;
const HEARD_EVERY_MS = 400;
/** An id of 16 bytes. */
const ID = /^[\w-]{22}$/u;
const MOST = 2 ** 31;

/** @typedef {import("./seal/types.js").Message} Message */
/** @typedef {"asking" | "on" | "paused"} Standing */
/** Why one's own ended: by this person; somebody said no; somebody did not answer; somebody else was before. @typedef {"stopped" | "no" | "silent" | "busy"} Why */
/**
 * `pages`: of others, whether connected or not. `now`: ms since 1970, which count sleep; `awake`: ms, which do not.
 * @typedef {{pages(): readonly {hid: string, spk: string, name: string}[], send(hid: string, message: Message): boolean, newId(): string,
 *   now(): number, awake(): number}} Room
 */
/** `began`: something was recorded. @typedef {{own: boolean, began: boolean, why: Why | "over", name: string}} Over */
/** @typedef {{hid: string, spk: string, name: string, id: string, n: number, state: Standing, began: boolean, answer: "none" | "yes" | "no"}} Other */

export class Recording {
  #room;
  #user;
  /** This page's. @type {{id: string, state: Standing, began: boolean, consents: Consents} | null} */ #own = null;
  /** Somebody else's. Never both. @type {Other | null} */ #other = null;
  /** Until when whom is not heard asking. @type {Map<string, number>} */ #refused = new Map();
  #heard = new Buckets(HEARD_EVERY_MS, HEARD_BURST, PEOPLE);
  #mayAskAt = Number.NEGATIVE_INFINITY;

  /**
   * @param {Room} room
   * @param {{onChange(): void, onOver(over: Over): void, onLog(text: string, of: {what: string, who?: string}): void}} user
   */
  constructor(room, user) {
    this.#room = room;
    this.#user = user;
  }

  /** @returns {import("./types.js").RecordingState} */
  get shown() {
    const now = this.#room.now();
    if (this.#other) {
      const { spk, name, state, answer } = this.#other;
      return Object.freeze({ state, own: false, by: spk, name, answer, waits: Object.freeze([]), people: Object.freeze([]) });
    }
    if (!this.#own) return nothing;
    const { state, consents } = this.#own;
    const missing = consents.missing(now);
    const waits = this.#room.pages().filter(({ hid }) => missing.includes(hid)).map(({ name }) => name);
    const people = state === "on" ? consents.people(now) : [];
    return Object.freeze({ state, own: true, by: "", name: "", answer: "yes", waits: Object.freeze(waits), people: Object.freeze(people) });
  }

  /** Asks everybody. @throws {ParlourError} `recording-busy`, `recording-later` */
  ask() {
    const left = this.#mayAskAt - this.#room.awake();
    if (this.#own || this.#other) throw new ParlourError("recording-busy");
    if (left > 0) throw new ParlourError("recording-later", { retryMs: left });
    const id = this.#room.newId();
    this.#own = {
      id, state: "asking", began: false,
      consents: new Consents((hid, n) => void this.#room.send(hid, { k: "recording", id, n, state: this.#own?.state ?? "asking" })),
    };
    this.handleTick();
    this.#user.onChange();
  }

  /** This person agrees, or does not, or not any more. @param {boolean} yes @throws {ParlourError} `no-recording` */
  answer(yes) {
    if (!this.#other) throw new ParlourError("no-recording");
    this.#other.answer = yes ? "yes" : "no";
    if (!yes) this.#refuse(this.#other.spk);
    this.#reply(this.#other);
    this.#user.onChange();
  }

  /** Ends this person's own. */
  stop() { this.#end("stopped"); }

  /**
   * A message over the pair with a page that has a right.
   * @param {string} hid @param {{spk: string, name: string}} from @param {Message} message @returns {boolean} whether it was for this
   */
  handle(hid, { spk, name }, { k, id, n, state, yes }) {
    if (k !== "recording" && k !== "recording-answer") return false;
    if (typeof id !== "string" || !ID.test(id) || !isNumber(n) || !this.#heard.take(spk, this.#room.awake())) return true;
    if (k === "recording-answer") this.#answered(hid, id, n, yes);
    else if (state === "over") this.#over(hid, id);
    else if (state === "asking" || state === "on" || state === "paused") this.#asked({ hid, spk, name, id, n, state, began: false, answer: "none" });
    return true;
  }

  /** That page is gone. @param {string} hid */
  handleGone(hid) {
    if (this.#other?.hid === hid) this.#forget();
    this.handleTick();
  }

  /** Often, and whenever somebody came or went. */
  handleTick() {
    const own = this.#own;
    if (!own) return;
    const now = this.#room.now();
    own.consents.follow(this.#room.pages(), now);
    if (own.consents.isUnanswered(now)) return this.#end("silent");
    const isWhole = own.consents.missing(now).length === 0;
    // Until the first time that everybody agrees it is a question; from then on what goes on, or waits.
    const state = isWhole ? "on" : own.state === "asking" ? "asking" : "paused";
    if (state === own.state) return;
    own.state = state;
    if (!own.began) this.#user.onLog("You began to record.", { what: "record.you" });
    own.began = true;
    own.consents.askAll(now);
    this.#user.onChange();
  }

  /** @param {Other} asked */
  #asked(asked) {
    const { hid, id } = asked;
    if (this.#other?.hid === hid && this.#other.id === id) return this.#follow(asked);
    // One at a time. What goes on comes before what is asked for, and then the smaller id: everybody sees the same order, so
    // one of two who ask at once gives way by itself, and the other need not answer it.
    const standing = this.#own ?? (this.#other?.hid === hid ? null : this.#other);
    if (standing && !isBefore(asked, standing)) return;
    if (this.#own) this.#end("busy");
    else if (this.#other?.hid === hid) this.#forget();
    this.#other = asked;
    if (this.#room.awake() < (this.#refused.get(asked.spk) ?? 0)) asked.answer = "no";
    this.#follow(asked);
    this.#user.onChange();
  }

  /** What the page that records says of it now; whoever has answered answers again. @param {Other} told */
  #follow({ n, state, name }) {
    const other = /** @type {Other} */ (this.#other);
    if (n < other.n) return;
    const isNew = state !== other.state || name !== other.name;
    Object.assign(other, { n, state, name });
    if (state !== "asking" && !other.began) {
      other.began = true;
      this.#user.onLog(`${name || "Somebody"} began to record.`, { what: "record.by", who: name });
    }
    if (other.answer !== "none") this.#reply(other);
    if (isNew) this.#user.onChange();
  }

  /** @param {string} hid @param {string} id @param {number} n @param {unknown} yes */
  #answered(hid, id, n, yes) {
    const own = this.#own;
    if (!own || own.id !== id || !own.consents.has(hid)) return;
    // A no counts whenever it was said; a yes only to the question that stands.
    if (yes === false) return this.#end("no");
    if (yes !== true) return;
    own.consents.take(hid, n, this.#room.now());
    const before = own.state;
    this.handleTick();
    if (before === this.#own?.state && before !== "on") this.#user.onChange();
  }

  /** @param {string} hid @param {string} id */
  #over(hid, id) {
    if (this.#other?.hid === hid && this.#other.id === id) this.#forget();
  }

  /** Somebody else's is over. An ending without a yes of this page counts as a no: nobody is asked over and over. */
  #forget() {
    const other = this.#other;
    if (!other) return;
    this.#other = null;
    if (other.answer !== "yes") this.#refuse(other.spk);
    if (other.began) this.#user.onLog(`The recording of ${other.name || "somebody"} ended.`, { what: "record-over.by", who: other.name });
    // Who said no knows, and nobody is told of what was never shown.
    if (other.began || other.answer !== "no") this.#user.onOver({ own: false, began: other.began, why: "over", name: other.name });
    this.#user.onChange();
  }

  /** @param {Why} why */
  #end(why) {
    const own = this.#own;
    if (!own) return;
    this.#own = null;
    // The others would not hear it before either. Who gave way to somebody else has bothered nobody.
    if (why === "no" || why === "silent" || (why === "stopped" && !own.began)) this.#mayAskAt = this.#room.awake() + AGAIN_MS;
    for (const { hid } of this.#room.pages()) this.#room.send(hid, { k: "recording", id: own.id, n: MOST, state: "over" });
    if (own.began) this.#user.onLog("Your recording ended.", { what: "record-over.you" });
    this.#user.onOver({ own: true, began: own.began, why, name: "" });
    this.#user.onChange();
  }

  /** @param {Other} other */
  #reply({ hid, id, n, answer }) {
    this.#room.send(hid, { k: "recording-answer", id, n, yes: answer === "yes" });
  }

  /** @param {string} spk */
  #refuse(spk) {
    this.#refused.delete(spk);
    this.#refused.set(spk, this.#room.awake() + REFUSED_MS);
    makeWay(this.#refused, PEOPLE);
  }
}

/** @type {import("./types.js").RecordingState} */
const nothing = Object.freeze({ state: "none", own: false, by: "", name: "", answer: "none", waits: Object.freeze([]), people: Object.freeze([]) });

/** @param {{state: Standing, id: string}} one @param {{state: Standing, id: string}} other */
function isBefore(one, other) {
  const [rank, otherRank] = [one, other].map(({ state }) => Number(state === "asking"));
  return rank === otherRank ? one.id < other.id : Number(rank) < Number(otherRank);
}

/** @param {unknown} n @returns {n is number} */
function isNumber(n) {
  return typeof n === "number" && Number.isSafeInteger(n) && n >= 1 && n <= MOST;
}
