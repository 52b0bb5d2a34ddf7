// @ts-check
/**
 * What all parts of `Pairs` share: this page, the room, the other pages, the time, the way out. State, no decisions.
 */
import { b64, equal, unb64 } from "./bytes.js";
import { EMPTY } from "./kdf.js";
import { signHostIn } from "./core.js";
import { packDocs, unpackDocs } from "./state.js";
import { Mail } from "./mail.js";
import { right } from "./rights.js";
import { Bucket, Recent, makeWay } from "./bounds.js";
import { ANSWERED_PNS, FIRST_DOCS_BYTES, OPEN_BURST, OPEN_EVERY_MS, PAGES, PAKE_EVERY_MS, REFUSED_IDS, REOPEN_MS } from "./limits.js";
import { Beats } from "./beat.js";
import { Guesses } from "./guesses.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./core.js").Core} Core */
/** @typedef {import("./core.js").OwnCore} OwnCore */
/** @typedef {import("./pair.js").Instance} Instance */
/** @typedef {import("./pair.js").How} How */
/** @typedef {import("./rights.js").DoorProof} DoorProof */
/** @typedef {import("./types.js").RoomKnowledge} RoomKnowledge */
/** @typedef {import("./types.js").First} First */
/** @typedef {import("./types.js").Output} Output */
/** @typedef {import("./types.js").View} View */
/** @typedef {import("./ways.js").WayIn} WayIn */

/** Who is at the other end, as an open or accept says it. `host`: host-in was shown. @typedef {{core: Core, host: boolean}} Claimed */
/**
 * This page's open; `accepted`: the accept has come, the rest is in `pending` or `run`.
 * @typedef {{pn: Bytes, arg: Bytes, way: WayIn, until: number, accepted: boolean}} Opening
 */
/**
 * An instance whose first frame has not come. `pn` is the initiator's; `proof`: what it will show if it was made at an
 * open door; `invId`: base64url of an invitation, else empty; `roomId`: of the link; `full`: this side's first frame
 * told what persons are told.
 * @typedef {{instance: Instance, pn: Bytes, claimed: Claimed, proof: DoorProof | null, invId: string, roomId: Bytes, until: number, full: boolean}} Pending
 */
/** Of a guest in the lobby (hosts), or of this page's own knock (guests): renewed until then. @typedef {{name: string, message: string, until: number}} Knock */

/**
 * `none`: nothing verified; `lobby`: verified, a right is missing; `admitted`: rights on both sides, its first frame's rest
 * has not come; `person`: put out.
 * @typedef {"none" | "lobby" | "admitted" | "person"} Standing
 */

/** Another page, by its seat at the server. */
export class Page {
  /** @type {Standing} */
  standing = "none";
  /** Of the verified instance; null before. @type {Claimed | null} */
  claimed = null;
  hid = "";
  spk = "";
  /** @type {Instance | null} */
  live = null;
  /** The one before, read until then. @type {{instance: Instance, until: number} | null} */
  old = null;
  /** Of the live instance: the initiator's pn, room_id, invitation. @type {{pn: Bytes, roomId: Bytes, invId: string} | null} */
  made = null;
  /** @type {Pending[]} */
  pending = [];
  /** @type {Opening | null} */
  opening = null;
  /** A run of the password; see `passwords.js`. @type {import("./passwords.js").Run | null} */
  run = null;
  /** Its open that met mine and lost; looked at if mine is refused. @type {import("./wire.js").Open | null} */
  stash = null;
  /** Shown to each other, latest last. @type {DoorProof[]} */
  proofs = [];
  answered = new Recent(ANSWERED_PNS);
  opensIn = new Bucket(OPEN_EVERY_MS, OPEN_BURST);
  /** A little slower than what the other side allows: clocks differ by a tick. */
  opensOut = new Bucket(REOPEN_MS, OPEN_BURST - 1);
  refusesIn = new Bucket(1_000, 8);
  runsIn = new Bucket(PAKE_EVERY_MS, 1);
  /** Texts of states that it has or was sent. @type {Set<string>} */
  told = new Set();
  /** What it told when rights held. @type {First | null} */
  first = null;
  toldFirst = false;
  channel = false;
  /** It has shown host-in in this or an earlier instance. */
  wasHost = false;
  /** In a named room: it showed, sealed, the rules of another host. */
  otherHost = false;
  /** Opened to although not listed before: a gap, or it was there when this page was let in. */
  reach = false;
  /** Its instance lives here, and perhaps not there: nothing is acknowledged. */
  doubtful = false;
  tries = 0;
  refusals = 0;
  /** Repeats that were not counted because the other side lacked states. */
  repeats = 0;
  linksTried = 0;
  busies = 0;
  notBefore = 0;
  /** Nothing is opened before the view (`"view"`, a minute at most) or the rules (`"rules"`) change. @type {"" | "view" | "rules"} */
  resting = "";
  restUntil = 0;
  /** "Connecting to Ana…" has been said, and she has not come since. */
  saidSlow = false;
  /** @type {Knock | null} */
  knock = null;
  /** When this page's own knock is to be renewed. */
  knockAt = Number.POSITIVE_INFINITY;
  inputs = 0;

