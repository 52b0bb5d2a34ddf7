// @ts-check
/**
 * Candidates: read strictly, written anew from what is known, counted (section 5). They travel as messages of their
 * own and never inside descriptions, so that one place can say what an address may look like.
 */
import { SealError } from "./bytes.js";
import { CANDIDATES_PER_MINUTE } from "./limits.js";

/**
 * As `RTCIceCandidate.toJSON()` gives it, and `addIceCandidate` takes it.
 * @typedef {{candidate: string, sdpMid: string | null, sdpMLineIndex: number | null, usernameFragment?: string | null}} CandidateInit
 */

/** Longest line of a candidate that is read. */
const MAX_LENGTH = 512;
const MINUTE_MS = 60_000;
const TYPES = new Set(["host", "srflx", "prflx", "relay"]);
const TCP_TYPES = new Set(["active", "passive", "so"]);

/**
 * Judges a candidate and writes it anew; extensions that are not known are cut out.
 * @param {unknown} value from the other side, or from the own PeerConnection; an empty `candidate` ends a generation
 * @param {{relayOnly?: boolean}} [options] `relayOnly`: this device's address is hidden: of one's own, only those of the
 *   relay may leave, and without the address behind it
 * @returns {CandidateInit | null} null: not to be sent (`relayOnly`)
 * @throws {SealError} `bad-candidate`: neither IP literal nor `<uuid>.local`, or not of the form
 */
export function checkCandidate(value, { relayOnly = false } = {}) {
  const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = readInit(value);
  const rest = { sdpMid, sdpMLineIndex, ...(usernameFragment === null ? {} : { usernameFragment }) };
  if (candidate === "") return { candidate, ...rest };
  const parsed = parseCandidate(candidate);
  if (relayOnly && parsed.type !== "relay") return null;
  if (relayOnly) parsed.related = { address: "0.0.0.0", port: 9 };
  return { candidate: writeCandidate(parsed), ...rest };
}

/** 64 per pair and minute; one of these per pair and direction. */
export class CandidateBudget {
  /** @type {number[]} */
  #times = [];

  /** @param {number} now awake ms @returns {boolean} false: drop it */
  take(now) {
    this.#times = this.#times.filter((time) => now - time < MINUTE_MS);
    if (this.#times.length >= CANDIDATES_PER_MINUTE) return false;
    this.#times.push(now);
    return true;
  }
}

/**
 * @typedef {{foundation: string, component: number, transport: string, priority: number, address: string, port: number,
 *   type: string, related: {address: string, port: number} | null, tcpType: string, generation: string, ufrag: string}} Candidate
 */

/**
 * RFC 8839 §5.1.
 * @param {string} line with or without `candidate:` in front @returns {Candidate}
 * @throws {SealError} `bad-candidate`
 */
export function parseCandidate(line) {
  const [head = "", ...words] = line.replace(/^candidate:/, "").split(" ");
  const [component, transport = "", priority, address = "", port, typ, type = "", ...more] = words;
  const number = { component: whole(component, 1, 256), priority: whole(priority, 0, 2 ** 32 - 1), port: whole(port, 0, 65535) };
  const lower = transport.toLowerCase();
  const known = /^[A-Za-z0-9+/]{1,32}$/.test(head) && (lower === "udp" || lower === "tcp") && typ === "typ" && TYPES.has(type);
  if (line.length > MAX_LENGTH || !known || !isAddress(address, true) || more.length % 2 !== 0) throw refusal();
  const extensions = readExtensions(more);
  const related = readRelated(extensions);
  const tcpType = extensions.get("tcptype") ?? "";
  if ((lower === "tcp") !== TCP_TYPES.has(tcpType)) throw refusal();
  const generation = extensions.get("generation") ?? "";
  const ufrag = extensions.get("ufrag") ?? "";
  if (!/^\d{0,10}$/.test(generation) || !/^[A-Za-z0-9+/]{0,256}$/.test(ufrag)) throw refusal();
  return { foundation: head, ...number, transport: lower, address, type, related, tcpType, generation, ufrag };
}

/** @param {Candidate} candidate @returns {string} */
function writeCandidate({ foundation, component, transport, priority, address, port, type, related, tcpType, generation, ufrag }) {
  return [
    `candidate:${foundation} ${component} ${transport} ${priority} ${address} ${port} typ ${type}`,
    related && `raddr ${related.address} rport ${related.port}`,
    tcpType && `tcptype ${tcpType}`,
    generation && `generation ${generation}`,
    ufrag && `ufrag ${ufrag}`,
  ].filter(Boolean).join(" ");
}

/** @param {readonly string[]} words @returns {Map<string, string>} the first of each name @throws {SealError} */
function readExtensions(words) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i] ?? "";
    if (found.has(name)) throw refusal();
    found.set(name, words[i + 1] ?? "");
  }
  return found;
}

