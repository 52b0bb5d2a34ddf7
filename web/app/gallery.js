// The gallery, in debug builds only: every screen in every state with pretend people, to look at and to photograph.
// `gallery.html` lists the scenes, `gallery.html#call-4` shows one, and under `gallery.html#all` a test plays one after the
// other (e2e/tests/gallery.test.mjs). Nothing here talks to a server or to devices.

import { h } from "./dom.js";
import { houseScenes } from "./gallery_house.js";
import { talkScenes } from "./gallery_talk.js";
import { device, devices, inCall, paper, person, ready, stopped } from "./gallery_pretend.js";
import { languageOf, speak } from "./language.js";
import { nextStage, noStage } from "./stage.js";
import { initialState } from "./state.js";
import { show } from "./show.js";

/** @typedef {import("./state.js").State} State */

/** @type {Record<string, () => Partial<State>>} */
const scenes = {
  "landing": () => ({}),
  "landing-starting": () => ({ starting: true }),
  "landing-unfolded": () => ({}),
  "landing-refused": () => ({ trouble: { about: "start", text: "The server cannot be reached. A proxy or firewall may block live connections, or you are offline. Check your connection and try again." } }),
  "landing-bad-link": () => ({ trouble: { about: "link", text: "This link is damaged: a character is missing or wrong. Ask for it again, and copy the whole of it." } }),
  "looking": () => ({ screen: "preview", room: "looking" }),
  "waiting": () => ({ screen: "preview", room: "missing" }),
  "preview": () => ready({ ...devices(), count: 0, name: "Ada" }),
  "preview-people": () => ready({ ...devices(), count: 3, hideAddress: true }),
  "preview-asking": () => ready({ microphone: device("asking"), camera: device("asking") }),
  "preview-blocked": () => ready({ microphone: device("blocked"), camera: device("blocked"), name: "Ada" }),
  "preview-no-camera": () => ready({ ...devices(), camera: device("missing"), name: "Ada Lovelace" }),
  "preview-busy": () => ready({ ...devices(), camera: device("busy") }),
  "preview-off": () => ready({ ...devices(), camera: { ...device("off"), wanted: false }, microphone: { ...device("live"), wanted: false }, name: "Ada" }),
  "preview-full": () => ready({ ...devices(), count: 8, refusal: { code: "room-full", text: "This room is full. Try again when somebody has left." } }),
  "preview-detour": () => ready({ ...devices(), count: 2, name: "Ada", reach: "detour" }),
  "preview-unreached": () => ready({ ...devices(), count: 2, name: "Ada", reach: "none" }),
  "preview-unreached-hidden": () => ready({ ...devices(), count: 2, hideAddress: true, reach: "none" }),
  "preview-joining": () => ready({ ...devices(), joining: true }),
  "call-1": () => inCall(0),
  "call-2": () => inCall(1),
  "call-3": () => inCall(2),
  "call-4": () => inCall(3),
  "call-5": () => inCall(4),
  "call-8": () => inCall(7),
  "call-12": () => inCall(11),
  "call-coming": () => ({ ...inCall(0), count: 2 }),
  "call-off": () => ({ ...inCall(1), camera: { ...device("off"), wanted: false }, microphone: { ...device("live"), wanted: false } }),
  "call-states": () => ({ ...inCall(5), people: [
    person(0, { route: { relayed: true, protocol: "udp" }, quality: { bars: 1, lost: 23, rttMs: 350 } }),
    person(1, { link: "connecting", route: null, video: false }),
    person(2, { link: "reconnecting" }),
    person(3, { link: "failed", route: null }),
    person(4, { video: false, audio: false, route: { relayed: true, protocol: "tls" } }),
  ] }),
  "call-weak": () => ({ ...inCall(4), panel: true, people: [
    person(0, { quality: { bars: 3, lost: 4, rttMs: 150 } }), person(1, { quality: { bars: 2, lost: 8, rttMs: 700 } }), person(2, { quality: { bars: 1, lost: 23, rttMs: null } }), person(3, { quality: null }),
  ] }),
  "call-paused": () => ({ ...inCall(3), people: [person(0, { paused: "there" }), person(1, { paused: "here", audio: false }), person(2, {})] }),
  "call-reconnecting": () => ({ ...inCall(2), reconnecting: true }),
  "call-silenced": () => ({ ...inCall(2), silenced: true }),
  "call-camera-lost": () => ({ ...inCall(2), camera: device("lost"), toasts: [
    { id: "1", colour: "grey", code: "camera-lost", text: "The camera was unplugged.", standing: false },
  ] }),
  "call-notes": () => ({ ...inCall(3), toasts: [
    { id: "3", colour: "red", code: "mismatch", text: "This connection is not the one that was announced. It was closed.", standing: true },
    { id: "2", colour: "amber", code: "people-differ", text: "Ben sees other people in this room than you do.", standing: true },
    { id: "1", colour: "grey", code: "relay-full", text: "The relay is full. You may still connect directly; otherwise try again later.", standing: false },
  ] }),
  "call-screen": () => ({ ...inCall(4), stage: { ...noStage, screens: ["pretend-1"] }, people: [person(0, {}), person(1, { screen: true, stream: paper() }), person(2, { video: false }), person(3, { audio: false })] }),
  "call-screen-two": () => ({ ...inCall(1), stage: { ...noStage, screens: ["pretend-1"] }, people: [person(1, { screen: true, stream: paper() })] }),
  "call-screen-own": () => ({ ...inCall(2), camera: { ...device("off"), wanted: false }, stage: { ...noStage, sharing: "on" } }),
  "call-speaker": () => ({ ...inCall(4), stage: { ...noStage, view: "speaker", floor: "pretend-3" } }),
  "call-speaker-12": () => ({ ...inCall(11), stage: { ...noStage, view: "speaker", floor: "pretend-3" } }),
  "call-pinned": () => ({ ...inCall(3), stage: { ...noStage, pinned: "pretend-1" } }),
  "small-window": () => ({ ...inCall(2), stage: { ...noStage, voices: ["pretend-1"], floor: "pretend-1" }, people: [person(0, {}), person(1, {})] }),
  "small-window-muted": () => ({ ...inCall(1), microphone: { ...device("live"), wanted: false }, people: [person(2, { name: "Benedict with a Name that is Longer than any Window is Wide", audio: false, video: false })] }),
  "small-window-alone": () => inCall(0),
  "call-settings": () => ({ ...inCall(2), dialog: { about: "settings" } }),
  ...houseScenes,
  ...talkScenes,
  "left": () => ({ screen: "left" }),
  "left-kept": () => ({ screen: "left", lastOut: true, keptUntil: Date.UTC(2026, 5, 16) }),
  "left-last": () => ({ screen: "left", lastOut: true }),
  "problem-over": () => stopped("room-over", "This meeting is over, and its link with it. Ask for a new link."),
  "problem-no-server": () => stopped("no-server", "The server cannot be reached. A proxy or firewall may block live connections, or you are offline. Check your connection and try again."),
  "problem-not-secure": () => stopped("not-secure", "This address is not secure, so browsers hide camera, microphone and encryption. Open it by https, or by http://localhost."),
  "problem-damaged": () => stopped("link-damaged", "This link is damaged: a character is missing or wrong. Ask for it again, and copy the whole of it."),
  "problem-browser": () => stopped("no-webrtc", "This browser cannot make calls, or calls are switched off in it. Use Chrome, Firefox or Safari, outside of other apps."),
};

