// What the page says: every sentence that is not a mere label of one button, and the functions that count people.
// Failures of the room and the server have their sentences in the SDK; those of devices are here (research 2.5), those
// about doors, hosts and the code in words_house.js.

/** @typedef {"blocked" | "busy" | "missing" | "failed" | "lost"} DeviceTrouble */
/** @typedef {"microphone" | "camera"} DeviceKind */

const plural = new Intl.PluralRules("en");
const list = new Intl.ListFormat("en", { style: "long", type: "conjunction" });

/** @type {Readonly<Record<DeviceKind, Readonly<Record<DeviceTrouble, string>>>>} */
const troubles = Object.freeze({
  microphone: {
    blocked: "Your browser is blocking the microphone. Allow it beside the address, then try again.",
    busy: "Another app is using your microphone.",
    missing: "No microphone found. You can still listen.",
    failed: "The microphone did not start.",
    lost: "The microphone was unplugged.",
  },
  camera: {
    blocked: "Your browser is blocking the camera. Allow it beside the address, then try again.",
    busy: "Another app is using your camera.",
    missing: "No camera found. You can do without one.",
    failed: "The camera did not start.",
    lost: "The camera was unplugged.",
  },
});

const bothBlocked = "Your browser is blocking camera and microphone. Allow them beside the address, then try again.";

/**
 * Why a device does not work, as a sentence; one sentence for both where the cause is the same.
 * @param {DeviceTrouble | null} microphone
 * @param {DeviceTrouble | null} camera
 * @returns {string} empty if nothing is wrong
 */
export function deviceSentence(microphone, camera) {
  if (microphone === "blocked" && camera === "blocked") return bothBlocked;
  if (microphone === "missing" && camera === "missing") return "No camera and no microphone found. You can still watch and listen.";
  return [camera && troubles.camera[camera], microphone && troubles.microphone[microphone]].filter(Boolean).join(" ");
}

/**
 * What stands above the Join button about who is in.
 * @param {number} count
 * @returns {string}
 */
export function whoIsIn(count) {
  if (count <= 0) return "Nobody is in the room yet.";
  return plural.select(count) === "one" ? "One person is in the room." : `${count} people are in the room.`;
}

/**
 * @param {number} count this person included
 * @returns {string}
 */
export function howMany(count) {
  return plural.select(count) === "one" ? "1 person" : `${count} people`;
}

/**
 * The name of the button that opens the panel of people.
 * @param {number} count this person included
 * @param {number} knocks
 * @returns {string}
 */
export function peopleButton(count, knocks) {
  return `People, ${howMany(count)}${knocks > 0 ? `, ${knocks} at the door` : ""}`;
}

/**
 * A name to show. Names are what people typed and may be empty.
 * @param {string} name
 * @returns {string}
 */
export function nameOf(name) {
  return name.trim() || "Guest";
}

/**
 * At most two letters for a badge; from the first and the last word, whole characters of any script.
 * @param {string} name
 * @returns {string}
 */
export function initials(name) {
  const words = nameOf(name).split(/\s+/u);
  const first = [...(words[0] ?? "")][0] ?? "";
  const last = words.length > 1 ? [...(words.at(-1) ?? "")][0] ?? "" : "";
  return (first + last).toLocaleUpperCase("en");
}

/**
 * One of six colours, always the same for the same person.
 * @param {string} id
 * @returns {number} 1 to 6
 */
export function hueOf(id) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return (sum % 6) + 1;
}

/**
 * What is said when a device was switched; a key does so without a button that would say it.
 * @param {DeviceKind} kind
 * @param {boolean} on
 * @returns {string}
 */
export function switched(kind, on) {
  if (kind === "microphone") return on ? "Microphone on." : "Microphone muted.";
  return on ? "Camera on." : "Camera off.";
}

/**
 * Who came and went, as one sentence however many they are; empty if nobody did.
 * @param {readonly string[]} came
 * @param {readonly string[]} went
 * @returns {string}
 */
