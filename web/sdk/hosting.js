// What a host does (seal.md 2, 7): each act is a new set of rules, signed, stored, told to everybody inside and to the
// server. What rules follow from an act is seal/issue.js's; who lives by them is decided by each page for itself.
//
// Several tabs of a host device take turns (keep.js, `alone`), so that none overtakes another; several devices may still
// sign at once: then the strictest of all holds until one of them merges.

import { ParlourError } from "./errors.js";
import { Issuing } from "./issuing.js";
import { namedLink } from "./named.js";
import { withPassword } from "./papers.js";
import { b64, unb64 } from "./seal/bytes.js";
import { isTightening, nextPw } from "./seal/issue.js";
import { stretch } from "./seal/password.js";
import { makeLink } from "./seal/room.js";

/** Somebody whom the server lists and who was not met yet is waited for before a door is closed, ms (seal.md 2). */
const UNMET_MS = 5000;
/** A removal reaches another member before the server, or waits so long, ms. */
const FIRST_MEMBER_MS = 2000;
const LOOK_MS = 100;
/** A new link is given to the server again after so long, ms. */
const ANNOUNCE_MS = 5000;
/** A room does not end sooner than this, ms: there has to be time to say so. */
const SOONEST_END_MS = 60_000;
/** Nor in another age: 9999. */
const END_OF_TIME_MS = 253_402_300_000_000;
/** Several states are merged by the first host page after the first pause, by another one after the second and up to as much again. */
const MERGE_MS = 1000;
const MERGE_LATER_MS = 5000;

/** @typedef {import("./issuing.js").Change} Change */
/** @typedef {import("./issuing.js").Wish} Wish */
/** @typedef {import("./types.js").Door} Door */

/**
 * @typedef {{
 *   server: import("./server.js").Server, entrance: import("./entrance.js").Entrance, mesh: import("./mesh.js").Mesh, giving: import("./giving.js").Giving,
 *   lobby: import("./lobby.js").Lobby, me: () => {id: string, name: string}, hid: string,
 * }} HostingParts
 */
/**
 * @typedef {{onIssued(): void, tell(): Promise<void>, isStopped(): boolean, onUnmet(who: readonly string[]): void, nameOf(spk: string): string, onGift(): void, mayKeep(): boolean}} HostingUser
 *   `onUnmet`: they are about to be cut off (names, empty where unknown). `onGift`: there is something that other hosts have to know. `onIssued`: new rules stand in the book. `tell`: gives them to the server.
 *   `mayKeep`: whether the server lets rooms stay
 */

export class Hosting {
  #parts;
  #user;
  #issuing;
  /** Since when several states stand, awake ms; and when this page merges them. */ #mergeAt = Number.NaN;
  /** Acts, one after another. @type {Promise<unknown>} */ #turn = Promise.resolve();

  /** @param {HostingParts} parts @param {HostingUser} user */
  constructor(parts, user) {
    this.#parts = parts;
    this.#issuing = new Issuing(parts);
    this.#user = user;
  }

