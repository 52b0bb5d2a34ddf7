/**
 * What the victim's page did and said, for every test against the hostile server: its remarks, its gate, its keys.
 *
 * The watchers run in the page and only look: no attached sender without somebody who is shown, nothing received by a
 * media element without that either, and no AES-GCM key with one iv for two texts.
 */

import assert from "node:assert/strict";

/** @typedef {import("../lib/page.mjs").Page} Page */

/**
 * Begins to watch. To be called once the document has loaded and before anybody joins.
 * @param {Page} page
 */
export async function watch(page) {
  await page.evaluate(async () => {
    const w = /** @type {any} */ (window);
    if (w.witness) return;
    const witness = (w.witness = { sealed: 0, reused: /** @type {string[]} */ ([]), open: /** @type {string[]} */ ([]), samples: 0, since: 0 });
    /** @type {WeakMap<CryptoKey, string>} */
    const keys = new WeakMap();
    /** @type {Map<string, string>} */
    const used = new Map();
    const hex = (/** @type {BufferSource} */ data) => {
      const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    };
    const subtle = /** @type {any} */ (SubtleCrypto.prototype);
    const { importKey, encrypt } = subtle;
    subtle.importKey = async function (/** @type {any[]} */ ...args) {
      const key = await importKey.apply(this, args);
      const algorithm = args[2]?.name ?? args[2];
      if (args[0] === "raw" && algorithm === "AES-GCM") keys.set(key, hex(args[1]));
      return key;
    };
    subtle.encrypt = function (/** @type {any} */ algorithm, /** @type {CryptoKey} */ key, /** @type {BufferSource} */ data) {
      witness.sealed += 1;
      const pair = `${keys.get(key) ?? "unknown"} ${hex(algorithm.iv)}`;
      const text = hex(data);
      if (used.has(pair) && used.get(pair) !== text) witness.reused.push(pair.slice(-24));
      used.set(pair, text);
      return encrypt.call(this, algorithm, key, data);
    };
    if (!w.meetings) {
      w.pairs = {};
      // By the address that the page has it by: another one would be another module.
      const own = document.querySelector("script[type=module]")?.getAttribute("src") ?? "";
      const { Pairs } = await import(new URL("../sdk/seal/pairs.js", new URL(own, document.baseURI)).href);
      const { handleTick } = Pairs.prototype;
      Pairs.prototype.handleTick = function (/** @type {number} */ now) {
        w.pairs.page = this;
        return handleTick.call(this, now);
      };
    }
    const shown = () => {
      if (w.meetings) return Object.values(w.meetings).reduce((/** @type {number} */ sum, /** @type {any} */ meeting) => sum + meeting.people.length, 0);
      return document.querySelectorAll("[data-person]").length;
    };
    setInterval(() => {
      witness.samples += 1;
      const ends = Object.values(w.far ?? {}).map((/** @type {any} */ { pc }) => pc);
      const pcs = /** @type {RTCPeerConnection[]} */ (w.__pcs).filter((pc) => pc.signalingState !== "closed" && !ends.includes(pc));
      const attached = pcs.filter((pc) => pc.getSenders().some(({ track }) => track !== null)).length;
      const received = new Set(pcs.flatMap((pc) => pc.getReceivers().map(({ track }) => track.id)));
      const sinks = [...document.querySelectorAll("video, audio")].filter((element) => {
        const { srcObject } = /** @type {HTMLMediaElement} */ (element);
        return srcObject instanceof MediaStream && srcObject.getTracks().some(({ id }) => received.has(id));
      });
      // The app draws a moment after the SDK attached; more than that is a gate that stands open.
      const people = shown();
      const wrong = attached > people || (people === 0 && sinks.length > 0);
      witness.since = wrong ? witness.since || performance.now() : 0;
      if (witness.since && performance.now() - witness.since > 400) witness.open.push(`${attached} attached, ${sinks.length} sinks, ${people} shown`);
    }, 40);
  });
}

/**
 * Nothing that was watched for has happened.
 * @param {Page} page
 */
export async function expectGateAndKeys(page) {
  const { samples, open, reused, sealed } = await page.evaluate(() => {
    const { samples: looked, open: stood, reused: twice, sealed: count } = /** @type {any} */ (window).witness;
    return { samples: looked, open: stood, reused: twice, sealed: count };
  });
  assert.ok(samples > 0, "the watcher looked");
  assert.deepEqual(open, [], "nothing attached and nothing played before somebody was shown");
  assert.deepEqual(reused, [], "no key sealed two texts with one iv");
  return { sealed };
}

/** What the seal of the app's page has dropped, by reason. @param {Page} page @returns {Promise<Record<string, number>>} */
export function dropped(page) {
  return page.evaluate(() => /** @type {any} */ (window).pairs.page?.stats ?? {}); // nothing before the first tick
}

/**
 * The remarks on the screen of the app.
 * @param {Page} page @returns {Promise<{colour: string, text: string}[]>}
 */
export function remarks(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll(".toast")].map((toast) => ({
      colour: ["red", "amber", "grey"].find((colour) => toast.classList.contains(`toast-${colour}`)) ?? "",
      text: toast.querySelector("p")?.textContent ?? "",
    })),
  );
}

/**
 * Waits for a remark of this colour and text on the screen.
 * @param {Page} page @param {string} colour @param {RegExp} text @param {number} [timeout] ms
 */
export function expectRemark(page, colour, text, timeout = 10_000) {
  return page.waitFor(
    (wanted, source) =>
      [...document.querySelectorAll(`.toast-${wanted}`)].some((toast) => new RegExp(source).test(toast.querySelector("p")?.textContent ?? "")),
    timeout,
    `a ${colour} remark ${text}`,
    colour,
    text.source,
  );
}

/** @param {Page} page */
export async function expectNoRed(page) {
  const red = (await remarks(page)).filter(({ colour }) => colour === "red");
  assert.deepEqual(red, [], `${page.name}'s page says nothing in red`);
}

/** What there is of connections: how many were ever made, and what each still attaches or has sent. @param {Page} page */
export function connections(page) {
  return page.evaluate(async () => {
    const pcs = /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs);
    const all = [];
    for (const pc of pcs) {
      if (pc.signalingState === "closed") {
        all.push({ state: "closed", attached: 0, sent: 0, received: 0 });
        continue;
      }
      let [sent, received] = [0, 0];
      (await pc.getStats()).forEach((/** @type {any} */ stat) => {
        if (stat.type === "outbound-rtp") sent += stat.packetsSent ?? 0;
        if (stat.type === "inbound-rtp") received += stat.packetsReceived ?? 0;
      });
      all.push({ state: pc.connectionState, attached: pc.getSenders().filter(({ track }) => track !== null).length, sent, received });
    }
    return all;
  });
}
