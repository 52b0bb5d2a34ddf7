// A member who breaks the rules of what people say and send: it reaches nobody, or only itself. Everything that is
// refused here could be sent by a page that was changed; an honest page never sends it.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Backs } from "../sdk/content/backs.js";
import { Chat, KEPT } from "../sdk/content/chat.js";
import { Content } from "../sdk/content/content.js";
import { Files } from "../sdk/content/files.js";
import { Hands, REACTIONS } from "../sdk/content/hands.js";
import { CHAT_LENGTH, CHAT_LINES, CHUNK_BYTES, FILES_BYTES, FILE_BYTES, HEARD_BURST, HISTORY_LENGTH, HISTORY_MESSAGES, LATE_MS, OFFERS, OFFERS_EVER, POLLS, TEXTS_BURST } from "../sdk/content/limits.js";
import { Line } from "../sdk/content/line.js";
import { isProgram, tidyFileName, tidyLine, tidyText, tidyType } from "../sdk/content/plain.js";
import { Polls } from "../sdk/content/polls.js";

const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const newId = () => b64(randomBytes(16));
const spk = (seed) => b64(Buffer.alloc(32, seed));
const [me, ben, cy] = [spk(1), spk(2), spk(3)];
const now = 1_800_000_000_000;
const said = (text, more = {}) => ({ k: "chat", id: newId(), text, at: now, ...more });

test("text: control characters, overrides, half characters and towers of lines are gone, scripts and emoji stay", () => {
  assert.equal(tidyText("a\0b\x1b[31mc\u202Etxt.exe\u2066d\ufeff"), "ab[31mctxt.exed");
  assert.equal(tidyText("  x\r\ny\u2028z  \n\n\n\nw "), "x\ny\nz\n\nw");
  assert.equal(tidyText("👩‍👩‍👧 שלום مرحبا 日本 é"), "👩‍👩‍👧 שלום مرحبا 日本 é");
  assert.equal(tidyText("\ud800x"), "\ufffdx");
  assert.equal(tidyText("y\n".repeat(3000)).split("\n").length, CHAT_LINES);
  assert.ok(tidyText("😀".repeat(CHAT_LENGTH)).length <= CHAT_LENGTH);
  assert.ok(!/[\ud800-\udbff]$/u.test(tidyText("x" + "😀".repeat(CHAT_LENGTH))), "never half a character");
  for (const nothing of [null, 7, {}, [], undefined]) assert.equal(tidyText(nothing), "");
});

test("file names: no path, no hidden file, no device, no direction, no spaces that hide the end", () => {
  for (const [name, safe] of [
    ["../../etc/passwd", "passwd"], ["..\\..\\windows\\system32\\cmd.exe", "cmd.exe"], ["/", "file"], ["..", "file"], ["", "file"], [".bashrc", "bashrc"],
    ["CON", "_CON"], ["nul.txt", "_nul.txt"], ["com1.tar.gz", "_com1.tar.gz"], ["a:b*c?.txt", "a_b_c_.txt"], ["photo\u202Egpj.exe", "photogpj.exe"],
    ["bill.pdf                                        .exe", "bill.pdf .exe"], ["a\nb\0c", "a bc"], ["x. . .", "x"], ["x\u200b.txt", "x.txt"], [42, "file"], ["日本.txt", "日本.txt"],
  ]) assert.equal(tidyFileName(name), safe, JSON.stringify(name));
  const long = tidyFileName(`${"n".repeat(5000)}.pdf`);
  assert.ok(long.length <= 120 && long.endsWith(".pdf"));
  assert.ok(isProgram("photogpj.exe") && isProgram("a.HTML") && isProgram("x.svg") && !isProgram("notes.txt") && !isProgram("exe"));
  assert.deepEqual(["image/png", "text/html; x=1", "<b>", 4].map(tidyType), ["image/png", "", "", ""]);
  assert.equal(tidyLine("a\n\tb\u2067", 100), "a b");
});

