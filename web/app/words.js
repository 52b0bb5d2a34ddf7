// What the page says of people, devices and failures: which sentence it is, by what it is about. The sentences themselves are in
// words/<language>/ (language.js). Those about doors, hosts and the code are chosen in words_door.js and words_house.js.

import { capital, known, listed, t, timeOf } from "./language.js";

/** @typedef {"blocked" | "busy" | "missing" | "failed" | "lost"} DeviceTrouble */
/** @typedef {"microphone" | "camera"} DeviceKind */

/**
 * Why a device does not work, as a sentence; one sentence for both where the cause is the same.
 * @param {DeviceTrouble | null} microphone
 * @param {DeviceTrouble | null} camera
 * @returns {string} empty if nothing is wrong
 */
export function deviceSentence(microphone, camera) {
  if (microphone === "blocked" && camera === "blocked") return t("device.both.blocked");
  if (microphone === "missing" && camera === "missing") return t("device.both.missing");
  return [camera && t(`device.camera.${camera}`), microphone && t(`device.microphone.${microphone}`)].filter(Boolean).join(" ");
}

/**
 * What stands above the Join button about who is in.
 * @param {number} count
 * @returns {string}
 */
export function whoIsIn(count) {
  return count <= 0 ? t("preview.nobody") : t("preview.people", { count });
}

/**
 * @param {number} count this person included
 * @returns {string}
 */
export function howMany(count) {
  return t("people.count", { count });
}

/**
 * The name of the button that opens the panel of people.
 * @param {number} count this person included
 * @param {number} knocks
 * @returns {string}
 */
export function peopleButton(count, knocks) {
  const people = howMany(count);
  return knocks > 0 ? t("people.button.knocks", { people, count: knocks }) : t("people.button", { people });
}

/**
 * A name to show. Names are what people typed and may be empty.
 * @param {string} name
 * @returns {string}
 */
export function nameOf(name) {
  return name.trim() || t("guest");
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
  return (first + last).toLocaleUpperCase();
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
  if (kind === "microphone") return t(on ? "microphone.on" : "microphone.off");
  return t(on ? "camera.on" : "camera.off");
}

/**
 * Who came and went, as one sentence however many they are; empty if nobody did.
 * @param {readonly string[]} came
 * @param {readonly string[]} went
 * @returns {string}
 */
export function comingAndGoing(came, went) {
  return [sentence(came, "joined"), sentence(went, "gone")].filter(Boolean).join(" ");
}

/**
 * Names in one phrase: "Ada, Ben, and Guest".
 * @param {readonly string[]} names
 * @returns {string}
 */
export function namesOf(names) {
  return listed(names.map(nameOf));
}

/**
 * @param {readonly string[]} names
 * @param {"joined" | "gone"} verb
 * @returns {string}
 */
function sentence(names, verb) {
  if (names.length === 0) return "";
  return names.length > 3 ? t(`${verb}.many`, { count: names.length }) : t(verb, { names: namesOf(names), count: names.length });
}

/**
 * How the media of a person travels: the short words of the badge.
 * @param {import("../sdk/parlour.js").Route} route
 * @returns {string}
 */
export function routeName(route) {
  return route.relayed ? t("route.relayed", { protocol: route.protocol.toUpperCase() }) : t("route.direct");
}

/**
 * The same, explained.
 * @param {import("../sdk/parlour.js").Route} route
 * @returns {string}
 */
export function routeExplained(route) {
  return t(route.relayed ? "route.relayed.explained" : "route.direct.explained");
}

/**
 * What a tile says of its connection while there is no picture to trust.
 * @param {import("../sdk/parlour.js").Person["link"]} link
 * @returns {string}
 */
export function linkSentence(link) {
  return link === "connected" ? "" : t(`link.${link}`);
}

/**
 * A tile's name for screen readers, such as "Ada, muted, Relayed (UDP)".
 * @param {{name: string, audio: boolean, video: boolean, screen: boolean, link: import("../sdk/parlour.js").Person["link"], route: import("../sdk/parlour.js").Route | null}} person
 * @returns {string}
 */
export function tileName(person) {
  const parts = [nameOf(person.name)];
  if (person.screen) parts.push(t("tile.screen"));
  if (!person.audio) parts.push(t("tile.muted"));
  if (!person.video) parts.push(t("tile.camera"));
  if (person.link !== "connected") parts.push(linkSentence(person.link));
  else if (person.route) parts.push(routeName(person.route));
  return parts.join(", ");
}

/**
 * The headline of the page for an end or a failure.
 * @param {string} code of the SDK
 * @returns {string}
 */
export function headline(code) {
  return known(`headline.${code}`, {}, t("headline"));
}

/**
 * A failure in the language of the page; what has no words there is said by the SDK's own.
 * @param {import("../sdk/parlour.js").Problem} problem
 * @returns {string}
 */
export function problemSentence({ code, text }) {
  return known(`error.${code}`, {}, text);
}

/**
 * A remark of the SDK in the language of the page.
 * @param {import("../sdk/parlour.js").Note} note
 * @returns {string}
 */
export function noteSentence({ code, text, who = "", about = "" }) {
  const nobody = who === "" ? known(`note.${code}.nobody`, {}, "") : "";
  const values = { who: who || t("somebody"), about: about || t("somebody"), count: Number(who) || 0 };
  return capital(nobody || known(`note.${code}`, values, text));
}

/**
 * Who did what, in the language of the page.
 * @param {import("../sdk/parlour.js").LogEntry} entry
 * @returns {string}
 */
export function logSentence({ what, text, who, about, label, count, when }) {
  return capital(known(`log.${what}`, { who: who || t("log.the-host"), about: about || t("log.somebody"), label, count, time: when ? timeOf(when) : "" }, text));
}
