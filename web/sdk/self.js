// Who this page's person is in one room, and what this device keeps of it: the record of the person, deleted on leave, and
// that of a host, deleted at the end of the room (seal.md 1.6, 3). And how a person moves from one tab to another.
//
// Storage itself is keep.js's. What is known of the room is knowledge.js's; it is written down here as it stands.

import { b64 } from "./seal/bytes.js";
import { newHostPage } from "./seal/issue.js";
import { ed25519Generate } from "./seal/kdf.js";
import { Presence, otherTabsIn, tellMoved } from "./tabs.js";

/** @typedef {import("./knowledge.js").Knowledge} Knowledge */
/** @typedef {import("./seal/kdf.js").KeyPair} KeyPair */

/** Earlier pages of this person that may still be listed. */
const OWN_PAGES = 8;
/** How long another tab may take to go, and how often one looks, ms. */
const AWAY_MS = 3000;
const AWAY_LOOK_MS = 100;

export class Self {
  /** @readonly */ keep;
  /** Once the room was found; set by entrance.js. @type {Knowledge | null} */ knowledge = null;
  /** @type {KeyPair | null} */ #person = null;
  /** Nothing is stored any more: what was under way must not bring back what was forgotten. */ #forgotten = false;
  /** Another tab's place was taken for good. */ #moved = false;
  /** Pids of this person's pages, this one last. @type {string[]} */ ownPages = [];
  /** Who was heard reading the code, by spk, and under which name. @type {Map<string, string>} */ ticks = new Map();
  /** Whom a host let in, by spk. @type {Map<string, import("./giving.js").Admission>} */ admitted = new Map();
  /** Wrong passwords counted here, of this and an earlier load. @type {import("./seal/guesses.js").GuessState | null} */ guesses = null;

  /** @param {import("./keep.js").Keep} keep */
  constructor(keep) {
    this.keep = keep;
  }