test("chat: what cannot be read is nothing, the first of two of one name stands, and it is the author's by its pair", () => {
  const chat = new Chat(me);
  for (const bad of [{}, said(""), said("\u202e"), said("x", { id: "short" }), said("x", { at: -1 }), said("x", { at: "now" }), said("x", { at: 1.5 }), said(7), said("x", { id: {} }), said("x".repeat(70_000))]) {
    assert.equal(chat.take(ben, "Ben", bad, now), false);
  }
  const first = said("I owe Ana ten");
  assert.equal(chat.take(ben, "Ben", first, now), true);
  assert.equal(chat.take(ben, "Ben", { ...first, text: "I owe Ana nothing" }, now), false);
  assert.equal(chat.take(cy, "Cy", { ...first, by: ben, text: "I am Ben" }, now), true, "a name of a message is each author's own");
  assert.deepEqual(chat.shown.map(({ by, text }) => [by, text]), [[ben, "I owe Ana ten"], [cy, "I am Ben"]]);
});

test("chat: a clock that lies moves a message by no more than is believable, and nobody speaks before oneself", () => {
  const chat = new Chat(me);
  chat.take(ben, "Ben", said("from the future", { at: now + 1e9 }), now);
  chat.take(cy, "Cy", said("from 1970", { at: 0 }), now);
  chat.take(ben, "Ben", said("earlier, says Ben", { at: now - 60_000 }), now + 1000);
  assert.deepEqual(chat.shown.map(({ text, at }) => [text, at.getTime()]), [["from 1970", now - LATE_MS], ["from the future", now], ["earlier, says Ben", now]]);
});

test("history: another's word is told, never first hand; the author's own word takes its place; contradictions show", () => {
  const chat = new Chat(me);
  const id = newId();
  const told = (text, more = {}) => [{ id, by: cy, name: "Cy", text, at: now - 1000, ...more }];
  // `own` counts for the teller's own words only.
  chat.tell(ben, "Ben", told("I resign", { own: true }), now);
  assert.deepEqual(chat.shown.map(({ told: by, disputed, live }) => [by, disputed, live]), [[["Ben"], false, false]]);
  chat.tell(spk(4), "Dan", told("I stay"), now);
  assert.deepEqual([chat.shown[0].told, chat.shown[0].disputed, chat.shown[0].text], [["Ben"], true, "I resign"]);
  chat.tell(cy, "Cy", told("I stay", { own: true }), now);
  assert.deepEqual([chat.shown[0].told, chat.shown[0].disputed, chat.shown[0].text], [[], false, "I stay"]);
  chat.tell(ben, "Ben", told("I resign"), now);
  assert.equal(chat.shown[0].text, "I stay");
  // What somebody tells about my own words is told as well.
  chat.tell(ben, "Ben", [{ id: newId(), by: me, name: "Ana", text: "I said that?", at: now, own: true }], now);
  assert.deepEqual([chat.shown[1].own, chat.shown[1].told, chat.shown[1].delivery], [true, ["Ben"], null]);
  for (const bad of [null, "x", {}, [null], Array(17).fill(told("x")[0]), [{ ...told("x")[0], by: "x" }]]) assert.equal(chat.tell(ben, "Ben", bad, now), false);
});

test("history: who floods pushes out only what that person said or told", () => {
  const chat = new Chat(me);
  chat.take(cy, "Cy", said("keep me"), now);
  chat.say(newId(), "Ana", "and me", now);
  for (let i = 0; i < 3 * HISTORY_MESSAGES; i++) chat.take(ben, "Ben", said(`spam ${i}`, { at: now + i }), now + i);
  for (let i = 0; i < 200; i++) chat.tell(ben, "Ben", Array.from({ length: 16 }, () => ({ id: newId(), by: b64(randomBytes(32)), name: "?", text: "x".repeat(400), at: 0 })), now);
  const texts = chat.shown.map(({ text }) => text);
  assert.ok(texts.includes("keep me") && texts.includes("and me"));
  assert.ok(texts.length <= HISTORY_MESSAGES && texts.join("").length <= HISTORY_LENGTH);
  // However long messages are: each text of a history fits a mail of 30 000 bytes.
  const long = new Chat(me);
  for (let i = 0; i < 40; i++) long.take(ben, "é".repeat(64), said("語".repeat(CHAT_LENGTH)), now);
  for (let i = 0; i < 100; i++) long.take(ben, "👩‍👩‍👧".repeat(12), said("\"".repeat(300)), now);
  for (const text of long.history()) assert.ok(Buffer.byteLength(JSON.stringify(text)) < 29_900, String(Buffer.byteLength(JSON.stringify(text))));
});