export function comingAndGoing(came, went) {
  return [sentence(came, "joined"), sentence(went, "left")].filter(Boolean).join(" ");
}

/**
 * Names in one phrase: "Ada, Ben, and Guest".
 * @param {readonly string[]} names
 * @returns {string}
 */
export function namesOf(names) {
  return list.format(names.map(nameOf));
}

/**
 * @param {readonly string[]} names
 * @param {string} verb
 * @returns {string}
 */
function sentence(names, verb) {
  if (names.length === 0) return "";
  if (names.length > 3) return `${names.length} people ${verb}.`;
  return `${namesOf(names)} ${verb}.`;
}

/**
 * How the media of a person travels: the short words of the badge.
 * @param {import("../sdk/parlour.js").Route} route
 * @returns {string}
 */
export function routeName(route) {
  return route.relayed ? `Relayed (${route.protocol.toUpperCase()})` : "Direct";
}

/**
 * The same, explained.
 * @param {import("../sdk/parlour.js").Route} route
 * @returns {string}
 */
export function routeExplained(route) {
  return route.relayed
    ? "still end-to-end encrypted; the server passes on what it cannot read"
    : "from browser to browser, end-to-end encrypted";
}

/**
 * What a tile says of its connection while there is no picture to trust.
 * @param {import("../sdk/parlour.js").Person["link"]} link
 * @returns {string}
 */
export function linkSentence(link) {
  switch (link) {
    case "connecting": return "Connecting…";
    case "connected": return "";
    case "reconnecting": return "Reconnecting…";
    case "failed": return "No connection";
  }
}

/**
 * A tile's name for screen readers, such as "Ada, muted, Relayed (UDP)".
 * @param {{name: string, audio: boolean, video: boolean, screen: boolean, link: import("../sdk/parlour.js").Person["link"], route: import("../sdk/parlour.js").Route | null}} person
 * @returns {string}
 */
export function tileName(person) {
  const parts = [nameOf(person.name)];
  if (person.screen) parts.push("showing a screen");
  if (!person.audio) parts.push("muted");
  if (!person.video) parts.push("camera off");
  if (person.link !== "connected") parts.push(linkSentence(person.link));
  else if (person.route) parts.push(routeName(person.route));
  return parts.join(", ");
}

/** The headline of the page for an end or a failure, by code. @type {Readonly<Record<string, string>>} */
const headlines = Object.freeze({
  "not-secure": "Not safe enough",
  "no-crypto": "Time for an update",
  "no-x25519": "Time for an update",
  "no-ed25519": "Time for an update",
  "no-deflate": "Time for an update",
  "no-websocket": "No live connection",
  "no-webrtc": "No calls in this browser",
  "link-missing": "Half a link",
  "link-damaged": "Something is off with this link",
  "link-leaked": "This link is no secret any more",
  "bad-name": "Not a name for a room",
  "room-full": "No chair free",
  "room-over": "The room is closed",
  "refused": "Not this time",
  "refused-for-good": "The door stays closed",
  "locked": "The door is locked",
  "not-invited": "By invitation only",
  "link-replaced": "An old link",
  "invitation-used": "This invitation was used",
  "invitation-revoked": "This invitation was taken back",
  "two-hosts": "Two rooms under one name",
  "room-expired": "The time is up",
  "removed": "You are out of the room",
  "cut-off": "The door closed before you were in",
  "wrong-password": "This password opened nothing",
  "replaced": "You are in another tab",
  "no-server": "No connection",
  "busy": "No room free",
  "no-relay": "No way through this network",
  "stopped": "The room is closed",
  "restart": "A short break",
  "fault": "Our mistake",
});

/**
 * @param {string} code
 * @returns {string}
 */
export function headline(code) {
  return (Object.hasOwn(headlines, code) ? headlines[code] : undefined) ?? "It cannot go on here";
}
