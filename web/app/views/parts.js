// Pieces that several views use: buttons, switches, device menus, the line that says what is wrong.

import { h, setAttribute, setText, show } from "../dom.js";
import { icon, mark, setIcon } from "../icons.js";
import { t } from "../language.js";
import { addressOf } from "../link_text.js";

/** @typedef {import("../icons.js").IconName} IconName */
/** @typedef {import("../state.js").Choice} Choice */
/** @typedef {import("../state.js").Device} Device */

/**
 * A view: its element, made once, what it does with each state, and how it lets go of timers and pictures.
 * @typedef {{element: HTMLElement, update: (state: import("../state.js").State) => void, close?: () => void}} View
 */

/** The name of the place, on top. @param {() => void} onclick @returns {HTMLElement} */
export function brand(onclick) {
  return h("button", { type: "button", class: "brand", title: t("brand"), onclick }, mark(), h("span", {}, "Parlour"));
}

/**
 * What the product promises, for screens on which nobody is connected yet: words and where they are explained, no lock,
 * since a lock says that something has been checked.
 */
export function sealedSign() {
  return h("a", { class: "sealed", href: addressOf("security"), target: "_blank", rel: "noopener" }, t("sealed"));
}

/** The lock of a call. Shown while somebody is on the screen: a tile stands for a proof that held. */
export function sealedLock() {
  return h("p", { class: "sealed" }, icon("lock"), t("sealed"));
}

/**
 * A button that can show that it is at work. While busy it stays focusable and does nothing.
 * @param {{label: string, className?: string, type?: "button" | "submit", onclick?: () => void}} options
 */
export function button({ label, className = "", type = "button", onclick }) {
  const text = h("span", {}, label);
  const spinner = h("span", { class: "spinner", hidden: true });
  const element = h("button", { type, class: `button ${className}` }, spinner, text);
  let busy = false;
  element.addEventListener("click", (event) => {
    if (busy) event.preventDefault();
    else onclick?.();
  });
  return {
    element,
    /**
     * @param {boolean} now
     * @param {string} [saying]
     */
    setBusy(now, saying = label) {
      busy = now;
      setAttribute(element, "aria-busy", now && "true");
      show(spinner, now);
      setText(text, saying);
    },
  };
}

/**
 * Three dots that unfold what is seldom needed, in its place rather than over something else. Its name says of what.
 * @param {HTMLElement} unfolded hidden at first
 */
export function moreButton(unfolded) {
  const element = h("button", { type: "button", class: "button button-icon", "aria-expanded": "false", onclick: () => open(unfolded.hidden === true) }, icon("more"));

  /** @param {boolean} now */
  function open(now) {
    show(unfolded, now);
    setAttribute(element, "aria-expanded", String(now));
  }

  return { element, open };
}

/**
 * A line that says what is wrong, read out when it appears; empty it takes no room.
 */
export function troubleLine() {
  const text = h("span", {});
  const line = h("span", { class: "trouble", hidden: true }, icon("alert"), text);
  const element = h("p", { role: "alert" }, line);
  return {
    element,
    /** @param {string} sentence */
    say(sentence) {
      show(line, sentence !== "");
      setText(text, sentence);
    },
  };
}

/**
 * @param {{title: string, text: string, onchange: (on: boolean) => void}} options
 */
export function switchField({ title, text, onchange }) {
  const id = `switch-${title.toLowerCase().replaceAll(/\W+/gu, "-")}`;
  const input = h("input", {
    type: "checkbox", role: "switch", id, "aria-describedby": `${id}-text`,
    onchange: () => onchange(input.checked),
  });
  const about = h("span", { class: "switch-text", id: `${id}-text` }, text);
  const element = h("label", { class: "switch", for: id }, h("span", { class: "switch-title", id: `${id}-title` }, title), about, input);
  // The explanation describes the switch; its name is the title alone.
  input.setAttribute("aria-labelledby", `${id}-title`);
  return {
    element,
    /** @param {boolean} on */
    set(on) {
      if (input.checked !== on) input.checked = on;
    },
    /** @param {string} why @param {boolean} possible whether it can be switched at all now */
    describe(why, possible) {
      setText(about, why);
      input.disabled = !possible;
    },
  };
}

