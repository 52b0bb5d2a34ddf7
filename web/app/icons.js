// The page's drawings: icons on a 24-unit grid, drawn with one stroke in the colour of the text beside them,
// the mark, and the picture of the landing page. They say nothing to screen readers: names are on the buttons.

import { s } from "./dom.js";

const paths = Object.freeze({
  microphone: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3Z M5.5 11a6.5 6.5 0 0 0 13 0 M12 17.5V21",
  microphoneOff: "M9 9v2a3 3 0 0 0 4.9 2.3 M15 10.5V6a3 3 0 0 0-5.8-1.1 M5.5 11a6.5 6.5 0 0 0 10.6 5.05 M18.5 11a6.5 6.5 0 0 1-.6 2.7 M12 17.5V21 M4 4l16 16",
  camera: "M5.5 6.5h8a2.5 2.5 0 0 1 2.5 2.5v6a2.5 2.5 0 0 1-2.5 2.5h-8A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 2.5-2.5Z M16 10.5l5-3v9l-5-3",
  cameraOff: "M9.8 6.5h3.7A2.5 2.5 0 0 1 16 9v3.7 M16 15.5a2.5 2.5 0 0 1-2.5 2h-8A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 2-2.4 M16 10.5l5-3v9l-3.2-1.9 M4 4l16 16",
  cameraTurn: "M5.5 8.5h2.2L9 6.500h6l1.300 2h2.200A1.500 1.500 0 0 1 20 10v7a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17v-7A1.500 1.500 0 0 1 5.500 8.500Z M9.200 13.400a2.900 2.900 0 0 1 5.300-1.500 M14.800 10.500v1.700h-1.700 M14.800 13.800a2.900 2.900 0 0 1-5.300 1.500 M9.200 16.700V15h1.700",
  screen: "M4.5 5h15A1.5 1.5 0 0 1 21 6.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15.5v-9A1.5 1.5 0 0 1 4.5 5Z M8.5 20.5h7 M12 14V8.2 M9.5 10.5L12 8l2.5 2.5",
  screenOff: "M4.5 5h15A1.5 1.5 0 0 1 21 6.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 15.5v-9A1.5 1.5 0 0 1 4.5 5Z M8.5 20.5h7 M9.8 8.800l4.4 4.4 M14.200 8.800l-4.400 4.400",
  small: "M11 18.500H5.500A1.5 1.5 0 0 1 4 17V7a1.5 1.5 0 0 1 1.5-1.500h13A1.5 1.5 0 0 1 20 7v4 M14 14h6.500v4.500H14Z",
  pin: "M9 4h6l-.8 6 3.300 3.500h-11L9.800 10Z M12 13.500V20.500",
  grid: "M5 4.500h4.500v6H5Z M14.500 4.500H19v6h-4.500Z M5 13.500h4.500v6H5Z M14.500 13.500H19v6h-4.500Z",
  spotlight: "M4 4.500h16v9.500H4Z M4 17.500h4v2H4Z M10 17.500h4v2h-4Z M16 17.500h4v2h-4Z",
  link: "M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7L12 6.3 M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1.1-1.1",
  knock: "M6 20.5V5A1.5 1.5 0 0 1 7.5 3.5h9A1.5 1.5 0 0 1 18 5v15.5 M3.5 20.5h17 M14.5 11.5v2",
  more: "M5.5 11.3a.7.7 0 1 1 0 1.4.7.7 0 0 1 0-1.4Z M12 11.3a.7.7 0 1 1 0 1.4.7.7 0 0 1 0-1.4Z M18.5 11.3a.7.7 0 1 1 0 1.4.7.7 0 0 1 0-1.4Z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  leave: "M13.5 20.5h-8V11a5 5 0 0 1 8-4 M10.5 14h10 M17 10.5l3.5 3.5-3.5 3.5",
  settings: "M4 8h9 M17 8h3 M4 16h3 M11 16h9 M15 5.9a2.1 2.1 0 1 1 0 4.2 2.1 2.1 0 0 1 0-4.2Z M9 13.9a2.1 2.1 0 1 1 0 4.2 2.1 2.1 0 0 1 0-4.2Z",
  lock: "M7 10.5h10a1.5 1.5 0 0 1 1.5 1.5v6.5A1.5 1.5 0 0 1 17 20H7a1.5 1.5 0 0 1-1.5-1.5V12A1.5 1.5 0 0 1 7 10.5Z M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5",
  people: "M9 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z M3.5 19a5.5 5.5 0 0 1 11 0 M15.5 5.3a3 3 0 0 1 0 5.4 M17 13.8a5.5 5.5 0 0 1 3.5 5.2",
  info: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z M12 11v5 M12 7.8v.2",
  alert: "M12 4.5l8.5 15h-17Z M12 10v4 M12 16.8v.2",
  close: "M6 6l12 12 M18 6L6 18",
  sound: "M5 10v4 M9.7 7v10 M14.3 4.5v15 M19 9v6",
  speaker: "M4 9.5h3.5L12 5.5v13l-4.5-4H4Z M15.5 9a4 4 0 0 1 0 6 M18 6.5a7.5 7.5 0 0 1 0 11",
  direct: "M7 12h10 M5 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z M19 10a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z",
  relay: "M6.3 14.6l4.3-6 M17.7 14.6l-4.3-6 M12 5a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z M5 14.5a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z M19 14.5a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z",
  chevron: "M7 10l5 5 5-5",
  chat: "M6.5 5h11A2.5 2.5 0 0 1 20 7.5v7a2.5 2.5 0 0 1-2.5 2.5H11l-4.5 3.5V17A2.5 2.5 0 0 1 4 14.5v-7A2.5 2.5 0 0 1 6.5 5Z M8.5 9.5h7 M8.5 12.7h4.5",
  hand: "M8.5 12.5v-6a1.5 1.5 0 0 1 3 0v4.5 M11.5 11V4.8a1.5 1.5 0 0 1 3 0V11 M14.5 11V6.5a1.5 1.5 0 0 1 3 0V14a6.5 6.5 0 0 1-6.5 6.5c-2.6 0-4-1.2-5.2-3.4l-2.1-4a1.4 1.4 0 0 1 2.4-1.5l2.4 3.1v-4.5",
  file: "M7 3.5h6.5L18 8v11a1.5 1.5 0 0 1-1.5 1.5h-9.5A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.500Z M13.5 3.500V8H18",
  record: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16Z M12 9.200a2.800 2.800 0 1 1 0 5.600 2.800 2.800 0 0 1 0-5.600Z",
  poll: "M5 20V11.5 M10 20V5 M15 20v-6 M20 20V9",
  send: "M4.5 12h14 M13 6.500l5.5 5.5-5.5 5.5",
  copy: "M9.5 8.500h8A1.5 1.5 0 0 1 19 10v9a1.5 1.5 0 0 1-1.5 1.500h-8A1.5 1.5 0 0 1 8 19v-9a1.5 1.5 0 0 1 1.5-1.500Z M5 15.500V5A1.5 1.5 0 0 1 6.5 3.500H15",
  share: "M12 15V4 M8 7.5L12 3.5l4 4 M6 11.5v7A1.5 1.5 0 0 0 7.5 20h9a1.5 1.5 0 0 0 1.5-1.5v-7",
});

