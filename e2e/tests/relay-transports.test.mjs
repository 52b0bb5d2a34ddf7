/**
 * Two people with hidden addresses, in every pairing of Chromium and Firefox, over every transport to the relay: UDP,
 * TCP where a firewall drops UDP, TLS on port 443 where it drops everything else. HTTPS by a name and a certificate,
 * as on the internet.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { makeCertificate } from "../lib/certificate.mjs";
import { expectMedia } from "../lib/media.mjs";
import { expectTiles, join, leave, startRoom } from "../lib/meeting.mjs";
import { OWN_NAME } from "../lib/namespace.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

const RELAYED = /^relay\/(relay|prflx)$/;

/** @typedef {import("../lib/page.mjs").Page} Page */

/** On the cable, and nobody's. */
const NOBODY = "10.77.0.9";
const WAYS = [`turn:${OWN_NAME}:3478?transport=udp`, `turn:${OWN_NAME}:3478?transport=tcp`, `turns:${OWN_NAME}:443?transport=tcp`];
/** What the preview says of the network. */
const LINE = ".preview-reach";

const step = story();
const stage = new Stage();
/** @type {Set<Page>} */
const hidden = new Set();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Record<string, [Page, Page]>} */
let pairings = {};

before(async () => {
  const trusts = makeCertificate(OWN_NAME);
  const [started, ada, ben, cy, dee] = await Promise.all([
    stage.serveTls(trusts),
    stage.chromium("Ada", { trusts }),
    stage.chromium("Ben", { trusts }),
    stage.firefox("Cy", { trusts }),
    stage.firefox("Dee", { trusts }),
  ]);
  server = started;
  pairings = { "Chromium and Chromium": [ada, ben], "Chromium and Firefox": [ada, cy], "Firefox and Firefox": [cy, dee] };
});

after(() => stage.clear());

for (const pairing of ["Chromium and Chromium", "Chromium and Firefox", "Firefox and Firefox"]) {
  for (const transport of /** @type {const} */ (["udp", "tcp", "tls"])) {
    step(`${pairing} meet by the relay over ${transport}`, 90_000, async () => {
      const [one, two] = /** @type {[Page, Page]} */ (pairings[pairing]);
      assert.equal(server.origin, `https://${OWN_NAME}`);
      stage.namespace.firewall(transport);
      const link = await startRoom(one, server.origin);
      await two.open(link);
      for (const page of [one, two]) {
        // Firefox takes whichever way answers first: on a busy machine not the best of those that are open.
        if (page.browser === "firefox") await page.evaluate((way) => void (/** @type {any} */ (window).__relayBy = way), transport);
      }
      await join(one, { hide: notYetHidden(one) });
      await join(two, { hide: notYetHidden(two) });
      for (const page of [one, two]) {
        const [reception] = await expectMedia(page, { people: 1, road: RELAYED, timeout: 30_000 });
        assert.equal(reception?.relayProtocol, transport, `${page.name} (${page.browser})`);
      }
      // The guest first: a host with company is asked how the others go on.
      await leave(two);
      await expectTiles(one, 0);
      await leave(one);
    });
  }
}

step("/check, where nothing but port 443 over TCP gets through: says which ways are shut, and that calls work", 60_000, async () => {
  stage.namespace.firewall("tls");
  const pages = /** @type {[Page, Page]} */ (pairings["Chromium and Firefox"]);
  await Promise.all(pages.map(async (page) => {
    await page.open(`${server.origin}/check`);
    await page.waitFor(() => document.querySelector(".check-verdict[data-tone]:not([data-tone=running])") !== null, 40_000, "a verdict");
    const seen = await page.evaluate(() => ({
      states: [...document.querySelectorAll(".check-step")].map((row) => row.getAttribute("data-state")).slice(0, 7).join(" "),
      verdict: document.querySelector(".check-verdict")?.textContent,
      csp: /** @type {any} */ (window).__violations,
    }));
    // browser, server, seat, stun, udp, tcp, tls; Firefox may not say what became of STUN, but never that it worked.
    assert.match(seen.states, /^ok ok ok (failed|none) failed failed ok$/, page.name);
    assert.match(`${seen.verdict}`, /with some delay: this network lets no UDP through/, page.name);
    assert.deepEqual(seen.csp, [], page.name);
  }));
});

