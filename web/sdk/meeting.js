// A meeting as the page sees it: one object to look, join, mute, leave, and one list of people to draw.

//
// It holds the state that a page draws and puts the parts together: server.js asks, entrance.js gets in, mesh.js keeps
// the calls. Nothing is decided here about who may be in or what is sealed how.

import { makeCertificate } from "./certificate.js";
import { Entrance } from "./entrance.js";
import { ParlourError, asParlourError, sentenceFor } from "./errors.js";
import { Keep } from "./keep.js";
import { openLink } from "./links.js";
import { Mesh } from "./mesh.js";
import { writeNotes } from "./notes.js";
import { tidyName } from "./roster.js";
import { Server } from "./server.js";
import { Stay } from "./stay.js";
import { supported } from "./supported.js";

/** While nobody has opened the room it is asked for again this often, ms (seal.md 1.4). */
const LOOK_MS = 5000;
/** How long `leave` waits for the server, ms. */
const LEAVE_MS = 2000;

/** @typedef {import("./types.js").MeetingState} MeetingState */
/** @typedef {import("./types.js").Me} Me */
/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./types.js").Note} Note */
/** @typedef {import("./types.js").Problem} Problem */

/**
 * One meeting, from the link to the leave.
 *
 * Events: `change` (a plain Event, at most one per task, whenever anything that can be read here has changed) and
 * `problem` (a CustomEvent whose `detail` is a {@link Problem}).
 */
export class Meeting extends EventTarget {
  #server;
  /** @type {Entrance | null} */ #entrance = null;
  /** @type {Mesh | null} */ #mesh = null;
  /** @type {Stay | null} */ #stay = null;
  #link = "";
  /** @type {MeetingState} */ #state = "idle";
  /** @type {ParlourError | null} */ #error = null;
  #count = 0;
  /** @type {Me} */ #me = { id: "", name: "", audio: false, video: false, host: false };
  /** @type {readonly Person[] | null} */ #people = null;
  /** @type {readonly Note[] | null} */ #notes = null;
  #changing = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #lookTimer;
  #hide = () => this.#unload();

