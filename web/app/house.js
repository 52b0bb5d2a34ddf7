// The room itself as the page knows it: rules, who stands at the door, invitations, the code, who did what; and what
// follows from it for the page. Pure. What the people in the room look like is in state.js.

/** @typedef {import("./expected.js").Meeting} Meeting */
/** @typedef {import("./expected.js").Inviting} Inviting */
/** @typedef {import("./expected.js").Room} Room */
/** @typedef {import("./expected.js").Knock} Knock */
/** @typedef {import("./state.js").State} State */

/**
 * `invitations` is null where the SDK cannot invite.
 * @typedef {Readonly<Pick<Meeting, "rules" | "waiting" | "knocks" | "wrongPasswords" | "code" | "log" | "mayKeep" | "keeping" | "recording"> & {invitations: Inviting["invitations"] | null, vacant: boolean}>} House
 * `vacant`: nobody is in this named room, and whoever goes in is host
 */

/** @type {House} */
export const noHouse = Object.freeze({
  rules: null,
  waiting: null,
  knocks: [],
  invitations: null,
  wrongPasswords: 0,
  mayKeep: false,
  code: { state: /** @type {const} */ ("none"), emoji: [], numbers: [], covers: [], missing: [] },
  log: [],
  keeping: null,
  recording: null,
  vacant: false,
});

/**
 * A dialog over the page and what it is about; `person` is an id, `who` are names, empty where not known. `kept`: this device
 * stays host without the link, too.
 * @typedef {{about: "settings" | "code" | "leave" | "end" | "new-link" | "forget" | "no-password" | "elsewhere" | "invite" | "record"}
 *   | {about: "remove" | "make-host", person: string}
 *   | {about: "take-back", message: string}
 *   | {about: "close-door", door: import("./expected.js").Door}
 *   | {about: "unmet", who: readonly string[]}
 *   | {about: "poll"} | {about: "offer", files: readonly File[]}
 *   | {about: "device", link: string, kept: boolean}} Dialog
 */

/**
 * @param {Room} meeting
 * @returns {House}
 */
export function houseOf(meeting) {
  const { rules, waiting, knocks, wrongPasswords, code, log, mayKeep, keeping, recording, vacant } = meeting;
  return { rules, waiting, knocks, invitations: canInvite(meeting) ? meeting.invitations : null, wrongPasswords, code, log, mayKeep, keeping, recording, vacant };
}

/**
 * @param {Room} meeting
 * @returns {meeting is Meeting & Inviting}
 */
export function canInvite(meeting) {
  return "invitations" in meeting;
}

/** The id under which a knock is put away. @param {Knock} knock @returns {string} */
export function knockKey({ id }) {
  return `knock/${id}`;
}

/**
 * Who stands at the door and has had no answer yet.
 * @param {House} house
 * @returns {readonly Knock[]}
 */
export function unanswered({ knocks }) {
  return knocks.filter(({ held }) => !held);
}

/**
 * Knocks to be shown over the call: not while the panel shows them, and not again once they were seen.
 * @param {State} state
 * @returns {readonly Knock[]}
 */
export function knocksToShow({ house, panel, dismissed }) {
  return panel ? [] : unanswered(house).filter((knock) => !dismissed.includes(knockKey(knock)));
}

/**
 * What was put away, without what is gone; all at the door counts as seen while the panel is open.
 * @param {readonly string[]} dismissed
 * @param {House} house
 * @param {boolean} panel
 * @param {readonly string[]} remarks ids of standing remarks
 * @returns {readonly string[]}
 */
export function stillDismissed(dismissed, { knocks }, panel, remarks) {
  const atDoor = knocks.map(knockKey);
  const kept = dismissed.filter((id) => remarks.includes(id) || (!panel && atDoor.includes(id)));
  return panel ? [...kept, ...atDoor] : kept;
}

/** Canonical room links never have an i in this place, as their alphabet has none. @param {string} link @returns {boolean} */
export function isInvitation(link) {
  return /^(?:r\/[^#]*)?#1i/u.test(link);
}

/** The name of a room that is reached by one, else empty. @param {string} link @returns {string} */
export function roomNameOf(link) {
  return /^r\/([^#]*)/u.exec(link)?.[1] ?? "";
}

/**
 * What the page asks for before going in. Hosts and the invited come in by right; a password counts while the door is
 * open; a refusal that names the password asks for it whatever the rules said. In a named room there is always a place for
 * one, as only the server says whether there is any (seal.md 1.7).
 * @param {Pick<State, "house" | "me" | "link" | "refusal">} state
 * @returns {{knock: boolean, password: boolean, optional: boolean}} `optional`: the password may be left out
 */
export function entryOf({ house: { rules }, me, link, refusal }) {
  const byRight = me.host || isInvitation(link);
  const asked = refusal?.code === "needs-password" || refusal?.code === "wrong-password";
  const needed = asked || (!byRight && rules?.door === "open" && rules.password) || (!byRight && link.endsWith("#p"));
  const optional = !needed && !byRight && roomNameOf(link) !== "";
  return { knock: !byRight && rules?.door === "knock", password: needed || optional, optional };
}

/**
 * Whether Join, pressed before the door was known, is what would be pressed now: not where there is somebody to be asked or a
 * password to be typed, not where whoever comes first becomes host, and not where something is kept, which is to be read first.
 * @param {Pick<State, "house" | "me" | "link" | "refusal" | "eager">} state
 * @returns {boolean}
 */
export function isPlainEntry(state) {
  const { knock, password, optional } = entryOf(state);
  return !knock && !state.house.vacant && state.house.rules?.offRecord !== false && (!password || optional || Boolean(state.eager?.password));
}

/**
 * Whether somebody waits at the door, on a screen of its own. A password is checked on the spot.
 * @param {Pick<State, "house" | "screen">} state
 * @returns {boolean}
 */
export function isAtDoor({ house: { waiting }, screen }) {
  return screen === "preview" && waiting !== null && waiting.what !== "checking-password";
}

/**
 * Whether a code came that this person has not asked to see: somebody else began, and wants to compare.
 * @param {House} before
 * @param {House} after
 * @param {Dialog | null} dialog
 * @returns {boolean}
 */
export function isNewCode({ code: before }, { code: after }, dialog) {
  const same = before.state === "ready" && before.numbers.join() === after.numbers.join();
  return after.state === "ready" && !same && dialog?.about !== "code";
}

/**
 * Whether a code is due without being asked for: by a name people meet whom nothing has shown to one another (seal.md 8).
 * @param {Pick<State, "screen" | "link" | "people" | "house">} state
 * @returns {boolean}
 */
export function wantsCode({ screen, link, people, house }) {
  const met = people.length > 0 && people.every((person) => person.link === "connected");
  return screen === "call" && roomNameOf(link) !== "" && met && house.code.state === "none";
}

/**
 * Whether a host who leaves has something to decide: not when nobody is left who could miss a host.
 * @param {Pick<State, "screen" | "me" | "people">} state
 * @returns {boolean}
 */
export function asksOnLeave({ screen, me, people }) {
  return screen === "call" && me.host && people.length > 0;
}

/**
 * The dialog, unless whom it is about has gone, or I am no host any more where one is needed.
 * @param {Dialog | null} dialog
 * @param {Pick<State, "me" | "people">} meeting
 * @returns {Dialog | null}
 */
export function stillOpen(dialog, { me, people }) {
  if (!dialog) return null;
  if ("person" in dialog && !people.some(({ id }) => id === dialog.person)) return null;
  if (dialog.about === "leave") return me.host && people.length > 0 ? dialog : null;
  return dialog;
}
