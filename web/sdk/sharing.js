// What people say and send each other inside, as a page calls and reads it; the doing is in content/.

import { ParlourError } from "./errors.js";
import { Showing } from "./showing.js";

/** @typedef {import("./inside.js").Inside} Inside */

/** @type {import("./content/content.js").Shown} */
const nothing = Object.freeze({ chat: Object.freeze([]), hands: Object.freeze([]), files: Object.freeze([]), polls: Object.freeze([]) });

/**
 * Of a meeting. Everything goes over the data channels between the pages, never by way of the server, and is gone with the
 * page. In standard mode chat, polls and files that are to be kept are also left with the server, sealed, until the room ends. Methods throw `not-in-room` outside; lists are empty there, and new arrays after each change.
 *
 * Event `reaction`: a CustomEvent whose `detail` is `{person, emoji}`, of this person as well. Event `recording-over`: see askToRecord.
 */
export class Sharing extends Showing {
  #inside;

  /** @param {() => Inside | null} inside @param {import("./own.js").Own} own */
  constructor(inside, own) {
    super(inside, own);
    this.#inside = inside;
  }

  /** @returns {import("./content/content.js").Content} */
  get #content() {
    const here = this.#inside();
    if (!here || here.stay.isEntering) throw new ParlourError("not-in-room");
    return here.content;
  }

  get #shown() { return this.#inside()?.content.shown ?? nothing; }

  /** What was said, by time; the newest 500 at most. @returns {readonly import("./types.js").ChatMessage[]} */
  get chat() { return this.#shown.chat; }

  /** Raised hands in the order in which they were raised. @returns {readonly import("./types.js").Hand[]} */
  get hands() { return this.#shown.hands; }

  /** Files that were offered, by time. @returns {readonly import("./types.js").FileOffer[]} */
  get files() { return this.#shown.files; }

  /** @returns {readonly import("./types.js").Poll[]} */
  get polls() { return this.#shown.polls; }

  /** Whether what is said is kept for who comes later; null off the record. @returns {import("./types.js").KeepingState | null} */
  get keeping() { return this.#inside()?.keeping?.shown ?? null; }

  /** A recording that is asked for or made here or on somebody else's device; null off the record, where there is none. @returns {import("./types.js").RecordingState | null} */
  get recording() { return this.#inside()?.recording?.shown ?? null; }

  /** To everybody. Sent as soon as there is a connection with each. @param {string} text at most 4000 characters, 100 lines @throws {ParlourError} `too-large`, `too-fast` */
  say(text) { this.#content.say(text); }

  /**
   * Takes back what this person said, also before this page was loaded: it goes from every page that is here, from the record of a
   * room in standard mode, and who comes later never sees it. Whoever has read it has read it, and whoever is away hears of it
   * only if both meet again.
   * @param {string} id of a message in `chat` that is `own` @throws {ParlourError} `no-such-message`, `too-fast`
   */
  takeBack(id) { this.#content.takeBack(id); }

  /** @param {boolean} up */
  raiseHand(up) { this.#content.raiseHand(up); }

  /** @param {string} [person] id; everybody's without @throws {ParlourError} `not-host` */
  lowerHand(person = "") { this.#content.lowerHand(person); }

  /** Shows one of `reactions` over this person's picture, for those who are connected. More than a few at once are left out. @param {string} emoji */
  react(emoji) { this.#content.react(emoji); }

  /**
   * Offers a file; nothing is sent before somebody accepts. Newcomers see it as well unless it is for one person.
   * @param {Blob & {name?: string}} file at most 128 MiB @param {{to?: string, keep?: boolean}} [options] `to`: id of a person; `keep`: in standard
   *   mode leave it with the room as well, sealed, for who comes after this page has left; at most `keeping.fileBytes`, and what is for one person
   *   is never kept. What comes of it is said by `kept` of the file.
   * @returns {Promise<string>} its id, when it was hashed and offered
   * @throws {ParlourError} `file-too-large`, `files-full`, `file-unreadable`
   */
  async offerFile(file, { to = "", keep = false } = {}) { return this.#content.offer(file, to, keep); }

  /** Lets an offered file come. @param {string} id @throws {ParlourError} `no-such-file`, `files-full`: save or drop others first */
  acceptFile(id) { this.#content.accept(id); }

  /** Declines, cancels, takes back, or forgets a file: whatever fits its state. @param {string} id @throws {ParlourError} `no-such-file` */
  dropFile(id) { this.#content.dropFile(id); }

  /** What came, after its hash was found right. The Blob has no type, so that no browser shows it as a page. @param {string} id @returns {Blob} @throws {ParlourError} `no-such-file` */
  fileContent(id) { return this.#content.whole(id); }

  /**
   * Asks everybody.
   * @param {{question: string, choices: readonly string[], multiple?: boolean, secret?: boolean}} poll two to ten different
   *   choices; `multiple`: any number of them; `secret`: this page alone gets the votes and tells how many there are
   * @returns {string} its id
   * @throws {ParlourError} `bad-poll`
   */
  ask({ question, choices, multiple = false, secret = false }) { return this.#content.ask({ question, choices, multiple, secret }); }

  /** Votes, or votes anew. @param {string} id of a poll @param {readonly number[]} chosen places in its choices; none takes the vote back @throws {ParlourError} `no-such-poll` */
  vote(id, chosen) { this.#content.vote(id, chosen); }

  /** For its author and hosts. @param {string} id of a poll @throws {ParlourError} `no-such-poll`, `not-host` */
  closePoll(id) { this.#content.closePoll(id); }

  /**
   * Asks everybody to be recorded on this device. Nothing is recorded by the SDK: while `recording.state` is `on`, this person and those
   * in `recording.people` may be in a file, and nobody else. It pauses while anybody has not agreed, also who comes later, and
   * ends with the first no (event `recording-over`: `{own, began, why, name}`).
   * @throws {ParlourError} `recording-off` in a room off the record, `recording-busy`, `recording-later` within five minutes of a no
   */
  askToRecord() { this.#recording.ask(); }

  /** What this person says to somebody else's recording; false takes a yes back. @param {boolean} yes @throws {ParlourError} `recording-off`, `no-recording` */
  answerRecording(yes) { this.#recording.answer(yes); }

  /** Ends this person's own recording, or its question. @throws {ParlourError} `recording-off` */
  stopRecording() { this.#recording.stop(); }

  get #recording() {
    const here = this.#inside();
    if (!here || here.stay.isEntering) throw new ParlourError("not-in-room");
    if (!here.recording) throw new ParlourError("recording-off");
    return here.recording;
  }
}
