// The call: everybody's tile on a stage, a bar on top that says how it stands, the controls below, and people or chat
// beside the stage, or over it where there is no beside.

import { h, setAttribute, setText, show } from "../dom.js";
import { icon } from "../icons.js";
import { unanswered } from "../house.js";
import { placeEverybody } from "../layout.js";
import { isComing, isOn } from "../state.js";
import { handPlace } from "../talk.js";
import { howMany, peopleButton } from "../words.js";
import { chatButton } from "../words_talk.js";
import { createChair } from "./chair.js";
import { chat } from "./chat.js";
import { createOwnPicture } from "./own_picture.js";
import { button, cameraLook, control, microphoneLook, sealedLock } from "./parts.js";
import { people } from "./people.js";
import { createReact } from "./react.js";
import { createTile } from "./tile.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("./tile.js").Tile} Tile */

const gap = 10;

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {import("./parts.js").View}
 */
export function call(actions) {
  const stage = createStage(actions);
  const bar = createBar(actions);
  const panel = people(actions);
  const talk = chat(actions);
  const settings = h("button", { type: "button", class: "button button-icon", "aria-label": "Settings", title: "Settings", onclick: () => actions.hosting.ask({ about: "settings" }) }, icon("settings"));
  // The same width as in panel.css: below it the panel covers the stage.
  const narrow = matchMedia("(max-width: 48rem)");
  const count = h("span", {});
  const lock = sealedLock();
  const banner = h("p", { class: "banner", hidden: true }, h("span", { class: "spinner" }), "Reconnecting… your call goes on.");
  const hear = button({ label: "Click to hear everyone", className: "hear", onclick: () => stage.playAll() });
  const element = h("div", { class: "page call" },
    h("header", { class: "callbar" },
      h("h1", { class: "unseen", tabindex: -1 }, "In the room"),
      lock, h("div", { class: "callbar-end" }, h("p", { class: "sealed" }, icon("people"), count), settings)),
    // The controls come first for the keyboard and stand last for the eye.
    bar.element, hear.element,
    h("div", { class: "banners", role: "status" }, banner),
    h("div", { class: "floor" }, stage.element, panel.element, talk.element), bar.sheet);

  let covered = false;

  /** What lies under the panel is out of reach for the keyboard, too; a window may become narrow at any time. */
  function cover() {
    stage.element.inert = covered && narrow.matches;
  }

  narrow.addEventListener("change", cover);

  return {
    element,
    update(state) {
      stage.update(state);
      bar.update(state);
      panel.update(state);
      talk.update(state);
      covered = state.panel || state.chatting;
      cover();
      show(lock, state.people.length > 0);
      setText(count, howMany(Math.max(state.count, state.people.length + 1)));
      show(banner, state.reconnecting);
      show(hear.element, state.silenced);
    },
    close() {
      narrow.removeEventListener("change", cover);
      stage.close();
    },
  };
}

/**
 * @param {import("../actions.js").Actions} actions
 */
