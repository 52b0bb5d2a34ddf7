// Chat, files and polls as the page shows them: the timeline, unread, what is said aloud, links, words.

import "./fakes/english.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { noHouse } from "../app/house.js";
import { initialState, next } from "../app/state.js";
import { handPlace, newsOf, noTalk, piecesOf, timeline, transcript } from "../app/talk.js";
import { deliverySentence, fileSentence, newsSentence, percentOf, pollSentence, reactions, receiverSentence, sizeOf, transcriptHead } from "../app/words_talk.js";
import { handMark } from "../app/words_stage.js";
import { REACTIONS } from "../sdk/content/hands.js";
import { shortcutOf } from "../app/shortcuts.js";

const at = (/** @type {number} */ seconds) => new Date(1_800_000_000_000 + 1000 * seconds);
const message = (/** @type {string} */ id, /** @type {object} */ change = {}) => /** @type {any} */ ({ id, by: "ben", name: "Ben", own: false, text: id, at: at(0), live: true, told: [], disputed: false, delivery: null, ...change });
const talk = (/** @type {object} */ change) => /** @type {any} */ ({ ...noTalk, ...change });
const me = { id: "me", name: "Ada", audio: true, video: true, screen: false, host: true };
const ben = /** @type {any} */ ({ id: "ben", name: "Ben" });
const meeting = (/** @type {any} */ said) => /** @type {any} */ ({ type: "meeting", snapshot: { state: "in", error: null, count: 2, me, people: [ben], notes: [], link: "", house: noHouse, talk: said } });

test("messages, files and polls stand in one row by time; what one person says in a row stands together", () => {
  const items = timeline(talk({
    chat: [message("a", { at: at(1) }), message("b", { at: at(30) }), message("own", { by: "me", own: true, at: at(40) }), message("late", { by: "me", own: true, at: at(400) })],
    files: [{ id: "f", at: at(35), by: "ben", own: false }], polls: [{ id: "p", at: at(2), by: "ben", own: false }],
  }));
  assert.deepEqual(items.map(({ id, goesOn, isLast }) => [id, goesOn, isLast]), [
    ["message a", false, false], ["poll p", false, false], ["message b", false, false], ["file f", false, false], ["message own", false, false], ["message late", false, true],
  ]);
  assert.deepEqual(timeline(talk({ chat: [message("a"), message("b", { at: at(9) }), message("c", { at: at(10), told: ["Cy"] })] })).map(({ goesOn }) => goesOn), [false, true, false]);
});

test("what others say now is news; one's own, and what newcomers are told, is not", () => {
  const before = talk({ chat: [message("a")] });
  const after = talk({ chat: [message("a"), message("b"), message("mine", { own: true }), message("old", { live: false })] });
  assert.deepEqual(newsOf(before, after).map(({ text }) => text), ["b"]);
});

test("what was taken back is news of its own, and its words are not said any more", () => {
  let state = next(initialState, meeting(talk({ chat: [message("a")] })));
  state = next(state, meeting(talk({ chat: [message("a"), message("b")] })));
  assert.deepEqual(state.news.map(({ kind, text }) => [kind, text]), [["message", "b"]]);
  state = next(state, meeting(talk({ chat: [message("a"), message("b", { back: true, text: "" })] })));
  assert.deepEqual([state.news.map(({ kind }) => kind), state.unread], [["back"], 1]);
  assert.equal(newsSentence(state.news), "Ben took a message back.");
  assert.equal(deliverySentence("delivered", true, true), "");
  assert.match(deliverySentence("sending", true, true), /^Not yet gone/);
  assert.equal(transcript(state.talk, () => "x"), "x\na\n");
});

test("unread counts while the chat is closed, and opening it is reading", () => {
  let state = next(initialState, meeting(talk({ chat: [message("before")] })));
  assert.deepEqual([state.unread, state.news], [0, []], "what is there on arrival is not counted");
  const say = (/** @type {string[]} */ ...ids) => (state = next(state, meeting(talk({ chat: ["before", ...ids].map((id) => message(id)) }))));
  say("one");
  assert.deepEqual([say("one", "two").unread, state.news.length], [2, 2]);
  state = next(state, { type: "panel", open: true });
  state = next(state, { type: "chatting", open: true });
  assert.deepEqual([state.unread, state.panel, state.chatting], [0, false, true]);
  assert.equal(say("one", "two", "three").unread, 0);
  state = next(state, { type: "panel", open: true });
  assert.deepEqual([state.panel, state.chatting], [true, false], "never both");
  state = next(state, { type: "announced" });
  assert.deepEqual(state.news, []);
  assert.deepEqual(next(state, { type: "home" }).talk, noTalk, "nothing of it outlives the meeting");
});

