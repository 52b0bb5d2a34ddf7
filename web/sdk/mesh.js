// All pages of a room together: what the pairs decide becomes connections, and the other way round.
//
// The seal (seal/pairs.js) says who is a person here; a call is made with each (call.js); the roster is what one sees.
// The server is known here only by `signal` and `seat`; coming in and staying in is stay.js's and entrance.js's. What people
// do with one another inside (knocks, gifts, codes) is told to inside.js and not understood here.

import { callWith } from "./call.js";
import { Pictures, noAgreement } from "./pictures.js";
import { Remarks } from "./remarks.js";
import { Roster, readAbout } from "./roster.js";
import { Awake, TICK_MS } from "./seal/awake.js";
import { Pairs } from "./seal/pairs.js";
import { Seats } from "./seats.js";
import { trace } from "./trace.js";

/** What happens with people before this page has its seat waits, as without one there is no relay: so many outputs. */
const HELD_OUTPUTS = 512;
/** Messages that are the calls' own. */
const callKinds = new Set(["desc", "candidates", "restart"]);

/** @typedef {import("./connection.js").Tracks} Tracks */
/** @typedef {import("./notes.js").Remark} Remark */
/** @typedef {import("./protocol.js").View} View */
/** @typedef {import("./seal/types.js").Output} Output */
/** @typedef {Extract<Output, {t: "person"}>} PersonOutput */

/**
 * @typedef {{
 *   core: import("./seal/core.js").OwnCore, pid: string, knowledge: import("./knowledge.js").Knowledge,
 *   certificate: RTCCertificate, relayOnly: boolean, me(): Readonly<import("./roster.js").About>, message: string, tracks: Tracks, ownPages: readonly string[],
 *   marks: import("./roster.js").Marks,
 * }} MeshOptions `me`: what this page tells of itself. `message`: what hosts read while this page knocks. `ownPages`: pids of this page and of earlier ones of its person
 */
/**
 * @typedef {{
 *   signal(to: string, body: string): void,
 *   onStates(): void,
 *   onWaiting(pid: string, what: import("./seal/types.js").Waiting): void,
 *   onMessage(hid: string, message: import("./seal/types.js").Message): void,
 *   onPerson(spk: string, name: string, host: boolean): void,
 *   onBye(spk: string): void,
 *   onChannel(hid: string): void,
 *   onProven(hid: string, gen: number): void,
 *   onGone(hid: string): void,
 *   onWrongPassword(): void,
 *   onTick(awake: number): void,
 *   seat(pid: string): void,
 *   onCutOff(code: "room-over" | "removed" | "replaced" | "cut-off"): void,
 *   onDoubt(): void,
 *   isServerAway(): boolean,
 *   onChange(): void,
 * }} MeshUser `onStates`: rules were learnt from others. `onMessage`: of a kind that is not the calls'. `onPerson`: somebody is met.
 *   `onProven`: a connection with that page stands; `onGone`: that page is gone for good. `onChannel`: messages take the proven channel from now on. `seat`: somebody on the porch is a person here. `onCutOff`: this page has no place here any more. `onDoubt`: a path died;
 *   is the server still there?
 */

export class Mesh {
  #options;
  #user;
  #pairs;
  #roster;
  #awake = new Awake();
  /** @type {ReturnType<typeof setInterval>} */ #timer;
  /** @type {RTCIceServer[]} */ #iceServers = [];
  #seats;
  #remarks;
  /** Before the first seat: what happened with people. @type {Output[] | null} */ #held = [];
  #pictures;
  #stopped = false;

