// A connection to the server where WebSockets do not get through (docs/protocol.md, "Polling"): frames go up by POST and
// come down by a GET that waits. To socket.js it looks like a WebSocket; what the frames say is session.js's business.
//
// Batches are numbered in both directions, so a request whose answer got lost is simply made again. The secret of the
// connection travels in a header: URLs are kept by proxies.

import { Unreadable, integer, maybe, object, text } from "./read.js";

/** A POST without an answer is given up after so long, and a GET, which the server answers within 25 s, ms. */
const POST_WITHIN_MS = 10_000;
const GET_WITHIN_MS = 35_000;
/** Pauses before a request is made again, ms; after the last the connection counts as broken. */
const PAUSES_MS = [300, 1000, 3000];
/** Answers that say nothing and come at once are no server's: do not ask faster than this, ms. */
const HASTE_MS = 250;
/** Of one batch: frames, and bytes beyond its first frame. */
const UP_FRAMES = 64;
const UP_BYTES = 32_768;

const count = integer(1, Number.MAX_SAFE_INTEGER);
const downHead = object({ n: count, close: maybe(integer(0, 65535)) });
const openedHead = object({ poll: text(128) });

/**
 * What is posted: frames under their number, or the end of the connection.
 * @param {{n: number, frames: readonly string[]} | {close: number}} batch @returns {string}
 */
export function formatUp(batch) {
  return "close" in batch ? JSON.stringify({ close: batch.close }) : [JSON.stringify({ n: batch.n }), ...batch.frames].join("\n");
}

/**
 * Reads what a GET brought. @param {string} body @returns {{n: number, close?: number | undefined, frames: string[]}}
 * @throws {Unreadable}
 */
export function parseDown(body) {
  const [head = "", ...frames] = body.split("\n");
  return { ...downHead(json(head)), frames };
}

/** Reads the answer to the first POST. @param {string} body @returns {string} the connection's secret @throws {Unreadable} */
export function parseOpened(body) {
  return openedHead(json(body)).poll;
}

/** @param {string} line @returns {unknown} */
function json(line) {
  try {
    return JSON.parse(line);
  } catch {
    throw new Unreadable();
  }
}

export class Poll {
  /** As of a WebSocket: 1 open, 3 closed. */
  readyState = 0;
  /** @type {(() => void) | null} */ onopen = null;
  /** @type {((event: {data: unknown}) => void) | null} */ onmessage = null;
  /** @type {(() => void) | null} */ onclose = null;
  /** @type {(() => void) | null} */ onerror = null;

  #url;
  #secret = "";
  #n = 0;
  #got = 0;
  /** @type {string[]} */ #queue = [];
  #isPosting = false;
  #stopped = new AbortController();

  /** @param {string} server its address, which ends with a slash: `https://example.org/parlour/` */
  constructor(server) {
    this.#url = new URL("poll", server).href;
    // The first frame opens it at the server; there is nothing to wait for before.
    queueMicrotask(() => {
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.onopen?.();
    });
  }