/**
 * A menu of devices. Without a single known device it says so and cannot be used.
 * @param {{label: string, image: IconName, none: string, onchange: (id: string) => void}} options
 */
export function deviceMenu({ label, image, none, onchange }) {
  const select = h("select", { class: "select", "aria-label": label, onchange: () => onchange(select.value) });
  const element = h("div", { class: "select-frame", title: label }, icon(image), select, icon("chevron"));
  let shown = "";
  return {
    element,
    /**
     * @param {readonly Choice[]} choices
     * @param {string} chosen
     */
    set(choices, chosen) {
      const key = JSON.stringify(choices);
      if (shown !== key) {
        shown = key;
        select.replaceChildren(...(choices.length > 0
          ? choices.map(({ id, label: text }) => h("option", { value: id }, text))
          : [h("option", { value: "" }, none)]));
        select.disabled = choices.length === 0;
      }
      const value = choices.some(({ id }) => id === chosen) ? chosen : choices[0]?.id ?? "";
      if (select.value !== value) select.value = value;
    },
  };
}

/**
 * The id of the device that is open, or else of the one that was chosen.
 * @param {Device} device
 * @returns {string}
 */
export function openId({ track, chosen }) {
  return track?.getSettings().deviceId ?? chosen;
}

/**
 * A round or barred control with an icon, a short visible word and a full name that contains it. Its name changes
 * with its state ("Mute microphone", "Unmute microphone"), so it has no aria-pressed, which would say it twice.
 * @param {{className?: string, onclick: () => void}} options
 */
export function control({ className = "", onclick }) {
  const image = icon("microphone");
  const word = h("span", { class: "control-word", "aria-hidden": "true" });
  const element = h("button", { type: "button", class: `control ${className}`, onclick }, image, word);
  return {
    element,
    /** @param {{name: string, word: string, image: IconName, off?: boolean, lit?: boolean, keys?: string}} look */
    set(look) {
      setAttribute(element, "aria-label", look.name);
      setAttribute(element, "title", look.keys ? `${look.name} (${look.keys})` : look.name);
      setAttribute(element, "aria-keyshortcuts", look.keys ?? null);
      setAttribute(element, "data-off", look.off === true);
      setAttribute(element, "data-lit", look.lit === true);
      setText(word, look.word);
      setIcon(image, look.image);
    },
  };
}

/**
 * How the two device toggles look; the same before and in the call.
 * @param {boolean} on
 * @param {boolean} shortcuts
 */
export function microphoneLook(on, shortcuts) {
  return {
    name: t(on ? "microphone.mute" : "microphone.unmute"),
    word: t(on ? "mute" : "unmute"),
    image: /** @type {IconName} */ (on ? "microphone" : "microphoneOff"),
    off: !on,
    ...(shortcuts && { keys: "M" }),
  };
}

/**
 * @param {boolean} on
 * @param {boolean} shortcuts
 * @param {boolean} [waits] a screen is shown in its place
 */
export function cameraLook(on, shortcuts, waits = false) {
  return {
    name: t(waits ? "camera.waiting" : on ? "camera.stop" : "camera.start"),
    word: t("camera"),
    image: /** @type {IconName} */ (on ? "camera" : "cameraOff"),
    off: !on,
    ...(shortcuts && { keys: "V" }),
  };
}

/**
 * @param {boolean} on
 * @param {boolean} shortcuts
 */
export function screenLook(on, shortcuts) {
  return {
    name: t(on ? "screen.stop" : "screen.start"),
    word: t(on ? "screen.stop.word" : "screen.start.word"),
    image: /** @type {IconName} */ (on ? "screenOff" : "screen"),
    lit: on,
    ...(shortcuts && { keys: "S" }),
  };
}
