// /check: what could be in the way of a call, tried from this browser. A page of its own, which needs nothing of the app to work.

import { ParlourError, checkConnection } from "../sdk/parlour.js";
import { h, setAttribute, setText } from "./dom.js";
import { showHabits } from "./habits.js";
import { languageOf, speak, t } from "./language.js";
import { openDevices } from "./media.js";
import { readPreferences } from "./preferences.js";
import { saveAs } from "./save.js";
import { problemSentence } from "./words.js";
import { report, stepIds, stepResult, stepWords, verdict } from "./words_check.js";

/** @typedef {import("./words_check.js").Step} Step */
/** @typedef {import("./words_check.js").StepId} StepId */

const preferences = readPreferences();
showHabits(preferences.habits);
const spoken = languageOf(preferences.language, navigator.languages);
await speak(spoken, ["check", "errors"]);
document.documentElement.lang = spoken;

/** @type {Map<StepId, Step>} */
const steps = new Map();
const rows = new Map(stepIds.map((id) => [id, createRow(id)]));
const summary = h("p", { class: "lead check-verdict", role: "status" });
const again = h("button", { type: "button", class: "button", onclick: () => void run() }, t("check.again"));
const devices = h("button", { type: "button", class: "button button-quiet", onclick: () => void tryDevices() }, t("check.devices"));
const save = h("button", { type: "button", class: "button button-quiet", onclick: download }, t("check.save"));
const element = h("div", { class: "check" }, summary,
  h("ul", { class: "check-steps", role: "list" }, ...[...rows.values()].map((row) => row.element)),
  h("div", { class: "check-actions" }, again, devices, save),
  h("p", { class: "small" }, t("check.report")));

document.title = `${t("check.title")} – Parlour`;
setText(document.querySelector("h1") ?? element, t("check.title"));
document.getElementById("check")?.replaceWith(element);
await run();

async function run() {
  if (again.getAttribute("aria-busy") === "true") return;
  setAttribute(again, "aria-busy", "true");
  steps.clear();
  draw();
  await checkConnection({ server: new URL("./", location.href).href, onStep: show });
  setAttribute(again, "aria-busy", null);
}

async function tryDevices() {
  for (const id of /** @type {const} */ (["camera", "microphone"])) show({ id, state: "running", code: "", ms: null });
  const opened = await openDevices({ camera: "", microphone: "" });
  for (const id of /** @type {const} */ (["camera", "microphone"])) {
    const answer = opened[id];
    const code = answer && "trouble" in answer ? answer.trouble : "";
    if (answer && "track" in answer) answer.track.stop();
    show({ id, state: code === "" ? "ok" : "failed", code, ms: null });
  }
}

/** @param {Step} step */
function show(step) {
  steps.set(step.id, step);
  draw();
}

function draw() {
  for (const [id, row] of rows) row.set(steps.get(id));
  const { tone, text } = verdictNow();
  setAttribute(summary, "data-tone", tone);
  setText(summary, text);
}

function verdictNow() {
  return verdict(steps, (code) => problemSentence(new ParlourError(code)));
}

function download() {
  saveAs("parlour-check.txt", new Blob([report(steps, navigator.userAgent, verdictNow().text)], { type: "text/plain" }));
}

/** @param {StepId} id */
function createRow(id) {
  const { name, about } = stepWords(id);
  const result = h("span", { class: "check-result" });
  const row = h("li", { class: "check-step" }, h("span", { class: "check-name" }, name, " ", h("span", { class: "small" }, about)), result);
  return {
    element: row,
    /** @param {Step | undefined} step */
    set(step) {
      setAttribute(row, "data-state", step?.state ?? "none");
      setText(result, step ? stepResult(step) : "");
    },
  };
}
