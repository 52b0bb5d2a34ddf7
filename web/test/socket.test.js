// When the page connects, and when it connects again. Time is mocked; the WebSocket is a record of what was asked.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

/** @type {FakeSocket[]} */ let opened = [];
class FakeSocket {
  static OPEN = 1;
  readyState = 0;
  sent = [];
  closed = [];
  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    opened.push(this);
  }
  send(line) { this.sent.push(JSON.parse(line)); }
  close(code) { this.readyState = 2; this.closed.push(code); }
  opens() { this.readyState = 1; this.onopen(); }
  hears(message) { this.onmessage({ data: JSON.stringify(message) }); }
  ends() { this.readyState = 3; this.onclose(); }
  welcomes() {
    this.opens();
    this.hears({ t: "welcome", s: 0, a: 0, d: { v: 1, session: "AAAAAAAAAAAAAAAAAAAAAA", token: "t", ping_ms: 20000, hold_ms: 30000, frame_bytes: 65536 } });
  }
}
Object.assign(globalThis, { WebSocket: FakeSocket });
const { Server } = await import("../sdk/server.js");

/** @type {any[]} */ let news = [];
const user = { onNews: (message) => news.push(message.t), onBack: (lost) => news.push(`back ${lost}`), onAway: () => news.push("away") };
const outcome = (promise) => {
  const said = { value: undefined };
  promise.then((value) => (said.value = value), (error) => (said.value = error.code));
  return said;
};
const turn = async () => { for (let i = 0; i < 5; i++) await Promise.resolve(); };

beforeEach(() => {
  opened = [];
  news = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(Math, "random", () => 1);
});

test("nothing is opened before something is asked; then at /ws, with the subprotocol", () => {
  const server = new Server("https://meet.example.org", user);
  assert.equal(opened.length, 0);
  void outcome(server.ask("look", { room_id: "AAECAwQFBgcICQoL" }));
  assert.deepEqual([opened[0].url, opened[0].protocol], ["wss://meet.example.org/ws", "parlour.v1"]);
  server.end();
  const local = new Server("http://127.0.0.1:8080", user);
  void outcome(local.ask("look", { room_id: "AAECAwQFBgcICQoL" }));
  assert.equal(opened[1].url, "ws://127.0.0.1:8080/ws");
  local.end();
  const below = new Server("https://example.org/parlour", user);
  void outcome(below.ask("look", { room_id: "AAECAwQFBgcICQoL" }));
  assert.equal(opened[2].url, "wss://example.org/parlour/ws");
  below.end();
});

test("the first server that cannot be reached is given up after four attempts, 0.3, 0.6 and 1.2 s apart", async () => {
  const server = new Server("http://127.0.0.1:8080", user);
  const look = outcome(server.ask("look", { room_id: "AAECAwQFBgcICQoL" }));
  for (const pause of [300, 600, 1200]) {
    const before = opened.length;
    opened.at(-1).ends();
    mock.timers.tick(pause - 1);
    assert.equal(opened.length, before, `${pause} ms`);
    mock.timers.tick(1);
    assert.equal(opened.length, before + 1, `${pause} ms`);
  }
  await turn();
  assert.equal(look.value, undefined);
  opened.at(-1).ends();
  await turn();
  assert.equal(look.value, "no-server");
  mock.timers.tick(60_000);
  assert.equal(opened.length, 4);
  void outcome(server.ask("look", { room_id: "AAECAwQFBgcICQoL" }));
  assert.equal(opened.length, 5, "a new question tries again");
  server.end();
});

test("an attempt that is neither opened nor refused is given up after 8 s", () => {
  const server = new Server("http://127.0.0.1:8080", user);
  void outcome(server.ask("ice", {}));
  mock.timers.tick(8_000);
  assert.deepEqual(opened[0].closed, [4001]);
  mock.timers.tick(300);
  assert.equal(opened.length, 2);
  opened[0].ends();
  mock.timers.tick(1_000);
  assert.equal(opened.length, 2, "the late end of the first one changes nothing");
  server.end();
});

