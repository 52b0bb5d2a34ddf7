// Scenes of the gallery about what people say and send each other, in debug builds only.

import { inCall, person } from "./gallery_pretend.js";
import { noHouse } from "./house.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("../sdk/parlour.js").ChatMessage} ChatMessage */
/** @typedef {import("../sdk/parlour.js").FileOffer} FileOffer */
/** @typedef {import("../sdk/parlour.js").Poll} Poll */

const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/** @param {number} minute past two @param {number} [second] */
const at = (minute, second = 0) => new Date(2026, 4, 17, 14, minute, second);

/** @param {string} id @param {Partial<ChatMessage>} change @returns {ChatMessage} */
function message(id, change) {
  return { id, by: "pretend-0", name: "Ada Lovelace", own: false, text: "", back: false, at: at(0), live: true, told: [], kept: false, disputed: false, delivery: null, ...change };
}

/** @param {string} id @param {Partial<FileOffer>} change @returns {FileOffer} */
function file(id, change) {
  return {
    id, by: "pretend-1", name: "Ben", own: false, earlier: false, kept: "none", to: "", file: "Minutes of the last meeting.pdf", size: 4_213_000, type: "application/pdf", hash, at: at(6),
    live: true, program: false, state: "offered", done: 0, receivers: [], ...change,
  };
}

/** @param {string} id @param {Partial<Poll>} change @returns {Poll} */
function poll(id, change) {
  const voters = (/** @type {string[]} */ ...names) => names.map((name) => ({ id: name, name }));
  return {
    id, by: "pretend-2", name: "Chidi Anagonye", own: false, question: "When shall we three meet again?", at: at(9), live: true, told: "", kept: false,
    choices: [
      { text: "In thunder", votes: 2, voters: voters("Ada Lovelace", "Ben") }, { text: "In lightning, or as soon as everybody has finished their soup", votes: 1, voters: voters("Ada") }, { text: "In rain", votes: 0, voters: [] },
    ],
    multiple: false, secret: false, open: true, voters: 3, mine: [1], ...change,
  };
}

const own = { by: "self", name: "Ada", own: true };
const chat = [
  message("1", { text: "Hello, can you hear me?" }),
  message("2", { text: "I can see you, but there is no sound.", at: at(0, 20) }),
  message("3", { ...own, text: "One moment", at: at(1), delivery: "delivered" }),
  message("4", { by: "pretend-3", name: "Dörte", text: "We agreed on the second draft yesterday.", at: at(2), told: ["Ben", "Chidi Anagonye"], live: false }),
  message("5", { by: "pretend-4", name: "مريم", text: "صباح الخير! هل نبدأ الآن؟", at: at(3) }),
  message("6", { by: "pretend-1", name: "Ben", text: "The agenda:\n1. Lunch (see https://example.org/menu?day=17)\n2. Everything else", at: at(4) }),
  message("7", { ...own, text: "Thank you. averyveryveryverylongwordwithoutanyspaceinitthatmustnotbreakthepanelapart", at: at(5), delivery: "sending" }),
];
/** As long as a name may be, and nowhere to break it. */
const endless = "W".repeat(64);

const full = { chat, hands: [], files: [file("f1", {}), file("f2", { ...own, file: "draft.txt", size: 812, type: "text/plain", at: at(7), receivers: [{ id: "a", name: "Ben", state: "sending", done: 400 }, { id: "b", name: "Chidi Anagonye", state: "done", done: 812 }] })], polls: [poll("p1", {})] };
const states = /** @type {const} */ (["offered", "wanted", "receiving", "checking", "ready", "declined", "withdrawn", "failed", "incomplete", "damaged"]);

/** @param {Partial<State["talk"]>} talk @param {Partial<State>} [change] @returns {Partial<State>} */
function talking(talk, change) {
  return { ...inCall(3), chatting: true, talk: { chat: [], hands: [], files: [], polls: [], ...talk }, ...change };
}

/** In a room in standard mode. @param {Partial<import("../sdk/parlour.js").RecordingState>} change @returns {Partial<State>} */
function recorded(change) {
  const recording = { state: /** @type {const} */ ("none"), own: false, by: "", name: "", answer: /** @type {const} */ ("none"), waits: [], people: [], ...change };
  const rules = { door: /** @type {const} */ ("open"), password: false, keepsPassword: false, cap: 8, offRecord: false, ends: null, keptUntil: null };
  return { ...inCall(3), house: { ...noHouse, rules, recording, keeping: { state: "kept", missing: 0, fileBytes: 8_000_000 } } };
}