  /** base64url, empty before this page is somebody. */
  get spk() { return b64(this.#person?.publicKey ?? new Uint8Array(0)); }

  /** This page's person: that of before if this tab was here, else a new one. @returns {Promise<KeyPair>} */
  async person() {
    await this.remember();
    return /** @type {KeyPair} */ (this.#person);
  }

  /** @param {string} pid of this page, which is about to join */
  async addPage(pid) {
    this.ownPages.push(pid);
    this.ownPages.splice(0, this.ownPages.length - OWN_PAGES);
    await this.remember();
  }

  /**
   * First what this device knew before: nobody goes back behind it.
   * @param {Knowledge} knowledge of a room that was just found @param {Uint8Array<ArrayBuffer> | null} seed of a host link
   */
  async recall(knowledge, seed) {
    const host = await this.keep.host(knowledge.hostName);
    if (host) {
      await knowledge.addSeed(host.seed);
      await knowledge.adopt(host.issued);
      knowledge.keeps = host.keeps === true;
      knowledge.invitations.recall(host.invitations);
    } else if (seed && (await knowledge.addSeed(seed))) {
      const until = knowledge.now() + 24 * 3600;
      await this.keep.putHost(knowledge.hostName, newHost(seed, until));
    }
    // Who has the key of a named room knows whose it is.
    knowledge.pinned = knowledge.named && knowledge.hostKey !== null;
    const person = await this.keep.person(knowledge.name);
    if (person) await this.#become(knowledge, person);
  }

  /** Keeps on this device who this person is and what is known of the room. */
  async remember() {
    const { knowledge } = this;
    if (this.#forgotten || !knowledge) return;
    this.#person ??= (await this.keep.person(knowledge.name))?.spk ?? (await ed25519Generate());
    const links = knowledge.links.map(({ R, roomBox, boxSig }) => ({ R, box: roomBox, sig: boxSig }));
    const { held: states, name } = knowledge;
    // What was merely typed is no right to come in without being asked.
    const password = knowledge.password?.sure ? knowledge.password : null;
    const { guesses } = this;
    const pin = knowledge.named && knowledge.pinned ? b64(knowledge.hostPk) : "";
    const marks = { ticks: [...this.ticks], admitted: [...this.admitted], pages: [...this.ownPages] };
    const keys = knowledge.rules?.mode === "standard" ? { keys: knowledge.keyring.kept, begun: [...knowledge.begun] } : {};
    await this.keep.putPerson(name, { spk: this.#person, states, links, password, guesses, pin, ...marks, ...keys });
    for (const { roomId } of knowledge.links) await this.keep.putLink(b64(roomId), name);
  }

  /** The invitations that were made here. */
  rememberInvitations() {
    return this.#changeHost(({ invitations }) => ({ invitations: invitations.own }));
  }

  /** Rules that were signed for another day: so long this device stays host. */
  rememberRenewal() {
    return this.#changeHost(({ book, held }) => ({ until: book.until, issued: held }));
  }

  /** This page has been made host: so is this device. */
  async rememberHost() {
    const { knowledge } = this;
    if (knowledge?.seed) await this.keep.putHost(knowledge.hostName, newHost(knowledge.seed, knowledge.book.until));
  }

  /** Forgets who this person was in this room; or also that this device is host. @param {boolean} andHost */
  async forget(andHost) {
    const { knowledge } = this;
    this.#forgotten = true;
    if (!knowledge) return;
    await this.keep.dropPerson(knowledge.name);
    for (const { roomId } of knowledge.links) await this.keep.dropLink(b64(roomId));
    if (andHost) await this.keep.dropHost(knowledge.hostName);
  }

  /** Other tabs of this browser that are in this room. @returns {Promise<string[]>} */
  async otherTabs() {
    return this.knowledge ? otherTabsIn(this.knowledge.name, this.keep.tab) : [];
  }

  /**
   * Becomes the person that another tab is in this room. That tab keeps its record until `finishMove`.
   * @returns {Promise<string | null>} that tab; null: there is none, or none whose record can be read
   */
  async takeOver() {
    const { knowledge } = this;
    for (const tab of await this.otherTabs()) {
      const person = knowledge && (await this.keep.person(knowledge.name, tab));
      if (!person) continue;
      await this.#become(knowledge, person);
      return tab;
    }
    return null;
  }

  /** The move came to nothing: the other tab stays who it is, and this one is nobody yet. */
  async giveBack() {
    // Sent away already: then this tab is that person, and knocks again as such.
    if (this.#moved) return;
    this.#person = null;
    this.ownPages.length = 0;
    if (this.knowledge) await this.keep.dropPerson(this.knowledge.name);
  }

  /** Ends the other tab's stay: this one is that person now. @param {string} tab */
  async finishMove(tab) {
    if (!this.knowledge) return;
    this.#moved = true;
    tellMoved(this.knowledge.name, tab);
    await this.keep.dropPerson(this.knowledge.name, tab);
  }

  /** Ends the other tab's stay before this page has come in, and waits for it. @param {string} tab */
  async sendAway(tab) {
    await this.finishMove(tab);
    for (let waited = 0; waited < AWAY_MS && (await this.otherTabs()).includes(tab); waited += AWAY_LOOK_MS) {
      await new Promise((resolve) => setTimeout(resolve, AWAY_LOOK_MS));
    }
  }

  /** @param {() => void} onMoved another tab took this one's place @returns {Presence} to be ended on leave */
  stand(onMoved) {
    return new Presence(this.knowledge?.name ?? "", this.keep.tab, () => {
      // The record is the other tab's to delete, and must not come back.
      this.#forgotten = true;
      onMoved();
    });
  }

  /** @param {Knowledge} knowledge @param {import("./keep.js").KeptPerson} person */
  async #become(knowledge, person) {
    this.#person = person.spk;
    // Another host's room under the same name: the same person, who knows nothing of it.
    if (knowledge.named && person.pin !== b64(knowledge.hostPk)) return;
    knowledge.pinned = knowledge.named;
    this.guesses = person.guesses;
    this.ownPages.push(...person.pages);
    // The same maps for as long as this page lives: others hold them.
    for (const [spk, name] of person.ticks) this.ticks.set(spk, name);
    for (const [spk, admission] of person.admitted) this.admitted.set(spk, admission);
    knowledge.password = person.password;
    if (person.keys) knowledge.keyring.recall(person.keys);
    knowledge.begun.splice(0, Number.POSITIVE_INFINITY, ...(person.begun ?? []));
    await knowledge.adopt(person.states);
    for (const { R, box, sig } of person.links) await knowledge.addLink(R, box, sig);
  }

  /** @param {(knowledge: Knowledge) => Partial<import("./keep.js").KeptHost>} change */
  async #changeHost(change) {
    const { knowledge, keep } = this;
    if (!knowledge) return;
    const { hostName } = knowledge;
    await keep.alone(`host ${hostName}`, async () => {
      const host = await keep.host(hostName);
      if (host) await keep.putHost(hostName, { ...host, ...change(knowledge) });
    });
  }
}

/** A host device that has just been made one. @param {Uint8Array<ArrayBuffer>} seed @param {number} until unix seconds @returns {import("./keep.js").KeptHost} */
export function newHost(seed, until) {
  return { seed, page: newHostPage(), until, issued: [], pw: 0, met: [], removed: [], invitations: [] };
}
