/**
 * Carries messages between standard input and output (one per line) and a WebSocket.
 *
 * Runs inside a namespace, where the browser's control port is, for a parent that is outside:
 * `node --experimental-websocket carry.mjs ws://127.0.0.1:PORT/session`. The flag is for Node 20 and 21; later
 * ones have `WebSocket` anyway and accept it still.
 */

import { createInterface } from "node:readline";

const socket = new WebSocket(process.argv[2] ?? "");
socket.addEventListener("open", () => {
  createInterface({ input: process.stdin }).on("line", (line) => socket.send(line)).on("close", () => process.exit(0));
});
socket.addEventListener("message", ({ data }) => process.stdout.write(`${data}\n`));
socket.addEventListener("close", () => process.exit(0));
socket.addEventListener("error", () => {
  process.stderr.write("carry: the WebSocket failed\n");
  process.exit(1);
});
