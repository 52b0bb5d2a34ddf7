// What people say and send each other inside: one line (channel 1) to each page, and who may say what on it.
//
// Everything here goes from page to page over proven data channels. In standard mode keeping.js leaves what is `own` with the
// server as well, sealed, and brings what others left (`takeKept`).

import { ParlourError } from "../errors.js";
import { b64 } from "../seal/bytes.js";
import { random } from "../seal/kdf.js";
import { Chat, KEPT, keyOf, writeBack } from "./chat.js";
import { Files } from "./files.js";
import { Hands } from "./hands.js";
import { Line } from "./line.js";
import { CHAT_LENGTH, FILE_CHANNELS, HISTORY_MESSAGES, POLLS, TOLD_AT_ONCE } from "./limits.js";
import { Offers } from "./offers.js";
import { tidyText } from "./plain.js";
import { Polls } from "./polls.js";
import { Rates } from "./rates.js";
import { Voting } from "./voting.js";

/** @typedef {import("../seal/types.js").Message} Message */
/** @typedef {import("./chat.js").Entry} Entry */

/**
 * @typedef {{
 *   send(hid: string, message: Message): boolean, openChannel(hid: string, id: number): RTCDataChannel | null,
 *   personOf(hid: string): {spk: string, host: boolean, name: string} | null, readonly awake: number,
 * }} ContentMesh `send`: over channel 0
 */
/**
 * @typedef {Readonly<{chat: readonly import("../types.js").ChatMessage[], hands: readonly import("../types.js").Hand[],
 *   files: readonly import("../types.js").FileOffer[], polls: readonly import("../types.js").Poll[]}>} Shown
 */
/** `told`: texts of a history that came; `hand`: it has said whether its hand was up. @typedef {{line: Line, told: number, hand: boolean}} Page */

export class Content {
  #me;
  #mesh;
  #user;
  /** By hid. @type {Map<string, Page>} */ #pages = new Map();
  #rates = new Rates();
  #chat;
  #hands = new Hands();
  #files;
  #offers;
  /** Files of earlier page lives that this person took back: at most as many as were known. @type {Set<string>} */ #fileBacks = new Set();
  #polls;
  #voting;
  #progress = false;
  /** @type {Shown | null} */ #shown = null;
  /** What of it is to be read again. @type {Set<keyof Shown>} */ #stale = new Set();

  /**
   * @param {{spk: string, name(): string, isHost(): boolean}} me @param {ContentMesh} mesh
   * @param {{onChange(): void, onReaction(person: string, emoji: string): void, storing(): import("../storing.js").Storing | null}} user
   *   `storing`: null off the record
   */
  constructor(me, mesh, user) {
    this.#me = me;
    this.#mesh = mesh;
    this.#user = user;
    this.#chat = new Chat(me.spk);
    this.#polls = new Polls(me.spk);
    this.#voting = new Voting(this.#polls, {
      ...me,
      isHere: (spk) => this.#isHere(spk),
      tellAll: (message) => this.#tellAll(message),
      tell: (spk, message) => {
        for (const { line } of this.#pages.values()) if (line.spk === spk) line.send(message);
      },
    });
    /** @type {import("./files.js").FilesUser} */
    const filesUser = {
      send: (hid, message) => void this.#pages.get(hid)?.line.send(message),
      channel: (hid, id) => this.#fileChannel(hid, id),
      isReady: (hid) => this.#pages.get(hid)?.line.ready ?? false,
      onChange: () => this.#changed("files"),
      onProgress: () => (this.#progress = true),
      storing: () => this.#user.storing(),
    };
    this.#files = new Files(me.spk, filesUser);
    this.#offers = new Offers(me.spk, filesUser);
  }