step("the preview says what this network does to calls, and nothing where all is well", 60_000, async () => {
  stage.namespace.firewall("udp");
  const [ada, cy] = /** @type {[Page, Page]} */ (pairings["Chromium and Firefox"]);
  const [, ben] = /** @type {[Page, Page]} */ (pairings["Chromium and Chromium"]);
  const [, dee] = /** @type {[Page, Page]} */ (pairings["Firefox and Firefox"]);
  // By http there is no TURN over TLS, and nobody is at the address that this one names for its relay.
  const shut = await stage.serve(["--relay-host", NOBODY], { relayListen: "127.0.0.1:3478" });
  const nothing = Promise.all([ben, dee].map(async (page) => {
    await page.open(`${shut.origin}/r/reach`);
    assert.match(await said(page), /^Nothing gets through from this network to the relay, so calls may not connect\./, page.name);
    await page.click("Hide my address", { role: "switch" });
    await page.waitFor((/** @type {string} */ line) => document.querySelector(line)?.textContent?.includes("will not connect"), 10_000, "the sentence for who hides the address", LINE);
  }));
  const detour = Promise.all([ada, cy].map(async (page) => {
    await page.open(`${server.origin}/r/reach`);
    await page.waitFor(() => {
      const asked = /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__asked);
      return asked.length > 0 && asked.every(({ signalingState }) => signalingState === "closed");
    }, 20_000, "the relay asked, and every connection for it closed");
    assert.equal(await page.evaluate(spoken, LINE), "", page.name);
    // Firefox says nothing of a connection that is closed.
    const gathered = page.browser === "firefox" ? [] : await page.evaluate(() => /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__asked).map(({ localDescription }) => localDescription?.sdp ?? "a=candidate"));
    for (const sdp of gathered) assert.doesNotMatch(sdp, /a=candidate/, `${page.name}: no candidate came to be`);
    assert.deepEqual(await page.evaluate(reached, WAYS), ["udp", "tcp", "tls"], page.name);
  })).then(() => {
    stage.namespace.firewall("tls");
    return Promise.all([ada, cy].map(async (page) => {
      await page.open(`${server.origin}/r/reach`);
      assert.match(await said(page), /^From this network calls will mostly take a detour over the relay\./, page.name);
    }));
  });
  await Promise.all([nothing, detour]);
  for (const page of stage.pages) assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).__violations), [], page.name);
});

step("nobody's console complained", 10_000, () => {
  for (const page of stage.pages) assert.deepEqual(page.errors, [], page.name);
});

/**
 * The page remembers the switch, so it is pressed once.
 * @param {Page} page
 */
function notYetHidden(page) {
  return !hidden.has(page) && Boolean(hidden.add(page));
}

/**
 * What the preview says of the network, once it does.
 * @param {Page} page
 */
function said(page) {
  return page.waitFor(spoken, 20_000, "what this network does to calls", LINE);
}

/**
 * Runs in the page.
 * @param {string} line
 */
function spoken(line) {
  const found = document.querySelector(line);
  return found instanceof HTMLElement && !found.hidden ? found.innerText : "";
}

/**
 * Runs in the page: which ways answer, each asked by itself.
 * @param {string[]} urls
 * @returns {Promise<string[]>}
 */
async function reached(urls) {
  const { reachRelay } = await import(new URL("/sdk/parlour.js", location.href).href);
  const found = await Promise.all(urls.map((url) => reachRelay([url])));
  return found.flatMap((/** @type {Record<string, string>} */ reach) => Object.entries(reach)).filter(([, state]) => state === "ok").map(([way]) => way);
}