test("taking back: only the author's own pair can, before or after the words, and no history brings them back", () => {
  const chat = new Chat(me);
  const words = said("sold for ten");
  chat.take(ben, "Ben", words, now);
  const told = [{ id: words.id, by: ben, name: "Ben", text: "sold for ten", at: now }];
  const shown = () => chat.shown.map(({ by, text, back, told: tellers }) => [by, back ? "-" : text, tellers.length]);
  assert.equal(chat.takenBack(cy, { k: "chat-back", ids: [words.id] }), false, "another's name for another's words");
  assert.equal(chat.takeBack(chat.shown[0].id), null, "nor this person");
  assert.deepEqual(shown(), [[ben, "sold for ten", 0]]);
  for (const ids of [null, "x", [words.id, 7], Array(HISTORY_MESSAGES + 1).fill(words.id)]) assert.equal(chat.takenBack(ben, { k: "chat-back", ids }), false);
  assert.equal(chat.takenBack(ben, { k: "chat-back", ids: [words.id] }), true);
  assert.equal(chat.takenBack(ben, { k: "chat-back", ids: [words.id] }), false, "once");
  for (const teller of [cy, ben, KEPT]) chat.tell(teller, "X", told, now);
  chat.tell(ben, "Ben", [{ ...told[0], own: true }], now);
  chat.take(ben, "Ben", words, now);
  assert.deepEqual(shown(), [[ben, "-", 0]]);
  assert.deepEqual(chat.history(), [], "nobody is told of it");
  // Heard before the words: of those there is nothing to be seen.
  const later = new Chat(me);
  later.takenBack(ben, { k: "chat-back", ids: [words.id] });
  later.tell(cy, "Cy", told, now);
  assert.deepEqual(later.shown, []);
  // One's own words of an earlier page life, as another tells them.
  const own = new Chat(ben);
  own.tell(cy, "Cy", told, now);
  assert.ok(own.takeBack(own.shown[0].id));
  assert.deepEqual([own.shown[0].back, own.backs], [true, { k: "chat-back", ids: [words.id] }]);
});

test("taking back: what is remembered of it is bounded, by person", () => {
  const backs = new Backs();
  backs.add(ben, "first");
  for (let i = 0; i < 3 * HISTORY_MESSAGES; i++) backs.add(cy, String(i));
  assert.deepEqual([backs.of(cy).length, backs.has(cy, "0"), backs.has(ben, "first")], [HISTORY_MESSAGES, false, true], "who floods forgets only that");
  for (let i = 0; i < 200; i++) backs.add(`somebody ${i}`, "x");
  assert.equal(backs.has(ben, "first"), false, "and of so many people");
});

test("hands: nobody comes first by saying so, and only six reactions exist", () => {
  const hands = new Hands();
  assert.ok(hands.take(cy, { k: "hand", up: true, at: now }, now, false));
  assert.ok(hands.take(ben, { k: "hand", up: true, at: 0 }, now + 60_000, false));
  assert.deepEqual(hands.shown.map(({ person }) => person), [cy, ben]);
  for (const bad of [{ up: "yes", at: now }, { up: true }, { up: true, at: NaN }]) assert.equal(hands.take(spk(4), /** @type {any} */ (bad), now, false), false);
  assert.equal(hands.mayReact(ben, "<img>", 0), false);
  assert.equal(hands.mayReact(ben, 5, 0), false);
  let shown = 0;
  for (let i = 0; i < 1000; i++) if (hands.mayReact(ben, REACTIONS[0], 10)) shown++;
  assert.ok(shown <= 10, String(shown));
});

