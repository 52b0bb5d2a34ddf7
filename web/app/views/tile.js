// One person: picture or badge, name, muted sign, the light while speaking, and how the connection goes.

import { attach, h, setAttribute, setText, show } from "../dom.js";
import { icon, qualityBars, setIcon } from "../icons.js";
import { watchLevel } from "../levels.js";
import { looksAway } from "../media.js";
import { t } from "../language.js";
import { hueOf, initials, linkSentence, routeExplained, routeName, tileName } from "../words.js";
import { handMark, pauseWords, pinLabel, plateName, qualityWords } from "../words_stage.js";

/** @typedef {import("../../sdk/parlour.js").Person} Person */

/**
 * What a tile shows. `picture` is what its video element plays, sound included; `sound` is what is measured.
 * @typedef {object} Shown
 * @property {string} id
 * @property {string} name
 * @property {MediaStream | null} picture
 * @property {MediaStreamTrack | null} sound
 * @property {boolean} audio
 * @property {boolean} video
 * @property {boolean} screen the picture is a screen; of the own tile: a screen is shown to the others, and not here, where it would show itself
 * @property {Person["paused"]} paused
 * @property {boolean} pinned
 * @property {Person["link"]} link
 * @property {Person["route"]} route
 * @property {Person["quality"]} quality
 * @property {string} speaker device id for the sound, or "" for the browser's own
 * @property {number} hand which place the raised hand has, from 1; 0 if it is down
 */

/**
 * @typedef {{element: HTMLElement, hear: () => void, react: (emoji: string) => void, update: (shown: Shown) => void, close: () => void}} Tile
 */

/** Where reactions rise, in steps from the middle. */
const drifts = [0, 1, -1, 2, -2];

/**
 * @param {{self: boolean, silent?: boolean, tag?: "li" | "div", onSilenced?: () => void, onVoice?: (speaks: boolean) => void, onPin?: () => void}} options `silent`: the sound comes from another tile; `onVoice`: each change
 * @returns {Tile}
 */
export function createTile({ self, silent = self, tag = "li", onSilenced, onVoice, onPin }) {
  const video = h("video", { class: "tile-video", autoplay: true, playsinline: true, "aria-hidden": "true" });
  video.addEventListener("resize", () => {
    const { videoWidth, videoHeight } = video;
    if (videoWidth > 0 && videoHeight > 0) video.style.setProperty("--picture-ratio", String(videoWidth / videoHeight));
  });
  video.muted = silent;
  video.disablePictureInPicture = self;
  const badge = h("span", { class: "tile-badge" });
  const screen = h("p", { class: "tile-screen", hidden: true }, icon("screen"), h("span", {}, t("screen.own")));
  const wall = h("div", { class: "tile-wall", "aria-hidden": "true" }, badge, screen);
  const pin = h("button", { type: "button", class: "tile-pin", hidden: !onPin, onclick: onPin ?? null }, icon("pin"));
  const muted = icon("microphoneOff");
  const speaking = icon("sound");
  muted.classList.add("tile-muted");
  speaking.classList.add("tile-speaking");
  const name = h("span", { class: "tile-name", dir: "auto" });
  const plate = h("p", { class: "tile-plate", "aria-hidden": "true" }, muted, speaking, name);
  const route = createRoute();
  const linkText = h("span", {});
  const spinner = h("span", { class: "spinner" });
  const link = h("p", { class: "tile-link", hidden: true }, spinner, linkText);
  const place = h("span", {});
  const hand = h("p", { class: "tile-hand", "aria-hidden": "true", hidden: true }, icon("hand"), place);
  const air = h("div", { class: "tile-air", "aria-hidden": "true" });
  const element = h(tag, { class: "tile" }, wall, video, link, plate, hand, air, pin, route.element);
  if (tag === "div") setAttribute(element, "role", "group");
  setAttribute(element, "data-self", self);

  /** @type {MediaStreamTrack | null} */
  let heard = null;
  let stopHearing = () => {};

  // No click yet, no sound: the picture at least may play, and the click that is asked for brings the rest.
  function silence() {
    video.muted = true;
    void video.play().catch(() => {});
    onSilenced?.();
  }

  let lit = false;

  /** @param {boolean} now */
  function light(now) {
    if (now === lit) return;
    lit = now;
    element.classList.toggle("tile-lit", now);
    onVoice?.(now);
  }

  /** @param {MediaStreamTrack | null} track */
  function listenTo(track) {
    if (track === heard) return;
    stopHearing();
    heard = track;
    light(false);
    stopHearing = track ? watchLevel(track, (_, isSpeaking) => light(isSpeaking)) : () => {};
  }

  return {
    element,
    hear() {
      video.muted = silent;
      void video.play().catch(() => {});
    },
    react(emoji) {
      const sign = h("span", { class: "tile-reaction" }, emoji);
      // Several at once do not lie upon each other.
      sign.style.setProperty("--drift", String(drifts[air.childElementCount % drifts.length]));
      sign.addEventListener("animationend", () => sign.remove());
      air.append(sign);
    },
    update(shown) {
      if (!self) setAttribute(element, "data-person", shown.id);
      setAttribute(element, "aria-label", self ? selfName(shown) : [tileName(shown), pauseWords(shown.paused), shown.hand > 0 ? handMark(shown.hand) : ""].filter(Boolean).join(", "));
      setAttribute(element, "data-hue", hueOf(shown.id));
      setAttribute(element, "data-video", shown.video && shown.paused === "");
      setAttribute(element, "data-screen", shown.screen);
      show(badge, !(self && shown.screen));
      show(screen, self && shown.screen);
      setAttribute(element, "data-audio", shown.audio);
      setAttribute(pin, "aria-label", pinLabel(shown.name, shown.pinned));
      setAttribute(pin, "title", pinLabel(shown.name, shown.pinned));
      setAttribute(pin, "data-pinned", shown.pinned);
      setAttribute(element, "data-link", shown.link);
      setAttribute(element, "data-away", self && looksAway(shown.picture));
      attach(video, shown.picture, silence);
      setSpeaker(video, shown.speaker);
      show(hand, shown.hand > 0);
      setText(place, String(shown.hand));
      setText(badge, initials(shown.name));
      setText(name, self ? t("you") : plateName(shown.name, shown.screen));
      route.set(shown.link === "connected" ? shown.route : null, shown.quality);
      const pause = shown.link === "connected" ? pauseWords(shown.paused) : "";
      setAttribute(element, "data-paused", pause !== "");
      setText(linkText, pause || linkSentence(shown.link));
      show(spinner, pause === "");
      show(link, shown.link !== "connected" || pause !== "");
      listenTo(shown.audio ? shown.sound : null);
    },
    close() {
      listenTo(null);
      video.srcObject = null;
    },
  };
}

