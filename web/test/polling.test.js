// Polling against a network that loses, doubles and reorders: what a page says arrives once and in order, and so does what
// it hears. The server is a model of docs/protocol.md, "Polling"; the real one is met by crates/client and e2e.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { readFileSync } from "node:fs";
import { Poll, formatUp, parseDown, parseOpened } from "../sdk/polling.js";
import { Unreadable } from "../sdk/read.js";

/** A server with one connection, and a way to it that fails as told. */
class Model {
  /** Frames that arrived. @type {string[]} */ heard = [];
  /** @type {string[]} */ waiting = [];
  n = 0;
  said = 0;
  kept = "";
  /** What becomes of the next requests: "ok", "lost" before the server, "late" after it. @type {string[]} */ fates = [];
  /** What becomes of those for which no fate is set. @type {(method: string) => string} */ chance = () => "ok";
  requests = [];
  /** @type {{resolve(answer: any): void} | null} */ get = null;
  /** @type {number | undefined} */ closed;

  fetch = async (url, init) => {
    const { method = "GET", headers = {}, body = "", signal } = init;
    this.requests.push({ url, ...init });
    const fate = this.fates.shift() ?? this.chance(method);
    if (fate === "lost") throw new TypeError("fetch failed");
    if (/^\d+$/.test(fate)) return { status: Number(fate), text: async () => "" };
    const answer = method === "GET" ? await this.#down(Number(headers["parlour-got"]), signal) : this.#up(headers["parlour-poll"], body);
    if (fate === "late") throw new TypeError("fetch failed");
    return answer;
  };

  says(...frames) {
    this.waiting.push(...frames);
    this.#flush();
  }

  #up(secret, body) {
    const [head, ...frames] = body.split("\n");
    const { n, close } = JSON.parse(head);
    if (close !== undefined) this.closed = close;
    else if (n === this.n + 1) {
      this.n = n;
      this.heard.push(...frames);
    } else if (n > this.n) return { status: 409, text: async () => "" };
    return secret === undefined ? { status: 200, text: async () => '{"poll":"s"}' } : { status: 204, text: async () => "" };
  }

  #down(got, signal) {
    if (got === this.said) this.kept = "";
    else assert.equal(got, this.said - 1, "the page says what it has");
    return new Promise((resolve, reject) => {
      this.get = { resolve };
      signal.addEventListener("abort", () => reject(new TypeError("aborted")));
      this.#flush();
    });
  }

  #flush() {
    if (!this.get || (this.kept === "" && this.waiting.length === 0)) return;
    if (this.kept === "") this.kept = [JSON.stringify({ n: ++this.said }), ...this.waiting.splice(0, 3)].join("\n");
    const { kept, get } = this;
    this.get = null;
    get.resolve({ status: 200, text: async () => kept });
  }
}

const turn = async () => { for (let i = 0; i < 40; i++) await Promise.resolve(); };
/** Time passes, a little at once. */
const pass = async (ms) => {
  for (let at = 0; at < ms; at += 100) {
    mock.timers.tick(100);
    await turn();
  }
};

