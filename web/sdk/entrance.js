// From a link or a name to a seat: making a room on the server, finding it, giving it back, taking a seat (seal.md 1, 3).
//
// The server's answers are believed only as far as they prove themselves: the room_box must recompute the link's
// secret, states must be the host's; whose a name is, nothing proves (named.js). Whether there is any way in is way.js's. What
// happens among those inside is mesh.js's, new rules are hosting.js's.

import { ParlourError } from "./errors.js";
import { Knowledge } from "./knowledge.js";
import { NO_SECRET, believable, namedLink } from "./named.js";
import { papers, withPassword } from "./papers.js";
import { SealError, b64, unb64 } from "./seal/bytes.js";
import { makeCore, signHostIn, signJoin } from "./seal/core.js";
import { newHostPage } from "./seal/issue.js";
import { invitationId, invitationPsk, openInvitation } from "./seal/invite.js";
import { hostLink, invitationLink, roomLink } from "./seal/link.js";
import { createNamedRoom, createRoom, hostKeyOf, nameIdOf, namedRoomOf, openLink, roomIdOf } from "./seal/room.js";
import { Self, newHost } from "./self.js";
import { Way } from "./way.js";

/** @typedef {import("./seal/bytes.js").Bytes} Bytes */
/** @typedef {import("./seal/room.js").RoomLink} RoomLink */
/** @typedef {import("./protocol.js").HostClaim} HostClaim */
/** @typedef {import("./types.js").Door} Door */
/** @typedef {{host_pk: string, room_box?: string | undefined, box_sig?: string | undefined}} Papers */
/** An empty password is none. @typedef {{cap: number, door: Door, password: string, offRecord: boolean}} Wish */

export class Entrance {
  #server;
  /** What the link held by which this page came. */ #R;
  /** Of a named room, else empty. */ name = "";
  #roomId;
  /** Of an invitation, by which the room has not been found yet. @type {Bytes | null} */ #inv = null;
  /** Of a host link, until it is stored. @type {Bytes | null} */ #seed;
  /** @type {Knowledge | null} */ #knowledge = null;
  /** What this device keeps of the room. @readonly */ self;
  /** Whether there is one in. @readonly */ way;

  /**
   * @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep
   * @param {Bytes} R what the link holds @param {Bytes} roomId @param {Bytes | null} [seed] @param {boolean} [asks] the link said that there is a password
   */
  constructor(server, keep, R, roomId, seed = null, asks = false) {
    this.#server = server;
    this.self = new Self(keep);
    this.way = new Way(asks, () => this.knowledge, () => this.self.spk);
    this.#R = R;
    this.#roomId = b64(roomId);
    this.#seed = seed;
  }

  /**
   * @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep @param {import("./links.js").Link} link
   * @returns {Promise<Entrance>}
   */
  static async of(server, keep, link) {
    if (link.kind !== "room" && link.name !== undefined) return Entrance.named(server, keep, { ...link, name: link.name });
    if (link.kind === "room") return new Entrance(server, keep, link.R, await roomIdOf(link.R));
    if (link.kind === "host") return new Entrance(server, keep, link.R, await roomIdOf(link.R), link.seed);
    // The room of an invitation is found when its person wants to come in, and not before.
    const entrance = new Entrance(server, keep, new Uint8Array(0), new Uint8Array(0));
    entrance.#inv = link.kind === "invitation" ? link.inv : null;
    return entrance;
  }

  /**
   * By a name, with what stood behind it.
   * @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep
   * @param {{name: string, password?: boolean, inv?: Bytes, seed?: Bytes}} link
   */
  static async named(server, keep, { name, password = false, inv, seed }) {
    const entrance = new Entrance(server, keep, NO_SECRET, await nameIdOf(namedRoomOf(name)), seed, password);
    entrance.name = name;
    entrance.#inv = inv ?? null;
    return entrance;
  }

  /**
   * For a room that is about to be made: by a name, or by a link that does not exist yet.
   * @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep @param {string} name empty: none
   */
  static async before(server, keep, name) {
    return name === "" ? new Entrance(server, keep, new Uint8Array(0), new Uint8Array(0)) : Entrance.named(server, keep, { name });
  }

