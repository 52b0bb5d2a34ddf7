// A signaling server for tests, in memory: the protocol of docs/protocol.md as far as an honest page notices.
//
// It believes every signature but that of a join, which it counts. It can be cut off (`cut`), forget everything (`forget`)
// and refuse (`refuse`). In a simulated world (world.js) it also holds seats for a while, loses signals, and is out of reach
// for some pages.

import { createHash, createPublicKey, randomBytes, verify } from "node:crypto";
import { setImmediate } from "node:timers";
import { fetchTo, webSocketTo } from "./carriers.js";

const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const bytesOf = (text) => Buffer.from(text, "base64url");
const sha = (bytes) => createHash("sha256").update(bytes).digest();
const lv = (...items) => Buffer.concat(items.flatMap((item) => {
  const bytes = Buffer.from(item);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}));

/** The one signature that is looked at here (seal/core.js, signJoin). */
const isSignedFor = ({ core, join_sig }, room, session) => {
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytesOf(core).subarray(33, 65)]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  return verify(null, lv("parlour/1 join", room, bytesOf(session), bytesOf(core)), key, bytesOf(join_sig));
};

const sum = (rules) => Object.values(rules.clock).reduce((a, b) => a + b, 0);

class Room {
  seats = [];
  porch = [];
  known = new Set();
  n = 0;
  isOver = false;
  wasUsed = false;
  /** Content, and whose (spk), by id. @type {Map<string, {bytes: Uint8Array, by: string}>} */ blobs = new Map();
  constructor(papers) {
    this.claims = new Map([[papers.room_id, papers]]);
    this.states = papers.states;
  }
  /** Those of the newest state: none of these tests has two host devices at one server. */
  get rules() {
    return this.states.map(({ json }) => JSON.parse(JSON.parse(json).rules)).sort((a, b) => sum(b) - sum(a))[0];
  }
  get asksToStay() { return JSON.parse(this.states[0].json).until * 1000 > Date.now() + 25 * 3_600_000; }
  get host() { return [...this.claims.values()][0].host_pk; }
  /** As it stands in everything signed. */
  get name() { return bytesOf(JSON.parse(this.states[0].json).room); }
  get view() {
    return { n: this.n, seats: this.seats.map(({ pid, socket }) => ({ pid, ...(socket ? {} : { away: true }) })), porch: this.porch.map(({ pid }) => pid), states: this.states };
  }
  tell(except) {
    this.n++;
    for (const one of [...this.seats, ...this.porch]) if (one !== except) one.say("view", this.view);
  }
  mayEnter({ spk, isHost, via }) {
    const { door, pw, members, removed, link } = this.rules;
    if (isHost) return true;
    return !removed.includes(spk) && (members.includes(spk) || this.known.has(spk) || (door === "open" && pw === 0 && (!link || link.id === via)));
  }
  isRemoved({ spk, isHost }) { return !isHost && this.rules.removed.includes(spk); }
  seat(session) {
    this.porch = this.porch.filter((one) => one !== session);
    this.seats.push(session);
    this.wasUsed = true;
    this.known.add(session.spk);
  }
  adopt(states) {
    const before = JSON.stringify(this.rules.members);
    const age = ({ json }) => sum(JSON.parse(JSON.parse(json).rules)) * 2 ** 40 + JSON.parse(json).until;
    const [next] = [this.states[0], ...states].sort((a, b) => age(b) - age(a));
    this.states = [next];
    if (JSON.stringify(this.rules.members) !== before) this.known.clear();
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
  spk = "";
  isHost = false;
  via = "";
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
  /** Whether rooms stay that everybody left, if their rules ask for it. */ mayKeep = false;
  /** Whether the network refuses WebSockets. */ blocksWebSockets = process.env.PARLOUR_TEST_CARRIER === "polling";
  /** What it says of itself in the beginning. */ keeps = true;
  /** Seats' ways to their rooms' blobs, by token. @type {Map<string, {room: Room, session: Session}>} */ places = new Map();
  /** What comes in the place of a blob or of the list, if anything does. @type {(id: string, honest: Uint8Array | string[] | undefined, room: Room) => Uint8Array | string[] | undefined} */ bends = (_id, honest) => honest;
  /** Boxes by inv_id. */ invitations = new Map();
  /** Rooms of other hosts under the same id. */ rivals = new Map();
  /** Host keys of named rooms that have ended. */ ended = new Set();
  /** Signatures of joins, and whether each is good for the session in which it came. @type {{sig: string, isSigned: boolean}[]} */ joins = [];
  /** Everything that pages said, by type. */ said = [];
  /** Answers in the place of what would be answered, by type; `from`: puts once there are so many blobs. @type {Map<string, {code: string, retry_ms?: number, from?: number}>} */ refuse = new Map();

  /** Names of pages (world.js) whose way to the server is cut. @type {Set<string>} */ cutOff = new Set();
  /** Whether it loses a signal. */ loses = () => false;

  /** @param {import("./world.js").World | null} [world] none: no time, and connections last until they are ended */
  constructor(world = null) {
    this.world = world;
    this.later = world ? (task) => world.after(5, task) : setImmediate;
  }

  cut() {
    this.isAway = true;
    for (const socket of [...this.sockets]) socket.end(1006);
  }
  /** @param {string} name of a page; `cutOff.delete` heals it */
  cutPage(name) {
    this.cutOff.add(name);
    for (const socket of [...this.sockets]) if (socket.page?.name === name) socket.end(1006);
  }
  back() { this.isAway = false; }
  forget() {
    this.rooms.clear();
    this.rivals.clear();
    this.sessions.clear();
    this.ended.clear();
  }

  hear(socket, line) {
    const { t, id, s, a, d } = JSON.parse(line);
    this.said.push({ t, d });
    if (t === "hello") return this.#hello(socket, a, d);
    const session = socket.session;
    if (!session) return socket.deliver({ t: "error", s: 0, a: 0, d: { code: "hello-first", text: "" } });
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
    socket.deliver({ t: resume ? "gone" : "welcome", s: 0, a: 0, d: { v: 1, session: session.id, token: session.token, ping_ms: 20000, hold_ms: 30000, frame_bytes: 65536, ...(this.keeps && { keeps: true }), relay: ["turn:relay.test:3478?transport=udp"] } });
  }

  #answer(session, t, id, d) {
    const error = (code) => session.say("error", { code, text: code }, id);
    const rivals = this.rivals.get(d.room_id) ?? [];
    const room = [this.rooms.get(d.room_id), ...rivals].find((one) => one && (d.host_pk === undefined || one.host === d.host_pk)) ?? this.rooms.get(d.room_id);
    if ((t === "create" || t === "restore") && this.ended.has(d.host_pk)) return error("room-over");
    if (t === "create" || t === "restore") {
      const own = room ?? [...new Set(this.rooms.values())].find(({ claims }) => [...claims.values()][0].host_pk === d.host_pk);
      if (room && t === "create" && room.host !== d.host_pk) return error("room-exists");
      if (room && room.host !== d.host_pk) this.rivals.set(d.room_id, [...rivals, new Room(d)]);
      else if (own) {
        own.claims.set(d.room_id, d);
        own.adopt(d.states);
        this.rooms.set(d.room_id, own);
      } else this.rooms.set(d.room_id, new Room(d));
      session.say("created", {}, id);
    } else if (t === "look" || t === "join") {
      if (!room) return error("no-such-room");
      if (room.isOver) return error("room-over");
      if (t === "look") {
        const claim = (one) => {
          const { host_pk, room_box, box_sig } = one.claims.get(d.room_id);
          return { host_pk, room_box, box_sig, states: one.states, seats: one.seats.length };
        };
        session.say("room", { hosts: [room, ...rivals].map(claim) }, id);
      }
      else this.#join(session, room, id, d);
    } else if (t === "signal") {
      const other = [...(session.room?.seats ?? []), ...(session.room?.porch ?? [])].find(({ pid }) => pid === d.to);
      if (this.loses()) return;
      if (other) other.say("signal", { from: session.pid, body: d.body });
      else error("no-such-participant");
    } else if (t === "invite" || t === "revoke") {
      if (!session.isHost || !session.room) return error("not-allowed");
      if (t === "invite") this.invitations.set(d.inv_id, d.inv_box);
      else this.invitations.delete(d.inv_id);
      session.say("done", {}, id);
    } else if (t === "host") {
      if (!session.room) return error("not-in-room");
      session.isHost = true;
      session.say("done", {}, id);
    } else if (t === "redeem") {
      const inv_box = this.invitations.get(d.inv_id);
      if (inv_box) session.say("invitation", { inv_box }, id);
      else error("no-such-room");
    } else if (t === "ice") session.say("ice", { ice_servers: [] }, id);
    else if (t === "seated") {
      const guest = session.room?.porch.find(({ pid }) => pid === d.pid);
      if (guest) this.#moveIn(session.room, guest);
      session.say("done", {}, id);
    } else if (t === "state") {
      const mine = session.room;
      if (!mine) return error("not-in-room");
      mine.adopt(d.states);
      session.say("done", {}, id);
      this.#judge(mine);
    }
    else if (t === "leave") {
      this.leave(session);
      session.say("left", {}, id);
    } else error("unsupported");
  }

