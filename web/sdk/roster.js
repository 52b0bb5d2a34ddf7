// The people in the meeting: one entry per person (spk), however many pages of that person come and go.
//
// A person appears when the proof of a connection with one of its pages was verified, and goes when the last of its
// pages goes (seal.md 6). Streams live as long as the entry. Who is here is decided by the pairs, not here.

import { pausedBy } from "./pictures.js";

/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./peer.js").Peer} Peer */

/** Longest name, in characters. */
export const NAME_LENGTH = 64;

/** What a page tells of itself, sealed. `screen`: the picture is a screen and no camera. @typedef {{name: string, audio: boolean, video: boolean, screen: boolean}} About */

/**
 * One page of a person. `agreed`: about pictures. `seen`: its proof was verified once, so that the person is shown. `heard`: it
 * has said something on its proven channel, so it has verified this page's proof.
 * @typedef {{hid: string, pid: string, spk: string, host: boolean, about: About, agreed: import("./pictures.js").Agreed, peer: Peer, seen: boolean, heard: boolean}} Page
 */

/** What is known of a person besides. @typedef {(spk: string, name: string) => Pick<Person, "ticked" | "renamed" | "admitted" | "verified">} Marks */

export class Roster {
  #marks;
  /** @type {Map<string, Page>} */ #pages = new Map();
  /** @type {Map<string, MediaStream>} */ #streams = new Map();
  /** Seats in their order. @type {readonly string[]} */ #order = [];

  /** @param {Marks} [marks] */
  constructor(marks = () => ({ ticked: false, renamed: false, admitted: null, verified: "link" })) {
    this.#marks = marks;
  }

  /** @param {Page} page */
  add(page) {
    this.#pages.set(page.hid, page);
  }

  /** @param {string} hid @returns {Page | undefined} */
  page(hid) {
    return this.#pages.get(hid);
  }

  /** All pages, seen or not. */
  get pages() { return [...this.#pages.values()]; }

  /** @param {string} hid @returns {Page | undefined} the one that was removed */
  remove(hid) {
    const page = this.#pages.get(hid);
    this.#pages.delete(hid);
    return page;
  }

  /** @param {readonly string[]} pids seats in the order in which they were taken */
  arrange(pids) {
    this.#order = pids;
  }

  /** The name that a page told, for sentences. @param {string} hid @returns {string} */
  nameOf(hid) {
    return this.#pages.get(hid)?.about.name ?? "";
  }

  /**
   * Everybody who may be shown, as things stand. Whoever is shown keeps their place while others come, go, reload or get another seat, as
   * what a page draws and counts (a digit that pins somebody) must not move under a hand; newcomers follow in the order of their seats.
   * @returns {readonly Person[]}
   */
  people() {
    /** @type {Map<string, Page>} */
    const shown = new Map();
    for (const page of this.#pages.values()) {
      page.seen ||= page.peer.proven;
      const other = shown.get(page.spk);
      // Of a person who reloads both pages are here for a moment: the proven, later one speaks.
      if (page.seen && (!other || page.peer.proven || !other.peer.proven)) shown.set(page.spk, page);
    }
    for (const spk of this.#streams.keys()) if (!shown.has(spk)) this.#empty(spk);
    // Streams are made when somebody is shown first, so their order is that of the places.
    const before = [...this.#streams.keys()].flatMap((spk) => shown.get(spk) ?? []);
    const fresh = [...shown.values()].filter(({ spk }) => !this.#streams.has(spk)).sort((a, b) => this.#seat(a) - this.#seat(b));
    return Object.freeze([...before, ...fresh].map((page) => this.#person(page)));
  }

  /** @param {Page} page @returns {number} */
  #seat({ pid }) {
    const seat = this.#order.indexOf(pid);
    return seat < 0 ? this.#order.length : seat;
  }

  /** @param {Page} page @returns {Person} */
  #person({ spk, about, agreed, peer, host }) {
    return Object.freeze({
      id: spk,
      name: about.name,
      stream: this.#stream(spk, peer.received),
      audio: about.audio,
      video: about.video,
      screen: about.video && about.screen,
      paused: about.video ? pausedBy(agreed) : "",
      link: peer.link,
      route: peer.route,
      quality: peer.quality,
      host,
      ...this.#marks(spk, about.name),
    });
  }

  /** @param {string} spk @param {MediaStreamTrack[]} tracks @returns {MediaStream} */
  #stream(spk, tracks) {
    let stream = this.#streams.get(spk);
    if (!stream) this.#streams.set(spk, (stream = new MediaStream()));
    const wanted = new Set(tracks);
    for (const track of stream.getTracks()) if (!wanted.delete(track)) stream.removeTrack(track);
    for (const track of wanted) stream.addTrack(track);
    return stream;
  }

  /** @param {string} spk */
  #empty(spk) {
    const stream = this.#streams.get(spk);
    for (const track of stream?.getTracks() ?? []) stream?.removeTrack(track);
    this.#streams.delete(spk);
  }
}

/**
 * What somebody told of itself, as far as it can be used.
 * @param {Record<string, unknown>} told @returns {About}
 */
export function readAbout({ name, audio, video, screen }) {
  return { name: tidyName(name), audio: audio === true, video: video === true, screen: screen === true };
}

/**
 * A name in one line: no control or direction characters, which could dress it up as another one.
 * @param {unknown} name @returns {string} of at most NAME_LENGTH characters
 */
export function tidyName(name) {
  if (typeof name !== "string") return "";
  const plain = name.slice(0, 8 * NAME_LENGTH).replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f]/gu, " ");
  return [...plain.replace(/\s+/gu, " ").trim()].slice(0, NAME_LENGTH).join("").trim();
}