  /** @param {string} frame */
  send(frame) {
    if (this.readyState !== 1) return;
    this.#queue.push(frame);
    if (!this.#isPosting) void this.#post();
  }

  /** Ends it and tells the server. @param {number} [code] as for a WebSocket */
  close(code = 1000) {
    if (this.readyState === 3) return;
    this.drop();
    if (this.#secret === "") return;
    // Outlives the page that says it; nobody waits for the answer.
    const request = { ...common, method: "POST", headers: { "parlour-poll": this.#secret }, body: formatUp({ close: code }), keepalive: true };
    fetch(this.#url, request).catch(() => {});
  }

  /** Ends it without a word: the session goes on by another connection. */
  drop() {
    this.readyState = 3;
    this.#queue = [];
    this.#stopped.abort();
  }

  async #post() {
    this.#isPosting = true;
    while (this.readyState === 1 && this.#queue.length > 0) {
      const body = formatUp({ n: this.#n + 1, frames: this.#batch() });
      const isFirst = this.#secret === "";
      const headers = isFirst ? undefined : { "parlour-poll": this.#secret };
      // Without a number to know it by, the first would be another connection each time: whoever connects tries again.
      const answer = await this.#ask({ method: "POST", headers, body }, POST_WITHIN_MS, isFirst ? [] : PAUSES_MS);
      if (answer === null) break;
      this.#n += 1;
      if (!isFirst) continue;
      try {
        this.#secret = parseOpened(answer.body);
      } catch {
        this.#end();
        break;
      }
      void this.#listen();
    }
    this.#isPosting = false;
  }

  /** As many frames as fit. @returns {string[]} */
  #batch() {
    let [bytes, frames] = [0, 1];
    for (const frame of this.#queue.slice(1, UP_FRAMES)) {
      // A UTF-16 unit is at most three bytes of UTF-8.
      bytes += 3 * frame.length + 1;
      if (bytes > UP_BYTES || 3 * /** @type {string} */ (this.#queue[0]).length > UP_BYTES) break;
      frames += 1;
    }
    return this.#queue.splice(0, frames);
  }

  async #listen() {
    while (this.readyState === 1) {
      const asked = performance.now();
      const headers = { "parlour-poll": this.#secret, "parlour-got": String(this.#got) };
      const answer = await this.#ask({ headers }, GET_WITHIN_MS, PAUSES_MS);
      if (answer === null) return;
      if (answer.status === 204) {
        if (performance.now() - asked < HASTE_MS) await this.#pause(/** @type {number} */ (PAUSES_MS[1]));
      } else this.#take(answer.body);
    }
  }

  /** @param {string} body */
  #take(body) {
    /** @type {ReturnType<typeof parseDown>} */
    let batch;
    try {
      batch = parseDown(body);
    } catch {
      // A page of a proxy that wants a login, perhaps.
      this.#end();
      return;
    }
    // Another number is an answer that was on its way when its request was made again.
    if (batch.n !== this.#got + 1) return;
    this.#got = batch.n;
    for (const frame of batch.frames) if (this.readyState === 1) this.onmessage?.({ data: frame });
    if (batch.close !== undefined) this.#end();
  }

  /**
   * One request, made again after each of `pauses` while it comes to nothing.
   * @param {RequestInit} init @param {number} withinMs @param {readonly number[]} pauses
   * @returns {Promise<{status: number, body: string} | null>} null: the connection has ended
   */
  async #ask(init, withinMs, pauses) {
    for (const pause of [...pauses, null]) {
      const answer = await this.#once(init, withinMs);
      if (this.readyState !== 1) return null;
      if (answer && (answer.status === 200 || answer.status === 204)) return answer;
      // 5xx is a proxy's, and 409 says that the request before this one is still on its way; others are final.
      const mayPass = answer === null || answer.status >= 500 || answer.status === 409;
      if (pause === null || !mayPass) break;
      await this.#pause(pause);
      if (this.readyState !== 1) return null;
    }
    this.#end();
    return null;
  }

  /** @param {RequestInit} init @param {number} withinMs @returns {Promise<{status: number, body: string} | null>} null: no answer */
  async #once(init, withinMs) {
    const late = new AbortController();
    const stop = () => late.abort();
    const timer = setTimeout(stop, withinMs);
    this.#stopped.signal.addEventListener("abort", stop);
    try {
      const response = await fetch(this.#url, { ...common, ...init, signal: late.signal });
      return { status: response.status, body: await response.text() };
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
      this.#stopped.signal.removeEventListener("abort", stop);
    }
  }

  /** Waits, or until the end. @param {number} ms @returns {Promise<void>} */
  #pause(ms) {
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer);
        this.#stopped.signal.removeEventListener("abort", over);
        resolve();
      };
      const timer = setTimeout(over, ms);
      this.#stopped.signal.addEventListener("abort", over);
    });
  }

  #end() {
    if (this.readyState === 3) return;
    this.drop();
    this.onclose?.();
  }
}

/** Never from or into the cache, where two tabs that ask the same URL wait for each other. @type {RequestInit} */
const common = Object.freeze({ cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
