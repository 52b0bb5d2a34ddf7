/**
 * A meeting in standard mode: what somebody wrote and offered who has left is there for who comes later, without what was taken
 * back; the server has bytes of it and no word, whoever leaves can save a summary, and one can record it on one's own device
 * while everybody agrees.
 *
 * The tests follow one another and are one story, in one browser.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { atScreen, expectTiles, join, leave } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";
import { story } from "../lib/story.mjs";

/** @typedef {import("../lib/page.mjs").Page} Page */

const words = "The cake is in the oven until four";
const wrong = "Meant for another window";
const recipe = "Recipe of the cake, 4711";
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
let link = "";

before(async () => {
  [server, ada, ben, cy] = await Promise.all([stage.serve(), stage.chromium("Ada"), stage.chromium("Ben"), stage.chromium("Cy")]);
});

after(() => stage.clear());

/** @param {Page} page @param {string} text @param {number} [timeout] @param {"main" | "body"} [where] `body`: remarks as well */
function shows(page, text, timeout = 15_000, where = "main") {
  const find = (/** @type {string} */ wanted, /** @type {string} */ place) => (/** @type {HTMLElement | null} */ (document.querySelector(place))?.innerText ?? "").includes(wanted);
  return page.waitFor(find, timeout, `"${text}"`, text, where);
}

/** To everybody, also to who cannot see it. @param {Page} page @param {string} text */
function saysAloud(page, text) {
  const find = (/** @type {string} */ wanted) => [...document.querySelectorAll("#toasts [role=alert]")].some((alert) => alert.textContent?.includes(wanted));
  return page.waitFor(find, 15_000, `"${text}", aloud`, text);
}

/** With the people beside the stage. @param {Page} page */
async function askToRecord(page) {
  await page.click("Record this meeting\u2026");
  await page.click("Ask everybody");
}

/** Runs in the page: counts the bytes of a recording, those after two pictures were in it as well, and keeps what is saved of it. */
function watchRecorder() {
  const pictures = new Set();
  const { drawImage } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function (/** @type {any[]} */ ...what) {
    pictures.add(what[0]);
    return Reflect.apply(drawImage, this, what);
  };
  const start = MediaRecorder.prototype.start;
  MediaRecorder.prototype.start = function (...times) {
    this.addEventListener("dataavailable", ({ data }) => {
      for (const kind of pictures.size > 1 ? ["recorded", "both"] : ["recorded"]) document.body.dataset[kind] = String(Number(document.body.dataset[kind] ?? 0) + data.size);
    });
    return start.apply(this, times);
  };
  const make = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (blob) => {
    Object.assign(window, { saved: blob });
    return make(blob);
  };
}

/** Runs in the page: plays what was saved, and looks and listens. */
async function playSaved() {
  const { saved } = /** @type {{saved: Blob}} */ (/** @type {unknown} */ (window));
  const video = document.createElement("video");
  video.muted = true;
  video.src = URL.createObjectURL(saved);
  await video.play();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const half = canvas.width / 2;
  /** @type {number[]} */
  let halves = [];
  do {
    await new Promise((resolve) => setTimeout(resolve, 100));
    context.drawImage(video, 0, 0);
    halves = [0, half].map((x) => {
      const { data } = context.getImageData(x, 0, half, canvas.height);
      let bright = 0;
      for (let i = 0; i < data.length; i += 4) bright += Number(Math.max(data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0) > 90);
      return bright / (data.length / 4);
    });
  } while (!video.ended && halves.some((share) => share < 0.3));
  const sound = await new AudioContext().decodeAudioData(await saved.arrayBuffer());
  const samples = sound.getChannelData(0);
  return { halves, loudness: Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length), seconds: sound.duration };
}

/** By the link; a Join that is pressed before the kind of the room can be read waits for another press. @param {Page} page @param {string} name */
async function comes(page, name) {
  await page.open(link);
  await shows(page, "Standard meeting: chat, polls and chosen files are kept on the server until the room ends");
  await join(page, { name });
}

/** A dialog, which covers the page. @param {Page} page @param {string} text */
function asks(page, text) {
  return page.waitFor((wanted) => (document.querySelector("dialog[open]")?.textContent ?? "").includes(wanted), 15_000, `the question "${text}"`, text);
}

step("a room is made in standard mode, which is said before and inside; Ben writes, and leaves", 90_000, async () => {
  await ada.open(`${server.origin}/`);
  await atScreen(ada, "landing");
  await ada.evaluate(() => {
    const more = document.querySelector("details.more");
    if (more instanceof HTMLDetailsElement) more.open = true;
  });
  await ada.click("Standard", { role: "radio" });
  await shows(ada, "sealed so that it cannot read them");
  await ada.click("Start a room");
  await atScreen(ada, "preview");
  link = await ada.evaluate(() => location.href);
  await join(ada, { name: "Ada" });
  await comes(ben, "Ben");
  for (const page of [ada, ben]) await expectTiles(page, 1);
  for (const page of [ada, ben]) await page.click("Chat");
  await ben.fill("Message to everyone", words);
  await ben.click("Send");
  await shows(ben, "Delivered");
  await ben.fill("Message to everyone", wrong);
  await ben.click("Send");
  await shows(ada, wrong);
});

step("Ben takes a message back: it is gone from Ada's page; and has the room keep a file", 60_000, async () => {
  await ben.click(`Take back: ${wrong}`);
  await asks(ben, "Whoever has read it has read it.");
  await ben.click("Take back");
  await shows(ada, "Ben took a message back.");
  for (const page of [ada, ben]) assert.ok(!(await page.evaluate(() => document.querySelector(".talk")?.textContent ?? "")).includes(wrong));
  // The picker belongs to the browser; this is what it gives to the page.
  await ben.evaluate((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "recipe.txt", { type: "text/plain" }));
    const input = document.querySelector(".talk-form input[type=file]");
    if (!(input instanceof HTMLInputElement)) throw new Error("no picker");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
  }, recipe);
  await asks(ben, "Sealed on the server until the room ends");
  await ben.click("Offer");
  await shows(ben, "Kept by the room, for who comes later.");
});

