// A signaling server for tests, in memory: the protocol of docs/protocol.md as far as an honest page notices.
//
// It believes every signature. It can be cut off (`cut`), forget everything (`forget`) and refuse (`refuse`).

import { createHash, randomBytes } from "node:crypto";
import { setImmediate } from "node:timers";

const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const bytesOf = (text) => Buffer.from(text, "base64url");
const sha = (bytes) => createHash("sha256").update(bytes).digest();
const lv = (...items) => Buffer.concat(items.flatMap((item) => {
  const bytes = Buffer.from(item);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}));

class Room {
  seats = [];
  n = 0;
  isOver = false;
  constructor(papers) { this.papers = papers; this.states = papers.states; }
  get view() {
    return { n: this.n, seats: this.seats.map(({ pid, socket }) => ({ pid, ...(socket ? {} : { away: true }) })), porch: [], states: this.states };
  }
  tell(except) {
    this.n++;
    for (const seat of this.seats) if (seat !== except) seat.say("view", this.view);
  }
}

class Session {
  id = b64(randomBytes(16));
  token = b64(randomBytes(32));
  said = 0;
  heard = 0;
  log = [];
  socket = null;
  room = null;
  pid = "";
  say(t, d, re) {
    const message = { t, ...(re === undefined ? {} : { re }), s: ++this.said, d };
    this.log.push(message);
    this.socket?.deliver({ ...message, a: this.heard });
  }
}

export class FakeServer {
  rooms = new Map();
  sessions = new Map();
  sockets = new Set();
  isAway = false;
  /** Everything that pages said, by type. */ said = [];
  /** Answers in the place of what would be answered, by type. @type {Map<string, {code: string, retry_ms?: number}>} */ refuse = new Map();

  cut() {
    this.isAway = true;
    for (const socket of [...this.sockets]) socket.end(1006);
  }
  back() { this.isAway = false; }
  forget() {
    this.rooms.clear();
    this.sessions.clear();
  }

  hear(socket, line) {
    const { t, id, s, a, d } = JSON.parse(line);
    this.said.push({ t, d });
    if (t === "hello") return this.#hello(socket, a, d);
    const session = socket.session;
    if (t === "ping") return socket.deliver({ t: "pong", s: 0, a: session.heard, d: {} });
    if (t === "ack" || s <= session.heard) return;
    session.heard = s;
    const refusal = this.refuse.get(t);
    if (refusal) return session.say("error", { text: "", ...refusal }, id);
    this.#answer(session, t, id, d);
  }

  #hello(socket, a, { resume }) {
    const old = resume && this.sessions.get(resume.session);
    if (old && old.token === resume.token) {
      socket.session = old;
      old.socket = socket;
      old.token = b64(randomBytes(32));
      socket.deliver({ t: "resumed", s: 0, a: old.heard, d: { token: old.token } });
      for (const message of old.log.filter(({ s }) => s > a)) socket.deliver({ ...message, a: old.heard });
      old.room?.tell();
      return;
    }
    const session = new Session();
    this.sessions.set(session.id, session);
    session.socket = socket;
    socket.session = session;
    socket.deliver({ t: resume ? "gone" : "welcome", s: 0, a: 0, d: { v: 1, session: session.id, token: session.token, ping_ms: 20000, hold_ms: 30000, frame_bytes: 65536 } });
  }

  #answer(session, t, id, d) {
    const error = (code) => session.say("error", { code, text: code }, id);
    const room = this.rooms.get(d.room_id);
    if (t === "create" || t === "restore") {
      if (room && t === "create") return error("room-exists");
      if (!room) this.rooms.set(d.room_id, new Room(d));
      session.say("created", {}, id);
    } else if (t === "look" || t === "join") {
      if (!room) return error("no-such-room");
      if (room.isOver) return error("room-over");
      if (t === "look") session.say("room", { hosts: [{ host_pk: room.papers.host_pk, room_box: room.papers.room_box, box_sig: room.papers.box_sig, states: room.states, seats: room.seats.length }] }, id);
      else this.#join(session, room, id, d);
    } else if (t === "signal") {
      const other = session.room?.seats.find(({ pid }) => pid === d.to);
      if (other) other.say("signal", { from: session.pid, body: d.body });
      else error("no-such-participant");
    } else if (t === "ice") session.say("ice", { ice_servers: [] }, id);
    else if (t === "state") session.say("done", {}, id);
    else if (t === "leave") {
      this.leave(session);
      session.say("left", {}, id);
    } else error("unsupported");
  }

  #join(session, room, id, d) {
    const name = Buffer.concat([Buffer.of(1), sha(bytesOf(room.papers.host_pk))]);
    session.pid = b64(sha(lv("parlour/1 id", name, bytesOf(d.core))).subarray(0, 8));
    session.room = room;
    room.seats = room.seats.filter(({ pid }) => pid !== session.pid);
    room.seats.push(session);
    room.n++;
    session.say("joined", { pid: session.pid, seat: true, ice_servers: [], view: room.view }, id);
    room.tell(session);
  }

  leave(session) {
    const { room } = session;
    if (!room) return;
    session.room = null;
    room.seats = room.seats.filter((seat) => seat !== session);
    if (room.seats.length === 0) room.isOver = true;
    room.tell();
  }

  /** A WebSocket class whose every instance leads here. */
  webSocket() {
    const server = this;
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
        server.sockets.add(this);
        setImmediate(() => {
          if (server.isAway) return this.end(1006);
          if (this.readyState !== 0) return;
          this.readyState = 1;
          this.onopen?.();
        });
      }
      send(line) {
        if (this.readyState === 1) setImmediate(() => this.readyState === 1 && server.hear(this, line));
      }
      deliver(message) {
        const line = JSON.stringify(message);
        setImmediate(() => this.readyState === 1 && this.onmessage?.({ data: line }));
      }
      close(code = 1005) {
        if (this.readyState < 2) setImmediate(() => this.end(code));
      }
      end(code) {
        if (this.readyState === 3) return;
        this.readyState = 3;
        server.sockets.delete(this);
        if (this.session?.socket === this) {
          this.session.socket = null;
          if (code === 1000 || code === 1001) server.leave(this.session);
          else this.session.room?.tell();
        }
        this.onclose?.();
      }
    };
  }
}
