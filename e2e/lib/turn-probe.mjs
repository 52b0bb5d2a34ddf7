/**
 * A TURN client of one socket that asks a relay two questions: may I allocate, may I refresh (RFC 8656 §7, §8)?
 *
 * Runs inside a namespace (`node turn-probe.mjs HOST PORT`) and is spoken to by lines of JSON: `{ ask: "allocate"
 * or "refresh", username, credential }` is answered by `{ code }`: 0 for success, the STUN error code, or -1 for
 * silence. `TurnProbe` is the other end of those lines. No permissions, channels or data.
 */

import { Buffer } from "node:buffer";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{ ask: "allocate" | "refresh", username: string, credential: string }} Question
 * @typedef {{ code: number }} Answer
 */

const MAGIC = 0x2112a442;
const METHODS = { allocate: 0x0003, refresh: 0x0004 };
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const LIFETIME = 0x000d;
const REALM = 0x0014;
const NONCE = 0x0015;
const REQUESTED_TRANSPORT = 0x0019;

/** The parent's end: the probe as a child inside the namespace, with one socket for its whole life. */
export class TurnProbe {
  /**
   * @param {import("./namespace.mjs").Namespace} namespace
   * @param {string} host
   * @param {number} port
   */
  constructor(namespace, host, port) {
    this.child = namespace.start([process.execPath, fileURLToPath(import.meta.url), host, String(port)]);
    this.answers = 0;
  }

  /**
   * @param {Question} question
   * @returns {Promise<number>} 0 for success, a STUN error code, or -1 for silence
   */
  async ask(question) {
    const number = ++this.answers;
    this.child.process.stdin?.write(`${JSON.stringify(question)}\n`);
    const [, answer = ""] = await this.child.line(new RegExp(`^${number} (.*)$`), 5000, "the TURN probe does not answer");
    return /** @type {Answer} */ (JSON.parse(answer)).code;
  }
}

/**
 * @param {number} type
 * @param {Buffer} value
 */
function attribute(type, value) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/**
 * @param {number} method
 * @param {Buffer[]} attributes
 * @param {Buffer} [key] adds MESSAGE-INTEGRITY (RFC 8489 §14.5)
 */
function message(method, attributes, key) {
  const body = Buffer.concat(attributes);
  const head = Buffer.alloc(20);
  head.writeUInt16BE(method, 0);
  head.writeUInt16BE(body.length + (key ? 24 : 0), 2);
  head.writeUInt32BE(MAGIC, 4);
  randomBytes(12).copy(head, 8);
  const plain = Buffer.concat([head, body]);
  return key ? Buffer.concat([plain, attribute(MESSAGE_INTEGRITY, createHmac("sha1", key).update(plain).digest())]) : plain;
}

/**
 * @param {Buffer} packet
 * @returns {Map<number, Buffer>} attributes by type
 */
function attributesOf(packet) {
  const found = new Map();
  for (let at = 20; at + 4 <= packet.length; ) {
    const length = packet.readUInt16BE(at + 2);
    found.set(packet.readUInt16BE(at), packet.subarray(at + 4, at + 4 + length));
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return found;
}

/**
 * One transaction, sent three times at most.
 * @param {import("node:dgram").Socket} socket
 * @param {Buffer} request
 * @returns {Promise<Buffer | null>}
 */
function transact(socket, request) {
  return new Promise((resolve) => {
    let left = 2;
    const timer = setInterval(() => (left-- > 0 ? socket.send(request) : finish(null)), 400);
    socket.on("message", take);
    socket.send(request);

    /** @param {Buffer} packet */
    function take(packet) {
      if (packet.subarray(8, 20).equals(request.subarray(8, 20))) finish(packet);
    }
    /** @param {Buffer | null} packet */
    function finish(packet) {
      clearInterval(timer);
      socket.off("message", take);
      resolve(packet);
    }
  });
}

/**
 * The long-term credential dance of RFC 8489 §9.2: ask bare, then with the realm and nonce of the refusal.
 * @param {import("node:dgram").Socket} socket
 * @param {Question} question
 * @returns {Promise<number>}
 */
async function askRelay(socket, { ask, username, credential }) {
  const own =
    ask === "allocate" ? [attribute(REQUESTED_TRANSPORT, Buffer.from([17, 0, 0, 0]))] : [attribute(LIFETIME, Buffer.from([0, 0, 2, 0x58]))];
  let request = message(METHODS[ask], own);
  let code = -1;
  for (let attempt = 0; attempt < 3; attempt++) {
    const answer = await transact(socket, request);
    if (!answer) return -1;
    const attributes = attributesOf(answer);
    const error = attributes.get(ERROR_CODE);
    if (!error) return 0;
    code = (error[2] ?? 0) * 100 + (error[3] ?? 0);
    const realm = attributes.get(REALM);
    const nonce = attributes.get(NONCE);
    const challenged = (code === 401 && attempt === 0) || code === 438;
    if (!challenged || !realm || !nonce) return code;
    const key = createHash("md5").update(`${username}:${realm.toString()}:${credential}`).digest();
    const who = [attribute(USERNAME, Buffer.from(username)), attribute(REALM, realm), attribute(NONCE, nonce)];
    request = message(METHODS[ask], [...own, ...who], key);
  }
  return code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , host = "", port = ""] = process.argv;
  const socket = createSocket("udp4");
  socket.connect(Number(port), host);
  socket.on("connect", async () => {
    let number = 0;
    for await (const line of createInterface({ input: process.stdin })) {
      const code = await askRelay(socket, JSON.parse(line));
      process.stdout.write(`${++number} ${JSON.stringify({ code })}\n`);
    }
    socket.close();
  });
}
