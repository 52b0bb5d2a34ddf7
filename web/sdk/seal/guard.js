// @ts-check
/**
 * Guard: what a session description must be before a browser may see it, and what is left of it (section 5).
 *
 * Browsers check fingerprints leniently (one of several lines may do), connect without BUNDLE, and Firefox opens
 * connections for `a=identity`. So every description, received or our own, goes through here: read strictly, judged,
 * and written anew from what a list allows. Candidates travel apart (`candidates.js`). Parses; does not negotiate.
 */
import { equal, SealError } from "./bytes.js";

/**
 * Which rule was broken, for tests and logs: never a value from the description.
 * @typedef {"form" | "line" | "forbidden" | "fingerprint" | "bundle" | "section" | "transport"} Broken
 */

/** A description that breaks a rule of section 5. It must not reach a PeerConnection; the pair ends, red (section 10). */
export class GuardRefusal extends SealError {
  /** @param {Broken} rule @param {string} [detail] */
  constructor(rule, detail) {
    super("bad-description", detail === undefined ? rule : `${rule}, ${detail}`);
    this.name = "GuardRefusal";
    this.rule = rule;
  }
}

/** A part of the description, by its mid. `live`: media may flow. @typedef {{kind: "audio" | "video" | "application", mid: string, live: boolean}} Section */

/** Longest description, in characters, and most sections (section 5). */
export const MAX_SDP = 200_000;
const MAX_SECTIONS = 32;

/** Attributes that make the whole refused, whatever the rest says. */
const FORBIDDEN = new Set(["identity", "crypto", "ice-lite", "key-mgmt", "zrtp-hash"]);
/** Attributes that stay as they are; all others are cut out. */
const KEPT_IN_SESSION = new Set(["extmap-allow-mixed", "ice-options", "msid-semantic"]);
const KEPT_IN_SECTION = new Set([
  "bundle-only", "extmap", "extmap-allow-mixed", "fmtp", "ice-options", "ice-pwd", "ice-ufrag", "inactive",
  "max-message-size", "maxptime", "mid", "msid", "ptime", "recvonly", "rid", "rtcp-fb", "rtcp-mux", "rtcp-rsize",
  "rtpmap", "sctp-port", "sendonly", "sendrecv", "setup", "simulcast", "ssrc", "ssrc-group",
]);
/** The only transports: DTLS under everything. */
const PROTOCOLS = { audio: "UDP/TLS/RTP/SAVPF", video: "UDP/TLS/RTP/SAVPF", application: "UDP/DTLS/SCTP" };

/**
 * Judges a description and writes what is left of it. Its own output passes unchanged.
 * @param {string} sdp CRLF lines
 * @param {Uint8Array} fp 32 bytes: `core.fp` of whoever made the description
 * @param {{role?: "active" | "passive"}} [options] `role`: the DTLS role that its maker has on this connection since the
 *   first answer. Firefox forgets its own when it answers a later offer that leaves the choice (`actpass`), and Chromium
 *   then refuses that answer; so the choice is not left
 * @returns {{sdp: string, sections: Section[], setup: string}} `sdp` carries one fingerprint, no candidates, no
 *   addresses; `setup`: what it says of the DTLS role, of an answer the role that its maker has from now on
 * @throws {GuardRefusal}
 */
export function guardDescription(sdp, fp, { role } = {}) {
  const [session, ...media] = parts(lines(sdp));
  if (session === undefined || media.length < 1 || media.length > MAX_SECTIONS) throw new GuardRefusal("section");
  const parsed = media.map(readSection);
  checkFingerprints(session, media, parsed, fp);
  checkSections(parsed);
  checkBundle(session, media, parsed);
  const kept = [...writeSession(session, fp), ...media.flatMap((part, index) => writeSection(part, parsed[index]))];
  const out = role === undefined ? kept : kept.map((line) => (line === "a=setup:actpass" ? `a=setup:${role}` : line));
  const setupOf = out.find((line) => line.startsWith("a=setup:"))?.slice(8) ?? "";
  return { sdp: out.map((line) => `${line}\r\n`).join(""), setup: setupOf, sections: parsed.map(({ kind, mid, live }) => ({ kind, mid, live })) };
}

/** @param {string} sdp @returns {string[]} @throws {GuardRefusal} */
function lines(sdp) {
  if (typeof sdp !== "string" || sdp.length > MAX_SDP || !sdp.endsWith("\r\n")) throw new GuardRefusal("form");
  const all = sdp.slice(0, -2).split("\r\n");
  for (const line of all) {
    // Nothing but printable ASCII: no lone CR or LF, no NUL, nothing that two parsers may see differently.
    if (!/^[abcmostv]=[\x20-\x7e]*$/.test(line)) throw new GuardRefusal("line");
    const name = attribute(line)?.toLowerCase();
    if (name !== undefined && FORBIDDEN.has(name.trim())) throw new GuardRefusal("forbidden");
  }
  if (all[0] !== "v=0") throw new GuardRefusal("form");
  return all;
}

/** @param {readonly string[]} all @returns {string[][]} the session part, then one per `m=` */
function parts(all) {
  /** @type {string[][]} */
  const found = [[]];
  for (const line of all) {
    if (line.startsWith("m=")) found.push([]);
    /** @type {string[]} */ (found.at(-1)).push(line);
  }
  return found;
}

/** Name of an `a=` line as it is spelt. @param {string} line @returns {string | undefined} */
function attribute(line) {
  return line.startsWith("a=") ? (line.slice(2).split(":", 1)[0] ?? "") : undefined;
}

/** @param {readonly string[]} part @param {string} name @returns {string[]} values of the attribute, "" for a flag */
function values(part, name) {
  return part.filter((line) => attribute(line) === name).map((line) => line.slice(name.length + 3));
}

