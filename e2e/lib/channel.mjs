/**
 * Numbered requests with answers over a pair of text streams: what CDP and BiDi have in common.
 *
 * Not here: the framing (NUL bytes for CDP, lines from the carrier for BiDi) and what the messages mean.
 */

import { bound } from "./patience.mjs";

/**
 * @typedef {Record<string, any>} Message
 * @typedef {{ session: string | undefined, resolve: (result: Message) => void, reject: (error: Error) => void, timer: NodeJS.Timeout }} Waiting
 */

export class Channel {
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  #next = 1;
  #closed = "";
  /** @type {(message: Message) => void} gets what is not an answer */
  onEvent = () => {};

  /**
   * @param {import("node:stream").Writable} output
   * @param {import("node:stream").Readable} input
   * @param {string} separator ends each message on both streams
   */
  constructor(output, input, separator) {
    this.output = output;
    this.separator = separator;
    output.on("error", () => {}); // the input's end tells
    let rest = "";
    input.setEncoding("utf8");
    input.on("data", (/** @type {string} */ text) => {
      const messages = (rest + text).split(separator);
      rest = messages.pop() ?? "";
      for (const message of messages) if (message) this.#handle(JSON.parse(message));
    });
    input.on("error", () => this.#end("the browser's control channel broke"));
    input.on("end", () => this.#end("the browser closed its control channel"));
  }

  /**
   * @param {string} method
   * @param {Message} [params]
   * @param {Message} [more] further fields of the envelope
   * @param {number} [timeout] milliseconds
   * @returns {Promise<Message>}
   */
  send(method, params = {}, more = {}, timeout = bound(20_000)) {
    if (this.#closed) return Promise.reject(new Error(`${method}: ${this.#closed}`));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${method}: no answer within ${timeout} ms`));
      }, timeout);
      this.#waiting.set(id, { session: more["sessionId"], resolve, reject: (error) => reject(new Error(`${method}: ${error.message}`)), timer });
      this.output.write(JSON.stringify({ id, method, params, ...more }) + this.separator);
    });
  }

  /** @param {Message} message */
  #handle(message) {
    const waiting = typeof message.id === "number" ? this.#waiting.get(message.id) : undefined;
    if (!waiting) {
      // Chromium leaves unanswered what a tab was asked that closed meanwhile.
      if (message.method === "Target.detachedFromTarget") this.#fail("it has closed", ({ session }) => session === message["params"].sessionId);
      if (message.method) this.onEvent(message);
      return;
    }
    this.#waiting.delete(message.id);
    clearTimeout(waiting.timer);
    // CDP: error is an object; BiDi: error is a word, and message says more.
    if (message.error) waiting.reject(new Error(message.message ?? message.error.message ?? String(message.error)));
    else waiting.resolve(message.result ?? {});
  }

  /** @param {string} why */
  #end(why) {
    this.#closed = why;
    this.#fail(why, () => true);
  }

  /** @param {string} why @param {(waiting: Waiting) => boolean} which */
  #fail(why, which) {
    for (const [id, waiting] of this.#waiting) {
      if (!which(waiting)) continue;
      this.#waiting.delete(id);
      clearTimeout(waiting.timer);
      waiting.reject(new Error(why));
    }
  }
}
