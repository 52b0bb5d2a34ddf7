// The page's one state and the one function from an event to the next state. Pure: no DOM, no clock, no SDK calls.
// Tracks and streams are in it by reference only; nothing here touches them. Events are sent by actions.js.

import { noHabits } from "./habits.js";
import { noHouse, stillDismissed, stillOpen } from "./house.js";
import { nextStage, noStage, withPeople } from "./stage.js";
import { noTalk, withReaction, withTalk } from "./talk.js";
import { dismissed, fitting, remarkOf, withCode } from "./toasts.js";

/** @typedef {import("./words.js").DeviceTrouble} DeviceTrouble */
/** @typedef {import("./words.js").DeviceKind} DeviceKind */
/** @typedef {import("../sdk/parlour.js").MeetingState} MeetingState */
/** @typedef {import("../sdk/parlour.js").Person} Person */
/** @typedef {import("./house.js").House} House */
/** @typedef {import("./house.js").Dialog} Dialog */
/** @typedef {import("../sdk/parlour.js").Me} Me */
/** @typedef {import("../sdk/parlour.js").Note} Note */
/** @typedef {import("../sdk/parlour.js").Problem} Problem */

/** @typedef {"landing" | "preview" | "call" | "left" | "problem"} Screen */

/** A device of the machine, for a menu. `facing` of cameras, where it is known. @typedef {{id: string, label: string, facing: "" | "user" | "environment"}} Choice */

/**
 * A microphone or camera. `wanted` is what the person asked for, `status` what came of it: a device is sent while it
 * is wanted and live. A muted microphone stays live, so that unmuting is instant; a camera that is off is closed, so
 * that its light goes out.
 * @typedef {object} Device
 * @property {boolean} wanted
 * @property {"off" | "asking" | "live" | DeviceTrouble} status
 * @property {MediaStreamTrack | null} track
 * @property {string} chosen a device's id, or "" for the browser's choice
 * @property {readonly Choice[]} choices
 */

/**
 * A remark on the screen. Remarks of the SDK (`standing`) go when their cause goes; others after a while. `shows` names
 * a dialog that has more about it.
 * @typedef {{id: string, colour: "grey" | "amber" | "red", code: string, text: string, standing: boolean, shows?: "code"}} Toast
 */

/**
 * @typedef {object} State
 * @property {Screen} screen
 * @property {boolean} starting a room is being made
 * @property {{about: "start" | "link", text: string} | null} trouble why no room could be started, or no link opened
 * @property {string} link `#1…` of the room, or ""
 * @property {"looking" | "missing" | "ready"} room
 * @property {number} count of people in the room
 * @property {boolean} joining
 * @property {{password?: string, message?: string, offRecord?: boolean} | null} eager Join was pressed before it was known what this door asks for; what was typed then
 * @property {Problem | null} refusal why the last join did not work
 * @property {Problem | null} problem what the screen `problem` is about
 * @property {boolean} lastOut nobody was left in the room when this person went
 * @property {number | null} keptUntil until when the room stays that this person left, ms since 1970
 * @property {boolean} gaveUp this person went away from the door without having been in
 * @property {Device} microphone
 * @property {Device} camera
 * @property {{chosen: string, choices: readonly Choice[]}} speaker
 * @property {string} name
 * @property {boolean} hideAddress
 * @property {"" | "detour" | "none"} reach of the relay, see reaching.js
 * @property {boolean} shortcuts
 * @property {import("./habits.js").Habits} habits
 * @property {string} language that was chosen, or "" for the browser's
 * @property {Me} me
 * @property {readonly Person[]} people
 * @property {House} house
 * @property {boolean} reconnecting
 * @property {readonly string[]} came names not yet announced
 * @property {readonly string[]} went
 * @property {readonly Toast[]} toasts
 * @property {readonly string[]} dismissed ids of standing remarks and knocks that were put away
 * @property {import("./stage.js").Stage} stage
 * @property {boolean} panel the people are shown beside the stage
 * @property {boolean} chatting the chat is shown there; never both
 * @property {import("./talk.js").Talk} talk
 * @property {number} unread what came while the chat was not shown
 * @property {readonly import("./talk.js").News[]} news not yet said aloud
 * @property {readonly import("./talk.js").Reaction[]} reactions on the screen now
 * @property {{by: string, name: string} | null} muteAsked the host who asks this person to mute
 * @property {import("./recording.js").Tape} tape a recording on this device
 * @property {Dialog | null} dialog
 * @property {boolean} durable this browser keeps who this person is; else a reload is somebody new
 * @property {readonly string[]} busy names of what a host has asked for and the SDK is doing
 * @property {Readonly<Record<string, string>>} invitationLinks by id, of those made on this page
 * @property {string} copied which link was copied a moment ago: "room", "device", an invitation's id, or ""
 * @property {boolean} silenced the browser waits for a click before it plays anything
 */