/**
 * @param {readonly string[]} part
 * @returns {Section & {formats: string, port: string}}
 */
function readSection(part) {
  const match = /^m=(audio|video|application) (\d{1,5}) (\S+) ([\x21-\x7e]+(?: [\x21-\x7e]+)*)$/.exec(part[0] ?? "");
  if (!match) throw new GuardRefusal("section", "m line");
  const [, media, port = "", protocol, formats = ""] = match;
  const kind = /** @type {Section["kind"]} */ (media);
  if (protocol !== PROTOCOLS[kind] || Number(port) > 65535) throw new GuardRefusal("transport");
  if (kind === "application" ? formats !== "webrtc-datachannel" : !/^\d{1,3}(?: \d{1,3})*$/.test(formats)) throw new GuardRefusal("section", "formats");
  const mids = values(part, "mid");
  const [mid] = mids;
  if (mids.length !== 1 || mid === undefined || !/^[A-Za-z0-9{}_-]{1,64}$/.test(mid)) throw new GuardRefusal("section", "mid");
  const bundleOnly = values(part, "bundle-only").length > 0;
  const live = Number(port) !== 0 || bundleOnly;
  return { kind, mid, live, formats, port: Number(port) === 0 ? "0" : "9" };
}

/**
 * Every fingerprint there is equals `fp`, and every live section is covered by one.
 * @param {readonly string[]} session @param {readonly string[][]} media @param {readonly Section[]} sections @param {Uint8Array} fp
 */
function checkFingerprints(session, media, sections, fp) {
  // By any spelling of the name: some parsers do not mind.
  const lists = [session, ...media].map((part) => part.filter((line) => attribute(line)?.trim().toLowerCase() === "fingerprint"));
  for (const line of lists.flat()) {
    const match = /^a=fingerprint:sha-256 ((?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2})$/.exec(line);
    if (!match?.[1] || !equal(Uint8Array.from(match[1].split(":"), (pair) => Number.parseInt(pair, 16)), fp)) {
      throw new GuardRefusal("fingerprint");
    }
  }
  const [all = [], ...each] = lists;
  if (all.length === 0 && sections.some(({ live }, index) => live && each[index]?.length === 0)) throw new GuardRefusal("fingerprint", "none");
}

/** @param {readonly Section[]} sections */
function checkSections(sections) {
  if (new Set(sections.map(({ mid }) => mid)).size !== sections.length) throw new GuardRefusal("section", "mid twice");
  const data = sections.filter(({ kind }) => kind === "application");
  if (data.length !== 1 || !data[0]?.live) throw new GuardRefusal("section", "application");
}

/**
 * One transport for everything: one BUNDLE group with every live mid and no dead one, rtcp-mux on media.
 * @param {readonly string[]} session @param {readonly string[][]} media @param {readonly Section[]} sections
 */
function checkBundle(session, media, sections) {
  const groups = values(session, "group").filter((value) => /^BUNDLE(?: |$)/i.test(value));
  if (groups.length !== 1 || media.some((part) => values(part, "group").length > 0)) throw new GuardRefusal("bundle");
  const [word, ...mids] = (groups[0] ?? "").split(" ");
  const live = new Set(sections.filter((section) => section.live).map(({ mid }) => mid));
  if (word !== "BUNDLE" || mids.length !== live.size || new Set(mids).size !== mids.length) throw new GuardRefusal("bundle");
  if (mids.some((mid) => !live.has(mid))) throw new GuardRefusal("bundle");
  const unmuxed = (/** @type {Section} */ { kind, live: on }, /** @type {number} */ index) =>
    on && kind !== "application" && values(media[index] ?? [], "rtcp-mux").length === 0;
  if (sections.some(unmuxed)) throw new GuardRefusal("bundle", "rtcp-mux");
}

/**
 * @param {readonly string[]} part @param {Uint8Array} fp @returns {string[]}
 */
function writeSession(part, fp) {
  const origin = /^o=\S+ (\d{1,20}) (\d{1,20}) IN IP[46] \S+$/.exec(part.find((line) => line.startsWith("o=")) ?? "");
  if (!origin) throw new GuardRefusal("line", "o");
  const setups = values(part, "setup").map((value) => `a=setup:${setup(value)}`);
  const bundle = values(part, "group").filter((value) => value.startsWith("BUNDLE")).map((value) => `a=group:${value}`);
  const credentials = part.filter((line) => ["ice-ufrag", "ice-pwd"].includes(attribute(line) ?? ""));
  const kept = part.filter((line) => KEPT_IN_SESSION.has(attribute(line) ?? ""));
  return [
    "v=0",
    `o=- ${origin[1]} ${origin[2]} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    ...bundle,
    ...credentials,
    ...setups,
    ...kept,
    `a=fingerprint:sha-256 ${Array.from(fp, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":")}`,
  ];
}

/**
 * @param {readonly string[]} part @param {ReturnType<typeof readSection> | undefined} section @returns {string[]}
 */
function writeSection(part, section) {
  if (section === undefined) throw new GuardRefusal("section");
  const { kind, port, formats } = section;
  const kept = part.filter((line) => KEPT_IN_SECTION.has(attribute(line) ?? ""));
  for (const value of values(part, "setup")) setup(value);
  const bandwidth = part.filter((line) => /^b=(?:AS|TIAS):\d{1,10}$/.test(line));
  return [`m=${kind} ${port} ${PROTOCOLS[kind]} ${formats}`, "c=IN IP4 0.0.0.0", ...bandwidth, ...kept];
}

/** @param {string} value @returns {string} */
function setup(value) {
  if (value !== "actpass" && value !== "active" && value !== "passive") throw new GuardRefusal("transport", "setup");
  return value;
}
