// Which page is told what of a poll.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Polls } from "../sdk/content/polls.js";
import { Voting } from "../sdk/content/voting.js";
import { b64 } from "../sdk/seal/bytes.js";

const spkOf = (/** @type {number} */ of) => b64(new Uint8Array(32).fill(of));
const [ana, ben, cy] = [spkOf(1), spkOf(2), spkOf(3)];
const lunch = { question: "Lunch?", choices: ["Soup", "Salad"], multiple: false, secret: false };

/** @param {string} spk @param {boolean} [host] */
function page(spk, host = false) {
  /** @type {[to: string, message: import("../sdk/seal/types.js").Message][]} */
  const told = [];
  const polls = new Polls(spk);
  const voting = new Voting(polls, {
    spk, name: () => "", isHost: () => host, isHere: () => true,
    tellAll: (message) => void told.push(["all", message]),
    tell: (to, message) => void told.push([to, message]),
  });
  return { voting, polls, told: () => told.splice(0).map(([to, message]) => ({ to, ...message })) };
}

/** A poll of Ana's that Ben has heard of. @param {object} [change] */
function asked(change) {
  const [author, other] = [page(ana), page(ben)];
  const id = author.voting.ask({ ...lunch, ...change });
  const [message] = author.told();
  assert.deepEqual([message?.to, message?.k], ["all", "poll"]);
  assert.ok(other.polls.take(ana, "Ana", JSON.parse(JSON.stringify(message)), Date.now()));
  return { author, other, id };
}

test("a named vote is told to everybody", () => {
  const { other, id } = asked();
  other.voting.vote(id, [1]);
  assert.deepEqual(other.told().map(({ to, k, chosen }) => [to, k, chosen]), [["all", "vote", [1]]]);
});

test("a secret vote is told to its author alone, who tells the counts once for all that came", () => {
  const { author, other, id } = asked({ secret: true });
  other.voting.vote(id, [1]);
  const [vote] = other.told();
  assert.deepEqual([vote?.to, vote?.k], [ana, "vote"]);
  author.voting.handleTick();
  assert.deepEqual(author.told(), [], "nothing was voted yet");
  assert.ok(author.voting.takeVote(ben, "Ben", vote ?? {}));
  author.voting.vote(id, [0]);
  assert.deepEqual(author.told(), [], "not even one's own");
  author.voting.handleTick();
  author.voting.handleTick();
  assert.deepEqual(author.told().map(({ to, k, counts, voters }) => [to, k, counts, voters]), [["all", "poll-counts", [1, 1], 2]]);
});

test("its author or a host closes a poll; the author says so again", () => {
  const { author, other, id } = asked();
  assert.throws(() => other.voting.close(id), { code: "not-host" });
  const host = page(cy, true);
  assert.throws(() => host.voting.close(id), { code: "no-such-poll" });
  const [mine] = author.polls.own;
  assert.ok(author.voting.takeClose(cy, true, { k: "poll-close", poll: mine?.id, by: ana }));
  assert.deepEqual(author.told().map(({ to, k }) => [to, k]), [["all", "poll-close"]]);
  assert.throws(() => author.voting.vote(id, [0]), { code: "no-such-poll" });
  assert.equal(author.voting.close(id), false);
  assert.throws(() => author.voting.ask({ ...lunch, choices: ["Soup"] }), { code: "bad-poll" });
});
