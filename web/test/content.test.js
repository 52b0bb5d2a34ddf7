// What people say and send each other, from the public door: a server in memory, a WebRTC that only pretends, the real
// seal, the real mail.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { made, network } from "./fakes/rtc.js";
import { enters, reactions, server, until } from "./fakes/meetings.js";

const sees = (meeting, count) => until(`sees ${count}`, () => meeting.people.length === count && meeting.people.every(({ link }) => link === "connected"));
const texts = (meeting) => meeting.chat.map(({ name, text, told }) => `${name}: ${text}${told.length > 0 ? ` (as told by ${told.join()})` : ""}`);
const reads = (meeting, ...wanted) => until(`reads ${wanted} instead of ${texts(meeting)}`, () => texts(meeting).join("|") === wanted.join("|"));

async function meet(...names) {
  const meetings = [await enters(names[0])];
  for (const name of names.slice(1)) meetings.push(await enters(name, meetings[0].link));
  for (const meeting of meetings) await sees(meeting, names.length - 1);
  return meetings;
}

test("what is said is read by everybody, in order, and delivered", async () => {
  const [ana, ben, cy] = await meet("Ana", "Ben", "Cy");
  ana.say("Hello,\nyou two");
  assert.equal(ana.chat[0].delivery, "sending");
  ben.say("one");
  ben.say("two");
  for (const meeting of [ana, ben, cy]) await until("three messages", () => meeting.chat.length === 3);
  assert.deepEqual(texts(cy).filter((text) => text.startsWith("Ben")), ["Ben: one", "Ben: two"]);
  await until("delivered", () => ana.chat.filter(({ own }) => own).every(({ delivery }) => delivery === "delivered"));
  const [hello] = cy.chat.filter(({ name }) => name === "Ana");
  assert.deepEqual([hello.text, hello.by, hello.own, hello.live, hello.delivery], ["Hello,\nyou two", ana.me.id, false, true, null]);
  assert.deepEqual(cy.chat.map(({ id }) => id).sort(), ana.chat.map(({ id }) => id).sort(), "everybody has the same names for messages");
});

test("nothing of it goes by way of the server, not even sealed", async () => {
  const [ana, ben] = await meet("Ana", "Ben");
  await until("the first exchange is over", () => network.channelBytes.get(1) > 0);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const before = server.said.length;
  network.cut();
  // As long as may be, and of letters that no compression makes fewer: a frame that had it in it would show it by its size.
  const secret = randomBytes(3000).toString("base64");
  ana.say(secret);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(ben.chat.length, 0);
  assert.equal(ana.chat[0].delivery, "sending");
  const sizes = server.said.slice(before).map((message) => JSON.stringify(message).length);
  network.heal();
  await reads(ben, `Ana: ${secret}`);
  // Beats and restarts may pass by the server meanwhile; 3000 random bytes are 4000 letters, sealed or not.
  assert.ok(sizes.every((size) => size < 3000), `of ${sizes} bytes`);
});

test("a message said during a cut arrives once, over the next connection as well", async () => {
  const [ana, ben] = await meet("Ana", "Ben");
  ana.say("before");
  await reads(ben, "Ana: before");
  const old = made.filter((pc) => pc.connectionState === "connected");
  // The whole connection is lost on both sides, and what was on its way with it.
  network.cut();
  ana.say("in between");
  ben.say("from here as well");
  for (const pc of old) pc.close();
  network.heal();
  await until("both have both", () => [ana, ben].every(({ chat }) => chat.length === 3), 20_000);
  await until("delivered", () => ana.chat.filter(({ own }) => own).every(({ delivery }) => delivery === "delivered"));
  assert.ok(made.length > old.length, "there is another connection");
});

