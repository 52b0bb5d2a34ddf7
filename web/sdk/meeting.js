// A meeting as the page sees it: one object to look, join, mute, leave, and one list of people to draw.
//
// It holds the state that a page draws: server.js asks, entrance.js finds the room, joining.js asks for a seat, inside.js is
// everything between join and leave. Nothing is decided here about who may be in or what is sealed how.

import { Acts } from "./acts.js";
import { Course, isRetryable } from "./course.js";
import { Entrance } from "./entrance.js";
import { ParlourError, asParlourError, sentenceFor } from "./errors.js";
import { Inside } from "./inside.js";
import { Joining } from "./joining.js";
import { Keep } from "./keep.js";
import { openLink } from "./links.js";
import { Looking } from "./looking.js";
import { tidyRoomName } from "./named.js";
import { writeNotes } from "./notes.js";
import { Own, checkKind } from "./own.js";
import { Presses } from "./seal/guesses.js";
import { Server } from "./server.js";
import { supported } from "./supported.js";

/** How long `leave` waits for the server, ms. */
const LEAVE_MS = 2000;
/** Longest message of a knock. */
const MESSAGE_LENGTH = 500;

/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./types.js").Note} Note */
/** @typedef {import("./types.js").Problem} Problem */
/** @typedef {import("./types.js").Door} Door */

/**
 * One meeting, from the link to the leave. What hosts do, passwords and codes are in {@link Acts}, what people say and send each
 * other in Sharing, microphone, camera and screen in Showing.
 *
 * Events: `change` (a plain Event, at most one per task, whenever anything that can be read here has changed), `problem` (a
 * CustomEvent whose `detail` is a {@link Problem}), `reaction` (see Sharing, what people say and send each other) and
 * `mute-asked` (a CustomEvent whose `detail` is `{by, name}`: a host asks this person to mute; see `askToMute`).
 */