/** @param {Map<string, string>} extensions @returns {{address: string, port: number} | null} */
function readRelated(extensions) {
  const [address, port] = [extensions.get("raddr"), extensions.get("rport")];
  if (address === undefined && port === undefined) return null;
  if (address === undefined || !isAddress(address, false)) throw refusal();
  return { address, port: whole(port, 0, 65535) };
}

/**
 * An IP literal, or a name that multicast DNS alone resolves: any other name would send a stranger's choice to a resolver.
 * @param {string} address @param {boolean} orLocal @returns {boolean}
 */
function isAddress(address, orLocal) {
  if (orLocal && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local$/.test(address)) return true;
  return isIPv4(address) || isIPv6(address);
}

/** @param {string} address @returns {boolean} dotted decimal without leading zeros */
function isIPv4(address) {
  const bytes = address.split(".");
  return bytes.length === 4 && bytes.every((byte) => /^(?:0|[1-9]\d{0,2})$/.test(byte) && Number(byte) < 256);
}

/** RFC 4291 §2.2, without zone. @param {string} address @returns {boolean} */
function isIPv6(address) {
  const halves = address.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    const words = half === "" ? [] : half.split(":");
    const last = index === halves.length - 1 ? words.at(-1) : undefined;
    if (last?.includes(".")) {
      if (!isIPv4(last)) return false;
      words.pop();
      groups += 2;
    }
    if (!words.every((word) => /^[0-9A-Fa-f]{1,4}$/.test(word))) return false;
    groups += words.length;
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

/** @param {unknown} value @returns {{candidate: string, sdpMid: string | null, sdpMLineIndex: number | null, usernameFragment: string | null}} */
function readInit(value) {
  if (typeof value !== "object" || value === null) throw refusal();
  const { candidate, sdpMid = null, sdpMLineIndex = null, usernameFragment = null } = /** @type {Record<string, unknown>} */ (value);
  const mid = sdpMid === null || (typeof sdpMid === "string" && /^[A-Za-z0-9{}_-]{0,64}$/.test(sdpMid));
  const line = sdpMLineIndex === null || (typeof sdpMLineIndex === "number" && Number.isInteger(sdpMLineIndex) && sdpMLineIndex >= 0 && sdpMLineIndex < 32);
  const fragment = usernameFragment === null || (typeof usernameFragment === "string" && /^[A-Za-z0-9+/]{0,256}$/.test(usernameFragment));
  if (typeof candidate !== "string" || !mid || !line || !fragment || (sdpMid === null && sdpMLineIndex === null)) throw refusal();
  return /** @type {ReturnType<typeof readInit>} */ ({ candidate, sdpMid, sdpMLineIndex, usernameFragment });
}

/** @param {string | undefined} word @param {number} least @param {number} most @returns {number} */
function whole(word, least, most) {
  const value = /^(?:0|[1-9]\d{0,9})$/.test(word ?? "") ? Number(word) : -1;
  if (value < least || value > most) throw refusal();
  return value;
}

/** @returns {SealError} */
function refusal() {
  return new SealError("bad-candidate");
}