  /** @param {string} pid @param {Mail} [mail] of an earlier time */
  constructor(pid, mail = new Mail()) {
    this.pid = pid;
    this.mail = mail;
    this.pidBytes = unb64(pid, 8);
  }
}

export class Machine {
  now = 0;
  stopped = false;
  /** @type {View} */
  view = { seats: [], porch: [], me: "", seated: false };
  /** By pid. @type {Map<string, Page>} */
  pages = new Map();
  /** Numbering of pages that left, by pid: one that comes back must not hear twice what it has. @type {Map<string, Mail>} */
  #pastMail = new Map();
  /** hid → why it is refused for good; and their pids. @type {Map<string, "bye" | "replaced" | "mismatch">} */
  refused = new Map();
  #refusedPids = new Recent(REFUSED_IDS);
  beats = new Beats();
  guesses = new Guesses();
  beatAt = 0;
  /** Whether "you were removed" or "cut off" has been said since the rights last held. */
  saidOut = false;
  /** Whether those here were shown host-in; a page that becomes host shows it to everybody. */
  hostShown = false;
  /** Somebody's right was judged, or a page came or went: a beat is due. */
  beatDue = false;
  hostMissingSince = Number.NaN;
  /** The generation of the password that somebody has proven to this page; 0: none. */
  provenPw = 0;
  /** hids with which S was proven, with the generation. @type {Map<string, number>} */
  provenWith = new Map();
  /** One attempt with a typed password: to whom its tag went. @type {{tagTo: string} | null} */
  press = null;
  /** What was dropped, by reason. */
  counts = { strayFrames: 0, droppedFrames: 0, gaps: 0, badMessages: 0, badSignals: 0, tooMany: 0 };
  /** @type {{key: CryptoKey, right: Bytes} | null} */
  #hostIn = null;

  /**
   * @param {OwnCore} me @param {RoomKnowledge} room @param {(hid: string) => First} first
   * @param {() => {name: string, message: string}} knock @param {(output: Output) => void} onOutput
   */
  constructor(me, room, first, knock, onOutput) {
    this.me = me;
    this.room = room;
    this.firstFor = first;
    this.knockText = knock;
    this.hid = b64(me.hid);
    this.pid = b64(me.pid);
    this.spk = b64(me.spk);
    this.onOutput = onOutput;
    this.hostShown = Boolean(room.hostKey);
  }

  /** @param {Output} output */
  out(output) {
    if (!this.stopped) this.onOutput(output);
  }

  /** @param {Page} page @param {string} body */
  signal(page, body) {
    this.out({ t: "signal", to: page.pid, body });
  }

  /** Whether this page can show host-in. */
  get isHost() {
    return Boolean(this.room.hostKey);
  }