  /**
   * Use `create` or `open`.
   * @param {string} server origin
   */
  constructor(server) {
    super();
    const support = supported();
    if (!support.ok) throw new ParlourError(support.code);
    this.#server = new Server(server, {
      onNews: (message) => this.#stay?.handleNews(message),
      onBack: (lost) => this.#stay?.handleBack(lost),
      onAway: () => this.#stay?.handleAway(),
    });
  }

  /**
   * Makes a room on the server and says where it is. `link` is set once the server has said yes; this page holds the
   * host's key. The meeting is `ready`; call `join` next.
   *
   * @param {{server?: string, cap?: number, door?: "open"}} [options] `server` is an origin such as
   *   `https://meet.example.org` (this page's own by default); `cap` is how many people fit in, 2 to 16 (8).
   * @returns {Promise<Meeting>}
   * @throws {ParlourError} `no-server`, `busy`, `not-secure`, `no-crypto`, `no-webrtc`, …
   */
  static async create({ server = location.origin, cap = 8, door = "open" } = {}) {
    const meeting = new Meeting(server);
    try {
      meeting.#entrance = await Entrance.create(meeting.#server, await Keep.open(), { cap, door });
    } catch (thrown) {
      meeting.#server.end();
      throw asParlourError(thrown);
    }
    meeting.#link = await meeting.#entrance.link();
    meeting.#me = { ...meeting.#me, host: true };
    meeting.#become("ready");
    return meeting;
  }

  /**
   * A meeting for a link that somebody gave. Nothing is sent before `look` or `join`.
   *
   * @param {{server?: string, fragment: string}} options `fragment` is what stands after the path: `#1…`; a whole
   *   address will do as well (see readLink).
   * @returns {Promise<Meeting>} a promise because the check characters of a link are a hash
   * @throws {ParlourError} `link-missing`, `link-damaged`, `link-leaked`, `link-unsupported`.
   */
  static async open({ server = location.origin, fragment }) {
    const link = await openLink(fragment);
    if (link.kind !== "room") throw new ParlourError("link-unsupported");
    const meeting = new Meeting(server);
    meeting.#entrance = await Entrance.of(meeting.#server, await Keep.open(), link.R);
    meeting.#link = await meeting.#entrance.link();
    return meeting;
  }

  /** The fragment for others, `#1…`; give it as `location.origin + "/" + link`. @returns {string} */
  get link() { return this.#link; }

  /** @returns {MeetingState} */
  get state() { return this.#state; }

  /** Why the meeting is `failed` or `ended`, else null. @returns {ParlourError | null} */
  get error() { return this.#error; }

  /** How many people were in when the server was last asked; once in, how many it lists, this person included. @returns {number} */
  get count() { return this.#count; }

  /** @returns {Readonly<Me>} */
  get me() { return this.#me; }

  /** The others, in the order in which they were seated. A new array after each change. @returns {readonly Person[]} */
  get people() { return (this.#people ??= this.#mesh?.people() ?? []); }

  /** Worst first. A new array after each change. @returns {readonly Note[]} */
  get notes() {
    /** @type {import("./notes.js").Remark[]} */
    const own = this.#state === "reconnecting" ? [{ colour: "grey", code: "server-away", who: "" }] : [];
    return (this.#notes ??= writeNotes([...(this.#mesh?.remarks() ?? []), ...own]));
  }

  /**
   * Asks the server whether the room is there. The promise ends with the first answer: `state` is then `ready` or
   * `no-room`, and while it is `no-room` the server is asked again every 5 s.
   *
   * @returns {Promise<void>}
   * @throws {ParlourError} `no-server`, `room-over`, `room-expired`, `link-damaged`, …; `state` is then `failed` or `ended`.
   */
  async look() {
    if (!this.#isOutside()) return;
    if (this.#state === "idle" || this.#state === "failed") this.#become("looking");
    try {
      await this.#lookOnce();
    } catch (thrown) {
      throw this.#fail(thrown);
    }
  }

  /**
   * Goes in. Resolves when this person has a seat. Tracks stay the caller's: the SDK never stops them.
   *
   * @param {{name?: string, audio?: MediaStreamTrack | null, video?: MediaStreamTrack | null, hideAddress?: boolean}} [options]
   *   `hideAddress`: media goes through the relay only, so that the others do not learn this device's address; without a
   *   relay there is then no call.
   * @returns {Promise<void>}
   * @throws {ParlourError} `no-such-room`, `room-full`, `not-invited`, `needs-password` (all leave the meeting `ready` or
   *   `no-room`: try again), `room-over`, `removed`, `no-server`, …
   */
  async join({ name = "", audio = null, video = null, hideAddress = false } = {}) {
    this.#checkKind("audio", audio);
    this.#checkKind("video", video);
    if (!this.#isOutside()) throw new ParlourError("already-joined");
    if (this.#state !== "ready") await this.look();
    const entrance = /** @type {Entrance} */ (this.#entrance);
    if (this.#state !== "ready") throw new ParlourError("no-such-room");
    this.#become("joining");
    this.#me = { ...this.#me, name: tidyName(name), audio: audio !== null, video: video !== null };
    try {
      if (entrance.knowledge.rules?.pw) throw new ParlourError("needs-password");
      const { certificate, fingerprint } = await makeCertificate();
      const { core, isHost, pid, spk } = await entrance.makeCore(fingerprint);
      this.#me = { ...this.#me, id: spk, host: isHost };
      this.#mesh = new Mesh(
        { core, pid, knowledge: entrance.knowledge, certificate, relayOnly: hideAddress, name: this.#me.name, tracks: { audio, video } },
        {
          signal: (to, body) => this.#server.signal(to, body),
          onStates: () => void this.#stay?.spread(),
          onCutOff: (why) => this.#end(why),
          onDoubt: () => this.#server.doubt(),
          isServerAway: () => this.#state === "reconnecting",
          onChange: () => this.#changed(),
        },
      );
      this.#stay = new Stay({ server: this.#server, entrance, core, mesh: this.#mesh }, {
        onIn: () => this.#become("in"),
        onAway: () => this.#become("reconnecting"),
        onCount: (count) => this.#counted(count),
        onEnd: (code) => this.#end(code),
      });
      await this.#stay.enter();
    } catch (thrown) {
      this.#goOut();
      if (thrown instanceof ParlourError && retryable.has(thrown.code)) {
        const isGone = thrown.code === "no-such-room";
        this.#become(isGone ? "no-room" : "ready");
        if (isGone) this.#lookLater();
        throw thrown;
      }
      throw this.#fail(thrown);
    }
    globalThis.addEventListener?.("pagehide", this.#hide);
  }

  /**
   * Sends this microphone from now on, or nothing. Others hear of it sealed. No renegotiation, at once.
   * @param {MediaStreamTrack | null} track
   * @throws {ParlourError} `media-kind`.
   */
  setAudio(track) { this.#setTrack("audio", track); }

  /**
   * Sends this camera (or screen) from now on, or nothing.
   * @param {MediaStreamTrack | null} track
   * @throws {ParlourError} `media-kind`.
   */
  setVideo(track) { this.#setTrack("video", track); }

  /**
   * Changes the name that others see: in one line, control characters removed, cut to 64 characters.
   * @param {string} name
   */
  setName(name) {
    this.#me = { ...this.#me, name: tidyName(name) };
    this.#mesh?.setName(this.#me.name);
    this.#changed();
  }

  /**
   * Leaves: says goodbye to everybody, closes all connections, gives the seat back. Never throws; the state is `left`
   * at once, the promise waits for the server's yes, 2 s at most.
   * @returns {Promise<void>}
   */
  async leave() {
    if (isFinal(this.#state)) return;
    const wasIn = this.#mesh !== null;
    const said = this.#mesh?.sayBye().then(() => (this.#server.live ? this.#server.ask("leave", {}) : undefined)).catch(() => {});
    this.#become("left");
    await Promise.race([said, new Promise((resolve) => setTimeout(resolve, LEAVE_MS))]);
    this.#stop();
    if (wasIn) await this.#entrance?.forget(false);
  }

  /** @param {number} count */
  #counted(count) {
    this.#count = count;
    this.#changed();
  }

  #isOutside() {
    return ["idle", "looking", "no-room", "ready", "failed"].includes(this.#state);
  }

  async #lookOnce() {
    const count = await /** @type {Entrance} */ (this.#entrance).look();
    if (!this.#isOutside()) return;
    this.#count = count ?? 0;
    this.#become(count === null ? "no-room" : "ready");
    if (count === null) this.#lookLater();
  }

  #lookLater() {
    clearTimeout(this.#lookTimer);
    this.#lookTimer = setTimeout(async () => {
      if (this.#state !== "no-room") return;
      try {
        await this.#lookOnce();
      } catch (thrown) {
        const error = asParlourError(thrown);
        if (error.code === "no-server") this.#lookLater();
        else this.#fail(error);
      }
    }, LOOK_MS);
  }

  /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  #setTrack(kind, track) {
    this.#checkKind(kind, track);
    this.#me = { ...this.#me, [kind]: track !== null };
    this.#mesh?.setTrack(kind, track);
    this.#changed();
  }

  /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  #checkKind(kind, track) {
    if (track && track.kind !== kind) throw new ParlourError("media-kind");
  }

  /** @param {unknown} thrown @returns {ParlourError} */
  #fail(thrown) {
    const error = asParlourError(thrown);
    if (isFinal(this.#state)) return error;
    this.#error = error;
    this.#become(error.code === "room-over" || error.code === "removed" ? "ended" : "failed");
    this.#stop();
    return error;
  }

  /** @param {string} code */
  #end(code) {
    if (isFinal(this.#state)) return;
    this.#error = new ParlourError(code);
    this.#become("ended");
    this.#stop();
    void this.#entrance?.forget(code === "room-over");
    /** @type {CustomEventInit<Problem>} */
    const init = { detail: { code, text: sentenceFor(code) } };
    this.dispatchEvent(new CustomEvent("problem", init));
  }

  #goOut() {
    this.#stay?.stop();
    this.#mesh?.stop();
    this.#stay = this.#mesh = null;
  }

  #stop() {
    this.#goOut();
    this.#server.end();
    clearTimeout(this.#lookTimer);
    globalThis.removeEventListener?.("pagehide", this.#hide);
    this.#changed();
  }

  /**
   * The page goes away. Who is alone in here may only be reloading: then the seat is kept for a while, as an explicit
   * last leave would end the room.
   */
  #unload() {
    const said = this.#mesh?.sayBye();
    this.#server.hangUp(this.#count > 1);
    this.#become("left");
    void said?.then(() => this.#stop());
  }

  /** @param {MeetingState} state */
  #become(state) {
    if (this.#state !== state) this.#state = state;
    this.#changed();
  }

  #changed() {
    this.#people = this.#notes = null;
    if (this.#changing) return;
    this.#changing = true;
    queueMicrotask(() => {
      this.#changing = false;
      this.dispatchEvent(new Event("change"));
    });
  }
}

/** Refusals after which one may try again. */
const retryable = new Set(["no-such-room", "room-full", "busy", "rate", "not-invited", "needs-password", "no-server", "session-lost"]);

/** @param {MeetingState} state */
function isFinal(state) {
  return state === "left" || state === "ended";
}
