// The two ways from a page to the server of fakes/server.js, a WebSocket and polling; each takes its turn, or simulated time.

import { randomBytes } from "node:crypto";

/** A `fetch` that leads to a server: polling as in docs/protocol.md, for requests to /poll, and what is kept, for /blob. @param {import("./server.js").FakeServer} server */
export function fetchTo(server) {
  /** @type {Map<string, FakePoll>} */ const polls = new Map();
  const answer = (status, body = "") => ({ status, text: async () => body });
  return async (url, { method = "GET", headers = {}, body = "", signal = undefined } = {}) => {
    const page = server.world?.whose.getStore();
    await new Promise((resolve) => server.later(() => resolve(undefined)));
    const [, blob] = /\/blob\/([\w-]*)$/.exec(String(url)) ?? [];
    if (blob !== undefined && !server.isAway && !server.cutOff.has(page?.name)) return server.blob(blob, method, headers["parlour-blobs"], body);
    if (!String(url).endsWith("/poll") || signal?.aborted || server.isAway || server.cutOff.has(page?.name)) throw new TypeError("fetch failed");
    const secret = headers["parlour-poll"];
    let poll = polls.get(secret);
    if (secret !== undefined && (!poll || poll.readyState === 3)) return answer(410);
    if (method === "GET") return answer(200, await /** @type {FakePoll} */ (poll).wait(Number(headers["parlour-got"]), signal));
    const [head, ...frames] = body.split("\n");
    const { n, close } = JSON.parse(head);
    if (close !== undefined) {
      /** @type {FakePoll} */ (poll).end(close);
      return answer(204);
    }
    if (!poll) {
      poll = new FakePoll(server, page);
      const name = randomBytes(32).toString("base64url");
      polls.set(name, poll);
      server.sockets.add(poll);
      for (const frame of frames) server.hear(poll, frame);
      return answer(200, JSON.stringify({ poll: name }));
    }
    if (n > poll.heard) for (const frame of frames) server.hear(poll, frame);
    poll.heard = Math.max(poll.heard, n);
    return answer(204);
  };
}

/** A WebSocket class whose every instance leads to a server. @param {import("./server.js").FakeServer} server */
export function webSocketTo(server) {
  return class FakeSocket {
    static OPEN = 1;
    readyState = 0;
    session = null;
    onopen = null;
    onmessage = null;
    onclose = null;
    constructor(url, protocol) {
      this.url = url;
      this.protocol = protocol;
      this.page = server.world?.whose.getStore();
      this.inPage = server.world?.bind() ?? ((task) => task());
      server.sockets.add(this);
      server.later(() => {
        if (server.isAway || server.blocksWebSockets || server.cutOff.has(this.page?.name)) return this.end(1006);
        if (this.readyState !== 0) return;
        this.readyState = 1;
        this.inPage(() => this.onopen?.());
      });
    }
    send(line) {
      if (this.readyState === 1) server.later(() => this.readyState === 1 && server.hear(this, line));
    }
    deliver(message) {
      const line = JSON.stringify(message);
      server.later(() => this.readyState === 1 && this.inPage(() => this.onmessage?.({ data: line })));
    }
    close(code = 1005) {
      if (this.readyState < 2) server.later(() => this.end(code));
    }
    end(code) {
      if (this.readyState === 3) return;
      this.readyState = 3;
      server.hungUp(this, code);
      this.inPage(() => this.onclose?.());
    }
  };
}

/** One who polls. */
class FakePoll {
  readyState = 1;
  session = null;
  heard = 1;
  said = 0;
  kept = "";
  /** @type {string[]} */ lines = [];
  /** @type {{resolve(body: string): void, reject(error: Error): void} | null} */ waiting = null;
  constructor(server, page) {
    this.server = server;
    this.page = page;
  }
  deliver(message) {
    this.lines.push(JSON.stringify(message));
    this.server.later(() => this.flush());
  }
  wait(got, signal) {
    if (got === this.said) this.kept = "";
    if (this.kept !== "") return Promise.resolve(this.kept);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      signal?.addEventListener("abort", () => reject(new TypeError("aborted")));
      this.flush();
    });
  }
  flush() {
    if (!this.waiting || this.lines.length === 0) return;
    this.kept = [JSON.stringify({ n: ++this.said }), ...this.lines.splice(0)].join("\n");
    this.waiting.resolve(this.kept);
    this.waiting = null;
  }
  end(code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.server.hungUp(this, code);
    this.waiting?.reject(new TypeError("cut"));
  }
}
