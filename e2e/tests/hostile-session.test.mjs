/**
 * docs/vectors/session.json is what the page's code says today, byte for byte, so that what `e2e/oracle/session.py`
 * opens in Python is the protocol as it is. No browser.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { record, render } from "../oracle/session.mjs";
import { bound } from "../lib/patience.mjs";

test("the recorded meeting comes out again, twice", { timeout: bound(25_000) }, async () => {
  const stored = readFileSync(new URL("../../docs/vectors/session.json", import.meta.url), "utf8");
  assert.equal(render(await record()), stored, "record it anew with `node e2e/oracle/session.mjs --write` and run the oracle");
  assert.equal(render(await record()), stored);
});