  /** @param {Door} door @param {boolean} [anyway] whoever is just coming in may be cut off @throws {ParlourError} `unmet` */
  setDoor(door, anyway) {
    return this.#inTurn(async () => {
      await this.#awaitUnmet({ door }, anyway);
      await this.#publish({ door });
    });
  }

  /** @param {string} password empty: none from now on @param {boolean} [anyway] @throws {ParlourError} `bad-password`, `password-stays`, `unmet` */
  setPassword(password, anyway) {
    return this.#inTurn(async () => {
      if (password === "" && this.#parts.entrance.knowledge.shown?.keepsPassword) throw new ParlourError("password-stays");
      await this.#awaitUnmet(passwordToCome(password), anyway);
      await this.#publishWithPassword(password, {});
    });
  }

  /** @param {boolean} [anyway] @throws {ParlourError} `unmet`; `no-link` in a named room */
  newLink(anyway) {
    return this.#inTurn(async () => {
      if (this.#parts.entrance.name !== "") throw new ParlourError("no-link");
      await this.#awaitUnmet({ link: "" }, anyway);
      await this.#publishWithLink({});
    });
  }

  /**
   * Takes a person out; while the door is open, with a new link in the same state, since that person knows the old one.
   * A name cannot be replaced: there it is a new password, or else the door closes and people knock.
   * @param {string} spk @param {{anyway?: boolean, password?: string}} [how] `password`: a new one, in a named room
   * @throws {ParlourError} `host-stays`, `bad-password`, `unmet`
   */
  remove(spk, { anyway, password = "" } = {}) {
    return this.#inTurn(async () => {
      const { rules, invitations } = this.#parts.entrance.knowledge;
      const change = { remove: [spk] };
      const isOpen = rules?.door === "open";
      if (isOpen) await this.#awaitUnmet(rules.link ? { link: "" } : password !== "" ? passwordToCome(password) : { door: "knock" }, anyway);
      await this.#revoke(invitations.usedBy([spk]));
      if (isOpen && rules.link) await this.#publishWithLink(change);
      else if (isOpen && password !== "") await this.#publishWithPassword(password, change);
      else await this.#publish(isOpen ? { ...change, door: "knock" } : change);
    });
  }

  /** @param {string} id of a knock */
  admit(id) {
    return this.#inTurn(async () => {
      const standing = this.#standing(id);
      await this.#publish({ admit: [standing.spk] }, () => {
        this.#parts.giving.admitted.set(standing.spk, { at: Date.now(), by: this.#parts.me().name, via: "" });
        this.#parts.lobby.drop(id);
      });
    });
  }

  /** @param {string} id @param {string} text */
  async hold(id, text) {
    const { hid } = this.#standing(id);
    if (hid) this.#parts.mesh.hold(hid, text);
    this.#parts.lobby.hold(id);
  }

  /** @param {string} id @param {boolean} forGood */
  async refuse(id, forGood) {
    const { hid, spk } = this.#standing(id);
    if (forGood) await this.#inTurn(() => this.#publish({ remove: [spk] }));
    else if (hid) this.#parts.mesh.refuse(hid);
    this.#parts.lobby.drop(id);
  }

  /**
   * @param {{label: string, uses: number}} wish
   * @returns {Promise<{id: string, link: string}>}
   * @throws {ParlourError} `rules-full` if there are too many, the server's refusal
   */
  invite(wish) {
    return this.#inTurn(async () => {
      const { entrance, me } = this.#parts;
      const { knowledge, R } = entrance;
      // In a named room R is zeros: the path of the link says which room it is.
      const made = await knowledge.invitations.make(wish, knowledge.room, knowledge.linkInForce?.R ?? R, me().id);
      if (!made) throw new ParlourError("rules-full");
      const { id, box } = made.row;
      try {
        await this.#askAsHost("invite", { inv_id: id, inv_box: box });
      } catch (thrown) {
        knowledge.invitations.revoke(id);
        throw thrown;
      }
      await entrance.self.rememberInvitations();
      this.#user.onGift();
      return { id, link: entrance.name === "" ? made.link : namedLink(entrance.name, { secret: made.link }) };
    });
  }

  /** Holds against the server, which may hand out the box for ever. @param {string} id */
  revoke(id) {
    return this.#inTurn(() => this.#revoke([id]));
  }

  /**
   * Lets somebody in by an invitation, or refuses a use too many.
   * @param {string} id @param {string} spk @returns {Promise<boolean>} whether it was good
   */
  admitInvited(id, spk) {
    return this.#inTurn(async () => {
      const { invitations } = this.#parts.entrance.knowledge;
      if (!invitations.use(id, spk)) {
        await this.refuse(spk, false);
        return false;
      }
      // Stored before it opens anything: a reload must not give the use back.
      await this.#parts.entrance.self.rememberInvitations();
      const row = invitations.of(id);
      const mark = { at: Date.now(), by: this.#parts.me().name, via: row?.label ?? "" };
      await this.#publish({ admit: [spk] }, () => this.#parts.giving.admitted.set(spk, mark));
      if (row && row.used.length >= row.uses) this.#askAsHost("revoke", { inv_id: id }).catch(() => {});
      return true;
    });
  }

  /** Gives the server the boxes that it may have forgotten. */
  async announceInvitations() {
    const { invitations, hostKey } = this.#parts.entrance.knowledge;
    for (const { id, box, revoked, used, uses } of hostKey ? invitations.own : []) {
      if (revoked || used.length >= uses || this.#user.isStopped()) continue;
      await this.#askAsHost("invite", { inv_id: id, inv_box: box }).catch(() => {});
    }
  }

  /**
   * What the server takes from hosts only. A page that became host while it was in may have to show that first.
   * @template {"invite" | "revoke"} T
   * @param {T} type @param {import("./protocol.js").ClientBodies[T]} body
   * @throws {ParlourError} the server's refusal
   */
  async #askAsHost(type, body) {
    const { server, entrance, hid } = this.#parts;
    try {
      await server.ask(type, body);
    } catch (thrown) {
      if (!(thrown instanceof ParlourError) || thrown.code !== "not-allowed") throw thrown;
      await entrance.showHost(unb64(hid));
      await server.ask(type, body);
    }
  }

  /** @param {readonly string[]} ids */
  async #revoke(ids) {
    const { entrance } = this.#parts;
    for (const id of ids) {
      entrance.knowledge.invitations.revoke(id);
      this.#askAsHost("revoke", { inv_id: id }).catch(() => {});
    }
    if (ids.length === 0) return;
    await entrance.self.rememberInvitations();
    this.#user.onGift();
  }

  /**
   * The room ends by itself then, for everybody, whoever is in.
   * @param {number | null} at ms since 1970; null: at no set time @throws {ParlourError} `bad-time`
   */
  setEnd(at) {
    if (at !== null && !(at - Date.now() >= SOONEST_END_MS && at < END_OF_TIME_MS)) throw new ParlourError("bad-time");
    return this.#act({ ends: at === null ? null : Math.round(at / 1000) });
  }

  /** Whether the room is to stay when everybody has left, as far as the operator allows. @param {boolean} on */
  async setKept(on) {
    if (on && !this.#user.mayKeep()) throw new ParlourError("not-kept");
    await this.#act({ keeps: on });
  }

  /** Over for everybody. Returns when all was said. */
  end() {
    return this.#act({ over: true });
  }

  /** Hands over the seed, for good. @param {string} spk */
  async makeHost(spk) {
    this.#mustBeHost();
    const pages = this.#parts.mesh.reached.filter((page) => page.spk === spk);
    if (!pages.some(({ hid }) => this.#parts.giving.giveHost(hid))) throw new ParlourError("no-such-participant");
  }

  /** States of several host devices become one again. @param {number} awake ms */
  handleTick(awake) {
    const { mesh, entrance, hid } = this.#parts;
    const { hostKey, book, rules } = entrance.knowledge;
    if (!hostKey || book.states.length < 2 || rules?.over) {
      this.#mergeAt = Number.NaN;
    } else if (Number.isNaN(this.#mergeAt)) {
      const isFirst = mesh.reached.every((page) => !page.host || hid < page.hid);
      this.#mergeAt = awake + (isFirst ? MERGE_MS : MERGE_LATER_MS * (1 + Math.random()));
    } else if (awake >= this.#mergeAt) {
      this.#mergeAt = Number.POSITIVE_INFINITY;
      this.#act({}).catch(() => (this.#mergeAt = Number.NaN));
    }
  }

  /** @param {string} id */
  #standing(id) {
    this.#mustBeHost();
    const standing = this.#parts.lobby.of(id);
    if (!standing) throw new ParlourError("no-such-participant");
    return standing;
  }

  #mustBeHost() {
    if (!this.#parts.entrance.knowledge.hostKey) throw new ParlourError("not-host");
  }

  /** @template T @param {() => Promise<T>} task @returns {Promise<T>} */
  #inTurn(task) {
    const turn = this.#turn.then(() => {
      this.#mustBeHost();
      return task();
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** @param {Change} change */
  #act(change) {
    return this.#inTurn(() => this.#publish(change));
  }

  /** @param {string} password empty: none from now on @param {Change} change */
  async #publishWithPassword(password, change) {
    const { knowledge } = this.#parts.entrance;
    /** @type {import("./seal/types.js").Password | null} */
    let next = null;
    await this.#publish(async (kept) => {
      const highest = Math.max(kept.pw, ...knowledge.book.held.map(({ rules }) => rules.pw));
      if (password === "") return { ...change, pw: 0 };
      const pw = nextPw(highest);
      next = { pw, S: await withPassword(() => stretch(password, knowledge.room, pw)), sure: true };
      return { ...change, pw };
    }, () => (knowledge.password = next));
  }

  /** @param {Change} change */
  async #publishWithLink(change) {
    const { knowledge } = this.#parts.entrance;
    const { hostKey, seed } = knowledge;
    if (!hostKey || !seed) throw new ParlourError("not-host");
    if (knowledge.named) throw new ParlourError("no-link");
    const link = await makeLink({ privateKey: hostKey, publicKey: new Uint8Array(knowledge.hostPk), seed }, knowledge.flags0);
    await knowledge.addLink(link.R, link.roomBox, link.boxSig);
    await this.#publish({ ...change, link: b64(link.roomId) });
    void this.#announce(link);
  }

  /** Until the server has it; the rules do not wait for that. @param {import("./seal/room.js").RoomLink} link */
  async #announce(link) {
    while (!this.#user.isStopped()) {
      try {
        return await this.#parts.entrance.announce(link);
      } catch {
        await sleep(ANNOUNCE_MS);
      }
    }
  }

  /**
   * From an act to everybody who has to hear of it.
   * @param {Wish} change @param {() => void} [before] they are told
   */
  async #publish(change, before = () => {}) {
    const { entrance, mesh } = this.#parts;
    const issued = await this.#issuing.issue(change);
    before();
    this.#user.onIssued();
    await mesh.settled();
    await entrance.self.remember();
    if ((issued.remove?.length ?? 0) > 0) await this.#reachOne(issued.remove ?? []);
    await this.#user.tell();
  }

  /**
   * Whoever comes in through the open door, and was not met yet, is cut off by rules that close it: a moment for them, and
   * then the question whether that is meant. Where the door is closed already, whoever has a seat is listed.
   * @param {Change} change @param {boolean} [anyway] the question was answered: nobody is waited for
   * @throws {ParlourError} `unmet`
   */
  async #awaitUnmet(change, anyway = false) {
    const { mesh, entrance } = this.#parts;
    const { rules } = entrance.knowledge;
    if (rules?.door !== "open" || !isTightening(rules, change)) return;
    for (let waited = 0; !anyway && mesh.unmet.length > 0 && waited < UNMET_MS && !this.#user.isStopped(); waited += LOOK_MS) await sleep(LOOK_MS);
    const who = mesh.unmet.map((spk) => this.#user.nameOf(spk));
    if (who.length === 0) return;
    if (!anyway) throw new ParlourError("unmet", { who });
    this.#user.onUnmet(who);
  }

  /** @param {readonly string[]} removed */
  async #reachOne(removed) {
    const { mesh } = this.#parts;
    const others = mesh.reached.filter(({ spk }) => !removed.includes(spk));
    if (others.length === 0) return;
    for (let waited = 0; waited < FIRST_MEMBER_MS && mesh.agreeing.length === 0 && !this.#user.isStopped(); waited += LOOK_MS) await sleep(LOOK_MS);
  }
}

/** What a password to come would change: any number that the room has not had stands for it. @param {string} password @returns {Change} */
function passwordToCome(password) {
  return { pw: password === "" ? 0 : Number.MAX_SAFE_INTEGER };
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