  /** right_X of this page: host-in, or nothing. @returns {Promise<Bytes>} */
  async ownRight() {
    const key = this.room.hostKey;
    if (!key) return EMPTY;
    if (this.#hostIn?.key !== key) this.#hostIn = { key, right: await signHostIn(key, this.room.room, this.me.hid) };
    return this.#hostIn.right;
  }

  /**
   * Rights of both sides by the rules held here: `theirs` and `mine`.
   * @param {string} spk @param {boolean} host @param {readonly DoorProof[]} proofs shared with that page
   */
  rights(spk, host, proofs) {
    const { rules } = this.room.book;
    if (rules === undefined) return { theirs: null, mine: null };
    return {
      theirs: right(rules, this.room.named, { spk, host, proofs }),
      mine: right(rules, this.room.named, { spk: this.spk, host: this.isHost, proofs }),
    };
  }

  /** @param {Page} page */
  rightsWith(page) {
    return this.rights(page.spk, page.claimed?.host ?? false, page.proofs);
  }

  /** Persons, and whoever is about to be one. @returns {Page[]} */
  get persons() {
    return [...this.pages.values()].filter((page) => page.standing === "person");
  }

  /** @param {string} hid @returns {Page | undefined} a page whose hid was verified */
  byHid(hid) {
    for (const page of this.pages.values()) if (page.hid === hid && page.standing !== "none") return page;
    return undefined;
  }

  /** @param {string} pid @returns {boolean} whether the server lists it */
  lists(pid) {
    return this.view.seats.some((seat) => seat.pid === pid) || this.view.porch.includes(pid);
  }

  /**
   * The record of a page, made if there is room for one.
   * @param {string} pid @returns {Page | null}
   */
  pageOf(pid) {
    const known = this.pages.get(pid);
    if (known) return known;
    if (pid === this.pid || this.pages.size >= PAGES || !isPid(pid)) return null;
    const page = new Page(pid, this.#pastMail.get(pid));
    this.#pastMail.delete(pid);
    this.pages.set(pid, page);
    return page;
  }

  /** A page is neither listed nor connected. @param {Page} page */
  drop({ pid, mail }) {
    this.pages.delete(pid);
    this.#pastMail.set(pid, mail);
    makeWay(this.#pastMail, PAGES);
  }

  /** @param {string} hid @param {"bye" | "replaced" | "mismatch"} why */
  refuseForGood(hid, why) {
    this.refused.set(hid, why);
    this.#refusedPids.add(b64(unb64(hid).subarray(0, 8)));
    makeWay(this.refused, REFUSED_IDS);
  }

  /** @param {string} pid @returns {boolean} whether that page said bye, was replaced or contradicted itself */
  isDoneWith(pid) {
    return this.#refusedPids.has(pid);
  }

  /** All states by which this page lives, as docs for a refuse. @returns {Bytes} */
  get docs() {
    return packDocs(this.room.book.states);
  }

  /** As many of them as a first frame has room for; the rest follows in messages. @returns {Bytes} */
  get firstDocs() {
    const states = this.room.book.states;
    let docs = packDocs(states);
    for (let fit = states.length - 1; docs.length > FIRST_DOCS_BYTES; fit--) docs = packDocs(states.slice(0, fit));
    return docs;
  }

  /** The first frame shows these. @param {Page} page */
  noteStatesTold(page) {
    const states = this.room.book.states;
    const shown = unpackDocs(this.firstDocs).length;
    for (const { json } of states.slice(0, shown)) page.told.add(json);
  }

  /** Opens of others that wait for a first frame or a password. @param {(how: How) => boolean} which @returns {number} */
  pendingCount(which) {
    let count = 0;
    for (const page of this.pages.values()) {
      count += page.pending.filter(({ instance }) => instance.role === "R" && which(instance.how)).length;
      if (page.run?.side === "G" && which(1)) count++;
    }
    return count;
  }
}

/** @param {string} pid @returns {boolean} */
function isPid(pid) {
  try {
    return unb64(pid, 8).length === 8;
  } catch {
    return false;
  }
}

/** @param {Uint8Array} a @param {Uint8Array | undefined} b @returns {boolean} */
export function same(a, b) {
  return b !== undefined && equal(a, b);
}
