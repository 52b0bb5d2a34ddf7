/**
 * One page at the hostile server: its WebSocket or poll on one side, a session with the real server on the other.
 *
 * Both sides are numbered anew, so that frames can be dropped, doubled and made up without a gap that would give the
 * game away. A page that wants to resume is told that its session is gone, as after a restart. What happens to frames
 * is server.mjs's to say.
 */

import { Upstream } from "./upstream.mjs";

/** Acknowledge so long after a message of the page, ms. */
const ACK_MS = 300;

/** @typedef {import("./upstream.mjs").Frame} Frame */
/** The server's view as docs/protocol.md has it. @typedef {{n: number, seats: {pid: string, away?: boolean}[], porch: string[], states: {json: string, sig: string}[]}} View */

export class Carrier {
  /** Seat of the page, once it joined. */
  pid = "";
  /** Its core, base64url, as it gave it to join. */
  core = "";
  /** The room that it named there. */
  roomId = "";
  hostPk = "";
  /** What the real server last told it. @type {View | null} */
  view = null;
  /** @type {Upstream | null} */
  upstream = null;
  #said = 0;
  #heard = 0;
  #acknowledged = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {import("./server.mjs").Hostile} hostile @param {import("./websocket.mjs").Wire | import("./poll.mjs").PollWire} wire */
  constructor(hostile, wire) {
    this.hostile = hostile;
    this.wire = wire;
    wire.onText = (text) => void this.#fromPage(JSON.parse(text));
    wire.onClose = (code) => {
      clearTimeout(this.#timer);
      this.upstream?.close(code);
      hostile.gone(this);
    };
  }

  get live() {
    return this.wire.open;
  }

  /** To the real server, as if the page had said it. @param {Frame} frame */
  sayUp(frame) {
    this.upstream?.say(frame);
  }

  /** To the page, as if the real server had said it. @param {Frame & {s?: number}} frame */
  sayDown({ t, re, s, d }) {
    this.#acknowledged = this.#heard;
    const number = s === 0 ? 0 : ++this.#said;
    this.wire.send(JSON.stringify({ t, ...(re !== undefined && { re }), s: number, a: this.#heard, d }));
  }

  /** @param {Frame & {s: number}} frame */
  async #fromPage(frame) {
    switch (frame.t) {
      case "hello":
        await this.#greet(frame.d.resume !== undefined);
        break;
      case "ping":
        this.#acknowledged = this.#heard;
        this.wire.send(JSON.stringify({ t: "pong", s: 0, a: this.#heard, d: {} }));
        break;
      case "ack":
        break;
      default:
        if (frame.s <= this.#heard) return;
        this.#heard = frame.s;
        this.#timer ??= setTimeout(() => this.#acknowledge(), ACK_MS);
        this.hostile.fromPage(this, { t: frame.t, ...(frame.id !== undefined && { id: frame.id }), d: frame.d });
    }
  }

  /** @param {boolean} isResuming */
  async #greet(isResuming) {
    let opened;
    try {
      opened = await this.hostile.openUpstream();
    } catch {
      this.wire.close(1013);
      return;
    }
    const { session, welcome } = opened;
    this.upstream = session;
    session.onFrame = (frame) => this.hostile.fromServer(this, frame);
    session.onClose = (code) => this.wire.close(code);
    if (!this.live) session.close(1006);
    const t = welcome.t === "welcome" && isResuming ? "gone" : welcome.t;
    this.wire.send(JSON.stringify({ t, s: 0, a: 0, d: welcome.d }));
  }

  #acknowledge() {
    this.#timer = undefined;
    if (this.#acknowledged === this.#heard) return;
    this.#acknowledged = this.#heard;
    this.wire.send(JSON.stringify({ t: "ack", s: 0, a: this.#heard, d: {} }));
  }
}