/** @typedef {keyof typeof paths} IconName */

/**
 * @param {IconName} name
 * @returns {SVGElement}
 */
export function icon(name) {
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: paths[name] }));
}

/**
 * Changes which icon an element made by {@link icon} shows.
 * @param {SVGElement} element
 * @param {IconName} name
 */
export function setIcon(element, name) {
  const path = element.firstElementChild;
  if (path && path.getAttribute("d") !== paths[name]) path.setAttribute("d", paths[name]);
}

/** Four bars; how many are lit is said by `data-bars` around them. @returns {SVGElement} */
export function qualityBars() {
  return s("svg", { class: "icon bars", viewBox: "0 0 24 24", "aria-hidden": "true" },
    ...[0, 1, 2, 3].map((place) => s("rect", { x: 3 + 5 * place, y: 16 - 4 * place, width: 3, height: 4 + 4 * place, rx: 1 })));
}

/** The mark: a lit door with somebody in it. @returns {SVGElement} */
export function mark() {
  return s("svg", { class: "brand-mark", viewBox: "0 0 32 32", "aria-hidden": "true" },
    s("rect", { class: "brand-door", width: 32, height: 32, rx: 9 }),
    s("path", { class: "brand-light", d: "M9 26V15a7 7 0 0 1 14 0v11z" }),
    s("circle", { class: "brand-door", cx: 16, cy: 17.5, r: 2.6 }),
    s("path", { class: "brand-door", d: "M11.4 26a4.6 4.6 0 0 1 9.2 0z" }));
}

/** The picture of the landing page: an open door, lamplight, two people. @returns {SVGElement} */
export function doorway() {
  const arch = "M80 452V212a152 152 0 0 1 304 0v240z";
  return s("svg", { class: "doorway", viewBox: "0 0 464 540", "aria-hidden": "true" },
    s("defs", {},
      s("radialGradient", { id: "doorway-glow", cx: "50%", cy: "22%", r: "85%" },
        s("stop", { offset: "0", class: "doorway-near" }), s("stop", { offset: "1", class: "doorway-far" })),
      s("linearGradient", { id: "doorway-pool", x1: 0, y1: 0, x2: 0, y2: 1 },
        s("stop", { offset: "0", class: "doorway-pool-near" }), s("stop", { offset: "1", class: "doorway-pool-far" })),
      s("clipPath", { id: "doorway-arch" }, s("path", { d: arch }))),
    s("path", { class: "doorway-floor", d: "M80 452h304l76 84H4z", fill: "url(#doorway-pool)" }),
    s("path", { d: arch, fill: "url(#doorway-glow)" }),
    s("g", { "clip-path": "url(#doorway-arch)" },
      s("path", { class: "doorway-lamp-cord", d: "M232 60v74" }),
      s("path", { class: "doorway-lamp", d: "M192 176a40 40 0 0 1 80 0z" }),
      s("circle", { class: "doorway-bulb", cx: 232, cy: 178, r: 13 }),
      s("circle", { class: "doorway-first", cx: 178, cy: 300, r: 40 }),
      s("path", { class: "doorway-first", d: "M98 470a80 112 0 0 1 160 0z" }),
      s("circle", { class: "doorway-second", cx: 296, cy: 326, r: 36 }),
      s("path", { class: "doorway-second", d: "M224 470a72 96 0 0 1 144 0z" })),
    s("path", { class: "doorway-frame", d: arch }));
}
