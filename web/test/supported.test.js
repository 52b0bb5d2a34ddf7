// What a browser may lack, each said in its own sentence. The module is loaded anew for each, as it tries at its start.

import assert from "node:assert/strict";
import { test } from "node:test";
import { install } from "./fakes/rtc.js";

install();
globalThis.WebSocket ??= /** @type {any} */ (class {});
let loads = 0;

/**
 * What it says while this environment is without something.
 * @param {() => () => void} without takes it away, and returns what puts it back
 */
async function saysWithout(without) {
  const back = without();
  try {
    return (await import(`../sdk/supported.js?${loads++}`)).supported();
  } finally {
    back();
  }
}

/** @param {object} owner @param {string} name @param {unknown} value */
function put(owner, name, value) {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => {
    if (before) Object.defineProperty(owner, name, before);
    else Reflect.deleteProperty(owner, name);
  };
}

/** @param {string} curve */
function withoutCurve(curve) {
  const { subtle } = crypto;
  const generateKey = (/** @type {any} */ algorithm, /** @type {any[]} */ ...rest) =>
    algorithm === curve ? Promise.reject(new DOMException("", "NotSupportedError")) : /** @type {any} */ (subtle.generateKey)(algorithm, ...rest);
  return put(globalThis, "crypto", { subtle: { generateKey } });
}

class NoRaw {
  constructor(/** @type {string} */ format) {
    if (format === "deflate-raw") throw new TypeError("Unsupported format");
  }
}

/** @type {[code: string, what: RegExp, without: () => () => void][]} */
const cases = [
  ["not-secure", /https/, () => put(globalThis, "isSecureContext", false)],
  ["no-crypto", /encryption/, () => put(globalThis, "crypto", {})],
  ["no-x25519", /X25519/, () => withoutCurve("X25519")],
  ["no-ed25519", /Ed25519/, () => withoutCurve("Ed25519")],
  ["no-deflate", /deflate-raw/, () => put(globalThis, "CompressionStream", NoRaw)],
  ["no-deflate", /deflate-raw/, () => put(globalThis, "DecompressionStream", undefined)],
  ["no-websocket", /WebSocket/, () => put(globalThis, "WebSocket", undefined)],
  ["no-webrtc", /calls/, () => put(globalThis, "RTCPeerConnection", undefined)],
  ["no-webrtc", /calls/, () => put(RTCPeerConnection, "generateCertificate", undefined)],
];

test("with everything there, it is supported, and after each of these tests again", async () => {
  assert.deepEqual(await saysWithout(() => () => {}), { ok: true });
});

for (const [code, what, without] of cases) {
  test(`without it: ${code}, ${what}`, async () => {
    const support = await saysWithout(without);
    assert.deepEqual([support.ok, support.code], [false, code]);
    assert.match(support.text, what);
    assert.deepEqual(await saysWithout(() => () => {}), { ok: true });
  });
}

test("of several, what hides the others is said", async () => {
  const both = () => {
    const back = [put(globalThis, "isSecureContext", false), put(globalThis, "crypto", {}), put(globalThis, "RTCPeerConnection", undefined)];
    return () => back.reverse().forEach((undo) => undo());
  };
  assert.equal((await saysWithout(both)).code, "not-secure");
});
