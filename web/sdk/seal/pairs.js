// @ts-check
/**
 * Pairs: everybody whom this page knows in a room, and who may be one (sections 4, 6 and 7).
 *
 * A machine without timers, sockets or DOM: the driver gives it the server's view, signals, what comes over proven
 * data channels, new rules and awake time; it answers with outputs. WebCrypto is its only await; inputs are worked
 * off one after another, so that no two of them meet half-done. This file is the door; who opens to whom is in
 * `opening.js` and `answering.js`, who may stay in `first.js` and `rights.js`, talk in `talk.js`, time in `presence.js`.
 */
import { b64, SealError, text } from "./bytes.js";
import { handleOpen } from "./answering.js";
import { contradiction } from "./first.js";
import { Presses } from "./guesses.js";
import { rulesChanged, turnAway } from "./learn.js";
import { INPUTS_PER_PAGE, KNOCK_TEXT, MESSAGE_BYTES } from "./limits.js";
import { Machine } from "./machine.js";
import { handleAccept, handleRefuse, openWhereDue } from "./opening.js";
import { allowMore, handlePake, handleReply } from "./passwords.js";
import { changeChannel, changeView, tick } from "./presence.js";
import { checkProof, makeProof } from "./proof.js";
import { EXPANDED_BYTES } from "./squeeze.js";
import { handleFrame, handleText, OWN_KINDS, post, sayBye } from "./talk.js";
import { readSignal } from "./wire.js";

/** @typedef {import("./types.js").RoomKnowledge} RoomKnowledge */
/** @typedef {import("./types.js").View} View */
/** @typedef {import("./types.js").First} First */
/** @typedef {import("./types.js").Output} Output */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./core.js").OwnCore} OwnCore */
/** @typedef {import("./machine.js").Page} Page */

export class Pairs {
  /** @type {Machine} */
  #machine;
  /** Everything that happens, one after another. @type {Promise<void>} */
  #queue = Promise.resolve();
  #presses = new Presses();
  #ticking = false;
  /** @type {(error: unknown) => void} */
  #onFault;

  /**
   * @param {{
   *   me: OwnCore,
   *   room: RoomKnowledge,
   *   first: (hid: string) => First,
   *   knock?: () => {name: string, message: string},
   *   onOutput: (output: Output) => void,
   *   onFault?: (error: unknown) => void,
   * }} options `me`: from `makeCore`. `first(hid)`: what that page shall be told, asked when it is sent; at least
   *   `{gen}`, at most 4 KB. `knock()`: what a host reads while this page waits outside (empty by default). `onOutput` is
   *   called synchronously, in order, and must not throw; it may call any method here. `onFault`: we were wrong: what was
   *   thrown while an input was worked off, which then did nothing more (by default it is thrown where nobody catches it)
   */
  constructor({ me, room, first, knock = () => ({ name: "", message: "" }), onOutput, onFault = rethrow }) {
    this.#machine = new Machine(me, room, first, knock, onOutput);
    this.#onFault = onFault;
  }

  /**
   * The server's view changed, or its connection came back. Not to be called with an empty view while the server is away.
   * @param {View} view
   */
  handleView(view) {
    this.#do(async () => changeView(this.#machine, view));
  }

