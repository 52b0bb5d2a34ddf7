/**
 * What the tests put into every page before its own scripts run: ears, no hands.
 *
 * It keeps a list of the page's peer connections, of the cameras and microphones it opened, and of violations of
 * the content security policy. The page's behaviour stays as it is; the only things done to it are that a camera
 * opens at 320x240 and 15 pictures a second, since a machine with two cores encodes and decodes for three browsers,
 * (but not for whoever asks for a full one), and that a test may take away ways to the relay (`__relayBy`), as a firewall that knows them would.
 */

/**
 * The names that the preload script adds to `window`.
 * @typedef {object} Ears
 * @property {RTCPeerConnection[]} __pcs every peer connection the page has made to others, in order
 * @property {RTCPeerConnection[]} __asked those that have no other end, by which the preview asks the relay (web/sdk/reach.js)
 * @property {{ kind: string, message: string }[]} __violations content security policy
 * @property {MediaStreamTrack[]} __captured every track that getUserMedia gave
 * @property {"udp" | "tcp" | "tls"} [__relayBy] the one way to the relay that new peer connections are left
 */

/** @param {{ full?: boolean }} [camera] `full`: as it is */
function ears({ full = false } = {}) {
  const w = /** @type {Window & typeof globalThis & Ears} */ (window);
  if (w.__pcs) return;
  w.__pcs = [];
  w.__asked = [];
  w.__violations = [];
  w.__captured = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    w.__violations.push({ kind: event.effectiveDirective, message: event.blockedURI || event.sample });
  });
  if (w.RTCPeerConnection) {
    // A proxy keeps prototype, statics and `instanceof` as they are.
    w.RTCPeerConnection = new Proxy(w.RTCPeerConnection, {
      construct(target, args, newTarget) {
        const pc = Reflect.construct(target, args.map(leftWith), newTarget);
        const asks = /** @type {RTCConfiguration | undefined} */ (args[0])?.iceServers?.some(({ username }) => username === "reach");
        (asks ? w.__asked : w.__pcs).push(pc);
        return pc;
      },
    });
  }
  /** @param {RTCConfiguration} configuration */
  function leftWith(configuration) {
    const way = { udp: /^turn:.*transport=udp/, tcp: /^turn:.*transport=tcp/, tls: /^turns:/ };
    if (!w.__relayBy) return configuration;
    const allowed = way[w.__relayBy];
    return { ...configuration, iceServers: configuration.iceServers?.map((server) => ({ ...server, urls: [server.urls].flat().filter((url) => allowed.test(url)) })) };
  }
  if (navigator.mediaDevices) {
    const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints = {}) => {
      const small = full ? {} : { width: { ideal: 320 }, height: { ideal: 240 }, frameRate: { ideal: 15, max: 15 } };
      const video = constraints.video
        ? { ...(typeof constraints.video === "object" ? constraints.video : {}), ...small }
        : constraints.video;
      const stream = await original({ ...constraints, video });
      w.__captured.push(...stream.getTracks());
      return stream;
    };
  }
}

/** Source text of a function, with the camera as its parameter. */
export const PRELOAD = ears.toString();