/**
 * @typedef {object} Snapshot what the SDK's Meeting says of itself at one moment
 * @property {MeetingState} state
 * @property {Problem | null} error
 * @property {number} count
 * @property {boolean} durable
 * @property {Me} me
 * @property {readonly Person[]} people
 * @property {readonly Note[]} notes
 * @property {string} link
 * @property {House} house
 * @property {import("./talk.js").Talk} talk
 */

/** @typedef {{name: string, hideAddress: boolean, shortcuts: boolean, habits: import("./habits.js").Habits, language: string, microphone: string, camera: string, speaker: string}} Preferences */

/**
 * @typedef {{type: "remembered", preferences: Preferences}
 *   | {type: "home"}
 *   | {type: "starting"}
 *   | {type: "refused", about: "start" | "link", text: string}
 *   | {type: "opened", link: string, early?: boolean}
 *   | {type: "meeting", snapshot: Snapshot}
 *   | {type: "eager", words: State["eager"]}
 *   | {type: "join-asked"}
 *   | {type: "join-refused", problem: Problem}
 *   | {type: "stopped", problem: Problem}
 *   | {type: "device", kind: DeviceKind, change: Partial<Device>}
 *   | {type: "speaker", chosen: string}
 *   | {type: "choices", microphone: Choice[], camera: Choice[], speaker: Choice[]}
 *   | {type: "named", name: string}
 *   | {type: "hide-address", on: boolean}
 *   | {type: "reached", reach: State["reach"]}
 *   | {type: "shortcuts", on: boolean}
 *   | {type: "habit", change: Partial<import("./habits.js").Habits>}
 *   | {type: "language", language: string}
 *   | {type: "stage", event: import("./stage.js").StageEvent}
 *   | {type: "panel", open: boolean}
 *   | {type: "chatting", open: boolean}
 *   | {type: "reaction", reaction: import("./talk.js").Reaction}
 *   | {type: "reaction-over", id: string}
 *   | {type: "mute-asked", asked: State["muteAsked"]}
 *   | {type: "dialog", dialog: Dialog | null}
 *   | {type: "busy", name: string, on: boolean}
 *   | {type: "invited", id: string, link: string}
 *   | {type: "copied", what: string}
 *   | {type: "silenced", on: boolean}
 *   | {type: "tape", tape: State["tape"]}
 *   | {type: "announced"}
 *   | {type: "toast", toast: Toast}
 *   | {type: "dismissed", id: string}} PageEvent
 */

/** @type {Device} */
const noDevice = { wanted: true, status: "off", track: null, chosen: "", choices: [] };

/** @type {Me} */
const nobody = { id: "", name: "", audio: false, video: false, screen: false, host: false };

/** What belongs to one meeting and is forgotten with it. */
const noMeeting = Object.freeze({
  starting: false,
  trouble: null,
  room: /** @type {State["room"]} */ ("looking"),
  count: 0,
  joining: false,
  eager: /** @type {State["eager"]} */ (null),
  refusal: null,
  problem: null,
  me: nobody,
  people: /** @type {readonly Person[]} */ ([]),
  house: noHouse,
  reconnecting: false,
  came: /** @type {readonly string[]} */ ([]),
  went: /** @type {readonly string[]} */ ([]),
  toasts: /** @type {readonly Toast[]} */ ([]),
  dismissed: /** @type {readonly string[]} */ ([]),
  stage: noStage,
  panel: false, chatting: false,
  talk: noTalk,
  unread: 0,
  news: /** @type {State["news"]} */ ([]),
  reactions: /** @type {State["reactions"]} */ ([]),
  muteAsked: /** @type {State["muteAsked"]} */ (null),
  dialog: /** @type {Dialog | null} */ (null),
  durable: true,
  reach: /** @type {State["reach"]} */ (""),
  busy: /** @type {readonly string[]} */ ([]),
  invitationLinks: Object.freeze({}),
  silenced: false,
});

