// docs/promises.md names for each promise what does it and what shows it: the files, the tests and all rows must exist.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, root), "utf8");

/** Promises in the checklist (docs/promises.md, first paragraph). */
const PROMISES = 112;

const page = read("docs/promises.md");
const rows = [...page.matchAll(/^\| (\d[\d, ]*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gmu)].map(
  ([, numbers = "", promise = "", by = "", shown = ""]) => ({ numbers: numbers.split(", ").map(Number), promise, by, shown }),
);
const leftOut = (/^Left out.*: ([\d, ]+)\.$/mu.exec(page)?.[1] ?? "").split(", ").map(Number);

/** Titles of the tests of a file, as they stand in its source. @param {string} path @returns {string[]} */
function titlesOf(path) {
  const source = read(path);
  if (path.endsWith(".rs")) {
    // Also those that a macro runs by both carriers.
    return [...source.matchAll(/#\[(?:tokio::)?test[^\]]*\]\s+(?:#\[[^\]]*\]\s+)*(?:async )?fn (\w+)/gu)].map(([, name = ""]) => name);
  }
  return [...source.matchAll(/\b(?:test|step)\(\s*(["'`])(.*?)\1,/gu)].map(([, , title = ""]) => title);
}

test("every promise has its row, once", () => {
  const all = [...rows.flatMap(({ numbers }) => numbers), ...leftOut].sort((a, b) => a - b);
  assert.deepEqual(all, Array.from({ length: PROMISES }, (_, index) => index + 1));
});

test("no row is empty: something shows it, or it is not yet", () => {
  for (const { promise, shown } of rows) assert.match(shown, /`[^`]+`|Not yet|Not built/u, promise);
});

for (const { numbers, promise, by, shown } of rows) {
  test(`${numbers.join(", ")}: ${promise}: what is named exists`, () => {
    for (const [, path = ""] of by.matchAll(/`([^`]+)`/gu)) assert.ok(existsSync(new URL(path, root)), path);
    // A path, and behind it the titles that are quoted there.
    for (const [, path = "", quoted = ""] of shown.matchAll(/`([^`]+)`((?:,? "[^"]+")*)/gu)) {
      assert.ok(existsSync(new URL(path, root)), path);
      const titles = titlesOf(path);
      for (const [, words = ""] of quoted.matchAll(/"([^"]+)"/gu)) {
        assert.ok(titles.some((title) => title.includes(words)), `${path} has no test "${words}"`);
      }
      assert.ok(quoted !== "" || titles.length > 0 || read(path).includes(".test.js"), `${path} has no test`);
    }
  });
}

test("one file of the page records, one writes it, and both are asked by the one that follows everybody's consent", () => {
  const scripts = ["web/app/", "web/sdk/"].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true }).map((name) => `${folder}${name}`).filter((name) => name.endsWith(".js")));
  assert.ok(scripts.length > 100);
  const withCode = (/** @type {RegExp} */ what) => scripts.filter((name) => what.test(read(name).replaceAll(/^\s*\/\/.*$/gmu, ""))).sort();
  assert.deepEqual(withCode(/new MediaRecorder/u), ["web/app/recorder.js"]);
  assert.deepEqual(withCode(/showSaveFilePicker|createWritable/u), ["web/app/record_file.js"]);
  assert.deepEqual(withCode(/from "[./]+(?:recorder|record_file)\.js"/u), ["web/app/recording.js"]);
  assert.deepEqual(withCode(/captureStream\(/u), ["web/app/film.js", "web/app/gallery_pretend.js"]);
  // Nothing of it in a storage of the origin.
  for (const name of ["recorder", "record_file", "recording", "film"]) assert.doesNotMatch(read(`web/app/${name}.js`), /indexedDB|getDirectory|caches|localStorage|sessionStorage|fetch\(/u, name);
  // Off the record there is no machine that could agree.
  assert.match(read("web/sdk/inside.js"), /this\.recording = knowledge\.rules\?\.mode === "standard" \? new Recording\(/u);
});