  #join(session, room, id, d) {
    this.joins.push({ sig: d.join_sig, isSigned: isSignedFor(d, room.name, session.id) });
    session.pid = b64(sha(lv("parlour/1 id", room.name, bytesOf(d.core))).subarray(0, 8));
    session.spk = b64(bytesOf(d.core).subarray(33, 65));
    session.isHost = d.host_in !== undefined;
    session.via = d.room_id;
    if (room.isRemoved(session)) return session.say("error", { code: "no-such-room", text: "" }, id);
    session.room = room;
    room.seats = room.seats.filter(({ pid }) => pid !== session.pid);
    room.porch = room.porch.filter(({ pid }) => pid !== session.pid);
    const seat = !room.wasUsed || room.mayEnter(session);
    if (seat) room.seat(session);
    else room.porch.push(session);
    room.n++;
    const more = { ...(this.mayKeep && { may_keep: true }), ...(seat && this.#place(room, session)) };
    session.say("joined", { pid: session.pid, seat, ice_servers: [], view: room.view, ...more }, id);
    room.tell(session);
  }

  /** The way to a standard room's blobs. */
  #place(room, session) {
    if (!this.keeps || room.rules.mode !== "standard") return {};
    const token = b64(randomBytes(32));
    this.places.set(token, { room, session });
    return { blobs: { token, bytes: 65536, room_bytes: 2 ** 20, blobs: 64, keep_s: 86400 } };
  }

