// When the page connects, by what, and when it connects again. Time is mocked; WebSocket and fetch are records of what was
// asked. What polling does with its requests is tested in polling.test.js.

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
/** What polls asked; each request waits for its answer. @type {{url: string, method?: string, headers?: any, body?: string, resolve: (answer: any) => void, reject: (error: Error) => void}[]} */ let asked = [];
const fetch = (url, init) => new Promise((resolve, reject) => asked.push({ url, ...init, resolve, reject }));
const answers = (request, body, status = 200) => request.resolve({ status, text: async () => body });
Object.assign(globalThis, { WebSocket: FakeSocket, fetch });
const { Server } = await import("../sdk/server.js");

/** @type {any[]} */ let news = [];
const user = { onNews: (message) => news.push(message.t), onBack: (lost) => news.push(`back ${lost}`), onAway: () => news.push("away") };
const outcome = (promise) => {
  const said = { value: undefined };
  promise.then((value) => (said.value = value), (error) => (said.value = error.code));
  return said;
};
const turn = async () => { for (let i = 0; i < 20; i++) await Promise.resolve(); };

beforeEach(() => {
  opened = [];
  asked = [];
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

const welcome = { t: "welcome", s: 0, a: 0, d: { v: 1, session: "AAAAAAAAAAAAAAAAAAAAAA", token: "t", ping_ms: 20000, hold_ms: 30000, frame_bytes: 65536 } };

/** A page that polls because two WebSockets were refused, and whose session stands; its GET waits in `asked`. */
async function polling(address = "http://127.0.0.1:8080") {
  const server = new Server(address, user);
  const ice = outcome(server.ask("ice", {}));
  for (const pause of [300, 600]) {
    opened.at(-1).ends();
    mock.timers.tick(pause);
  }
  await turn();
  answers(asked[0], '{"poll":"secret"}');
  await turn();
  answers(asked[1], `{"n":1}\n${JSON.stringify(welcome)}`);
  await turn();
  return { server, ice };
}

test("it polls where the server is, also below a path", async () => {
  for (const [address, url] of [["http://127.0.0.1:8080", "http://127.0.0.1:8080/poll"], ["https://example.org/parlour", "https://example.org/parlour/poll"]]) {
    [opened, asked] = [[], []];
    const { server } = await polling(address);
    assert.deepEqual(new Set(asked.map((request) => request.url)), new Set([url]));
    assert.ok(asked.length > 1);
    server.end();
  }
});

test("the first server that cannot be reached is given up after four attempts, 0.3, 0.6 and 1.2 s apart; the third is by polling", async () => {
  const server = new Server("http://127.0.0.1:8080", user);
  const look = outcome(server.ask("look", { room_id: "AAECAwQFBgcICQoL" }));
  for (const [pause, sockets, polls] of [[300, 2, 0], [600, 2, 1], [1200, 3, 1]]) {
    const before = opened.length + asked.length;
    if (asked.length === 0) opened.at(-1).ends();
    else asked[0].reject(new TypeError("fetch failed"));
    await turn();
    mock.timers.tick(pause - 1);
    await turn();
    assert.equal(opened.length + asked.length, before, `${pause} ms`);
    mock.timers.tick(1);
    await turn();
    assert.deepEqual([opened.length, asked.length], [sockets, polls], `${pause} ms`);
  }
  assert.equal(look.value, undefined);
  opened.at(-1).ends();
  await turn();
  assert.equal(look.value, "no-server");
  mock.timers.tick(60_000);
  assert.equal(opened.length, 3);
  void outcome(server.ask("look", { room_id: "AAECAwQFBgcICQoL" }));
  await turn();
  assert.equal(opened.length + asked.length, 5, "a new question tries again");
  server.end();
});

test("a WebSocket that brings no frame within 8 s is swallowed by somebody, open or not: the next attempt is by polling", async () => {
  for (const isOpen of [false, true]) {
    [opened, asked] = [[], []];
    const server = new Server("http://127.0.0.1:8080", user);
    void outcome(server.ask("ice", {}));
    if (isOpen) opened[0].opens();
    mock.timers.tick(8_000);
    assert.deepEqual(opened[0].closed, [4001]);
    mock.timers.tick(300);
    await turn();
    assert.deepEqual([opened.length, asked.length], [1, 1]);
    opened[0].ends();
    mock.timers.tick(1_000);
    await turn();
    assert.deepEqual([opened.length, asked.length], [1, 1], "the late end of the first one changes nothing");
    server.end();
  }
});

test("where WebSockets are refused twice the same session is had by polling, and the carrier is known", async () => {
  const { server, ice } = await polling();
  assert.equal(server.carrier, "polling");
  assert.equal(opened.length, 2);
  assert.deepEqual(asked.map(({ method = "GET" }) => method), ["POST", "GET", "POST", "GET"]);
  assert.equal(asked[2].body, '{"n":2}\n{"t":"ice","id":1,"s":1,"a":0,"d":{}}');
  answers(asked[3], '{"n":2}\n{"t":"ice","re":1,"s":1,"a":1,"d":{"ice_servers":[]}}');
  await turn();
  assert.deepEqual(ice.value, { ice_servers: [] });
  server.end();
  assert.equal(asked.at(-1).body, '{"close":1000}', "hanging up is said");
});

test("while polling, WebSockets are tried after 30 s, 60 s and so on to 10 min; the session goes on by polling meanwhile", async () => {
  const { server } = await polling();
  for (const [seconds, sockets] of [[30, 3], [60, 4], [120, 5], [240, 6], [480, 7], [600, 8], [600, 9]]) {
    mock.timers.tick(seconds * 1000 - 1);
    assert.equal(opened.length, sockets - 1, `${seconds} s`);
    mock.timers.tick(1);
    assert.equal(opened.length, sockets, `${seconds} s`);
    opened.at(-1).ends();
    assert.equal(server.carrier, "polling");
    assert.ok(server.live);
  }
  assert.ok(!news.includes("back false"));
  server.end();
});

test("a WebSocket that opens and swallows frames does not get the session", async () => {
  const { server } = await polling();
  mock.timers.tick(30_000);
  opened[2].opens();
  assert.deepEqual(opened[2].sent, [{ t: "ping", s: 0, a: 0, d: {} }]);
  mock.timers.tick(8_000);
  assert.deepEqual([opened[2].closed, server.carrier, server.live], [[4001], "polling", true]);
  server.end();
});

test("a WebSocket that frames pass both ways gets the session, and nobody is told of an interruption", async () => {
  const { server } = await polling();
  news = [];
  mock.timers.tick(30_000);
  opened[2].opens();
  opened[2].hears({ t: "error", s: 0, a: 0, d: { code: "hello-first", text: "" } });
  assert.deepEqual(opened[2].sent[1].d.resume, { session: "AAAAAAAAAAAAAAAAAAAAAA", token: "t" });
  opened[2].hears({ t: "resumed", s: 0, a: 0, d: { token: "u" } });
  assert.deepEqual(opened[2].sent[2], { t: "ice", id: 1, s: 1, a: 0, d: {} }, "said by the poll, but not known to have arrived");
  await turn();
  assert.deepEqual([server.carrier, server.live, news], ["websocket", true, []]);
  assert.ok(asked.every(({ body }) => !body?.includes("close")), "the poll is dropped without a word, lest the seat be held");
  const before = asked.length;
  mock.timers.tick(600_000);
  assert.equal(asked.length, before);
  server.end();
});

test("a server that was met is tried for ever, at most 5 s apart, by both carriers in turns, and resumed", async () => {
  const server = new Server("http://127.0.0.1:8080", user);
  const ice = outcome(server.ask("ice", {}));
  opened[0].welcomes();
  opened[0].ends();
  for (let attempt = 1; attempt <= 12; attempt++) {
    mock.timers.tick(5_000);
    await turn();
    assert.equal(opened.length + asked.length, attempt + 1);
    if (attempt === 12) break;
    const last = opened.at(-1);
    if (last.readyState === 3) asked.at(-1).reject(new TypeError("fetch failed"));
    else last.ends();
    await turn();
  }
  assert.deepEqual(new Set(news), new Set(["away"]));
  const last = opened.at(-1);
  assert.equal(last.readyState, 0, "a WebSocket's turn");
  last.opens();
  assert.deepEqual(last.sent[0].d.resume, { session: "AAAAAAAAAAAAAAAAAAAAAA", token: "t" });
  last.hears({ t: "resumed", s: 0, a: 0, d: { token: "u" } });
  assert.equal(news.at(-1), "back false");
  assert.deepEqual(last.sent[1], { t: "ice", id: 1, s: 1, a: 0, d: {} }, "asked again, as the server had not heard it");
  const before = opened.length;
  last.ends();
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