  /** What there is; each list is the same until something in it changes. @returns {Shown} */
  get shown() {
    const before = this.#shown;
    if (before && this.#stale.size === 0) return before;
    const isStale = (/** @type {keyof Shown} */ part) => before === null || this.#stale.has(part);
    this.#shown = Object.freeze({
      chat: isStale("chat") ? this.#chat.shown : /** @type {Shown} */ (before).chat,
      hands: isStale("hands") ? this.#hands.shown : /** @type {Shown} */ (before).hands,
      files: isStale("files") ? Object.freeze([...this.#files.shown, ...this.#offers.shown].sort((a, b) => a.at.getTime() - b.at.getTime())) : /** @type {Shown} */ (before).files,
      polls: isStale("polls") ? this.#polls.shown((spk) => this.#isHere(spk)) : /** @type {Shown} */ (before).polls,
    });
    this.#stale.clear();
    return this.#shown;
  }

  /**
   * To everybody who is here, and to newcomers by everybody's history.
   * @param {string} said @throws {ParlourError} `too-large`, `too-fast`
   */
  say(said) {
    if (said.length > CHAT_LENGTH) throw new ParlourError("too-large");
    const text = tidyText(said);
    if (text === "") return;
    this.#rates.take("chat", this.#mesh.awake);
    const entry = this.#chat.say(b64(random(16)), this.#me.name(), text, Date.now());
    this.#deliver(entry, { k: "chat", id: entry.id, text, at: entry.at });
  }

  /**
   * From every page that is here, and from what newcomers are told; whoever has read it has read it.
   * @param {string} key of a message of this person's @throws {ParlourError} `no-such-message`, `too-fast`
   */
  takeBack(key) {
    if (!this.#chat.has(key)) throw new ParlourError("no-such-message");
    this.#rates.take("chat", this.#mesh.awake);
    const entry = this.#chat.takeBack(key);
    if (!entry) throw new ParlourError("no-such-message");
    this.#deliver(entry, writeBack([entry.id]));
  }

  /** How many messages and files of before this person took back in this page life. */
  get backs() { return this.#chat.ownBacks + this.#fileBacks.size; }

  /** Whether this person took a message or a file of before back in this page life. @param {string} id */
  isBack(id) { return this.#chat.isBack(id) || this.#fileBacks.has(id); }

  /** @param {boolean} up */
  raiseHand(up) {
    this.#rates.take("acts", this.#mesh.awake);
    const now = Date.now();
    if (!this.#hands.set(this.#me.spk, up, now)) return;
    this.#tellAll({ k: "hand", up, at: now });
    this.#changed("hands");
  }

  /** Hosts. @param {string} who spk, or empty for everybody */
  lowerHand(who) {
    if (!this.#me.isHost()) throw new ParlourError("not-host");
    this.#rates.take("acts", this.#mesh.awake);
    this.#tellAll({ k: "lower", who });
    if (this.#hands.lower(who)) this.#changed("hands");
  }

  /** For a moment, to those who are connected. @param {string} emoji */
  react(emoji) {
    if (!this.#hands.mayReact(this.#me.spk, emoji, this.#mesh.awake)) return;
    for (const { line } of this.#pages.values()) line.sendNow({ k: "reaction", emoji });
    this.#user.onReaction(this.#me.spk, emoji);
  }

  /** @param {Blob & {name?: string}} file @param {string} to spk, or empty @param {boolean} keep in the room @returns {Promise<string>} its id */
  async offer(file, to, keep) {
    this.#rates.take("acts", this.#mesh.awake);
    const own = await this.#offers.make(file, to, this.#me.name(), keep);
    for (const { line } of this.#pages.values()) this.#offers.tell(own, line.hid, line.spk, this.#mesh.personOf(line.hid)?.name ?? "");
    void this.#offers.store(own);
    this.#changed("files");
    return keyOf(this.#me.spk, own.id);
  }

  /** @param {string} id of a file */
  accept(id) { this.#files.accept(id); }

  /** @param {string} id of a file */
  dropFile(id) {
    const back = this.#files.takeBack(id);
    if (back) {
      this.#fileBacks.add(back.id);
      this.#tellAll({ k: "file-gone", id: back.id });
      void this.#user.storing()?.remove(back.lying);
    } else if (!this.#offers.drop(id)) this.#files.drop(id);
    this.#changed("files");
  }

  /** @param {string} id of a file @returns {Blob} */
  whole(id) { return this.#files.whole(id); }

  /** @param {{question: string, choices: readonly string[], multiple: boolean, secret: boolean}} asked @returns {string} its id */
  ask(asked) {
    this.#rates.take("acts", this.#mesh.awake);
    const id = this.#voting.ask(asked);
    this.#changed("polls");
    return id;
  }

  /** @param {string} id of a poll @param {readonly number[]} chosen places in its choices */
  vote(id, chosen) {
    this.#rates.take("acts", this.#mesh.awake);
    this.#voting.vote(id, chosen);
    this.#changed("polls");
  }

  /** Its author, or a host. @param {string} id of a poll */
  closePoll(id) {
    if (this.#voting.close(id)) this.#changed("polls");
  }

  /** What this person said and asked in this page life, for the record of a room in standard mode. @returns {import("./record.js").Own} */
  get own() { return { chat: this.#chat.own, polls: this.#polls.own, files: this.#offers.kept }; }

  /** The server may have forgotten what this page left there. */
  storeAgain() { this.#offers.storeAgain(); }

  /** What the room has kept of somebody. @param {import("./record.js").Kept} record */
  takeKept({ w, by, name, chat, polls, files }) {
    const now = Date.now();
    if (this.#files.takeKept({ w, by, name, files }, now)) this.#changed("files");
    for (let from = 0; from < chat.length; from += TOLD_AT_ONCE) {
      const told = chat.slice(from, from + TOLD_AT_ONCE).map((one) => ({ by, ...one }));
      if (this.#chat.tell(KEPT, "", told, now)) this.#changed("chat");
    }
    for (const poll of polls) if (this.#polls.tell(KEPT, KEPT, { by, name, ...poll }, now)) this.#changed("polls");
  }

  /** A message over channel 0. @param {string} hid @param {Message} message @returns {boolean} whether it was for this */
  handle(hid, message) {
    if (message.k !== "content") return false;
    this.#page(hid)?.line.handleThere(message.gen);
    return true;
  }

  /** A connection with that page was proven. @param {string} hid @param {number} gen */
  handleConnection(hid, gen) {
    this.#page(hid)?.line.handleConnection(gen);
  }

  /** That page is gone for good. @param {string} hid */
  handleGone(hid) {
    const page = this.#pages.get(hid);
    if (!page) return;
    page.line.close();
    this.#pages.delete(hid);
    this.#chat.gone(hid);
    this.#files.gone(hid);
    this.#offers.gone(hid);
    if (!this.#isHere(page.line.spk)) {
      this.#hands.gone(page.line.spk);
      this.#rates.forget(page.line.spk);
    }
    // A secret poll ends with its author.
    this.#changed("chat", "hands", "files", "polls");
  }

  /** Every 500 ms. */
  handleTick() {
    for (const { line } of this.#pages.values()) line.handleTick();
    this.#voting.handleTick();
    if (this.#progress || this.#offers.sending) this.#changed("files");
    this.#progress = false;
  }

  stop() {
    this.#offers.stop();
    for (const { line } of this.#pages.values()) line.close();
  }

  /** @param {string} hid @returns {Page | null} */
  #page(hid) {
    const known = this.#pages.get(hid);
    const person = this.#mesh.personOf(hid);
    if (known || !person) return known ?? null;
    const line = new Line({ spk: person.spk, hid }, {
      open: (id) => this.#mesh.openChannel(hid, id),
      announce: (gen) => void this.#mesh.send(hid, { k: "content", gen }),
      awake: () => this.#mesh.awake,
      onReady: (isFirst) => this.#ready(line, isFirst),
      onMessage: (message) => this.#hear(line, message),
      onDelivered: () => {
        if (this.#chat.delivered(hid, line.acknowledged)) this.#changed("chat");
      },
    });
    const page = { line, told: 0, hand: false };
    this.#pages.set(hid, page);
    this.#stale.add("polls");
    return page;
  }

  /** @param {Line} line @param {boolean} isFirst */
  #ready(line, isFirst) {
    if (isFirst) {
      // First what was taken back, so that it does not come from others for a moment.
      for (const text of [this.#chat.backs ?? [], this.#chat.history()].flat()) line.send(text);
      const up = this.#hands.raisedAt(this.#me.spk);
      line.send({ k: "hand", up: up !== null, at: up ?? Date.now() });
      for (const message of this.#polls.history((spk) => this.#isHere(spk))) line.send(message);
      this.#offers.tellAll(line.hid, line.spk, this.#mesh.personOf(line.hid)?.name ?? "");
    }
    this.#files.handleReady(line.hid);
  }

  /** @param {Line} line @param {Message} message */
  #hear(line, message) {
    const page = this.#pages.get(line.hid);
    const person = this.#mesh.personOf(line.hid);
    if (page && person) this.#take(page, person, message);
  }

  /** @param {Page} page @param {{spk: string, host: boolean, name: string}} person @param {Message} message */
  #take(page, { spk, host, name }, message) {
    const { hid } = page.line;
    const [now, awake, rate] = [Date.now(), this.#mesh.awake, this.#rates.of(spk)];
    const mayAct = () => rate.acts.take(awake);
    /** @type {[keyof Shown, boolean]} */
    let [part, isNew] = ["chat", false];
    switch (message.k) {
      case "chat": isNew = rate.chat.take(awake) && this.#chat.take(spk, name, message, now); break;
      case "chat-back": isNew = rate.chat.take(awake) && this.#chat.takenBack(spk, message); break;
      case "history": isNew = this.#mayTell(page) && this.#chat.tell(spk, name, message.list, now); break;
      case "hand":
        [part, isNew] = ["hands", mayAct() && this.#hands.take(spk, message, now, !page.hand)];
        page.hand = true;
        break;
      case "lower": [part, isNew] = ["hands", host && mayAct() && this.#hands.lower(message.who)]; break;
      case "reaction":
        if (this.#hands.mayReact(spk, message.emoji, awake)) this.#user.onReaction(spk, /** @type {string} */ (message.emoji));
        break;
      case "file": [part, isNew] = ["files", mayAct() && this.#files.take(hid, spk, name, message, now)]; break;
      case "file-kept": [part, isNew] = ["files", mayAct() && this.#files.keep(spk, message)]; break;
      case "file-gone": [part, isNew] = ["files", this.#files.withdrawn(spk, message)]; break;
      case "file-take": this.#offers.takeAsk(hid, message, awake); break;
      case "file-no":
      case "file-done": [part, isNew] = ["files", this.#offers.takeAnswer(hid, message)]; break;
      case "poll": [part, isNew] = ["polls", mayAct() && this.#polls.take(spk, name, message, now)]; break;
      case "poll-told": [part, isNew] = ["polls", this.#mayTell(page) && this.#polls.tell(spk, name, message, now)]; break;
      case "vote": [part, isNew] = ["polls", mayAct() && this.#voting.takeVote(spk, name, message)]; break;
      case "poll-counts": [part, isNew] = ["polls", mayAct() && this.#polls.takeCounts(spk, message)]; break;
      case "poll-close": [part, isNew] = ["polls", mayAct() && this.#voting.takeClose(spk, host, message)]; break;
    }
    if (isNew) this.#changed(part);
  }

  /** A page tells what was before once, and no more than fits into its list. @param {Page} page @returns {boolean} */
  #mayTell(page) {
    page.told += 1;
    return page.told <= HISTORY_MESSAGES + POLLS;
  }

  /** @param {string} hid @param {number} id @returns {RTCDataChannel | null} */
  #fileChannel(hid, id) {
    if (!FILE_CHANNELS.includes(id)) return null;
    const channel = this.#pages.get(hid)?.line.channel(id) ?? null;
    if (channel && !channel.onmessage) {
      channel.binaryType = "arraybuffer";
      channel.onmessage = ({ data }) => this.#files.hear(hid, id, data);
    }
    return channel;
  }

  /** To everybody, and it is known of whom it has arrived. @param {Entry} entry @param {Message} message */
  #deliver(entry, message) {
    for (const [hid, { line }] of this.#pages) {
      const number = line.send(message);
      if (number > 0) entry.waits.set(hid, number);
      else entry.lost += 1;
    }
    this.#changed("chat");
  }

  /** @param {Message} message */
  #tellAll(message) {
    for (const { line } of this.#pages.values()) line.send(message);
  }

  /** @param {string} spk */
  #isHere(spk) {
    return spk === this.#me.spk || [...this.#pages.values()].some(({ line }) => line.spk === spk);
  }

  /** @param {...keyof Shown} parts */
  #changed(...parts) {
    for (const part of parts) this.#stale.add(part);
    this.#user.onChange();
  }
}
