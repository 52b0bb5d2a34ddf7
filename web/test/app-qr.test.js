// QR codes: the same modules as a stranger's, python-qrcode 8.2, which made these hashes (level M, bytes, given mask, no border):
// SHA-256 of the rows as ones and zeros, joined by line feeds.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { qrOf } from "../app/qr.js";

const strangers = /** @type {const} */ ([
  ["a", 0, 21, "ad65f877bf9411d14b0b2efbc0ca7dfffd44b86e4c5f662689ac17016c5d1b0e"],
  ["https://meet.example.org/r/choir", 1, 29, "64a02685d87fa9cef1495fbe59460ec77be8a37dbfe97ab24206f6d08766fa94"],
  ["https://meet.example.org/#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", 0, 33, "a88e8aa30f8b2ab38c95b79540f06aead6ac942189518f00825032c522e3c934"],
  ["https://meet.example.org/#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", 1, 33, "3a43ebe84767e705bc07dedafeeefd8b4c844431a173af857edc726c0a2bc154"],
  ["https://meet.example.org/#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", 2, 33, "943c4e489fb24d00bd1d97a95aedd1411060087cbf030228a62e598610eb7ee7"],
  ["https://meet.example.org/#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", 3, 33, "13151fe0cb3afb85ae0c1510565ae71f40c3422afe0d784adc353a880549ed6f"],
  ["https://meet.example.org/#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", 4, 33, "67b42095511946ae34de85e60c6d3cb3b29e283b29f423f98d62ea471d3ee43e"],
  ["https://meet.example.org/#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", 5, 33, "a0f8df342da527de625eaa509f3de21fa6595d09139928a983ab5b2d9762bcdf"],
  ["https://meet.example.org/#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", 6, 33, "1cbbda7c6cf590f1dafd5870fb117778c3c44c0f11d468b46edf0db1e9b733cd"],
  ["https://meet.example.org/#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", 7, 33, "677d0b2fc72ab56f046c035ffe15979e1a251105817bec1858a946afb3095ecf"],
  ["https://a-rather-long-name.meet.example.org/parlour/#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", 3, 41, "a5d18eec93378e3168daeb7ec6ebcaaa54fe2527b3cb58ee9251f2743c35f720"],
  ["x".repeat(150), 4, 49, "6ae0c5b8c35224583b9577e8c580e76318577a0a5c144eaec56548ca7a791dd4"],
  ["y".repeat(180), 5, 53, "4abce3c8fab73e5b8a60016ee1bc28a3373a5aabd1e70684307ec92a892dc0e1"],
  ["ü".repeat(106), 6, 57, "ef806fd47309d7e8b6e38d9d75c53291a1be7bb7a8bb4c63d8d97d7013c04bdf"],
]);

/** @param {boolean[][]} modules */
const text = (modules) => modules.map((row) => row.map((dark) => (dark ? "1" : "0")).join("")).join("\n");

test("versions 1 to 10 and all masks, as a stranger draws them", () => {
  for (const [link, mask, size, sha256] of strangers) {
    const modules = qrOf(link, mask);
    assert.ok(modules, link);
    assert.equal(modules.length, size);
    assert.equal(createHash("sha256").update(text(modules)).digest("hex"), sha256, `${link.slice(0, 40)} with mask ${mask}`);
  }
});

test("left alone it takes one of the eight masks", () => {
  const link = strangers[2][0];
  const all = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => text(qrOf(link, mask) ?? []));
  assert.equal(new Set(all).size, 8);
  assert.ok(all.includes(text(qrOf(link) ?? [])));
});

test("what is too long is no code", () => {
  assert.equal(qrOf("z".repeat(213))?.length, 57);
  assert.equal(qrOf("z".repeat(214)), null);
});
