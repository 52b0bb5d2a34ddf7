// Camera and microphone: opening them so that one failing device never takes the other with it, and listing them.
//
// One request asks for both, because two requests mean two prompts, and because on iOS a second one may end the
// tracks of the first (research 2.4). Nothing here knows the page's state.

/** @typedef {import("./words.js").DeviceTrouble} DeviceTrouble */
/** @typedef {import("./words.js").DeviceKind} DeviceKind */
/** @typedef {import("./state.js").Choice} Choice */

/** @typedef {{track: MediaStreamTrack} | {trouble: DeviceTrouble}} Opened */
/** For each kind to open a device's id, or "" for any; and whether the browser sees to the sound. @typedef {Partial<Record<DeviceKind, string>> & {cleanSound?: boolean}} Wanted */

/**
 * Opens what is wanted. Never throws.
 * @param {Wanted} wanted
 * @returns {Promise<Partial<Record<DeviceKind, Opened>>>}
 */
export async function openDevices(wanted) {
  const kinds = kindsOf(wanted);
  if (kinds.length === 0) return {};
  const together = await ask(wanted);
  if (!("trouble" in together) || kinds.length === 1) return answers(kinds, together);
  // The browser says no for both when only one is forbidden, missing or in use: ask for those that may still work.
  const apart = together.trouble === "blocked" ? await notForbidden(kinds) : kinds;
  /** @type {Partial<Record<DeviceKind, Opened>>} */
  const opened = {};
  for (const kind of kinds) {
    opened[kind] = apart.includes(kind)
      ? answers([kind], await ask({ [kind]: wanted[kind], cleanSound: wanted.cleanSound }))[kind] ?? together
      : together;
  }
  return opened;
}

/**
 * The devices of this machine. Labels are empty until the person has allowed one of the kind; such are left out.
 * @returns {Promise<Record<DeviceKind | "speaker", Choice[]>>}
 */
export async function listDevices() {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  const of = (/** @type {MediaDeviceKind} */ kind) => all
    .filter((device) => device.kind === kind && device.label !== "")
    .map((device) => ({ id: device.deviceId, label: device.label, facing: facingOf(device) }));
  return { microphone: of("audioinput"), camera: of("videoinput"), speaker: of("audiooutput") };
}

/**
 * Which way a camera looks, where the browser says so (Media Capture and Streams 9.2.2, InputDeviceInfo).
 * @param {MediaDeviceInfo} device
 * @returns {Choice["facing"]}
 */
function facingOf(device) {
  const [facing] = device.kind === "videoinput" && "getCapabilities" in device ? /** @type {InputDeviceInfo} */ (device).getCapabilities().facingMode ?? [] : [];
  return facing === "user" || facing === "environment" ? facing : "";
}

/**
 * The camera to turn to: one that looks the other way, or else the next. Phones list several for each side.
 * @param {readonly Choice[]} cameras
 * @param {string} id of the one that is open
 * @returns {Choice | null} null if there is no other
 */
export function otherCamera(cameras, id) {
  if (cameras.length < 2) return null;
  const at = cameras.findIndex((camera) => camera.id === id);
  const facing = cameras[at]?.facing ?? "";
  const turned = cameras.find((camera) => facing !== "" && camera.facing !== "" && camera.facing !== facing);
  return turned ?? cameras[(at + 1) % cameras.length] ?? null;
}

/** Whether what a stream shows is what lies before the person. @param {MediaStream | null} stream @returns {boolean} */
export function looksAway(stream) {
  return stream?.getVideoTracks()[0]?.getSettings().facingMode === "environment";
}

/**
 * Asks for a screen, a window or a tab. Never throws.
 *
 * At most full HD at a few pictures a second: more is read by nobody and costs everybody. No sound: what it would add to
 * everybody's microphones is an echo of them.
 * @returns {Promise<{track: MediaStreamTrack} | {trouble: import("./words_stage.js").ScreenTrouble}>}
 */
