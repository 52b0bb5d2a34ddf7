// One RTCPeerConnection: of one generation with one page (seal.md 5, 6). The only file that makes one for a call (check.js tries the relay).
//
// It negotiates, keeps the gate shut until the proof on channel 0 is verified, and then attaches what is to be sent.
// Whoever made the first offer that was answered makes all offers of the generation: it alone adds transceivers (two who
// both add get one-way media), and Firefox answers a restart from the other side with the DTLS role turned round, which
// Chromium refuses. Patience and further generations are peer.js's. No track is created, stopped or shown here.

import { readRoute } from "./route.js";
import { Senders } from "./senders.js";
import { equal } from "./seal/bytes.js";
import { guardDescription } from "./seal/guard.js";
import { hash } from "./seal/kdf.js";
import { readTraffic } from "./traffic.js";
import { Trickle } from "./trickle.js";

/** Messages that may wait while the proof is judged, and their bytes. */
const WAITING_MESSAGES = 256;
const WAITING_BYTES = 1_048_576;
/** A proof has 72 bytes. */
const PROOF_BYTES = 256;

/** @typedef {import("./seal/bytes.js").Bytes} Bytes */
/** @typedef {"audio" | "video"} Kind */
/** @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks */
/** @typedef {import("./seal/types.js").Message} Message */

/**
 * @typedef {{
 *   gen: number, polite: boolean, configuration: RTCConfiguration, relayOnly: boolean,
 *   fingerprint: Bytes, otherFingerprint: Bytes, tracks: Tracks,
 * }} ConnectionOptions `configuration` with iceServers, policy and the own certificate
 */
/**
 * @typedef {{
 *   send(message: Message): void,
 *   makeProof(gen: number): Promise<Bytes | null>,
 *   checkProof(gen: number, proof: Uint8Array): Promise<"good" | "later" | "wrong">,
 *   iceServers(): RTCIceServer[],
 *   onText(text: string): void,
 *   onProven(): void,
 *   onMismatch(): void,
 *   onFault(): void,
 *   onChange(): void,
 * }} ConnectionUser `onText`: over the proven channel. `onProven`: the gate is open; other channels may be. `onMismatch`: what came is not what was announced; it is
 *   closed. `onFault`: the browser refused a step; another generation may do better
 */

export class Connection {
  #options;
  #user;
  /** @type {RTCPeerConnection} */ #pc;
  /** @type {RTCDataChannel} */ #channel;
  /** What was asked last, done one after another. @type {Promise<void>} */ #turns = Promise.resolve();
  /** @type {"shut" | "judging" | "open" | "closed"} */ #gate = "shut";
  /** The other's, until it is judged. @type {Uint8Array | null} */ #proof = null;
  /** Whether our own was sent. It is the first message: nothing may overtake it, however long it takes to make. */ #hasProven = false;
  /** @type {string[]} */ #waiting = [];
  #waitingBytes = 0;
  /** Number of our newest offer; an answer must name it. */ #offer = 0;
  #trickle;
  #described = false;
  #senders = new Senders();
  /** Who makes the offers, once both descriptions stood. @type {"nobody" | "me" | "other"} */ #offerer = "nobody";

