// A WebRTC in simulated time, as browsers have been seen to behave when paths break, machines sleep and ends go away:
// ICE takes seconds to notice, `failed` needs a restart, DTLS belongs to two connections for good, the data channel dies
// by itself when what it sent is not acknowledged for long, and a closed end says so only to who can hear it.

import { randomUUID } from "node:crypto";
import { FakePeerConnection, makeTrack } from "./rtc.js";

/** Consent is lost after so long, and gone for good after so long more (RFC 7675; Chromium). */
const DISCONNECTED_MS = 5_000;
const FAILED_MS = 20_000;
/** Ten retransmissions of dcSCTP. */
const ABORT_MS = 25_000;
const LOOK_MS = 250;

const freshName = () => randomUUID().slice(0, 8);

export class Weather {
  /** @type {SimPeerConnection[]} */ all = [];
  /** Pairs of pages, "Ana Ben", between which nothing passes. @type {Set<string>} */ cuts = new Set();

  /** Handshakes that begin now never come to an end. */ isHung = false;

  /** @param {import("./world.js").World} world */
  constructor(world) {
    this.world = world;
    const look = () => {
      this.all = this.all.filter(({ signalingState }) => signalingState !== "closed");
      for (const pc of this.all) if (!pc.page.isAsleep) pc.page.run(() => pc.look());
      world.after(LOOK_MS, look);
    };
    world.after(LOOK_MS, look);
  }

  /** @param {SimPeerConnection} a @param {SimPeerConnection} b */
  reaches(a, b) {
    if (a.page.isAsleep || b.page.isAsleep) return false;
    return ![`${a.page.name} ${b.page.name}`, `${b.page.name} ${a.page.name}`].some((pair) => this.cuts.has(pair));
  }

  /** Puts it where the SDK looks for it. */
  install() {
    const weather = this;
    Object.assign(globalThis, {
      RTCPeerConnection: class extends SimPeerConnection {
        constructor(/** @type {any} */ configuration) { super(weather, configuration); }
      },
    });
  }
}

class SimChannel {
  readyState = "connecting";
  onopen = null;
  onmessage = null;
  onclose = null;
  /** Not acknowledged. @type {{data: unknown, since: number}[]} */ outbox = [];

  /** @param {SimPeerConnection} pc @param {number} id */
  constructor(pc, id) {
    this.pc = pc;
    this.id = id;
  }

  send(data) {
    if (this.readyState !== "open") throw new Error("InvalidStateError");
    this.outbox.push({ data: typeof data === "string" ? data : data.slice().buffer, since: this.pc.world.now });
    this.flush();
  }

  flush() {
    const { pc } = this;
    const other = pc.dtls;
    if (!other || !pc.isReached || other.channel.readyState !== "open") return;
    for (const { data } of this.outbox.splice(0)) {
      pc.world.after(10, () => other.page.hear(() => {
        // As browsers do: what comes for a channel that is not there (yet) is lost.
        const channel = other.channels.get(this.id);
        if (channel?.readyState === "open") channel.onmessage?.({ data });
      }));
    }
  }

  open() {
    if (this.readyState !== "connecting") return;
    this.readyState = "open";
    this.onopen?.();
  }

  close() {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.outbox = [];
    this.onclose?.();
  }
}

export class SimPeerConnection {
  static generateCertificate = FakePeerConnection.generateCertificate;
  signalingState = "stable";
  iceConnectionState = "new";
  connectionState = "new";
  localDescription = null;
  remoteDescription = null;
  transceivers = [];
  sctp = null;
  /** By id. @type {Map<number, SimChannel>} */ channels = new Map();
  /** Own and the other's names of ICE, newest first; the one before goes on until the new one works. */ own = [freshName()];
  theirs = [];
  hasCandidates = false;
  mustRestart = false;
  heardAt = 0;
  checkingSince = 0;
  lookedAt = 0;
  /** The other end of the DTLS association: once, for good. @type {SimPeerConnection | null} */ dtls = null;
  isSecure = false;
  /** It says "connected", and nothing passes, until it has new ICE. */ isNumb = false;
  bytes = 0;

  constructor(weather, configuration) {
    this.weather = weather;
    this.world = weather.world;
    this.configuration = configuration;
    this.page = this.world.whose.getStore();
    this.lookedAt = this.world.now;
    weather.all.push(this);
  }

