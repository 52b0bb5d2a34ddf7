/**
 * What nobody but the people in the room may learn: the page asks no other host for anything, obeys its policy, and
 * the secret of the link and what people call themselves never leave the browsers in a readable form.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, before } from "node:test";
import { expectMedia } from "../lib/media.mjs";
import { memoryHolds } from "../lib/memory.mjs";
import { expectTile, join, leave, openAndJoin, startRoom } from "../lib/meeting.mjs";
import { OWN_ADDRESS } from "../lib/namespace.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const NAMES = ["Xanthippe", "Quetzalcoatl"];

const step = story();
const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Page} */
let ada;
/** @type {Page} */
let ben;
let link = "";

before(async () => {
  [server, ada, ben] = await Promise.all([stage.serve(["--log", "trace"]), stage.chromium("Ada"), stage.firefox("Ben")]);
});

after(() => stage.clear());

step("two people with names meet", 60_000, async () => {
  link = await startRoom(ada, server.origin);
  await join(ada, { name: NAMES[0] });
  await openAndJoin(ben, link, { name: NAMES[1], hide: true });
  await expectTile(ada, new RegExp(`^${NAMES[1]}, Relayed`), "Ben's name");
  await expectTile(ben, new RegExp(`^${NAMES[0]}, Relayed`), "Ada's name");
  await expectMedia(ada, { people: 1, road: /./ });
  for (const page of [ada, ben]) {
    const hosts = await page.evaluate(() =>
      /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs).flatMap((pc) => (pc.getConfiguration().iceServers ?? []).flatMap(({ urls }) => urls)),
    );
    assert.ok(hosts.length > 0, "the page was given relays");
    for (const url of hosts) assert.match(url, new RegExp(`^turns?:(127\\.0\\.0\\.1|${OWN_ADDRESS.replaceAll(".", "\\.")}):`), "no STUN or TURN server of others");
    const kept = await page.evaluate(() => document.cookie);
    assert.equal(kept, "", "no cookie");
  }
});

step("the server's memory holds the room's public id, and neither the link's secret nor the names", 30_000, async () => {
  const bytes = (/** @type {string} */ text) => Buffer.from(text, "base64url");
  const roomId = ada.sent.map((message) => JSON.parse(message)).find(({ t }) => t === "create")?.d.room_id;
  assert.equal(bytes(roomId ?? "").length, 12, "Ada's page named the room to the server");
  const secret = await ada.evaluate(async () => {
    const { readLink } = await import(`${location.origin}/sdk/seal/link.js`);
    return btoa(String.fromCharCode(...(await readLink(location.href)).R));
  });
  const needles = [Buffer.from(secret, "base64"), Buffer.from(new URL(link).hash.slice(2)), ...NAMES.map((name) => Buffer.from(name))];
  assert.equal(needles[0]?.length, 16);
  const [knowsRoom, ...knows] = memoryHolds(server.child.pid, [bytes(roomId), ...needles]);
  assert.equal(knowsRoom, true, "the public id is found, so the search is not blind");
  assert.deepEqual(knows, [false, false, false, false], "secret in bytes, secret as written, names");
});

step("they leave", 20_000, async () => {
  await leave(ben);
  await leave(ada);
});

step("the pages asked no other host for anything", 10_000, () => {
  const own = new URL(server.origin).host;
  for (const page of [ada, ben]) {
    assert.deepEqual(page.hosts, [own], page.name);
    assert.ok(page.requests.some(({ url }) => url.endsWith("/ws")), `${page.name}: the WebSocket is on the list, so the list is not blind`);
  }
});

step("the link's secret and the names are in no request, no message and no line of the server's log", 10_000, () => {
  const secret = new URL(link).hash.replace(/^#1?/, "");
  assert.ok(secret.length >= 20, link);
  // A piece of it would be a leak as well.
  const pieces = [secret.slice(0, 8), secret.slice(8, 16), secret.slice(-8), ...NAMES];
  for (const page of [ada, ben]) {
    for (const { url, body, headers } of page.requests) {
      const said = [url.split("#")[0], body, ...Object.values(headers)].join("\n");
      for (const piece of pieces) assert.ok(!said.includes(piece), `${page.name} sent ${piece} with ${url}`);
      // An empty referrer is Chromium's way to say that there is none.
      const telling = Object.entries(headers).filter(([name, value]) => /^(referer|cookie)$/i.test(name) && value !== "");
      assert.deepEqual(telling, [], `${page.name} sent a referrer or a cookie to ${url}`);
    }
  }
  for (const type of ["hello", "create", "join", "signal"]) {
    assert.ok(ada.sent.some((message) => message.includes(`"t":"${type}"`)), `Chromium's messages to the server were recorded, ${type} among them`);
  }
  for (const message of ada.sent) {
    for (const piece of pieces) assert.ok(!message.includes(piece), `${piece} in the message ${message.slice(0, 200)}`);
    assert.doesNotMatch(message, /candidate:|a=fingerprint|m=audio/, "descriptions are sealed");
  }
  for (const piece of pieces) assert.ok(!server.log.includes(piece), `${piece} in the server's log`);
});

step("at its usual level the log names no address of anybody", 40_000, async () => {
  const quiet = await stage.serve([], { listen: "127.0.0.1:8081", relayListen: "127.0.0.1:3481" });
  await startRoom(ada, quiet.origin);
  await join(ada);
  await leave(ada);
  await quiet.stop();
  const lines = quiet.child.lines.filter((line) => !line.includes(quiet.origin));
  assert.doesNotMatch(lines.join("\n"), /\d+\.\d+\.\d+\.\d+/);
});

step("the content security policy was never violated, and it bites", 40_000, async () => {
  for (const page of [ada, ben]) {
    const complaints = page.console.filter(({ text }) => /Content.Security.Policy|Trusted ?Type/i.test(text));
    assert.deepEqual(complaints, [], page.name);
    assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).__violations), [], page.name);
    await page.open(`${server.origin}/`);
    const refused = await page.evaluate(async (elsewhere) => {
      const outcomes = [];
      outcomes.push(await fetch(elsewhere).then(() => "fetched", () => "refused"));
      try {
        document.createElement("div").innerHTML = "<b>text</b>";
        outcomes.push("taken");
      } catch {
        outcomes.push("refused");
      }
      return outcomes;
    }, `http://${OWN_ADDRESS}:8080/`);
    assert.deepEqual(refused, ["refused", "refused"], `${page.name}: another origin, and text as HTML`);
    await page.waitFor(() => /** @type {any} */ (window).__violations.length >= 2, 5000, "the violations that this test made");
  }
});
