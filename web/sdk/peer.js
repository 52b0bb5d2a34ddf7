// One page of somebody else, over all generations of connection with it (seal.md 5, 10; rooms.md "The wire" 10).
//
// It has the patience: offers again when nobody answers, restarts ICE when the path is dead, begins a new generation
// when that does not help, and says in one word how things stand. It is driven by `tick` in awake milliseconds.

import { Connection } from "./connection.js";
import { CandidateBudget } from "./seal/candidates.js";
import { CONNECT_MS, PROOF_MS } from "./seal/limits.js";
import { Sight } from "./sight.js";
import { trace } from "./trace.js";

/** An offer without an answer is made again after so long, twice; then the next generation. Awake ms, as all below. */
const ANSWER_MS = 10_000;
const OFFER_TRIES = 3;
/** Generations that may fail in a row before the person is told; another is tried each RETRY_MS after. */
const TRIES = 3;
const RETRY_MS = 15_000;
/** DTLS over a path that ICE has found: a few round trips, or it hangs for ever. */
const DTLS_MS = 15_000;
/** `disconnected` may last so long. */
const DISCONNECTED_MS = 1000;
/** When the other side restarts, its path is dead whatever this side sees: messages take the server for so long. */
const DISTRUST_MS = 3000;
/** A path that holds for so long is sound again; one that only comes and goes for CONNECT_MS needs a new generation. */
const SOUND_MS = 5000;
/** A channel that has ended is replaced after so long: who leaves ends it, too, and is gone by then. */
const ENDED_MS = 2000;
/** Pause between ICE restarts: doubles up to the last. One that the other side asks for waits less. */
const ASKED_PAUSE_MS = 500;
const FIRST_PAUSE_MS = 4000;
const LAST_PAUSE_MS = 12_000;
/** Generations that the other side may begin per minute. */
const GENERATIONS_PER_MINUTE = 12;

/** @typedef {import("./connection.js").Kind} Kind */
/** @typedef {import("./seal/types.js").Message} Message */
/** @typedef {import("./types.js").Route} Route */

/** Codes of notes.js. @typedef {"no-connection" | "no-proof" | "no-relay" | "relay-full"} Failure */

/**
 * @typedef {{
 *   pid: string, polite: boolean, offers: boolean, gen: number, relayOnly: boolean, certificate: RTCCertificate,
 *   fingerprint: import("./seal/bytes.js").Bytes, otherFingerprint: import("./seal/bytes.js").Bytes,
 *   tracks: import("./connection.js").Tracks,
 * }} PeerOptions `offers`: this page came later and offers first; `gen`: the highest used so far on either side
 */
/**
 * @typedef {Pick<import("./connection.js").ConnectionUser, "send" | "makeProof" | "checkProof" | "iceServers" | "onText" | "onMismatch" | "onChange">
 *   & {onChannel(usable: boolean): void, onProven(gen: number): void, isSending(): boolean, isServerAway(): boolean}} PeerUser `onProven`: of each generation. `onChannel`: whether
 *   texts may take channel 0, which stands still while the path is cut. `isSending`: whether the other says that media should come.
 *   `isServerAway`: nothing can be told by way of the server
 */

export class Peer {
  #options;
  #user;
  /** @type {Connection | null} */ #connection = null;
  #gen;
  #awake = 0;
  /** Generations that failed in a row, and why the last one did. */ #failures = 0;
  /** @type {Failure} */ #why = "no-connection";
  #wasConnected = false;
  /** @type {import("./share.js").Plan | null} */ #plan = null;
  #usable = false;
  #distrustUntil = 0;
  #closed = false;
  /** What the statistics of the present connection tell. @type {Sight | null} */ #sight = null;
  /** Awake times of this generation; null where it has not come to that. */
  #times = freshTimes(0);
  #restarts = 0;
  /** @type {number[]} */ #begunByOther = [];
  #candidatesIn = new CandidateBudget();
  #candidatesOut = new CandidateBudget();

  /** @param {PeerOptions} options @param {PeerUser} user @param {number} awake */
  constructor(options, user, awake) {
    this.#options = options;
    this.#user = user;
    this.#gen = options.gen;
    this.#awake = awake;
    this.#times = freshTimes(awake);
    if (options.offers) this.#begin();
  }