  /** /blob/ as in docs/protocol.md, without its bounds. */
  blob(id, method, token, body) {
    const { room, session } = this.places.get(token) ?? {};
    const answer = (status, content = "") => new Response(status === 204 ? null : content, { status });
    const refuse = (status, code) => answer(status, JSON.stringify({ code, text: "" }));
    if (!room || room.isOver || !room.seats.includes(session)) return answer(404, "There is nothing here.");
    const held = room.blobs.get(id);
    if (method === "GET" && id === "") {
      const ids = /** @type {string[]} */ (this.bends("", [...room.blobs.keys()], room));
      return answer(200, JSON.stringify({ blobs: ids.map((one) => ({ id: one, bytes: room.blobs.get(one)?.bytes.length ?? 1 })) }));
    }
    if (method === "GET") {
      const bytes = this.bends(id, held?.bytes, room);
      return bytes ? answer(200, /** @type {any} */ (bytes)) : refuse(404, "no-such-blob");
    }
    if (method === "PUT") {
      if (held) return refuse(409, "blob-exists");
      const full = this.refuse.get("put");
      if (full && room.blobs.size >= (full.from ?? 0)) return refuse(507, /** @type {any} */ (full.code));
      room.blobs.set(id, { bytes: new Uint8Array(body), by: session.spk });
      return answer(204);
    }
    if (!held) return refuse(404, "no-such-blob");
    if (held.by !== session.spk && !session.isHost) return refuse(403, "not-allowed");
    room.blobs.delete(id);
    return answer(204);
  }

  #moveIn(room, session) {
    room.seat(session);
    session.say("seat", { ice_servers: [], ...this.#place(room, session) });
    room.tell();
  }

  /** After new rules: who is removed goes, who has no right stands outside, who has one comes in. */
  #judge(room) {
    if (room.rules.over) this.#end(room);
    for (const one of [...room.seats, ...room.porch]) {
      if (!room.rules.over && !room.isRemoved(one)) continue;
      room.seats = room.seats.filter((other) => other !== one);
      room.porch = room.porch.filter((other) => other !== one);
      one.room = null;
      one.say("bye", { action: "stop", code: room.rules.over ? "over" : "removed", text: "" });
    }
    for (const one of room.seats.filter((session) => !room.mayEnter(session))) {
      room.seats = room.seats.filter((other) => other !== one);
      room.porch.push(one);
    }
    for (const one of room.porch.filter((session) => room.mayEnter(session))) this.#moveIn(room, one);
    room.tell();
  }

  leave(session) {
    const { room } = session;
    if (!room) return;
    session.room = null;
    const hadSeat = room.seats.includes(session);
    room.seats = room.seats.filter((seat) => seat !== session);
    room.porch = room.porch.filter((one) => one !== session);
    if (hadSeat && room.seats.length === 0 && !(this.mayKeep && room.asksToStay)) this.#end(room);
    room.tell();
  }

  /** The seat outlives the connection for a while; a host's for twice as long. @param {Session} session */
  hold(session) {
    session.room?.tell();
    const { token } = session;
    this.world?.after(session.isHost ? 60_000 : 30_000, () => {
      if (session.socket || session.token !== token) return;
      this.sessions.delete(session.id);
      const { room } = session;
      if (!room) return;
      session.room = null;
      room.seats = room.seats.filter((seat) => seat !== session);
      room.porch = room.porch.filter((one) => one !== session);
      room.tell();
    });
  }

  /** A link is dead from then on; a name is free for a room of another key. */
  #end(room) {
    room.isOver = true;
    for (const [id, { host_pk }] of room.claims) {
      if (room.name[0] !== 2) continue;
      this.ended.add(host_pk);
      if (this.rooms.get(id) === room) this.rooms.delete(id);
    }
  }

  /** A connection is gone, by either carrier. */
  hungUp(connection, code) {
    this.sockets.delete(connection);
    if (connection.session?.socket !== connection) return;
    connection.session.socket = null;
    if (code === 1000 || code === 1001) this.leave(connection.session);
    else this.hold(connection.session);
  }

  /** A `fetch` that leads here. */
  fetch() { return fetchTo(this); }

  /** A WebSocket class whose every instance leads here. */
  webSocket() { return webSocketTo(this); }
}
