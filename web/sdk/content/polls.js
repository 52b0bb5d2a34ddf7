// Polls: one question, two to ten choices, until the author or a host closes it. Pure.
//
// `names`: everybody tells everybody their vote. `counts`: votes go to the author's page alone, which tells how many there
// are; so they are as secret, and the counts as right, as that page is. Such a poll ends when its author goes.

import { base64, flag, integer, list, maybe, object, text } from "../read.js";
import { KEPT, keyOf, readable } from "./chat.js";
import { CHOICES, CHOICE_LENGTH, EARLY_VOTES, LATE_MS, POLLS, POLLS_PER_PERSON, QUESTION_LENGTH, VOTES } from "./limits.js";
import { believable, tidyLine, tidyName } from "./plain.js";

/** @typedef {import("../types.js").Poll} ShownPoll */
/** @typedef {import("../seal/types.js").Message} Message */

/**
 * `votes`: spk to what was chosen, where this page knows; `counts`: what the author's page says, in secret polls. `told`: by
 * whose word it is known (name), or empty; `owner`: to whose share it counts (spk).
 * @typedef {{id: string, by: string, name: string, question: string, choices: readonly string[], multiple: boolean,
 *   secret: boolean, at: number, open: boolean, told: string, owner: string, live: boolean, votes: Map<string, {name: string, chosen: readonly number[]}>,
 *   counts: readonly number[], voters: number, mine: readonly number[]}} Poll
 */

/** @typedef {import("./record.js").ToldPoll} Told */

const chosenReader = list(integer(0, CHOICES - 1), CHOICES);
const moment = integer(0, Number.MAX_SAFE_INTEGER);
const shape = {
  id: base64(16), question: text(4 * QUESTION_LENGTH), choices: list(text(4 * CHOICE_LENGTH), CHOICES), multiple: flag, secret: flag, at: moment,
};
const readPoll = object({ ...shape, closed: maybe(flag) });
const readTold = object({
  ...shape, by: base64(32), name: text(256), closed: maybe(flag),
  votes: list(object({ by: base64(32), name: text(256), chosen: chosenReader }), VOTES),
  counts: list(integer(0, VOTES), CHOICES), voters: integer(0, VOTES),
});
const readVote = object({ poll: base64(16), by: base64(32), chosen: chosenReader });
const readCounts = object({ poll: base64(16), counts: list(integer(0, VOTES), CHOICES), voters: integer(0, VOTES) });
const readEnd = object({ poll: base64(16), by: base64(32) });

export class Polls {
  #me;
  /** Oldest first. @type {Map<string, Poll>} */ #polls = new Map();
  /** Votes of which the poll is still on its way, over another pair. @type {{key: string, person: string, name: string, chosen: readonly number[]}[]} */
  #early = [];

  /** @param {string} me spk */
  constructor(me) {
    this.#me = me;
  }

  /** @param {(spk: string) => boolean} isHere @returns {readonly ShownPoll[]} */
  shown(isHere) {
    return Object.freeze([...this.#polls.values()].map((poll) => {
      const { id, by, name, question, multiple, secret, at, told, live, votes, voters, mine } = poll;
      const named = [...votes].map(([person, vote]) => ({ person, ...vote }));
      const choices = poll.choices.map((choice, index) => {
        const who = named.filter(({ chosen }) => chosen.includes(index)).map(({ person, name: voter }) => Object.freeze({ id: person, name: voter }));
        return Object.freeze({ text: choice, votes: secret ? (poll.counts[index] ?? 0) : who.length, voters: Object.freeze(secret ? [] : who) });
      });
      return Object.freeze({
        id: keyOf(by, id), by, name, own: by === this.#me, question, choices: Object.freeze(choices), multiple, secret, at: new Date(at), live,
        told: poll.owner === KEPT ? "" : told, kept: poll.owner === KEPT,
        open: poll.open && (!secret || by === this.#me || isHere(by)), voters: secret ? voters : votes.size, mine,
      });
    }));
  }