  /** Highest generation used with this page. */
  get gen() { return this.#gen; }

  /** Whether the proof of the present connection stands. */
  get proven() { return this.#connection?.proven ?? false; }

  /** @returns {Route | null} */
  get route() { return this.link === "connected" ? (this.#sight?.route ?? null) : null; }

  /** @returns {import("./types.js").Quality | null} */
  get quality() { return this.link === "connected" ? (this.#sight?.quality ?? null) : null; }

  /** What the present connection has sent, as it was last looked at. */
  get traffic() { return this.#sight?.traffic ?? null; }

  /** What may be shown. @returns {MediaStreamTrack[]} */
  get received() { return this.#connection?.received ?? []; }

  /** What kept the last generations from working; for words. */
  get why() { return this.#why; }

  /** @returns {"connecting" | "connected" | "reconnecting" | "failed"} */
  get link() {
    if (this.proven && this.#connection?.state === "connected" && !this.#isStalled) return "connected";
    if (this.#failures >= TRIES) return "failed";
    return this.#wasConnected ? "reconnecting" : "connecting";
  }

  /** Whether ICE is dead as far as this page can tell. */
  get isDead() {
    const state = this.#connection?.state;
    return this.link !== "connected" && (state === undefined || state === "failed" || state === "disconnected" || state === "closed");
  }

  /** A description or candidates. @param {Message} message */
  handle(message) {
    const gen = message.gen;
    if (this.#closed || typeof gen !== "number" || !Number.isSafeInteger(gen) || gen < 1 || gen >= 2 ** 32) return;
    if (gen > this.#gen && isOffer(message) && this.#mayBegin()) this.#follow(gen);
    if (gen !== this.#gen) return;
    if (message.k === "restart" || (isOffer(message) && this.#connection?.answered)) {
      this.#distrust();
    }
    if (message.k === "restart") this.#restart(ASKED_PAUSE_MS);
    else this.#connection?.handle(this.#budgeted(message, this.#candidatesIn));
  }

  /**
   * A newer instance of the pair was verified: a proof may have waited for it.
   * @param {number} gen what the other page says it has used; below ours if it has forgotten this connection
   */
  handleInstance(gen) {
    if (gen < this.#gen || this.#failures >= TRIES) {
      this.#failures = 0;
      this.#begin();
    } else void this.#connection?.judge();
  }

  /** The path may have changed (this page's own socket came back, the device is online again): check it now. */
  handleHint() {
    if (this.#closed) return;
    if (this.#failures >= TRIES) {
      this.#failures = 0;
      this.#begin();
    } else if (this.#connection?.answered && this.link !== "connected") this.#restart(0);
  }

  /** What went over the channel is not acknowledged, whatever the browser says of the path: by the server, and a new one. */
  handleDoubt() {
    if (this.#closed || !this.#connection?.answered || this.#user.isServerAway()) return;
    this.#distrust();
    this.#restart();
  }

  /** @param {number} awake milliseconds */
  tick(awake) {
    this.#awake = awake;
    const connection = this.#connection;
    if (this.#closed) return;
    if (!connection) {
      // The other side should have offered: it may have lost its way.
      if (awake - this.#times.begun >= 2 * ANSWER_MS) this.#begin();
      return;
    }
    void connection.judge();
    this.#sight?.look(awake);
    this.#note(connection);
    if (this.#failures >= TRIES) {
      if (awake - this.#times.begun >= RETRY_MS + CONNECT_MS) this.#begin();
    } else if (this.#times.failed) this.#fail("no-connection");
    else if (connection.unanswered) this.#awaitAnswer(connection);
    else if (this.#times.connected === null) this.#awaitConnection(connection);
    else if (!connection.proven) this.#awaitProof();
    else this.#tend(connection);
  }

  /** @param {Kind} kind @param {MediaStreamTrack | null} track */
  setTrack(kind, track) {
    this.#options.tracks = { ...this.#options.tracks, [kind]: track };
    this.#connection?.setTrack(kind, track);
  }

  /** @param {import("./share.js").Plan} plan how much of sound and picture is sent */
  setPlan(plan) {
    this.#plan = plan;
    this.#connection?.setPlan(plan);
  }

  /** @param {string} text @returns {boolean} */
  sendText(text) {
    return this.#connection?.sendText(text) ?? false;
  }

  /** See Connection. @param {number} id @returns {RTCDataChannel | null} */
  openChannel(id) {
    return this.#connection?.openChannel(id) ?? null;
  }

  /** For good, without a word to anybody. */
  close() {
    this.#connection?.close();
    this.#connection = null;
    this.#closed = true;
  }

  /** A new generation of our own. */
  #begin() {
    this.#follow(this.#gen + 1);
    this.#connection?.offer();
    this.#times.offered = this.#awake;
  }

  /** @param {number} gen */
  #follow(gen) {
    this.#trace(`generation ${gen}`);
    this.#connection?.close();
    this.#connection = null;
    this.#use(false);
    this.#gen = gen;
    this.#times = freshTimes(this.#awake);
    this.#restarts = 0;
    const { certificate, polite, relayOnly, fingerprint, otherFingerprint, tracks } = this.#options;
    /** @type {RTCConfiguration} */
    const configuration = {
      iceServers: this.#user.iceServers(),
      iceTransportPolicy: relayOnly ? "relay" : "all",
      bundlePolicy: "max-bundle",
      rtcpMuxPolicy: "require",
      certificates: [certificate],
    };
    const connection = new Connection({ gen, polite, configuration, relayOnly, fingerprint, otherFingerprint, tracks }, {
      send: (message) => this.#user.send(this.#budgeted(message, this.#candidatesOut)),
      makeProof: (of) => this.#user.makeProof(of),
      checkProof: (of, proof) => this.#user.checkProof(of, proof),
      iceServers: () => this.#user.iceServers(),
      onText: (text) => this.#user.onText(text),
      onProven: () => {
        if (connection === this.#connection) this.#user.onProven(gen);
      },
      onMismatch: () => this.#user.onMismatch(),
      onFault: () => this.#times.failed = true,
      onChange: () => {
        if (connection !== this.#connection) return;
        this.#note(connection);
        this.#user.onChange();
      },
    });
    if (this.#plan) connection.setPlan(this.#plan);
    this.#connection = connection;
    this.#sight = new Sight(connection, this.#sight?.route ?? null, {
      awake: () => this.#awake,
      isSending: () => this.#user.isSending(),
      onChange: () => {
        if (connection === this.#connection) this.#user.onChange();
      },
    });
    this.#user.onChange();
  }

  /** Candidates beyond the minute's share stay behind. @param {Message} message @param {CandidateBudget} budget @returns {Message} */
  #budgeted(message, budget) {
    if (message.k !== "candidates" || !Array.isArray(message.list)) return message;
    return { ...message, list: message.list.filter(() => budget.take(this.#awake)) };
  }

  #mayBegin() {
    this.#begunByOther = this.#begunByOther.filter((at) => this.#awake - at < 60_000);
    this.#begunByOther.push(this.#awake);
    return this.#begunByOther.length <= GENERATIONS_PER_MINUTE;
  }

  /** Notes when what was reached. @param {Connection} connection */
  #note(connection) {
    const times = this.#times;
    if (connection.described) times.described ??= this.#awake;
    if (connection.state === "connected") times.connected ??= this.#awake;
    const flows = connection.iceState === "connected" || connection.iceState === "completed";
    times.flows = flows ? (times.flows ?? this.#awake) : null;
    const cut = connection.iceState === "disconnected" || connection.iceState === "failed";
    times.cut = cut ? (times.cut ?? this.#awake) : null;
    if (connection.proven && connection.state === "connected") {
      this.#failures = 0;
      this.#wasConnected = true;
    }
    times.ended = connection.channelLost ? (times.ended ?? this.#awake) : null;
    const isSound = connection.proven && connection.state === "connected" && !cut && !this.#isStalled;
    times.sound = isSound ? (times.sound ?? this.#awake) : null;
    if (times.sound !== null && this.#awake - times.sound >= SOUND_MS) {
      times.steady = this.#awake;
      this.#restarts = 0;
    }
    const isTrusted = flows && !this.#isStalled && this.#awake >= this.#distrustUntil;
    // While the server is away there is no other path: what the restart itself needs must take this one.
    this.#use(connection.channelOpen && (isTrusted || this.#user.isServerAway()));
  }

  #distrust() {
    if (this.#user.isServerAway()) return;
    this.#distrustUntil = this.#awake + DISTRUST_MS;
    this.#use(false);
  }

  /** @param {boolean} usable */
  #use(usable) {
    if (usable === this.#usable) return;
    this.#usable = usable;
    this.#trace(`channel ${usable}`);
    this.#user.onChannel(usable);
  }

  /** @param {Connection} connection */
  #awaitAnswer(connection) {
    if (this.#times.offered === null || this.#awake - this.#times.offered < ANSWER_MS) return;
    if (++this.#times.offers >= OFFER_TRIES) return this.#fail("no-connection");
    this.#times.offered = this.#awake;
    connection.offer();
  }

  /** @param {Connection} connection */
  #awaitConnection(connection) {
    const since = this.#times.described ?? this.#times.begun;
    const isHung = this.#times.flows !== null && this.#awake - this.#times.flows >= DTLS_MS;
    if (isHung || this.#awake - since >= CONNECT_MS) return this.#fail("no-connection");
    // Candidates that came late, or a relay that answered late: one restart before the generation is given up.
    if (connection.iceState === "failed" && this.#restarts === 0) this.#restart();
  }

  #awaitProof() {
    if (this.#awake - /** @type {number} */ (this.#times.connected) >= PROOF_MS) this.#fail("no-proof");
  }

  /** A proven connection: is its path alive? @param {Connection} connection */
  #tend(connection) {
    const { connected, cut, sound, steady, ended } = this.#times;
    const endedFor = ended === null ? 0 : this.#awake - ended;
    const cutFor = cut === null ? 0 : this.#awake - cut;
    const lostFor = sound === null ? this.#awake - (steady ?? connected ?? this.#awake) : 0;
    // Without a way to tell the other side there is nothing to be done; `handleHint` comes with the server.
    if (this.#user.isServerAway()) return;
    // What came over a channel that has ended goes by the server for ever after, although sound and picture may come.
    if (lostFor >= CONNECT_MS || endedFor >= ENDED_MS || connection.state === "closed") return this.#fail("no-connection");
    if (cutFor >= DISCONNECTED_MS || (cutFor > 0 && connection.iceState === "failed") || this.#isStalled) this.#restart();
  }

  /** @param {number} [pause] since the last one, ms */
  #restart(pause = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, this.#restarts - 1))) {
    if (this.#times.restarted !== null && this.#awake - this.#times.restarted < pause) return;
    this.#restarts += 1;
    this.#trace("restart");
    this.#times.restarted = this.#times.offered = this.#awake;
    this.#times.offers = 0;
    this.#connection?.restart();
    this.#user.onChange();
  }

  /** @param {Failure} why */
  #fail(why) {
    this.#why = (why === "no-connection" && this.#connection?.relayTrouble) || why;
    this.#failures += 1;
    this.#trace(`failed: ${this.#why}`);
    if (this.#failures < TRIES) this.#begin();
    else this.#times.begun = this.#awake;
    this.#user.onChange();
  }

  get #isStalled() { return this.#sight?.isStalled ?? false; }

  /** @param {string} what */
  #trace(what) {
    const { state, iceState, unanswered, proven, channelOpen } = this.#connection ?? {};
    trace(this.#options.pid, what, `gen ${this.#gen}`, `${state}/${iceState}`, ...(unanswered ? ["unanswered"] : []), ...(proven ? ["proven"] : []), ...(channelOpen ? ["open"] : []));
  }
}

/** @param {Message} message */
function isOffer({ k, description }) {
  return k === "desc" && typeof description === "object" && description !== null && "type" in description && description.type === "offer";
}

/**
 * @param {number} begun
 * @returns {{begun: number, described: number | null, connected: number | null, offered: number | null, offers: number,
 *   flows: number | null, ended: number | null, cut: number | null, sound: number | null, steady: number | null, restarted: number | null, failed: boolean}}
 */
function freshTimes(begun) {
  return { begun, described: null, connected: null, offered: null, offers: 0, flows: null, ended: null, cut: null, sound: null, steady: null, restarted: null, failed: false };
}