/** @type {Record<string, () => Partial<State>>} */
export const talkScenes = {
  "record-ask": () => ({ ...recorded({}), dialog: { about: "record" } }),
  "record-asked": () => recorded({ state: "asking", by: "pretend-0", name: "Ada Lovelace" }),
  "record-asked-late": () => recorded({ state: "paused", by: "pretend-0", name: "Ada Lovelace" }),
  "record-asking": () => recorded({ state: "asking", own: true, answer: "yes", waits: ["Ben", "Dörte"] }),
  "record-on": () => recorded({ state: "on", by: "pretend-0", name: "Ada Lovelace", answer: "yes" }),
  "record-on-panel": () => ({ ...recorded({ state: "on", by: "pretend-0", name: "Ada Lovelace", answer: "yes" }), panel: true }),
  "record-own": () => recorded({ state: "on", own: true, answer: "yes" }),
  "record-paused": () => recorded({ state: "paused", own: true, answer: "yes", waits: ["Chidi Anagonye"] }),
  "record-ready": () => ({ ...recorded({}), panel: true, tape: "waits" }),
  "chat-empty": () => talking({}),
  "chat": () => talking({ chat }),
  "chat-all": () => talking(full),
  "chat-unread": () => ({ ...talking(full), chatting: false, unread: 12 }),
  "chat-states": () => talking({ chat: [
    message("1", { ...own, text: "Is anybody there?", at: at(0), delivery: "alone" }),
    message("2", { by: "pretend-9", name: "Grace Hopper", text: "I was here before you.", at: at(1), told: ["Ben"], disputed: true, live: false }),
    message("3", { ...own, text: "Came to some", at: at(2), delivery: "partly" }),
    message("4", { ...own, text: "Came to nobody", at: at(3), delivery: "failed" }),
    message("5", { ...own, text: "👍", at: at(4), delivery: "delivered" }),
    message("6", { by: "pretend-9", name: "Grace Hopper", back: true, at: at(5) }),
    message("7", { ...own, back: true, at: at(6), delivery: "sending" }),
  ] }),
  "chat-files": () => talking({ files: [
    ...states.map((state, index) => file(`f${index}`, { state, at: at(index), done: state === "offered" ? 0 : 2_900_000, file: state === "offered" ? "A name so long that it says far more about its contents than anybody would want to read.pdf" : "Minutes.pdf" })),
    file("f9", { file: "holiday photo.jpg.exe", type: "", size: 900, program: true, at: at(20) }),
    file("f10", { by: "pretend-9", name: endless, file: `${endless}.pdf`, at: at(21) }),
    file("f11", { ...own, file: `${endless}.pdf`, at: at(22), receivers: [{ id: "a", name: endless, state: "sending", done: 400 }] }),
  ] }),
  "chat-files-kept": () => talking({ files: [
    file("f1", { kept: "kept" }),
    file("f2", { ...own, earlier: true, kept: "kept", at: at(7) }),
    ...(/** @type {const} */ (["storing", "kept", "full", "failed"])).map((kept, index) => file(`f${3 + index}`, { ...own, kept, done: 1_900_000, at: at(8 + index) })),
  ] }),
  "chat-files-unfolded": () => talking({ files: [file("f1", { state: "ready", done: 4_213_000 })] }),
  "chat-polls": () => talking({ polls: [
    poll("p1", { open: false, mine: [] }), poll("p2", { secret: true, multiple: true, mine: [0, 1], choices: [{ text: "Tea", votes: 3, voters: [] }, { text: "Coffee", votes: 1, voters: [] }] }),
    poll("p3", { ...own, mine: [], voters: 0, choices: [{ text: "Yes", votes: 0, voters: [] }, { text: "No", votes: 0, voters: [] }] }),
  ] }),
  "chat-hands": () => ({ ...inCall(3), talk: { chat: [], files: [], polls: [], hands: [{ person: "pretend-1", at: at(1) }, { person: "self", at: at(2) }, { person: "pretend-0", at: at(3) }] } }),
  "people-hands": () => ({ ...inCall(2), panel: true, people: [person(0, {}), person(1, { host: true })], talk: { chat: [], files: [], polls: [], hands: [{ person: "pretend-1", at: at(1) }, { person: "pretend-0", at: at(2) }] } }),
  "call-react": () => inCall(2),
  "call-reactions": () => ({ ...inCall(2), reactions: [{ id: "1", person: "pretend-0", emoji: "👏" }, { id: "2", person: "pretend-0", emoji: "🎉" }, { id: "3", person: "self", emoji: "❤️" }] }),
  "ask": () => ({ ...inCall(2), dialog: { about: "poll" } }),
  "ask-filled": () => ({ ...inCall(2), dialog: { about: "poll" } }),
  "offer-kept": () => ({ ...inCall(2), house: { ...noHouse, keeping: { state: "kept", missing: 0, fileBytes: 8_000_000 } }, dialog: { about: "offer", files: [new File(["x".repeat(4200)], "Minutes.pdf")] } }),
  "offer": () => ({ ...inCall(2), dialog: { about: "offer", files: [new File(["x".repeat(4200)], "Minutes of the last meeting, with all names and addresses taken out.pdf"), new File(["y"], "b.txt")] } }),
};