  /** What the server brought. Too many that wait are dropped. @param {string} from pid, as the server stamped it @param {string} body */
  handleSignal(from, body) {
    const machine = this.#machine;
    const page = machine.pageOf(from);
    if (!page || page.inputs >= INPUTS_PER_PAGE) {
      machine.counts.tooMany++;
      return;
    }
    page.inputs++;
    this.#do(async () => {
      page.inputs--;
      await this.#signal(page, body);
    });
  }

  /** A text that came over the proven channel 0 of `hid`. @param {string} hid @param {string} text */
  handleChannel(hid, text) {
    this.#do(async () => {
      // Also while this side does not trust the path: the other one may, and what has come has come.
      const page = this.#machine.byHid(hid);
      if (page) await handleText(this.#machine, page, text);
    });
  }

  /**
   * Channel 0 of `hid` is proven (`checkProof` said `good`) and open: messages take it. Or it was lost: they go by the
   * server again. A lost channel of somebody off the server's list ends in `gone`.
   * @param {string} hid @param {boolean} open
   */
  handleChannelState(hid, open) {
    this.#do(async () => {
      const page = this.#machine.byHid(hid);
      if (page?.standing === "person") await changeChannel(this.#machine, page, open);
    });
  }

  /** States or links, password, invitation, host key of `room` changed: tells others what they lack and judges every pair again. */
  handleRules() {
    this.#do(() => rulesChanged(this.#machine, true));
  }

  /** Every 500 ms. @param {number} awakeMs from {@link import("./awake.js").Awake}; never goes back */
  handleTick(awakeMs) {
    if (this.#ticking) return;
    this.#ticking = true;
    this.#do(async () => {
      this.#ticking = false;
      await tick(this.#machine, awakeMs);
    });
  }

  /**
   * To a person: over channel 0 where it is proven, else in sealed frames by the server; once, in order, across both.
   * `{k: "bye"}` ends the pair on both sides; wait for `settled` before closing the server's connection.
   * A description goes as `{k: "desc", gen, description}`.
   * @param {string} hid @param {Message} message JSON of at most `MESSAGE_BYTES`, of no kind of `OWN_KINDS` but bye
   * @returns {boolean} false if `hid` is no person here or the message is too long. If too much waits (1024 messages), it is
   *   dropped and a note `queue-full` put out
   */
  send(hid, message) {
    const machine = this.#machine;
    const isBye = message.k === "bye";
    const known = machine.byHid(hid)?.standing === "person";
    const most = message.k === "desc" ? EXPANDED_BYTES : MESSAGE_BYTES;
    if (!known || (OWN_KINDS.has(message.k) && !isBye) || text(JSON.stringify(message)).length > most) return false;
    this.#do(async () => {
      const page = machine.byHid(hid);
      if (page?.standing !== "person") return;
      if (isBye) await sayBye(machine, page);
      else if (!(await post(machine, page, message))) machine.out({ t: "note", colour: "grey", code: "queue-full", hid });
    });
    return true;
  }

  /** Resolves when everything given so far has been worked off. @returns {Promise<void>} */
  settled() {
    return this.#queue;
  }

  /**
   * What to send as the first and only message of channel 0 when it opens (binary).
   * @param {string} hid @param {number} gen of this PeerConnection
   * @returns {Promise<Bytes | null>} null if `hid` is no person here
   */
  async makeProof(hid, gen) {
    await this.#queue;
    const [newest] = this.#confirmations(hid);
    const fpOther = this.fingerprintOf(hid);
    return newest && fpOther ? makeProof(newest, gen, this.#machine.me.fp, fpOther) : null;
  }

  /**
   * Judges the first message of channel 0.
   * `later`: made with an instance that is not verified here yet: ask again after the next `person` output or tick, up
   * to `PROOF_MS`. `wrong`: close at once, no retry, red (the pair is closed here as well, with `gone` and `note`).
   * @param {string} hid @param {number} gen @param {Uint8Array} proof
   * @returns {Promise<"good" | "later" | "wrong">}
   */
  async checkProof(hid, gen, proof) {
    await this.#queue;
    const fpOther = this.fingerprintOf(hid);
    if (!fpOther) return "later";
    const verdict = await checkProof(this.#confirmations(hid), gen, this.#machine.me.fp, fpOther, proof);
    if (verdict === "wrong") this.handleContradiction(hid);
    return verdict;
  }

  /**
   * The driver found a contradiction itself: the guard refused a description, or getRemoteCertificates tells of another
   * certificate. The pair is closed for good, red.
   * @param {string} hid
   */
  handleContradiction(hid) {
    this.#do(async () => {
      const page = this.#machine.byHid(hid);
      if (page) contradiction(this.#machine, page, hid);
    });
  }

  /** Fingerprint that every description of `hid` must carry, for `guardDescription`. @param {string} hid @returns {Bytes | null} 32 bytes */
  fingerprintOf(hid) {
    return this.#machine.byHid(hid)?.claimed?.core.fp ?? null;
  }

  /** Tells somebody who knocks to wait. @param {string} hid @param {string} text */
  hold(hid, text) {
    this.#lobby(hid, async (page) => void (await post(this.#machine, page, { k: "hold", text: text.slice(0, KNOCK_TEXT) })));
  }

  /** Turns somebody away who knocks. @param {string} hid */
  refuse(hid) {
    this.#lobby(hid, (page) => turnAway(this.#machine, page));
  }

  /**
   * One press of Join with a typed password (`room.password`): one member is asked.
   * @returns {boolean} false: six presses in ten minutes; wait
   */
  tryPassword() {
    if (!this.#presses.take(this.#machine.now)) return false;
    this.#do(async () => {
      this.#machine.press = { tagTo: "" };
      for (const page of this.#machine.pages.values()) page.resting = "";
    });
    return true;
  }

  /** "Allow 5 more tries", after wrong passwords. */
  allowTries() {
    this.#do(() => allowMore(this.#machine));
  }

  /** Wrong passwords counted so far, to be stored; give it back with `restoreGuesses` after a reload. */
  get guesses() {
    return this.#machine.guesses.state;
  }

  /** @param {import("./guesses.js").GuessState} stored */
  restoreGuesses(stored) {
    this.#machine.guesses.generation(stored.pw);
    this.#machine.guesses.hear(stored, false, this.#machine.now);
  }

  /** Generation of the password that was last proven between this page and another; 0: none. */
  get provenPw() {
    return this.#machine.provenPw;
  }

  /**
   * Who a page says it is while nothing of it is verified but its core's signature.
   * @param {string} pid @returns {string} spk, empty if it has said nothing
   */
  claimOf(pid) {
    const page = this.#machine.pages.get(pid);
    const spk = page?.claimed?.core.spk ?? page?.pending.at(-1)?.claimed.core.spk;
    return spk ? b64(spk) : "";
  }

  /** Whether that page said bye, was replaced or contradicted itself: nobody waits for it. @param {string} pid @returns {boolean} */
  isDoneWith(pid) {
    return this.#machine.isDoneWith(pid);
  }

  /** Persons that have confirmed the rules by which this page lives. @returns {string[]} hids */
  get agreeing() {
    const { persons, beats, room } = this.#machine;
    const { digests } = room.book;
    return persons.filter(({ hid }) => beats.agrees(hid, digests)).map(({ hid }) => hid);
  }

  /** What was dropped so far, by reason. */
  get stats() {
    return { ...this.#machine.counts };
  }

  /** Says nothing more (see `send` for a bye), forgets all keys. Nothing is put out afterwards. */
  stop() {
    this.#machine.stopped = true;
    for (const page of this.#machine.pages.values()) {
      for (const { instance } of page.pending) instance.destroy();
      page.live?.destroy();
      page.old?.instance.destroy();
    }
    this.#machine.pages.clear();
  }

  /** @param {string} hid @returns {import("./proof.js").Confirmation[]} the newest verified instance and the one before */
  #confirmations(hid) {
    const page = this.#machine.byHid(hid);
    if (!page) return [];
    return [page.live, page.old?.instance].flatMap((instance) => (instance ? [instance.confirmation] : []));
  }

  /** @param {string} hid @param {(page: Page) => Promise<void>} act */
  #lobby(hid, act) {
    this.#do(async () => {
      const page = this.#machine.byHid(hid);
      if (page?.standing === "lobby") await act(page);
    });
  }

  /** @param {Page} page @param {string} body */
  async #signal(page, body) {
    const machine = this.#machine;
    let signal;
    try {
      signal = readSignal(body);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      machine.counts.badSignals++;
      return;
    }
    switch (signal.t) {
      case "open": return handleOpen(machine, page, signal.d);
      case "accept": return handleAccept(machine, page, signal.d);
      case "refuse": return handleRefuse(machine, page, signal.d);
      case "pake": return handlePake(machine, page, signal.d);
      case "reply": return handleReply(machine, page, signal.d);
      case "frame": return handleFrame(machine, page, signal.d);
    }
  }

  /** @param {() => Promise<void>} task */
  #do(task) {
    this.#queue = this.#queue
      .then(async () => {
        if (this.#machine.stopped) return;
        await task();
        await openWhereDue(this.#machine);
      })
      .catch(this.#onFault);
  }
}

/** @param {unknown} error */
function rethrow(error) {
  queueMicrotask(() => {
    throw error;
  });
}
