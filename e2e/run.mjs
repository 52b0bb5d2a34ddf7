/**
 * Runs the end-to-end tests: real browsers, real server, real network namespaces.
 *
 *     node e2e/run.mjs                 everything
 *     node e2e/run.mjs --only meet     tests/meet.test.mjs alone; may be given more than once
 *
 * What is missing is said in a sentence and ends the run with status 1: nothing is skipped. Files run one after
 * another, since three browsers at a time are what two cores can drive.
 */

import { accessSync, constants, mkdirSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { run as runTests } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onExit, run } from "./lib/process.mjs";
import { bound } from "./lib/patience.mjs";
import { BINARY } from "./lib/server.mjs";

/** No file may take longer, in milliseconds; each test has a tighter limit of its own. */
const FILE_LIMIT = bound(300_000);

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const missing = whatIsMissing();
if (missing) {
  process.stderr.write(`e2e: ${missing}\n`);
  process.exit(1);
}
mkdirSync(here("out"), { recursive: true });

const began = Date.now();
const totals = { passed: 0, failed: 0, skipped: 0 };
const stop = new AbortController();
onExit(() => stop.abort()); // a test file that is told to end removes its browsers and its namespace
const stream = runTests({ files: chosenFiles(), concurrency: 1, timeout: FILE_LIMIT, signal: stop.signal });
stream.on("test:pass", ({ skip, todo, details }) => {
  if (details.type === "suite") return;
  if (skip !== undefined || todo !== undefined) totals.skipped += 1;
  else totals.passed += 1;
});
stream.on("test:fail", () => (totals.failed += 1));
const report = stream.compose(new spec());
report.pipe(process.stdout);
report.on("end", () => {
  const { passed, failed, skipped } = totals;
  process.stdout.write(`\ne2e: ${passed} passed, ${failed} failed, ${skipped} skipped, in ${Math.round((Date.now() - began) / 1000)} s\n`);
  if (skipped > 0) process.stdout.write("e2e: a skipped test counts as a failure here\n");
  process.exitCode = failed > 0 || skipped > 0 || passed === 0 ? 1 : 0;
});

/** @returns {string[]} */
function chosenFiles() {
  const { values } = parseArgs({ options: { only: { type: "string", multiple: true } } });
  const all = readdirSync(here("tests")).filter((name) => name.endsWith(".test.mjs")).sort();
  const chosen = values.only ? all.filter((name) => values.only?.includes(name.replace(".test.mjs", ""))) : all;
  if (chosen.length === 0) {
    process.stderr.write(`e2e: no such test; there are: ${all.map((name) => name.replace(".test.mjs", "")).join(", ")}\n`);
    process.exit(1);
  }
  return chosen.map((name) => here(`tests/${name}`));
}

/** @returns {string} a sentence that says what to do, or "" */
function whatIsMissing() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 10)) return `needs Node 20.10 or later; this is ${process.versions.node}.`;
  if (process.getuid?.() !== 0) return "needs root, to make network namespaces: run it with sudo or in a container as root.";
  if (!runs(["ip", "-V"])) return "needs the program `ip`: apt-get install iproute2.";
  if (!runs(["nft", "--version"])) return "needs the program `nft`: apt-get install nftables.";
  if (!runs(["openssl", "version"])) return "needs the program `openssl`: apt-get install openssl.";
  if (!runs(["sh", "-c", "command -v certutil"])) return "needs the program `certutil`: apt-get install libnss3-tools.";
  const probe = `parlour-e2e-${process.pid}`;
  const made = run(["ip", "netns", "add", probe]);
  if (made.status !== 0) return `this machine lets us make no network namespace (ip netns add: ${made.stderr.trim()}).`;
  run(["ip", "netns", "del", probe]);
  const chromium = process.env["CHROMIUM"] ?? "chromium";
  if (!runs([chromium, "--version"])) return `needs Chromium (\`${chromium}\`): apt-get install chromium, or say where it is in CHROMIUM.`;
  const firefox = process.env["FIREFOX"] ?? "firefox-esr";
  if (!runs([firefox, "--version"])) return `needs Firefox (\`${firefox}\`): apt-get install firefox-esr, or say where it is in FIREFOX.`;
  try {
    createRequire(import.meta.url).resolve("axe-core");
  } catch {
    return "needs axe-core: npm ci in e2e/.";
  }
  try {
    accessSync(BINARY, constants.X_OK);
  } catch {
    return `needs the program itself at ${BINARY}: cargo build --release, or say where it is in PARLOUR_BIN.`;
  }
  return "";
}

/** @param {string[]} command */
function runs(command) {
  try {
    return run(command).status === 0;
  } catch {
    return false;
  }
}
