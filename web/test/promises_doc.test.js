// docs/promises.md names for each promise what does it and what shows it: the files, the tests and all rows must exist.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, root), "utf8");

/** Promises in the checklist (docs/promises.md, first paragraph): 1 to 112, and three that were found between two of them. */
const PROMISES = [...Array.from({ length: 112 }, (_, index) => `${index + 1}`), "80a", "80b", "80c"];

const page = read("docs/promises.md");
const rows = [...page.matchAll(/^\| (\d[\d, a-c]*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gmu)].map(
  ([, numbers = "", promise = "", by = "", shown = ""]) => ({ numbers: numbers.split(", "), promise, by, shown }),
);
const leftOut = (/^Left out.*: ([\d, a-c]+)\.$/mu.exec(page)?.[1] ?? "").split(", ");

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
  assert.deepEqual([...rows.flatMap(({ numbers }) => numbers), ...leftOut].sort(), PROMISES.sort());
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

/**
 * Files below `folders` whose code, without its comments, has something like `what`.
 * @param {readonly string[]} folders @param {RegExp} ending @param {RegExp} what @returns {string[]}
 */
function filesWith(folders, ending, what) {
  const names = folders.flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true }).map((name) => `${folder}${name}`));
  const files = names.filter((name) => ending.test(name));
  assert.ok(files.length > 20, `${folders}: ${files.length} files`);
  return files.filter((name) => what.test(read(name).replaceAll(/^\s*\/\/.*$/gmu, ""))).sort();
}

/** @param {RegExp} what */
const scriptsWith = (what) => filesWith(["web/app/", "web/sdk/"], /\.js$/u, what);

test("what is kept on a device is kept by three files, and each forgets it", () => {
  const keep = ["web/app/preferences.js", "web/app/renewal.js", "web/sdk/keep.js"];
  assert.deepEqual(scriptsWith(/\b(?:localStorage|sessionStorage|indexedDB|caches|cookieStore|serviceWorker)\b|document\.cookie|\.getDirectory\(/u), keep);
  for (const name of keep) assert.match(read(name), /\.removeItem\(/u, name);
  assert.match(read("web/sdk/keep.js"), /\.clear\(\)/u);
});

test("a page asks in three places, its own server each time: no report, and no look at what a message links to", () => {
  const asks = /(?<![\w.#]|async )fetch\(|\bnew (?:WebSocket|EventSource|XMLHttpRequest|WebTransport|SharedWorker|Worker|Image)\b|sendBeacon|importScripts|prefetch|preconnect/u;
  assert.deepEqual(scriptsWith(asks), ["web/sdk/blobs.js", "web/sdk/polling.js", "web/sdk/socket.js"]);
});

test("the program calls nobody but the authority of its certificate; what else connects is a command that somebody gave", () => {
  const calls = /\b(?:Tcp|Unix)(?:Stream|Socket)::connect|\bTcpSocket\b|\bdial::|to_socket_addrs|lookup_host|client::conn/u;
  const outward = filesWith(["crates/parlour/src/", "crates/relay-io/src/", "signaling/src/", "relay/src/"], /\.rs$/u, calls);
  const serving = outward.filter((name) => !/\/src\/(?:commands|doctor)\//u.test(name));
  // The two listeners see whether a socket in the file system is still somebody's; dial.rs is what commands use.
  const expected = ["acme/https.rs", "admin/listener.rs", "dial.rs", "listen/accept.rs"].map((name) => `crates/parlour/src/${name}`);
  assert.deepEqual(serving, expected);
  for (const name of ["admin/listener.rs", "listen/accept.rs"]) assert.doesNotMatch(read(`crates/parlour/src/${name}`), /TcpStream::connect/u);
});

test("the pages to be read say what the server could still do, what is kept, and how to have it gone", () => {
  const said = (/** @type {string} */ name) => read(`web/pages/${name}.html`).replaceAll(/<[^>]*>/gu, "").replaceAll(/\s+/gu, " ");
  for (const words of [/What this server can see/u, /What it could still do/u, /It serves this page, and could serve another one/u, /not yet been reviewed/u]) assert.match(said("security"), words);
  for (const words of [/On this server/u, /In your browser/u, /With the others in the room/u, /When the last person leaves, all of that is gone/u, /Forget this room/u]) assert.match(said("privacy"), words);
});

test("one file of the page records, one writes it, and both are asked by the one that follows everybody's consent", () => {
  assert.deepEqual(scriptsWith(/new MediaRecorder/u), ["web/app/recorder.js"]);
  assert.deepEqual(scriptsWith(/showSaveFilePicker|createWritable/u), ["web/app/record_file.js"]);
  assert.deepEqual(scriptsWith(/from "[./]+(?:recorder|record_file)\.js"/u), ["web/app/recording.js"]);
  assert.deepEqual(scriptsWith(/captureStream\(/u), ["web/app/film.js", "web/app/gallery_pretend.js"]);
  // Nothing of it in a storage of the origin.
  for (const name of ["recorder", "record_file", "recording", "film"]) assert.doesNotMatch(read(`web/app/${name}.js`), /indexedDB|getDirectory|caches|localStorage|sessionStorage|fetch\(/u, name);
  // Off the record there is no machine that could agree.
  assert.match(read("web/sdk/inside.js"), /this\.recording = knowledge\.rules\?\.mode === "standard" \? new Recording\(/u);
});
