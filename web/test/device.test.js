// What a device keeps of a room, and what a page is that is loaded again, or whose browser keeps nothing; with the real seal over
// a server and a WebRTC that pretend.

import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetDevice } from "../sdk/keep.js";
import { until } from "./fakes/meetings.js";
import { guest, host, opens, sees, starts } from "./fakes/people.js";
import { Device } from "./fakes/storage.js";

test("the host loads the page again in a locked room and in one with a password", async () => {
  for (const options of [{ door: "locked" }, { password: "sesame" }]) {
    const device = new Device();
    const ana = await host(options, "Ana", device);
    const again = await opens(ana.link, device);
    await again.join({ name: "Ana" });
    assert.deepEqual([again.state, again.me.host, again.me.id], ["in", true, ana.me.id]);
    await again.setDoor("knock");
    assert.equal(again.rules?.door, "knock");
  }
});

test("forget leaves nothing on this device", async () => {
  const device = new Device();
  const ana = await host({}, "Ana", device);
  assert.ok(device.size > 0);
  await ana.forget();
  assert.deepEqual([ana.state, device.size], ["left", 0]);
});

test("a device forgets every room at once, the key of a host included, while a page that is in goes on", async () => {
  const device = new Device();
  const ana = await host({}, "Ana", device);
  await guest(ana.link, "Ben", {}, device);
  const cy = await host({}, "Cy", device);
  assert.ok(device.size >= 4);
  assert.equal(await device.use(forgetDevice), true);
  assert.equal(device.size, 0);
  assert.deepEqual([cy.state, cy.me.host], ["in", true]);
  const again = await opens(ana.link, device);
  await device.use(() => again.look());
  assert.equal(again.me.host, false);
});

test("ticks and admissions outlive a reload; another name is amber; leaving forgets them", async () => {
  const device = new Device();
  const ana = await host({ door: "knock" }, "Ana", device);
  const { link } = await ana.invite({ label: "the choir" });
  const ben = await guest(link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  const cy = await opens(ana.link);
  const joined = cy.join({ name: "Cy" });
  await ana.admit((await until("a knock", () => ana.knocks[0])).id);
  await joined;
  await Promise.all([sees(ana, "Ben", "Cy"), sees(ben, "Ana", "Cy")]);
  ana.tick(ben.me.id, true);
  ana.tick(cy.me.id, true);
  const marks = (meeting) => meeting.people.map(({ name, ticked, renamed, admitted, verified }) => [name, ticked, renamed, admitted?.by, admitted?.via, admitted?.at.getTime(), verified]).sort();
  const before = marks(ana);
  assert.deepEqual(before.map(([name, ticked, , by, via]) => [name, ticked, by, via]), [["Ben", true, "Ana", "the choir"], ["Cy", true, "Ana", ""]]);
  await until("Ben was told", () => ben.people.find(({ name }) => name === "Cy")?.admitted?.by === "Ana");

  const again = await guest(ana.link, "Ana", {}, device);
  await sees(again, "Ben", "Cy");
  assert.deepEqual(marks(again), before, "the same persons, the same marks");
  ben.setName("Benno");
  await until("renamed", () => again.people.some(({ name }) => name === "Benno"));
  const { ticked, renamed, verified } = again.people.find(({ name }) => name === "Benno");
  assert.deepEqual([ticked, renamed, verified], [false, true, "host"]);
  again.tick(ben.me.id, true);
  assert.deepEqual(again.people.filter(({ renamed: other }) => other), []);

  await again.leave();
  const later = await guest(ana.link, "Ana", {}, device);
  await until("both are seen", () => ["Benno", "Cy"].every((name) => later.people.some((person) => person.name === name)));
  assert.notEqual(later.me.id, ana.me.id);
  assert.deepEqual(later.people.filter((person) => person.ticked || person.renamed), []);
});

test("a browser that keeps nothing says so, and gives the host link before anything else", async () => {
  const refusing = { open() { throw new DOMException("", "SecurityError"); } };
  const without = async (task) => {
    const before = globalThis.indexedDB;
    globalThis.indexedDB = /** @type {any} */ (refusing);
    try {
      return await task();
    } finally {
      globalThis.indexedDB = before;
    }
  };
  const ana = await without(() => starts({}, { use: (task) => task() }));
  assert.deepEqual([ana.state, ana.durable], ["ready", false]);
  const link = await ana.hostLink();
  await ana.join({ name: "Ana" });
  const phone = await opens(link);
  assert.equal(phone.durable, true);
  await phone.join({ name: "phone" });
  await sees(phone, "Ana");
  assert.equal(phone.me.host, true);
  await assert.rejects((await opens(ana.link)).hostLink(), { code: "no-such-room" });
});

test("a device that is full is as one that keeps nothing, from then on", async () => {
  const device = new Device();
  const ana = await starts({}, device);
  assert.equal(ana.durable, true);
  for (const store of device.stores.values()) store.put = () => { throw new DOMException("", "QuotaExceededError"); };
  await ana.join({ name: "Ana" });
  assert.deepEqual([ana.state, ana.durable], ["in", false]);
  await ana.setDoor("knock");
  assert.equal(ana.rules?.door, "knock", "it goes on in memory");
});
