// Hosts from the public side: several of one room, who is made one, and their invitations; with the real seal over a server
// and a WebRTC that pretend.

import assert from "node:assert/strict";
import { test } from "node:test";
import { server, until } from "./fakes/meetings.js";
import { guest, host, namesOf, opens, sees, starts } from "./fakes/people.js";
import { made } from "./fakes/rtc.js";
import { Device } from "./fakes/storage.js";

test("a host cannot be removed, and who is not there neither", async () => {
  const ana = await host();
  const ben = await guest(ana.link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await ana.makeHost(ben.me.id);
  await until("Ben is host", () => ben.me.host && ana.people[0]?.host);
  await assert.rejects(ana.remove(ben.me.id), { code: "host-stays" });
  await ben.setDoor("locked");
  await until("both hosts act", () => ana.rules?.door === "locked");
});

test("two hosts at once: the strictest holds, then one set of rules", async () => {
  const ana = await host();
  const ben = await guest(ana.link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await ana.makeHost(ben.me.id);
  await until("Ben is host", () => ben.me.host && ana.people[0]?.host);
  await Promise.all([ana.setDoor("knock"), ben.setDoor("locked")]);
  await until("the strictest", () => ana.rules?.door === "locked" && ben.rules?.door === "locked");
  const cy = await opens(ana.link);
  await assert.rejects(cy.join({ name: "Cy" }), { code: "locked" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
});

test("an invitation lets in without a question, as often as it says, and tells whose it is", async () => {
  const ana = await host({ door: "knock" });
  const { id, link } = await ana.invite({ label: "Ben from work" });
  assert.match(link, /^#1i[0-9a-z]{28}$/);
  assert.deepEqual(ana.invitations, [{ id, label: "Ben from work", uses: 1, used: 0 }]);
  const ben = await opens(link);
  await ben.look();
  assert.deepEqual([ben.state, ben.rules, server.said.some(({ t }) => t === "redeem")], ["ready", null, false], "a link scanner burns nothing");
  await ben.join({ name: "Ben" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  assert.deepEqual([ben.link, ana.invitations[0]?.used, ana.knocks], [ana.link, 1, []]);
  assert.deepEqual(ana.log.map(({ code }) => code).sort(), ["admitted", "invited"]);
  await until("taken back after use", () => server.invitations.size === 0);
  const late = await opens(link);
  await assert.rejects(late.join({ name: "Eve" }), { code: "invitation-used" });
});

test("an invitation that the server hands out again admits nobody: used up, or revoked", async () => {
  const ana = await host({ door: "invite" });
  const once = await ana.invite({ label: "once" });
  const boxes = new Map(server.invitations);
  const ben = await guest(once.link, "Ben");
  await sees(ana, "Ben");
  const revoked = await ana.invite({ label: "never" });
  for (const [id, box] of server.invitations) boxes.set(id, box);
  await ana.revoke(revoked.id);
  server.invitations = boxes;
  const eve = await opens(once.link);
  await assert.rejects(eve.join({ name: "Eve" }), { code: "invitation-used" });
  assert.equal(ana.log.at(-1)?.code, "invitation-used");
  const note = ana.notes.find(({ code }) => code === "invitation-used");
  assert.match(note?.text ?? "", /^Once’s invitation was used once too often\./);
  const mallory = await opens(revoked.link);
  await assert.rejects(mallory.join({ name: "Mallory" }), { code: "invitation-used" });
  assert.deepEqual([namesOf(ana), ana.knocks, mallory.people], ["Ben", [], []]);
  assert.equal(ben.people.length, 1);
});

test("hosts share invitations; whoever is removed takes theirs along", async () => {
  const ana = await host({ door: "invite" });
  const phone = await opens(await ana.hostLink());
  await phone.join({ name: "phone" });
  await Promise.all([sees(ana, "phone"), sees(phone, "Ana")]);
  const { link } = await ana.invite({ label: "two", uses: 2 });
  await until("the phone has it", () => phone.invitations.length === 1);
  const ben = await guest(link, "Ben");
  await Promise.all([sees(ana, "Ben", "phone"), sees(phone, "Ana", "Ben")]);
  await ana.remove(ben.me.id);
  await until("revoked everywhere", () => ana.invitations.length === 0 && phone.invitations.length === 0 && server.invitations.size === 0);
});

test("a host link makes another device host", async () => {
  const ana = await host({ door: "locked" });
  const secret = await ana.hostLink();
  assert.match(secret, /^#1h[0-9a-z]{79}$/);
  const phone = await opens(secret);
  await phone.join({ name: "Ana's phone" });
  await Promise.all([sees(ana, "Ana's phone"), sees(phone, "Ana")]);
  assert.deepEqual([phone.me.host, phone.link, ana.people[0]?.host], [true, ana.link, true]);
  await phone.setDoor("knock");
  await until("a host like any", () => ana.rules?.door === "knock");
});

test("rules are signed for another day, and the device stays host for as long", async () => {
  const device = new Device();
  const before = Date.now;
  let ahead = 0;
  Date.now = () => before() + ahead;
  try {
    const ana = await starts({}, device);
    const until0 = [...device.stores.get("hosts").records.values()][0].until;
    ahead = 2 * 3600 * 1000;
    await ana.join({ name: "Ana" });
    await until("renewed", () => [...device.stores.get("hosts").records.values()][0].until >= until0 + 7000);
    await until("told", () => JSON.parse([...server.rooms.values()][0].states[0].json).until >= until0 + 7000);
  } finally {
    Date.now = before;
  }
});

test("who is made host in mid-stay invites and revokes at once", async () => {
  const ana = await host({ door: "knock" });
  const phone = await opens(await ana.hostLink());
  await phone.join({ name: "phone" });
  const { link } = await phone.invite({ label: "Ben" });
  const ben = await guest(link, "Ben");
  await Promise.all([sees(ana, "Ben", "phone"), sees(ben, "Ana", "phone")]);
  await ana.makeHost(ben.me.id);
  await until("Ben is host", () => ben.me.host);
  const made = await ben.invite({ label: "Cy" });
  assert.ok(server.invitations.has(made.id));
  const cy = await guest(made.link, "Cy");
  await sees(cy, "Ana", "Ben", "phone");
  const other = await ben.invite({ label: "Dan" });
  await ben.revoke(other.id);
  await until("revoked at the server", () => !server.invitations.has(other.id));
  assert.equal(server.said.filter(({ t }) => t === "host").length, 1, "shown once");
});

test("who was made host while the server was away shows it with the next invitation", async () => {
  const ana = await host();
  const ben = await guest(ana.link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  server.refuse.set("host", { code: "rate", retry_ms: 1000 });
  await ana.makeHost(ben.me.id);
  await until("Ben is host", () => ben.me.host);
  await assert.rejects(ben.invite({ label: "Cy" }), { code: "rate" });
  server.refuse.clear();
  const { id } = await ben.invite({ label: "Cy" });
  assert.ok(server.invitations.has(id));
});
