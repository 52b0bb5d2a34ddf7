// The signaling protocol, version 1 (docs/protocol.md): the shape of every message, read and written.
//
// `parse` trusts nothing that the server says. Sequence numbers are kept in session.js; what messages do is decided
// in meeting.js; what `signal` carries is sealed and read by nobody here.

import { Unreadable, base64, flag, integer, list, maybe, object, text, word } from "./read.js";

/** Version spoken. */
export const VERSION = 1;
/** WebSocket subprotocol. */
export const SUBPROTOCOL = "parlour.v1";
/** Longest message in UTF-8 bytes, until `welcome` says less. */
export const FRAME_BYTES = 65536;
/** Longest `signal` body in bytes. */
export const SIGNAL_BYTES = 49152;

const count = integer(0, 2 ** 32 - 1);
const milliseconds = integer(0, 86_400_000);
const pid = base64(8);

const signedState = object({ json: text(8192), sig: base64(undefined, 128) });
const iceServer = object({ urls: list(text(512), 8), username: maybe(text(512)), credential: maybe(text(512)) });
const iceServers = list(iceServer, 8);
const view = object({
  n: integer(0, Number.MAX_SAFE_INTEGER),
  seats: list(object({ pid, away: maybe(flag) }), 64),
  porch: list(pid, 256),
  states: list(signedState, 8),
});
/** The way to what a room in standard mode keeps (sdk/blobs.js). */
const blobPlace = object({
  token: base64(32), bytes: integer(1024, 2 ** 30), room_bytes: integer(1024, 2 ** 40), blobs: integer(1, 2 ** 20), keep_s: integer(1, 2 ** 32 - 1),
});
const session = object({
  v: integer(1, 1),
  session: base64(16),
  token: text(128),
  ping_ms: milliseconds,
  hold_ms: milliseconds,
  frame_bytes: integer(1024, 16 * 1024 * 1024),
  keeps: maybe(flag),
  relay: maybe(list(text(512), 8)),
});
const host = object({
  host_pk: base64(32),
  room_box: maybe(base64(undefined, 1024)),
  box_sig: maybe(base64(undefined, 128)),
  states: list(signedState, 8),
  seats: integer(0, 4096),
});

/** Readers of the bodies that a server may send. */
const bodies = {
  welcome: session,
  gone: session,
  resumed: object({ token: text(128) }),
  pong: object({}),
  ack: object({}),
  created: object({}),
  room: object({ hosts: list(host, 4) }),
  joined: object({ pid, seat: flag, ice_servers: iceServers, view, may_keep: maybe(flag), blobs: maybe(blobPlace) }),
  done: object({}),
  invitation: object({ inv_box: base64(undefined, 512) }),
  seat: object({ ice_servers: iceServers, blobs: maybe(blobPlace) }),
  view,
  signal: object({ from: pid, body: text(SIGNAL_BYTES) }),
  ice: object({ ice_servers: iceServers }),
  left: object({}),
  bye: object({ action: word("rejoin", "resume", "stop"), code: text(64), text: text(1024), retry_ms: maybe(milliseconds) }),
  error: object({ code: text(64), text: text(1024), retry_ms: maybe(milliseconds) }),
};

/** @typedef {{json: string, sig: string}} SignedState A room's rules as the host signed them. */
/** @typedef {ReturnType<typeof view>} View Who is in, whole; `n` only grows. */
/** @typedef {ReturnType<typeof iceServer>} IceServer */
/** @typedef {ReturnType<typeof blobPlace>} BlobPlace */
/** @typedef {ReturnType<typeof host>} HostClaim One who claims a room id, with the proof; of a name there is none. */

/** @typedef {typeof bodies} Bodies */
/** @typedef {keyof Bodies} ServerType */

/**
 * Whatever the server may say; `unknown` stands for types of a later version, whose body is left unread.
 * @typedef {{[T in ServerType]: {t: T, re?: number, s: number, a: number, d: ReturnType<Bodies[T]>}}[ServerType]
 *   | {t: "unknown", re?: number, s: number, a: number, d: {}}} ServerMessage
 */

/**
 * What a page may say. Field by field in docs/protocol.md.
 * @typedef {{
 *   hello: {v: number[], resume?: {session: string, token: string}},
 *   ping: {}, ack: {},
 *   create: RoomPapers, restore: RoomPapers,
 *   look: {room_id: string},
 *   join: {room_id: string, host_pk: string, core: string, join_sig: string, host_in?: string},
 *   host: {host_in: string},
 *   seated: {pid: string},
 *   invite: {inv_id: string, inv_box: string}, redeem: {inv_id: string}, revoke: {inv_id: string},
 *   signal: {to: string, body: string},
 *   state: {states: SignedState[]},
 *   ice: {}, leave: {},
 * }} ClientBodies
 */
/** Without box for a named room. @typedef {{room_id: string, host_pk: string, states: SignedState[], room_box?: string | undefined, box_sig?: string | undefined}} RoomPapers */
/** @typedef {keyof ClientBodies} ClientType */

/** Fields of what a page says, in the order in which they are written. Also what keeps others from slipping in. */
const fields = Object.freeze(/** @type {const} */ ({
  hello: ["v", "resume"],
  ping: [],
  ack: [],
  create: ["room_id", "host_pk", "states", "room_box", "box_sig"],
  restore: ["room_id", "host_pk", "states", "room_box", "box_sig"],
  look: ["room_id"],
  join: ["room_id", "host_pk", "core", "join_sig", "host_in"],
  host: ["host_in"],
  seated: ["pid"],
  invite: ["inv_id", "inv_box"],
  redeem: ["inv_id"],
  revoke: ["inv_id"],
  signal: ["to", "body"],
  state: ["states"],
  ice: [],
  leave: [],
}));

/** Types with `s` 0, which belong to the connection and are never repeated. */
const unnumbered = new Set(["hello", "welcome", "resumed", "gone", "ping", "pong", "ack"]);

/**
 * Whether messages of this type count in the sequence.
 * @param {string} type @returns {boolean}
 */
export function isNumbered(type) {
  return !unnumbered.has(type);
}

const envelope = object({ t: text(64), re: maybe(count), s: count, a: count });

/**
 * Reads one message of the server.
 *
 * @param {string} line one WebSocket text message
 * @returns {ServerMessage}
 * @throws {Unreadable} if it is not what docs/protocol.md says
 */
export function parse(line) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Unreadable();
  }
  const { t, ...head } = envelope(value);
  const type = /** @type {ServerType} */ (t);
  if (!Object.hasOwn(bodies, type)) return { t: "unknown", ...head, d: {} };
  const body = /** @type {{d?: unknown}} */ (value).d;
  return /** @type {ServerMessage} */ ({ t: type, ...head, d: bodies[type](body) });
}

/**
 * Writes one message of the page, fields in the order of the document.
 *
 * @template {ClientType} T
 * @param {{t: T, id?: number, s: number, a: number, d: ClientBodies[T]}} message
 * @returns {string}
 */
export function format({ t, id, s, a, d }) {
  /** @type {Record<string, unknown>} */
  const body = {};
  for (const name of fields[t]) {
    const value = /** @type {Record<string, unknown>} */ (d)[name];
    if (value !== undefined) body[name] = value;
  }
  return JSON.stringify({ t, ...(id === undefined ? {} : { id }), s, a, d: body });
}
