/**
 * Somebody who helps the hostile server: a holder of the link without a browser, who speaks the seal by the book
 * (`Member`) or by hand (`Stranger`), and says and shows whatever the test wants.
 *
 * A DTLS end is `far-end.mjs`, in a page; `takeChannel` makes it this member's channel 0.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { b64, EMPTY, Instance, makeCore, Pairs, random, signHostIn, unb64, unlv, writeAccept, writeArg, writeOpen } from "./sdk.mjs";
import { sleep } from "../lib/process.mjs";
import { deadline } from "../lib/patience.mjs";

/** @typedef {import("./server.mjs").Hostile} Hostile */
/** @typedef {import("./room.mjs").Room} Room */

const TICK_MS = 250;

/** Follows the protocol; has a channel 0 only where the test gives it one. */
export class Member {
  /** @type {any[]} what the pairs put out */
  outputs = [];
  /** @type {unknown[]} */
  faults = [];
  gen = 0;
  place;
  /** @type {(pid: string) => boolean} */
  seenBy = () => true;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {Hostile} hostile @param {any} core @param {string} name @param {"first" | "last"} place */
  constructor(hostile, core, name, place) {
    this.hostile = hostile;
    this.core = core;
    this.name = name;
    this.place = place;
    /** Says nothing and hears nothing: asleep. */
    this.asleep = false;
    this.pid = b64(core.pid);
    this.hid = b64(core.hid);
    this.spk = b64(core.spk);
  }

  /**
   * Takes a place on the list that pages are told.
   * @param {Hostile} hostile @param {Room} room
   * @param {{name?: string, fp?: Uint8Array, person?: any, place?: "first" | "last", host?: boolean, states?: any[], links?: any[],
   *   seenBy?: (pid: string) => boolean, password?: {pw: number, S: Uint8Array} | null, invitation?: any, press?: boolean, sends?: boolean}} [options]
   *   `password`: as if set or proven; `press`: also opens with it; `sends`: whether it says that it has microphone and camera on
   */
  static async join(
    hostile,
    room,
    { name = "Eve", fp = random(32), person, place = "last", host = false, states, links, seenBy, password = null, invitation = null, press = true, sends = true } = {},
  ) {
    const core = await makeCore(room.room, fp, person ? { person } : {});
    const member = new Member(hostile, core, name, place);
    if (seenBy) member.seenBy = seenBy;
    member.knowledge = room.knowledge({ host, ...(states && { states }), ...(links && { links }) });
    member.knowledge.password = password && { ...password, sure: true };
    member.knowledge.invitation = invitation;
    member.pairs = new Pairs({
      me: core,
      room: member.knowledge,
      first: () => ({ gen: member.gen, name, audio: sends, video: sends }),
      knock: () => ({ name, message: "" }),
      onOutput: (/** @type {any} */ output) => member.#put(output),
      onFault: (/** @type {unknown} */ error) => member.faults.push(error),
    });
    const began = Date.now();
    member.#timer = setInterval(() => member.asleep || member.pairs.handleTick(Date.now() - began), TICK_MS);
    member.#timer.unref();
    if (password && press) member.pairs.tryPassword();
    hostile.guests.set(member.pid, member);
    hostile.retell();
    return member;
  }

  /** @type {any} */
  knowledge;
  /** @type {any} */
  pairs;

  /** Takes up rules. @param {any[]} states */
  async adopt(states) {
    this.knowledge.book.add(states);
    this.pairs.handleRules();
    await this.pairs.settled();
  }

  /** No longer listed, and silent. */
  leave() {
    clearInterval(this.#timer);
    this.#ends.clear();
    this.pairs.stop();
    this.hostile.guests.delete(this.pid);
    this.hostile.retell();
  }

  /** @param {string} from @param {string} body */
  handleSignal(from, body) {
    if (!this.asleep) this.pairs.handleSignal(from, body);
  }

  /** Ends of proven connections, by hid. @type {Map<string, import("./far-end.mjs").FarEnd>} */
  #ends = new Map();

  /**
   * Proves itself to that page, judges its proof, and talks over channel 0 from then on.
   * @param {string} hid @param {import("./far-end.mjs").FarEnd} end with channel 0 open
   */
  async takeChannel(hid, end) {
    await end.say([...(await this.pairs.makeProof(hid, 1))]);
    const first = await until(async () => (await end.heard())[0], 5000, "the page's own proof");
    assert.equal(await this.pairs.checkProof(hid, 1, Buffer.from(first, "hex")), "good", "the page proves itself");
    this.#ends.set(hid, end);
    this.pairs.handleChannelState(hid, true);
    let heard = 1;
    const listen = async () => {
      const texts = await end.heard(heard);
      heard += texts.length;
      for (const text of texts) if (!this.asleep) this.pairs.handleChannel(hid, text);
      if (this.#ends.get(hid) === end) setTimeout(() => void listen().catch(() => {}), 20).unref();
    };
    void listen().catch(() => {});
  }

  /** Says something to a page that means nothing. @param {string} pid @param {string} body */
  junk(pid, body) {
    this.hostile.say({ from: this.pid, to: pid, body });
  }

  /** @param {{seats: {pid: string}[], porch: string[]}} view */
  handleView({ seats, porch }) {
    // Who is hidden from somebody does not hear of them either.
    this.pairs.handleView({ seats: seats.filter(({ pid }) => pid === this.pid || this.seenBy(pid)), porch, me: this.pid, seated: true });
  }

  /** @param {string} hid @param {Record<string, unknown>} message */
  send(hid, message) {
    return this.pairs.send(hid, message);
  }

  /** Messages that came from a page. @param {string} hid @returns {any[]} */
  messages(hid) {
    return this.outputs.filter((output) => output.t === "message" && output.hid === hid).map(({ message }) => message);
  }

  /**
   * Waits until this is a person to that page as far as this side can tell.
   * @param {string} pid @param {number} [timeout] ms @returns {Promise<string>} its hid
   */
  async meets(pid, timeout = 10_000) {
    const met = await until(() => this.outputs.findLast((output) => output.t === "person" && output.pid === pid), timeout, `${this.name} meets ${pid}`);
    return met.hid;
  }

  /** @param {any} output */
  #put(output) {
    this.outputs.push(output);
    if (output.t === "signal") this.hostile.say({ from: this.pid, to: output.to, body: output.body });
    if (output.t === "channel") this.#ends.get(output.hid)?.say(output.text).catch(() => {});
  }
}

/**
 * Speaks by hand: shows any core, opens any way, derives with whatever keys it has. Without K_link unless it is given.
 */
export class Stranger {
  /** @type {{from: string, body: any}[]} */
  heard = [];
  /** @type {"first" | "last"} */
  place;
  /** @type {(pid: string) => boolean} */
  seenBy = () => true;

