// From a link to a seat: making a room on the server, finding it, giving it back, taking a seat (seal.md 1, 3).
//
// The server's answers are believed only as far as they prove themselves: the room_box must recompute the link's
// secret, states must be the host's. What happens among those inside is mesh.js's, new rules are hosting.js's.

import { ParlourError } from "./errors.js";
import { Knowledge } from "./knowledge.js";
import { SealError, b64, unb64 } from "./seal/bytes.js";
import { makeCore, signHostIn, signJoin } from "./seal/core.js";
import { newHostPage } from "./seal/issue.js";
import { invitationId, invitationPsk, openInvitation } from "./seal/invite.js";
import { hostLink, invitationLink, roomLink } from "./seal/link.js";
import { stretch } from "./seal/password.js";
import { createRoom, openLink, roomIdOf } from "./seal/room.js";
import { Self } from "./self.js";

/** @typedef {import("./seal/bytes.js").Bytes} Bytes */
/** @typedef {import("./seal/room.js").RoomLink} RoomLink */
/** @typedef {import("./protocol.js").RoomPapers} RoomPapers */
/** @typedef {import("./protocol.js").HostClaim} HostClaim */
/** @typedef {import("./types.js").Door} Door */

export class Entrance {
  #server;
  #keep;
  /** What the link held by which this page came. */ #R;
  #roomId;
  /** Of an invitation, by which the room has not been found yet. @type {Bytes | null} */ #inv = null;
  /** Of a host link, until it is stored. @type {Bytes | null} */ #seed;
  /** @type {Knowledge | null} */ #knowledge = null;
  /** What this device keeps of the room. @readonly */ self;

  /**
   * @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep
   * @param {Bytes} R what the link holds @param {Bytes} roomId @param {Bytes | null} [seed]
   */
  constructor(server, keep, R, roomId, seed = null) {
    this.#server = server;
    this.#keep = keep;
    this.self = new Self(keep);
    this.#R = R;
    this.#roomId = b64(roomId);
    this.#seed = seed;
  }

  /**
   * @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep @param {Bytes} R
   * @param {Bytes | null} [seed] of a host link
   */
  static async of(server, keep, R, seed) {
    return new Entrance(server, keep, R, await roomIdOf(R), seed);
  }

  /**
   * By an invitation: the room is found when its person wants to come in, and not before.
   * @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep @param {Bytes} inv
   */
  static invited(server, keep, inv) {
    const entrance = new Entrance(server, keep, new Uint8Array(0), new Uint8Array(0));
    entrance.#inv = inv;
    return entrance;
  }

