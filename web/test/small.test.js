// Small things of the SDK: routes, shares, names, the roster's order, words, documents.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { codes, asParlourError, ParlourError, sentenceFor } from "../sdk/errors.js";
import { writeNotes } from "../sdk/notes.js";
import { readRoute } from "../sdk/route.js";
import { FakeStream, makeTrack } from "./fakes/rtc.js";

Object.assign(globalThis, { MediaStream: FakeStream });
const { Lobby } = await import("../sdk/lobby.js");
const { Log, admittedBy } = await import("../sdk/log.js");
const { noAgreement } = await import("../sdk/pictures.js");
const { Roster, readAbout, tidyName } = await import("../sdk/roster.js");

const document = (name) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), "utf8");

test("every error of the signaling protocol has a sentence of its own", () => {
  const table = document("protocol").split("## Errors")[1] ?? "";
  const listed = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => /** @type {string} */ (code));
  assert.ok(listed.length >= 17);
  for (const code of listed) assert.notEqual(sentenceFor(code), sentenceFor("fault"), code);
});

test("docs/sdk.md lists every code, and no other", () => {
  const table = (document("sdk").split("## Errors")[1] ?? "").split("## ")[0] ?? "";
  const listed = [...table.matchAll(/^\| (`[a-z0-9-` ]+`) \|/gm)].flatMap(([, cell]) => [.../** @type {string} */ (cell).matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code));
  assert.deepEqual(listed.sort(), [...codes].sort());
});

test("sentences are for people: they end with a full stop and show no code", () => {
  for (const code of codes) assert.match(sentenceFor(code), /^[A-Z].*\.$/, code);
  assert.equal(sentenceFor("toString"), sentenceFor("fault"));
  assert.equal(asParlourError(new TypeError("x")).code, "fault");
  const own = new ParlourError("busy", { retryMs: 5 });
  assert.equal(asParlourError(own), own);
});

const report = (local, remote, how) => new Map([
  ["T", { type: "transport", ...(how === "transport" && { selectedCandidatePairId: "P" }) }],
  ["Q", { type: "candidate-pair", state: "failed", localCandidateId: "R", remoteCandidateId: "R", bytesReceived: 1 }],
  ["P", { type: "candidate-pair", state: "succeeded", ...(how === "selected" && { selected: true }), ...(how === "nominated" && { nominated: true }), localCandidateId: "L", remoteCandidateId: "R", bytesReceived: 7 }],
  ["L", { type: "local-candidate", ...local }],
  ["R", { type: "remote-candidate", ...remote }],
]);

for (const how of ["transport", "selected", "nominated"]) {
  test(`the route is read where browsers say it by ${how}`, () => {
    const direct = report({ candidateType: "host", protocol: "udp" }, { candidateType: "prflx", protocol: "udp" }, how);
    assert.deepEqual(readRoute(direct), { route: { relayed: false, protocol: "udp" }, bytes: 7, counted: { received: 0, lost: 0, rttMs: null } });
    const tls = report({ candidateType: "relay", protocol: "udp", relayProtocol: "tls" }, { candidateType: "host", protocol: "udp" }, how);
    assert.deepEqual(readRoute(tls).route, { relayed: true, protocol: "tls" });
    const theirs = report({ candidateType: "srflx", protocol: "udp" }, { candidateType: "relay", protocol: "udp" }, how);
    assert.deepEqual(readRoute(theirs).route, { relayed: true, protocol: "udp" });
    const tcp = report({ candidateType: "host", protocol: "tcp" }, { candidateType: "host", protocol: "tcp" }, how);
    assert.deepEqual(readRoute(tcp).route, { relayed: false, protocol: "tcp" });
  });
}

test("no selected pair, no route", () => assert.deepEqual(readRoute(new Map()), { route: null, bytes: null, counted: { received: 0, lost: 0, rttMs: null } }));

test("names stay in one line and dress up as nothing", () => {
  assert.equal(tidyName("  Ana \n Maria\t"), "Ana Maria");
  assert.equal(tidyName("a\u202eb\u2066c\u200fd\u0000e"), "a b c d e");
  assert.equal(tidyName("x".repeat(1000)).length, 64);
  assert.equal([...tidyName("👩".repeat(100))].length, 64, "whole characters");
  assert.equal(tidyName("\ud83d"), "");
  for (const value of [null, undefined, 7, {}, ["Ana"]]) assert.equal(tidyName(value), "");
});

test("what somebody tells of itself is taken for no more than it is", () => {
  assert.deepEqual(readAbout({}), { name: "", audio: false, video: false, screen: false });
  assert.deepEqual(readAbout({ name: 7, audio: 1, video: "true", screen: 1 }), { name: "", audio: false, video: false, screen: false });
  assert.deepEqual(readAbout({ name: "Ana", audio: true, video: true, host: true }), { name: "Ana", audio: true, video: true, screen: false });
});

/** A page whose connection is as the test says. */
const page = (hid, spk, { proven = true, tracks = [] } = {}) => {
  const peer = { proven, received: tracks, link: proven ? "connected" : "connecting", route: null };
  return { hid, pid: `p-${hid}`, spk, host: false, about: { name: hid, audio: false, video: false }, agreed: noAgreement(), peer: /** @type {any} */ (peer), seen: false, heard: false };
};

test("nobody is shown before the proof, and stays shown while reconnecting", () => {
  const roster = new Roster();
  const ana = page("ana", "A", { proven: false });
  roster.add(ana);
  assert.deepEqual(roster.people(), []);
  ana.peer.proven = true;
  assert.deepEqual(roster.people().map(({ id }) => id), ["A"]);
  ana.peer.proven = false;
  assert.deepEqual(roster.people().map(({ id }) => id), ["A"]);
  roster.remove("ana");
  assert.deepEqual(roster.people(), []);
});

test("people stand in the order of their seats; who has none comes last", () => {
  const roster = new Roster();
  for (const hid of ["x", "y", "z"]) roster.add(page(hid, hid));
  roster.arrange(["p-z", "p-x"]);
  assert.deepEqual(roster.people().map(({ id }) => id), ["z", "x", "y"]);
});

test("whoever is shown keeps their place: while others come and go, and when they themselves come back on another seat", () => {
  const roster = new Roster();
  const ids = () => roster.people().map(({ id }) => id).join("");
  for (const hid of ["x", "y"]) roster.add(page(hid, hid));
  roster.arrange(["p-x", "p-y"]);
  assert.equal(ids(), "xy");
  // x loads its page again.
  roster.add(page("x2", "x"));
  roster.arrange(["p-x", "p-y", "p-x2"]);
  assert.equal(ids(), "xy");
  roster.remove("x");
  roster.add(page("z", "z"));
  roster.arrange(["p-z", "p-y", "p-x2"]);
  assert.equal(ids(), "xyz", "whoever comes follows");
  roster.remove("x2");
  assert.equal(ids(), "yz");
  roster.add(page("x3", "x"));
  assert.equal(ids(), "yzx", "and so does who comes back after having been gone");
});

test("a reload is one person with one stream: the new page speaks when it is proven", () => {
  const roster = new Roster();
  const [before, after] = [makeTrack("video"), makeTrack("video")];
  roster.add(page("old", "A", { tracks: [before] }));
  const [{ stream }] = /** @type {any} */ (roster.people());
  const next = page("new", "A", { proven: false, tracks: [after] });
  roster.add(next);
  assert.deepEqual(roster.people().map(({ name }) => name), ["old"]);
  next.peer.proven = true;
  const people = roster.people();
  assert.deepEqual([people.length, people[0]?.name, people[0]?.stream === stream], [1, "new", true]);
  assert.deepEqual(stream.getTracks(), [after]);
  roster.remove("old");
  assert.equal(roster.people()[0]?.stream, stream);
  roster.remove("new");
  roster.people();
  assert.deepEqual(stream.getTracks(), [], "an empty stream shows nothing");
});

test("notes: worst first, each once, unknown codes of the seal stay unsaid", () => {
  const notes = writeNotes([
    { colour: "grey", code: "no-connection", who: "Ana", person: "A" },
    { colour: "grey", code: "no-connection", who: "Ana", person: "A" },
    { colour: "amber", code: "sees-more", who: "Ben", about: "" },
    { colour: "red", code: "mismatch", who: "" },
    { colour: "red", code: "toString", who: "x" },
  ]);
  assert.deepEqual(notes.map(({ code }) => code), ["mismatch", "sees-more", "no-connection"]);
  assert.equal(notes[0]?.text, "This connection is not the one somebody announced. It was closed.");
  assert.deepEqual(notes[2], { colour: "grey", code: "no-connection", text: "Could not connect with Ana. The page tries again.", who: "Ana", person: "A" });
});

test("the lobby: who was cut off is a left-over knock, until they knock themselves or have a right", () => {
  const lobby = new Lobby();
  const nameOf = () => "Dan";
  lobby.handle("p", { k: "cut", spk: "dan", by: "host" }, nameOf);
  assert.deepEqual(lobby.knocks, [{ id: "dan", name: "Dan", message: "", how: "left-over", via: "", held: false }]);
  lobby.handle("q", { k: "cut", spk: "dan", by: "other" }, nameOf);
  assert.equal(lobby.knocks.length, 1);
  lobby.handle("p", { k: "lobby", hid: "h", spk: "dan", name: "Dan\u202e", message: "again" }, nameOf);
  assert.deepEqual(lobby.knocks.map(({ how, name }) => `${how} ${name}`), ["knock Dan"]);
  lobby.handle("p", { k: "left" }, nameOf);
  assert.deepEqual(lobby.knocks, []);
  lobby.handle("p", { k: "cut", spk: "dan", by: "host" }, nameOf);
  lobby.clean((spk) => spk === "dan");
  assert.deepEqual(lobby.knocks, []);
  lobby.handle("p", { k: "cut", spk: "dan", by: "cy" }, nameOf, "Cy\u202e");
  assert.deepEqual(lobby.knocks.map(({ how, via }) => [how, via]), [["left-over", "Cy"]], "who says so");
});

test("what this page waits for: nobody, a host, the host's words, a password", () => {
  const lobby = new Lobby();
  const none = () => "";
  assert.deepEqual([lobby.waiting(false).what, lobby.waiting(true).what], ["no-host", "checking-password"]);
  lobby.handle("a", { k: "knocking" }, none);
  assert.equal(lobby.waiting(false).what, "knocking");
  lobby.handle("a", { k: "held", text: "soon" }, none);
  assert.deepEqual(lobby.waiting(false), { what: "held", text: "soon" });
  lobby.handle("a", { k: "left" }, none);
  assert.equal(lobby.waiting(false).what, "no-host");
});

test("the log reads rules: a tightening lists everybody and lets nobody in", () => {
  const rules = (more) => ({ clock: { h00000001: 1 }, host: "H", mode: "off", door: "knock", cap: 8, pw: 0, link: { n: 1, id: "L" }, members: [], removed: [], ...more });
  assert.deepEqual(admittedBy(rules({}), rules({ members: ["a"] })), ["a"]);
  assert.deepEqual(admittedBy(rules({}), rules({ members: ["a"], door: "locked" })), []);
  assert.deepEqual(admittedBy(rules({}), rules({ members: ["a"], removed: ["b"] })), []);
  const log = new Log();
  log.compare(rules({ door: "open" }), rules({ removed: ["b"], pw: 7, link: { n: 2, id: "M" } }), "The host", () => "Ben");
  assert.deepEqual(log.entries.map(({ code }) => code), ["removed", "door", "link", "password"]);
  assert.equal(log.entries[0]?.text, "The host removed Ben.");
});
