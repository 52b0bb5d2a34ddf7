// The envelope, sequence, acknowledgement and resumption of docs/protocol.md, without sockets and without waiting.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ACK_AFTER, ACK_AFTER_MS, ANSWER_MS, KEPT_FRAMES, Session } from "../sdk/session.js";

/** Ids of 16 bytes. */
const [first, second] = ["first_second_first__AA", "second_first_second_AA"];
const welcome = (session = first, more = {}) =>
  ({ t: "welcome", s: 0, a: 0, d: { v: 1, session, token: `${session}-1`, ping_ms: 20000, hold_ms: 30000, frame_bytes: 65536, ...more } });
const view = (s, n, a = 0) => ({ t: "view", s, a, d: { n, seats: [], porch: [], states: [] } });

/** A session with a clock and somebody who reads its outputs. */
class Bench {
  session = new Session();
  now = 1000;

  static live() {
    const bench = new Bench();
    bench.opens();
    bench.hears(welcome());
    return bench;
  }

  opens() {
    this.session.handleOpened(this.now);
    return this.outputs();
  }

  hears(...messages) {
    for (const message of messages) this.session.handleText(this.now, typeof message === "string" ? message : JSON.stringify(message));
    return this.outputs();
  }

  says(t, d = {}, id = undefined) {
    assert.ok(this.session.say(t, d, id));
    return this.outputs();
  }

  breaks() {
    this.session.handleClosed();
    return this.outputs();
  }

  after(ms) {
    const end = this.now + ms;
    const outputs = [];
    for (let at = this.session.pollTimeout(); at !== null && at <= end; at = this.session.pollTimeout()) {
      this.now = Math.max(at, this.now);
      this.session.handleTimeout(this.now);
      outputs.push(...this.outputs());
    }
    this.now = end;
    return outputs;
  }

  outputs() {
    const outputs = [];
    for (let output = this.session.pollOutput(); output; output = this.session.pollOutput()) {
      outputs.push(output.kind === "send" ? JSON.parse(output.text) : output.kind === "message" ? { got: output.message.t, s: output.message.s } : output);
    }
    return outputs;
  }
}

test("hello comes first, and nothing else before the welcome", () => {
  const bench = new Bench();
  bench.session.say("look", { room_id: "AAECAwQFBgcICQoL" }, 1);
  assert.deepEqual(bench.outputs(), []);
  assert.deepEqual(bench.opens(), [{ t: "hello", s: 0, a: 0, d: { v: [1] } }]);
  assert.deepEqual(bench.hears(welcome()), [
    { kind: "begun", lost: false },
    { t: "look", id: 1, s: 1, a: 0, d: { room_id: "AAECAwQFBgcICQoL" } },
  ]);
});

test("what is said is numbered from 1 and carries what was received", () => {
  const bench = Bench.live();
  assert.equal(bench.says("ice", {}, 5)[0].s, 1);
  assert.deepEqual(bench.hears(view(1, 1), view(2, 2)), [{ got: "view", s: 1 }, { got: "view", s: 2 }]);
  assert.deepEqual(bench.says("ice", {}, 6), [{ t: "ice", id: 6, s: 2, a: 2, d: {} }]);
});

test("what was seen before is dropped; a gap closes with 4001", () => {
  const bench = Bench.live();
  bench.hears(view(1, 1));
  assert.deepEqual(bench.hears(view(1, 1)), []);
  assert.deepEqual(bench.hears(view(3, 3)), [{ kind: "close", code: 4001 }]);
});

for (const [what, message] of /** @type {const} */ ([
  ["an unreadable message", "{"],
  ["a numbered type without a number it may have", { t: "pong", s: 1, a: 0, d: {} }],
  ["a second welcome", welcome()],
  ["a resumed that nobody asked for", { t: "resumed", s: 0, a: 0, d: { token: "x" } }],
  ["an acknowledgement of what was never said", view(1, 1, 1)],
])) {
  test(`${what} closes with 4001`, () => assert.deepEqual(Bench.live().hears(message), [{ kind: "close", code: 4001 }]));
}

test("a type of a later version is handed on as unknown and counted", () => {
  const bench = Bench.live();
  assert.deepEqual(bench.hears({ t: "weather", s: 1, a: 0, d: { sun: true } }, view(2, 1)), [{ got: "unknown", s: 1 }, { got: "view", s: 2 }]);
});

test("received messages are acknowledged after one second", () => {
  const bench = Bench.live();
  bench.hears(view(1, 1), view(2, 2));
  assert.deepEqual(bench.after(ACK_AFTER_MS - 1), []);
  assert.deepEqual(bench.after(1), [{ t: "ack", s: 0, a: 2, d: {} }]);
  assert.deepEqual(bench.after(ACK_AFTER_MS), [], "once");
});