test("polls: votes out of range, doubled, of others, and closings by others count nothing", () => {
  const polls = new Polls(me);
  const id = newId();
  const poll = { k: "poll", id, question: "When?", choices: ["Mon", "Tue"], multiple: false, secret: false, at: now };
  for (const bad of [{ ...poll, choices: ["one"] }, { ...poll, choices: ["a", "a"] }, { ...poll, choices: ["a", "\u202e"] }, { ...poll, question: "" }, { ...poll, choices: Array(11).fill("x") }, { ...poll, multiple: 1 }]) {
    assert.equal(polls.take(ben, "Ben", /** @type {any} */ (bad), now), false);
  }
  assert.ok(polls.take(ben, "Ben", poll, now));
  const key = `${ben}/${id}`;
  const tally = () => polls.shown(() => true)[0].choices.map(({ votes }) => votes).join();
  for (const chosen of [[2], [0, 1], [0, 0], [-1], "0", [0.5], null]) assert.equal(polls.takeVote(cy, "Cy", { k: "vote", poll: id, by: ben, chosen }), false);
  assert.ok(polls.takeVote(cy, "Cy", { k: "vote", poll: id, by: ben, chosen: [1] }));
  assert.ok(polls.takeVote(cy, "Cy", { k: "vote", poll: id, by: ben, chosen: [0] }));
  assert.equal(tally(), "1,0", "one vote each, the last one");
  assert.equal(polls.takeClose(cy, false, { k: "poll-close", poll: id, by: ben }), false);
  // A vote for somebody else's poll of the same name stays away from this one; a second poll of the name changes nothing.
  assert.equal(polls.takeVote(cy, "Cy", { k: "vote", poll: id, by: cy, chosen: [1] }), false);
  assert.equal(polls.take(ben, "Ben", { ...poll, choices: ["No", "Never"] }, now), false);
  assert.deepEqual(polls.shown(() => true)[0].choices.map(({ text }) => text), ["Mon", "Tue"]);
  assert.ok(polls.takeClose(ben, false, { k: "poll-close", poll: id, by: ben }));
  assert.equal(polls.vote(key, me, "Ana", [0]), false);
  let taken = 0;
  for (let i = 0; i < 100; i++) if (polls.take(cy, "Cy", { ...poll, id: newId() }, now)) taken++;
  assert.equal(taken, 8, "eight of one person");
  for (let i = 0; i < 1000; i++) polls.tell(b64(randomBytes(32)), "Mal", { k: "poll-told", ...poll, id: newId(), by: b64(randomBytes(32)), name: "", votes: [], counts: [], voters: 0 }, now);
  assert.ok(polls.shown(() => true).length <= POLLS);
  assert.ok(polls.shown(() => true).some(({ id: kept }) => kept.startsWith(cy)), "what others invent pushes out nothing that is first hand");
});

test("secret polls: another's counts are not its author's", () => {
  const polls = new Polls(me);
  const id = newId();
  polls.take(ben, "Ben", { k: "poll", id, question: "Q", choices: ["a", "b"], multiple: false, secret: true, at: now }, now);
  assert.equal(polls.takeCounts(cy, { k: "poll-counts", poll: id, counts: [9, 0], voters: 9 }), false);
  assert.ok(polls.takeCounts(ben, { k: "poll-counts", poll: id, counts: [9, 0, 7], voters: 3 }));
  assert.deepEqual(polls.shown(() => true)[0].choices.map(({ votes }) => votes), [3, 0], "no more votes than voters");
  polls.takeVote(cy, "Cy", { k: "vote", poll: id, by: ben, chosen: [1] });
  assert.deepEqual(polls.shown(() => true)[0].choices.map(({ votes }) => votes), [3, 0]);
});

const offer = (more = {}) => ({ k: "file", id: newId(), name: "a.pdf", size: 100, type: "application/pdf", hash: b64(randomBytes(32)), at: now, ...more });
function desk() {
  const sent = [];
  const channel = { readyState: "open" };
  const files = new Files(me, { storing: () => null, send: (hid, message) => sent.push(message), channel: () => /** @type {any} */ (channel), isReady: () => true, onChange() {}, onProgress() {} });
  return { files, sent };
}
const piece = (run, bytes) => { const data = new Uint8Array(4 + bytes); new DataView(data.buffer).setUint32(0, run); return data.buffer; };

