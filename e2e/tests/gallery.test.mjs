/**
 * Every scene of the gallery, which is the page with pretend people: on the narrowest phone nothing is cut off in any language, and
 * axe finds nothing. No server of ours and no devices.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { axeFindings } from "../lib/axe.mjs";
import { cutOff } from "../lib/misfits.mjs";
import { bound } from "../lib/patience.mjs";
import { Stage } from "../lib/stage.mjs";

const WEB = fileURLToPath(new URL("../../web/", import.meta.url));

const stage = new Stage();
/** @type {Awaited<ReturnType<Stage["chromium"]>>} */
let page;

before(async () => {
  // Debug builds alone serve the gallery; any server of files does.
  const server = stage.namespace.start(["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", WEB, "8090"]);
  page = await stage.chromium("gallery");
  await server.line(/Serving HTTP/u, 10_000, "the server of files did not start");
});

after(() => stage.clear());

/** @param {string} query @param {{ width: number, height: number }} size @returns {Promise<string[]>} the names of the scenes */
async function openGallery(query, size) {
  await page.still(size);
  await page.open(`http://127.0.0.1:8090/app/gallery.html?${query}#all`);
  await page.waitFor(() => "enter" in window, 20_000, "the gallery");
  const scenes = await page.evaluate(() => /** @type {any} */ (window).scenes);
  assert.ok(scenes.length > 60, `${scenes.length} scenes`);
  return scenes;
}

for (const query of ["lang=en", "lang=de", "lang=fr", "lang=es", "lang=de&dir=rtl"]) {
  test(`${query}: nothing is cut off on the narrowest phone`, { timeout: bound(60_000) }, async () => {
    await openGallery(query, { width: 320, height: 640 });
    const found = await page.evaluate(`(() => {
      const cutOff = ${cutOff};
      return scenes.flatMap((name) => { enter(name); return cutOff().map((one) => name + ": " + one); });
    })()`);
    assert.equal(found.join("\n"), "");
  });
}

test("axe finds nothing", { timeout: bound(90_000) }, async () => {
  const scenes = await openGallery("lang=en", { width: 1280, height: 800 });
  /** @type {string[]} */
  const found = [];
  for (const scene of scenes) {
    await page.evaluate((name) => /** @type {any} */ (window).enter(name), scene);
    found.push(...(await axeFindings(page)).map((one) => `${scene}: ${one}`));
  }
  assert.equal(found.join("\n"), "");
});
