/**
 * A proxy that knows no `Upgrade`, as in some offices and hotels: WebSockets do not get through it until its standard
 * input says "open". On loopback: `node no_upgrade.mjs PORT PORT_OF_THE_SERVER`.
 *
 * It is a witness: it prints a line for each WebSocket (`websocket refused`, and once it is open what the server says first to
 * the session: `websocket resumed`) and for each batch of a poll, with the types of its frames (`up hello`, `down welcome`).
 */

import { Buffer } from "node:buffer";
import { createServer, request } from "node:http";
import { connect } from "node:net";

const [port, serverPort] = process.argv.slice(2).map(Number);
/** Of what a WebSocket brings, so much is looked through, bytes: the server's first words are short. */
const FIRST_WORDS = 4096;

const say = (/** @type {string} */ line) => process.stdout.write(`${line}
`);

/** @param {string} direction @param {Buffer[]} chunks */
function sayTypes(direction, chunks) {
  const types = [...Buffer.concat(chunks).toString().matchAll(/^\{"t":"([a-z-]+)"/gm)].map(([, type]) => type);
  if (types.length > 0) say([direction, ...types].join(" "));
}

const proxy = createServer((incoming, outgoing) => {
  const { connection: _, upgrade, ...headers } = incoming.headers;
  if (upgrade) say("websocket refused");
  const isPoll = incoming.url === "/poll";
  // A connection for each: what a page meets here is of its own making.
  const asked = request({ host: "127.0.0.1", port: serverPort, method: incoming.method, path: incoming.url, headers, agent: false }, (answer) => {
    const { connection: __, upgrade: ___, ...rest } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, rest);
    /** @type {Buffer[]} */
    const down = [];
    answer.on("data", (chunk) => down.push(chunk)).on("end", () => isPoll && sayTypes("down", down)).on("error", () => outgoing.destroy());
    answer.pipe(outgoing);
  });
  asked.on("error", () => {
    if (!outgoing.headersSent) outgoing.writeHead(502);
    outgoing.end();
  });
  outgoing.on("close", () => asked.destroy());
  /** @type {Buffer[]} */
  const up = [];
  incoming.on("data", (chunk) => up.push(chunk)).on("end", () => isPoll && sayTypes("up", up));
  incoming.pipe(asked);
});

process.stdin.once("data", () => {
  proxy.on("upgrade", (incoming, socket, head) => {
    const server = connect(serverPort ?? 0, "127.0.0.1");
    const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
    for (let i = 0; i < incoming.rawHeaders.length; i += 2) lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
    server.write(`${lines.join("\r\n")}\r\n\r\n`);
    server.write(head);
    let words = "";
    const listen = (/** @type {Buffer} */ chunk) => {
      words += chunk.toString("latin1");
      const [, type] = words.match(/"t":"(welcome|resumed|gone)"/) ?? [];
      if (type) say(`websocket ${type}`);
      if (type || words.length > FIRST_WORDS) server.off("data", listen);
    };
    server.on("data", listen);
    server.pipe(socket).pipe(server);
    for (const [one, other] of [[server, socket], [socket, server]]) one?.on("error", () => other?.destroy()).on("close", () => other?.destroy());
  });
  say("open");
});
process.stdin.on("end", () => process.exit(0));

proxy.listen(port, "127.0.0.1", () => say("ready"));
