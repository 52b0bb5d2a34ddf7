/**
 * The harness judged before it judges: both browsers, a page that holds traps, and a call between the two whose
 * signaling this test carries by hand. What must fail is seen to fail.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "../lib/chromium.mjs";
import { firefox } from "../lib/firefox.mjs";
import { expectMedia, expectSilence, receptionsOf } from "../lib/media.mjs";
import { Namespace } from "../lib/namespace.mjs";
import { deadline } from "../lib/patience.mjs";
import { sleep } from "../lib/process.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const PAGE = `<!doctype html><title>harness</title>
<style>#veil { position: fixed; inset: 0; background: #eee } #veil[hidden] { display: none }</style>
<main data-screen="landing">
  <button id="plain">Press me</button>
  <button id="off" disabled>Not yet</button>
  <button id="named" aria-label="Mute microphone"><svg width="20" height="20"></svg></button>
  <label>Your name <input id="name" value="old"></label>
  <label><input id="switch" type="checkbox" role="switch"> Hide my address</label>
</main>
<div id="veil" hidden>wait</div>
<script>
  window.pressed = [];
  for (const id of ["plain", "off", "named"]) document.getElementById(id).onclick = () => pressed.push(id);
</script>`;

const ORIGIN = "http://127.0.0.1:8090";
const namespace = new Namespace();
/** @type {Page[]} */
const pages = [];
/** @type {import("../lib/process.mjs").Child} */
let server;

before(async () => {
  server = namespace.start([process.execPath, new URL("../lib/static.mjs", import.meta.url).pathname, "8090"]);
  server.process.stdin?.end(PAGE);
  await namespace.listening(8090, 5000);
  pages.push(...(await Promise.all([chromium(namespace, "Ann"), firefox(namespace, "Ben")])));
});

after(async () => {
  await Promise.all(pages.map((page) => page.kill()));
  await server.stop();
  namespace.remove();
});

for (const index of [0, 1]) {
  const page = () => /** @type {Page} */ (pages[index]);
  const browser = ["chromium", "firefox"][index];

  test(`${browser}: presses and fills by accessible name`, async () => {
    await page().open(`${ORIGIN}/#secret`);
    await page().click("Press me");
    await page().click("Mute microphone");
    await page().click("Hide my address", { role: "switch" });
    await page().fill("Your name", "Zoë");
    const seen = await page().evaluate(() => ({
      pressed: /** @type {any} */ (window).pressed,
      name: /** @type {HTMLInputElement} */ (document.querySelector("#name")).value,
      hidden: /** @type {HTMLInputElement} */ (document.querySelector("#switch")).checked,
    }));
    assert.deepEqual(seen, { pressed: ["plain", "named"], name: "Zoë", hidden: true });
  });

  test(`${browser}: does not press what a person could not press`, async () => {
    await page().open(`${ORIGIN}/`);
    await assert.rejects(page().click("Not yet", { timeout: 300 }), /disabled/);
    await assert.rejects(page().click("Press", { timeout: 300 }), /there is no button of that name/);
    await page().evaluate(() => document.getElementById("veil")?.removeAttribute("hidden"));
    await assert.rejects(page().click("Press me", { timeout: 300 }), /covered by <div/);
    setTimeout(() => page().evaluate(() => document.getElementById("veil")?.setAttribute("hidden", "")), 300);
    await page().click("Press me");
    assert.deepEqual(await page().evaluate("pressed"), ["plain"]);
  });

  test(`${browser}: hears errors, policy violations and every host`, async () => {
    await page().open(`${ORIGIN}/`);
    const before = page().errors.length;
    await page().evaluate(() => {
      setTimeout(() => {
        throw new Error("nobody catches this");
      });
      console.error("said aloud");
      fetch("http://127.0.0.1:8090/own").catch(() => {});
      fetch("http://10.77.0.1:9/foreign").catch(() => {});
    });
    await page().waitFor(() => /** @type {any} */ (window).__violations.length > 0, 5000, "a violation");
    // What a browser tells by itself comes when it comes.
    const isOver = deadline(5000);
    const own = () => page().errors.slice(before).join("\n");
    const isAsked = () => page().requests.some(({ url }) => url === `${ORIGIN}/own`);
    while (!isOver() && !(/nobody catches this/.test(own()) && /said aloud/.test(own()) && isAsked())) await sleep(50);
    assert.match(own(), /nobody catches this/);
    assert.match(own(), /said aloud/);
    assert.ok(isAsked(), "the request to the own origin is on the list");
    await assert.rejects(page().waitFor("false", 200, "the impossible"), /the impossible: not within 200 ms[^]*console:[^]*said aloud/);
  });
}

test("a call between the two: pictures, sound, a direct road; and what is missing is missed", async () => {
  const [ann, ben] = /** @type {[Page, Page]} */ (pages);
  for (const page of [ann, ben]) {
    await page.open(`${ORIGIN}/`);
    await page.evaluate(async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
      for (const track of stream.getTracks()) pc.addTrack(track, stream);
      pc.ontrack = ({ streams: [remote] }) => {
        const video = document.createElement("video");
        video.srcObject = remote ?? null;
        video.autoplay = true;
        document.body.append(video);
      };
    });
  }
  /** All candidates are in the description: no trickling by hand. */
  const describe = async (/** @type {"createOffer" | "createAnswer"} */ make) => {
    const pc = /** @type {RTCPeerConnection} */ (/** @type {any} */ (window).__pcs[0]);
    await pc.setLocalDescription(await pc[make]());
    while (pc.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
    return { type: pc.localDescription?.type, sdp: pc.localDescription?.sdp };
  };
  const take = (/** @type {any} */ description) => /** @type {any} */ (window).__pcs[0].setRemoteDescription(description);
  const offer = await ann.evaluate(describe, "createOffer");
  await ben.evaluate(take, offer);
  await ann.evaluate(take, await ben.evaluate(describe, "createAnswer"));
  for (const page of [ann, ben]) {
    const [reception] = await expectMedia(page, { people: 1, road: /^(host|prflx)\/(host|prflx)$/ });
    assert.ok(reception?.addresses[0]?.startsWith("10.77.0.1:"), `own address is the namespace's: ${reception?.addresses}`);
    await assert.rejects(expectMedia(page, { people: 1, road: /^relay/, timeout: 500 }), /over \/\^relay\//);
    await assert.rejects(expectMedia(page, { people: 2, road: /./, timeout: 500 }), /expected 2 others/);
    await assert.rejects(expectSilence(page, "frames", { timeout: 100 }), /frames still grows/);
    await assert.rejects(expectSilence(page, "soundEnergy", { timeout: 100 }), /soundEnergy still grows/);
  }
  await ann.evaluate(() => /** @type {any} */ (window).__captured.forEach((/** @type {MediaStreamTrack} */ track) => (track.enabled = false)));
  await expectSilence(ben, "soundEnergy");
  const [reception] = await receptionsOf(ann);
  assert.ok(reception && reception.frames > 0);
  await ben.open("about:blank");
  await expectSilence(ann, "frames");
});

test("a tab that closes may say good-bye", async () => {
  for (const page of pages) {
    await page.open(`${ORIGIN}/${page.name}#secret`);
    await page.evaluate(() => addEventListener("pagehide", () => navigator.sendBeacon(`${location.pathname}/bye`)));
    await page.close();
    await server.line(new RegExp(`^/${page.name}/bye$`), 3000, `the good-bye of ${page.name}`);
  }
  assert.ok(!server.lines.some((line) => line.includes("secret")), "fragments stay at home");
});
