// Meetings from the public door, in one process: a server in memory, a WebRTC that only pretends, and the real seal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FakePeerConnection, attachments, made, makeTrack, network } from "./fakes/rtc.js";
import { Meeting, ParlourError, opens, origin, readLink, server, starts, supported, until } from "./fakes/meetings.js";

// In whatever order they got through; places are small.test.js's.
const sees = (meeting, ...names) => until(`sees ${names}`, () => meeting.people.map(({ name }) => name).sort().join() === names.sort().join() && meeting.people.every(({ link }) => link === "connected"));

async function two() {
  const ana = await starts();
  await ana.join({ name: "Ana", audio: makeTrack("audio"), video: makeTrack("video") });
  const ben = await opens(ana.link);
  await ben.join({ name: "Ben" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  return { ana, ben };
}

test("this environment is supported, and says so", () => assert.deepEqual(supported(), { ok: true }));

test("two people meet: names, devices, host, route", async () => {
  const { ana, ben } = await two();
  const [{ id, stream, ...seen }] = ben.people;
  assert.deepEqual(seen, { name: "Ana", audio: true, video: true, screen: false, paused: "", link: "connected", route: seen.route, quality: null, host: true, ticked: false, renamed: false, admitted: null, verified: "link" });
  assert.equal(id, ana.me.id);
  assert.deepEqual(stream.getTracks().map(({ kind }) => kind), ["audio", "video"]);
  await until("the route", () => ben.people[0].route);
  assert.deepEqual(ben.people[0].route, { relayed: false, protocol: "udp" });
  assert.deepEqual(ana.people[0].host, false);
  assert.deepEqual([ana.state, ana.count, ana.notes.length], ["in", 2, 0]);
});

test("the relay's addresses are known as soon as the room was looked for, and are no one's credentials", async () => {
  const ana = await starts();
  const ben = await opens(ana.link);
  assert.deepEqual(ben.relay, []);
  await ben.look();
  assert.equal(ben.state, "ready");
  assert.deepEqual(ben.relay, ["turn:relay.test:3478?transport=udp"]);
});

test("what the server and the wire saw holds neither names nor descriptions", async () => {
  // Long words: three letters stand in any few thousand of base64.
  const ana = await starts();
  await ana.join({ name: "Anastasia" });
  const ben = await opens(ana.link);
  await ben.join({ name: "Benedetto" });
  await Promise.all([sees(ana, "Benedetto"), sees(ben, "Anastasia")]);
  const said = JSON.stringify(server.said.filter(({ t }) => t !== "hello"));
  assert.ok(server.said.filter(({ t }) => t === "signal").length >= 6);
  for (const word of ["Anastasia", "Benedetto", "candidate", "fingerprint", "ice-ufrag", "\"audio\"", ana.link.slice(2, 14)]) {
    for (const spelt of [word, Buffer.from(word).toString("base64url").slice(0, -2)]) assert.ok(!said.includes(spelt), spelt);
  }
});

test("nothing is attached to any sender before the proof, all of it after", async () => {
  const { ben } = await two();
  ben.setVideo(makeTrack("video"));
  assert.deepEqual(attachments, [{ kind: "audio", proofs: 1 }, { kind: "video", proofs: 1 }, { kind: "video", proofs: 1 }]);
});

test("what is switched off while one is coming in is not sent", async () => {
  const ana = await starts();
  await ana.join({ name: "Ana" });
  const ben = await opens(ana.link);
  await ben.look();
  const coming = ben.join({ name: "Ben", audio: makeTrack("audio"), video: makeTrack("video") });
  assert.equal(ben.state, "joining");
  ben.setAudio(null);
  await coming;
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  assert.deepEqual(attachments.map(({ kind }) => kind), ["video"]);
  assert.deepEqual([ana.people[0].audio, ana.people[0].video], [false, true]);
});

test("the wrong proof closes the connection for good, in red, without a tile", async () => {
  const ana = await starts();
  await ana.join({ name: "Ana", audio: makeTrack("audio"), video: makeTrack("video") });
  const create = FakePeerConnection.prototype.createDataChannel;
  FakePeerConnection.prototype.createDataChannel = function (...args) {
    const channel = create.apply(this, args);
    const original = channel.send.bind(channel);
    channel.send = (data) => {
      if (typeof data !== "string") data[data.length - 1] ^= 1;
      original(data);
    };
    return channel;
  };
  try {
    const ben = await opens(ana.link);
    await ben.join({ name: "Ben" });
    await until("a red note", () => ana.notes.some(({ colour, code }) => colour === "red" && code === "mismatch"));
    assert.deepEqual(ana.people, []);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(ana.people, []);
    assert.deepEqual(attachments, []);
    assert.match(ana.notes[0].text, /is not the one .* announced\. It was closed\./);
  } finally {
    FakePeerConnection.prototype.createDataChannel = create;
  }
});

test("muting, devices and names reach the others without a new description", async () => {
  const { ana, ben } = await two();
  const offers = () => made.map(({ localDescription }) => localDescription.sdp).join();
  const before = offers();
  ana.setVideo(null);
  ana.setName("  Ana\nMaria\u202e ");
  const microphone = makeTrack("audio");
  ben.setAudio(microphone);
  await until("Ana's camera is off", () => ben.people[0]?.video === false && ben.people[0].name === "Ana Maria");
  await until("Ben's microphone is on", () => ana.people[0]?.audio);
  assert.equal(offers(), before);
  assert.ok(made.some(({ transceivers }) => transceivers.some(({ sender }) => sender.track === microphone)));
  assert.deepEqual([ana.me.video, ana.me.name, ben.me.audio], [false, "Ana Maria", true]);
});

test("without a camera the sender's encoding is off, with one it is on, however fast it is switched", async () => {
  const { ana, ben } = await two();
  const isActive = () => made.filter(({ configuration }) => configuration).flatMap(({ transceivers }) => transceivers)
    .filter(({ receiver }) => receiver.track.kind === "video").map(({ sender }) => sender.parameters.encodings[0].active);
  const of = (wanted) => until(`active: ${wanted}`, () => JSON.stringify(isActive().sort()) === JSON.stringify(wanted));
  await of([false, true]);
  ana.setVideo(null);
  await of([false, false]);
  for (let i = 0; i < 5; i++) {
    ana.setVideo(null);
    ana.setVideo(makeTrack("video"));
  }
  await of([false, true]);
  assert.equal(ben.state, "in");
});

test("a screen goes in the place of the camera, sealed and said to be one, without a new description; then the camera comes back", async () => {
  const { ana, ben } = await two();
  const before = made.map(({ localDescription }) => localDescription.sdp).join();
  const [camera, other, screen] = [makeTrack("video"), makeTrack("video"), makeTrack("video")];
  const sends = (track) => made.some(({ transceivers }) => transceivers.some(({ sender }) => sender.track === track));
  assert.throws(() => ana.setScreen(makeTrack("audio")), { code: "media-kind" });
  ana.setVideo(camera);
  ana.setScreen(screen);
  await until("it is said", () => ben.people[0]?.screen && ben.people[0].video);
  assert.deepEqual([screen.contentHint, sends(screen), sends(camera), ana.me.screen, ana.me.video], ["detail", true, false, true, true]);
  const encodings = () => made.flatMap(({ transceivers }) => transceivers).filter(({ sender }) => sender.track === screen).map(({ sender }) => sender.parameters.encodings[0]);
  await until("few pictures, all lines", () => encodings().some(({ maxFramerate, scaleResolutionDownBy }) => maxFramerate === 5 && scaleResolutionDownBy === 1));
  ana.setVideo(other);
  assert.deepEqual([sends(screen), sends(other)], [true, false], "a camera waits until the screen has ended");
  ana.setScreen(null);
  await until("it is said", () => ben.people[0]?.screen === false);
  assert.deepEqual([sends(other), sends(screen), ana.me.screen, ana.me.video], [true, false, false, true]);
  assert.equal(made.map(({ localDescription }) => localDescription.sdp).join(), before);
  const late = await opens(ana.link);
  assert.throws(() => late.setScreen(screen), { code: "not-in-room" });
});

test("a track of the wrong kind is refused by name", async () => {
  const ana = await starts();
  assert.throws(() => ana.setAudio(makeTrack("video")), { code: "media-kind" });
  await assert.rejects(ana.join({ video: makeTrack("audio") }), { code: "media-kind" });
  assert.equal(ana.state, "ready");
});

test("four people meet, each with each", async () => {
  const { ana, ben } = await two();
  const cy = await opens(ana.link);
  await cy.join({ name: "Cy" });
  const dan = await opens(ana.link);
  await dan.join({ name: "Dan" });
  await Promise.all([sees(ana, "Ben", "Cy", "Dan"), sees(ben, "Ana", "Cy", "Dan"), sees(cy, "Ana", "Ben", "Dan"), sees(dan, "Ana", "Ben", "Cy")]);
});

test("who leaves is gone at once, by the sealed word", async () => {
  const { ana, ben } = await two();
  await ben.leave();
  assert.equal(ben.state, "left");
  await until("Ben is gone", () => ana.people.length === 0, 500);
  assert.deepEqual([ana.state, ana.notes.length], ["in", 0]);
  await assert.rejects(ben.join(), { code: "already-joined" });
});

test("who leaves while the connection breaks has left", async () => {
  const ana = await starts();
  await ana.join({ name: "Ana" });
  const ben = await opens(ana.link);
  await ben.join({ name: "Ben" });
  await until("they see each other", () => ben.people[0]?.link === "connected");
  const states = [];
  ben.addEventListener("change", () => states.push(ben.state));
  const leaving = ben.leave();
  server.cut();
  await leaving;
  server.back();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual([ben.state, [...new Set(states)]], ["left", ["left"]]);
});

test("who leaves in the middle of coming back asks the server nothing any more", async () => {
  const ana = await starts();
  await ana.join({ name: "Ana" });
  const ben = await opens(ana.link);
  await ben.join({ name: "Ben" });
  await until("they see each other", () => ben.people[0]?.link === "connected");
  server.cut();
  server.forget();
  server.back();
  await Promise.all([ana.leave(), ben.leave()]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const heard = server.said.length;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.deepEqual([ana.state, ben.state, server.said.length, server.sockets.size], ["left", "left", heard, 0]);
});

test("with the last leave the room is over", async () => {
  const { ana, ben } = await two();
  await ben.leave();
  await ana.leave();
  const late = await opens(ana.link);
  await assert.rejects(late.look(), { code: "room-over" });
  assert.deepEqual([late.state, late.error?.code], ["ended", "room-over"]);
});

test("the server goes and comes back: calls go on, the session goes on", async () => {
  const { ana, ben } = await two();
  const connections = made.length;
  server.cut();
  await until("reconnecting", () => ana.state === "reconnecting" && ben.state === "reconnecting");
  assert.deepEqual(ana.notes.map(({ code }) => code), ["server-away"]);
  ana.setName("Anna");
  await until("names change meanwhile", () => ben.people[0]?.name === "Anna");
  server.back();
  await until("back", () => ana.state === "in" && ben.state === "in");
  assert.deepEqual([ana.notes.length, ana.people[0]?.link, made.length], [0, "connected", connections]);
});

test("the server forgets everything: the room is given back, nobody's tile goes", async () => {
  const { ana, ben } = await two();
  let fewest = 1;
  for (const meeting of [ana, ben]) meeting.addEventListener("change", () => (fewest = Math.min(fewest, meeting.people.length)));
  const connections = made.length;
  server.cut();
  server.forget();
  server.back();
  // By polling they notice with their next request.
  await until("it is given back", () => server.said.some(({ t }) => t === "restore"));
  await until("both are in again", () => ana.state === "in" && ben.state === "in" && ana.count === 2 && ben.count === 2);
  assert.equal(server.said.filter(({ t }) => t === "restore").length >= 1, true);
  assert.deepEqual([fewest, made.length], [1, connections]);
  const cy = await opens(ana.link);
  await cy.join({ name: "Cy" });
  await sees(cy, ...(cy.people.length === 2 ? cy.people.map(({ name }) => name) : await until("both", () => cy.people.length === 2 && cy.people.map(({ name }) => name))));
});

test("a server that forgets a page in the middle of its look is asked again, but not for ever", async () => {
  const ana = await starts();
  const hear = server.hear;
  let losses = 0;
  const forgets = (times) => {
    losses = 0;
    server.hear = (socket, line) => {
      if (JSON.parse(line).t !== "look" || losses === times) return hear.call(server, socket, line);
      losses += 1;
      server.sessions.delete(socket.session.id);
      socket.end(1006);
    };
  };
  try {
    forgets(1);
    const ben = await opens(ana.link);
    await ben.look();
    assert.deepEqual([losses, ben.state], [1, "ready"]);
    forgets(Infinity);
    await assert.rejects((await opens(ana.link)).look(), { code: "session-lost" });
    assert.equal(losses, 3);
  } finally {
    server.hear = hear;
  }
});

test("a path that dies is restarted by the one who offered, within seconds", async () => {
  const { ana, ben } = await two();
  network.cut();
  await until("seen by both", () => ana.people[0]?.link === "reconnecting" && ben.people[0]?.link === "reconnecting", 3000);
  await until("restarted", () => made.some(({ restarts }) => restarts > 0), 4000);
  network.heal();
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  assert.equal(made.length, 2, "no new generation was needed");
  assert.equal(made.filter(({ restarts }) => restarts > 0).length, 1, "one side makes the offers");
});

test("somebody whose page died is gone when the server says so, too", async () => {
  const { ana, ben } = await two();
  const [session] = [...server.sessions.values()].filter(({ pid }) => pid !== "").slice(-1);
  server.leave(session);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(ana.people.map(({ name }) => name), ["Ben"], "the server's word alone moves nobody");
  for (const pc of made.slice(-1)) pc.close();
  network.cut();
  await until("gone", () => ana.people.length === 0 || ben.people.length === 0, 4000);
});

test("a room that nobody opened: no-room, asked again", async () => {
  const ana = await starts();
  const rooms = new Map(server.rooms);
  server.rooms.clear();
  const ben = await opens(ana.link);
  await ben.look();
  assert.equal(ben.state, "no-room");
  await assert.rejects(ben.join(), { code: "no-such-room" });
  server.rooms = rooms;
  await until("ready", () => ben.state === "ready", 7000);
});

test("a full room can be tried again", async () => {
  const ana = await starts();
  server.refuse.set("join", { code: "room-full", retry_ms: 5000 });
  await assert.rejects(ana.join(), (error) => error instanceof ParlourError && error.code === "room-full" && error.retryMs === 5000 && /full/.test(error.text));
  assert.equal(ana.state, "ready");
  server.refuse.clear();
  await ana.join();
  assert.equal(ana.state, "in");
});

test("without a server: said after a few tries, and nothing is left behind", async () => {
  server.isAway = true;
  await assert.rejects(Meeting.create({ server: origin }), { code: "no-server" });
  assert.equal(server.sockets.size, 0);
});

test("the server's last word, which nobody signed, ends no call and takes nothing away", async () => {
  const { ana, ben } = await two();
  const problems = [];
  for (const meeting of [ana, ben]) meeting.addEventListener("problem", (event) => problems.push(event.detail));
  server.refuse.set("join", { code: "room-over" });
  for (const session of [...server.sessions.values()]) {
    if (session.pid !== "") session.say("bye", { action: "stop", code: session === [...server.sessions.values()][0] ? "over" : "removed", text: "<b>no</b>" });
    server.sessions.delete(session.id);
    session.socket?.end(1000);
  }
  await until("both know", () => [ana, ben].every(({ state, notes }) => state === "reconnecting" && notes.some(({ code }) => code === "stopped")));
  ana.setName("Anna");
  await until("calls go on", () => ben.people[0]?.name === "Anna" && ben.people[0].link === "connected");
  assert.deepEqual([problems, ana.me.host, made.every(({ connectionState }) => connectionState === "connected")], [[], true, true]);
});

test("with nobody to call, the server's last word is the end, and still takes nothing away", async () => {
  const ana = await starts();
  await ana.join({ name: "Ana" });
  const problems = [];
  ana.addEventListener("problem", (event) => problems.push(event.detail.code));
  [...server.sessions.values()].find(({ pid }) => pid !== "")?.say("bye", { action: "stop", code: "over", text: "" });
  await until("ended", () => ana.state === "ended");
  assert.deepEqual([ana.error?.code, problems], ["stopped", ["stopped"]]);
});

test("changes come at most once per turn, and people stay the same array between them", async () => {
  const { ana } = await two();
  let changes = 0;
  ana.addEventListener("change", () => changes++);
  ana.setName("a");
  ana.setName("b");
  ana.setAudio(null);
  await Promise.resolve();
  assert.equal(changes, 1);
  assert.equal(ana.people, ana.people);
});

test("links are read forgivingly and refused in words", async () => {
  const { link } = await starts();
  for (const spelt of [link, link.toUpperCase(), `${link}.`, link.slice(1), `https://meet.example.org/${link}`, ` ${link.slice(0, 9)}-${link.slice(9)} `]) {
    assert.deepEqual(await readLink(spelt), { kind: "room" }, spelt);
  }
  const wrong = link.slice(0, -1) + (link.endsWith("0") ? "1" : "0");
  await assert.rejects(readLink(wrong), { code: "link-damaged" });
  await assert.rejects(Meeting.open({ server: origin, fragment: link.slice(0, -3) }), { code: "link-damaged" });
  for (const empty of ["", "#", " # ", "https://meet.example.org/"]) await assert.rejects(readLink(empty), { code: "link-missing" }, empty);
  await assert.rejects(readLink(`https://meet.example.org/%23${link.slice(1)}`), { code: "link-leaked" });
});