  /** Channel 0, which the SDK makes first. */
  get channel() { return this.channels.get(0); }

  createDataChannel(_label, { id }) {
    const channel = new SimChannel(this, id);
    this.channels.set(id, channel);
    // The association stands already: it is open as soon as the caller has looked away.
    if (this.isSecure && this.signalingState !== "closed") this.world.after(1, () => this.page.hear(() => this.isSecure && channel.open()));
    return channel;
  }
  addTransceiver(kind, { direction }) {
    const sender = { track: null, transport: null, async replaceTrack(track) { this.track = track; }, getParameters: () => ({ encodings: [{}] }), setParameters: async () => {} };
    this.transceivers.push({ mid: null, sender, receiver: { track: makeTrack(kind) }, direction });
  }
  getTransceivers() { return this.transceivers; }
  getConfiguration() { return this.configuration; }
  setConfiguration(configuration) { this.configuration = configuration; }
  restartIce() { this.mustRestart = true; }

  async setLocalDescription() {
    if (this.signalingState === "closed") throw new Error("InvalidStateError");
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    if (this.mustRestart) this.#rename();
    this.localDescription = { type, sdp: this.#sdp(type === "offer" ? "actpass" : "active") };
    this.signalingState = type === "offer" ? "have-local-offer" : "stable";
    setTimeout(() => this.onicecandidate?.({ candidate: this.#candidate() }), 20);
    if (type === "answer") this.#check();
  }

  async setRemoteDescription({ type, sdp }) {
    if (this.signalingState !== (type === "answer" ? "have-local-offer" : "stable")) throw new Error("InvalidStateError");
    const [, ufrag] = /a=ice-ufrag:(\S+)/.exec(sdp) ?? [];
    const isFirst = this.remoteDescription === null;
    this.remoteDescription = { type, sdp };
    if (ufrag !== this.theirs[0]) {
      // Who is asked for new ICE answers with new ICE.
      if (type === "offer" && !isFirst) this.mustRestart = true;
      this.theirs.unshift(ufrag);
      this.theirs.length = Math.min(2, this.theirs.length);
    }
    if (type === "offer" && isFirst) for (const kind of ["audio", "video"]) this.addTransceiver(kind, { direction: "recvonly" });
    this.signalingState = type === "offer" ? "have-remote-offer" : "stable";
    if (type === "answer") this.#check();
  }

  async addIceCandidate() {
    if (!this.remoteDescription) throw new Error("InvalidStateError");
    this.hasCandidates = true;
  }

  /** As Firefox: of a connection that is closed meanwhile they never come. */
  async getStats() {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (this.signalingState === "closed") await new Promise(() => {});
    const other = this.dtls;
    if (this.isSecure && other?.isSecure && this.isReached) this.bytes += 1000;
    return new Map([
      ...(this.isNumb ? [] : [["T", { type: "transport", selectedCandidatePairId: "P" }]]),
      ["P", { type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R", bytesReceived: this.bytes }],
      ["L", { type: "local-candidate", candidateType: "host", protocol: "udp" }],
      ["R", { type: "remote-candidate", candidateType: "host", protocol: "udp" }],
    ]);
  }

  close() {
    if (this.signalingState === "closed") return;
    const other = this.dtls;
    this.signalingState = this.connectionState = this.iceConnectionState = "closed";
    for (const channel of this.channels.values()) channel.readyState = "closed";
    // The last word of DTLS: a sleeping machine finds it when it wakes; over a cut path it is lost.
    if (other && !this.weather.cuts.has(`${this.page.name} ${other.page.name}`)) this.world.after(10, () => other.page.hear(() => other.dtls === this && other.#shut()));
  }

  /** Whether the other end, whoever it is by now, answers. */
  get isReached() {
    const other = this.#other;
    return other !== undefined && !this.isNumb && !other.isNumb && this.weather.reaches(this, other);
  }

  /** Time has passed. */
  look() {
    const { now } = this.world;
    const isReached = this.isReached;
    if (isReached || this.isNumb || this.#other?.isNumb) this.heardAt = now;
    const quiet = now - Math.max(this.heardAt, this.checkingSince);
    switch (this.iceConnectionState) {
      case "checking":
        if (isReached) this.#connect();
        else if (quiet > FAILED_MS) this.#become("failed");
        break;
      case "connected":
        if (quiet > DISCONNECTED_MS) this.#become("disconnected");
        break;
      case "disconnected":
        if (isReached) this.#become("connected");
        else if (quiet > FAILED_MS) this.#become("failed");
        break;
    }
    // Time asleep is no time to retransmit in.
    const slept = now - this.lookedAt > 2 * LOOK_MS ? now - this.lookedAt : 0;
    this.lookedAt = now;
    for (const channel of this.channels.values()) {
      for (const message of channel.outbox) message.since += slept;
      channel.flush();
    }
    const oldest = Math.min(...[...this.channels.values()].flatMap(({ outbox }) => outbox.slice(0, 1)).map(({ since }) => since));
    if (now - oldest > ABORT_MS) this.#shut();
  }

  /** The SCTP association is over, and all its channels with it. */
  #shut() {
    for (const channel of this.channels.values()) channel.close();
  }

  /** The browser has given up: only a restart helps. */
  fail() { this.#become("failed"); }

  #check() {
    if (this.iceConnectionState === "connected") return;
    this.checkingSince = this.world.now;
    this.#become("checking");
  }

  #connect() {
    this.own.length = this.theirs.length = 1;
    this.#become("connected");
    const other = this.#other;
    if (this.isSecure || !other) return;
    if (this.weather.isHung || (this.dtls ?? other) !== other || (other.dtls ?? this) !== this) return;
    this.dtls = other;
    other.dtls = this;
    for (const [one, two] of [[this, other], [other, this]]) {
      this.world.after(50, () => one.page.hear(() => one.#secure(two)));
    }
  }

  #secure(other) {
    if (this.isSecure || this.dtls !== other || this.signalingState === "closed") return;
    this.isSecure = true;
    this.sctp = { transport: {} };
    this.#become(this.iceConnectionState);
    for (const channel of this.channels.values()) channel.open();
  }

  /** @param {string} ice */
  #become(ice) {
    this.iceConnectionState = ice;
    const before = this.connectionState;
    this.connectionState = ice === "connected" && !this.isSecure ? "connecting" : ice === "checking" ? "connecting" : ice;
    this.oniceconnectionstatechange?.();
    if (this.connectionState !== before) this.onconnectionstatechange?.();
  }

  get #other() {
    if (!this.hasCandidates || !this.localDescription || !this.remoteDescription) return undefined;
    return this.weather.all.find((pc) => pc !== this && pc.signalingState !== "closed" && pc.hasCandidates
      && pc.own.some((name) => this.theirs.includes(name)) && this.own.some((name) => pc.theirs.includes(name)));
  }

  #rename() {
    this.mustRestart = this.isNumb = false;
    // An offer without an answer goes with its names when the next one is made; what worked goes on.
    if (this.signalingState === "have-local-offer") this.own.shift();
    this.own.unshift(freshName());
    this.own.length = Math.min(2, this.own.length);
  }

  #candidate() {
    const candidate = `candidate:1 1 udp 2122260223 127.0.0.1 10000 typ host ufrag ${this.own[0]}`;
    return { type: "host", toJSON: () => ({ candidate, sdpMid: "0", sdpMLineIndex: 0, usernameFragment: this.own[0] }) };
  }

  #sdp(setup) {
    const fingerprint = this.configuration.certificates[0].getFingerprints()[0].value.toUpperCase();
    const common = ["c=IN IP4 0.0.0.0", `a=ice-ufrag:${this.own[0]}`, `a=ice-pwd:${"p".repeat(24)}`, `a=fingerprint:sha-256 ${fingerprint}`, `a=setup:${setup}`];
    const media = this.transceivers.map((transceiver, index) => {
      transceiver.mid = String(index);
      return [`m=${transceiver.receiver.track.kind} 9 UDP/TLS/RTP/SAVPF 96`, ...common, `a=mid:${index}`, `a=${transceiver.direction}`, "a=rtcp-mux", "a=rtpmap:96 X/90000"];
    });
    const data = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", ...common, `a=mid:${media.length}`, "a=sctp-port:5000"];
    return ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", `a=group:BUNDLE ${[...media.keys(), media.length].join(" ")}`, ...media.flat(), ...data, ""].join("\r\n");
  }
}
