/**
 * The hostile server: what a page takes for Parlour's server, in the hands of a test.
 *
 * It has everything that the operator of a server has: the page's origin, every frame in both directions, the list of
 * who is in, the states and boxes it stores, and the help of people who hold the link (`member.mjs`). It has no key.
 * Behind it stands the real binary, to which it passes on whatever the test does not bend:
 *
 * - `up`, `down`: each frame of a page, each frame for a page; what they return goes on, in that order
 * - `wire`: each signal between two pages, as {from, to, body}; null leaves them to the real server
 * - `lie`: each view, as one page is about to get it
 * - `signal`, `tell`, `retell`: what is made up
 *
 * `/blank` is an empty page of this origin with the real headers; `/as/NAME/…` serves the same files under other
 * addresses, so that one tab can hold several people with modules of their own. `PARLOUR_WEB` serves the page from a
 * directory instead of the binary (to try what the tests say of a page without one of its defences).
 */

import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { onExit, temporaryDirectory } from "../lib/process.mjs";
import { Carrier } from "./carrier.mjs";
import { POLLING, Polls } from "./poll.mjs";
import { Upstream } from "./upstream.mjs";
import { acceptKey, Wire } from "./websocket.mjs";

const PAGE_PORT = 8080;
const SERVER_PORT = 8081;
const SERVER_HOST = `127.0.0.1:${SERVER_PORT}`;

/** @typedef {import("./upstream.mjs").Frame} Frame */
/** @typedef {import("./carrier.mjs").View} View */
/** @typedef {{from: string, to: string, body: string}} Signal */
/**
 * Somebody in the room without a WebSocket. `place`: listed before or behind the pages; `seenBy`: which pages are told.
 * @typedef {{pid: string, place: "first" | "last", seenBy: (pid: string) => boolean, handleSignal(from: string, body: string): void,
 *   handleView(view: {seats: {pid: string}[], porch: string[]}): void}} Guest
 */

export class Hostile {
  origin = `http://127.0.0.1:${PAGE_PORT}`;
  #polls = new Polls((wire) => this.pages.push(new Carrier(this, wire)));
  /** @type {Carrier[]} pages with a live connection, oldest first */
  pages = [];
  /** @type {Map<string, Guest>} */
  guests = new Map();
  /** host_pk of the room in which they are: pages of an earlier test's may linger. */
  hostPk = "";
  /** Every signal that was said by anybody, bent or not. @type {Signal[]} */
  capture = [];
  /** Every frame that a page said, for whoever looks for secrets in them. @type {Frame[]} */
  heard = [];
  /** @type {(frame: Frame, page: Carrier) => Frame[]} */
  up = (frame) => [frame];
  /** @type {(frame: Frame, page: Carrier) => Frame[]} */
  down = (frame) => [frame];
  /** @type {((signal: Signal) => Signal[]) | null} */
  wire = null;
  /** @type {(view: View, page: Carrier) => View} */
  lie = (view) => view;
  #socketIn;
  #socketOut;
  /** @type {Record<string, string>} */
  #headers = {};

  /** @param {import("../lib/stage.mjs").Stage} stage @param {string} directory for its sockets */
  constructor(stage, directory) {
    this.stage = stage;
    this.#socketIn = join(directory, "pages");
    this.#socketOut = join(directory, "server");
  }

