// What stands of what was remarked: red is never lost to what is merely a delay, and never grows without end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Remarks } from "../sdk/remarks.js";

const people = new Map([["h1", { spk: "ana", name: "Ana" }], ["h2", { spk: "ben", name: "Ben" }]]);
const roster = /** @type {any} */ ({ page: (hid) => people.get(hid), nameOf: (hid) => people.get(hid)?.name ?? "" });
const red = (more) => ({ t: "note", colour: "red", code: "mismatch", ...more });

test("notes that answer others take them back", () => {
  const remarks = new Remarks(roster);
  remarks.add({ t: "note", colour: "amber", code: "sees-more", hid: "h1", about: "h2" });
  assert.deepEqual(remarks.list.map(({ code, who, about, person }) => [code, who, about, person]), [["sees-more", "Ana", "Ben", "ana"]]);
  remarks.add({ t: "note", colour: "grey", code: "same-again", hid: "h1", about: "h2" });
  assert.deepEqual(remarks.list, []);
});

test("red is counted by person, and strangers, who can always come under another id, together", () => {
  const remarks = new Remarks(roster);
  for (let i = 0; i < 100; i++) remarks.add(red({ hid: `x${i}`, pid: `p${i}` }));
  remarks.add(red({ hid: "h1", pid: "p" }));
  assert.deepEqual(remarks.list.map(({ who, times }) => [who, times]), [["", 100], ["Ana", 1]]);
});

test("red outlives the page of which it was said, and any number of others", () => {
  const remarks = new Remarks(roster);
  remarks.add(red({ hid: "h1", pid: "p1" }));
  remarks.forget("h1");
  for (let i = 0; i < 100; i++) remarks.add({ t: "note", colour: "grey", code: "connect-slow", pid: `p${i}` });
  assert.deepEqual([remarks.list.length, remarks.list[0]?.code], [32, "mismatch"]);
});
