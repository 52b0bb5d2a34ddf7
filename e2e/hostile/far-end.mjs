/**
 * The DTLS end of a `Member`, in a page: one bare RTCPeerConnection that does what the test says and nothing else.
 *
 * Descriptions and candidates go through the member's sealed messages; what travels inside DTLS is said here.
 */

/** @typedef {import("../lib/page.mjs").Page} Page */
/** @typedef {{candidate: string, sdpMid: string | null, sdpMLineIndex: number | null}} Candidate */

let made = 0;

export class FarEnd {
  /** @param {Page} page with a camera open as `window.camera` (see crowd.mjs) @param {string} id */
  constructor(page, id) {
    this.page = page;
    this.id = id;
  }

  /**
   * @param {Page} page
   * @param {{send?: boolean, second?: boolean, like?: FarEnd}} [options] `send`: camera and microphone from the start; `second`: a data channel of
   *   its own beside channel 0; `like`: with the certificate of that one
   * @returns {Promise<{end: FarEnd, fp: Uint8Array}>} with the fingerprint of its certificate
   */
  static async make(page, { send = false, second = false, like } = {}) {
    const end = new FarEnd(page, `far${++made}`);
    const fingerprint = await page.evaluate(
      async (id, sends, opens, twin) => {
        const w = /** @type {any} */ (window);
        const certificate = w.far?.[twin]?.certificate ?? await RTCPeerConnection.generateCertificate(/** @type {any} */ ({ name: "ECDSA", namedCurve: "P-256" }));
        const pc = new RTCPeerConnection({ certificates: [certificate], bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
        const channel = pc.createDataChannel("parlour", { negotiated: true, id: 0 });
        channel.binaryType = "arraybuffer";
        if (opens) pc.createDataChannel("second");
        for (const kind of ["audio", "video"]) {
          const transceiver = pc.addTransceiver(kind, { direction: "sendrecv" });
          const track = w.camera?.getTracks().find((/** @type {MediaStreamTrack} */ one) => one.kind === kind);
          if (sends) await transceiver.sender.replaceTrack(track.clone());
        }
        const far = { pc, channel, certificate, heard: /** @type {string[]} */ ([]) };
        channel.onmessage = ({ data }) => far.heard.push(typeof data === "string" ? data : [...new Uint8Array(data)].map((b) => b.toString(16).padStart(2, "0")).join(""));
        (w.far ??= {})[id] = far;
        return certificate.getFingerprints().find((/** @type {{algorithm: string}} */ { algorithm }) => algorithm === "sha-256")?.value ?? "";
      },
      end.id,
      send,
      second,
      like?.id ?? "",
    );
    return { end, fp: Uint8Array.from(fingerprint.split(":"), (pair) => Number.parseInt(pair, 16)) };
  }

  /** Makes an offer and gathers. @returns {Promise<{sdp: string, candidates: Candidate[]}>} */
  offer() {
    return this.page.evaluate(async (id) => {
      const { pc } = /** @type {any} */ (window).far[id];
      /** @type {Candidate[]} */
      const candidates = [];
      const gathered = new Promise((resolve) => {
        pc.onicecandidate = (/** @type {RTCPeerConnectionIceEvent} */ { candidate }) => {
          if (candidate) candidates.push({ candidate: candidate.candidate, sdpMid: candidate.sdpMid, sdpMLineIndex: candidate.sdpMLineIndex });
          else resolve(undefined);
        };
      });
      await pc.setLocalDescription();
      const { sdp } = pc.localDescription;
      await Promise.race([gathered, new Promise((resolve) => setTimeout(resolve, 3000))]);
      return { sdp, candidates };
    }, this.id);
  }

  /** @param {string} sdp */
  answer(sdp) {
    return this.page.evaluate((id, text) => /** @type {any} */ (window).far[id].pc.setRemoteDescription({ type: "answer", sdp: text }), this.id, sdp);
  }

  /** @param {Candidate[]} list */
  add(list) {
    return this.page.evaluate(
      async (id, candidates) => {
        for (const candidate of candidates) await /** @type {any} */ (window).far[id].pc.addIceCandidate(candidate).catch(() => {});
      },
      this.id,
      list,
    );
  }

  /** Waits until channel 0 is open: ICE and DTLS stand. @param {number} [timeout] ms */
  open(timeout = 12_000) {
    return this.page.waitFor((id) => /** @type {any} */ (window).far[id].channel.readyState === "open", timeout, "channel 0 opens at the far end", this.id);
  }

  /** Says something on channel 0: text, or bytes as numbers. @param {string | number[]} what */
  say(what) {
    return this.page.evaluate(
      (id, said) => /** @type {any} */ (window).far[id].channel.send(typeof said === "string" ? said : new Uint8Array(said)),
      this.id,
      what,
    );
  }

  /** What came on channel 0: texts, and bytes in hex. @param {number} [from] the first that is wanted @returns {Promise<string[]>} */
  heard(from = 0) {
    return this.page.evaluate((id, first) => /** @type {any} */ (window).far[id].heard.slice(first), this.id, from);
  }

  /** Packets of media that came, and that were sent. @returns {Promise<{received: number, sent: number, state: string, channel: string}>} */
  media() {
    return this.page.evaluate(async (id) => {
      const { pc, channel } = /** @type {any} */ (window).far[id];
      let [received, sent] = [0, 0];
      (await pc.getStats()).forEach((/** @type {any} */ stat) => {
        if (stat.type === "inbound-rtp") received += stat.packetsReceived ?? 0;
        if (stat.type === "outbound-rtp") sent += stat.packetsSent ?? 0;
      });
      return { received, sent, state: pc.connectionState, channel: channel.readyState };
    }, this.id);
  }

  close() {
    return this.page.evaluate((id) => /** @type {any} */ (window).far[id].pc.close(), this.id);
  }
}