  /**
   * Makes a room on the server, with this device as its host.
   * @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep
   * @param {{cap: number, door: Door, password: string, offRecord: boolean}} wish an empty password is none
   * @returns {Promise<Entrance>}
   * @throws {ParlourError} `bad-password`, and the server's refusal
   */
  static async create(server, keep, { cap, door, password, offRecord }) {
    const page = newHostPage();
    const wish = { cap, door, offRecord, now: Math.floor(Date.now() / 1000), page, ...(password !== "" && { password }) };
    const made = await withPassword(() => createRoom(wish));
    const { link, host, state, flags0, room } = made;
    const entrance = new Entrance(server, keep, link.R, link.roomId);
    const knowledge = new Knowledge({ room, hostPk: host.publicKey, flags0 }, link);
    await knowledge.addSeed(host.seed);
    const issued = [{ json: state.json, sig: b64(state.sig) }];
    await knowledge.adopt(issued);
    if (made.password) knowledge.password = { ...made.password, sure: true };
    entrance.#knowledge = entrance.self.knowledge = knowledge;
    await server.ask("create", entrance.#whole(link));
    // Only now: what the server refused is no room, and leaves nothing behind on this device.
    const pw = made.password?.pw ?? 0;
    await keep.putHost(knowledge.name, { seed: host.seed, page, until: state.until, issued, pw, met: [], removed: [], invitations: [] });
    await entrance.self.remember();
    return entrance;
  }

  /** `#1…`: the link in force, where this page holds it. */
  link() {
    const { R } = this.#knowledge?.linkInForce ?? this;
    return this.#inv && R.length === 0 ? invitationLink(this.#inv) : roomLink(R);
  }

  /**
   * Finds the room of an invitation; harmless for other links.
   * @throws {ParlourError} `invitation-used`, `no-such-room`, …
   */
  async redeem() {
    if (!this.#inv) return;
    const invId = await invitationId(this.#inv);
    if (this.#R.length === 0) {
      const { R } = await this.#askForBox(invId, this.#inv);
      this.#R = R;
      this.#roomId = b64(await roomIdOf(R));
    }
    if ((await this.look()) === null) throw new ParlourError("no-such-room");
    this.knowledge.invitation = { invId, ipsk: await invitationPsk(this.#inv, this.knowledge.room) };
  }

  /** @param {Bytes} invId @param {Bytes} inv */
  async #askForBox(invId, inv) {
    try {
      const { inv_box } = await this.#server.ask("redeem", { inv_id: b64(invId) });
      return await openInvitation(inv, unb64(inv_box));
    } catch (thrown) {
      const isUnknown = thrown instanceof SealError || (thrown instanceof ParlourError && thrown.code === "no-such-room");
      throw isUnknown ? new ParlourError("invitation-used", { cause: thrown }) : thrown;
    }
  }

  get R() { return this.#R; }

  /** After `look` or `create` found the room. @returns {Knowledge} */
  get knowledge() {
    if (!this.#knowledge) throw new ParlourError("no-such-room");
    return this.#knowledge;
  }

  /** Null before the room was found. @returns {Knowledge | null} */
  get known() { return this.#knowledge; }

  /**
   * Asks the server about the room. A server that forgot it gets it back from a page that was in it before.
   * @returns {Promise<number | null>} how many people are in; null: nobody has opened it (yet)
   * @throws {ParlourError} `room-over`, `room-expired`, `no-server`, …
   */
  async look() {
    if (this.#R.length === 0) return 0;
    let hosts;
    try {
      ({ hosts } = await this.#server.ask("look", { room_id: this.#roomId }));
    } catch (thrown) {
      if (!(thrown instanceof ParlourError) || thrown.code !== "no-such-room") throw thrown;
      return (await this.#restore()) ? 0 : null;
    }
    for (const claim of hosts) {
      if (!(await this.#open(claim))) continue;
      this.#checkRules();
      return claim.seats;
    }
    return null;
  }

  /**
   * Takes what was typed into the password field.
   * @param {string} password empty: nothing
   * @throws {ParlourError} `no-password` if the room has none, `bad-password`
   */
  async takePassword(password) {
    const { knowledge } = this;
    if (password === "") return;
    const pw = knowledge.rules?.pw ?? 0;
    if (pw === 0) throw new ParlourError("no-password");
    const S = await withPassword(() => stretch(password, knowledge.room, pw));
    knowledge.password = { pw, S, sure: false };
  }

  /**
   * Whether the rules as they are known leave this person any way in: a right, the door, or somebody to be asked.
   * @throws {ParlourError} `removed`, `locked`, `not-invited`, `link-replaced`, `needs-password`
   */
  checkWay() {
    const { knowledge } = this;
    const { rules } = knowledge;
    const { spk } = this.self;
    if (!rules || knowledge.hostKey) return;
    if (rules.removed.includes(spk)) throw new ParlourError("removed");
    if (rules.members.includes(spk)) return;
    if (rules.door === "locked") throw new ParlourError("locked");
    if (knowledge.invitation) return;
    if (rules.door === "invite") throw new ParlourError("not-invited");
    if (!knowledge.linkInForce) throw new ParlourError("link-replaced");
    if (rules.door === "open" && rules.pw !== 0 && !knowledge.passwordInForce) throw new ParlourError("needs-password");
  }

  /**
   * Who this page is: the person of before, if this tab was here, with fresh keys of the page.
   * @param {Bytes} fingerprint of the own certificate
   * @returns {Promise<{core: import("./seal/core.js").OwnCore, isHost: boolean, pid: string, spk: string}>}
   */
  async makeCore(fingerprint) {
    const { room, hostKey } = this.knowledge;
    const core = await makeCore(room, fingerprint, { person: await this.self.person() });
    await this.self.addPage(b64(core.pid));
    return { core, isHost: hostKey !== null, pid: b64(core.pid), spk: b64(core.spk) };
  }

  /**
   * Takes a seat, or a place on the porch. After a server that restarted, gives it the room first.
   * @param {import("./seal/core.js").OwnCore} core
   * @throws {ParlourError} the server's refusal
   */
  async join(core) {
    try {
      return await this.#joinOnce(core);
    } catch (thrown) {
      if (!(thrown instanceof ParlourError) || thrown.code !== "no-such-room") throw thrown;
      if (!(await this.#restore())) throw thrown;
      return this.#joinOnce(core);
    }
  }

  /** @param {import("./seal/core.js").OwnCore} core */
  async #joinOnce(core) {
    const { room, hostKey, hostPk, linkInForce } = this.knowledge;
    const session = await this.#server.session();
    const body = {
      room_id: linkInForce ? b64(linkInForce.roomId) : this.#roomId,
      host_pk: b64(hostPk),
      core: b64(core.core),
      join_sig: b64(await signJoin(core, room, unb64(session, 16))),
      host_in: hostKey ? b64(await signHostIn(hostKey, room, core.hid)) : undefined,
    };
    return this.#server.ask("join", body, session);
  }

  /**
   * Shows the server that this page, which is in, holds the host key now.
   * @param {Bytes} hid
   * @throws {ParlourError} the server's refusal
   */
  async showHost(hid) {
    const { room, hostKey } = this.knowledge;
    if (hostKey) await this.#server.ask("host", { host_in: b64(await signHostIn(hostKey, room, hid)) });
  }

  /** Gives the server a link that it does not know yet. @param {RoomLink} link */
  async announce(link) {
    await this.#server.ask("create", this.#whole(link));
  }

  /** Whether the claim proves itself. @param {Pick<HostClaim, "room_box" | "box_sig" | "states">} claim @returns {Promise<boolean>} */
  async #open({ room_box, box_sig, states }) {
    try {
      const { room, hostPk, flags0, link } = await openLink(this.#R, unb64(room_box), unb64(box_sig, 64));
      if (!this.#knowledge) {
        const knowledge = new Knowledge({ room, hostPk, flags0 }, link);
        await this.self.recall(knowledge, this.#seed);
        this.#seed = null;
        await knowledge.adopt(states);
        if (knowledge.rules === null) return false;
        this.#knowledge = this.self.knowledge = knowledge;
      } else await this.#knowledge.adopt(states);
      return true;
    } catch (thrown) {
      if (thrown instanceof SealError) return false;
      throw thrown;
    }
  }

  /**
   * The link that makes another device of this person host.
   * @returns {Promise<string>} `#1h…`
   * @throws {ParlourError} `not-host`
   */
  async hostLink() {
    const { seed, linkInForce } = this.knowledge;
    if (!seed) throw new ParlourError("not-host");
    return hostLink(seed, linkInForce?.R ?? this.#R);
  }

  #checkRules() {
    if (this.knowledge.rules?.over) throw new ParlourError("room-over");
    if (!this.knowledge.fresh) throw new ParlourError("room-expired");
  }

  /** Gives the room back to a server that does not know it. @returns {Promise<boolean>} whether this page could */
  async #restore() {
    if (!this.#knowledge) {
      const room = await this.#keep.roomOf(this.#roomId);
      const person = room === null ? null : await this.#keep.person(room);
      for (const { box, sig } of person?.links ?? []) {
        if (await this.#open({ room_box: b64(box), box_sig: b64(sig), states: person?.states ?? [] })) break;
      }
    }
    const knowledge = this.#knowledge;
    if (!knowledge || knowledge.rules?.over || !knowledge.fresh) return false;
    const [first, ...others] = [...knowledge.links].sort((a, b) => Number(b === knowledge.linkInForce) - Number(a === knowledge.linkInForce));
    if (!first) return false;
    await this.#server.ask("restore", this.#whole(first));
    // The others are names for those who are listed; a page that lacks one is no reason to stay outside.
    for (const link of others.slice(-4)) this.#server.ask("restore", this.#whole(link)).catch(() => {});
    return true;
  }

  /** @param {RoomLink} link @returns {RoomPapers} */
  #whole({ roomId, roomBox, boxSig }) {
    const { hostPk, states } = this.knowledge;
    return { room_id: b64(roomId), host_pk: b64(hostPk), room_box: b64(roomBox), box_sig: b64(boxSig), states };
  }
}

/**
 * @template T
 * @param {() => Promise<T>} task @returns {Promise<T>}
 * @throws {ParlourError} `bad-password`
 */
export async function withPassword(task) {
  try {
    return await task();
  } catch (thrown) {
    if (thrown instanceof SealError && thrown.code === "bad-password") throw new ParlourError("bad-password", { cause: thrown });
    throw thrown;
  }
}
