// A recording as the page speaks of it, and where its bytes go: bounded in memory, one after another into a file, and nothing of a
// file that was there before is lost when nothing was recorded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { noHouse } from "../app/house.js";
import { speak } from "../app/language.js";
import { MEMORY_BYTES, NEAR_BYTES, RecordFile, chooseFile } from "../app/record_file.js";
import { isQuiet } from "../app/renewal.js";
import { titleOf } from "../app/show.js";
import { initialState, next } from "../app/state.js";
import { overSentence, recordQuestion, signOf } from "../app/words_recording.js";

await speak("en", ["door", "errors", "room", "talk"]);

const recording = (change = {}) => ({ state: "none", own: false, by: "", name: "", answer: "none", waits: [], people: [], ...change });
const text = (change) => signOf(recording(change)).text;

test("the sign: who records, and what its button does; nothing off the record", () => {
  assert.deepEqual(signOf(null), { text: "", act: "" });
  assert.deepEqual(signOf(recording()), { text: "", act: "" });
  assert.deepEqual(signOf(recording({ state: "on", own: true })), { text: "You are recording.", act: "stop" });
  assert.deepEqual(signOf(recording({ state: "on", name: "Ada", answer: "yes" })), { text: "Ada is recording.", act: "withdraw" });
  assert.match(text({ state: "paused", own: true, waits: ["Ben", ""] }), /Ben and Guest/u);
  assert.match(text({ state: "paused", name: "Ada" }), /Ada\u2019s recording is paused/u);
  assert.equal(text({ state: "asking", name: "Ada" }), "", "the question is on the screen");
  assert.match(text({ state: "on", name: "Ada", answer: "no" }), /although you did not agree/u);
});

test("nobody reads who has said no, nor can tell by whose name is missing", () => {
  for (const waits of [["Ben", "Cy"], ["Cy"]]) assert.doesNotMatch(text({ state: "asking", own: true, waits }), /Ben|Cy/u);
  for (const began of [true, false]) for (const why of ["no", "silent", "busy"]) assert.doesNotMatch(overSentence({ own: true, began, why, name: "Ben" }), /Ben/u);
  assert.equal(overSentence({ own: true, began: true, why: "stopped", name: "" }), "");
  assert.match(overSentence({ own: false, began: true, why: "over", name: "Ada" }), /Ada/u);
});

test("who comes in late reads that it goes on, and is paused", () => {
  assert.match(recordQuestion(recording({ state: "asking", name: "Ada" })), /begins only when everybody agrees/u);
  assert.match(recordQuestion(recording({ state: "paused", name: "Ada" })), /paused until you answer/u);
});

test("the title of the page shows it as well, and a page with a recording does not load itself again", () => {
  const call = { ...initialState, screen: "call" };
  assert.doesNotMatch(titleOf({ ...call, house: { ...noHouse, recording: recording({ state: "paused" }) } }), /^\u25cf/u);
  assert.match(titleOf({ ...call, house: { ...noHouse, recording: recording({ state: "on" }) } }), /^\u25cf /u);
  assert.equal(isQuiet(call), true);
  for (const tape of ["running", "waits"]) assert.equal(isQuiet(next(call, { type: "tape", tape })), false);
  assert.equal(next(next(call, { type: "tape", tape: "waits" }), { type: "home" }).tape, "waits", "what was recorded outlives the meeting");
});

const bench = (handle = null) => {
  const told = [];
  return { told, file: new RecordFile(handle, { onNear: () => told.push("near"), onFull: () => told.push("full") }) };
};

test("in memory: told once when it is nearly full and once when it is, and never beyond its bound", async () => {
  const { told, file } = bench();
  class Piece extends Blob {
    get size() { return 64 * 1024 * 1024; }
  }
  for (let i = 0; i < 20; i++) file.write(new Piece());
  assert.deepEqual([told, file.bytes], [["near", "full"], MEMORY_BYTES]);
  assert.ok(NEAR_BYTES < MEMORY_BYTES);
  const whole = bench().file;
  for (const words of ["one ", "", "two"]) whole.write(new Blob([words]));
  const { blob, isWhole } = await whole.finish("video/webm");
  assert.deepEqual([await blob.text(), blob.type, isWhole], ["one two", "video/webm", true]);
});

/** A file on a disk that takes so many pieces. */
function disk(takes = Number.POSITIVE_INFINITY, size = 0) {
  const made = { text: "", isClosed: false, isRemoved: false };
  return { made, handle: {
    name: "chosen.webm",
    createWritable: async () => ({
      write: async (data) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
        if (takes-- <= 0) throw new Error("no space");
        made.text += await data.text();
      },
      close: async () => { made.isClosed = true; },
    }),
    getFile: async () => ({ size }),
    remove: async () => { made.isRemoved = true; },
  } };
}

test("into a file: one piece after another, and closed at the end", async () => {
  const { made, handle } = disk();
  const { told, file } = bench(handle);
  for (const words of ["a", "b", "c", "d"]) file.write(new Blob([words]));
  assert.deepEqual(await file.finish("video/webm"), { blob: null, isWhole: true });
  assert.deepEqual([made.text, made.isClosed, told], ["abcd", true, []]);
});

test("a full disk ends it, and what is there is closed", async () => {
  const { made, handle } = disk(2);
  const { told, file } = bench(handle);
  for (const words of ["a", "b", "c", "d"]) file.write(new Blob([words]));
  assert.deepEqual(await file.finish("video/webm"), { blob: null, isWhole: false });
  assert.deepEqual([made.text, made.isClosed, told], ["ab", true, ["full"]]);
});

test("nothing was recorded: an empty file goes again, one with something in it stays", async () => {
  const [empty, full] = [disk(), disk(0, 7)];
  await bench(empty.handle).file.abandon();
  await bench(full.handle).file.abandon();
  assert.deepEqual([empty.made.isRemoved, full.made.isRemoved], [true, false]);
});

test("a browser without a dialog for files records into memory; a dialog that was closed is a change of mind", async () => {
  const choose = () => chooseFile("a.webm", "video/webm", ".webm");
  assert.equal(await choose(), null);
  globalThis.showSaveFilePicker = async () => { throw new DOMException("closed", "AbortError"); };
  assert.equal(await choose(), "cancelled");
  globalThis.showSaveFilePicker = async () => { throw new DOMException("not in a frame", "SecurityError"); };
  assert.equal(await choose(), null);
  globalThis.showSaveFilePicker = async ({ suggestedName, types }) => ({ name: suggestedName, types });
  assert.deepEqual(await choose(), { name: "a.webm", types: [{ accept: { "video/webm": [".webm"] } }] });
  delete globalThis.showSaveFilePicker;
});