/** The badge that says how the media travels; pressing it says what that means. */
function createRoute() {
  const image = icon("direct");
  const bars = qualityBars();
  const word = h("span", {});
  const more = h("span", { class: "tile-route-more" });
  const element = h("button", {
    type: "button", class: "tile-route", hidden: true, "aria-expanded": "false",
    onclick: () => element.setAttribute("aria-expanded", String(element.getAttribute("aria-expanded") !== "true")),
  }, bars, image, h("span", { class: "tile-route-text" }, word, more));
  return {
    element,
    /** @param {Person["route"]} route @param {Person["quality"]} quality */
    set(route, quality) {
      show(element, route !== null);
      if (!route) return;
      setIcon(image, route.relayed ? "relay" : "direct");
      setText(word, routeName(route));
      const rest = [quality && qualityWords(quality), routeExplained(route)].filter(Boolean).join(", ");
      bars.toggleAttribute("hidden", quality === null);
      setAttribute(element, "data-bars", quality?.bars ?? null);
      setText(more, `, ${rest}`);
      // On small tiles the words are not drawn, and would not be the name either.
      setAttribute(element, "aria-label", `${routeName(route)}, ${rest}`);
      setAttribute(element, "data-relayed", route.relayed);
    },
  };
}

/**
 * @param {Shown} shown
 * @returns {string}
 */
function selfName({ audio, video, screen, hand }) {
  return [t(screen ? "screen.own" : "you"), hand > 0 ? handMark(hand) : "", audio ? "" : t("tile.muted"), video || screen ? "" : t("tile.camera")].filter(Boolean).join(", ");
}

/**
 * Sends the sound to a chosen loudspeaker where the browser can; where it cannot there is no menu either.
 * @param {HTMLVideoElement} video
 * @param {string} speaker
 */
function setSpeaker(video, speaker) {
  if (video.muted || !("setSinkId" in video) || video.sinkId === speaker) return;
  // A loudspeaker that is gone leaves the sound where it is.
  video.setSinkId(speaker).catch(() => {});
}