/** @type {Model} */ let model;
beforeEach(() => {
  model = new Model();
  Object.assign(globalThis, { fetch: model.fetch });
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

async function opened() {
  const poll = new Poll("https://meet.example.org");
  const heard = [];
  const events = [];
  poll.onopen = () => events.push("open");
  poll.onclose = () => events.push("close");
  poll.onmessage = ({ data }) => heard.push(data);
  await turn();
  poll.send("hello");
  await turn();
  return { poll, heard, events };
}

test("the first frame opens it; the secret is in a header and nothing is cached, sent along or followed", async () => {
  const { poll, events } = await opened();
  assert.deepEqual(events, ["open"]);
  assert.deepEqual(model.heard, ["hello"]);
  for (const { url, cache, credentials, redirect, referrerPolicy } of model.requests) {
    assert.deepEqual([url, cache, credentials, redirect, referrerPolicy], ["https://meet.example.org/poll", "no-store", "omit", "error", "no-referrer"]);
  }
  assert.deepEqual(model.requests.map(({ headers }) => headers), [undefined, { "parlour-poll": "s", "parlour-got": "0" }]);
  poll.drop();
});

test("what is said while a POST is under way goes together in the next one, 64 frames at most", async () => {
  const { poll } = await opened();
  const frames = Array.from({ length: 70 }, (_, i) => `frame ${i}`);
  for (const frame of frames) poll.send(frame);
  await turn();
  assert.deepEqual(model.heard, ["hello", ...frames]);
  const posts = model.requests.filter(({ method }) => method === "POST").map(({ body }) => body.split("\n").length - 1);
  assert.deepEqual(posts, [1, 1, 64, 5]);
  poll.drop();
});

test("no batch is longer than the server takes, whatever the letters", async () => {
  const { poll } = await opened();
  const frames = ["é".repeat(20_000), "x".repeat(60_000), "漢".repeat(8_000), "x".repeat(10_000), "a"];
  for (const frame of frames) poll.send(frame);
  await turn();
  assert.deepEqual(model.heard, ["hello", ...frames]);
  for (const { body } of model.requests) assert.ok(Buffer.byteLength(body ?? "") <= 66_560);
  poll.drop();
});

for (const fate of ["lost", "late", "502"]) {
  test(`requests that come to nothing (${fate}) are made again, and nothing is lost or doubled`, async () => {
    const { poll, heard, events } = await opened();
    for (let round = 0; round < 5; round++) {
      model.fates = [fate, "ok", fate, fate];
      poll.send(`up ${round}`);
      model.says(`down ${round}`, `down again ${round}`);
      await pass(6_000);
    }
    assert.deepEqual(model.heard, ["hello", "up 0", "up 1", "up 2", "up 3", "up 4"]);
    assert.deepEqual(heard, [0, 1, 2, 3, 4].flatMap((n) => [`down ${n}`, `down again ${n}`]));
    assert.deepEqual(events, ["open"]);
    poll.drop();
  });
}

test("a network that loses by chance loses and doubles nothing", async () => {
  for (let seed = 1; seed <= 25; seed++) {
    model = new Model();
    Object.assign(globalThis, { fetch: model.fetch });
    let state = seed * 2654435761;
    const coin = (n) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % n;
    const { poll, heard, events } = await opened();
    const [up, down] = [["hello"], []];
    // Three failures in a row are survived, so no direction has more.
    const inRow = { GET: 0, POST: 0 };
    model.chance = (method) => {
      const fate = inRow[method] === 3 ? "ok" : ["ok", "lost", "late", "503"][coin(4)];
      inRow[method] = fate === "ok" ? 0 : inRow[method] + 1;
      return fate;
    };
    for (let step = 0; step < 30; step++) {
      if (coin(2)) poll.send(up[up.push(`up ${step}`) - 1]);
      else model.says(down[down.push(`down ${step}`) - 1]);
      await pass(coin(3) * 400);
    }
    model.chance = () => "ok";
    await pass(10_000);
    assert.deepEqual([model.heard, heard, events], [up, down, ["open"]], `seed ${seed}`);
    poll.drop();
  }
});

for (const [what, fates] of /** @type {const} */ ([["nothing gets through", ["lost", "lost", "lost", "lost", "lost"]], ["the server does not know it", ["410"]], ["a proxy wants a login", ["302"]]])) {
  test(`it ends when ${what}`, async () => {
    const { events, poll } = await opened();
    model.fates = [...fates];
    poll.send("up");
    await pass(6_000);
    assert.deepEqual([events, poll.readyState], [["open", "close"], 3]);
    const before = model.requests.length;
    await pass(60_000);
    assert.equal(model.requests.length, before, "and asks nothing more");
  });
}

test("the first request is not made again here: who connects does that, and knows whether to", async () => {
  model.fates = ["lost"];
  const { events } = await opened();
  assert.deepEqual([events, model.requests.length], [["open", "close"], 1]);
});

test("an answer that comes twice, and one that is no batch", async () => {
  const { poll, heard, events } = await opened();
  model.get?.resolve({ status: 200, text: async () => '{"n":7}\nfrom another request' });
  await turn();
  assert.deepEqual(heard, []);
  model.get?.resolve({ status: 200, text: async () => "<html>Please log in</html>" });
  await turn();
  assert.deepEqual([events, poll.readyState], [["open", "close"], 3]);
});

test("the server closes after its last frames; closing is said with its code, dropping is not said", async () => {
  const first = await opened();
  model.get?.resolve({ status: 200, text: async () => '{"n":1,"close":1001}\nbye' });
  await turn();
  assert.deepEqual([first.heard, first.events], [["bye"], ["open", "close"]]);
  const second = await opened();
  second.poll.close(4900);
  await turn();
  assert.equal(model.closed, 4900);
  assert.equal(model.requests.at(-1).keepalive, true, "it outlives the page");
  model.closed = undefined;
  const third = await opened();
  third.poll.drop();
  await turn();
  assert.equal(model.closed, undefined);
});

test("a proxy that answers every GET at once and empty is not asked without a pause", async () => {
  const { poll } = await opened();
  Object.assign(globalThis, { fetch: async (url, init) => (model.requests.push(init), { status: 204, text: async () => "" }) });
  model.get?.resolve({ status: 204, text: async () => "" });
  await pass(10_000);
  assert.ok(model.requests.length < 15, `${model.requests.length} requests in ten seconds`);
  poll.drop();
});

const page = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");
const blocks = (kind) => [...page.matchAll(new RegExp(`^\`\`\`json ${kind}\\n(.*?)\\n\`\`\`$`, "gms"))].map(([, text]) => /** @type {string} */ (text));

test("the examples of docs/protocol.md are what is written and read here", () => {
  assert.deepEqual(blocks("up").length, 3);
  for (const text of blocks("up")) {
    const [head = "", ...frames] = text.split("\n");
    assert.equal(formatUp({ ...JSON.parse(head), ...(frames.length > 0 && { frames }) }), text);
  }
  assert.equal(parseOpened(blocks("opened")[0] ?? "").length, 43);
  assert.deepEqual(blocks("down").map((text) => parseDown(text)).map(({ n, close, frames }) => [n, close, frames.length]), [[1, undefined, 1], [5, 1001, 1]]);
  for (const text of ["", "[]", "{}", '{"n":0}', '{"n":1,"close":70000}', '{"n":"1"}']) assert.throws(() => parseDown(text), Unreadable);
});