// `?lang=de`; `?dir=rtl` looks at the page as somebody sees it who reads from the right, in whatever language.
const asked = new URLSearchParams(location.search);
const spoken = languageOf(asked.get("lang") ?? "en", []);
await speak(spoken, ["door", "errors", "room", "talk"]);
document.documentElement.lang = spoken;
document.documentElement.dir = asked.get("dir") === "rtl" ? "rtl" : "ltr";

const wanted = location.hash.slice(1);
if (wanted === "all") Object.assign(globalThis, { scenes: Object.keys(scenes), enter: createStage() });
else if (wanted in scenes) createStage()(wanted);
else list();
addEventListener("hashchange", () => location.reload());

/** @returns {(name: string) => void} plays a scene, from a fresh screen */
function createStage() {
  /** @type {State} */
  let state = initialState;
  /** @type {Array<(state: State) => void>} */
  const listeners = [];
  const tell = () => listeners.forEach((listener) => listener(state));
  const store = { state: () => state, dispatch: () => {}, subscribe: (/** @type {(state: State) => void} */ listener) => void listeners.push(listener) };
  const nothing = new Proxy({}, { get: () => () => {} });
  const set = (/** @type {Partial<State>} */ now) => { state = { ...state, ...now }; tell(); };
  const hosting = {
    ask: (/** @type {State["dialog"]} */ dialog) => set({ dialog }),
    closed: () => set({ dialog: null }),
    setPanel: (/** @type {boolean} */ panel) => set({ panel, chatting: state.chatting && !panel }),
  };
  /** @type {() => import("./small_frame.js").Inside | null} */
  let inSmall = () => null;
  const talking = { setChat: (/** @type {boolean} */ chatting) => set({ chatting, panel: state.panel && !chatting, unread: 0 }) };
  const otherwise = (/** @type {object} */ acts) => new Proxy(acts, { get: (target, name) => Reflect.get(target, name) ?? (() => {}) });
  const pretend = otherwise({
    devices: nothing,
    hosting: otherwise(hosting),
    talking: otherwise(talking),
    screen: nothing,
    recording: nothing,
    small: { way: "window", toggle() {}, fill: (/** @type {typeof inSmall} */ make) => void (inSmall = make) },
    setSizes() {},
    arrange: (/** @type {import("./stage.js").StageEvent} */ event) => set({ stage: nextStage(state.stage, event) }),
    dismiss: (/** @type {string} */ id) => set({ toasts: state.toasts.filter((toast) => toast.id !== id), dismissed: [...state.dismissed, id] }),
  });
  show(store, /** @type {any} */ (pretend));
  return (name) => {
    // What was unfolded goes with its view.
    if (state !== initialState) set({ ...initialState, screen: "left" });
    set({ ...initialState, link: "#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", ...scenes[name]?.() });
    unfold(name);
    // In the place of the page: its own window has its size and nothing else.
    const inside = name.startsWith("small-") ? inSmall() : null;
    inside?.update(state);
    if (inside) document.getElementById("screen")?.replaceChildren(inside.element);
  };
}

/** What a scene of that name has open. @param {string} name */
function unfold(name) {
  if (name === "call-react") document.getElementById("react")?.showPopover();
  if (name === "ask-filled") fillPoll();
  // What is folded away by itself is looked at unfolded in scenes of that name.
  if (name.endsWith("-unfolded")) for (const summary of document.querySelectorAll("summary, [aria-label^='More for'], [aria-label='Set a password'], [aria-label^='Not now']")) if (summary instanceof HTMLElement && summary.checkVisibility()) summary.click();
}

function fillPoll() {
  const words = ["When shall we meet again?", "Monday evening", "Tuesday at noon"];
  document.querySelectorAll("#ask input[type=text]").forEach((field, index) => {
    if (field instanceof HTMLInputElement) field.value = words[index] ?? "";
  });
}

function list() {
  const screen = document.getElementById("screen");
  screen?.append(h("div", { class: "page notice" }, h("div", { class: "notice-body" },
    h("h1", {}, "Gallery"),
    h("ul", {}, ...Object.keys(scenes).map((name) => h("li", {}, h("a", { class: "button button-plain", href: `#${name}` }, name)))))));
}