export async function openScreen() {
  if (!navigator.mediaDevices || !("getDisplayMedia" in navigator.mediaDevices)) return { trouble: "missing" };
  try {
    const video = { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 15 } };
    const [track] = (await navigator.mediaDevices.getDisplayMedia({ audio: false, video })).getVideoTracks();
    return track ? { track } : { trouble: "failed" };
  } catch (error) {
    const isRefused = error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError");
    return { trouble: isRefused ? "refused" : "failed" };
  }
}

/**
 * What an error of getUserMedia means.
 * @param {unknown} error
 * @returns {DeviceTrouble}
 */
export function troubleFrom(error) {
  switch (nameOf(error)) {
    case "NotAllowedError":
    case "SecurityError": return "blocked";
    case "NotReadableError":
    case "AbortError": return "busy";
    case "NotFoundError":
    case "OverconstrainedError": return "missing";
    default: return "failed";
  }
}

/** Not every browser's OverconstrainedError is an Error. @param {unknown} error @returns {unknown} */
function nameOf(error) {
  return typeof error === "object" && error !== null && "name" in error ? error.name : "";
}

/**
 * @param {Wanted} wanted
 * @returns {DeviceKind[]}
 */
function kindsOf(wanted) {
  return /** @type {DeviceKind[]} */ (["microphone", "camera"]).filter((kind) => wanted[kind] !== undefined);
}

/**
 * Asks for the very devices that were chosen, since a browser takes a wish for one among others and may find another camera to
 * fit better (Chromium did). One that is not there any more is a wish, and any other will do.
 * @param {Wanted} wanted
 * @param {"exact" | "ideal"} [how]
 * @returns {Promise<{stream: MediaStream} | {trouble: DeviceTrouble}>}
 */
async function ask(wanted, how = "exact") {
  const { microphone, camera, cleanSound = true } = wanted;
  if (!navigator.mediaDevices) return { trouble: "blocked" };
  try {
    return { stream: await navigator.mediaDevices.getUserMedia({
      audio: microphone !== undefined && {
        ...(microphone && { deviceId: { [how]: microphone } }),
        echoCancellation: cleanSound,
        noiseSuppression: cleanSound,
        autoGainControl: cleanSound,
      },
      video: camera !== undefined && {
        ...(camera ? { deviceId: { [how]: camera } } : { facingMode: "user" }),
        width: { ideal: 1280 },
        height: { ideal: 720 },
        frameRate: { ideal: 30, max: 30 },
      },
    }) };
  } catch (error) {
    const isGone = how === "exact" && (microphone || camera) && nameOf(error) === "OverconstrainedError";
    return isGone ? ask(wanted, "ideal") : { trouble: troubleFrom(error) };
  }
}

/**
 * @param {DeviceKind[]} kinds
 * @param {{stream: MediaStream} | {trouble: DeviceTrouble}} answer
 * @returns {Partial<Record<DeviceKind, Opened>>}
 */
function answers(kinds, answer) {
  return Object.fromEntries(kinds.map((kind) => {
    if ("trouble" in answer) return [kind, answer];
    const [track] = kind === "microphone" ? answer.stream.getAudioTracks() : answer.stream.getVideoTracks();
    return [kind, track ? { track } : { trouble: /** @type {const} */ ("failed") }];
  }));
}

/**
 * Of kinds that were refused together, those worth asking for alone: one is forbidden for good and the other is not.
 * Where the person closed the prompt, neither is forbidden for good and nobody is asked twice.
 * @param {DeviceKind[]} kinds
 * @returns {Promise<DeviceKind[]>}
 */
async function notForbidden(kinds) {
  const states = await Promise.all(kinds.map(permission));
  if (!states.includes("denied")) return [];
  return kinds.filter((_, index) => states[index] !== "denied");
}

/**
 * @param {DeviceKind} kind
 * @returns {Promise<PermissionState | "unknown">} unknown where the browser has no such question
 */
async function permission(kind) {
  try {
    return (await navigator.permissions.query({ name: /** @type {PermissionName} */ (kind) })).state;
  } catch {
    return "unknown";
  }
}