test("reactions stand for a moment, and are said with names", () => {
  let state = next(initialState, meeting(noTalk));
  state = next(state, { type: "reaction", reaction: { id: "1", person: "ben", emoji: "👏" } });
  state = next(state, { type: "reaction", reaction: { id: "2", person: "me", emoji: "👍" } });
  assert.deepEqual([state.reactions.length, state.news.length], [2, 1], "one's own is not said aloud");
  assert.deepEqual(next(state, { type: "reaction-over", id: "1" }).reactions.map(({ id }) => id), ["2"]);
  for (let index = 0; index < 100; index++) state = next(state, { type: "reaction", reaction: { id: `x${index}`, person: "ben", emoji: "👏" } });
  assert.ok(state.reactions.length <= 24 && state.news.length <= 20);
  assert.deepEqual(reactions, REACTIONS, "the page names all that the SDK has");
});

test("aloud: one thing whole, several as a number, never a flood", () => {
  const said = (/** @type {number} */ count) => Array.from({ length: count }, (_, index) => /** @type {any} */ ({ kind: "message", name: "Ben", text: `word ${index}` }));
  assert.equal(newsSentence(said(1)), "Ben says: word 0");
  assert.equal(newsSentence(said(7)), "7 new in the chat.");
  assert.equal(newsSentence([{ kind: "file", name: "", text: "a.pdf" }]), "Guest offers a file: a.pdf.");
  assert.equal(newsSentence([{ kind: "hand", name: "Ben", text: "" }, { kind: "hand", name: "Cy", text: "" }]), "Ben and Cy raise their hands.");
  assert.equal(newsSentence([...said(2), { kind: "reaction", name: "Cy", text: "👏" }, { kind: "reaction", name: "Cy", text: "👏" }]), "2 new in the chat. Cy: 👏");
  assert.ok(newsSentence([{ kind: "message", name: "Ben", text: "x".repeat(4000) }]).length < 230);
});

test("only http and https addresses can be opened, whole and without the end of the sentence", () => {
  const urls = (/** @type {string} */ text) => piecesOf(text).filter(({ url }) => url).map(({ url }) => url);
  assert.deepEqual(urls("see https://example.org/a?b=c#d, and (http://x.test/y_(z))."), ["https://example.org/a?b=c#d", "http://x.test/y_(z)"]);
  for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "blob:https://x", "https://", "http:// x", "xhttps://a.b", "mailto:a@b", "//a.b"]) assert.deepEqual(urls(text).filter((url) => !/^https?:/u.test(url)), [], text);
  assert.deepEqual(urls("HTTPS://EXAMPLE.ORG"), ["HTTPS://EXAMPLE.ORG"]);
  for (const text of ["", "plain", "a https://b.c d\nhttp://e.f"]) assert.equal(piecesOf(text).map(({ text: piece }) => piece).join(""), text, "no letter is lost");
  assert.deepEqual(urls("https://a.test/<b>"), ["https://a.test/"]);
});

test("words of delivery, files, polls, hands", () => {
  assert.deepEqual([deliverySentence("delivered", true), deliverySentence("delivered", false), deliverySentence("sending", false), deliverySentence(null, true)], ["Delivered", "", "Sending…", ""]);
  assert.match(deliverySentence("partly", false), /Not delivered to everybody/);
  assert.deepEqual([0, 1, 999, 1000, 9_949, 999_949, 4_213_000, 134_217_728].map(sizeOf), ["0 bytes", "1 byte", "999 bytes", "1.0 kB", "9.9 kB", "1,000 kB", "4.2 MB", "134 MB"]);
  assert.deepEqual([percentOf(0, 0), percentOf(999, 1000), percentOf(1000, 1000)], [100, 99, 100]);
  assert.equal(fileSentence(/** @type {any} */ ({ own: false, state: "receiving", done: 50, size: 200, receivers: [] })), "25\u00a0%");
  assert.equal(receiverSentence({ id: "x", name: "", state: "done", done: 3 }, 3), "Guest has it");
  assert.equal(pollSentence(/** @type {any} */ ({ voters: 1, secret: false, multiple: true, open: true })), "1 vote · several choices possible");
  assert.deepEqual([1, 2, 3, 4, 11, 12, 21].map(handMark).map((mark) => mark.split(", ")[1]), ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st"]);
  assert.equal(handPlace(talk({ hands: [{ person: "x" }, { person: "y" }] }), "y"), 2);
  assert.match(transcript(talk({ chat: [message("hello")] }), transcriptHead), /^\d\d:\d\d Ben:\nhello\n$/u);
});

test("keys: C and H, and never while somebody types", () => {
  const press = (/** @type {string} */ key) => ({ key, repeat: false, altKey: false, ctrlKey: false, metaKey: false });
  assert.deepEqual([shortcutOf(press("c"), false), shortcutOf(press("H"), false), shortcutOf(press("c"), true)], ["chat", "hand", null]);
});
