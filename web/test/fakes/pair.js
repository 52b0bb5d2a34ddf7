// A pair of peers and the wire between them, for tests of their patience: awake time is given by hand, the WebRTC pretends, the
// seal is played. Each test begins with a whole network.

import { beforeEach } from "node:test";
import { FakePeerConnection, install, made, makeTrack, network } from "./rtc.js";

install();
const { Peer } = await import("../../sdk/peer.js");
const { unhex } = await import("../../sdk/seal/bytes.js");

export const turns = async (n) => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setTimeout(resolve, 0));
};
/** @type {Bench} */ let bench0;
/** Until nothing has happened for twice the time in which candidates are batched, and in as many turns: this process may have stood still. */
export const settle = async () => {
  const picture = () => JSON.stringify([bench0.log.length, bench0.texts.length, bench0.mismatches, made.map((pc) => [pc.signalingState, pc.connectionState, pc.channel.proofs])]);
  for (let [before, since, rounds] = [picture(), Date.now(), 0]; rounds < 40 || Date.now() - since < 50; rounds++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const now = picture();
    if (now !== before) [before, since, rounds] = [now, Date.now(), 0];
  }
};

export const identity = async () => {
  const certificate = await FakePeerConnection.generateCertificate();
  return { certificate, fingerprint: unhex(certificate.getFingerprints()[0].value.replaceAll(":", "")) };
};

/** Two sides and the wire between them, on which a test may sit. */
export class Bench {
  now = 0;
  sides = {};
  log = [];
  /** Which messages get through. */ pass = () => true;
  verdict = async () => "good";
  iceServers = [{ urls: ["turn:one"] }];
  beforeProof = async () => {};
  isTalkative = false;
  isSending = false;
  isServerAway = false;
  mismatches = 0;
  texts = [];

  static async of({ offers = { a: false, b: true } } = {}) {
    const bench = (bench0 = new Bench());
    const [a, b] = await Promise.all([identity(), identity()]);
    bench.who = { a: [a, b], b: [b, a] };
    bench.add("a", { offers: offers.a, polite: true });
    bench.add("b", { offers: offers.b, polite: false });
    return bench;
  }

  add(name, { offers, polite, gen = 0 }) {
    const [own, other] = this.who[name];
    const to = name === "a" ? "b" : "a";
    const user = {
      send: (message) => {
        this.log.push(`${name} ${message.k}${message.k === "desc" ? ` ${message.description.type} ${message.gen}` : ""}`);
        // As through the seal: by way of JSON, in order, later.
        const copy = JSON.parse(JSON.stringify(message));
        setTimeout(() => this.pass(name, copy) && this.sides[to]?.handle(copy), 0);
      },
      makeProof: async () => {
        await this.beforeProof(name);
        return new Uint8Array(72);
      },
      checkProof: (gen, proof) => this.verdict(name, gen, proof),
      onChannel: (usable) => {
        this.log.push(`${name} channel ${usable}`);
        if (usable && this.isTalkative) this.sides[name].sendText(`first words of ${name}`);
      },
      onText: (text) => this.texts.push(text),
      onProven: (gen) => this.log.push(`${name} proven ${gen}`),
      onMismatch: () => this.mismatches++,
      onChange: () => {},
      iceServers: () => this.iceServers,
      isSending: () => this.isSending,
      isServerAway: () => this.isServerAway,
    };
    const tracks = { audio: makeTrack("audio"), video: null };
    const options = { polite, offers, gen, relayOnly: false, certificate: own.certificate, fingerprint: own.fingerprint, otherFingerprint: other.fingerprint, tracks };
    this.sides[name] = new Peer(/** @type {any} */ (options), /** @type {any} */ (user), this.now);
  }

  async after(ms, step = 500) {
    await settle();
    for (const end = this.now + ms; this.now < end; ) {
      this.now += Math.min(step, end - this.now);
      for (const peer of Object.values(this.sides)) peer.tick(this.now);
      await turns(4);
    }
    await settle();
  }

  get links() { return Object.values(this.sides).map(({ link }) => link); }
  count(line) { return this.log.filter((entry) => entry === line).length; }
}

beforeEach(() => {
  made.length = 0;
  network.isCut = false;
  FakePeerConnection.isSilent = FakePeerConnection.isHung = false;
});
