// Rules that hold for every file of the page: what its Content-Security-Policy and the house forbid, and contrast.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { languages } from "../app/language.js";

const web = new URL("../", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, web), "utf8");
const files = readdirSync(new URL("app/", web), { recursive: true }).map((name) => `app/${name}`);
const scripts = files.filter((name) => name.endsWith(".js"));
const styles = files.filter((name) => name.endsWith(".css"));

test("there is a page to look at", () => {
  assert.ok(scripts.length > 15 && styles.length > 5);
});

test("nothing is set as markup or as code", () => {
  for (const name of scripts) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|cssText|setAttribute\([^)]*"style"/u, name);
  }
});

test("the word attack is not used", () => {
  for (const name of scripts.filter((script) => /words/u.test(script))) assert.doesNotMatch(read(name), /attack/iu, name);
});

test("the documents carry no inline script and no inline style", () => {
  for (const name of ["index.html", "app/gallery.html", "pages/check.html"]) {
    const page = read(name);
    assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=/u, name);
    for (const [tag] of page.matchAll(/<script[^>]*>/gu)) assert.match(tag, /\ssrc="/u, name);
  }
});

test("nothing is fetched from anywhere else", () => {
  for (const name of [...scripts, ...styles, "index.html"]) {
    const text = read(name).replaceAll("http://www.w3.org/2000/svg", "");
    assert.doesNotMatch(text, /(?:src|href)="(?:https?:)?\/\/|url\(\s*["']?(?:https?:)?\/\/|@import/u, name);
  }
});

test("of the SDK the page knows the public door only, and the door's users are few", () => {
  for (const name of scripts) {
    for (const [, path = ""] of read(name).matchAll(/(?:from |import\()"([^"]+)"/gu)) {
      assert.ok(path.startsWith("./") || path.startsWith("../"), `${name}: ${path}`);
      if (path.includes("sdk/")) assert.match(path, /^(?:\.\.\/)+sdk\/parlour\.js$/u, name);
    }
  }
  const users = scripts.filter((name) => /^import .*sdk\/parlour\.js/mu.test(read(name)));
  assert.deepEqual(users, ["app/actions.js", "app/check.js", "app/entering.js"]);
});

test("every file says what it is, and stays short", () => {
  for (const name of [...scripts, ...styles]) {
    const text = read(name);
    assert.match(text, /^(?:\/\/|\/\*) \S/u, name);
    assert.ok(text.split("\n").length <= 400, name);
  }
});

test("nothing is placed by left and right, so that a page read from the right turns round by itself", () => {
  for (const name of styles) {
    // The stage counts its places in pixels from the left in every language.
    const css = read(name).replaceAll(/\/\*[^]*?\*\//gu, "").replace("direction: ltr", "");
    const placed = [...css.matchAll(/(?<=[{;\s])(?:(?:margin|padding|border|inset|scroll-margin)-(?:left|right|top|bottom)|left|right|width|height|(?:min|max)-(?:width|height)|text-align: (?:left|right)|float|direction)(?=\s*[:;])[^;]*/gu)]
      .map(([found]) => found.trim()).filter((found) => !/^(?:min|max)-(?:width|height): ?\d/u.test(found));
    assert.deepEqual(placed, [], name);
  }
});

test("page and gallery wear the same clothes", () => {
  const sheets = (/** @type {string} */ name) => [...read(name).matchAll(/stylesheet" href="(?:app\/)?([^"]+)"/gu)].map(([, path]) => path);
  assert.deepEqual(sheets("app/gallery.html"), sheets("index.html"));
  // One more is for pages that are only read.
  assert.equal(sheets("index.html").length, styles.length - 1);
  const sheet = /** @type {const} */ (["tokens.css", "styles/base.css", "styles/reading.css"]);
  for (const name of ["pages/security.html", "pages/privacy.html", "pages/transparency.html"]) assert.deepEqual(sheets(name), sheet);
});

test("the page asks for the modules of each step at once, so that depth costs no round trips, and for nothing later", () => {
  const [head = "", door = "", rest = ""] = read("index.html").split(/<template id="(?:door|rest)">/u);
  const asked = (/** @type {string} */ html) => [...html.matchAll(/modulepreload" href="([^"]+)"/gu)].map(([, path = ""]) => path);
  const [first, second, third] = steps();
  assert.deepEqual(asked(head).sort(), first.filter((path) => path !== "app/main.js").sort());
  assert.deepEqual(asked(door).sort(), second.sort());
  assert.deepEqual(asked(rest).sort(), third.sort());
  // A call never waits for a file: what is fetched by name is fetched by these, before anybody can join.
  assert.deepEqual(scripts.filter((name) => /\bimport\(/u.test(read(name).replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gmu, ""))).sort(), ["app/language.js", "app/main.js"]);
});

test("what each step weighs on the way: a step that has grown over its bound is for thinking again (docs/decisions/0014)", () => {
  const weight = (/** @type {readonly string[]} */ paths) => paths.reduce((sum, path) => sum + gzipSync(read(path), { level: 9 }).length, 0);
  const [early, late] = read("index.html").split(/<template id="door">/u).map((html) => [...html.matchAll(/stylesheet" href="([^"]+)"/gu)].map(([, path = ""]) => path));
  const words = (/** @type {string[]} */ parts) => Math.max(...Object.keys(languages).map((language) => weight(parts.map((part) => `app/words/${language}/${part}.js`))));
  const [first, second, third] = steps();
  const screen = weight(["index.html", "app/icon.svg", ...early, ...first]) + words(["door"]);
  const preview = screen + weight(second);
  const all = preview + weight([...late, ...third]) + words(["errors", "room", "talk"]);
  // In bytes and files, and not far above what they are. The first two are waited for, each file a share of a round trip.
  const at = `${screen} B for the first screen, ${preview} B for the preview, ${all} B in all`;
  assert.ok(screen <= 38_000 && first.length <= 13, at);
  assert.ok(preview <= 71_500 && second.length <= 19, at);
  assert.ok(all <= 453_000, at);
});

/** The modules of the first screen, of the preview, and of the rest. @returns {[string[], string[], string[]]} */
function steps() {
  const first = closureOf("app/main.js");
  const second = closureOf("app/door.js").filter((path) => !first.includes(path));
  return [first, second, closureOf("app/app.js").filter((path) => !first.includes(path) && !second.includes(path))];
}

/** What a module needs, itself included. @param {string} entry @returns {string[]} */
function closureOf(entry) {
  /** @type {Set<string>} */
  const found = new Set([entry]);
  for (const path of found) {
    for (const [, next = ""] of read(path).matchAll(/^(?:import|export) (?:[^"]*?from )?"(\.[^"]+)"/gmu)) found.add(new URL(next, new URL(path, web)).href.slice(web.href.length));
  }
  return [...found];
}

test("colours are named in tokens.css; elsewhere only shades of black, white and the lamp", () => {
  for (const name of styles.filter((style) => style !== "app/tokens.css")) {
    const bare = [...read(name).matchAll(/#[0-9a-f]{3,8}\b|rgb\([^)]*\)/gu)].map(([colour]) => colour);
    for (const colour of bare) assert.match(colour, /^rgb\((?:0 0 0|255 255 255|10 14 12|13 18 15|245 196 107) \//u, `${name}: ${colour}`);
  }
});

const tokens = read("app/tokens.css");
const [light = {}, dark = {}] = ["$1", "$2"].map((which) => colours(tokens.slice(0, tokens.indexOf("@media")).replaceAll(/light-dark\((#\w+), (#\w+)\)/gu, which)));

/** Text on its ground, by at least 4.5 to 1 (WCAG 1.4.3). */
const texts = [
  ["ink", "paper"], ["ink", "surface"], ["ink", "sunk"], ["ink", "stage"],
  ["ink-soft", "paper"], ["ink-soft", "surface"], ["ink-soft", "stage"],
  ["accent", "paper"], ["accent-ink", "accent"], ["accent-ink", "accent-strong"], ["accent-soft-ink", "accent-soft"],
  ["danger-ink", "danger"], ["danger-soft-ink", "danger-soft"], ["danger-soft-ink", "paper"], ["danger-soft-ink", "surface"], ["amber-ink", "surface"], ["lamp-ink", "lamp-glow"], ["accent", "surface"], ["ink", "amber-soft"], ["ink-soft", "sunk"],
  ["amber-soft-ink", "amber-soft"],
  ["plate-ink", "plate-strong"], ["plate-danger", "plate-strong"], ["plate-lamp", "plate-strong"],
  ["ink", "wall-1"], ["ink", "wall-2"], ["ink", "wall-3"], ["ink", "wall-4"], ["ink", "wall-5"], ["ink", "wall-6"],
  ["badge-ink", "badge-1"], ["badge-ink", "badge-2"], ["badge-ink", "badge-3"], ["badge-ink", "badge-4"], ["badge-ink", "badge-5"], ["badge-ink", "badge-6"],
];

/** Edges of what can be used, by at least 3 to 1 (WCAG 1.4.11). */
const edges = [
  ["line-strong", "paper"], ["line-strong", "surface"], ["accent", "stage"], ["danger", "stage"], ["focus", "paper"], ["focus", "stage"], ["focus", "surface"],
  ["danger-ink", "danger-strong"], ["accent", "surface"],
];

for (const [scheme, palette] of Object.entries({ light, dark })) {
  test(`${scheme}: every text and every edge can be seen`, () => {
    for (const [least, pairs] of /** @type {const} */ ([[4.5, texts], [3, edges]])) {
      for (const [front = "", back = ""] of pairs) {
        const found = contrast(palette[front] ?? "", palette[back] ?? "");
        assert.ok(found >= least, `${front} on ${back}: ${found.toFixed(2)}, less than ${least}`);
      }
    }
  });
}

test("a white picture under a name plate leaves the name readable", () => {
  const [, red = "", green = "", blue = "", alpha = ""] = /--plate: rgb\((\d+) (\d+) (\d+) \/ ([\d.]+)\)/u.exec(tokens) ?? [];
  const mixed = [red, green, blue].map((part) => Math.round(Number(part) * Number(alpha) + 255 * (1 - Number(alpha))));
  const plate = `#${mixed.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
  assert.ok(contrast("#ffffff", plate) >= 4.5, plate);
});

/** @param {string} css @returns {Record<string, string>} */
function colours(css) {
  return Object.fromEntries([...css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/gu)].map(([, name, value]) => [name, value]));
}

/** WCAG 2.2, "contrast ratio". @param {string} one @param {string} other */
function contrast(one, other) {
  const [dim = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}

/** @param {string} colour */
function luminance(colour) {
  assert.match(colour, /^#[0-9a-f]{6}$/u, "a token of this name exists");
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
