// The gallery, in debug builds only: every screen in every state with pretend people, to look at and to photograph.
// `gallery.html` lists the scenes, `gallery.html#call-4` shows one. Nothing here talks to a server or to devices.

import { h } from "./dom.js";
import { initialState } from "./state.js";
import { show } from "./show.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("../sdk/parlour.js").Person} Person */

const names = ["Ada Lovelace", "Ben", "Chidi Anagonye", "Dörte", "Émile Zola", "Farah", "Grace Hopper", "Hui 惠", "Ivo", "Juno", "Kwame"];

/** @type {Record<string, () => Partial<State>>} */
const scenes = {
  "landing": () => ({}),
  "landing-starting": () => ({ starting: true }),
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
    person(0, { route: { relayed: true, protocol: "udp" } }),
    person(1, { link: "connecting", route: null, video: false }),
    person(2, { link: "reconnecting" }),
    person(3, { link: "failed", route: null }),
    person(4, { video: false, audio: false, route: { relayed: true, protocol: "tls" } }),
  ] }),
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
  "call-settings": () => ({ ...inCall(2), settings: true }),
  "left": () => ({ screen: "left" }),
  "left-last": () => ({ screen: "left", lastOut: true }),
  "problem-over": () => stopped("room-over", "This meeting is over, and its link with it. Ask for a new link."),
  "problem-no-server": () => stopped("no-server", "The server cannot be reached. A proxy or firewall may block live connections, or you are offline. Check your connection and try again."),
  "problem-not-secure": () => stopped("not-secure", "This address is not secure, so browsers hide camera, microphone and encryption. Open it by https, or by http://localhost."),
  "problem-damaged": () => stopped("link-damaged", "This link is damaged: a character is missing or wrong. Ask for it again, and copy the whole of it."),
  "problem-browser": () => stopped("no-webrtc", "This browser cannot make calls, or calls are switched off in it. Use Chrome, Firefox or Safari, outside of other apps."),
};

const scene = scenes[location.hash.slice(1)];
if (scene) play(scene());
else list();
addEventListener("hashchange", () => location.reload());

/** @param {Partial<State>} change */
function play(change) {
  /** @type {State} */
  let state = { ...initialState, link: "#1n7ka-2m4qd-x8r5t-w3ehv-6yzpc-9gfsb", ...change };
  /** @type {Array<(state: State) => void>} */
  const listeners = [];
  const tell = () => listeners.forEach((listener) => listener(state));
  const store = { state: () => state, dispatch: () => {}, subscribe: (/** @type {(state: State) => void} */ listener) => void listeners.push(listener) };
  const nothing = new Proxy({}, { get: () => () => {} });
  const acting = {
    devices: nothing,
    setSettings: (/** @type {boolean} */ settings) => { state = { ...state, settings }; tell(); },
    dismiss: (/** @type {string} */ id) => { state = { ...state, toasts: state.toasts.filter((toast) => toast.id !== id) }; tell(); },
  };
  const pretend = new Proxy(acting, { get: (target, name) => Reflect.get(target, name) ?? (() => {}) });
  show(store, /** @type {any} */ (pretend));
  tell();
}

function list() {
  const screen = document.getElementById("screen");
  screen?.append(h("div", { class: "page notice" }, h("div", { class: "notice-body" },
    h("h1", {}, "Gallery"),
    h("ul", {}, ...Object.keys(scenes).map((name) => h("li", {}, h("a", { class: "button button-plain", href: `#${name}` }, name)))))));
}

/** @param {Partial<State>} change @returns {Partial<State>} */
function ready(change) {
  return { screen: "preview", room: "ready", ...change };
}

/** @param {string} code @param {string} text @returns {Partial<State>} */
function stopped(code, text) {
  return { screen: "problem", problem: { code, text } };
}

/** @param {number} others @returns {Partial<State>} */
function inCall(others) {
  return {
    screen: "call", room: "ready", ...devices(), name: "Ada", count: others + 1,
    me: { id: "self", name: "Ada", audio: true, video: true, host: true },
    people: Array.from({ length: others }, (_, index) => person(index, {
      video: index % 4 !== 2,
      audio: index % 3 !== 1,
      route: index % 2 === 0 ? { relayed: false, protocol: "udp" } : { relayed: true, protocol: "udp" },
    })),
  };
}

/** @param {number} index @param {Partial<Person>} change @returns {Person} */
function person(index, change) {
  return {
    id: `pretend-${index}`, name: names[index] ?? "", stream: picture(index), audio: true, video: true, link: "connected",
    route: { relayed: false, protocol: "udp" }, host: false, ...change,
  };
}

function devices() {
  return { microphone: { ...device("live"), track: voice() }, camera: { ...device("live"), track: picture(8).getVideoTracks()[0] ?? null } };
}

/** @param {import("./state.js").Device["status"]} status @returns {import("./state.js").Device} */
function device(status) {
  const choices = status === "live" ? [{ id: "a", label: "Built-in device" }, { id: "b", label: "Conference device on USB (2041:ff10)" }] : [];
  return { wanted: true, status, track: null, chosen: "", choices };
}

/** Somebody who hums, now louder, now softer; silent until the page was clicked. @returns {MediaStreamTrack | null} */
function voice() {
  const audio = new AudioContext();
  const hum = new OscillatorNode(audio, { frequency: 180 });
  const swell = new OscillatorNode(audio, { frequency: 0.6 });
  const loudness = new GainNode(audio, { gain: 0.06 });
  const depth = new GainNode(audio, { gain: 0.05 });
  const out = audio.createMediaStreamDestination();
  hum.connect(loudness).connect(out);
  swell.connect(depth).connect(loudness.gain);
  hum.start();
  swell.start();
  return out.stream.getAudioTracks()[0] ?? null;
}

/** A moving picture of somebody, drawn. @param {number} index @returns {MediaStream} */
function picture(index) {
  const canvas = h("canvas", { width: 640, height: 360 });
  const context = canvas.getContext("2d");
  const hue = (index * 67 + 20) % 360;
  function draw() {
    if (!context) return;
    const sway = Math.sin(performance.now() / 900 + index) * 14;
    context.fillStyle = `hsl(${hue} 28% 62%)`;
    context.fillRect(0, 0, 640, 360);
    context.fillStyle = `hsl(${hue} 30% 72%)`;
    context.fillRect(60, 40, 150, 190);
    context.fillStyle = `hsl(${(hue + 150) % 360} 32% 34%)`;
    context.beginPath();
    context.ellipse(320 + sway, 380, 170, 150, 0, 0, 7);
    context.fill();
    context.fillStyle = `hsl(${22 + index * 2} 42% ${72 - index * 4}%)`;
    context.beginPath();
    context.ellipse(320 + sway, 180, 74, 92, 0, 0, 7);
    context.fill();
    context.fillStyle = `hsl(${hue} 30% 18%)`;
    context.beginPath();
    context.ellipse(320 + sway, 128, 84, 58, 0, Math.PI, 0);
    context.fill();
  }
  draw();
  setInterval(draw, 100);
  return canvas.captureStream(10);
}