export class Meeting extends Acts {
  #server;
  #own;
  #course = new Course(() => this.#changed());
  /** @type {Entrance | null} */ #entrance = null;
  /** @type {Inside | null} */ #inside = null;
  /** While in. @type {import("./tabs.js").Presence | null} */ #presence = null;
  /** Passwords that were typed. */ #presses = new Presses();
  #link = "";
  #count = 0;
  /** @type {readonly Person[] | null} */ #people = null;
  /** @type {readonly Note[] | null} */ #notes = null;
  /** @type {import("./types.js").Rules | null} */ #rules = null;
  #changing = false;
  #looking = new Looking({
    ask: () => /** @type {Entrance} */ (this.#entrance).look(),
    onAnswer: (count) => this.#looked(count),
    isOpen: (isGone) => this.state === "no-room" || this.vacant || (isGone && this.state === "ready"),
    onFault: (error) => void this.#fail(error),
  });
  #hide = () => this.#unload();

  /**
   * Use `create` or `open`.
   * @param {string} server origin
   */
  constructor(server) {
    const own = new Own(() => this.#inside?.mesh, () => this.#changed());
    super(() => this.#inside, own);
    this.#own = own;
    const support = supported();
    if (!support.ok) throw new ParlourError(support.code);
    this.#server = new Server(server, {
      onNews: (message) => this.#inside?.stay.handleNews(message),
      onBack: (lost) => this.#inside?.stay.handleBack(lost),
      onAway: () => this.#inside?.stay.handleAway(),
    });
  }

  /**
   * Makes a room on the server and says where it is. `link` is set once the server has said yes; this page holds the
   * host's key. The meeting is `ready`; call `join` next.
   *
   * @param {{server?: string, name?: string, cap?: number, door?: Door, password?: string, offRecord?: boolean}} [options] `server` is an
   *   address such as `https://meet.example.org` or `https://example.org/parlour/` (this page's origin by default); `name`: a
   *   named room, which anybody can guess (by default a link that nobody can); `cap` is how many people fit in, 2 to 16 (8);
   *   an empty `password` is none; `offRecord` stays as it is for as long as the room lives.
   * @returns {Promise<Meeting>}
   * @throws {ParlourError} `no-server`, `busy`, `bad-password`, `bad-name`, `room-exists`, `not-secure`, `no-crypto`, `no-webrtc`, …
   */
  static async create({ server = location.origin, name = "", cap = 8, door = "open", password = "", offRecord = true } = {}) {
    const called = name === "" ? "" : tidyRoomName(name);
    const meeting = new Meeting(server);
    try {
      const entrance = await Entrance.before(meeting.#server, await Keep.open(), called);
      await entrance.make({ cap, door, password, offRecord });
      meeting.#entrance = entrance;
    } catch (thrown) {
      meeting.#server.end();
      throw asParlourError(thrown);
    }
    meeting.#link = (await meeting.#entrance?.link()) ?? "";
    meeting.#own.find({ host: true });
    meeting.#course.become("ready");
    return meeting;
  }

  /**
   * A meeting for a link that somebody gave. Nothing is sent before `look` or `join`.
   *
   * @param {{server?: string, fragment: string}} options `fragment` is what stands after the origin: `#1…`, a host's
   *   `#1h…`, by which this device becomes a host, or a named room's `r/choir`; a whole address will do as well (see
   *   readLink). Put `link` in its place in the address bar.
   * @returns {Promise<Meeting>} a promise because the check characters of a link are a hash
   * @throws {ParlourError} `link-missing`, `link-damaged`, `link-leaked`, `bad-name`.
   */
  static async open({ server = location.origin, fragment }) {
    const link = await openLink(fragment);
    const meeting = new Meeting(server);
    meeting.#entrance = await Entrance.of(meeting.#server, await Keep.open(), link);
    meeting.#link = await meeting.#entrance.link();
    return meeting;
  }

  /** For others, `#1…` or `r/choir`; give it as `location.origin + "/" + link`. @returns {string} */
  get link() { return this.#link; }

  /** Of a named room, else empty. @returns {string} */
  get name() { return this.#entrance?.name ?? ""; }

  /** Nobody is in this named room: whoever joins makes it, and is its host. @returns {boolean} */
  get vacant() { return this.name !== "" && this.state === "ready" && !this.#entrance?.known; }

  /** @returns {import("./types.js").MeetingState} */
  get state() { return this.#course.state; }

  /**
   * What carries the messages to and from the server: `polling` where the network blocks WebSockets, which makes coming in
   * a little slower and nothing else; null while nothing does. Calls do not depend on it.
   * @returns {"websocket" | "polling" | null}
   */
  get carrier() { return this.#server.carrier; }

  /** The relay's addresses, for `reachRelay`; none where there is no relay, and before the server was asked for anything. @returns {readonly string[]} */
  get relay() { return this.#server.relay; }

  /** Why the meeting is `failed` or `ended`, else null. @returns {ParlourError | null} */
  get error() { return this.#course.error; }

  /** How many people were in when the server was last asked; once in, how many it lists, this person included. @returns {number} */
  get count() { return this.#count; }

  /** The others, in the order in which they were seated. A new array after each change. @returns {readonly Person[]} */
  get people() { return (this.#people ??= this.#inside?.mesh.people() ?? []); }

  /**
   * Whether this browser keeps who this person is: else a reload is a new person, and whoever is host here is not any more.
   * Known once the meeting is `ready`. @returns {boolean}
   */
  get durable() { return this.#entrance?.self.keep.durable ?? true; }

  /** What the host signed; null before the room was found. @returns {import("./types.js").Rules | null} */
  get rules() { return (this.#rules ??= this.#entrance?.known?.shown ?? null); }

  /** What is waited for while `knocking`, else null. @returns {import("./types.js").Waiting | null} */
  get waiting() { return this.state === "knocking" ? (this.#inside?.waiting ?? null) : null; }

  /** Made by hosts of this room; for hosts. @returns {readonly import("./types.js").Invitation[]} */
  get invitations() { return this.me.host ? (this.#entrance?.known?.invitations.shown ?? []) : []; }

  /** Worst first. A new array after each change. @returns {readonly Note[]} */
  get notes() {
    /** @type {import("./notes.js").Remark[]} */
    const own = this.state === "reconnecting" ? [{ colour: "grey", code: "server-away", who: "" }] : [];
    return (this.#notes ??= writeNotes([...(this.#inside?.remarks() ?? []), ...own]));
  }

  /**
   * Asks the server whether the room is there. The promise ends with the first answer: `state` is then `ready` or
   * `no-room`, and while it is `no-room` the server is asked again every 5 s. A named room in which nobody is is `ready` and
   * `vacant`, and the server is asked again as well.
   *
   * @returns {Promise<void>}
   * @throws {ParlourError} `no-server`, `room-over`, `room-expired`, `two-hosts`, `link-damaged`, …; `state` is then `failed` or `ended`.
   */
  async look() {
    if (!this.#course.isOutside) return;
    if (this.state === "idle" || this.state === "failed") this.#course.become("looking");
    try {
      await this.#looking.now();
    } catch (thrown) {
      throw this.#fail(thrown);
    }
  }

  /**
   * Whether this browser is in this room already, in another tab or window. `join` then comes in a second time, as somebody
   * else, or with `move` in the place of the other one.
   * @returns {Promise<boolean>} false before the room was found
   */
  async elsewhere() {
    return ((await this.#entrance?.self.otherTabs()) ?? []).length > 0;
  }

  /**
   * A link that makes another device of this person host; nobody else may see it.
   * @returns {Promise<string>} `#1h…`
   * @throws {ParlourError} `not-host`, `no-such-room` before the room was found
   */
  async hostLink() {
    if (!this.#entrance) throw new ParlourError("no-such-room");
    return this.#entrance.hostLink();
  }

  /**
   * Goes in. Resolves when this person has a seat; at a door, once somebody opened it: until then `state` is `knocking`,
   * `waiting` says for what, and `leave` gives up. The first one in a named room makes it; `password` is then the room's,
   * and `offRecord` is for as long as the room lives.
   * Tracks stay the caller's: the SDK never stops them.
   *
   * @param {{name?: string, audio?: MediaStreamTrack | null, video?: MediaStreamTrack | null, hideAddress?: boolean,
   *   password?: string, message?: string, offRecord?: boolean, move?: boolean}} [options] `hideAddress`: media goes through the relay only, so that the others do
   *   not learn this device's address; without a relay there is then no call. `password`: one attempt, and in a named room
   *   in which this person has met nobody the only way in. `message`: what hosts read while this person knocks. `move`: as
   *   the person who is in this room in another tab of this browser, which then stops (`replaced`).
   * @returns {Promise<void>}
   * @throws {ParlourError} `no-such-room`, `room-full`, `needs-password`, `wrong-password`, `too-many-tries`, `no-password`,
   *   `name-without-password`, `password-promised`, `door-closed`, `refused`, `locked`, `not-invited`, `link-replaced`, `other-kind` (all leave the meeting `ready` or `no-room`: try again),
   *   `refused-for-good`, `room-over`, `removed`, `gave-up`, `no-server`, …
   */
  async join({ name = "", audio = null, video = null, hideAddress = false, password = "", message = "", offRecord = true, move = false } = {}) {
    checkKind("audio", audio);
    checkKind("video", video);
    if (!this.#course.isOutside) throw new ParlourError("already-joined");
    if (this.state !== "ready") await this.look();
    const entrance = /** @type {Entrance} */ (this.#entrance);
    if (this.state !== "ready") throw new ParlourError("no-such-room");
    this.#course.become("joining");
    this.#own.begin(name, { audio, video });
    const joining = new Joining(entrance);
    try {
      if (password !== "" && !this.#presses.take(performance.now())) throw new ParlourError("too-many-tries");
      const page = await joining.prepare({ password, offRecord, move }, () => this.#followLink());
      this.#own.find({ id: page.spk, host: page.isHost });
      const inside = this.#goIn(entrance, page, { relayOnly: hideAddress, message: message.slice(0, MESSAGE_LENGTH) });
      await inside.enter();
      if (this.#course.isOver) return;
      this.#presence = entrance.self.stand(() => this.#end("replaced"));
      joining.finish(inside);
    } catch (thrown) {
      const inside = this.#inside;
      this.#goOut();
      if (this.#course.isOver) throw asParlourError(thrown);
      await inside?.giveUp();
      await joining.undo();
      if (!isRetryable(thrown)) throw this.#fail(thrown);
      const isGone = thrown.code === "no-such-room";
      this.#course.become(isGone && this.name === "" ? "no-room" : "ready");
      if (isGone) this.#looking.later(isGone);
      throw thrown;
    }
    globalThis.addEventListener?.("pagehide", this.#hide);
  }

  /**
   * Leaves: says goodbye to everybody, closes all connections, gives the seat back. Never throws; the state is `left`
   * at once, the promise waits for the server's yes, 2 s at most.
   * @returns {Promise<void>}
   */
  async leave() {
    if (this.#course.isOver) return;
    const wasIn = this.#inside !== null;
    // The last one out ends a named room, and its key opens nothing any more: the name is free for the next one.
    const andHost = this.name !== "" && this.#count <= 1;
    const inside = this.#inside;
    // Off the record at once, as there is nothing to wait for.
    const bye = inside?.keeping ? inside.keeping.finish().then(() => inside.mesh.sayBye()) : inside?.mesh.sayBye();
    const said = bye?.then(() => (this.#server.live ? this.#server.ask("leave", {}) : undefined)).catch(() => {});
    this.#course.become("left");
    await Promise.race([said, new Promise((resolve) => setTimeout(resolve, LEAVE_MS))]);
    this.#stop();
    if (wasIn) await this.#entrance?.forget(andHost);
  }

  /** Forgets this room on this device, host or not. Leaves first. */
  async forget() {
    await this.leave();
    await this.#entrance?.forget(true);
  }

  /** The room may have another link, which this page may have been given. */
  async #followLink() {
    const link = await this.#entrance?.link();
    if (!link || link === this.#link) return;
    this.#link = link;
    this.#changed();
  }

  /** @param {number} count */
  #counted(count) {
    this.#count = count;
    this.#changed();
  }

  /** @param {number | null} count null: nobody has opened it */
  async #looked(count) {
    if (!this.#course.isOutside) return;
    this.#count = count ?? 0;
    if (this.#entrance?.known?.hostKey) this.#own.find({ host: true });
    await this.#followLink();
    this.#course.become(count === null && this.name === "" ? "no-room" : "ready");
    if (count === null) this.#looking.later();
  }

  /**
   * @param {Entrance} entrance @param {import("./joining.js").Page} page
   * @param {Pick<import("./inside.js").InsideParts, "relayOnly" | "message">} wish @returns {Inside}
   */
  #goIn(entrance, { certificate, core, pid }, wish) {
    /** @param {string} type @param {object} detail */
    const tell = (type, detail) => void this.dispatchEvent(new CustomEvent(type, { detail: Object.freeze(detail) }));
    this.#inside = new Inside({ ...wish, server: this.#server, entrance, core, pid, certificate, tracks: this.#own.tracks, me: () => this.me }, {
      onIn: () => this.#course.become("in"),
      onPorch: () => this.#course.become("knocking"),
      onAway: () => this.#course.become("reconnecting"),
      onCount: (count) => this.#counted(count),
      onEnd: (code) => this.#end(code),
      onHost: () => this.#own.find({ host: true }),
      onLink: () => void this.#followLink(),
      onReaction: (person, emoji) => tell("reaction", { person, emoji }),
      onMuteAsked: (by, name) => tell("mute-asked", { by, name }),
      onRecordingOver: (over) => tell("recording-over", over),
      onChange: () => this.#changed(),
      isAway: () => this.state === "reconnecting",
    });
    return this.#inside;
  }

  /** @param {unknown} thrown @returns {ParlourError} */
  #fail(thrown) {
    const error = asParlourError(thrown);
    if (this.#course.fail(error)) this.#stop();
    return error;
  }

  /** @param {string} code */
  #end(code) {
    if (!this.#course.end(new ParlourError(code))) return;
    this.#stop();
    // What the server merely says takes nothing away: neither who this person is nor that this device is host. Who was
    // removed stays that person, so that the page can say so when it is loaded again.
    if (this.#entrance?.known?.endFor(this.me.id) === "room-over") void this.#entrance.self.forget(true);
    /** @type {CustomEventInit<Problem>} */
    const init = { detail: { code, text: sentenceFor(code) } };
    this.dispatchEvent(new CustomEvent("problem", init));
  }

  #goOut() {
    this.#presence?.end();
    this.#presence = null;
    this.#inside?.stop();
    this.#inside = null;
  }

  #stop() {
    this.#goOut();
    this.#server.end(this.#course.isOver);
    this.#looking.stop();
    globalThis.removeEventListener?.("pagehide", this.#hide);
    this.#changed();
  }

  /**
   * The page goes away. Who is alone in here may only be reloading: then the seat is kept for a while, as an explicit
   * last leave would end the room.
   */
  #unload() {
    const said = this.#inside?.mesh.sayBye();
    this.#server.hangUp(this.#count > 1);
    this.#course.become("left");
    void said?.then(() => this.#stop());
  }

  #changed() {
    this.#people = this.#notes = this.#rules = null;
    if (this.#changing) return;
    this.#changing = true;
    queueMicrotask(() => {
      this.#changing = false;
      this.dispatchEvent(new Event("change"));
    });
  }
}
