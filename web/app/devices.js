// The page's camera and microphone: opened, switched, chosen, closed. Keeps the state told; knows no views.

import { listDevices, openDevices, otherCamera } from "./media.js";
import { isOn } from "./state.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./words.js").DeviceKind} DeviceKind */
/** @typedef {import("./words.js").DeviceTrouble} DeviceTrouble */

/**
 * Who is told of what happens: `send` whenever what the others should get has changed, a track that is not to be sent being
 * null; `complain` when a device did not open, or went away.
 * @typedef {{send: (kind: DeviceKind, track: MediaStreamTrack | null) => void, complain: (kind: DeviceKind, trouble: DeviceTrouble) => void}} Listener
 */

/**
 * @typedef {object} Devices
 * @property {(listener: Listener) => void} tell there is one listener, and before there is one nobody to be told
 * @property {() => Promise<void>} openBoth asks for what is wanted and not open yet
 * @property {(kind: DeviceKind) => Promise<void>} toggle
 * @property {(kind: DeviceKind) => Promise<void>} retry
 * @property {(kind: DeviceKind, id: string) => Promise<void>} choose
 * @property {() => Promise<void>} turn to another camera
 * @property {(id: string) => void} chooseSpeaker
 * @property {() => void} close
 */

/**
 * @param {Store} store
 * @returns {Devices}
 */
export function createDevices({ state, dispatch }) {
  /** @type {Listener} */
  let listener = { send() {}, complain() {} };
  // Grows with each close: what was asked for before it is stopped when it arrives after it.
  let round = 0;

  async function refreshChoices() {
    dispatch({ type: "choices", ...await listDevices() });
  }

  /** @param {DeviceKind[]} kinds */
  async function open(kinds) {
    const asked = round;
    for (const kind of kinds) dispatch({ type: "device", kind, change: { wanted: true, status: "asking" } });
    const opened = await openDevices({ ...Object.fromEntries(kinds.map((kind) => [kind, state()[kind].chosen])), cleanSound: state().habits.cleanSound });
    for (const kind of kinds) {
      const answer = opened[kind];
      if (!answer) continue;
      if ("trouble" in answer) {
        if (asked !== round) continue;
        dispatch({ type: "device", kind, change: { status: answer.trouble, track: null } });
        listener.complain(kind, answer.trouble);
      } else if (asked === round) adopt(kind, answer.track);
      else answer.track.stop();
    }
    await refreshChoices();
  }

  /**
   * @param {DeviceKind} kind
   * @param {MediaStreamTrack} track
   */
  function adopt(kind, track) {
    const { wanted } = state()[kind];
    if (!wanted && kind === "camera") {
      track.stop();
      dispatch({ type: "device", kind, change: { status: "off", track: null } });
      return;
    }
    track.enabled = wanted;
    // An unplugged device or a permission taken back ends the track; our own stop() does not fire this.
    track.addEventListener("ended", () => {
      if (state()[kind].track !== track) return;
      dispatch({ type: "device", kind, change: { status: "lost", track: null } });
      listener.send(kind, null);
      listener.complain(kind, "lost");
    });
    dispatch({ type: "device", kind, change: { status: "live", track } });
    if (wanted) listener.send(kind, track);
  }

  /** @param {DeviceKind} kind @param {string} id */
  async function choose(kind, id) {
    const device = state()[kind];
    dispatch({ type: "device", kind, change: { chosen: id } });
    if (device.status === "asking" || (kind === "camera" && !isOn(device))) return;
    // The old one first: phones do not open two at once.
    device.track?.stop();
    const { wanted } = device;
    dispatch({ type: "device", kind, change: { track: null } });
    await open([kind]);
    const { track } = state()[kind];
    if (wanted || !track) return;
    track.enabled = false;
    dispatch({ type: "device", kind, change: { wanted: false } });
    listener.send(kind, null);
  }

  navigator.mediaDevices?.addEventListener("devicechange", () => {
    if (state().microphone.track || state().camera.track) void refreshChoices();
  });

  return {
    tell(next) {
      listener = next;
    },

    async openBoth() {
      const kinds = /** @type {DeviceKind[]} */ (["microphone", "camera"]);
      await open(kinds.filter((kind) => state()[kind].wanted && state()[kind].status === "off"));
    },

    async toggle(kind) {
      const device = state()[kind];
      if (device.status === "asking") dispatch({ type: "device", kind, change: { wanted: !device.wanted } });
      else if (device.status !== "live" || !device.track) await open([kind]);
      else if (kind === "microphone") {
        device.track.enabled = !device.wanted;
        dispatch({ type: "device", kind, change: { wanted: !device.wanted } });
        listener.send(kind, device.wanted ? null : device.track);
      } else {
        device.track.stop();
        dispatch({ type: "device", kind, change: { wanted: false, status: "off", track: null } });
        listener.send(kind, null);
      }
    },

    async retry(kind) {
      if (state()[kind].status !== "asking") await open([kind]);
    },

    choose,

    async turn() {
      const { choices, track } = state().camera;
      const other = otherCamera(choices, track?.getSettings().deviceId ?? "");
      if (other) await choose("camera", other.id);
    },

    chooseSpeaker(id) {
      dispatch({ type: "speaker", chosen: id });
    },

    close() {
      round += 1;
      state().microphone.track?.stop();
      state().camera.track?.stop();
    },
  };
}
