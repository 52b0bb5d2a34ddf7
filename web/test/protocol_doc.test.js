// docs/protocol.md is a fixture: what it shows from the server is read, what it shows from the page is printed back.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { format, isNumbered, parse } from "../sdk/protocol.js";
import { Unreadable } from "../sdk/read.js";

const page = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/^```json (client|server)\n(.*?)\n```$/gms)].map(([, side, json]) => ({ side, json: /** @type {string} */ (json) }));
const of = (side) => blocks.filter((block) => block.side === side).map((block) => block.json);

test("the document has examples of both sides", () => {
  assert.ok(of("server").length >= 14, "server blocks");
  assert.ok(of("client").length >= 13, "client blocks");
});

for (const json of of("server")) {
  const { t } = JSON.parse(json);
  test(`server: ${t} ${json.length} is read whole and known by type`, () => {
    const message = parse(json);
    assert.notEqual(message.t, "unknown");
    // All that the document shows is something the page knows; nothing is added.
    assert.deepEqual(message, JSON.parse(json));
    assert.equal(message.s > 0, isNumbered(message.t));
  });

  test(`server: ${t} ${json.length} with any field gone, or of another type, does not pass for whole`, () => {
    const optional = new Set(["re", "away", "retry_ms", "username", "credential", "room_box", "box_sig", "keeps", "blobs", "relay"]);
    for (const [path, name] of leaves(JSON.parse(json))) {
      const broken = JSON.parse(json);
      const parent = path.reduce((at, key) => at[key], broken);
      parent[name] = typeof parent[name] === "object" ? 7 : {};
      assert.throws(() => parse(JSON.stringify(broken)), Unreadable, `${path}.${name} of another type`);
      if (Array.isArray(parent) || optional.has(name)) continue;
      delete parent[name];
      assert.throws(() => parse(JSON.stringify(broken)), Unreadable, `${path}.${name} missing`);
    }
  });
}

for (const json of of("client")) {
  const message = JSON.parse(json);
  test(`client: ${message.t} ${json.length} is printed as the document has it`, () => {
    assert.equal(format(message), json);
    // The order of fields is ours, whatever order the caller had; and nothing else gets out.
    const d = Object.fromEntries([...Object.entries(message.d), ["secret", 1]].reverse());
    assert.equal(format({ ...message, d }), json);
    assert.equal(message.s > 0, isNumbered(message.t));
  });
}

test("a type of a later version is known as unknown, with its number", () => {
  assert.deepEqual(parse('{"t":"weather","s":9,"a":3,"d":{"sun":true}}'), { t: "unknown", s: 9, a: 3, d: {} });
  assert.deepEqual(parse('{"t":"toString","s":9,"a":3,"d":{}}'), { t: "unknown", s: 9, a: 3, d: {} });
  assert.deepEqual(parse('{"t":"__proto__","s":9,"a":3,"d":{}}'), { t: "unknown", s: 9, a: 3, d: {} });
});

test("unknown fields of the server stay behind", () => {
  assert.deepEqual(parse('{"t":"pong","s":0,"a":1,"x":1,"d":{"y":2,"__proto__":{"z":1}}}'), { t: "pong", s: 0, a: 1, d: {} });
});

/** @param {unknown} relay */
const welcome = (relay) => JSON.stringify({ t: "welcome", s: 0, a: 0, d: { v: 1, session: "A".repeat(22), token: "A".repeat(43), ping_ms: 20000, hold_ms: 30000, frame_bytes: 65536, relay } });

test("a welcome has eight addresses of a relay at most, or none", () => {
  const most = Array(8).fill("x".repeat(512));
  assert.deepEqual(/** @type {any} */ (parse(welcome(most))).d.relay, most);
  assert.deepEqual(/** @type {any} */ (parse(welcome([]))).d.relay, []);
});

for (const [what, line] of /** @type {const} */ ([
  ["no JSON", "{"],
  ["a list", "[]"],
  ["null", "null"],
  ["a string", '"pong"'],
  ["no sequence", '{"t":"pong","a":0,"d":{}}'],
  ["a negative sequence", '{"t":"pong","s":-1,"a":0,"d":{}}'],
  ["a fraction", '{"t":"pong","s":0.5,"a":0,"d":{}}'],
  ["2^32", '{"t":"pong","s":4294967296,"a":0,"d":{}}'],
  ["a pid of seven bytes", '{"t":"signal","s":1,"a":0,"d":{"from":"q83vEjRWeA","body":""}}'],
  ["a pid spelt otherwise", '{"t":"signal","s":1,"a":0,"d":{"from":"q83vEjRWeJB","body":""}}'],
  ["a body that is too long", JSON.stringify({ t: "signal", s: 1, a: 0, d: { from: "q83vEjRWeJA", body: "x".repeat(49153) } })],
  ["too many seats", JSON.stringify({ t: "view", s: 1, a: 0, d: { n: 1, seats: Array(65).fill({ pid: "q83vEjRWeJA" }), porch: [], states: [] } })],
  ["a ninth address of the relay", welcome(Array(9).fill("turn:a"))],
  ["an address of the relay that is too long", welcome(["x".repeat(513)])],
  ["one address in the place of a list", welcome("turn:a")],
])) {
  test(`${what} is unreadable`, () => assert.throws(() => parse(line), Unreadable));
}

/** All (path, name) of a value, outermost first, without the type, which decides all else. @param {any} value @param {string[]} path */
function leaves(value, path = []) {
  return Object.keys(value).filter((name) => !(path.length === 0 && name === "t")).flatMap((name) => [
    [path, name],
    ...(typeof value[name] === "object" ? leaves(value[name], [...path, name]) : []),
  ]);
}
