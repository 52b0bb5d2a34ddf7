// Whatever happens to pages that mean well, once they are awake and can reach each other everything heals by itself, and
// soon: the whole SDK in simulated time, with machines that sleep, paths that break, a server that restarts or loses
// signals, and a WebRTC that fails as browsers do. Each seed is another order of events.
//
//     PARLOUR_HEALING_SEED=17 PARLOUR_HEALING_RUNS=1 node --test web/test/healing.test.js

import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStream, makeTrack } from "./fakes/rtc.js";
import { FakeServer } from "./fakes/server.js";
import { Weather } from "./fakes/weather.js";
import { SimPage, World } from "./fakes/world.js";

const firstSeed = Number(process.env["PARLOUR_HEALING_SEED"] ?? 1);
const runs = Number(process.env["PARLOUR_HEALING_RUNS"] ?? 8);
const trace = process.env["PARLOUR_HEALING_TRACE"] !== undefined;
/** From the moment when everybody is awake and every way is open. */
const HEALED_MS = 60_000;
/** What a path swallowed just before is told again by then. */
const HEARD_MS = 20_000;
/** And it lasts. */
const LASTS_MS = 30_000;

if (trace) globalThis.parlourTrace = (line) => process.stdout.write(`#   ${Math.round(world.now / 100) / 10} ${world.whose.getStore()?.name} ${line}\n`);

const world = new World(firstSeed);
Object.assign(globalThis, { MediaStream: FakeStream });
const realNow = performance.now.bind(performance);
world.install();
const { Meeting } = await import("../sdk/parlour.js");

class Bench {
  /** @type {{name: string, page: SimPage, meeting: any, wakesAt: number}[]} */ people = [];
  story = [];
  red = new Set();

  constructor(seed) {
    this.seed = seed;
    const fresh = new World(seed);
    world.chance = fresh.chance;
    Math.random = world.chance;
    this.weather = new Weather(world);
    this.weather.install();
    this.server = new FakeServer(world);
    Object.assign(globalThis, { WebSocket: this.server.webSocket(), fetch: this.server.fetch() });
  }

  say(line) {
    this.story.push(`${Math.round(world.now / 100) / 10} ${line}`);
    if (trace) process.stdout.write(`# ${this.story.at(-1)}\n`);
  }

  async come(name, link = "") {
    const page = new SimPage(world, name);
    const meeting = await this.wait(page.run(() => (link ? Meeting.open({ server: "http://127.0.0.1:8080", fragment: link }) : Meeting.create({ server: "http://127.0.0.1:8080" }))));
    const one = { name, page, meeting };
    page.run(() => meeting.addEventListener("change", () => {
      for (const { colour, text } of meeting.notes) if (colour === "red") this.red.add(`${name}: ${text}`);
    }));
    this.people.push(one);
    await this.wait(page.run(() => meeting.join({ name, audio: makeTrack("audio") })));
    return one;
  }

  /** Time passes until the promise is settled. */
  async wait(promise) {
    let settled = false;
    promise.then(() => (settled = true), () => (settled = true));
    for (let i = 0; i < 1000 && !settled; i++) await world.pass(100);
    return promise;
  }

  get isWell() {
    return this.people.every(({ meeting }) => meeting.state === "in" && meeting.people.length === this.people.length - 1 && meeting.people.every(({ link }) => link === "connected"));
  }

  picture() {
    return this.people.map(({ name, meeting }) => `${name} ${meeting.state}: ${meeting.people.map((other) => `${other.name} ${other.link}`).join(", ")}; ${meeting.notes.map(({ code }) => code)}`).join("\n");
  }

  async until(what, predicate, ms) {
    const end = world.now + ms;
    while (!predicate()) {
      if (world.now >= end) assert.fail(`seed ${this.seed}: not within ${ms} ms: ${what}\n${this.story.join("\n")}\n${this.picture()}\n${this.weather.all.map((pc) => `${pc.page.name}->${pc.dtls?.page.name} ${pc.iceConnectionState} ${pc.connectionState} ${pc.channel.readyState} ${pc.signalingState} ${pc.isReached ? "reached" : ""} ${pc.own} | ${pc.theirs}`).join("\n")}`);
      await world.pass(250);
    }
  }

