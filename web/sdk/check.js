// What could keep calls from working, tried one after another from this browser: what it can do, the server, the relay by
// each of its ways. Nothing is left behind: the room is a throw-away one of this check's own, since the relay serves seats only,
// and its keys live in memory.

import { makeCertificate } from "./certificate.js";
import { Entrance } from "./entrance.js";
import { asParlourError } from "./errors.js";
import { Keep } from "./keep.js";
import { waysOf, within } from "./reach.js";
import { Server } from "./server.js";
import { supported } from "./supported.js";

/** Longest for one way through the relay: ICE tries a dead TCP port for about ten seconds, ms. */
const WAY_MS = 15_000;

/** @typedef {import("./types.js").CheckStep} CheckStep */
/** @typedef {CheckStep["id"]} StepId */
/** @typedef {Omit<CheckStep, "id" | "ms">} Result */
/** @typedef {import("./reach.js").Way} Way */

/** @type {Result} */
const ok = Object.freeze({ state: "ok", code: "" });
/** @type {Result} */
const polling = Object.freeze({ state: "ok", code: "polling" });
/** @type {Result} */
const none = Object.freeze({ state: "none", code: "" });
/** @type {Result} */
const noStun = Object.freeze({ state: "failed", code: "no-stun" });

/**
 * Tries everything that a call needs but camera and microphone. Never throws.
 *
 * `browser`: what supported() says. `server`: a live connection. `seat`: a room of one's own and a seat in it. `stun`: the server
 * says under which address it sees this device. `udp`, `tcp`, `tls`: a message went through the relay and back. A step that
 * comes to nothing because an earlier one failed, or because the server offers no such way, is `none`.
 *
 * @param {{server?: string, onStep?: (step: CheckStep) => void}} [options] `server` as for Meeting.create; `onStep` hears of
 *   each step twice: `running`, and what came of it
 * @returns {Promise<readonly CheckStep[]>} without addresses, names or links
 */
export async function checkConnection({ server: address = location.origin, onStep = () => {} } = {}) {
  /** @type {Map<StepId, CheckStep>} */
  const steps = new Map();

  /** @param {StepId} id @param {Result} result @param {number | null} [ms] */
  function tell(id, result, ms = null) {
    const step = Object.freeze({ id, ms, ...result });
    steps.set(id, step);
    onStep(step);
    return step.state === "ok";
  }

  /** @param {StepId} id @param {() => Promise<Result>} attempt @returns {Promise<boolean>} */
  async function step(id, attempt) {
    tell(id, { state: "running", code: "" });
    const from = performance.now();
    const result = await attempt().catch((thrown) => /** @type {Result} */ ({ state: "failed", code: asParlourError(thrown).code }));
    return tell(id, result, Math.round(performance.now() - from));
  }

  /** @type {readonly Way[]} */
  let ways = [];
  const support = supported();
  if (tell("browser", support.ok ? ok : { state: "failed", code: support.code })) {
    const server = new Server(address, { onNews: () => {}, onBack: () => {}, onAway: () => {} });
    const isLive = await step("server", async () => (await server.session(), server.carrier === "polling" ? polling : ok));
    if (isLive) {
      const hasSeat = await step("seat", async () => {
        ways = waysOf(await takeSeat(server));
        return ok;
      });
      if (hasSeat) {
        const udp = ways.find(({ way }) => way === "udp");
        await Promise.all([
          ...(udp ? [step("stun", () => seen(udp))] : []),
          ...ways.map((way) => step(way.way, async () => ((await throughRelay(way)) ? ok : { state: "failed", code: "no-relay" }))),
        ]);
      }
      await server.ask("leave", {}).catch(() => {});
    }
    server.end();
  }
  for (const id of /** @type {const} */ (["server", "seat", "stun", "udp", "tcp", "tls"])) if (!steps.has(id)) tell(id, none);
  return Object.freeze([...steps.values()]);
}

/** @param {Server} server @returns {Promise<readonly RTCIceServer[]>} what comes with a seat */
async function takeSeat(server) {
  const entrance = await Entrance.before(server, new Keep(null, "check"), "");
  await entrance.make({ cap: 2, door: "locked", password: "", offRecord: true });
  const { fingerprint } = await makeCertificate();
  const { core } = await entrance.makeCore(fingerprint);
  const joined = await entrance.join(core);
  return joined.seat ? /** @type {RTCIceServer[]} */ (joined.ice_servers) : [];
}

/**
 * Whether the server answers a question by STUN. Behind no address translation the answer is an address that the browser has
 * already and does not show; then only the absence of an error tells, which Firefox does not report: `none`.
 * @param {Way} way by UDP
 * @returns {Promise<Result>}
 */
async function seen({ server }) {
  const pc = new RTCPeerConnection({ iceServers: [{ urls: String(server.urls).replace(/^turn:/iu, "stun:").replace(/\?.*$/u, "") }] });
  try {
    return await within(WAY_MS, noStun, (settle) => {
      let hasFailed = false;
      pc.onicecandidateerror = () => (hasFailed = true);
      pc.onicecandidate = ({ candidate }) => {
        if (candidate?.type === "srflx") settle(ok);
        else if (candidate === null) settle(hasFailed ? noStun : "onicecandidateerror" in RTCPeerConnection.prototype ? ok : none);
      };
      pc.createDataChannel("check");
      void pc.setLocalDescription().catch(() => settle(noStun));
    });
  } finally {
    pc.close();
  }
}

/** Whether a message gets from one connection to another and back, by this way alone. @param {Way} way @returns {Promise<boolean>} */
async function throughRelay({ server }) {
  /** @type {RTCConfiguration} */
  const configuration = { iceServers: [server], iceTransportPolicy: "relay", bundlePolicy: "max-bundle" };
  const [near, far] = [new RTCPeerConnection(configuration), new RTCPeerConnection(configuration)];
  try {
    return await within(WAY_MS, false, (settle) => {
      const there = near.createDataChannel("check", { negotiated: true, id: 0 });
      const back = far.createDataChannel("check", { negotiated: true, id: 0 });
      there.onopen = () => there.send("there");
      back.onmessage = () => back.send("and back");
      there.onmessage = () => settle(true);
      void connect(near, far).catch(() => settle(false));
    });
  } finally {
    near.close();
    far.close();
  }
}

/** @param {RTCPeerConnection} near @param {RTCPeerConnection} far */
async function connect(near, far) {
  for (const [from, to] of /** @type {const} */ ([[near, far], [far, near]])) {
    // Of a connection that was closed meanwhile.
    from.onicecandidate = ({ candidate }) => void (candidate && to.addIceCandidate(candidate).catch(() => {}));
  }
  const offer = await near.createOffer();
  await far.setRemoteDescription(offer);
  await near.setLocalDescription(offer);
  const answer = await far.createAnswer();
  await near.setRemoteDescription(answer);
  await far.setLocalDescription(answer);
}