  /**
   * Makes the room on the server, with this device as its host.
   * @param {Wish} wish
   * @throws {ParlourError} `bad-password`, `needs-password` where the link promises one, `keeps-nothing` in standard mode, and the server's refusal
   */
  async make({ cap, door, password, offRecord }) {
    if (this.way.promised && password === "") throw new ParlourError("needs-password");
    const page = newHostPage();
    const wish = { cap, door, offRecord, now: Math.floor(Date.now() / 1000), page, ...(password !== "" && { password }) };
    const none = { link: null, flags0: undefined };
    const made = await withPassword(async () => (this.name === "" ? createRoom(wish) : { ...(await createNamedRoom(this.name, wish)), ...none }));
    const { host, state, room, link, flags0 } = made;
    const knowledge = new Knowledge({ room, hostPk: host.publicKey, ...(flags0 !== undefined && { flags0 }) }, link);
    await knowledge.addSeed(host.seed);
    const issued = [{ json: state.json, sig: b64(state.sig) }];
    await knowledge.adopt(issued);
    if (made.password) knowledge.password = { ...made.password, sure: true };
    const roomId = link ? b64(link.roomId) : this.#roomId;
    if (!offRecord) await this.#server.session();
    if (!offRecord && !this.#server.keeps) throw new ParlourError("keeps-nothing");
    await this.#server.ask("create", papers(knowledge, roomId, link));
    // Only now: what the server refused is no room, and leaves nothing behind on this device.
    if (link) this.#R = link.R;
    this.#roomId = roomId;
    this.#knowledge = this.self.knowledge = knowledge;
    knowledge.pinned = true;
    if (!offRecord) knowledge.keyring.first(knowledge.book);
    const pw = made.password?.pw ?? 0;
    await this.self.keep.putHost(knowledge.hostName, { ...newHost(host.seed, state.until), page, issued, pw });
    await this.self.remember();
  }

  /** What stands behind the origin and its slash: `#1…`, the link in force, where this page holds it; or `r/choir`. */
  async link() {
    const isInvited = this.#inv !== null && !this.#knowledge?.pinned;
    if (this.name !== "") {
      const secret = isInvited && this.#inv ? await invitationLink(this.#inv) : "";
      // Until somebody was met, what the server says takes the question for the password out of no link.
      const password = (this.#knowledge?.rules?.pw ?? 0) !== 0 || (this.way.promised && !this.#knowledge?.pinned);
      return namedLink(this.name, { password, secret });
    }
    const { R } = this.#knowledge?.linkInForce ?? this;
    return this.#inv && R.length === 0 ? invitationLink(this.#inv) : roomLink(R);
  }

  /**
   * Finds the room of an invitation; harmless for other links.
   * @throws {ParlourError} `invitation-used`, `no-such-room`, …
   */
  async redeem() {
    if (!this.#inv || this.#knowledge?.invitation || this.#knowledge?.pinned) return;
    const invId = await invitationId(this.#inv);
    if (this.#R.length === 0) {
      const { R } = await this.#askForBox(invId, this.#inv);
      this.#R = R;
      this.#roomId = b64(await roomIdOf(R));
    } else if (this.name !== "") await this.#askForBox(invId, this.#inv);
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
   * @throws {ParlourError} `room-over`, `room-expired`, `two-hosts`, `no-server`, …
   */
  async look() {
    if (this.#R.length === 0) return 0;
    const hosts = await this.#claims();
    const pin = this.name === "" ? "" : await this.#pin();
    const own = await this.#ownAmong(hosts);
    for (const claim of this.name === "" ? hosts : believable(hosts, pin, own)) {
      if (!(await this.#open(claim))) continue;
      this.#checkRules();
      return claim.seats;
    }
    if (await this.#restore()) return 0;
    if (pin !== "" && believable(hosts, "", own).length > 0) throw new ParlourError("two-hosts");
    if (pin !== "" && this.#knowledge) this.#checkRules();
    if (this.name !== "" && pin === "") this.#knowledge = this.self.knowledge = null;
    return null;
  }

  /** Who claims this link or name; nobody, where the server knows of none. */
  async #claims() {
    try {
      return (await this.#server.ask("look", { room_id: this.#roomId })).hosts;
    } catch (thrown) {
      if (thrown instanceof ParlourError && thrown.code === "no-such-room") return [];
      throw thrown;
    }
  }

  /** Whom this person has met under this name, or whose key the host link holds: host_pk, or empty. */
  async #pin() {
    if (this.#knowledge?.pinned) return b64(this.#knowledge.hostPk);
    if (this.#seed) return b64((await hostKeyOf(this.#seed)).publicKey);
    return (await this.self.keep.person(b64(namedRoomOf(this.name))))?.pin ?? "";
  }

  /** Of the claims of a name: those whose host is this device. @param {readonly HostClaim[]} claims */
  async #ownAmong(claims) {
    const own = new Set();
    if (this.name === "") return own;
    const room = b64(namedRoomOf(this.name));
    for (const { host_pk } of claims) if (await this.self.keep.host(`${room} ${host_pk}`)) own.add(host_pk);
    return own;
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
    await this.#server.ask("create", papers(this.knowledge, b64(link.roomId), link));
  }

  /**
   * Somebody of a named room was met, and nobody who stood between could have shown these rules: from now on it is this
   * host's, as long as this is stored.
   */
  async pin() {
    this.knowledge.pinned = true;
    await this.self.remember();
  }

  /** Forgets who this person was in this room; or also that this device is host. @param {boolean} andHost */
  async forget(andHost) {
    // A name leads here also where its room could not be opened.
    if (this.name !== "" && !this.#knowledge) await this.self.keep.dropPerson(b64(namedRoomOf(this.name)));
    await this.self.forget(andHost);
  }

  /** Whether the claim proves itself; that of a name only shows rules. @param {Papers & {states: HostClaim["states"]}} claim @returns {Promise<boolean>} */
  async #open(claim) {
    try {
      const isKnown = this.#knowledge && (this.name === "" || b64(this.#knowledge.hostPk) === claim.host_pk);
      if (!isKnown) {
        const knowledge = await this.#read(claim);
        await this.self.recall(knowledge, this.#seed);
        this.#seed = null;
        await knowledge.adopt(claim.states);
        if (knowledge.rules === null) return false;
        this.#knowledge = this.self.knowledge = knowledge;
      } else {
        if (this.name === "") await this.#read(claim);
        await this.#knowledge?.adopt(claim.states);
      }
      return true;
    } catch (thrown) {
      if (thrown instanceof SealError) return false;
      throw thrown;
    }
  }

  /** @param {Papers} claim @throws {SealError} */
  async #read({ host_pk, room_box, box_sig }) {
    if (this.name !== "") return new Knowledge({ room: namedRoomOf(this.name), hostPk: unb64(host_pk, 32) }, null);
    const { room, hostPk, flags0, link } = await openLink(this.#R, unb64(room_box), unb64(box_sig, 64));
    return new Knowledge({ room, hostPk, flags0 }, link);
  }

  /**
   * The link that makes another device of this person host.
   * @returns {Promise<string>} `#1h…`, `r/choir#1h…`
   * @throws {ParlourError} `not-host`
   */
  async hostLink() {
    const { seed, linkInForce } = this.knowledge;
    if (!seed) throw new ParlourError("not-host");
    if (this.name !== "") return namedLink(this.name, { secret: await hostLink(seed, NO_SECRET) });
    return hostLink(seed, linkInForce?.R ?? this.#R);
  }

  #checkRules() {
    if (this.knowledge.rules?.over) throw new ParlourError("room-over");
    if (!this.knowledge.fresh) throw new ParlourError("room-expired");
  }

  /** Gives the room back to a server that does not know it. @returns {Promise<boolean>} whether this page could */
  async #restore() {
    if (!this.#knowledge) {
      const room = this.name === "" ? await this.self.keep.roomOf(this.#roomId) : b64(namedRoomOf(this.name));
      const person = room === null ? null : await this.self.keep.person(room);
      const { states, pin: host_pk } = person ?? { states: [], pin: "" };
      if (this.name !== "" && host_pk !== "") await this.#open({ host_pk, states });
      for (const { box, sig } of person?.links ?? []) {
        if (await this.#open({ host_pk, room_box: b64(box), box_sig: b64(sig), states })) break;
      }
    }
    const knowledge = this.#knowledge;
    if (!knowledge || knowledge.rules?.over || !knowledge.fresh) return false;
    if (knowledge.named) {
      if (!knowledge.pinned) return false;
      await this.#server.ask("restore", papers(knowledge, this.#roomId, null));
      return true;
    }
    const [first, ...others] = [...knowledge.links].sort((a, b) => Number(b === knowledge.linkInForce) - Number(a === knowledge.linkInForce));
    if (!first) return false;
    const give = (/** @type {RoomLink} */ link) => this.#server.ask("restore", papers(knowledge, b64(link.roomId), link));
    await give(first);
    // The others are names for those who are listed; a page that lacks one is no reason to stay outside.
    for (const link of others.slice(-4)) give(link).catch(() => {});
    return true;
  }
}
