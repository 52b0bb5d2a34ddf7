// This person as the others see them: one picture at a time, and one place that knows what is sent.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Own, checkKind } from "../sdk/own.js";

test("the screen takes the camera's place and gives it back; the name is tidied", () => {
  /** @type {unknown[][]} */
  const done = [];
  const mesh = { setTrack: (...of) => done.push(of), tellAll: () => done.push([]) };
  let changes = 0;
  const own = new Own(() => mesh, () => changes++);
  const [camera, other, screen] = ["", "", ""].map((contentHint) => /** @type {MediaStreamTrack} */ ({ kind: "video", contentHint }));
  own.begin(" Ana\n", { audio: null, video: camera });
  assert.deepEqual(own.me, { id: "", name: "Ana", audio: false, video: true, screen: false, host: false });
  own.setScreen(screen);
  assert.deepEqual([own.me.video, own.me.screen, screen.contentHint], [true, true, "detail"]);
  own.setVideo(other);
  own.setScreen(null);
  own.setVideo(null);
  assert.deepEqual(done, [screen, screen, other, null].map((track) => ["video", track]));
  assert.deepEqual([own.me.video, own.me.screen, changes], [false, false, 4]);
  own.find({ id: "a", host: true });
  own.begin("Ben", { audio: null, video: null });
  assert.deepEqual(own.me, { id: "a", name: "Ben", audio: false, video: false, screen: false, host: true }, "who this is outlives a join");
  assert.throws(() => own.setAudio(camera), { code: "media-kind" });
  assert.throws(() => checkKind("video", /** @type {MediaStreamTrack} */ ({ kind: "audio" })), { code: "media-kind" });
});
