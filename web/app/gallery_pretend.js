// Pretend people, devices and pictures for the gallery, in debug builds only.

import { h } from "./dom.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Person} Person */

const names = ["Ada Lovelace", "Ben", "Chidi Anagonye", "Dörte", "Émile Zola", "Farah", "Grace Hopper", "Hui 惠", "Ivo", "Juno", "Kwame"];

/** @param {Partial<State>} change @returns {Partial<State>} */
export function ready(change) {
  return { screen: "preview", room: "ready", ...change };
}

/** @param {string} code @param {string} text @returns {Partial<State>} */
export function stopped(code, text) {
  return { screen: "problem", problem: { code, text } };
}

/** @param {number} others @returns {Partial<State>} */
export function inCall(others) {
  return {
    screen: "call", room: "ready", ...devices(), name: "Ada", count: others + 1,
    me: { id: "self", name: "Ada", audio: true, video: true, screen: false, host: true },
    people: Array.from({ length: others }, (_, index) => person(index, {
      video: index % 4 !== 2,
      audio: index % 3 !== 1,
      route: index % 2 === 0 ? { relayed: false, protocol: "udp" } : { relayed: true, protocol: "udp" },
    })),
  };
}

/** @param {number} index @param {Partial<Person>} change @returns {Person} */
export function person(index, change) {
  return {
    id: `pretend-${index}`, name: names[index] ?? "", stream: picture(index), audio: true, video: true, screen: false, link: "connected",
    route: { relayed: false, protocol: "udp" }, quality: { bars: 4, lost: 0, rttMs: 50 }, paused: "", host: false, ticked: false, renamed: false, admitted: null, verified: "link", ...change,
  };
}

/** A screen with much to read. @returns {MediaStream} */
export function paper() {
  const canvas = h("canvas", { width: 1600, height: 1000 });
  const context = canvas.getContext("2d");
  if (context) {
    context.fillStyle = "#fdfdfb";
    context.fillRect(0, 0, 1600, 1000);
    context.fillStyle = "#20303a";
    context.fillRect(0, 0, 1600, 56);
    context.font = "600 44px sans-serif";
    context.fillText("Minutes of the last meeting", 120, 160);
    context.font = "26px sans-serif";
    for (let line = 0; line < 22; line += 1) context.fillText("Everything that was said, by whom, and what nobody wanted to have said afterwards.", 120, 220 + line * 34);
  }
  return canvas.captureStream(5);
}

export function devices() {
  return { microphone: { ...device("live"), track: voice() }, camera: { ...device("live"), track: picture(8).getVideoTracks()[0] ?? null } };
}

/** @param {import("./state.js").Device["status"]} status @returns {import("./state.js").Device} */
export function device(status) {
  const choices = status === "live" ? [{ id: "a", label: "Built-in device", facing: /** @type {const} */ ("user") }, { id: "b", label: "Conference device on USB (2041:ff10)", facing: /** @type {const} */ ("") }] : [];
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