test("the 32nd unacknowledged message is acknowledged at once", () => {
  const bench = Bench.live();
  const sent = [];
  for (let s = 1; s <= ACK_AFTER; s++) sent.push(...bench.hears(view(s, s)).filter(({ t }) => t === "ack"));
  assert.deepEqual(sent, [{ t: "ack", s: 0, a: ACK_AFTER, d: {} }]);
});

test("an interrupted session resumes: both repeat what the other lacks, with the same numbers", () => {
  const bench = Bench.live();
  bench.hears(view(1, 1), view(2, 2));
  bench.says("signal", { to: "q83vEjRWeJA", body: "one" });
  bench.says("signal", { to: "q83vEjRWeJA", body: "two" });
  bench.breaks();
  assert.deepEqual(bench.says("signal", { to: "q83vEjRWeJA", body: "three" }), []);
  assert.deepEqual(bench.opens(), [{ t: "hello", s: 0, a: 2, d: { v: [1], resume: { session: first, token: `${first}-1` } } }]);
  assert.deepEqual(bench.hears({ t: "resumed", s: 0, a: 1, d: { token: "first-2" } }), [
    { kind: "resumed" },
    { t: "signal", s: 2, a: 2, d: { to: "q83vEjRWeJA", body: "two" } },
    { t: "signal", s: 3, a: 2, d: { to: "q83vEjRWeJA", body: "three" } },
  ]);
  // The server repeats view 2, which was received: it is dropped; the next one is news.
  assert.deepEqual(bench.hears(view(2, 2, 3), view(3, 3, 3)), [{ got: "view", s: 3 }]);
  bench.breaks();
  assert.equal(bench.opens()[0].d.resume.token, "first-2", "each token is used once");
  assert.deepEqual(bench.hears({ t: "resumed", s: 0, a: 3, d: { token: "first-3" } }), [{ kind: "resumed" }], "nothing is left to repeat");
});

test("gone: a new session, numbered from 1, and nothing of the old one is repeated", () => {
  const bench = Bench.live();
  bench.hears(view(1, 1));
  bench.says("signal", { to: "q83vEjRWeJA", body: "lost" });
  bench.breaks();
  bench.opens();
  assert.deepEqual(bench.hears({ ...welcome(second), t: "gone" }), [{ kind: "begun", lost: true }]);
  assert.deepEqual(bench.says("ice", {}, 9), [{ t: "ice", id: 9, s: 1, a: 0, d: {} }]);
  assert.deepEqual(bench.hears(view(1, 1)), [{ got: "view", s: 1 }]);
});

test("forgetting begins a new session, and says that one was lost", () => {
  const bench = Bench.live();
  bench.session.forget();
  bench.breaks();
  bench.session.say("ice", {}, 4);
  assert.deepEqual(bench.opens(), [{ t: "hello", s: 0, a: 0, d: { v: [1] } }]);
  assert.deepEqual(bench.hears(welcome(second)), [{ kind: "begun", lost: true }, { t: "ice", id: 4, s: 1, a: 0, d: {} }]);
});

test("an acknowledgement lets go of what it covers", () => {
  const bench = Bench.live();
  for (let i = 0; i < KEPT_FRAMES; i++) bench.says("ice", {}, i + 1);
  bench.hears({ t: "ack", s: 0, a: KEPT_FRAMES, d: {} });
  assert.equal(bench.says("ice", {}, 999)[0].s, KEPT_FRAMES + 1);
});

test("more than 256 unacknowledged messages end the session instead of growing", () => {
  const bench = Bench.live();
  for (let i = 0; i < KEPT_FRAMES; i++) bench.says("ice", {}, i + 1);
  assert.equal(bench.session.say("ice", {}, 999), false);
  assert.deepEqual(bench.outputs(), [{ kind: "close", code: 4001 }]);
  assert.deepEqual(bench.opens(), [{ t: "hello", s: 0, a: 0, d: { v: [1] } }]);
});

test("so do more than 262 144 bytes", () => {
  const bench = Bench.live();
  const body = "x".repeat(49_000);
  for (let i = 0; i < 5; i++) bench.says("signal", { to: "q83vEjRWeJA", body });
  assert.equal(bench.session.say("signal", { to: "q83vEjRWeJA", body }), false);
});

test("what is longer than a frame is refused and costs nothing", () => {
  const bench = Bench.live();
  assert.equal(bench.session.say("signal", { to: "q83vEjRWeJA", body: "é".repeat(40_000) }), false, "80 000 bytes");
  assert.equal(bench.session.say("signal", { to: "q83vEjRWeJA", body: "é".repeat(20_000) }), true);
  assert.deepEqual(bench.outputs().map(({ s }) => s), [1]);
});

