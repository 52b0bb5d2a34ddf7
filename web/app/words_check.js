// What /check says: the names of the steps, what each came to, and the verdict in one sentence. Pure.

/** @typedef {import("../sdk/parlour.js").CheckStep} CheckStep */
/** @typedef {CheckStep["id"] | "camera" | "microphone"} StepId */
/** A step of the page's own, with devices. @typedef {{readonly id: StepId, readonly state: CheckStep["state"], readonly code: string, readonly ms: number | null}} Step */

/** In the order in which they stand. @type {readonly StepId[]} */
export const stepIds = Object.freeze(["browser", "server", "seat", "stun", "udp", "tcp", "tls", "camera", "microphone"]);

/** @type {Readonly<Record<StepId, {name: string, about: string, failed: string, none: string}>>} */
export const stepWords = Object.freeze({
  browser: { name: "This browser", about: "encryption, calls, compression", failed: "It lacks something that sealed calls need.", none: "" },
  server: { name: "The server", about: "a live connection", failed: "No live connection. A proxy or firewall may block it, or you are offline.", none: "Not tried." },
  seat: { name: "A room", about: "one of this check's own, gone afterwards", failed: "The server opened no room. Try again in a minute.", none: "Not tried." },
  stun: { name: "The way to others", about: "a question by STUN, with which direct calls begin", failed: "No answer. Calls will mostly go by the relay.", none: "This browser does not say." },
  udp: { name: "The relay by UDP", about: "the best way where no direct one is found", failed: "Nothing came through. This network may block UDP.", none: "Not offered here." },
  tcp: { name: "The relay by TCP", about: "where UDP is blocked", failed: "Nothing came through. This network may allow well-known ports only.", none: "Not offered here." },
  tls: { name: "The relay by TLS", about: "where only web pages are let through", failed: "Nothing came through. Something may be looking into encrypted traffic.", none: "Not offered here." },
  camera: { name: "Camera", about: "asked for by the button only", failed: "It did not start. Another app may use it, or the browser blocks it.", none: "Not tried." },
  microphone: { name: "Microphone", about: "asked for by the button only", failed: "It did not start. Another app may use it, or the browser blocks it.", none: "Not tried." },
});

/** @param {Step} step @returns {string} */
export function stepResult({ id, state, code, ms }) {
  switch (state) {
    case "running": return "Trying…";
    case "ok":
      if (code === "polling") return "Works by polling, with some delay: WebSockets do not get through.";
      return ms === null ? "Works" : `Works (${ms} ms)`;
    case "failed": return stepWords[id].failed;
    case "none": return stepWords[id].none;
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
  if (network.some((id) => !steps.has(id) || is(id, "running"))) return { tone: "running", text: "Looking at what could be in the way…" };
  const broken = /** @type {const} */ (["browser", "server", "seat"]).find((id) => is(id, "failed"));
  if (broken) return { tone: "bad", text: sentence(steps.get(broken)?.code ?? "") };
  const device = /** @type {const} */ (["camera", "microphone"]).find((id) => is(id, "failed"));
  const also = device ? ` But the ${device} did not start.` : "";
  const tone = device ? "amber" : "good";
  if (is("udp", "ok")) return { tone, text: `Calls should work well from here.${also}` };
  if (is("tcp", "ok") || is("tls", "ok")) return { tone: "amber", text: `Calls should work, with some delay: this network lets no UDP through.${also}` };
  if (network.every((id) => !["udp", "tcp", "tls"].includes(id) || is(id, "none"))) {
    return { tone: "amber", text: `This server has no relay: calls work where a direct way is found.${also}` };
  }
  return is("stun", "ok")
    ? { tone: "amber", text: `Only direct calls can work from here: the relay is out of reach. Try another network, or tell whoever runs this server.${also}` }
    : { tone: "bad", text: "Calls will not work from here: nothing reaches the relay. Try another network, such as a phone's." };
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
  return ["Parlour, connection check", browser, "", ...lines, "", text, ""].join("\n");
}