test("files: offers that cannot be, and more of them than anybody reads, are nothing", () => {
  const { files } = desk();
  for (const bad of [offer({ size: FILE_BYTES + 1 }), offer({ size: -1 }), offer({ size: 1.5 }), offer({ hash: "x" }), offer({ id: "../../x" }), offer({ name: 5 })]) assert.equal(files.take("h", ben, "Ben", bad, now), false);
  const one = offer({ name: "../../.ssh/config" });
  assert.ok(files.take("h", ben, "Ben", one, now));
  assert.equal(files.take("h", ben, "Ben", { ...one, size: 5 }, now), false, "an offer does not change afterwards");
  assert.equal(files.shown[0].file, "config");
  for (let i = 0; i < 100; i++) files.take("h", ben, "Ben", offer(), now);
  assert.equal(files.shown.length, OFFERS);
  // People who come, offer and go again leave no more than so many behind.
  for (let i = 0; i < 100; i++) {
    for (let j = 0; j < OFFERS; j++) files.take(`h${i}`, b64(randomBytes(32)), "Mal", offer(), now);
    files.gone(`h${i}`);
  }
  assert.equal(files.shown.length, OFFERS_EVER);
});

test("files: bytes that nobody asked for, of another run, too long or too many reach nothing", () => {
  const { files, sent } = desk();
  const one = offer({ size: 10 });
  files.take("h", ben, "Ben", one, now);
  const key = `${ben}/${one.id}`;
  files.hear("h", 2, piece(1, 10));
  assert.equal(files.shown[0].state, "offered");
  files.accept(key);
  const { run, channel } = sent.find(({ k }) => k === "file-take");
  for (const [hid, id, data] of [["other", channel, piece(run, 5)], ["h", channel + 1, piece(run, 5)], ["h", channel, piece(run + 1, 5)], ["h", channel, "text"], ["h", channel, new ArrayBuffer(3)], ["h", channel, piece(run, CHUNK_BYTES + 1)]]) {
    files.hear(hid, id, data);
    assert.equal(files.shown[0].done, 0);
  }
  files.hear("h", channel, piece(run, 6));
  assert.equal(files.shown[0].done, 6);
  files.hear("h", channel, piece(run, 6));
  assert.equal(files.shown[0].state, "damaged", "more than was announced");
});

test("files: what came is not what was offered: it is thrown away and never given out", async () => {
  const { files, sent } = desk();
  const one = offer({ size: 10 });
  files.take("h", ben, "Ben", one, now);
  files.accept(`${ben}/${one.id}`);
  const { run, channel } = sent.find(({ k }) => k === "file-take");
  files.hear("h", channel, piece(run, 10));
  while (files.shown[0].state === "checking") await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(files.shown[0].state, "damaged");
  assert.throws(() => files.whole(`${ben}/${one.id}`), { code: "no-such-file" });
  assert.ok(sent.some(({ k, ok }) => k === "file-done" && ok === false));
});

test("files: no more is accepted than may lie in memory", () => {
  const { files } = desk();
  let accepted = 0;
  for (let i = 0; i < 8; i++) {
    const one = offer({ size: FILE_BYTES });
    files.take("h", ben, "Ben", one, now);
    try { files.accept(`${ben}/${one.id}`); accepted++; } catch (error) { assert.equal(error.code, "files-full"); }
  }
  assert.equal(accepted, FILES_BYTES / FILE_BYTES);
});

/** A line whose other end a test plays. */
function wire() {
  const heard = [];
  const channel = { readyState: "open", sent: [], send(text) { this.sent.push(text); } };
  const line = new Line({ spk: ben, hid: "h" }, { open: () => /** @type {any} */ (channel), announce() {}, awake: () => 0, onReady() {}, onMessage: (message) => heard.push(message), onDelivered() {} });
  line.handleConnection(1);
  line.handleThere(1);
  const put = (text) => /** @type {any} */ (channel).onmessage({ data: text });
  return { line, channel, heard, put };
}
const hello = JSON.stringify({ mail: { box: "abcdefgh", from: 1, of: "", got: 0 } });

test("line: nothing before its greeting, nothing twice, nothing out of order, no noise", () => {
  const { heard, put, line } = wire();
  put('{"m":1,"d":{"k":"chat"}}');
  assert.equal(heard.length, 0);
  put(hello);
  assert.ok(line.ready);
  for (const noise of ["", "{", "[]", "null", '{"m":1}', '{"m":-1,"d":{"k":"x"}}', '{"a":99}', new ArrayBuffer(8), "x".repeat(100_000), '{"m":2,"d":{"k":"x"}}']) put(noise);
  assert.equal(heard.length, 0);
  put('{"m":1,"d":{"k":"one"}}');
  put('{"m":1,"d":{"k":"one again"}}');
  put('{"m":3,"d":{"k":"three"}}');
  assert.deepEqual(heard.map(({ k }) => k), ["one"]);
});