  /**
   * Starts the real server and this one before it.
   * @param {import("../lib/stage.mjs").Stage} stage
   */
  static async start(stage) {
    const hostile = new Hostile(stage, temporaryDirectory("hostile").path);
    await stage.serve([], { listen: SERVER_HOST });
    const http = createServer((incoming, outgoing) => hostile.#serve(incoming, outgoing));
    http.on("upgrade", (incoming, stream, head) => hostile.#upgrade(incoming, stream, head));
    await new Promise((resolve) => http.listen(hostile.#socketIn, () => resolve(undefined)));
    onExit(() => http.close());
    http.unref();
    const here = fileURLToPath(new URL("bridge.mjs", import.meta.url));
    const bridge = stage.namespace.start([process.execPath, here, `${PAGE_PORT}`, hostile.#socketIn, hostile.#socketOut, `${SERVER_PORT}`]);
    await bridge.line(/bridge ready/, 10_000, "the bridge did not start");
    hostile.bridge = bridge;
    hostile.#headers = await hostile.#headersOfPage();
    return hostile;
  }

  /** @type {import("../lib/process.mjs").Child | undefined} */
  bridge;

  /** Ends what the stage does not know of. */
  async stop() {
    for (const page of this.pages) page.wire.close(1006);
    await this.bridge?.kill();
  }

  /** Bends nothing any more; guests and lies are gone. */
  honest() {
    this.up = this.down = (frame) => [frame];
    this.wire = null;
    this.lie = (view) => view;
    this.capture = [];
    this.guests.clear();
    this.retell();
  }

  openUpstream() {
    return Upstream.open(this.#socketOut, SERVER_HOST);
  }

  /** @param {string} pid */
  pageOf(pid) {
    return this.pages.findLast((page) => page.pid === pid);
  }

  /** Says something to a page that nobody said. @param {string} pid @param {Frame} frame */
  tell(pid, frame) {
    this.pageOf(pid)?.sayDown(frame);
  }

  /** Delivers a signal, made up or held back, to a page or guest. @param {Signal} signal */
  signal({ from, to, body }) {
    const guest = this.guests.get(to);
    if (guest) guest.handleSignal(from, body);
    else this.tell(to, { t: "signal", d: { from, body } });
  }

  /** A guest, or somebody in the test, says something to somebody. @param {Signal} signal */
  say(signal) {
    this.capture.push(signal);
    for (const bent of this.wire ? this.wire(signal) : [signal]) this.signal(bent);
  }

  /** Tells everybody who is in, as the lies now are. */
  retell() {
    for (const page of this.pages) if (page.view) page.sayDown({ t: "view", d: this.viewFor(page) });
    for (const guest of this.guests.values()) guest.handleView({ seats: this.#seatsFor(guest.pid, this.#latest()?.seats ?? []), porch: [] });
  }

  /** @param {Carrier} page @returns {View} */
  viewFor(page) {
    const view = page.view ?? { n: 0, seats: [], porch: [], states: [] };
    return this.lie({ ...view, seats: this.#seatsFor(page.pid, view.seats) }, page);
  }

  /** @param {Carrier} page @param {Frame} frame */
  fromPage(page, frame) {
    this.heard.push(frame);
    if (frame.t === "join") [page.core, page.roomId, page.hostPk] = [frame.d.core, frame.d.room_id, frame.d.host_pk];
    for (const said of this.up(frame, page)) {
      if (said.t !== "signal") {
        page.sayUp(said);
        continue;
      }
      const signal = { from: page.pid, to: said.d.to, body: said.d.body };
      this.capture.push(signal);
      if (this.wire) for (const bent of this.wire(signal)) this.signal(bent);
      else if (this.guests.has(signal.to)) this.signal(signal);
      else page.sayUp(said);
    }
  }

  /** @param {Carrier} page @param {Frame & {s: number}} frame */
  fromServer(page, frame) {
    if (frame.t === "joined") {
      page.pid = frame.d.pid;
      page.view = frame.d.view;
    } else if (frame.t === "view") page.view = frame.d;
    const isNews = frame.t === "joined" || frame.t === "view";
    const told = !isNews ? frame : frame.t === "view" ? { ...frame, d: this.viewFor(page) } : { ...frame, d: { ...frame.d, view: this.viewFor(page) } };
    for (const said of this.down(told, page)) page.sayDown(said);
    if (isNews) for (const guest of this.guests.values()) guest.handleView({ seats: this.#seatsFor(guest.pid, this.#latest()?.seats ?? []), porch: [] });
  }

  /** @param {Carrier} page */
  gone(page) {
    this.pages = this.pages.filter((other) => other !== page);
  }

  /** The newest list of the real server, of the room in which guests are. */
  #latest() {
    return this.pages.filter(({ hostPk }) => this.hostPk === "" || hostPk === this.hostPk).map(({ view }) => view).filter((view) => view !== null).sort((a, b) => b.n - a.n)[0] ?? null;
  }

  /** @param {string} pid who is told @param {{pid: string, away?: boolean}[]} seats */
  #seatsFor(pid, seats) {
    const shown = [...this.guests.values()].filter((guest) => guest.pid === pid || guest.seenBy(pid));
    const placed = (/** @type {"first" | "last"} */ place) => shown.filter((guest) => guest.place === place).map((guest) => ({ pid: guest.pid }));
    return [...placed("first"), ...seats, ...placed("last")];
  }

  /** @param {import("node:http").IncomingMessage} incoming @param {import("node:http").ServerResponse} outgoing */
  #serve(incoming, outgoing) {
    const path = (incoming.url ?? "/").replace(/^\/as\/[a-z0-9-]+\//, "/");
    if (path === "/blank") {
      outgoing.writeHead(200, { ...this.#headers, "content-type": "text/html; charset=utf-8" });
      outgoing.end("<!doctype html><title>blank</title>");
      return;
    }
    if (path === "/poll") {
      // A page that goes away in the middle of a request is no fault.
      this.#polls.serve(incoming, outgoing).catch(() => outgoing.destroy());
      return;
    }
    const file = fileOf(path);
    if (file) {
      outgoing.writeHead(200, { ...this.#headers, "content-type": file.type });
      outgoing.end(file.bytes);
      return;
    }
    const { "accept-encoding": _, ...headers } = incoming.headers;
    const asking = request({ socketPath: this.#socketOut, path, method: incoming.method ?? "GET", headers: { ...headers, host: SERVER_HOST } }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    asking.on("error", () => outgoing.destroy());
    incoming.pipe(asking);
  }

  /** @param {import("node:http").IncomingMessage} incoming @param {import("node:stream").Duplex} stream @param {Buffer} head */
  #upgrade(incoming, stream, head) {
    if (POLLING) {
      stream.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
      return;
    }
    const key = incoming.headers["sec-websocket-key"] ?? "";
    stream.write(
      "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n" +
        `sec-websocket-accept: ${acceptKey(key)}\r\nsec-websocket-protocol: parlour.v1\r\n\r\n`,
    );
    this.pages.push(new Carrier(this, new Wire(stream, false, head)));
  }

  /** The security headers with which the real server serves the page. @returns {Promise<Record<string, string>>} */
  #headersOfPage() {
    return new Promise((resolve, reject) => {
      const asking = request({ socketPath: this.#socketOut, path: "/", headers: { host: SERVER_HOST } }, (answer) => {
        answer.resume();
        const own = new Set(["content-length", "content-encoding", "etag", "date", "connection", "keep-alive", "transfer-encoding"]);
        const kept = Object.entries(answer.headers).filter(([name]) => !own.has(name));
        resolve(Object.fromEntries(kept.map(([name, value]) => [name, String(value)])));
      });
      asking.on("error", reject);
      asking.end();
    });
  }
}

const TYPES = /** @type {Record<string, string>} */ ({ html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml" });

/**
 * A file of the page from the directory `PARLOUR_WEB`, if that is set.
 * @param {string} path of the request @returns {{bytes: Buffer, type: string} | null}
 */
function fileOf(path) {
  const directory = process.env["PARLOUR_WEB"];
  if (!directory) return null;
  // A page at /r/NAME has its files below /r/.
  const name = normalize(path.split("?")[0] ?? "/").replace(/^\/$/, "/index.html").replace(/^\/r\/(?=app\/|sdk\/)/, "/");
  if (!/^\/(index\.html|app\/|sdk\/)/.test(name)) return null;
  const type = TYPES[name.split(".").at(-1) ?? ""];
  try {
    return type ? { bytes: readFileSync(join(directory, name)), type } : null;
  } catch {
    return null;
  }
}
