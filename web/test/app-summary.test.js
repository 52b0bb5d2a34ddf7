// The summary of a meeting: what the page saw, as plain text; off the record nothing.

import "./fakes/english.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { noTalk } from "../app/talk.js";
import { Summary } from "../app/summary.js";
import { kindSentence } from "../app/words_door.js";

const at = (minute) => new Date(2026, 4, 17, 14, minute);
const me = { id: "a", name: "Ada", audio: true, video: true, screen: false, host: true };
const person = (id, name) => ({ id, name, host: false });
const said = (change) => ({ id: "1", by: "b", name: "Ben", own: false, text: "Hello", at: at(1), live: true, told: [], kept: false, disputed: false, delivery: null, ...change });
const now = (change = {}) => ({ state: "in", me, people: [], talk: noTalk, house: { rules: { offRecord: false } }, ...change });

test("off the record, before and after the meeting nothing is collected", () => {
  const summary = new Summary("");
  summary.see(now({ house: { rules: { offRecord: true } }, talk: { ...noTalk, chat: [said({})] } }), at(0));
  summary.see(now({ house: { rules: null } }), at(0));
  for (const state of ["ready", "joining", "knocking", "left", "ended"]) summary.see(now({ state }), at(0));
  assert.equal(summary.ready, false);
  assert.ok(!summary.text().includes("Hello") && !summary.text().includes("Ada"));
});

test("who was here and when, what was said and on whose word, polls, files", () => {
  const summary = new Summary("choir");
  const poll = {
    id: "p", by: "a", name: "Ada", own: true, question: "When?", multiple: false, secret: false, at: at(3), live: true, told: "", kept: false, open: false, voters: 2, mine: [0],
    choices: [{ text: "Now", votes: 2, voters: [{ id: "a", name: "Ada" }, { id: "b", name: "" }] }, { text: "Later", votes: 0, voters: [] }],
  };
  const file = { id: "f", by: "b", name: "Ben", own: false, to: "", file: "minutes.pdf", size: 4_213_000, hash: "9f86", at: at(4), state: "offered" };
  const chat = [said({ name: "Cy", text: "before you came", kept: true, at: at(0) }), said({ text: "two\nlines" }), said({ text: "told", told: ["Dan"], disputed: true, at: at(2) })];
  summary.see(now({ people: [person("b", "Ben")] }), at(0));
  summary.see(now({ people: [person("b", "Ben")], talk: { ...noTalk, chat, polls: [poll], files: [file, { ...file, to: "a", file: "for Ada alone" }] } }), at(30));
  summary.see(now({ talk: { ...noTalk, chat, polls: [poll], files: [file] } }), at(45));
  // The page lets go of everything when it leaves; what was seen last stays.
  summary.see(now({ state: "left" }), at(46));
  assert.equal(summary.ready, true);
  const text = summary.text();
  for (const line of [
    "Room: choir", "May 17, 2026, 14:00\u201314:45", "- Ada (you, host), 14:00\u201314:45", "- Ben, 14:00\u201314:30",
    "14:00 Cy (kept by the room): before you came", "14:01 Ben: two\n      lines", "14:02 Ben (as told by Dan; others here tell this differently): told",
    "When? (Ada)", "- Now: 2 (Ada, Guest)", "- Later: 0", "- minutes.pdf, 4.2 MB, by Ben, SHA-256 9f86",
  ]) assert.ok(text.split("\n").join("\n").includes(line), `${line}\n\n${text}`);
  assert.ok(!text.includes("for Ada alone"), "a file for one person is no affair of the meeting's");
});

test("nobody but this person, nothing said: it says so", () => {
  const summary = new Summary("");
  summary.see(now(), at(0));
  assert.ok(summary.ready && summary.text().split("none").length === 4 && !summary.text().includes("Room:"));
});

test("both kinds have a sentence, before and inside", () => {
  assert.equal(kindSentence(null), "");
  assert.match(kindSentence({ offRecord: true }), /^Off the record/);
  assert.match(kindSentence({ offRecord: false }), /^Standard/);
});
