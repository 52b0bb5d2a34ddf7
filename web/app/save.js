// Into the browser's downloads: the one way by which the page gives a file to its person.

import { h } from "./dom.js";

/** A download may take a moment to begin, ms. */
const revokeMs = 60_000;

/** @param {string} name safe on any system @param {Blob} blob */
export function saveAs(name, blob) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), revokeMs);
}
