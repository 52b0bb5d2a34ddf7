// Everything that exists between the press of Join and the leave, put together: the calls (mesh.js), the stay at the
// server (stay.js) and whether there is one any longer (place.js), what a host does (hosting.js), the door (lobby.js), gifts
// (giving.js), codes (codes.js), what people say and send each other (content/), the log.
//
// What one of them finds out is told to those whom it concerns. What a page reads and calls is meeting.js's.

import { Codes } from "./codes.js";
import { Content } from "./content/content.js";
import { ParlourError } from "./errors.js";
import { Giving } from "./giving.js";
import { Hosting } from "./hosting.js";
import { Keeping } from "./keeping.js";
import { Lobby } from "./lobby.js";
import { Log, admittedBy } from "./log.js";
import { Mesh } from "./mesh.js";
import { Muting } from "./muting.js";
import { Names } from "./names.js";
import { Place } from "./place.js";
import { Recording } from "./recording.js";
import { b64 } from "./seal/bytes.js";
import { random } from "./seal/kdf.js";
import { Stay } from "./stay.js";

/** How long `settled` waits at most, and how often it looks, ms. */
const SETTLE_MS = 8000;
const SETTLE_LOOK_MS = 200;

/** @typedef {import("./types.js").Me} Me */
/** @typedef {import("./seal/core.js").OwnCore} OwnCore */

/**
 * @typedef {{
 *   server: import("./server.js").Server, entrance: import("./entrance.js").Entrance, core: OwnCore, pid: string,
 *   certificate: RTCCertificate, relayOnly: boolean, message: string, tracks: import("./connection.js").Tracks,
 *   me: () => Readonly<Me>,
 * }} InsideParts
 */
/**
 * @typedef {{onIn(): void, onPorch(): void, onAway(): void, onCount(count: number): void, onEnd(code: string): void,
 *   onHost(): void, onLink(): void, onReaction(person: string, emoji: string): void, onMuteAsked(by: string, name: string): void, onRecordingOver(over: import("./recording.js").Over): void, onChange(): void, isAway(): boolean}} InsideUser
 */

export class Inside {
  #parts;
  #user;
  #knowledge;
  #spk;
  #stopped = false;
  /** The rules of which the log has told. @type {import("./seal/rules.js").Rules | null} */ #told;
  /** The rules asked for the room to stay. */ #wasKept;
  #names = new Names();
  /** The server says that it is over, and nobody signed that. */ #isStopped = false;
  #place;
  /** Invitations that were used once too often: who came last, by the invitation's id. @type {Map<string, import("./notes.js").Remark>} */ #usedUp = new Map();