function createStage(actions) {
  const own = createTile({ self: true });
  const ownPicture = createOwnPicture();
  const chair = createChair(actions);
  /** @type {Map<string, Tile>} */
  const tiles = new Map();
  // Tiles are only ever appended: moving a video element in the document would stop it.
  const element = h("ul", { class: "stage", "aria-label": "People", role: "list" }, own.element);
  let alone = false;
  /** Reactions that have begun. */
  let flown = new Set();

  function place() {
    const { clientWidth: width, clientHeight: height } = element;
    const others = alone ? [chair.element] : [...tiles.values()].map((tile) => tile.element);
    const places = placeEverybody(others.length, width, height, gap, !alone);
    others.forEach((tile, index) => put(tile, places.others[index] ?? null));
    put(own.element, places.self);
    setAttribute(own.element, "data-floating", places.floating);
  }

  const observer = new ResizeObserver(place);
  observer.observe(element);

  /** @param {State} state */
  function follow({ people, speaker, talk }) {
    for (const [id, tile] of tiles) {
      if (people.some((person) => person.id === id)) continue;
      tile.close();
      tile.element.remove();
      tiles.delete(id);
    }
    for (const person of people) {
      let tile = tiles.get(person.id);
      if (!tile) {
        tile = createTile({ self: false, onSilenced: () => actions.setSilenced(true) });
        tiles.set(person.id, tile);
        element.append(tile.element);
      }
      const { id, name, stream, audio, video, link, route } = person;
      tile.update({ id, name, picture: stream, sound: stream.getAudioTracks()[0] ?? null, audio, video, link, route, speaker: speaker.chosen, hand: handPlace(talk, id) });
    }
  }

  return {
    element,
    /** @param {State} state */
    update(state) {
      const { microphone, camera, people, me, talk, reactions } = state;
      follow(state);
      const video = isOn(camera);
      own.update({
        id: "you", name: state.name, picture: video ? ownPicture(camera.track) : null,
        sound: microphone.track, audio: isOn(microphone), video, link: "connected", route: null, speaker: "", hand: handPlace(talk, me.id),
      });
      for (const { id, person, emoji } of reactions) {
        if (!flown.has(id)) (person === me.id ? own : tiles.get(person))?.react(emoji);
      }
      flown = new Set(reactions.map(({ id }) => id));
      alone = people.length === 0;
      chair.update(state);
      if (alone && !chair.element.isConnected) element.append(chair.element);
      if (!alone) chair.element.remove();
      place();
    },
    playAll() {
      for (const tile of tiles.values()) tile.hear();
      actions.setSilenced(false);
    },
    close() {
      observer.disconnect();
      own.close();
      for (const tile of tiles.values()) tile.close();
    },
  };
}

/**
 * @param {HTMLElement} tile
 * @param {import("../layout.js").Place | null} place
 */
function put(tile, place) {
  show(tile, place !== null);
  if (!place) return;
  const { style } = tile;
  style.setProperty("inline-size", `${place.width}px`);
  style.setProperty("block-size", `${place.height}px`);
  style.setProperty("translate", `${place.x}px ${place.y}px`);
  if (!tile.hasAttribute("data-placed")) requestAnimationFrame(() => setAttribute(tile, "data-placed", true));
}

/**
 * @param {import("../actions.js").Actions} actions
 */
function createBar(actions) {
  const { devices } = actions;
  const microphone = control({ onclick: () => void devices.toggle("microphone") });
  const camera = control({ onclick: () => void devices.toggle("camera") });
  const { hosting, talking } = actions;
  const react = createReact(actions);
  const chatter = control({ onclick: () => talking.setChat(chatter.element.getAttribute("aria-expanded") !== "true") });
  const fresh = h("span", { class: "control-badge", "aria-hidden": "true", "data-fresh": true });
  chatter.element.append(fresh);
  chatter.element.id = "chat-button";
  const everybody = control({ onclick: () => hosting.setPanel(everybody.element.getAttribute("aria-expanded") !== "true") });
  const atDoor = h("span", { class: "control-badge", "aria-hidden": "true" });
  everybody.element.append(atDoor);
  everybody.element.id = "people-button";
  const leave = control({ className: "control-leave", onclick: () => void actions.leave() });
  leave.set({ name: "Leave", word: "Leave", image: "leave" });
  const element = h("div", { class: "controls", role: "group", "aria-label": "Call controls" },
    microphone.element, camera.element, react.opener, chatter.element, everybody.element, leave.element);
  return {
    element,
    sheet: react.sheet,
    /** @param {State} state */
    update(state) {
      const { microphone: heard, camera: seen, shortcuts, people: others, panel, chatting, unread, house } = state;
      microphone.set(microphoneLook(isComing(heard), shortcuts));
      camera.set(cameraLook(isComing(seen), shortcuts));
      react.update(state);
      chatter.set({ name: chatButton(unread), word: "Chat", image: "chat", ...(shortcuts && { keys: "C" }) });
      setAttribute(chatter.element, "aria-expanded", String(chatting));
      setAttribute(fresh, "data-count", unread > 99 ? "99+" : unread);
      show(fresh, unread > 0);
      const knocks = unanswered(house).length;
      everybody.set({ name: peopleButton(others.length + 1, knocks), word: "People", image: "people", ...(shortcuts && { keys: "P" }) });
      setAttribute(everybody.element, "aria-expanded", String(panel));
      // Drawn from the attribute: text in the button would have to be in its name, too.
      setAttribute(atDoor, "data-count", knocks > 0 ? knocks : others.length + 1);
      setAttribute(atDoor, "data-knocks", knocks > 0);
    },
  };
}
