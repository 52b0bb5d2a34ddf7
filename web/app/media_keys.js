// The keys of a headset and the browser's own call controls (Media Session): mute, camera, hang up; and the small window, which
// Chromium asks for by itself when another tab comes before a call, where its settings let it.

import { isOn } from "./state.js";

/**
 * @param {import("./store.js").Store} store
 * @param {import("./actions.js").Actions} actions
 */
export function listenForMediaKeys({ state, subscribe }, actions) {
  if (!("mediaSession" in navigator)) return;
  const session = navigator.mediaSession;
  /** @type {readonly [string, () => void][]} */
  const keys = [
    ["togglemicrophone", () => void actions.devices.toggle("microphone")],
    ["togglecamera", () => void actions.screen.toggleCamera()],
    ["hangup", () => void actions.leave()],
    ["enterpictureinpicture", () => actions.small.offer()],
  ];
  let inCall = false;

  subscribe(() => {
    const { screen, microphone, camera } = state();
    if ((screen === "call") !== inCall) {
      inCall = screen === "call";
      for (const [name, act] of keys) {
        try {
          session.setActionHandler(/** @type {MediaSessionAction} */ (name), inCall ? act : null);
        } catch {
          // A browser that does not know this one has no key for it.
        }
      }
    }
    if (!inCall) return;
    // What the controls show.
    void session.setMicrophoneActive?.(isOn(microphone));
    void session.setCameraActive?.(isOn(camera));
  });
}
