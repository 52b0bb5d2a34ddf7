// docs/formal/README.md names for each modelled term the function that computes it: both must exist.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const squeeze = (text) => text.replaceAll(/\s+/g, " ");

const rows = [...read("docs/formal/README.md").matchAll(/^\| (\w+) \| `([^`]+)` \| `([^`]+)` in `([^`]+)` \|/gm)].map(
  ([, model, term, name, file]) => ({ model, term, name, file }),
);

test("every model has terms in the table", () => {
  for (const model of ["pair", "dtls", "code"]) assert.ok(rows.filter((row) => row.model === model).length >= 3, model);
});

for (const { model, term, name, file } of rows) {
  test(`${model}: ${term} is computed by ${name}`, () => {
    assert.ok(squeeze(read(`docs/formal/${model}.spthy`)).includes(term), `no such term in ${model}.spthy`);
    assert.ok(existsSync(new URL(file, root)), file);
    // A declaration, of a function or of a method, not just a use.
    const declared = new RegExp(`^(export )?( *)(static )?(async )?(function )?${name}\\(.*\\{$`, "m");
    assert.match(read(file), declared, `${file} declares no ${name}`);
  });
}
