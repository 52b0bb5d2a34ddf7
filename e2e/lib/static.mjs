/**
 * Serves one HTML text on loopback, for the tests of the harness itself: `node static.mjs PORT`, the text on
 * standard input. Every path has the same page; the request paths are printed.
 */

import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const page = await text(process.stdin);
createServer((request, response) => {
  process.stdout.write(`${request.url}\n`);
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.setHeader("content-security-policy", "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'");
  response.end(page);
}).listen(Number(process.argv[2]), "127.0.0.1");
