/**
 * Pages without a WebSocket at the hostile server (docs/protocol.md, "Polling"): `PollWire` is to a carrier what `Wire` is.
 * `PARLOUR_TEST_CARRIER=polling` sends everybody this way.
 *
 * Honest about the carrier: batches are numbered and kept as the document says, and what happens to frames is
 * server.mjs's to say.
 */

import { randomBytes } from "node:crypto";
import process from "node:process";

/** Whether this hostile server takes no WebSocket. */
export const POLLING = process.env["PARLOUR_TEST_CARRIER"] === "polling";
/** Without a GET for so long the page is gone, ms (docs/protocol.md). */
const ABSENT_MS = 15_000;
/** A GET for which there is nothing to say is answered after so long, ms. */
const WAIT_MS = 20_000;
/** What is said in one go arrives in one go, ms. */
const GATHER_MS = 5;

/** @typedef {(status: number, body?: string) => void} Answer */

export class PollWire {
  /** @type {(text: string) => void} */
  onText = () => {};
  /** @type {(code: number) => void} once; 1006 when the page was not heard of any more */
  onClose = () => {};
  /** Number of the last batch from the page. */
  #heard = 0;
  /** Number of the last batch to the page, and that batch until the page has it. */
  #said = 0;
  #kept = "";
  /** @type {string[]} */
  #frames = [];
  /** @type {number | undefined} */
  #code;
  /** @type {Answer | null} */
  #get = null;
  #ended = false;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  get open() {
    return !this.#ended && this.#code === undefined;
  }

  /** @param {string} text */
  send(text) {
    if (!this.open) return;
    this.#frames.push(text);
    setTimeout(() => this.#flush(), GATHER_MS);
  }

  /** Ends it with this code; with 1005 or 1006 without a word. @param {number} code */
  close(code) {
    if (!this.open) return;
    if (code === 1005 || code === 1006) return this.end(1006);
    this.#code = code;
    this.#flush();
  }

  /** A batch from the page; one that came before counts once. @param {number} n @param {string[]} frames @returns {boolean} */
  up(n, frames) {
    if (n > this.#heard + 1) return false;
    if (n === this.#heard + 1) {
      this.#heard = n;
      for (const frame of frames) this.onText(frame);
    }
    return true;
  }

  /** A GET of the page, which has everything up to `got`. @param {number} got @param {Answer} answer */
  down(got, answer) {
    if (got > this.#said || got + (this.#kept === "" ? 0 : 1) < this.#said) return answer(409);
    this.#get?.(409);
    if (got === this.#said) this.#kept = "";
    this.#get = answer;
    this.#wait(WAIT_MS, () => this.#reply(204));
    this.#flush();
  }

  /** The page's request broke before it was answered. @param {Answer} answer */
  gone(answer) {
    if (this.#get !== answer) return;
    this.#get = null;
    this.#wait(ABSENT_MS, () => this.end(1006));
  }

  /** @param {number} code */
  end(code) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#get?.(410);
    this.#get = null;
    this.onClose(code);
  }

  get ended() {
    return this.#ended;
  }

  #flush() {
    if (!this.#get || this.#ended) return;
    if (this.#kept === "" && (this.#frames.length > 0 || this.#code !== undefined)) {
      const head = { n: ++this.#said, ...(this.#code !== undefined && { close: this.#code }) };
      this.#kept = [JSON.stringify(head), ...this.#frames.splice(0)].join("\n");
    }
    if (this.#kept === "") return;
    this.#reply(200, this.#kept);
    if (this.#code !== undefined) this.end(1006);
  }

  /** @param {number} status @param {string} [body] */
  #reply(status, body) {
    const answer = this.#get;
    this.#get = null;
    answer?.(status, body);
    this.#wait(ABSENT_MS, () => this.end(1006));
  }

  /** @param {number} ms @param {() => void} then */
  #wait(ms, then) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
    this.#timer.unref();
  }
}

/** Everybody who polls, by their secret. */
export class Polls {
  /** @type {Map<string, PollWire>} */
  #open = new Map();

  /** @param {(wire: PollWire) => void} onOpen who is new */
  constructor(onOpen) {
    this.onOpen = onOpen;
  }

  /** @param {import("node:http").IncomingMessage} incoming @param {import("node:http").ServerResponse} outgoing */
  async serve(incoming, outgoing) {
    /** @type {Answer} */
    const answer = (status, body = "") => {
      outgoing.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
      outgoing.end(body);
    };
    const secret = incoming.headers["parlour-poll"];
    const wire = typeof secret === "string" ? this.#open.get(secret) : undefined;
    if (secret !== undefined && (!wire || wire.ended)) return answer(410);
    if (incoming.method === "GET") {
      if (!wire) return answer(400);
      outgoing.on("close", () => wire.gone(answer));
      return wire.down(Number(incoming.headers["parlour-got"]), answer);
    }
    incoming.setEncoding("utf8");
    let body = "";
    for await (const part of incoming) body += part;
    const [head = "", ...frames] = body.split("\n");
    const { n, close } = JSON.parse(head);
    if (wire) {
      if (close === undefined) return answer(wire.up(n, frames) ? 204 : 409);
      wire.end(close);
      return answer(204);
    }
    const name = randomBytes(32).toString("base64url");
    const fresh = new PollWire();
    this.#open.set(name, fresh);
    this.onOpen(fresh);
    fresh.up(n, frames);
    answer(200, JSON.stringify({ poll: name }));
  }
}