test("a silent connection is pinged, and dead without an answer", () => {
  const bench = Bench.live();
  assert.deepEqual(bench.after(20_000), [{ t: "ping", s: 0, a: 0, d: {} }]);
  assert.deepEqual(bench.hears({ t: "pong", s: 0, a: 0, d: {} }), []);
  assert.deepEqual(bench.after(20_000), [{ t: "ping", s: 0, a: 0, d: {} }]);
  assert.deepEqual(bench.after(ANSWER_MS), [{ kind: "close", code: 4003 }]);
  assert.equal(bench.session.live, false);
});

test("anything heard puts the ping off", () => {
  const bench = Bench.live();
  bench.after(19_000);
  bench.hears({ t: "ack", s: 0, a: 0, d: {} });
  assert.deepEqual(bench.after(19_999), []);
  assert.equal(bench.after(1)[0].t, "ping");
});

test("a server that never answers hello is given up", () => {
  const bench = new Bench();
  bench.opens();
  assert.deepEqual(bench.after(ANSWER_MS), [{ kind: "close", code: 4003 }]);
});

test("a refusal of hello is handed on, and closes", () => {
  const bench = new Bench();
  bench.opens();
  assert.deepEqual(bench.hears({ t: "error", s: 0, a: 0, d: { code: "unsupported", text: "" } }), [{ got: "error", s: 0 }, { kind: "close", code: 1000 }]);
});

test("nothing that comes after the end is read", () => {
  const bench = Bench.live();
  bench.breaks();
  assert.deepEqual(bench.hears(view(1, 1)), []);
});

test("a session that the network cuts at any moment loses and doubles nothing", () => {
  // A model server that numbers as the document says, and a network that cuts by a seeded coin.
  for (let seed = 1; seed <= 60; seed++) {
    let state = seed * 2654435761;
    const coin = (n) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % n;
    const bench = new Bench();
    const server = { known: false, token: 1, got: [], next: 1, log: [], received: 0 };
    const heard = [];
    /** @type {any[]} */ let toServer = bench.opens();
    /** @type {any[]} */ let toPage = [];
    const collect = (outputs) => {
      for (const output of outputs) {
        if (output.got === "view") heard.push(output.s);
        else if (output.t) toServer.push(output);
        assert.notEqual(output.kind, "close", `seed ${seed}`);
      }
    };
    let said = 0;
    for (let step = 0; step < 400; step++) {
      const what = coin(10);
      if (what < 3 && toServer.length > 0) {
        const message = toServer.shift();
        if (message.t === "hello") {
          if (!server.known) {
            server.known = true;
            toPage.push(welcome(first, { token: "t1" }));
          } else {
            assert.equal(message.d.resume.token, `t${server.token}`);
            server.token += 1;
            toPage.push({ t: "resumed", s: 0, a: server.received, d: { token: `t${server.token}` } });
            toPage.push(...server.log.filter(({ s }) => s > message.a).map((kept) => ({ ...kept, a: server.received })));
          }
        } else if (message.s > server.received) {
          assert.equal(message.s, server.received + 1, `seed ${seed}`);
          server.received = message.s;
          server.got.push(message.d.body);
        }
      } else if (what < 6 && toPage.length > 0) collect(bench.hears(toPage.shift()));
      else if (what < 8) collect(bench.says("signal", { to: "q83vEjRWeJA", body: String(++said) }));
      else if (what === 8 && bench.session.live) {
        const message = { ...view(server.next++, step, server.received) };
        server.log.push(message);
        toPage.push(message);
      } else if (what === 9 && coin(4) === 0 && bench.session.live && !toPage.some(({ t }) => t === "resumed")) {
        bench.breaks();
        toServer = [];
        toPage = [];
        collect(bench.opens());
      }
    }
    for (let i = 0; toServer.length + toPage.length > 0 && i < 5000; i++) {
      if (toPage.length > 0) collect(bench.hears(toPage.shift()));
      else {
        const message = toServer.shift();
        if (message.t === "hello") {
          const answer = server.known
            ? [{ t: "resumed", s: 0, a: server.received, d: { token: `t${++server.token}` } }, ...server.log.filter(({ s }) => s > message.a)]
            : [welcome(first, { token: "t1" })];
          server.known = true;
          toPage.push(...answer);
        } else if (message.s > server.received) {
          server.received = message.s;
          server.got.push(message.d.body);
        }
      }
    }
    assert.deepEqual(server.got, Array.from({ length: said }, (_, i) => String(i + 1)), `seed ${seed}: at the server`);
    assert.deepEqual(heard, Array.from({ length: server.next - 1 }, (_, i) => i + 1), `seed ${seed}: at the page`);
  }
});
