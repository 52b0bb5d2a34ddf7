// What /check says: the names of the steps, what each came to, and the verdict in one sentence. Pure.

import { t } from "./language.js";

/** @typedef {import("../sdk/parlour.js").CheckStep} CheckStep */
/** @typedef {CheckStep["id"] | "camera" | "microphone"} StepId */
/** A step of the page's own, with devices. @typedef {{readonly id: StepId, readonly state: CheckStep["state"], readonly code: string, readonly ms: number | null}} Step */

/** In the order in which they stand. @type {readonly StepId[]} */
export const stepIds = Object.freeze(["browser", "server", "seat", "stun", "udp", "tcp", "tls", "camera", "microphone"]);

/** What a step is called and what it is about. @param {StepId} id @returns {{name: string, about: string}} */
export function stepWords(id) {
  return { name: t(`check.${id}`), about: t(isDevice(id) ? "check.device.about" : `check.${id}.about`) };
}

/** @param {StepId} id @returns {id is "camera" | "microphone"} */
function isDevice(id) {
  return id === "camera" || id === "microphone";
}

/** @param {Step} step @returns {string} */
export function stepResult({ id, state, code, ms }) {
  switch (state) {
    case "running": return t("check.trying");
    case "ok":
      if (code === "polling") return t("check.polling");
      return ms === null ? t("check.works") : t("check.works.ms", { count: ms });
    case "failed": return t(isDevice(id) ? "check.device.failed" : `check.${id}.failed`);
    case "none": return id === "browser" ? "" : id === "stun" ? t("check.stun.none") : t(["udp", "tcp", "tls"].includes(id) ? "check.not-offered" : "check.not-tried");
  }
}

/**
 * All of it in one sentence: what will work, and what to do if that is not everything.
 * @param {ReadonlyMap<StepId, Step>} steps
 * @param {(code: string) => string} sentence for a code of the SDK
 * @returns {{tone: "running" | "good" | "amber" | "bad", text: string}}
 */
export function verdict(steps, sentence) {
  const is = (/** @type {StepId} */ id, /** @type {Step["state"]} */ state) => steps.get(id)?.state === state;
  const network = stepIds.filter((id) => id !== "camera" && id !== "microphone");
  if (network.some((id) => !steps.has(id) || is(id, "running"))) return { tone: "running", text: t("verdict.running") };
  const broken = /** @type {const} */ (["browser", "server", "seat"]).find((id) => is(id, "failed"));
  if (broken) return { tone: "bad", text: sentence(steps.get(broken)?.code ?? "") };
  const device = /** @type {const} */ (["camera", "microphone"]).find((id) => is(id, "failed"));
  const also = device ? ` ${t(`verdict.${device}`)}` : "";
  const tone = device ? "amber" : "good";
  if (is("udp", "ok")) return { tone, text: t("verdict.good") + also };
  if (is("tcp", "ok") || is("tls", "ok")) return { tone: "amber", text: t("verdict.delay") + also };
  if (network.every((id) => !["udp", "tcp", "tls"].includes(id) || is(id, "none"))) {
    return { tone: "amber", text: t("verdict.no-relay") + also };
  }
  return is("stun", "ok")
    ? { tone: "amber", text: t("verdict.direct") + also }
    : { tone: "bad", text: t("verdict.bad") };
}

/**
 * What can be given to somebody who helps: steps and times, and nothing of who or where.
 * @param {ReadonlyMap<StepId, Step>} steps @param {string} browser its name for itself @param {string} text the verdict
 * @returns {string}
 */
export function report(steps, browser, text) {
  const lines = stepIds.map((id) => {
    const { state = "none", code = "", ms = null } = steps.get(id) ?? {};
    return `${id}: ${state}${code ? ` (${code})` : ""}${ms === null ? "" : `, ${ms} ms`}`;
  });
  return [t("check.report.title"), browser, "", ...lines, "", text, ""].join("\n");
}