  /** Messages get through both ways, over the channels alone. */
  async talks() {
    const names = new Map();
    for (const { page, meeting, name } of this.people) {
      names.set(meeting.me.id, `${name} ${Math.floor(world.chance() * 1e6)}`);
      page.run(() => meeting.setName(names.get(meeting.me.id)));
    }
    const heard = () => this.people.every(({ meeting }) => meeting.people.every(({ id, name }) => names.get(id) === name));
    await this.until("names are heard", heard, HEARD_MS);
  }

  async close() {
    for (const { page, meeting } of this.people) await this.wait(page.run(() => meeting.leave()));
    await world.pass(5_000);
  }
}

/** What may happen; each returns how it ends. */
const events = {
  sleep: (bench, roll) => {
    const { page, name } = bench.people[roll(bench.people.length)];
    const ms = 500 + roll(roll(3) === 0 ? 100_000 : 8_000);
    if (page.isAsleep) return null;
    bench.say(`${name} sleeps ${ms}`);
    world.sleep(page);
    // Nothing is heard of it: the server hangs up.
    world.after(45_000, () => { for (const socket of [...bench.server.sockets]) if (page.isAsleep && socket.page === page) socket.end(4003); });
    return { ms, end: async () => { bench.say(`${name} wakes`); await world.wake(page); } };
  },
  restart: (bench, roll) => {
    if (bench.server.isAway) return null;
    const ms = 300 + roll(roll(3) === 0 ? 60_000 : 3_000);
    bench.say(`server restarts in ${ms}`);
    bench.server.cut();
    bench.server.forget();
    return { ms, end: () => { bench.say("server is back"); bench.server.back(); } };
  },
  partition: (bench, roll) => {
    const a = roll(bench.people.length);
    const b = (a + 1 + roll(bench.people.length - 1)) % bench.people.length;
    const pair = `${bench.people[a].name} ${bench.people[b].name}`;
    if (bench.weather.cuts.has(pair)) return null;
    const ms = 1_000 + roll(roll(3) === 0 ? 150_000 : 20_000);
    bench.say(`cut ${pair} ${ms}`);
    bench.weather.cuts.add(pair);
    return { ms, end: () => { bench.say(`heal ${pair}`); bench.weather.cuts.delete(pair); } };
  },
  offline: (bench, roll) => {
    const { name } = bench.people[roll(bench.people.length)];
    if (bench.server.cutOff.has(name)) return null;
    const ms = 1_000 + roll(roll(3) === 0 ? 90_000 : 10_000);
    bench.say(`${name} loses the server ${ms}`);
    bench.server.cutPage(name);
    return { ms, end: () => { bench.say(`${name} finds the server`); bench.server.cutOff.delete(name); } };
  },
  loss: (bench, roll) => {
    const ms = 1_000 + roll(20_000);
    bench.say(`signals are lost ${ms}`);
    bench.server.loses = () => world.chance() < 0.4;
    return { ms, end: () => { bench.say("signals come"); bench.server.loses = () => false; } };
  },
  channel: (bench, roll) => {
    const pcs = bench.weather.all.filter(({ channel, page }) => channel?.readyState === "open" && !page.isAsleep);
    const pc = pcs[roll(pcs.length || 1)];
    if (!pc) return null;
    bench.say(`${pc.page.name}'s channel to ${pc.dtls.page.name} breaks`);
    pc.page.run(() => pc.channel.close());
    return { ms: 0, end: () => {} };
  },
  failed: (bench, roll) => {
    const pcs = bench.weather.all.filter(({ iceConnectionState, page }) => iceConnectionState === "connected" && !page.isAsleep);
    const pc = pcs[roll(pcs.length || 1)];
    if (!pc) return null;
    bench.say(`${pc.page.name}'s ICE to ${pc.dtls?.page.name} fails`);
    pc.page.run(() => pc.fail());
    return { ms: 0, end: () => {} };
  },
  numb: (bench, roll) => {
    const pcs = bench.weather.all.filter(({ connectionState, page }) => connectionState === "connected" && !page.isAsleep);
    const pc = pcs[roll(pcs.length || 1)];
    if (!pc) return null;
    bench.say(`nothing passes between ${pc.page.name} and ${pc.dtls?.page.name}, who think they are connected`);
    pc.isNumb = true;
    return { ms: 0, end: () => {} };
  },
  hung: (bench, roll) => {
    const ms = 5_000 + roll(40_000);
    bench.say(`DTLS hangs for ${ms}`);
    bench.weather.isHung = true;
    return { ms, end: () => { bench.say("DTLS works"); bench.weather.isHung = false; } };
  },
};