  /** @param {MeshOptions} options @param {MeshUser} user */
  constructor(options, user) {
    this.#options = options;
    this.#user = user;
    this.#roster = new Roster(options.marks);
    this.#seats = new Seats(options.pid);
    this.#remarks = new Remarks(this.#roster);
    this.#pairs = new Pairs({
      me: options.core,
      room: options.knowledge,
      first: (hid) => ({ gen: this.#roster.page(hid)?.peer.gen ?? 0, ...this.#self() }),
      knock: () => ({ name: options.me().name, message: options.message }),
      onOutput: (output) => this.#put(output),
    });
    this.#awake.tick(performance.now());
    this.#pictures = new Pictures({ send: (hid, message) => void this.#pairs.send(hid, message), onChange: () => user.onChange() }, this.#awake.ms);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  people() { return this.#roster.people(); }

  get awake() { return this.#awake.ms; }

  /** Pages that have proven themselves and can be written to over their own channel: hid and spk. */
  get reached() {
    return this.#roster.pages.filter(({ peer }) => peer.proven).map(({ hid, spk, host }) => ({ hid, spk, host }));
  }

  /** Pages that have been met, whether there is a connection or not: hid, spk and name. */
  get pages() { return this.#roster.pages.map(({ hid, spk, about }) => ({ hid, spk, name: about.name })); }

  /** Whom the server lists, with a seat, and who have not been met: spk, as far as they have said it, or empty. */
  get unmet() {
    const met = new Set([...this.#options.ownPages, ...this.#roster.pages.map(({ pid }) => pid)]);
    return this.#seats.seats.filter(({ pid, away }) => !away && !met.has(pid) && !this.#pairs.isDoneWith(pid)).map(({ pid }) => this.#pairs.claimOf(pid));
  }

  /** Whether everybody on the list is connected and shows this page to its person. */
  get isWhole() {
    return this.unmet.length === 0 && this.#roster.pages.every(({ heard, peer }) => heard && peer.proven);
  }

  /** Pages of other people that live by the same rules, as they say. */
  get agreeing() { return this.#pairs.agreeing; }

  /** See Pairs. */
  get provenPw() { return this.#pairs.provenPw; }
  get guesses() { return this.#pairs.guesses; }

  /** @param {string} hid @returns {{spk: string, host: boolean, name: string} | null} */
  personOf(hid) {
    const page = this.#roster.page(hid);
    return page ? { spk: page.spk, host: page.host, name: page.about.name } : null;
  }

  /** @param {string} hid @param {import("./seal/types.js").Message} message @returns {boolean} */
  send(hid, message) { return this.#pairs.send(hid, message); }

  /** A data channel beside channel 0, once the proof of the present connection stands. @param {string} hid @param {number} id @returns {RTCDataChannel | null} */
  openChannel(hid, id) { return this.#roster.page(hid)?.peer.openChannel(id) ?? null; }

  /** @param {string} hid @param {string} text */
  hold(hid, text) { this.#pairs.hold(hid, text); }

  /** @param {string} hid */
  refuse(hid) { this.#pairs.refuse(hid); }

  /** One press of Join with the password that is known. @returns {boolean} false: too many */
  press() { return this.#pairs.tryPassword(); }

  allowTries() { this.#pairs.allowTries(); }

  /** @param {import("./seal/guesses.js").GuessState} guesses of an earlier load */
  restoreGuesses(guesses) { this.#pairs.restoreGuesses(guesses); }

  /** When all that was given to the pairs so far is done. */
  settled() { return this.#pairs.settled(); }

  /** @returns {Remark[]} */
  remarks() {
    const failed = this.#roster.pages.filter(({ peer }) => peer.link === "failed").map(({ about, peer, spk }) => ({
      colour: /** @type {const} */ ("grey"),
      code: peer.why,
      who: about.name,
      person: spk,
    }));
    return [...this.#remarks.list, ...failed, ...this.#pictures.remarks(this.#roster.pages)];
  }

  /**
   * The server's word on who is in.
   * @param {View} view
   * @param {boolean} [isBack] the first one of a server that had forgotten this page. It has forgotten the others as well,
   *   who come back one after another: for a while they count as away, not as gone
   */
  handleView(view, isBack = false) {
    for (const pid of this.#seats.take(view, isBack, this.#awake.ms)) this.#remarks.forget(pid);
    const { seats, porch } = this.#seats;
    trace("", "view", ...seats.map(({ pid, away }) => pid.slice(0, 4) + (away ? " away" : "")), isBack);
    this.#roster.arrange(seats.map(({ pid }) => pid));
    const me = this.#options.pid;
    this.#pairs.handleView({ seats, porch, me, seated: view.seats.some(({ pid }) => pid === me) });
    this.#seatOthers();
    this.#user.onChange();
  }

  /** @param {string} from pid @param {string} body */
  handleSignal(from, body) {
    this.#pairs.handleSignal(from, body);
  }

  /** Rules changed here (a renewal, or what the server's view brought). */
  handleRules() {
    this.#pairs.handleRules();
  }

  /** The way to the server or the network is back: check all paths, with fresh relay credentials. */
  handleHint() {
    for (const { peer } of this.#roster.pages) peer.handleHint();
  }

  /** @param {RTCIceServer[]} iceServers for connections and restarts to come */
  setIceServers(iceServers) {
    this.#iceServers = iceServers;
  }

  /** This page has a seat: what waited for it happens now. */
  handleSeat() {
    const held = this.#held ?? [];
    this.#held = null;
    for (const output of held) this.#put(output);
  }

  /** Sends this from now on, and says what `me` says by now. @param {import("./connection.js").Kind} kind @param {MediaStreamTrack | null} track */
  setTrack(kind, track) {
    this.#options.tracks = { ...this.#options.tracks, [kind]: track };
    for (const { peer } of this.#roster.pages) peer.setTrack(kind, track);
    if (kind === "video") this.#sharePicture();
    this.tellAll();
  }

  /** What this page tells of itself has changed. */
  tellAll() {
    for (const { hid } of this.#roster.pages) this.#pairs.send(hid, { k: "self", ...this.#self() });
    this.#user.onChange();
  }

  /** See Pictures. @param {ReadonlyMap<string, import("./budget.js").Size>} sizes by person @param {boolean} isThrifty */
  setSizes(sizes, isThrifty) { this.#pictures.setSizes(sizes, isThrifty); }

  /** Says goodbye to everybody; everything closes with it. @returns {Promise<void>} when it was handed over; `stop` after it */
  sayBye() {
    for (const { hid } of this.#roster.pages) this.#pairs.send(hid, { k: "bye" });
    return this.#pairs.settled();
  }

  /** Closes everything, at once. */
  stop() {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#pairs.stop();
    this.#pictures.stop();
    for (const { hid, peer } of this.#roster.pages) {
      peer.close();
      this.#roster.remove(hid);
    }
  }

  #tick() {
    const awake = this.#awake.tick(performance.now());
    this.#pairs.handleTick(awake);
    const { pages } = this.#roster;
    for (const { peer } of pages) peer.tick(awake);
    this.#sharePicture();
    const view = this.#seats.withoutMissed(awake);
    if (view) this.handleView(view);
    this.#seatOthers();
    this.#user.onTick(awake);
  }

  /** @param {Output} output */
  #put(output) {
    if (this.#stopped) return;
    if (this.#held && (output.t === "person" || output.t === "message" || output.t === "gone")) {
      if (this.#held.length < HELD_OUTPUTS) this.#held.push(output);
      if (output.t === "gone") this.#cutOff(output.why);
      return;
    }
    switch (output.t) {
      case "signal":
        this.#user.signal(output.to, output.body);
        break;
      case "channel":
        this.#roster.page(output.hid)?.peer.sendText(output.text);
        break;
      case "person":
        this.#welcome(output);
        break;
      case "message":
        this.#hear(output.hid, output.message);
        break;
      case "gone":
        this.#part(output.hid, output.why);
        break;
      case "states":
        this.#user.onStates();
        break;
      case "unanswered":
        this.#roster.page(output.hid)?.peer.handleDoubt();
        break;
      case "waiting":
        this.#user.onWaiting(output.pid, output.what);
        break;
      case "note":
        this.#note(output);
        break;
    }
  }

  /** @param {PersonOutput} person */
  #welcome(person) {
    const { hid, pid, spk, host, first, again } = person;
    trace(pid, again ? "person again" : "person", first.gen);
    this.#remarks.forget(pid);
    const known = this.#roster.page(hid);
    if (known && again) {
      known.about = readAbout(first);
      known.host = host;
      // It may have forgotten what was told.
      known.agreed.told = "";
      known.peer.handleInstance(first.gen);
      this.#user.onChange();
      return;
    }
    const otherFingerprint = this.#pairs.fingerprintOf(hid);
    if (known || !otherFingerprint) return;
    const peer = callWith(person, {
      me: this.#options,
      pairs: this.#pairs,
      otherFingerprint,
      offers: this.#seats.cameLater(pid),
      iceServers: () => this.#iceServers,
      page: () => this.#roster.page(hid),
    }, this.#user, this.#awake.ms);
    const about = readAbout(first);
    this.#roster.add({ hid, pid, spk, host, about, agreed: noAgreement(), seen: false, heard: false, peer });
    this.#user.onPerson(spk, about.name, host);
    this.#seatOthers();
    this.#user.onChange();
  }

  /** @param {string} hid @param {import("./seal/types.js").Message} message */
  #hear(hid, message) {
    const page = this.#roster.page(hid);
    if (!page) return;
    if (message.k === "self") {
      page.about = readAbout(message);
      this.#user.onPerson(page.spk, page.about.name, page.host);
      this.#user.onChange();
    } else if (callKinds.has(message.k)) page.peer.handle(message);
    else if (this.#pictures.handle(page, message)) return;
    else this.#user.onMessage(hid, message);
  }

  /** @param {string} hid @param {import("./seal/types.js").Gone} why */
  #part(hid, why) {
    const page = this.#roster.remove(hid);
    trace(hid, "gone", why);
    page?.peer.close();
    if (page) this.#user.onGone(hid);
    if (page && why === "bye") this.#user.onBye(page.spk);
    this.#remarks.forget(hid);
    this.#user.onChange();
    this.#cutOff(why);
  }

  /** @param {import("./seal/types.js").Gone} why */
  #cutOff(why) {
    if (why === "over") this.#user.onCutOff("room-over");
    if (why === "cut-off") this.#user.onCutOff("cut-off");
  }

  /** @param {Extract<Output, {t: "note"}>} note */
  #note(note) {
    const { code } = note;
    if (code === "wrong-password") return this.#user.onWrongPassword();
    if (code === "wrong-passwords") return this.#user.onChange();
    if (code === "over" || code === "removed" || code === "replaced") {
      this.#user.onCutOff(code === "over" ? "room-over" : code);
      return;
    }
    this.#remarks.add(note);
    this.#user.onChange();
  }

  /** Whoever is a person here has a seat: asks for those on the porch. */
  #seatOthers() {
    if (this.#held) return;
    for (const pid of this.#seats.toAsk(this.#roster.pages.map((page) => page.pid), this.#awake.ms)) this.#user.seat(pid);
  }

  /** Who gets how much of it, as things stand. */
  #sharePicture() {
    const { video } = this.#options.tracks;
    this.#pictures.tick(this.#awake.ms, this.#roster.pages, video === null ? "none" : this.#self().screen || isRead(video) ? "screen" : "camera");
  }

  #self() {
    const { name, audio, video, screen } = this.#options.me();
    return { name, audio, video, screen };
  }
}

/** Letters, as far as its owner has said so. @param {MediaStreamTrack} track */
function isRead({ contentHint }) {
  return contentHint === "detail" || contentHint === "text";
}
