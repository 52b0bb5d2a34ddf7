// From a link to a seat: making a room on the server, finding it, giving it back, taking a seat (seal.md 1, 3).
//
// The server's answers are believed only as far as they prove themselves: the room_box must recompute the link's
// secret, states must be the host's. What happens among those inside is mesh.js's.

import { ParlourError } from "./errors.js";
import { Knowledge } from "./knowledge.js";
import { SealError, b64, unb64 } from "./seal/bytes.js";
import { makeCore, signHostIn } from "./seal/core.js";
import { newHostPage } from "./seal/issue.js";
import { ed25519FromSeed, ed25519Generate } from "./seal/kdf.js";
import { roomLink } from "./seal/link.js";
import { createRoom, openLink, roomIdOf } from "./seal/room.js";

/** @typedef {import("./seal/bytes.js").Bytes} Bytes */
/** @typedef {import("./protocol.js").RoomPapers} RoomPapers */
/** @typedef {import("./protocol.js").HostClaim} HostClaim */

export class Entrance {
  #server;
  #keep;
  #R;
  #roomId;
  /** @type {Knowledge | null} */ #knowledge = null;
  /** What gives a forgetful server the room back. @type {Omit<RoomPapers, "states"> | null} */ #papers = null;
  /** @type {import("./seal/kdf.js").KeyPair | null} */ #spk = null;

  /**
   * @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep
   * @param {Bytes} R what the link holds @param {Bytes} roomId
   */
  constructor(server, keep, R, roomId) {
    this.#server = server;
    this.#keep = keep;
    this.#R = R;
    this.#roomId = b64(roomId);
  }

  /** @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep @param {Bytes} R */
  static async of(server, keep, R) {
    return new Entrance(server, keep, R, await roomIdOf(R));
  }

