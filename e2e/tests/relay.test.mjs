/**
 * Three people who hide their addresses: everything goes through the relay, nothing past it, and the relay forgets
 * each of them in the moment in which they leave.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { expectMedia } from "../lib/media.mjs";
import { expectTiles, join, leave, openAndJoin, startRoom } from "../lib/meeting.mjs";
import { OWN_ADDRESS } from "../lib/namespace.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";
import { TurnProbe } from "../lib/turn-probe.mjs";

const RELAYED = /^relay\/(relay|prflx)$/;

/** @typedef {import("../lib/page.mjs").Page} Page */

const step = story();
const stage = new Stage();
/** @type {import("../lib/server.mjs").Server} */
let server;
/** @type {Page} */
let ada;
/** @type {Page} */
let ben;
/** @type {Page} */
let cy;

before(async () => {
  [server, ada, ben, cy] = await Promise.all([stage.serve(), stage.chromium("Ada"), stage.chromium("Ben"), stage.firefox("Cy")]);
});

after(() => stage.clear());

step("three with hidden addresses see and hear one another, by the relay alone", 90_000, async () => {
  const link = await startRoom(ada, server.origin);
  await join(ada, { hide: true });
  await openAndJoin(ben, link, { hide: true });
  await openAndJoin(cy, link, { hide: true });
  for (const page of [ada, ben, cy]) await expectTiles(page, 2);
  await Promise.all([ada, ben, cy].map((page) => expectMedia(page, { people: 2, road: RELAYED, timeout: 25_000 })));
});

step("no description or candidate names an address of a person", 15_000, async () => {
  for (const page of [ada, ben, cy]) {
    const candidates = await page.evaluate(() =>
      /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs)
        .filter((pc) => pc.signalingState !== "closed")
        .flatMap((pc) => [pc.getConfiguration().iceTransportPolicy, ...(pc.remoteDescription?.sdp.match(/a=candidate:.*/g) ?? [])]),
    );
    assert.ok(candidates.includes("relay"), `${page.name} asks for relayed candidates only`);
    for (const candidate of candidates.filter((text) => text?.startsWith("a=candidate"))) {
      assert.match(`${candidate}`, / typ relay raddr 0\.0\.0\.0 rport 9( |$)/, page.name);
    }
  }
});

step("whoever leaves is forgotten by the relay at once", 60_000, async () => {
  const question = await cy.evaluate(() => {
    const pcs = /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs);
    const server = pcs.find((pc) => pc.signalingState !== "closed")?.getConfiguration().iceServers?.find(({ username }) => username);
    return { urls: [server?.urls ?? []].flat(), username: server?.username ?? "", credential: `${server?.credential ?? ""}` };
  });
  const [, host = "", port = ""] = question.urls[0]?.match(/^turn:([\d.]+):(\d+)/) ?? [];
  assert.ok(host && question.username, `Cy has relay credentials: ${question.urls}`);
  assert.ok(["127.0.0.1", OWN_ADDRESS].includes(host), `the relay is on this machine: ${host}`);
  const mine = new TurnProbe(stage.namespace, host, Number(port));
  assert.equal(await mine.ask({ ask: "allocate", ...question }), 0, "Cy's credentials are good while Cy is in the room");
  assert.equal(await mine.ask({ ask: "refresh", ...question }), 0, "and so is an allocation made with them");
  await leave(cy);
  assert.equal(await mine.ask({ ask: "refresh", ...question }), 401, "after leaving, the allocation cannot be refreshed");
  const late = new TurnProbe(stage.namespace, host, Number(port));
  assert.equal(await late.ask({ ask: "allocate", ...question }), 401, "nor can another be made");
  for (const page of [ada, ben]) await expectTiles(page, 1, 5000);
  await expectMedia(ada, { people: 1, road: RELAYED });
  await Promise.all([mine.child.stop(), late.child.stop()]);
});

step("nobody's console complained", 10_000, () => {
  for (const page of [ada, ben, cy]) assert.deepEqual(page.errors, [], page.name);
});