  /** @param {string} key @returns {Poll | undefined} */
  poll(key) { return this.#polls.get(key); }

  /**
   * One's own.
   * @param {string} id @param {string} name @param {{question: string, choices: readonly string[], multiple: boolean, secret: boolean}} asked
   * @param {number} now @returns {Poll | null} null: no question, or fewer than two different choices
   */
  ask(id, name, asked, now) {
    return this.#add({ ...asked, id, choices: [...asked.choices], at: now }, this.#me, name, "", this.#me, true);
  }

  /** First hand. @param {string} by @param {string} name @param {Message} message @param {number} now @returns {boolean} */
  take(by, name, message, now) {
    const read = readable(() => readPoll(message));
    if (!read) return false;
    const key = keyOf(by, read.id);
    const known = this.#polls.get(key);
    if (known?.told === "") return false;
    // What others told of it makes way; what was voted stays, if it is the same poll.
    const isSame = known !== undefined && known.multiple === read.multiple && known.choices.join("\n") === read.choices.join("\n");
    this.#polls.delete(key);
    const poll = this.#add({ ...read, at: believable(read.at, now, known ? 0 : now - LATE_MS) }, by, name, "", by, known === undefined);
    if (!poll) return known !== undefined;
    if (isSame) Object.assign(poll, { votes: known.votes, mine: known.mine });
    this.#takeEarly(key);
    poll.open = read.closed !== true;
    return true;
  }

  /**
   * What a page tells of a poll that is over, or of one whose author is gone.
   * @param {string} teller spk @param {string} tellerName @param {unknown} message @param {number} now @returns {boolean}
   */
  tell(teller, tellerName, message, now) {
    const read = readable(() => readTold(message));
    if (!read || this.#polls.has(keyOf(read.by, read.id))) return false;
    const told = read.by === teller ? "" : tidyName(tellerName) || "?";
    const poll = this.#add({ ...read, at: Math.min(read.at, now) }, read.by, tidyName(read.name), told, teller, false);
    if (!poll) return false;
    if (poll.secret) this.#count(poll, read);
    else for (const { by, name, chosen } of read.votes) if (isChoice(chosen, poll)) poll.votes.set(by, { name: tidyName(name), chosen });
    this.#takeEarly(keyOf(read.by, read.id));
    poll.open = read.closed !== true && !poll.secret;
    return true;
  }

  /**
   * A vote, or a changed one; of none chosen it is taken back.
   * @param {string} key of a poll @param {string} person @param {string} name @param {readonly number[]} chosen @returns {boolean}
   */
  vote(key, person, name, chosen) {
    const poll = this.#polls.get(key);
    if (!poll?.open || !isChoice(chosen, poll)) return false;
    const sorted = Object.freeze([...chosen].sort((a, b) => a - b));
    if (person === this.#me) poll.mine = sorted;
    // In a secret poll only its author's page knows more than its own.
    if (poll.secret && poll.by !== this.#me) return person === this.#me;
    if (chosen.length === 0) poll.votes.delete(person);
    else if (poll.votes.has(person) || poll.votes.size < VOTES) poll.votes.set(person, { name, chosen: sorted });
    if (poll.secret) {
      poll.counts = poll.choices.map((_, index) => [...poll.votes.values()].filter((vote) => vote.chosen.includes(index)).length);
      poll.voters = poll.votes.size;
    }
    return true;
  }

  /** @param {string} by @param {string} name @param {Message} message @returns {boolean} */
  takeVote(by, name, message) {
    const read = readable(() => readVote(message));
    if (!read) return false;
    const key = keyOf(read.by, read.poll);
    if (this.#polls.has(key)) return this.vote(key, by, name, read.chosen);
    this.#early = [...this.#early, { key, person: by, name, chosen: read.chosen }].slice(-EARLY_VOTES);
    return false;
  }

  /** What the author's page counted. @param {string} by @param {Message} message @returns {boolean} */
  takeCounts(by, message) {
    const read = readable(() => readCounts(message));
    const poll = read && this.#polls.get(keyOf(by, read.poll));
    if (!read || !poll?.secret) return false;
    this.#count(poll, read);
    return true;
  }

  /** @param {string} key @returns {boolean} */
  close(key) {
    const poll = this.#polls.get(key);
    if (!poll?.open) return false;
    poll.open = false;
    return true;
  }

  /** @param {string} by who closes @param {boolean} isHost @param {Message} message @returns {boolean} */
  takeClose(by, isHost, message) {
    const read = readable(() => readEnd(message));
    return read !== null && (read.by === by || isHost) && this.close(keyOf(read.by, read.poll));
  }

  /** Those of this person and page life, with what is known of their votes. @returns {Told[]} */
  get own() {
    return [...this.#polls.values()].filter(({ by, told }) => by === this.#me && told === "").map((poll) => toldOf(poll));
  }

  /**
   * For a page that is new here: one's own polls and votes, and polls of those who are not here.
   * @param {(spk: string) => boolean} isHere @returns {Message[]}
   */
  history(isHere) {
    return [...this.#polls.values()].flatMap((poll) => this.#told(poll, isHere(poll.by)));
  }

  /** @param {Poll} poll @param {boolean} isHere its author @returns {Message[]} */
  #told(poll, isHere) {
    const { id, by, name, secret, counts, voters, mine, open } = poll;
    if (by === this.#me && secret) return [{ k: "poll", ...described(poll) }, { k: "poll-counts", poll: id, counts, voters }];
    // Votes of those who went are told; whoever is here tells their own, also that there is none.
    if (by === this.#me || !isHere) {
      return [{ k: "poll-told", by, name, ...toldOf(poll) }];
    }
    return open && !secret ? [{ k: "vote", poll: id, by, chosen: mine }] : [];
  }

  /** @param {string} key */
  #takeEarly(key) {
    for (const early of this.#early) if (early.key === key) this.vote(key, early.person, early.name, early.chosen);
    this.#early = this.#early.filter((early) => early.key !== key);
  }

  /** @param {Poll} poll @param {{counts: readonly number[], voters: number}} said */
  #count(poll, { counts, voters }) {
    poll.counts = Object.freeze(poll.choices.map((_, index) => Math.min(counts[index] ?? 0, voters)));
    poll.voters = voters;
  }

  /**
   * @param {{id: string, question: string, choices: readonly string[], multiple: boolean, secret: boolean, at: number}} asked
   * @param {string} by @param {string} name @param {string} told @param {string} owner @param {boolean} live @returns {Poll | null}
   */
  #add({ id, question, choices, multiple, secret, at }, by, name, told, owner, live) {
    const tidy = { question: tidyLine(question, QUESTION_LENGTH), choices: choices.map((choice) => tidyLine(choice, CHOICE_LENGTH)) };
    if (tidy.question === "" || tidy.choices.length < 2 || tidy.choices.length > CHOICES || tidy.choices.includes("") || new Set(tidy.choices).size < tidy.choices.length) return null;
    if (!this.#makeRoom(owner)) return null;
    /** @type {Poll} */
    const poll = { id, by, name: tidyName(name), ...tidy, multiple, secret, at, open: true, told, owner, live, votes: new Map(), counts: tidy.choices.map(() => 0), voters: 0, mine: [] };
    this.#polls.set(keyOf(by, id), poll);
    return poll;
  }

  /** Within the share of whoever brings it, then within that of all; what is over makes way. @param {string} owner @returns {boolean} */
  #makeRoom(owner) {
    const share = [...this.#polls].filter(([, poll]) => poll.owner === owner);
    const tooMany = share.length >= POLLS_PER_PERSON ? share : this.#polls.size >= POLLS ? [...this.#polls] : null;
    if (!tooMany) return true;
    const [oldest] = tooMany.find(([, poll]) => !poll.open || (poll.told !== "" && poll.owner !== owner)) ?? [];
    return oldest !== undefined && this.#polls.delete(oldest);
  }
}

/** With its votes: of secret polls how many there are. @param {Poll} poll @returns {Told} */
function toldOf(poll) {
  const { secret, counts, voters } = poll;
  const votes = secret ? [] : [...poll.votes].map(([by, { name, chosen }]) => ({ by, name, chosen: [...chosen] }));
  return { ...described(poll), choices: [...poll.choices], votes, counts: [...counts], voters };
}

/** How a poll travels. @param {Poll} poll */
export function described({ id, question, choices, multiple, secret, at, open }) {
  return { id, question, choices, multiple, secret, at, ...(!open && { closed: true }) };
}

/** @param {readonly number[]} chosen @param {Poll} poll @returns {boolean} */
function isChoice(chosen, { choices, multiple }) {
  return chosen.every((index) => index < choices.length) && new Set(chosen).size === chosen.length && (multiple || chosen.length <= 1);
}
