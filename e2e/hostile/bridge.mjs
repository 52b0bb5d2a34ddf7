/**
 * Two pipes between a network namespace and the test outside of it: what browsers connect to (TCP, inside) comes out
 * at a Unix socket of the test, and what the test connects to (another Unix socket) goes in to the real server.
 *
 *     node bridge.mjs PORT_OF_BROWSERS SOCKET_OF_TEST SOCKET_FOR_TEST PORT_OF_SERVER
 *
 * Started by server.mjs inside the namespace. It understands nothing of what it carries.
 */

import { connect, createServer } from "node:net";

const [listenPort = "", testSocket = "", serverSocket = "", serverPort = ""] = process.argv.slice(2);

/** @param {import("node:net").Socket} a @param {import("node:net").Socket} b */
function join(a, b) {
  for (const [one, other] of [[a, b], [b, a]]) {
    one?.on("error", () => other?.destroy());
    one?.on("close", () => other?.destroy());
  }
  a.pipe(b).pipe(a);
}

const browsers = createServer((socket) => join(socket, connect(testSocket)));
const server = createServer((socket) => join(socket, connect(Number(serverPort), "127.0.0.1")));
server.listen(serverSocket, () => {
  browsers.listen(Number(listenPort), "127.0.0.1", () => process.stdout.write("bridge ready\n"));
});