test("a server that was met is tried for ever, at most 5 s apart, and resumed", async () => {
  const server = new Server("http://127.0.0.1:8080", user);
  const ice = outcome(server.ask("ice", {}));
  opened[0].welcomes();
  opened[0].ends();
  for (let attempt = 1; attempt <= 12; attempt++) {
    mock.timers.tick(5_000);
    assert.equal(opened.length, attempt + 1);
    if (attempt < 12) opened[attempt].ends();
  }
  assert.deepEqual(new Set(news), new Set(["away"]));
  opened[12].opens();
  assert.deepEqual(opened[12].sent[0].d.resume, { session: "AAAAAAAAAAAAAAAAAAAAAA", token: "t" });
  opened[12].hears({ t: "resumed", s: 0, a: 0, d: { token: "u" } });
  assert.equal(news.at(-1), "back false");
  const before = opened.length;
  assert.deepEqual(opened[12].sent[1], { t: "ice", id: 1, s: 1, a: 0, d: {} }, "asked again, as the server had not heard it");
  opened[12].ends();
  mock.timers.tick(300);
  assert.equal(opened.length, before + 1, "after a success the pauses begin anew");
  server.end();
  await turn();
  assert.equal(ice.value, "no-server", "20 s had passed");
});

test("an answer goes to its question, a refusal too; anything else is news", async () => {
  const server = new Server("http://127.0.0.1:8080", user);
  const [ice, look, odd] = [outcome(server.ask("ice", {})), outcome(server.ask("look", { room_id: "AAECAwQFBgcICQoL" })), outcome(server.ask("leave", {}))];
  opened[0].welcomes();
  opened[0].hears({ t: "error", re: 2, s: 1, a: 0, d: { code: "no-such-room", text: "" } });
  opened[0].hears({ t: "ice", re: 1, s: 2, a: 0, d: { ice_servers: [] } });
  opened[0].hears({ t: "created", re: 3, s: 3, a: 0, d: {} });
  opened[0].hears({ t: "done", re: 99, s: 4, a: 0, d: {} });
  await turn();
  assert.deepEqual([ice.value, look.value, odd.value, news], [{ ice_servers: [] }, "no-such-room", "protocol", ["done"]]);
  server.end();
});

test("a lost session fails what was under way in it, and nothing that was asked since", async () => {
  const server = new Server("http://127.0.0.1:8080", user);
  const before = outcome(server.ask("ice", {}));
  opened[0].welcomes();
  server.renew(1200);
  assert.deepEqual(opened[0].closed, [4001]);
  const since = outcome(server.ask("ice", {}));
  mock.timers.tick(1_199);
  assert.equal(opened.length, 1);
  mock.timers.tick(1);
  opened[1].welcomes();
  await turn();
  assert.deepEqual([before.value, since.value, news.at(-1)], ["session-lost", undefined, "back true"]);
  assert.deepEqual(opened[1].sent.map(({ t, id }) => [t, id]), [["hello", undefined], ["ice", 2]]);
  server.end();
});

test("hanging up says with its code whether it is a leave", () => {
  for (const [isLeave, code] of /** @type {const} */ ([[true, 1000], [false, 4900]])) {
    const server = new Server("http://127.0.0.1:8080", user);
    void outcome(server.ask("ice", {}));
    const socket = opened.at(-1);
    socket.welcomes();
    server.hangUp(isLeave);
    assert.deepEqual(socket.closed, [code]);
  }
});

test("a doubt pings now; the silence after it ends the connection in 8 s", () => {
  const server = new Server("http://127.0.0.1:8080", user);
  void outcome(server.ask("ice", {}));
  opened[0].welcomes();
  server.doubt();
  assert.equal(opened[0].sent.at(-1).t, "ping");
  // The session's clock is the browser's steady one, which the mock does not move: the ping is what is tested.
  server.end();
});
