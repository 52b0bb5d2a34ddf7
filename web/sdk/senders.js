// What is decided about sound and picture, applied to the senders of one connection: no renegotiation, one change after another.

/** @typedef {import("./share.js").Plan} Plan */

export class Senders {
  /** Done one after another. @type {Promise<void>} */ #turns = Promise.resolve();
  /** @type {Plan | null} */ #plan = null;

  /** @param {Plan} plan @returns {boolean} whether it differs from the last one */
  plan(plan) {
    const before = this.#plan;
    this.#plan = plan;
    return before === null || /** @type {(keyof Plan)[]} */ (Object.keys(plan)).some((key) => plan[key] !== before[key]);
  }

  /**
   * As the plan says when its turn comes: a camera that was switched twice ends as it was switched last.
   * @param {RTCRtpSender} sender @param {"audio" | "video"} kind @param {() => MediaStreamTrack | null} track
   */
  limit(sender, kind, track) {
    this.#turns = this.#turns.then(() => (kind === "audio" ? limitSound(sender, this.#plan) : limitPicture(sender, track(), this.#plan)));
  }
}

/** Sound goes first wherever the browser or the system can say so. @param {RTCRtpSender} sender @param {Plan | null} plan */
async function limitSound(sender, plan) {
  await change(sender, (encoding) => Object.assign(encoding, { priority: "high", networkPriority: "high", ...(plan && { maxBitrate: plan.soundBitrate }) }));
}

/**
 * Without a track the encoding is off: Firefox would go on sending the last picture once a second.
 * @param {RTCRtpSender} sender @param {MediaStreamTrack | null} track @param {Plan | null} plan null: nothing was decided yet
 */
async function limitPicture(sender, track, plan) {
  await change(sender, (encoding) => {
    encoding.active = track !== null && (plan?.active ?? true);
    if (!encoding.active || !plan || !track) return;
    const { maxBitrate, maxFramerate, lines } = plan;
    const { width = 1280, height = 720 } = track.getSettings();
    Object.assign(encoding, { maxBitrate, maxFramerate, scaleResolutionDownBy: Math.max(1, Math.min(width, height) / lines) });
  });
}

/** @param {RTCRtpSender} sender @param {(encoding: RTCRtpEncodingParameters) => void} apply */
async function change(sender, apply) {
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings ?? [];
  if (!encoding) return;
  const before = JSON.stringify(encoding);
  apply(encoding);
  if (JSON.stringify(encoding) === before) return;
  // A refusal leaves things as they were; the browser's own congestion control holds in any case.
  await sender.setParameters(parameters).catch(() => {});
}