test("line: a first word that comes before the channel says it is open still makes it ready, once", () => {
  const told = [];
  const channel = { readyState: "connecting", sent: [], send(text) { this.sent.push(text); } };
  const line = new Line({ spk: ben, hid: "h" }, { open: () => /** @type {any} */ (channel), announce() {}, awake: () => 0, onReady: (first) => told.push([first, line.ready]), onMessage() {}, onDelivered() {} });
  const { onmessage, onopen } = (line.handleConnection(1), /** @type {any} */ (channel));
  onmessage({ data: hello });
  assert.deepEqual([told, channel.sent], [[], []]);
  channel.readyState = "open";
  onopen();
  line.handleThere(1);
  assert.deepEqual([told, channel.sent.length], [[[true, true]], 1]);
  line.handleConnection(2);
  /** @type {any} */ (channel).onmessage({ data: JSON.stringify({ mail: { box: "abcdefgh", from: 1, of: "", got: 0 } }) });
  assert.deepEqual(told.slice(1), [[false, true]], "once more over the next connection");
});

test("line: a flood falls silent by itself", () => {
  const { heard, put } = wire();
  put(hello);
  for (let i = 1; i <= 5 * TEXTS_BURST; i++) put(`{"m":${i},"d":{"k":"x"}}`);
  assert.equal(heard.length, TEXTS_BURST - 1);
});

test("line: a queue that nobody empties is bounded, and what does not fit says so", () => {
  const { line } = wire();
  let taken = 0;
  while (taken < 5000 && line.send({ k: "x", text: "y".repeat(1000) }) > 0) taken++;
  assert.ok(taken >= 1000 && taken <= 2100, String(taken));
  assert.equal(line.send({ k: "x", text: "y".repeat(40_000) }), 0);
});

test("content: kinds that do not exist, fields that are missing and hosts that are none do nothing and throw nothing", () => {
  const { heard } = { heard: [] };
  /** @type {any} */ let channel;
  const content = new Content({ spk: me, name: () => "Ana", isHost: () => false }, {
    send: () => true, awake: 0, personOf: () => ({ spk: ben, host: false, name: "Ben" }),
    openChannel: (hid, id) => (id === 1 ? (channel = { readyState: "open", send() {} }) : /** @type {any} */ ({ readyState: "open", bufferedAmount: 0, send() {} })),
  }, { onChange() {}, onReaction: (...args) => heard.push(args) });
  content.handleConnection("h", 1);
  content.handle("h", { k: "content", gen: 1 });
  channel.onmessage({ data: hello });
  const before = JSON.stringify(content.shown);
  let m = 0;
  const kinds = ["chat", "history", "hand", "lower", "reaction", "file", "file-gone", "file-take", "file-no", "file-done", "poll", "poll-told", "vote", "poll-counts", "poll-close", "constructor", "__proto__", "bye", "seed"];
  const values = [undefined, null, 0, -1, 1e99, "", "x", [], {}, true, [[]], { by: ben }, newId(), me];
  for (const k of kinds) for (const value of values) {
    channel.onmessage({ data: JSON.stringify({ m: ++m, d: { k, id: value, by: value, at: value, text: value, list: value, up: value, who: value, emoji: value, size: value, hash: value, run: value, channel: value, from: value, poll: value, chosen: value, counts: value, voters: value, ok: value } }) });
  }
  assert.equal(JSON.stringify(content.shown), before);
  assert.deepEqual(heard, []);
  assert.throws(() => content.lowerHand(""), { code: "not-host" });
  // What is heard of one person in a moment is bounded, whatever it is.
  let changes = 0;
  for (let i = 0; i < 1000; i++) {
    const shown = content.shown;
    channel.onmessage({ data: JSON.stringify({ m: ++m, d: { k: "hand", up: i % 2 === 0, at: now } }) });
    if (content.shown !== shown) changes++;
  }
  assert.ok(changes > 10 && changes <= HEARD_BURST, String(changes));
  content.stop();
});