step("Ada records while Ben agrees; he takes it back, and what there is by then plays with both pictures and his sound", 90_000, async () => {
  await ada.evaluate(watchRecorder);
  // As browsers do that let no page write a file; and what sounds is Ben's alone.
  await ada.evaluate(() => void Reflect.deleteProperty(window, "showSaveFilePicker"));
  await ada.click("Mute microphone");
  await ada.click("People, 2 people");
  await askToRecord(ada);
  await shows(ada, "1 person has not answered yet. Nothing is recorded.");
  await saysAloud(ben, "Ada asks to record the sound and pictures of this meeting");
  assert.equal(await ada.evaluate(() => Number(document.body.dataset["recorded"] ?? 0)), 0);
  await ben.click("Agree");
  await shows(ben, "Ada is recording.");
  assert.match(await ben.evaluate(() => document.title), /^\u25cf /u);
  await shows(ada, "You are recording.");
  await ada.waitFor(() => Number(document.body.dataset["both"] ?? 0) > 30_000, 30_000, "30 kB of the recording with both in it");
  await ben.click("I no longer agree");
  await shows(ben, "Ada\u2019s recording has ended.", undefined, "body");
  await shows(ada, "Not everybody agrees any more", undefined, "body");
  const before = ada.requests.length;
  await ada.click("Save the recording");
  await ada.waitFor(() => "saved" in window, 10_000, "what is saved");
  const { halves, loudness, seconds } = await ada.evaluate(playSaved);
  assert.ok(halves.every((share) => share > 0.3), `parts of the halves that are pictures: ${halves}`);
  assert.ok(loudness > 0.001, `loudness ${loudness}`);
  assert.ok(seconds > 1 && seconds < 60, `${seconds} s of sound`);
  assert.equal(ada.requests.slice(before).filter(({ url }) => url.startsWith("http")).length, 0);
  await leave(ben);
  await expectTiles(ada, 0);
});

step("Cy comes later and reads it; the server was given bytes below /blob/ and no word", 60_000, async () => {
  await comes(cy, "Cy");
  await expectTiles(cy, 1);
  await cy.click("Chat");
  await shows(cy, words);
  await shows(cy, "recipe.txt");
  await cy.click("Accept recipe.txt");
  await shows(cy, "All here, and the same as was offered.");
  assert.ok(!(await cy.evaluate(() => document.querySelector(".talk")?.textContent ?? "")).includes(wrong));
  const put = ben.requests.filter(({ url }) => url.includes("/blob/"));
  assert.ok(put.length > 0, "Ben's page left something with the server");
  await cy.waitFor(async () => {
    const entries = performance.getEntriesByType("resource").map(({ name }) => name);
    return entries.some((name) => /\/blob\/[\w-]{22}$/.test(name));
  }, 15_000, "that Cy's page fetched it");
  const seen = [server.log, ...ben.sent, ...[ada, ben, cy].flatMap(({ requests }) => requests.map(({ url, body }) => `${url} ${body}`))].join("\n");
  for (const word of [words, wrong, recipe, "recipe.txt"]) {
    assert.ok(!seen.includes(word) && !seen.includes(Buffer.from(word).toString("base64url").slice(0, -2)), word);
  }
});

step("Ben comes back while Cy records: it waits for Ben's yes, and goes into the file that was chosen", 60_000, async () => {
  // No person is there to choose one: a real file, where pages may make some.
  await cy.evaluate(() => void Object.assign(window, {
    showSaveFilePicker: async () => (await navigator.storage.getDirectory()).getFileHandle("chosen", { create: true }),
  }));
  await cy.click("People, 2 people");
  await askToRecord(cy);
  await saysAloud(ada, "Cy asks to record");
  await ada.click("Agree");
  await shows(cy, "You are recording.");
  await comes(ben, "Ben");
  await expectTiles(ben, 2);
  await saysAloud(ben, "It is paused until you answer");
  await shows(cy, "Your recording is paused. It waits for Ben.");
  await ben.click("Agree");
  for (const page of [ada, ben]) await shows(page, "Cy is recording.");
  await shows(cy, "You are recording.");
  await cy.click("Stop recording");
  await shows(cy, "The recording is saved in chosen.", undefined, "body");
  const bytes = await cy.evaluate(async () => (await (await (await navigator.storage.getDirectory()).getFileHandle("chosen")).getFile()).size);
  assert.ok(bytes > 1000, `${bytes} bytes`);
});

step("who leaves can save what it was; nothing is sent for it", 60_000, async () => {
  await leave(cy);
  await shows(cy, "Save a summary");
  const before = cy.requests.length;
  // The file is written by the page: what it would be is read where it is made.
  await cy.evaluate(() => {
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => {
      if (blob instanceof Blob) void blob.text().then((text) => (document.body.dataset["saved"] = text));
      return make(blob);
    };
  });
  await cy.click("Save a summary");
  const saved = String(await cy.waitFor(() => document.body.dataset["saved"] ?? "", 10_000, "the summary"));
  for (const line of ["Meeting summary", "- Cy (you)", "- Ada (host)", `Ben`, words, "recipe.txt"]) assert.ok(saved.includes(line), `${line} in ${saved}`);
  assert.equal(cy.requests.slice(before).filter(({ url }) => url.startsWith("http")).length, 0);
  await leave(ada);
});