test("who comes later reads what was said: first hand of those who are here, as told of those who left", async () => {
  const [ana, ben, cy] = await meet("Ana", "Ben", "Cy");
  ana.say("from Ana");
  await until("Cy has it", () => cy.chat.length === 1);
  ben.say("from Ben");
  await until("all have it", () => ana.chat.length === 2 && cy.chat.length === 2);
  await cy.leave();
  await ben.leave();
  await sees(ana, 0);
  const dan = await enters("Dan", ana.link);
  await reads(dan, "Ana: from Ana", "Ben: from Ben (as told by Ana)");
  assert.ok(dan.chat.every(({ live }) => !live));
  const eve = await enters("Eve", ana.link);
  await until("two tell the same", () => eve.chat[1]?.told.length === 2);
  assert.deepEqual([eve.chat.length, [...eve.chat[1].told].sort()], [2, ["Ana", "Dan"]]);
});

test("taken back: gone from every page that is here and from what newcomers are told", async () => {
  const [ana, ben, cy] = await meet("Ana", "Ben", "Cy");
  ana.say("the wrong window");
  ana.say("Hello");
  for (const meeting of [ben, cy]) await until("both", () => meeting.chat.length === 2);
  const [wrong] = ana.chat;
  assert.throws(() => ben.takeBack(wrong.id), { code: "no-such-message" }, "another's");
  ana.takeBack(wrong.id);
  assert.throws(() => ana.takeBack(wrong.id), { code: "no-such-message" }, "twice");
  assert.throws(() => ana.takeBack("x"), { code: "no-such-message" });
  const backs = (meeting) => meeting.chat.map(({ name, text, back }) => `${name} ${back ? "-" : text}`).join("|");
  for (const meeting of [ana, ben, cy]) await until(`back, not ${backs(meeting)}`, () => backs(meeting) === "Ana -|Ana Hello");
  assert.deepEqual([ben.chat[0].text, ben.chat[0].delivery], ["", null]);
  await until("all have heard it", () => ana.chat[0].delivery === "delivered");
  const dee = await enters("Dee", ana.link);
  await sees(dee, 3);
  await reads(dee, "Ana: Hello");
});

test("taken back while somebody's line is cut: gone there on return, and no newcomer gets it by that page", async () => {
  const [ana, ben, cy] = await meet("Ana", "Ben", "Cy");
  ana.say("the wrong window");
  for (const meeting of [ben, cy]) await reads(meeting, "Ana: the wrong window");
  network.cut();
  ana.takeBack(ana.chat[0].id);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.deepEqual([ben.chat[0].back, ana.chat[0].delivery], [false, "sending"]);
  network.heal();
  for (const meeting of [ben, cy]) await until("gone", () => meeting.chat[0].back);
});

test("nobody there: it waits for who comes", async () => {
  const [ana] = await meet("Ana");
  ana.say("note to all");
  assert.equal(ana.chat[0].delivery, "alone");
  const ben = await enters("Ben", ana.link);
  await reads(ben, "Ana: note to all");
});

test("too long, too fast, outside: refused in words; empty is nothing", async () => {
  const [ana] = await meet("Ana");
  const code = (task) => { try { task(); return ""; } catch (error) { return error.code; } };
  assert.equal(code(() => ana.say("x".repeat(4001))), "too-large");
  ana.say(" \n ");
  assert.equal(ana.chat.length, 0);
  let said = 0;
  while (code(() => ana.say(`number ${said}`)) === "") said++;
  assert.ok(said >= 15 && said <= 25, `${said} at once`);
  assert.equal(code(() => ana.say("one more")), "too-fast");
  await ana.leave();
  assert.equal(code(() => ana.say("gone")), "not-in-room");
  assert.deepEqual(ana.chat, []);
});

