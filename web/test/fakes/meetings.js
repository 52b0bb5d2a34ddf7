// What every test from the public door stands on: a fresh server in memory and a whole network before each test, and nobody
// left in a meeting after it.

import assert from "node:assert/strict";
import { afterEach, beforeEach } from "node:test";
import { FakePeerConnection, attachments, install, made, network } from "./rtc.js";
import { FakeServer } from "./server.js";

install();
export const { Meeting, ParlourError, reactions, readLink, supported } = await import("../../sdk/parlour.js");

export const origin = "http://127.0.0.1:8080";
/** Another one in each test. @type {FakeServer} */
export let server;
/** @type {InstanceType<typeof Meeting>[]} */
let open = [];

beforeEach(() => {
  server = new FakeServer();
  Object.assign(globalThis, { WebSocket: server.webSocket(), fetch: server.fetch() });
  network.isCut = network.isDeaf = false;
  network.channelBytes.clear();
  FakePeerConnection.isSilent = false;
  made.length = attachments.length = 0;
});

afterEach(leaveAll);

export async function leaveAll() {
  await Promise.all(open.map((meeting) => meeting.leave()));
  open = [];
}

/** A room of one's own; on a device, if one is given, that keeps what pages keep. */
export const starts = (options = {}, device = nowhere) => device.use(async () => kept(await Meeting.create({ server: origin, ...options })));
/** A meeting by its link or name. */
export const opens = (link, device = nowhere) => device.use(async () => kept(await Meeting.open({ server: origin, fragment: link })));

/** Somebody in a room: by its link, or else in a new one, made with these options. */
export async function enters(name, link, options) {
  const meeting = await (link ? opens(link) : starts(options));
  await meeting.join({ name });
  return meeting;
}

const nowhere = { use: (task) => task() };

function kept(meeting) {
  open.push(meeting);
  return meeting;
}

/** Returns what `predicate` answers as soon as that is true; `what` is said if it never is. */
export async function until(what, predicate, ms = 20_000) {
  for (const end = Date.now() + ms; ; ) {
    const value = predicate();
    if (value) return value;
    if (Date.now() > end) assert.fail(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