  /**
   * Makes a room on the server, with this device as its host.
   * @param {import("./server.js").Server} server @param {import("./keep.js").Keep} keep
   * @param {{cap: number, door: "open"}} wish
   * @returns {Promise<Entrance>}
   * @throws {ParlourError}
   */
  static async create(server, keep, { cap, door }) {
    const page = newHostPage();
    const made = await createRoom({ cap, door, now: Math.floor(Date.now() / 1000), page });
    const { link, host, state, flags0, room } = made;
    const entrance = new Entrance(server, keep, link.R, link.roomId);
    const knowledge = new Knowledge({ room, hostPk: host.publicKey, flags0 }, link, host.privateKey);
    await knowledge.adopt([{ json: state.json, sig: b64(state.sig) }]);
    entrance.#take(knowledge, link.roomBox, link.boxSig);
    await server.ask("create", entrance.#whole());
    // Only now: what the server refused is no room, and leaves nothing behind on this device.
    await keep.putHost(entrance.#roomId, { seed: host.seed, page, until: state.until });
    await entrance.remember();
    return entrance;
  }

  /** `#1…` */
  link() { return roomLink(this.#R); }

  /** After `look` or `create` found the room. @returns {Knowledge} */
  get knowledge() {
    if (!this.#knowledge) throw new ParlourError("no-such-room");
    return this.#knowledge;
  }

  /**
   * Asks the server about the room. A server that forgot it gets it back from a page that was in it before.
   * @returns {Promise<number | null>} how many people are in; null: nobody has opened it (yet)
   * @throws {ParlourError} `room-over`, `room-expired`, `no-server`, …
   */
  async look() {
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
   * Who this page is: the person of before, if this tab was here, with fresh keys of the page.
   * @param {Bytes} fingerprint of the own certificate
   * @returns {Promise<{core: import("./seal/core.js").OwnCore, isHost: boolean, pid: string, spk: string}>}
   */
  async makeCore(fingerprint) {
    const { room, hostKey } = this.knowledge;
    const kept = await this.#keep.person(this.#roomId);
    this.#spk = kept?.spk ?? (await ed25519Generate());
    const core = await makeCore(room, fingerprint, { person: this.#spk });
    await this.remember();
    return { core, isHost: hostKey !== null, pid: b64(core.pid), spk: b64(core.spk) };
  }

  /**
   * Takes a seat. After a server that restarted, gives it the room first.
   * @param {import("./seal/core.js").OwnCore} core
   * @throws {ParlourError} the server's refusal
   */
  async join(core) {
    const { room, hostKey, hostPk } = this.knowledge;
    const body = {
      room_id: this.#roomId,
      host_pk: b64(hostPk),
      core: b64(core.core),
      core_sig: b64(core.coreSig),
      host_in: hostKey ? b64(await signHostIn(hostKey, room, core.hid)) : undefined,
    };
    try {
      return await this.#server.ask("join", body);
    } catch (thrown) {
      if (!(thrown instanceof ParlourError) || thrown.code !== "no-such-room") throw thrown;
      if (!(await this.#restore())) throw thrown;
      return this.#server.ask("join", body);
    }
  }

  /** Keeps on this device who this person is and what is known of the room. */
  async remember() {
    if (!this.#spk && !(this.#spk = (await this.#keep.person(this.#roomId))?.spk ?? null)) this.#spk = await ed25519Generate();
    await this.#keep.putPerson(this.#roomId, { spk: this.#spk, states: this.knowledge.held, papers: this.#whole() });
  }

  /** Forgets who this person was in this room; at the end of the room, also that this device is host. @param {boolean} isOver */
  async forget(isOver) {
    await this.#keep.dropPerson(this.#roomId);
    if (isOver) await this.#keep.dropHost(this.#roomId);
  }

  /** Whether the claim proves itself. @param {HostClaim} claim @returns {Promise<boolean>} */
  async #open({ room_box, box_sig, states }) {
    try {
      const [box, sig] = [unb64(room_box), unb64(box_sig, 64)];
      const { room, hostPk, flags0, link } = await openLink(this.#R, box, sig);
      if (!this.#knowledge) {
        const kept = await this.#keep.host(this.#roomId);
        const pair = kept && (await ed25519FromSeed(kept.seed));
        const hostKey = pair && b64(pair.publicKey) === b64(hostPk) ? pair.privateKey : null;
        const knowledge = new Knowledge({ room, hostPk, flags0 }, link, hostKey);
        // First what this person knew before: nobody goes back behind it.
        await knowledge.adopt((await this.#keep.person(this.#roomId))?.states ?? []);
        await knowledge.adopt(states);
        if (knowledge.rules === null) return false;
        this.#take(knowledge, box, sig);
      } else await this.#knowledge.adopt(states);
      return true;
    } catch (thrown) {
      if (thrown instanceof SealError) return false;
      throw thrown;
    }
  }

  #checkRules() {
    if (this.knowledge.rules?.over) throw new ParlourError("room-over");
    if (!this.knowledge.fresh) throw new ParlourError("room-expired");
  }

  /** @param {Knowledge} knowledge @param {Bytes} box @param {Bytes} sig */
  #take(knowledge, box, sig) {
    this.#knowledge = knowledge;
    this.#papers = { room_id: this.#roomId, host_pk: b64(knowledge.hostPk), room_box: b64(box), box_sig: b64(sig) };
  }

  /** Gives the room back to a server that does not know it. @returns {Promise<boolean>} whether this page could */
  async #restore() {
    if (!this.#knowledge) {
      const papers = (await this.#keep.person(this.#roomId))?.papers;
      if (!papers || !(await this.#open({ ...papers, seats: 0 }))) return false;
    }
    if (this.knowledge.rules?.over || !this.knowledge.fresh) return false;
    await this.#server.ask("restore", this.#whole());
    return true;
  }

  /** @returns {RoomPapers} */
  #whole() {
    if (!this.#papers) throw new ParlourError("no-such-room");
    return { ...this.#papers, states: this.knowledge.states };
  }
}
