// @ts-check
/**
 * Rooms: making one, and opening what the server hands out about one (section 1).
 *
 * A link room is R, from which room_id, K_link and the key of its room_box follow; a named room is its name.
 * Sending `create`, keeping the seed and showing the link belong to the session.
 */
import { b64, compare, concat, lv, SealError, text, u8 } from "./bytes.js";
import { aesOpen, aesSeal, ed25519FromSeed, EMPTY, hash, IV_ZERO, kdf, random, sign, verify } from "./kdf.js";
import { newHostPage, nextPw } from "./issue.js";
import { stretch } from "./password.js";
import { writeRules } from "./rules.js";
import { FLAG_OFF_RECORD, FLAG_PASSWORD, signState, STATE_SECONDS } from "./state.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** A host's key pair with the seed it grew from. @typedef {import("./kdf.js").KeyPair & {seed: Bytes}} HostKey */
/**
 * One link of a link room: `R`, `r` as in section 1, `roomId` 12 bytes, `kLink` 32.
 * @typedef {{R: Bytes, r: Bytes, roomId: Bytes, kLink: Bytes, roomBox: Bytes, boxSig: Bytes}} RoomLink
 */
/** What a room_box tells. @typedef {{hostPk: Bytes, r: Bytes, flags0: number}} BoxContent */
/**
 * `now`, `lifetime`: seconds; `members`: spk; `page`: clock id of this host page.
 * @typedef {{password?: string, offRecord?: boolean, cap?: number, door?: import("./rules.js").Door, now: number,
 *   lifetime?: number, members?: readonly string[], page?: string, seed?: Uint8Array, r?: Uint8Array}} RoomWish
 */
/**
 * A room of one's own: `page` issued `state`; `password` holds the generation and S.
 * @typedef {{host: HostKey, room: Bytes, page: string, state: import("./state.js").State,
 *   password?: {pw: number, S: Bytes}}} MadeRoom
 */

/** K_link where there is no link: in named rooms. */
export const NO_LINK = EMPTY;

/**
 * A new link room.
 * @param {RoomWish} wish off the record, for 8, with an open door unless it says otherwise
 * @returns {Promise<MadeRoom & {flags0: number, link: RoomLink}>}
 * @throws {SealError} `bad-password`
 */
export async function createRoom(wish) {
  const host = await hostKeyOf(wish.seed ?? random(32));
  const flags0 = (wish.password === undefined ? 0 : FLAG_PASSWORD) | (wish.offRecord === false ? 0 : FLAG_OFF_RECORD);
  const link = await makeLink(host, flags0, wish.r);
  const made = await firstRules(host, await linkRoomOf(host.publicKey), wish, flags0, link);
  return { ...made, flags0, link };
}

/**
 * A named room, for whom the server called the first one in.
 * @param {string} name from `roomName` @param {RoomWish} wish @returns {Promise<MadeRoom>}
 * @throws {SealError} `bad-password`
 */
export async function createNamedRoom(name, wish) {
  return firstRules(await hostKeyOf(wish.seed ?? random(32)), namedRoomOf(name), wish);
}

/**
 * Another link of the same room: new r, same host key and flags0. Its `roomId` belongs into the next rules.
 * @param {HostKey} host @param {number} flags0 @param {Uint8Array} [r] for test vectors @returns {Promise<RoomLink>}
 */
export async function makeLink(host, flags0, r = random(32)) {
  const R = await secretOf(host.publicKey, r, flags0);
  const roomId = await roomIdOf(R);
  const roomBox = await sealRoomBox(R, roomId, { hostPk: host.publicKey, r: new Uint8Array(r), flags0 });
  const boxSig = await sign(host.privateKey, boxMessage(roomId, roomBox));
  const kLink = await linkKeyOf(R, await linkRoomOf(host.publicKey));
  return { R, r: new Uint8Array(r), roomId, kLink, roomBox, boxSig };
}

/**
 * Opens and checks what the server has of a link; the server's own word about the host is not needed.
 * @param {Uint8Array} R from the link @param {Uint8Array} roomBox @param {Uint8Array} boxSig
 * @returns {Promise<BoxContent & {room: Bytes, link: RoomLink}>}
 * @throws {SealError} `bad-box`: another host answers to this room_id; the next one may be right
 */
export async function openLink(R, roomBox, boxSig) {
  const roomId = await roomIdOf(R);
  const content = await openRoomBox(R, roomId, roomBox);
  if (!(await verify(content.hostPk, boxSig, boxMessage(roomId, roomBox)))) throw new SealError("bad-box", "signature");
  const room = await linkRoomOf(content.hostPk);
  const kLink = await linkKeyOf(R, room);
  const link = { R: new Uint8Array(R), r: content.r, roomId, kLink, roomBox: new Uint8Array(roomBox), boxSig: new Uint8Array(boxSig) };
  return { ...content, room, link };
}

