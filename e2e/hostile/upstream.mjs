/**
 * A session of our own with the real server (docs/protocol.md, "Envelope"): numbers and acknowledges, asks and hears.
 *
 * Each page that comes to the hostile server has one behind it; tests that play a host have one without a page.
 * It does not resume: a session that broke is over.
 */

import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { Wire } from "./websocket.mjs";

/** Acknowledge so long after a message, ms; the server wants it within a second. */
const ACK_MS = 300;

/** @typedef {{t: string, id?: number, re?: number, d: any}} Frame a message without its numbers */

export class Upstream {
  /** @type {(frame: Frame & {s: number}) => void} everything but welcome, pong and ack, and answers to `ask` */
  onFrame = () => {};
  /** @type {(code: number) => void} */
  onClose = () => {};
  #said = 0;
  #heard = 0;
  #acknowledged = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #nextId = 4_000_000_000;
  /** @type {Map<number, (frame: Frame) => void>} */
  #asked = new Map();
  /** @type {(frame: Frame) => void} */
  #onWelcome = () => {};

  /** @param {Wire} wire */
  constructor(wire) {
    this.wire = wire;
    wire.onText = (text) => this.#take(JSON.parse(text));
    wire.onClose = (code) => {
      clearTimeout(this.#timer);
      this.onClose(code);
    };
  }

  /**
   * Connects and says hello.
   * @param {string} socketPath where the real server is reached @param {string} host and as whom it knows itself
   * @returns {Promise<{session: Upstream, welcome: Frame}>} `welcome`, or the error in its place
   */
  static open(socketPath, host) {
    return new Promise((resolve, reject) => {
      const asking = request({
        socketPath,
        path: "/ws",
        headers: {
          host,
          origin: `http://${host}`,
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-key": randomBytes(16).toString("base64"),
          "sec-websocket-version": "13",
          "sec-websocket-protocol": "parlour.v1",
        },
      });
      asking.on("error", reject);
      asking.on("response", (response) => reject(new Error(`the server refused a WebSocket: ${response.statusCode}`)));
      asking.on("upgrade", (_response, stream, head) => {
        const session = new Upstream(new Wire(stream, true, head));
        session.#onWelcome = (welcome) => resolve({ session, welcome });
        session.wire.send(JSON.stringify({ t: "hello", s: 0, a: 0, d: { v: [1] } }));
      });
      asking.end();
    });
  }

  /** @param {Frame} frame */
  say({ t, id, d }) {
    this.#acknowledged = this.#heard;
    this.wire.send(JSON.stringify({ t, ...(id !== undefined && { id }), s: ++this.#said, a: this.#heard, d }));
  }

  /**
   * Asks something and waits for its answer.
   * @param {string} t @param {Record<string, unknown>} d
   * @returns {Promise<any>} the answer's body
   */
  ask(t, d) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${t}`)), 10_000);
      this.#asked.set(id, (frame) => {
        clearTimeout(timer);
        if (frame.t === "error") reject(new Error(`${t}: ${frame.d.code}`));
        else resolve(frame.d);
      });
      this.say({ t, id, d });
    });
  }

  /** @param {number} code */
  close(code) {
    this.wire.close(code);
  }

  /** @param {Frame & {s: number}} frame */
  #take(frame) {
    if (frame.t === "welcome" || (frame.t === "error" && this.#heard === 0 && frame.s === 0)) {
      this.#onWelcome(frame);
      this.#onWelcome = () => {};
      return;
    }
    if (frame.t === "pong" || frame.t === "ack") return;
    if (frame.s > 0) {
      this.#heard = frame.s;
      this.#timer ??= setTimeout(() => this.#acknowledge(), ACK_MS);
    }
    const waiting = frame.re === undefined ? undefined : this.#asked.get(frame.re);
    if (waiting && frame.re !== undefined) {
      this.#asked.delete(frame.re);
      waiting(frame);
    } else this.onFrame(frame);
  }

  #acknowledge() {
    this.#timer = undefined;
    if (this.#acknowledged === this.#heard) return;
    this.#acknowledged = this.#heard;
    this.wire.send(JSON.stringify({ t: "ack", s: 0, a: this.#heard, d: {} }));
  }
}