  /** @param {Hostile} hostile @param {Room} room @param {any} core @param {"first" | "last"} place @param {string} pid */
  constructor(hostile, room, core, place, pid) {
    this.hostile = hostile;
    this.room = room;
    this.core = core;
    this.place = place;
    this.pid = pid;
  }

  /**
   * @param {Hostile} hostile @param {Room} room
   * @param {{core?: any, place?: "first" | "last", pid?: string, seenBy?: (pid: string) => boolean}} [options] `pid`: a seat that the core does not have
   */
  static async join(hostile, room, { core, place = "last", pid, seenBy } = {}) {
    const own = core ?? (await makeCore(room.room, random(32)));
    const stranger = new Stranger(hostile, room, own, place, pid ?? b64(own.pid));
    if (seenBy) stranger.seenBy = seenBy;
    hostile.guests.set(stranger.pid, stranger);
    hostile.retell();
    return stranger;
  }

  /** @param {string} from @param {string} body */
  handleSignal(from, body) {
    this.heard.push({ from, body: JSON.parse(body) });
  }

  handleView() {}

  /** @param {string} to @param {string} body */
  say(to, body) {
    this.hostile.say({ from: this.pid, to, body });
  }

  /**
   * Opens, with whatever right it claims.
   * @param {string} to @param {{how?: number, right?: Uint8Array, roomId?: Uint8Array, x?: Uint8Array}} [claim]
   * @returns {{pn: Uint8Array, how: number, arg: Uint8Array}}
   */
  open(to, { how = 0, right = EMPTY, roomId = this.room.links[0].roomId, x = EMPTY } = {}) {
    const made = { pn: random(16), how, arg: writeArg(roomId, x, right) };
    this.say(to, writeOpen({ core: this.core.core, coreSig: this.core.coreSig, ...made }));
    return made;
  }

  /** Answers made to this stranger of a kind. @param {string} kind open, accept, refuse or c @returns {any[]} */
  got(kind) {
    return this.heard.filter(({ body }) => kind in body).map(({ body }) => body);
  }

  /**
   * Accepts somebody's open and derives as responder.
   * @param {string} to @param {string} open base64url @param {Uint8Array} kLink
   */
  async accept(to, open, kLink) {
    const [coreI, , pnI, how, arg] = unlv(unb64(open), 5);
    const pnR = random(16);
    this.say(to, writeAccept({ pn: pnI, core: this.core.core, coreSig: this.core.coreSig, pnR, right: EMPTY, y: EMPTY }));
    const transcript = { room: this.room.room, how: how[0], arg, coreI, pnI, coreR: this.core.core, pnR, rightR: EMPTY, y: EMPTY };
    return Instance.derive("R", transcript, this.#secrets(coreI, kLink), this.core.pid, unb64(to, 8));
  }

  /**
   * Derives as initiator from what was answered.
   * @param {string} to @param {{pn: Uint8Array, how: number, arg: Uint8Array}} made @param {string} accept base64url @param {Uint8Array} kLink
   */
  async derive(to, { pn, how, arg }, accept, kLink) {
    const [, coreR, , pnR, rightR, y] = unlv(unb64(accept), 6);
    const transcript = { room: this.room.room, how, arg, coreI: this.core.core, pnI: pn, coreR, pnR, rightR, y };
    return Instance.derive("I", transcript, this.#secrets(coreR, kLink), this.core.pid, unb64(to, 8));
  }

  /** The right of a host for this core, if this stranger had the key. @param {CryptoKey} hostKey */
  hostIn(hostKey) {
    return signHostIn(hostKey, this.room.room, this.core.hid);
  }

  leave() {
    this.hostile.guests.delete(this.pid);
    this.hostile.retell();
  }

  /** @param {Uint8Array} other core @param {Uint8Array} kLink */
  #secrets(other, kLink) {
    return { epkPrivate: this.core.ephemeral.privateKey, epkOther: other.subarray(1, 33), kLink, psk: EMPTY };
  }
}

/**
 * @template T
 * @param {() => T} ask @param {number} timeout ms @param {string} what @returns {Promise<NonNullable<Awaited<T>>>}
 */
export async function until(ask, timeout, what) {
  const isOver = deadline(timeout);
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (isOver()) throw new Error(`${what}: not within ${timeout} ms`);
    await sleep(50);
  }
}