  /** @param {InsideParts} parts @param {InsideUser} user */
  constructor(parts, user) {
    this.#parts = parts;
    this.#user = user;
    const { server, entrance, core, pid, certificate, relayOnly, message, tracks, me } = parts;
    this.#knowledge = entrance.knowledge;
    this.#spk = b64(core.spk);
    this.#told = structuredClone(this.#knowledge.rules);
    this.#wasKept = this.#knowledge.keptUntil !== null;
    this.#knowledge.keeps ||= this.#wasKept;
    this.lobby = new Lobby();
    this.log = new Log();
    const { knowledge } = entrance;
    this.mesh = new Mesh(
      { core, pid, knowledge, certificate, relayOnly, me, message, tracks, ownPages: entrance.self.ownPages, marks: (spk, as) => this.#marks(spk, as) },
      {
        signal: (to, body) => server.signal(to, body),
        seat: (of) => void server.ask("seated", { pid: of }).catch(() => {}),
        onStates: () => {
          this.#rulesChanged("The host");
          void this.stay.spread();
        },
        onWaiting: (of, what) => this.#waits(of, what),
        onMessage: (hid, heard) => void this.#hear(hid, heard),
        onPerson: (spk, as, host) => this.#met(spk, as, host),
        onBye: (spk) => this.giving.met.delete(spk),
        onChannel: (hid) => this.#give(hid),
        onProven: (hid, gen) => this.content.handleConnection(hid, gen),
        onGone: (hid) => {
          this.content.handleGone(hid);
          this.keeping?.handleGone(hid);
          this.recording?.handleGone(hid);
        },
        onWrongPassword: () => this.#place.handleWrongPassword(),
        onCutOff: (code) => this.#place.lose(code),
        onTick: (awake) => this.#tick(awake),
        onDoubt: () => server.doubt(),
        isServerAway: () => user.isAway(),
        onChange: () => {
          // Who came in a moment ago has agreed to nothing.
          this.recording?.handleTick();
          user.onChange();
        },
      },
    );
    this.content = new Content(
      { spk: this.#spk, name: () => me().name, isHost: () => this.#knowledge.hostKey !== null }, this.mesh,
      {
        onChange: () => {
          this.keeping?.handleContent();
          user.onChange();
        },
        onReaction: (person, emoji) => user.onReaction(person, emoji),
        storing: () => this.keeping?.storing ?? null,
      },
    );
    // Off the record there is nothing of the kind.
    this.keeping = knowledge.rules?.mode === "standard" ? new Keeping(
      { server: server.address, knowledge, spk: this.#spk, name: () => me().name, content: this.content, mesh: this.mesh },
      { onChange: () => user.onChange(), save: () => entrance.self.remember() },
    ) : null;
    this.recording = knowledge.rules?.mode === "standard" ? new Recording({
      pages: () => this.mesh.pages, send: (hid, message) => this.mesh.send(hid, message), newId: () => b64(random(16)),
      now: () => Date.now(), awake: () => this.mesh.awake,
    }, {
      onChange: () => user.onChange(),
      onOver: (over) => user.onRecordingOver(over),
      onLog: (text, of) => this.log.add("record", text, of),
    }) : null;
    this.muting = new Muting({
      spk: this.#spk, isHost: () => this.#knowledge.hostKey !== null, isSpeaking: () => me().audio,
      people: () => this.mesh.people(), pages: () => this.mesh.reached,
      send: (hid, message) => this.mesh.send(hid, message), awake: () => this.mesh.awake,
    }, {
      onAsked: (by, called) => user.onMuteAsked(by, called),
      onLog: (text, of) => {
        this.log.add("mute", text, of);
        user.onChange();
      },
    });
    this.giving = new Giving(knowledge, this.#spk, entrance.self.admitted, (hid, given) => this.mesh.send(hid, given));
    const mode = knowledge.rules?.mode ?? "off";
    this.codes = new Codes({ room: knowledge.room, hostPk: knowledge.hostPk, mode, hid: core.hid }, this.mesh, entrance.self.ticks, () => user.onChange());
    this.stay = new Stay({ server, entrance, core, mesh: this.mesh }, {
      onIn: () => {
        this.#isStopped = false;
        user.onIn();
        void this.hosting.announceInvitations();
      },
      onPorch: () => this.#place.handlePorch(),
      onAway: () => user.onAway(),
      onCount: (count) => user.onCount(count),
      onRules: () => this.#rulesChanged("The host"),
      onPlace: (place) => this.keeping?.handlePlace(place),
      onStopped: () => {
        this.#isStopped = true;
        user.onAway();
      },
      onEnd: (code) => this.#place.lose(code),
    });
    this.#place = new Place({ way: entrance.way, knowledge, spk: this.#spk, mesh: this.mesh, stay: this.stay }, { onPorch: () => user.onPorch(), onEnd: (code) => user.onEnd(code) });
    this.hosting = new Hosting(
      { server, entrance, mesh: this.mesh, giving: this.giving, lobby: this.lobby, me, hid: b64(core.hid) },
      {
        onIssued: () => {
          this.#rulesChanged("You");
          this.mesh.handleRules();
          for (const { hid } of this.mesh.reached) this.#give(hid);
        },
        tell: () => this.stay.tell(),
        onGift: () => {
          for (const { hid } of this.mesh.reached) this.#give(hid);
          user.onChange();
        },
        isStopped: () => this.#stopped,
        onUnmet: (who) => {
          for (const name of who) this.log.add("unmet", `${name || "Somebody"} was cut off while coming in.`, { about: name });
        },
        nameOf: (spk) => this.#names.of(spk),
        mayKeep: () => this.stay.mayKeep,
      },
    );
  }

  /**
   * Takes a seat, however long that takes.
   * @throws {ParlourError} why not
   */
  async enter() {
    const { entrance } = this.#parts;
    if (entrance.self.guesses) this.mesh.restoreGuesses(entrance.self.guesses);
    if (this.#knowledge.passwordInForce) this.mesh.press();
    this.#place.begin();
    await this.stay.enter();
  }

  /** What is waited for at the door; null inside. */
  get waiting() {
    return this.stay.isEntering ? this.lobby.waiting(this.#place.byPassword) : null;
  }

  /** Wrong passwords of the generation in force, as members count them together. */
  get wrongPasswords() {
    const { pw, count } = this.mesh.guesses;
    return pw !== 0 && pw === this.#knowledge.rules?.pw ? count : 0;
  }

  /** @returns {import("./notes.js").Remark[]} */
  remarks() {
    const count = this.wrongPasswords;
    return [
      ...this.mesh.remarks(),
      ...this.#usedUp.values(),
      ...(this.keeping?.remarks() ?? []),
      ...(this.#isStopped ? [{ colour: /** @type {const} */ ("grey"), code: "stopped", who: "" }] : []),
      ...(count > 0 ? [{ colour: /** @type {const} */ ("grey"), code: "wrong-passwords", who: String(count) }] : []),
    ];
  }

  /** @param {string} spk @param {boolean} on */
  tick(spk, on) {
    const person = this.mesh.people().find(({ id }) => id === spk);
    if (!person) throw new ParlourError("no-such-participant");
    this.codes.tick(spk, person.name, on);
    void this.#parts.entrance.self.remember();
  }

  /** Over for everybody: the last thing that this page does. */
  async end() {
    await this.#place.endBy(() => this.hosting.end());
  }

  /** When everybody whom the server lists shows this page, or after a while. Then the page of before may go. */
  async settled() {
    for (let waited = 0; waited < SETTLE_MS && !this.mesh.isWhole && !this.#stopped; waited += SETTLE_LOOK_MS) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_LOOK_MS));
    }
  }

  /** For a new attempt at the door. */
  async giveUp() {
    this.stop();
    await this.stay.leave();
  }

  stop() {
    this.#stopped = true;
    this.stay.stop();
    this.content.stop();
    this.keeping?.stop();
    this.mesh.stop();
  }

  /** @param {string} spk @param {string} name @returns {Pick<import("./types.js").Person, "ticked" | "renamed" | "admitted" | "verified">} */
  #marks(spk, name) {
    const tick = this.codes.tickOf(spk, name);
    const ticked = tick === "ticked";
    const admission = this.giving.admitted.get(spk);
    const admitted = admission ? Object.freeze({ by: admission.by, at: new Date(admission.at), via: admission.via }) : null;
    return { ticked, renamed: tick === "renamed", admitted, verified: ticked ? "ticked" : admitted ? "host" : "link" };
  }

  /** Other rules hold. @param {"You" | "The host"} who by whom */
  #rulesChanged(who) {
    const { rules } = this.#knowledge;
    if (this.#stopped || !rules) return;
    this.log.compare(this.#told, rules, who, (spk) => (spk === this.#spk ? "you" : this.#names.of(spk)), this.#spk);
    if (this.#told) for (const spk of admittedBy(this.#told, rules)) {
      if (!this.giving.admitted.has(spk)) this.giving.admitted.set(spk, { at: Date.now(), by: "", via: "" });
    }
    const isKept = this.#knowledge.keptUntil !== null;
    if (isKept !== this.#wasKept) this.log.add("kept", isKept ? `${who} had the room stay when everybody has left.` : `${who} had the room end when everybody has left.`, { what: `${isKept ? "kept" : "not-kept"}.${who === "You" ? "you" : "host"}` });
    this.#wasKept = this.#knowledge.keeps = isKept;
    const hadPassword = this.#told?.pw === rules.pw;
    this.#told = structuredClone(rules);
    this.keeping?.handleRules(who === "You");
    if (!hadPassword && this.#knowledge.passwordInForce) this.mesh.press();
    this.lobby.clean((spk) => rules.members.includes(spk) || rules.removed.includes(spk));
    this.#user.onLink();
    this.#place.handleRules();
    this.#user.onChange();
  }

  /** @param {string} pid @param {import("./seal/types.js").Waiting} what */
  #waits(pid, what) {
    if (what.k === "lobby") this.#names.hear(what.spk, what.name);
    const teller = what.k === "cut" && what.by !== b64(this.#parts.core.hid) ? this.mesh.personOf(what.by) : null;
    const word = this.lobby.handle(pid, what, (spk) => this.#names.of(spk), teller?.name);
    if (what.k === "cut" && teller) this.log.add("cut", `${teller.name || "Somebody"} says that ${this.#names.of(what.spk) || "somebody"} was cut off while coming in.`, { who: teller.name, about: this.#names.of(what.spk) });
    if (word === "refused") this.#place.handleRefusal();
    if (what.k === "lobby" && what.invitation && this.#knowledge.hostKey) this.#invited(what.spk, what.invitation);
    this.#user.onChange();
  }

  /** Somebody shows an invitation. @param {string} spk @param {{id: string, label: string}} invitation */
  async #invited(spk, { id, label }) {
    const name = this.#names.of(spk) || "Somebody";
    try {
      const isIn = await this.hosting.admitInvited(id, spk);
      if (isIn) this.log.add("invited", `${name} came with the invitation \u201c${label}\u201d.`, { about: this.#names.of(spk), label });
      else {
        this.log.add("invitation-used", `The invitation \u201c${label}\u201d was used once too often, by somebody who is called ${name}.`, { about: this.#names.of(spk), label });
        this.#usedUp.set(id, { colour: "grey", code: "invitation-used", who: label, person: spk });
      }
      for (const { hid } of this.mesh.reached) this.#give(hid);
    } catch {
      // Not let in by itself: the knock stays, and is answered by hand.
    }
    this.#user.onChange();
  }

  /** @param {string} hid @param {import("./seal/types.js").Message} message */
  async #hear(hid, message) {
    const person = this.mesh.personOf(hid);
    if (!person || this.content.handle(hid, message) || this.codes.handle(hid, message) || this.muting.handle(person, message) || this.keeping?.handle(message) || this.recording?.handle(hid, person, message)) return;
    const taken = await this.giving.take(person, message);
    if (taken === null || this.#stopped) return;
    if (taken === "links" || taken === "password" || taken === "host") {
      if (taken === "host") await this.#becomeHost(person.name);
      if (taken === "password") this.mesh.press();
      this.mesh.handleRules();
      this.#user.onLink();
    }
    await this.#parts.entrance.self.remember();
    if (!this.#stopped) for (const page of this.mesh.reached) this.#give(page.hid);
    this.#user.onChange();
  }

  /** @param {string} by name */
  async #becomeHost(by) {
    const { entrance, core } = this.#parts;
    await entrance.self.rememberHost();
    this.log.add("host", `${by || "The host"} made you host.`, { who: by });
    this.#user.onHost();
    // While the server is away it hears of it with the next join.
    entrance.showHost(core.hid).catch(() => {});
  }

  /** @param {string} spk @param {string} name @param {boolean} host */
  #met(spk, name, host) {
    this.#names.hear(spk, name);
    if (!host || this.#knowledge.hostKey) this.giving.met.set(spk, Date.now());
    if (this.#knowledge.named && !this.#knowledge.pinned) void this.#parts.entrance.pin().then(() => this.#user.onLink());
    const { password } = this.#knowledge;
    if (password && !password.sure && this.mesh.provenPw === password.pw) {
      this.#knowledge.password = { ...password, sure: true };
      void this.#parts.entrance.self.remember();
    }
  }

  /** @param {string} hid */
  #give(hid) {
    const page = this.mesh.personOf(hid);
    if (!page || this.#stopped) return;
    this.giving.give(hid, page.host);
    this.keeping?.give(hid);
  }

  /** @param {number} awake */
  #tick(awake) {
    const here = new Set(this.mesh.reached.map(({ spk }) => spk));
    for (const spk of here) this.giving.met.set(spk, Date.now());
    this.content.handleTick();
    this.keeping?.handleTick(awake);
    this.recording?.handleTick();
    this.codes.handleTick();
    this.hosting.handleTick(awake);
    this.#place.handleTick();
    const { guesses, entrance } = { guesses: this.mesh.guesses, entrance: this.#parts.entrance };
    if (guesses.count !== (entrance.self.guesses?.count ?? 0) || guesses.pw !== (entrance.self.guesses?.pw ?? 0)) {
      entrance.self.guesses = guesses;
      void entrance.self.remember();
    }
  }
}