/**
 * Opens a room_box; it must recompute R. The signature is `openLink`'s.
 * @param {Uint8Array} R @param {Uint8Array} roomId @param {Uint8Array} roomBox @returns {Promise<BoxContent>}
 * @throws {SealError} `bad-box`
 */
export async function openRoomBox(R, roomId, roomBox) {
  if (roomBox.length !== 16 + 65 + 16) throw new SealError("bad-box", "length");
  const salt = roomBox.subarray(0, 16);
  let plain;
  try {
    plain = await aesOpen(await kdf(R, salt, "room-box", EMPTY, 32), IV_ZERO, roomId, roomBox.subarray(16));
  } catch {
    throw new SealError("bad-box", "does not open");
  }
  const content = { hostPk: plain.slice(0, 32), r: plain.slice(32, 64), flags0: plain[64] ?? 0 };
  if (compare(await secretOf(content.hostPk, content.r, content.flags0), R) !== 0) throw new SealError("bad-box", "R");
  if ((content.flags0 & ~(FLAG_PASSWORD | FLAG_OFF_RECORD)) !== 0) throw new SealError("bad-box", "flags0");
  return content;
}

/**
 * @param {Uint8Array} R @param {Uint8Array} roomId @param {BoxContent} content @param {Uint8Array} [salt] for test vectors
 * @returns {Promise<Bytes>} 97 bytes
 */
export async function sealRoomBox(R, roomId, content, salt = random(16)) {
  const key = await kdf(R, salt, "room-box", EMPTY, 32);
  return concat(salt, await aesSeal(key, IV_ZERO, roomId, concat(content.hostPk, content.r, u8(content.flags0))));
}

/** R: what the link holds. @param {Uint8Array} hostPk @param {Uint8Array} r @param {number} flags0 @returns {Promise<Bytes>} 16 bytes */
export async function secretOf(hostPk, r, flags0) {
  return (await hash(lv("parlour/1 room", hostPk, r, u8(flags0)))).slice(0, 16);
}

/** What the server knows a link by. @param {Uint8Array} R @returns {Promise<Bytes>} 12 bytes */
export function roomIdOf(R) {
  return kdf(R, EMPTY, "room-id", EMPTY, 12);
}

/** K_link. @param {Uint8Array} R @param {Uint8Array} room @returns {Promise<Bytes>} 32 bytes */
export function linkKeyOf(R, room) {
  return kdf(R, EMPTY, "link", room, 32);
}

/** `room` of a link room: 0x01 ‖ H(host_pk). @param {Uint8Array} hostPk @returns {Promise<Bytes>} 33 bytes */
export async function linkRoomOf(hostPk) {
  return concat(u8(1), await hash(hostPk));
}

/** What the server knows a named room by. @param {Uint8Array} room 0x02 ‖ name @returns {Promise<Bytes>} 12 bytes */
export async function nameIdOf(room) {
  return (await hash(lv("parlour/1 name", room))).slice(0, 12);
}

/** `room` of a named room: 0x02 ‖ name. @param {string} name `[a-z0-9-]{1,64}` @returns {Bytes} */
export function namedRoomOf(name) {
  if (!/^[a-z0-9-]{1,64}$/.test(name)) throw new RangeError("not a normalised name");
  return concat(u8(2), text(name));
}

/** @param {Uint8Array} seed 32 bytes @returns {Promise<HostKey>} */
export async function hostKeyOf(seed) {
  return { ...(await ed25519FromSeed(seed)), seed: new Uint8Array(seed) };
}

/** @param {Uint8Array} roomId @param {Uint8Array} roomBox @returns {Bytes} */
function boxMessage(roomId, roomBox) {
  return lv("parlour/1 room-box", roomId, roomBox);
}

/**
 * @param {HostKey} host @param {Bytes} room @param {RoomWish} wish @param {number} [flags0] @param {RoomLink} [link]
 * @returns {Promise<MadeRoom>}
 */
async function firstRules(host, room, wish, flags0, link) {
  const page = wish.page ?? newHostPage();
  const pw = wish.password === undefined ? 0 : nextPw(0);
  const rulesText = writeRules({
    clock: { [page]: 1 },
    host: b64(host.publicKey),
    mode: wish.offRecord === false ? "standard" : "off",
    door: wish.door ?? "open",
    cap: wish.cap ?? 8,
    pw,
    ...(link && { link: { n: 1, id: b64(link.roomId) } }),
    members: [...(wish.members ?? [])],
    removed: [],
  });
  const pins = { room, hostPk: host.publicKey, ...(flags0 !== undefined && { flags0 }) };
  const state = await signState(host.privateKey, pins, rulesText, wish.now + (wish.lifetime ?? STATE_SECONDS));
  const made = { host, room, page, state };
  return wish.password === undefined ? made : { ...made, password: { pw, S: await stretch(wish.password, room, pw) } };
}
