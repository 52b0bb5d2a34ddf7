// Polls among pages: which of it is told to whom. What a poll is, and what counts in it, is polls.js's.
//
// A named vote goes to everybody; a secret one to the author's page alone, which tells everybody the counts, twice a second at most.

import { ParlourError } from "../errors.js";
import { b64 } from "../seal/bytes.js";
import { random } from "../seal/kdf.js";
import { keyOf } from "./chat.js";
import { described } from "./polls.js";

/** @typedef {import("../seal/types.js").Message} Message */

/**
 * @typedef {{spk: string, name(): string, isHost(): boolean, isHere(spk: string): boolean, tellAll(message: Message): void,
 *   tell(spk: string, message: Message): void}} VotingUser `tell`: all pages of that person
 */

export class Voting {
  #polls;
  #user;
  /** Secret polls of one's own of which the counts changed. @type {Set<string>} */ #counted = new Set();

  /** @param {import("./polls.js").Polls} polls @param {VotingUser} user */
  constructor(polls, user) {
    this.#polls = polls;
    this.#user = user;
  }

  /**
   * @param {{question: string, choices: readonly string[], multiple: boolean, secret: boolean}} asked @returns {string} its id
   * @throws {ParlourError} `bad-poll`
   */
  ask(asked) {
    const poll = this.#polls.ask(b64(random(16)), this.#user.name(), asked, Date.now());
    if (!poll) throw new ParlourError("bad-poll");
    this.#user.tellAll({ k: "poll", ...described(poll) });
    return keyOf(poll.by, poll.id);
  }

  /** @param {string} id of a poll @param {readonly number[]} chosen places in its choices @throws {ParlourError} `no-such-poll` */
  vote(id, chosen) {
    const { spk, name, isHere, tell, tellAll } = this.#user;
    const poll = this.#polls.poll(id);
    const isOpen = this.#polls.shown(isHere).some((one) => one.id === id && one.open);
    if (!poll || !isOpen || !this.#polls.vote(id, spk, name(), chosen)) throw new ParlourError("no-such-poll");
    const message = { k: "vote", poll: poll.id, by: poll.by, chosen };
    if (!poll.secret) tellAll(message);
    else if (poll.by === spk) this.#counted.add(id);
    else tell(poll.by, message);
  }

  /** Its author, or a host. @param {string} id of a poll @returns {boolean} false: it was closed @throws {ParlourError} `no-such-poll`, `not-host` */
  close(id) {
    const poll = this.#polls.poll(id);
    if (!poll) throw new ParlourError("no-such-poll");
    if (poll.by !== this.#user.spk && !this.#user.isHost()) throw new ParlourError("not-host");
    if (!this.#polls.close(id)) return false;
    this.#user.tellAll({ k: "poll-close", poll: poll.id, by: poll.by });
    return true;
  }

  /** @param {string} spk @param {string} name @param {Message} message @returns {boolean} whether it changed anything */
  takeVote(spk, name, message) {
    const changed = this.#polls.takeVote(spk, name, message);
    const key = keyOf(this.#user.spk, String(message.poll));
    if (changed && message.by === this.#user.spk && this.#polls.poll(key)?.secret) this.#counted.add(key);
    return changed;
  }

  /** @param {string} spk @param {boolean} host @param {Message} message @returns {boolean} whether it changed anything */
  takeClose(spk, host, message) {
    const changed = this.#polls.takeClose(spk, host, message);
    // Its author says so again: a host's word may have come to somebody before the poll.
    if (changed && message.by === this.#user.spk && spk !== this.#user.spk) this.#user.tellAll({ k: "poll-close", poll: message.poll, by: message.by });
    return changed;
  }

  /** Every 500 ms. */
  handleTick() {
    for (const id of this.#counted) {
      const poll = this.#polls.poll(id);
      if (poll) this.#user.tellAll({ k: "poll-counts", poll: poll.id, counts: poll.counts, voters: poll.voters });
    }
    this.#counted.clear();
  }
}