/** @type {State} */
export const initialState = Object.freeze({
  ...noMeeting,
  screen: "landing",
  link: "",
  lastOut: false,
  keptUntil: null,
  gaveUp: false,
  tape: "none",
  microphone: noDevice,
  camera: noDevice,
  speaker: { chosen: "", choices: [] },
  name: "",
  hideAddress: false,
  shortcuts: true,
  habits: noHabits,
  language: "",
  copied: "",
});

/**
 * @param {State} state
 * @param {PageEvent} event
 * @returns {State}
 */
export function next(state, event) {
  switch (event.type) {
    case "remembered": return remembered(state, event.preferences);
    case "home": return { ...state, ...noMeeting, ...closedDevices(state), screen: "landing", link: "" };
    case "starting": return { ...state, starting: true, trouble: null };
    case "refused": return { ...state, starting: false, trouble: { about: event.about, text: event.text } };
    // Early: the preview is there already, and its devices may be open.
    case "opened": return { ...state, ...noMeeting, ...(event.early ? { eager: state.eager } : closedDevices(state)), screen: "preview", link: event.link };
    case "meeting": return afterChange(state, event.snapshot);
    case "eager": return { ...state, eager: event.words };
    case "join-asked": return { ...state, joining: true, eager: null, refusal: null };
    case "join-refused": return { ...state, joining: false, eager: null, refusal: event.problem };
    case "stopped": return { ...state, ...noMeeting, ...closedDevices(state), screen: "problem", link: "", problem: event.problem };
    // Who mutes, by whatever way, has answered the question.
    case "device": return { ...state, [event.kind]: { ...state[event.kind], ...event.change }, muteAsked: event.kind === "microphone" && event.change.wanted === false ? null : state.muteAsked };
    case "mute-asked": return { ...state, muteAsked: isOn(state.microphone) ? event.asked : null };
    case "speaker": return { ...state, speaker: { ...state.speaker, chosen: event.chosen } };
    case "choices": return {
      ...state,
      microphone: { ...state.microphone, choices: event.microphone },
      camera: { ...state.camera, choices: event.camera },
      speaker: { ...state.speaker, choices: event.speaker },
    };
    case "named": return { ...state, name: event.name };
    case "hide-address": return { ...state, hideAddress: event.on };
    case "reached": return { ...state, reach: event.reach };
    case "shortcuts": return { ...state, shortcuts: event.on };
    case "habit": return { ...state, habits: { ...state.habits, ...event.change } };
    case "language": return { ...state, language: event.language };
    case "stage": return { ...state, stage: nextStage(state.stage, event.event) };
    case "chatting": return { ...state, chatting: event.open, panel: state.panel && !event.open, unread: event.open ? 0 : state.unread };
    case "reaction": return { ...state, ...withReaction(state, event.reaction) };
    case "reaction-over": return { ...state, reactions: state.reactions.filter(({ id }) => id !== event.id) };
    case "panel": return { ...state, panel: event.open, chatting: state.chatting && !event.open, dismissed: stillDismissed(state.dismissed, state.house, true, state.dismissed) };
    case "dialog": return { ...state, dialog: event.dialog, toasts: event.dialog?.about === "code" ? state.toasts.filter(({ shows }) => shows !== "code") : state.toasts };
    case "busy": return { ...state, busy: [...state.busy.filter((name) => name !== event.name), ...(event.on ? [event.name] : [])] };
    case "invited": return { ...state, invitationLinks: { ...state.invitationLinks, [event.id]: event.link } };
    case "copied": return { ...state, copied: event.what };
    case "silenced": return { ...state, silenced: event.on };
    case "tape": return { ...state, tape: event.tape };
    case "announced": return { ...state, came: [], went: [], news: [] };
    case "toast": return { ...state, toasts: fitting([...state.toasts.filter(({ id }) => id !== event.toast.id), event.toast], "newest") };
    case "dismissed": return dismissed(state, event.id);
  }
}

