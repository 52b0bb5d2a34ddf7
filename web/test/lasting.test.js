// How long a room lasts: until a set time, and beyond its last leave. Host's acts, and what they are for everybody else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { opens as opensOn, server, starts as startsOn, until } from "./fakes/meetings.js";
import { Device } from "./fakes/storage.js";

const DAY = 24 * 3600 * 1000;
const keptHosts = (device) => [...device.stores.get("hosts").records.values()];
const stateOfServer = () => JSON.parse([...server.rooms.values()][0].states[0].json);

async function two(device = new Device()) {
  const ana = await startsOn({}, device);
  await ana.join({ name: "Ana" });
  const ben = await opensOn(ana.link, new Device());
  await ben.join({ name: "Ben" });
  await until("they see each other", () => ana.people[0]?.link === "connected" && ben.people[0]?.link === "connected");
  return [ana, ben];
}

/** What `task` does so much later. */
async function later(ms, task) {
  const now = Date.now;
  Date.now = () => now() + ms;
  try {
    return await task();
  } finally {
    Date.now = now;
  }
}

test("a set end is shown to everybody, can be moved and taken away, and stands in the log", async () => {
  const [ana, ben] = await two();
  const at = Math.round(Date.now() / 1000) * 1000 + 3_600_000;
  await ana.setEnd(at);
  await until("Ben knows", () => ben.rules?.ends === at);
  await ana.setEnd(null);
  await until("Ben knows again", () => ben.rules?.ends === null);
  assert.deepEqual(ben.log.map(({ code }) => code), ["ends", "ends"]);
  assert.match(ben.log[0]?.text ?? "", /^The host had the meeting end at \d/);
  assert.equal(ana.log[1]?.text, "You took the time away at which the meeting ends.");
});

test("it comes for everybody, without a server to say so", async () => {
  const [ana, ben] = await two();
  await ana.setEnd(Date.now() + 120_000);
  await until("Ben knows", () => ben.rules?.ends);
  server.cut();
  await later(121_000, () => until("both are out", () => ana.state === "ended" && ben.state === "ended"));
  assert.deepEqual([ana.error?.code, ben.error?.code], ["room-over", "room-over"]);
});

test("times that cannot be are refused, and guests set none", async () => {
  const [ana, ben] = await two();
  for (const at of [0, Date.now() - 1, Date.now() + 59_000, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
    await assert.rejects(async () => ana.setEnd(at), { code: "bad-time" });
  }
  await assert.rejects(ben.setEnd(Date.now() + DAY), { code: "not-host" });
  await assert.rejects(ben.setEnd(null), { code: "not-host" });
  assert.equal(ana.rules?.ends, null);
});

test("a room is kept only where the operator allows it, and guests do not decide", async () => {
  const [ana] = await two();
  assert.equal(ana.mayKeep, false);
  await assert.rejects(ana.setKept(true), { code: "not-kept" });
  server.mayKeep = true;
  const [eve, flo] = await two();
  assert.deepEqual([eve.mayKeep, flo.mayKeep, eve.rules?.keptUntil], [true, true, null]);
  await assert.rejects(flo.setKept(true), { code: "not-host" });
});

test("kept: rules for thirty days, told to everybody, renewed as such, and taken back", async () => {
  server.mayKeep = true;
  const device = new Device();
  const [ana, ben] = await two(device);
  await ana.setKept(true);
  await until("Ben knows", () => (ben.rules?.keptUntil ?? 0) > Date.now() + 29 * DAY);
  assert.deepEqual([ben.log.at(-1)?.code, ana.log.at(-1)?.text], ["kept", "You had the room stay when everybody has left."]);
  assert.deepEqual(keptHosts(device).map(({ keeps }) => keeps), [true]);
  // Another act does not take it away.
  await ana.setDoor("knock");
  await until("the server was told", () => stateOfServer().rules.includes('"door":"knock"'));
  assert.ok(stateOfServer().until * 1000 > Date.now() + 29 * DAY);
  await ana.setKept(false);
  await until("Ben knows again", () => ben.rules?.keptUntil === null);
  assert.deepEqual([ben.log.at(-1)?.text, keptHosts(device)[0].keeps], ["The host had the room end when everybody has left.", false]);
});

test("a host who comes back three weeks later is host, and renews it for another thirty days", async () => {
  server.mayKeep = true;
  const device = new Device();
  const [ana, ben] = await two(device);
  const { link } = ana;
  await ana.setKept(true);
  await until("the server was told", () => stateOfServer().until * 1000 > Date.now() + 29 * DAY);
  await Promise.all([ana.leave(), ben.leave()]);
  await later(21 * DAY, async () => {
    const again = await opensOn(link, device);
    await device.use(() => again.join({ name: "Ana" }));
    assert.equal(again.me.host, true);
    await until("renewed", () => stateOfServer().until * 1000 > Date.now() + 29 * DAY);
    assert.ok((again.rules?.keptUntil ?? 0) > Date.now() + 29 * DAY);
  });
});

test("another host's acts leave a kept room kept, and another host can take it back", async () => {
  server.mayKeep = true;
  const [ana, ben] = await two();
  await ana.makeHost(ben.me.id);
  await until("Ben is host", () => ben.me.host);
  await ana.setKept(true);
  await until("Ben knows", () => ben.rules?.keptUntil);
  await ben.setDoor("knock");
  await until("Ana knows", () => ana.rules?.door === "knock");
  assert.deepEqual([ana.rules?.keptUntil !== null, ben.rules?.keptUntil !== null], [true, true]);
  await ben.setKept(false);
  await until("Ana knows again", () => ana.rules?.keptUntil === null);
  await ana.setDoor("open");
  await until("Ben knows again", () => ben.rules?.door === "open");
  assert.deepEqual([ana.rules?.keptUntil, ben.rules?.keptUntil], [null, null]);
});
