// A WebRTC for tests without browsers: connections that meet by their fingerprints in this process, over a network
// that can be cut. It knows no media, no ICE and no cryptography, only the order of events that browsers keep.

import { randomBytes, randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";

/** Every connection made, in order. @type {FakePeerConnection[]} */
export const made = [];
/** Every track that was given to a sender, and how many proofs had come by then. @type {{kind: string | null, proofs: number}[]} */
export const attachments = [];
/** The way between everybody: `cut` swallows messages and turns connections `disconnected`. */
export const network = Object.assign(new EventEmitter().setMaxListeners(0), {
  isCut: false,
  /** Only channel 0 carries anything: nobody hears what people say. */ isDeaf: false,
  /** By channel id. @type {Map<number, number>} */ channelBytes: new Map(),
  cut() { this.isCut = true; for (const pc of made) pc.feel(); },
  heal() { this.isCut = false; for (const pc of made) pc.feel(); this.emit("heal"); },
});

const soon = (task) => setTimeout(task, 0);

class FakeTrack {
  constructor(kind) {
    this.kind = kind;
    this.id = randomUUID();
    this.muted = true;
    this.contentHint = "";
  }
  getSettings() { return this.kind === "video" ? { height: 720 } : {}; }
}

export const makeTrack = (kind) => /** @type {any} */ (new FakeTrack(kind));

class FakeSender {
  track = null;
  transport = null;
  parameters = { encodings: [{}] };
  constructor(pc) { this.pc = pc; }
  async replaceTrack(track) {
    this.track = track;
    attachments.push({ kind: track?.kind ?? null, proofs: this.pc.channel.proofs });
  }
  getParameters() { return structuredClone(this.parameters); }
  async setParameters(parameters) { this.parameters = parameters; }
}

class FakeTransceiver {
  mid = null;
  constructor(pc, kind, direction) {
    this.sender = new FakeSender(pc);
    this.receiver = { track: new FakeTrack(kind) };
    this.direction = direction;
  }
}

class FakeChannel {
  readyState = "connecting";
  onopen = null;
  onmessage = null;
  onclose = null;
  onbufferedamountlow = null;
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  /** Most that ever lay in the buffer. */ highest = 0;
  other = null;
  /** Binary messages that came: proofs. */ proofs = 0;
  constructor(pc, id) {
    this.pc = pc;
    this.id = id;
  }
  send(data) {
    if (this.readyState !== "open") throw new Error("not open");
    // As browsers do: what comes for a channel that is not there (yet) is lost.
    const other = this.id === 0 ? this.other : this.pc.other?.channels.get(this.id);
    if (!other || (network.isCut && this.id === 0) || (network.isDeaf && this.id !== 0)) return;
    const copy = typeof data === "string" ? data : data.slice().buffer;
    const size = typeof copy === "string" ? copy.length : copy.byteLength;
    network.channelBytes.set(this.id, (network.channelBytes.get(this.id) ?? 0) + size);
    this.bufferedAmount += size;
    this.highest = Math.max(this.highest, this.bufferedAmount);
    // SCTP sends it again until the path is back or the connection closed; channel 0 loses it, to try what is above it.
    const deliver = () => {
      if (network.isCut && this.id !== 0) return void network.once("heal", deliver);
      const wasHigh = this.bufferedAmount > this.bufferedAmountLowThreshold;
      this.bufferedAmount -= size;
      if (wasHigh && this.bufferedAmount <= this.bufferedAmountLowThreshold) this.onbufferedamountlow?.();
      if (typeof copy !== "string") other.proofs++;
      if (other.readyState === "open") other.onmessage?.({ data: copy });
    };
    soon(deliver);
  }
}

export class FakePeerConnection {
  static async generateCertificate() {
    const value = [...randomBytes(32)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
    return { expires: Date.now() + 1e9, getFingerprints: () => [{ algorithm: "sha-256", value }] };
  }

  signalingState = "stable";
  connectionState = "new";
  iceConnectionState = "new";
  localDescription = null;
  remoteDescription = null;
  candidates = [];
  transceivers = [];
  channel = null;
  /** All of them, by id; `channel` is channel 0. */ channels = new Map();
  sctp = null;
  other = null;
  bytes = 0;
  restarts = 0;
  ufrag = randomUUID().slice(0, 8);

  constructor(configuration) {
    this.configuration = configuration;
    made.push(this);
  }

  createDataChannel(_label, options) {
    if (this.connectionState === "closed") throw new Error("InvalidStateError");
    const channel = new FakeChannel(this, options.id);
    this.channels.set(options.id, channel);
    if (options.id === 0) {
      this.channelOptions = options;
      this.channel = channel;
    } else if (this.channel?.readyState === "open") soon(() => {
      if (this.connectionState === "closed") return;
      channel.readyState = "open";
      channel.onopen?.();
    });
    return channel;
  }
  addTransceiver(kind, { direction }) {
    const transceiver = new FakeTransceiver(this, kind, direction);
    this.transceivers.push(transceiver);
    return transceiver;
  }
  getTransceivers() { return this.transceivers; }
  getConfiguration() { return this.configuration; }
  setConfiguration(configuration) { this.configuration = configuration; }
  restartIce() { this.restarts++; this.ufrag = randomUUID().slice(0, 8); }

  async setLocalDescription() {
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    this.localDescription = { type, sdp: this.#sdp(type === "offer" ? "actpass" : "active") };
    this.signalingState = type === "offer" ? "have-local-offer" : "stable";
    soon(() => this.onicecandidate?.({ candidate: this.#candidate() }));
    if (type === "answer") this.#meet();
  }

  async setRemoteDescription(description) {
    if (description.type === "answer" && this.signalingState !== "have-local-offer") throw new Error("InvalidStateError");
    const isFirst = this.remoteDescription === null;
    this.remoteDescription = description;
    if (description.type === "offer") {
      // As browsers: what `addTransceiver` made before is never matched with what the other side offers first.
      if (isFirst) for (const kind of ["audio", "video"]) this.addTransceiver(kind, { direction: "recvonly" });
      this.signalingState = "have-remote-offer";
    } else {
      this.signalingState = "stable";
      this.#meet();
    }
  }

  async addIceCandidate(candidate) {
    if (!this.remoteDescription) throw new Error("InvalidStateError");
    this.candidates.push(candidate);
    this.#meet();
  }

  async getStats() {
    if (!network.isCut && !FakePeerConnection.isSilent) this.bytes += 1000;
    return new Map([
      ["T", { type: "transport", selectedCandidatePairId: "P" }],
      ["P", { type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R", bytesReceived: this.bytes }],
      ["L", { type: "local-candidate", candidateType: "host", protocol: "udp" }],
      ["R", { type: "remote-candidate", candidateType: "host", protocol: "udp" }],
    ]);
  }

  close() {
    const { other } = this;
    this.signalingState = this.connectionState = "closed";
    for (const one of this.channels.values()) one.readyState = "closed";
    this.other = null;
    if (other?.other === this) soon(() => other.feel());
  }

  /** The network changed, or the other end went. */
  feel() {
    if (this.connectionState === "new" || this.connectionState === "closed") return;
    const isGone = this.other?.connectionState === "closed";
    const state = network.isCut || isGone || !this.other ? "disconnected" : "connected";
    if (state === this.connectionState) return;
    this.#turn(state);
  }

  static isSilent = false;
  /** ICE finds a path, DTLS never comes to an end. */ static isHung = false;

  #turn(state) {
    this.iceConnectionState = this.connectionState = state;
    soon(() => { this.oniceconnectionstatechange?.(); this.onconnectionstatechange?.(); });
  }

  /** Two connections whose descriptions name each other's certificate and ufrag have found each other. */
  #meet() {
    if (network.isCut || this.signalingState !== "stable" || this.candidates.length === 0) return;
    const other = made.find((pc) => pc !== this && pc.signalingState === "stable" && pc.candidates.length > 0
      && this.remoteDescription?.sdp.includes(`a=ice-ufrag:${pc.ufrag}\r\n`) && pc.remoteDescription?.sdp.includes(`a=ice-ufrag:${this.ufrag}\r\n`));
    if (!other) return;
    for (const [one, two] of [[this, other], [other, this]]) {
      one.other = two;
      one.#turn("connected");
      if (FakePeerConnection.isHung) {
        one.connectionState = "connecting";
        continue;
      }
      if (one.channel.readyState === "open") continue;
      one.channel.other = two.channel;
      one.sctp = { transport: {} };
      one.channel.readyState = "open";
      soon(() => one.channel.onopen?.());
    }
  }

  #candidate() {
    const candidate = `candidate:1 1 udp 2122260223 127.0.0.1 ${10_000 + made.indexOf(this)} typ host ufrag ${this.ufrag}`;
    return { type: "host", toJSON: () => ({ candidate, sdpMid: "0", sdpMLineIndex: 0, usernameFragment: this.ufrag }) };
  }

  #sdp(setup) {
    const fingerprint = this.configuration.certificates[0].getFingerprints()[0].value.toUpperCase();
    const common = ["c=IN IP4 0.0.0.0", `a=ice-ufrag:${this.ufrag}`, `a=ice-pwd:${"p".repeat(24)}`, `a=fingerprint:sha-256 ${fingerprint}`, `a=setup:${setup}`];
    const media = this.transceivers.map(({ receiver, direction }, index) => {
      this.transceivers[index].mid = String(index);
      return [`m=${receiver.track.kind} 9 UDP/TLS/RTP/SAVPF 96`, ...common, `a=mid:${index}`, `a=${direction}`, "a=rtcp-mux", "a=rtpmap:96 X/90000"];
    });
    const mids = [...media.keys(), media.length];
    const data = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", ...common, `a=mid:${media.length}`, "a=sctp-port:5000"];
    return ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", `a=group:BUNDLE ${mids.join(" ")}`, ...media.flat(), ...data, ""].join("\r\n");
  }
}

export class FakeStream {
  #tracks = new Set();
  getTracks() { return [...this.#tracks]; }
  addTrack(track) { this.#tracks.add(track); }
  removeTrack(track) { this.#tracks.delete(track); }
}

/** Puts them where the SDK looks for them; to be called before the SDK is imported. */
export function install() {
  Object.assign(globalThis, { RTCPeerConnection: FakePeerConnection, MediaStream: FakeStream });
}