test("hands go up in order, come down by oneself or by a host, and newcomers see them", async () => {
  const [ana, ben, cy] = await meet("Ana", "Ben", "Cy");
  const hands = (meeting) => meeting.hands.map(({ person }) => [ana, ben, cy].find(({ me }) => me.id === person)?.me.name).join();
  cy.raiseHand(true);
  await until("Ana sees it", () => hands(ana) === "Cy");
  ben.raiseHand(true);
  for (const meeting of [ana, ben, cy]) await until("the order", () => hands(meeting) === "Cy,Ben");
  assert.throws(() => ben.lowerHand(cy.me.id), { code: "not-host" });
  const dan = await enters("Dan", ana.link);
  await until("Dan sees both, in order", () => hands(dan) === "Cy,Ben");
  ana.lowerHand(cy.me.id);
  for (const meeting of [ana, ben, cy, dan]) await until("lowered", () => hands(meeting) === "Ben");
  ben.raiseHand(false);
  cy.raiseHand(true);
  for (const meeting of [ana, ben, cy, dan]) await until("up again", () => hands(meeting) === "Cy");
  await cy.leave();
  await until("gone with the person", () => ana.hands.length === 0);
});

test("reactions are events of the moment, out of six", async () => {
  const [ana, ben] = await meet("Ana", "Ben");
  const seen = [];
  for (const [who, meeting] of [["ana", ana], ["ben", ben]]) meeting.addEventListener("reaction", ({ detail }) => seen.push(`${who} sees ${detail.emoji} of ${detail.person === ana.me.id ? "ana" : "ben"}`));
  await until("a way", () => network.channelBytes.get(1) > 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  ana.react(reactions[0]);
  await until("both saw it", () => seen.length === 2);
  assert.deepEqual(seen, [`ana sees ${reactions[0]} of ana`, `ben sees ${reactions[0]} of ana`]);
  ana.react("💣");
  for (let i = 0; i < 30; i++) ana.react(reactions[1]);
  await until("some more", () => seen.length > 6);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(seen.length < 24, `${seen.length} of 62`);
  assert.ok(!seen.join().includes("💣"));
});

test("a poll by name: votes are seen by all, can change, and end with its close", async () => {
  const [ana, ben, cy] = await meet("Ana", "Ben", "Cy");
  const id = ben.ask({ question: "When?", choices: ["Monday", "Tuesday"] });
  for (const meeting of [ana, cy]) await until("the poll", () => meeting.polls.length === 1);
  ana.vote(id, [0]);
  cy.vote(id, [0]);
  cy.vote(id, [1]);
  const tally = (meeting) => meeting.polls[0].choices.map(({ voters }) => voters.map(({ name }) => name).sort().join("+")).join("/");
  for (const meeting of [ana, ben, cy]) await until("the tally", () => tally(meeting) === "Ana/Cy");
  assert.throws(() => cy.vote(id, [0, 1]), { code: "no-such-poll" }, "one of them only");
  const dan = await enters("Dan", ana.link);
  await until("Dan sees the tally", () => dan.polls.length === 1 && tally(dan) === "Ana/Cy");
  assert.equal(dan.polls[0].told, "", "from its author");
  assert.throws(() => cy.closePoll(id), { code: "not-host" });
  ana.closePoll(id);
  for (const meeting of [ana, ben, cy, dan]) await until("closed", () => !meeting.polls[0].open);
  assert.throws(() => dan.vote(id, [0]), { code: "no-such-poll" });
  assert.throws(() => dan.ask({ question: "Which?", choices: ["same", "same"] }), { code: "bad-poll" });
});

test("a secret poll: only counts travel, by its author; it ends when that page goes", async () => {
  const [ana, ben, cy] = await meet("Ana", "Ben", "Cy");
  const id = ana.ask({ question: "Lunch?", choices: ["Soup", "Bread", "Both"], multiple: true, secret: true });
  for (const meeting of [ben, cy]) await until("the poll", () => meeting.polls.length === 1);
  ben.vote(id, [0, 2]);
  cy.vote(id, [2]);
  const counts = (meeting) => `${meeting.polls[0].choices.map(({ votes }) => votes).join()} of ${meeting.polls[0].voters}`;
  for (const meeting of [ana, ben, cy]) await until("the counts", () => counts(meeting) === "1,0,2 of 2");
  assert.ok([ana, ben, cy].every(({ polls }) => polls[0].choices.every(({ voters }) => voters.length === 0)));
  await ana.leave();
  await until("over", () => !ben.polls[0].open);
  assert.throws(() => ben.vote(id, [1]), { code: "no-such-poll" });
});
