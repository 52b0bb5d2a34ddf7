// docs/protocol.schema.json and docs/asyncapi.yaml, which the server's types have made, judged by the validators of others:
// every example of docs/protocol.md is valid, what is bent is not, and every reference leads somewhere.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import { parse as parseYaml } from "yaml";

const read = (name) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
const schema = JSON.parse(read("protocol.schema.json"));
const ajv = new Ajv2020.default({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(schema, "protocol");
/** What is wrong with a value by this part of the schema; empty if nothing. */
const wrong = (part, value) => {
  const validate = ajv.getSchema(`protocol#/$defs/${part}`);
  assert.ok(validate, part);
  return validate(value) ? "" : ajv.errorsText(validate.errors);
};

const page = read("protocol.md");
const frames = [];
for (const [, kind, text] of page.matchAll(/^```json (client|server|up|down|opened)\n(.*?)\n```$/gms)) {
  const lines = /** @type {string} */ (text).split("\n");
  // A batch is a head and then frames.
  const side = { client: "client", up: "client", server: "server", down: "server", opened: "opened" }[kind];
  for (const line of kind === "up" || kind === "down" ? lines.slice(1) : lines) frames.push({ side, frame: JSON.parse(line) });
}

test("every example is valid", () => {
  assert.ok(frames.length > 40, `${frames.length} frames`);
  for (const { side, frame } of frames) assert.equal(wrong(side, frame), "", `${side} ${frame.t}`);
});

test("every type of message has an example", () => {
  const shown = new Set(frames.map(({ side, frame }) => `${side}.${frame.t}`));
  // It looks the same from both sides; the document shows the page's.
  shown.add("server.ack");
  const named = Object.keys(schema.$defs).filter((name) => name.includes("."));
  assert.deepEqual(named.sort(), [...shown].filter((name) => !name.startsWith("opened")).sort());
});

test("what is bent is not valid", () => {
  for (const { side, frame } of frames.filter(({ side }) => side !== "opened")) {
    const part = `${side}.${frame.t}`;
    for (const bent of [{ ...frame, s: -1 }, { ...frame, a: 2 ** 32 }, { ...frame, t: "other" }, { ...frame, d: [] }, { ...frame, d: undefined }]) {
      assert.notEqual(wrong(part, JSON.parse(JSON.stringify(bent))), "", part);
    }
    if (side === "client") {
      assert.notEqual(wrong(part, { ...frame, more: 1 }), "", part);
      assert.notEqual(wrong(part, { ...frame, d: { ...frame.d, more: 1 } }), "", part);
    } else {
      assert.equal(wrong(part, { ...frame, more: 1, d: { ...frame.d, more: 1 } }), "", `${part}: pages ignore what is new`);
    }
  }
  const look = frames.find(({ frame }) => frame.t === "look")?.frame;
  for (const room_id of ["AAECAwQFBgcICQo", "AAECAwQFBgcICQoL=", "AAECAwQFBgcICQo+", 7]) {
    assert.notEqual(wrong("client", { ...look, d: { room_id } }), "", String(room_id));
  }
});

test("AsyncAPI has every message on both carriers, and every reference leads somewhere", () => {
  const api = parseYaml(read("asyncapi.yaml"));
  const named = Object.keys(schema.$defs).filter((name) => name.includes("."));
  assert.equal(api.asyncapi, "3.0.0");
  assert.deepEqual(Object.keys(api.components.messages), Object.keys(api.channels.websocket.messages));
  assert.deepEqual(Object.keys(api.components.messages).sort(), named.sort());
  for (const channel of ["websocket", "polling"]) {
    assert.deepEqual(Object.keys(api.channels[channel].messages).sort(), named);
    const operated = ["receive", "send"].flatMap((action) => api.operations[`${channel}.${action}`].messages.map((message) => message.$ref.split("/").at(-1)));
    assert.deepEqual(operated.sort(), named);
  }
  const references = [];
  const walk = (value) => {
    if (typeof value !== "object" || value === null) return;
    if (typeof value.$ref === "string") references.push(value.$ref);
    Object.values(value).forEach(walk);
  };
  walk(api);
  assert.ok(references.length > named.length * 5);
  for (const reference of references) {
    const [file, path] = reference.split("#/");
    const root = { "": api, "protocol.schema.json": schema }[file];
    const found = path.split("/").reduce((at, key) => at?.[key], root);
    assert.ok(found, reference);
  }
});