/**
 * Whether a device is being sent.
 * @param {Device} device
 * @returns {boolean}
 */
export function isOn(device) {
  return device.wanted && device.status === "live";
}

/**
 * Whether a device is being sent, or is about to be.
 * @param {Device} device
 * @returns {boolean}
 */
export function isComing(device) {
  return isOn(device) || (device.wanted && device.status === "asking");
}

/**
 * What is wrong with a device that is wanted, if anything.
 * @param {Device} device
 * @returns {DeviceTrouble | null}
 */
export function troubleOf(device) {
  const { status } = device;
  return status === "off" || status === "asking" || status === "live" ? null : status;
}

/**
 * @param {State} state
 * @param {Preferences} preferences
 * @returns {State}
 */
function remembered(state, { name, hideAddress, shortcuts, habits, language, microphone, camera, speaker }) {
  return {
    ...state, name, hideAddress, shortcuts, habits, language,
    microphone: { ...state.microphone, chosen: microphone },
    camera: { ...state.camera, chosen: camera },
    speaker: { ...state.speaker, chosen: speaker },
  };
}

/**
 * The devices after the page closed them. Choices stay, and who was muted comes back muted.
 * @param {State} state
 * @returns {Pick<State, "microphone" | "camera">}
 */
function closedDevices({ microphone, camera }) {
  const closed = { status: /** @type {const} */ ("off"), track: null };
  return { microphone: { ...microphone, ...closed }, camera: { ...camera, ...closed } };
}

/**
 * @param {State} before
 * @param {Snapshot} snapshot
 * @returns {State}
 */
function afterChange(before, snapshot) {
  const { count, me, people, house, durable } = snapshot;
  const state = { ...before, house, durable, link: snapshot.link || before.link, toasts: withCode(before, house) };
  switch (snapshot.state) {
    case "idle":
    case "looking": return { ...state, screen: "preview", room: "looking", count };
    case "no-room": return { ...state, ...closedDevices(state), screen: "preview", room: "missing", count, joining: false, eager: null };
    case "ready": return { ...state, screen: "preview", room: "ready", count, me };
    case "joining":
    case "knocking": return { ...state, screen: "preview", room: "ready", count, me, joining: true };
    case "in":
    case "reconnecting": return inCall(state, snapshot);
    // Said twice by the SDK: at once, and when everything is closed. The first time knows who was here.
    case "left": return state.screen === "left" ? state : {
      ...state, ...noMeeting, ...closedDevices(state), screen: "left",
      lastOut: state.screen === "call" && state.people.length === 0 && state.count <= 1,
      keptUntil: house.rules?.keptUntil ?? null,
      gaveUp: state.screen === "preview",
    };
    case "ended":
    case "failed": return {
      ...state, ...noMeeting, ...closedDevices(state), screen: "problem", me, people,
      problem: snapshot.error ?? { code: "fault", text: "" },
    };
  }
}

/**
 * In the meeting. Whoever was there on arrival is not announced; who comes and goes later is.
 * @param {State} state
 * @param {Snapshot} snapshot
 * @returns {State}
 */
function inCall(state, { state: where, count, me, people, notes, house, talk }) {
  const before = state.screen === "call" ? state.people : people;
  const has = (/** @type {readonly Person[]} */ list, /** @type {string} */ id) => list.some((person) => person.id === id);
  const came = people.filter(({ id }) => !has(before, id)).map(({ name }) => name);
  const went = before.filter(({ id }) => !has(people, id)).map(({ name }) => name);
  const remarks = notes.map(remarkOf);
  return {
    ...state,
    ...withTalk(state, talk, people),
    screen: "call",
    room: "ready",
    joining: false,
    refusal: null,
    reconnecting: where === "reconnecting",
    count,
    me,
    people,
    stage: withPeople(state.stage, people),
    came: [...state.came, ...came],
    went: [...state.went, ...went],
    dialog: stillOpen(state.dialog, { me, people }),
    dismissed: stillDismissed(state.dismissed, house, state.panel, remarks.map(({ id }) => id)),
    toasts: fitting([
      ...remarks.filter(({ id }) => !state.dismissed.includes(id)),
      ...state.toasts.filter(({ standing }) => !standing),
    ], "first"),
  };
}
