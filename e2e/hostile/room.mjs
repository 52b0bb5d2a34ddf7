/**
 * A room whose host key is in the hands of the test: it makes the room at the real server and issues its states. Or a
 * room that a page hosts, of which the test knows what its link tells.
 *
 * Pages come to the first kind as guests. What is known of a room by whoever has its link is `knowledge`.
 */

import assert from "node:assert/strict";
import { b64, createNamedRoom, createRoom, hostLink, makeLink, nameIdOf, nextRules, openLink, random, readLink, roomIdOf, roomLink, Rulebook, signState, unb64 } from "./sdk.mjs";

const now = () => Math.floor(Date.now() / 1000);

/** A signed state as it travels. @typedef {{json: string, sig: string}} SignedState */

export class Room {
  /** @param {any} made by createRoom */
  constructor(made) {
    this.made = made;
    /** @type {Uint8Array} */
    this.room = made.room;
    /** Of a named room none. */
    this.links = made.link ? [made.link] : [];
    this.book = new Rulebook({ room: made.room, hostPk: made.host.publicKey, ...(made.link && { flags0: made.flags0 }) });
    this.book.add([made.state]);
  }

  /**
   * Makes one, and tells the server of it.
   * @param {import("./server.mjs").Hostile} hostile
   * @param {Record<string, unknown>} [wish] as for createRoom
   */
  static async make(hostile, wish = {}) {
    return Room.#told(hostile, new Room(await createRoom({ now: now(), ...wish })));
  }

  /**
   * The same under a name, which anybody may do who is the first.
   * @param {import("./server.mjs").Hostile} hostile
   * @param {string} name @param {Record<string, unknown>} [wish] as for createNamedRoom
   */
  static async named(hostile, name, wish = {}) {
    return Room.#told(hostile, await Room.nowhere(name, wish));
  }

  /**
   * A named room of which no server has heard.
   * @param {string} name @param {Record<string, unknown>} [wish] as for createNamedRoom
   */
  static async nowhere(name, wish = {}) {
    const room = new Room(await createNamedRoom(name, { now: now(), ...wish }));
    room.nameId = b64(await nameIdOf(room.room));
    return room;
  }

  /** What the server knows a named room by. */
  nameId = "";

  /** @param {import("./server.mjs").Hostile} hostile @param {Room} room */
  static async #told(hostile, room) {
    const { session } = await hostile.openUpstream();
    await session.ask("create", room.papers);
    session.close(1006); // a leave would end a room in which nobody is
    return room;
  }

  /**
   * A room that somebody else hosts, by its link and what the server has of it.
   * @param {import("./server.mjs").Hostile} hostile @param {string} fragment `#1…`
   */
  static async of(hostile, fragment) {
    const { R } = await readLink(fragment);
    const { session } = await hostile.openUpstream();
    const { hosts } = await session.ask("look", { room_id: b64(await roomIdOf(R)) });
    session.close(1006);
    const [claim] = hosts;
    const { room, hostPk, flags0, link } = await openLink(R, unb64(claim.room_box), unb64(claim.box_sig));
    const book = new Rulebook({ room, hostPk, flags0 });
    await book.adopt(claim.states.map((/** @type {SignedState} */ { json, sig }) => ({ json, sig: unb64(sig) })));
    assert.ok(book.states.length > 0, "the server has states of it");
    return new Room({ room, host: { publicKey: hostPk }, flags0, link, state: book.states[0] });
  }

  /** What the server has learnt since. @param {import("./server.mjs").Hostile} hostile */
  async learn(hostile) {
    const states = hostile.pages.flatMap(({ view }) => view?.states ?? []);
    await this.book.adopt(states.map(({ json, sig }) => ({ json, sig: unb64(sig) })));
  }

  /** What the server is given. */
  get papers() {
    const host = { host_pk: b64(this.made.host.publicKey), states: this.states };
    if (this.nameId !== "") return { room_id: this.nameId, ...host };
    const [{ roomId, roomBox, boxSig }] = this.links;
    return { room_id: b64(roomId), ...host, room_box: b64(roomBox), box_sig: b64(boxSig) };
  }

  /** The states that stand, as they travel. @returns {SignedState[]} */
  get states() {
    return this.book.states.map(travelling);
  }

  /** What follows the origin in the address. @returns {Promise<string>} */
  fragment() {
    return roomLink(this.links[0].R);
  }

  /** That of another device of the host. @returns {Promise<string>} */
  hostFragment() {
    return hostLink(this.made.host.seed, this.links[0].R);
  }

  /**
   * The next rules. Nobody hears of them by this alone.
   * @param {Record<string, unknown>} change as for nextRules
   * @param {{met?: readonly string[], page?: string, from?: any, until?: number}} [how] `met`: spk that become members; `page`: clock
   *   id of another host device; `from`: the book that it goes by
   * @returns {Promise<any>} the state
   */
  async issue(change, { met = [], page = this.made.page, from = this.book, until = now() + 86_400 } = {}) {
    const rules = nextRules(from, { page, self: met[0] ?? b64(random(32)), met }, change);
    const state = await signState(this.made.host.privateKey, from.pins, rules, until);
    this.book.add([state]);
    return state;
  }

  /** A second link of the room; its state is to be issued with `link`. */
  anotherLink() {
    return makeLink(this.made.host, this.made.flags0);
  }

  /** What somebody with the link knows, in the shape that Pairs wants. @param {{host?: boolean, states?: any[], links?: any[]}} [more] */
  knowledge({ host = false, states = this.book.held, links = this.links } = {}) {
    const book = new Rulebook(this.book.pins);
    book.add(states);
    return { room: this.room, named: this.nameId !== "", hostPk: this.made.host.publicKey, book, links, hostKey: host ? this.made.host.privateKey : null, now };
  }
}

/** @param {{json: string, sig: Uint8Array}} state @returns {SignedState} */
export function travelling({ json, sig }) {
  return { json, sig: b64(sig) };
}