  /** @param {ConnectionOptions} options @param {ConnectionUser} user */
  constructor(options, user) {
    this.#options = options;
    this.#user = user;
    this.#trickle = new Trickle(options.relayOnly, () => this.#sendCandidates());
    [this.#pc, this.#channel] = this.#make();
  }

  get gen() { return this.#options.gen; }
  /** Whether a description was sent or taken. */
  get described() { return this.#described; }
  /** Whether an own offer waits for its answer. */
  get unanswered() { return this.#pc.signalingState === "have-local-offer"; }
  /** Whether both descriptions stand. */
  get answered() { return this.#offerer !== "nobody"; }
  /** Whether the proof was verified: only then may anything of it be shown. */
  get proven() { return this.#gate === "open"; }
  /** Whether texts can be sent, as far as the channel knows. */
  get channelOpen() { return this.proven && this.#channel.readyState === "open"; }
  /** Whether the proven channel has ended, which it does not recover from: SCTP gives up, or the other end went. */
  get channelLost() { return this.proven && this.#channel.readyState !== "open"; }
  /** ICE and DTLS together. */
  get state() { return this.#pc.connectionState; }
  get iceState() { return this.#pc.iceConnectionState; }

  /** What is known of the relay if no connection comes about: nothing, out of reach, or refused for its quota. @returns {"" | "no-relay" | "relay-full"} */
  get relayTrouble() {
    return this.#options.configuration.iceServers?.length ? this.#trickle.relayTrouble : "";
  }

  /** What is received, once proven. @returns {MediaStreamTrack[]} */
  get received() {
    if (!this.proven) return [];
    return this.#pc.getTransceivers().filter((transceiver) => transceiver.mid !== null).map(({ receiver }) => receiver.track);
  }

  /** Makes the first offer, or the same one again if no answer came. */
  offer() {
    this.#turn(async (pc) => {
      if (pc.signalingState === "have-remote-offer") return;
      if (pc.getTransceivers().length === 0) {
        pc.addTransceiver("audio", { direction: "sendrecv" });
        pc.addTransceiver("video", { direction: "sendrecv" });
      }
      await pc.setLocalDescription();
      this.#tell(pc, "offer", ++this.#offer);
    });
  }

  /**
   * New ICE on the same connection, with fresh relay credentials. Who does not make the offers asks for one.
   */
  restart() {
    this.#turn(async (pc) => {
      // Before the first answer there is nothing to restart; the watchdog's offer does it.
      if (!this.answered || pc.signalingState === "have-remote-offer") return;
      if (this.#offerer === "other") {
        this.#user.send({ k: "restart", gen: this.gen });
        return;
      }
      this.#refresh(pc);
      pc.restartIce();
      await pc.setLocalDescription();
      this.#tell(pc, "offer", ++this.#offer);
    });
  }

  /** A message of this generation from the other page. @param {Message} message */
  handle(message) {
    this.#turn(async (pc) => {
      if (message.k === "candidates") await this.#trickle.add(pc, message.list);
      else await this.#take(message.description);
    });
  }

  /** Sends this track from now on: at once if the gate is open, else when it opens. @param {Kind} kind @param {MediaStreamTrack | null} track */
  setTrack(kind, track) {
    this.#options.tracks = { ...this.#options.tracks, [kind]: track };
    this.#attach();
  }

  /** How much of sound and picture is sent. @param {import("./share.js").Plan} plan */
  setPlan(plan) {
    if (this.#senders.plan(plan)) this.#attach();
  }

  /** Over the proven channel. @param {string} text @returns {boolean} whether it was handed to the browser */
  sendText(text) {
    if (!this.proven || this.#channel.readyState !== "open") return false;
    try {
      this.#channel.send(text);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * A channel beside channel 0, with an id that both sides know: never before the proof. What comes before the other side
   * has it as well is lost.
   * @param {number} id @returns {RTCDataChannel | null}
   */
  openChannel(id) {
    if (!this.proven) return null;
    try {
      return this.#pc.createDataChannel("parlour", { negotiated: true, id });
    } catch {
      return null;
    }
  }

  /** A proof that was ahead of its first frame may be judged now. */
  async judge() {
    const proof = this.#proof;
    if (this.#gate !== "judging" || proof === null) return;
    this.#proof = null;
    const verdict = (await this.#sameTransport()) ? await this.#user.checkProof(this.gen, proof) : "wrong";
    if (verdict === "good") await this.#prove(this.#channel);
    if (this.#gate !== "judging") return;
    if (verdict === "later" || (verdict === "good" && !this.#hasProven)) this.#proof = proof;
    else if (verdict === "good") this.#open();
    else this.#mismatch();
  }

  /** Null where the browser would not answer. @returns {Promise<import("./route.js").Travelled & {traffic: import("./traffic.js").Traffic} | null>} */
  async travelled() {
    try {
      const report = new Map(/** @type {Iterable<[string, any]>} */ (/** @type {unknown} */ (await this.#pc.getStats())));
      return { ...readRoute(report), traffic: readTraffic(report) };
    } catch {
      return null;
    }
  }

  /** Ends it, for good and at once. */
  close() {
    if (this.#gate === "closed") return;
    this.#gate = "closed";
    this.#waiting = [];
    this.#drop(this.#pc, this.#channel);
  }

  /** @returns {[RTCPeerConnection, RTCDataChannel]} */
  #make() {
    const pc = new RTCPeerConnection(this.#options.configuration);
    const channel = pc.createDataChannel("parlour", { negotiated: true, id: 0 });
    channel.binaryType = "arraybuffer";
    channel.onopen = () => void this.#prove(channel);
    channel.onmessage = ({ data }) => this.#hear(data);
    channel.onclose = () => this.#user.onChange();
    // All channels are negotiated with fixed ids: whoever opens another one does not follow this protocol.
    pc.ondatachannel = () => this.#mismatch();
    pc.onicecandidate = ({ candidate }) => this.#trickle.gather(candidate);
    pc.onicecandidateerror = ({ errorCode }) => this.#trickle.fail(errorCode);
    pc.onconnectionstatechange = pc.oniceconnectionstatechange = pc.ontrack = () => this.#user.onChange();
    return [pc, channel];
  }

  /** @param {RTCPeerConnection} pc @param {RTCDataChannel} channel */
  #drop(pc, channel) {
    channel.onopen = channel.onmessage = channel.onclose = null;
    pc.ondatachannel = pc.onicecandidate = pc.onicecandidateerror = pc.onconnectionstatechange = pc.oniceconnectionstatechange = pc.ontrack = null;
    this.#trickle.drop();
    pc.close();
  }

  /** One step at a time: descriptions and candidates must not overtake one another. @param {(pc: RTCPeerConnection) => Promise<void>} step */
  #turn(step) {
    this.#turns = this.#turns.then(async () => {
      if (this.#gate === "closed") return;
      try {
        await step(this.#pc);
      } catch {
        if (!this.#isClosed()) this.#user.onFault();
      }
    });
  }

  #isClosed() { return this.#gate === "closed"; }

  /** @param {unknown} description */
  async #take(description) {
    const { type, n, sdp: raw } = /** @type {Record<string, unknown>} */ (description ?? {});
    if ((type !== "offer" && type !== "answer") || typeof raw !== "string" || !Number.isSafeInteger(n)) return;
    if (type === "answer" && (!this.unanswered || n !== this.#offer)) return;
    if (type === "offer" && (this.#offerer === "me" || (this.unanswered && !this.#options.polite))) return;
    let sdp;
    try {
      ({ sdp } = guardDescription(raw, this.#options.otherFingerprint));
    } catch {
      this.#mismatch();
      return;
    }
    if (type === "offer" && this.unanswered) {
      // Both made the first offer. Ours was ignored whole, so a fresh connection may answer theirs; rolling back would
      // leave two transceivers of each kind.
      this.#drop(this.#pc, this.#channel);
      [this.#pc, this.#channel] = this.#make();
    }
    const pc = this.#pc;
    if (type === "offer" && this.answered) this.#refresh(pc);
    await pc.setRemoteDescription({ type, sdp });
    this.#described = true;
    if (type === "offer") {
      for (const transceiver of pc.getTransceivers()) if (transceiver.direction !== "stopped") transceiver.direction = "sendrecv";
      await pc.setLocalDescription();
      this.#tell(pc, "answer", /** @type {number} */ (n));
    }
    this.#offerer = type === "offer" ? "other" : "me";
    await this.#trickle.addWaiting(pc);
    this.#attach();
  }

  /** What was given in the beginning may have run out. @param {RTCPeerConnection} pc */
  #refresh(pc) {
    pc.setConfiguration({ ...pc.getConfiguration(), iceServers: this.#user.iceServers() });
  }

  /** Sends the own description, checked as the other's would be. @param {RTCPeerConnection} pc @param {"offer" | "answer"} type @param {number} n */
  #tell(pc, type, n) {
    if (this.#isClosed() || !pc.localDescription) return;
    const { sdp } = guardDescription(pc.localDescription.sdp, this.#options.fingerprint);
    this.#described = true;
    this.#user.send({ k: "desc", gen: this.gen, description: { type, n, sdp } });
  }

  /** Behind the description they belong to, which may still be on its way through the queue. */
  #sendCandidates() {
    this.#turn(async () => {
      const list = this.#trickle.take();
      if (list.length > 0) this.#user.send({ k: "candidates", gen: this.gen, list });
    });
  }

  /** @param {RTCDataChannel} channel */
  async #prove(channel) {
    const proof = this.#hasProven ? null : await this.#user.makeProof(this.gen);
    if (!proof || this.#hasProven || channel !== this.#channel || channel.readyState !== "open") return;
    channel.send(proof);
    this.#hasProven = true;
  }

  /** @param {unknown} data */
  #hear(data) {
    if (this.#gate === "shut") {
      if (!(data instanceof ArrayBuffer) || data.byteLength > PROOF_BYTES) return this.#mismatch();
      this.#gate = "judging";
      this.#proof = new Uint8Array(data);
      void this.judge();
      return;
    }
    if (typeof data !== "string") return;
    if (this.#gate === "open") return this.#user.onText(data);
    if (this.#gate !== "judging") return;
    this.#waiting.push(data);
    this.#waitingBytes += data.length;
    if (this.#waiting.length > WAITING_MESSAGES || this.#waitingBytes > WAITING_BYTES) this.#mismatch();
  }

  /** Whether all that was negotiated runs through one transport with the announced certificate, where browsers tell. */
  async #sameTransport() {
    const transport = this.#pc.sctp?.transport;
    if (!transport) return false;
    for (const { sender } of this.#pc.getTransceivers()) if (sender.transport && sender.transport !== transport) return false;
    const der = transport.getRemoteCertificates?.()[0];
    return !der || equal(await hash(new Uint8Array(der)), this.#options.otherFingerprint);
  }

  #open() {
    this.#gate = "open";
    this.#attach();
    // First that the channel stands, then what came over it.
    this.#user.onChange();
    this.#user.onProven();
    for (const text of this.#waiting.splice(0)) this.#user.onText(text);
  }

  /** The gate: nothing is attached to any sender before the proof. */
  #attach() {
    if (!this.proven) return;
    for (const { sender, receiver } of this.#pc.getTransceivers()) {
      const track = this.#options.tracks[/** @type {Kind} */ (receiver.track.kind)] ?? null;
      if (sender.track !== track) sender.replaceTrack(track).catch(() => this.#user.onFault());
      this.#senders.limit(sender, /** @type {Kind} */ (receiver.track.kind), () => this.#options.tracks.video);
    }
  }

  #mismatch() {
    if (this.#isClosed()) return;
    this.close();
    this.#user.onMismatch();
  }
}