for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
  test(`seed ${seed}: all is well again within ${HEALED_MS / 1000} s of the last trouble`, async (t) => {
    const began = realNow();
    const bench = new Bench(seed);
    const roll = (below) => Math.floor(world.chance() * below);
    const ana = await bench.come("Ana");
    for (const name of ["Ben", "Cy"]) await bench.come(name, ana.meeting.link);
    await bench.until("they meet", () => bench.isWell, 10_000);
    const names = Object.keys(events);
    for (let round = 0; round < 3; round++) {
      const ends = [];
      for (let i = 2 + roll(5); i > 0; i--) {
        const ended = events[names[roll(names.length)]](bench, roll);
        if (ended) ends.push({ at: world.now + ended.ms, end: ended.end });
        await world.pass(roll(15_000));
        for (const over of ends.filter(({ at }) => at <= world.now)) {
          ends.splice(ends.indexOf(over), 1);
          await over.end();
        }
      }
      for (const { at, end } of ends.sort((a, b) => a.at - b.at)) {
        await world.pass(Math.max(0, at - world.now));
        await end();
      }
      bench.say("-- calm");
      const calm = world.now;
      let since = calm;
      while (world.now < calm + HEALED_MS) {
        await world.pass(500);
        if (!bench.isWell) since = world.now;
      }
      bench.say(`-- well since ${since - calm}`);
      t.diagnostic(`well again ${(since - calm) / 1000} s after the last trouble`);
      await bench.until("all is well", () => bench.isWell, 0);
      await bench.talks();
      for (let passed = 0; passed < LASTS_MS; passed += 1_000) {
        await world.pass(1_000);
        await bench.until("it lasts", () => bench.isWell, 0);
      }
      const before = bench.server.said.filter(({ t }) => t === "signal").length;
      await world.pass(15_000);
      const after = bench.server.said.filter(({ t }) => t === "signal").length;
      if (after !== before) await bench.until(`the channels carry everything (${after - before} signals)`, () => false, 0);
    }
    assert.deepEqual([...bench.red], [], `seed ${seed}: nothing in red`);
    await bench.close();
    if (trace) process.stdout.write(`# seed ${seed}: ${Math.round(realNow() - began)} ms\n`);
  });
}

for (const hangsUp of [false, true]) {
  test(`a server that says that it is over, which nobody signed${hangsUp ? ", and hangs up each time" : ""}, is asked more and more rarely, for as long as the call goes on`, async () => {
    const bench = new Bench(firstSeed);
    const ana = await bench.come("Ana");
    await bench.come("Ben", ana.meeting.link);
    await bench.until("they meet", () => bench.isWell, 10_000);
    const { server } = bench;
    server.refuse.set("join", { code: "room-over" });
    const hangUp = () => {
      for (const session of [...server.sessions.values()]) server.sessions.delete(session.id);
      for (const socket of [...server.sockets]) socket.end(1006);
    };
    hangUp();
    const joins = () => server.said.filter(({ t }) => t === "join").length;
    const before = joins();
    const hour = [];
    for (let minute = 0; minute < 60; minute++) {
      await world.pass(60_000);
      hour.push(joins() - before);
      if (hangsUp) hangUp();
    }
    // Two pages: at once, and then after 20 s, 40 s, … 640 s each; a session that ends lets them ask once more in 20 s.
    const most = hangsUp ? 2 * 62 : 2 * 10;
    assert.ok(hour[0] >= 4 && hour[59] <= most, hour.join());
    assert.deepEqual(bench.people.map(({ meeting }) => [meeting.people[0]?.link, meeting.notes.map(({ code }) => code).includes("stopped")]), [["connected", true], ["connected", true]]);
    server.refuse.clear();
    await bench.until("they are in again when the server lets them", () => bench.people.every(({ meeting }) => meeting.state === "in"), 640_000);
    await bench.close();
  });
}
