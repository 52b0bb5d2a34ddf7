// The stage: everybody's tile, all alike or one of them large, placed by layout.js.

import { h, setAttribute, show } from "../dom.js";
import { t } from "../language.js";
import { placeAround, placeEverybody } from "../layout.js";
import { focusOf, sizesOf } from "../stage.js";
import { isOn } from "../state.js";
import { handPlace } from "../talk.js";
import { createChair } from "./chair.js";
import { createOwnPicture } from "./own_picture.js";
import { createTile } from "./tile.js";
import { createTurn } from "./turn.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("./tile.js").Tile} Tile */

const gap = 10;
/** Lines in the picture of a recording. */
const recordedHeight = 360;
/** So long a page may be hidden before it asks for no pictures, ms: looking something up takes less. */
const hiddenMs = 10_000;

/**
 * @param {import("../actions.js").Actions} actions
 */
export function createStage(actions) {
  const own = createTile({ self: true });
  const turn = createTurn(actions.devices);
  own.element.append(turn.element);
  const ownPicture = createOwnPicture();
  const chair = createChair(actions);
  /** @type {Map<string, Tile>} */
  const tiles = new Map();
  // Tiles are only ever appended: moving a video element in the document would stop it.
  const element = h("ul", { class: "stage", "aria-label": t("people"), role: "list" }, own.element);
  let alone = false;
  /** Who is large, and whether with a screen. */
  let focus = "";
  let isScreen = false;
  /** Of the stage, as the browser last told. */
  let size = { width: 0, height: 0 };
  /** @type {State | null} */
  let now = null;
  /** Of the pictures of others, in pixels of the screen. @type {ReadonlyMap<string, number>} */
  let heights = new Map();
  let hiding = 0;
  let isUnseen = false;
  /** Reactions that have begun. */
  let flown = new Set();

  function place() {
    const { width, height } = size.width > 0 ? size : measured();
    const others = alone ? [chair.element] : [...tiles.values()].map((tile) => tile.element);
    const large = alone ? -1 : [...tiles.keys()].indexOf(focus);
    const places = large < 0
      ? placeEverybody(others.length, width, height, gap, !alone)
      : placeAround(others.length, large, width, height, gap, isScreen);
    others.forEach((tile, index) => put(tile, places.others[index] ?? null));
    put(own.element, places.self);
    setAttribute(own.element, "data-floating", places.floating);
    element.style.setProperty("--own-picture", `${places.floating ? (places.self?.width ?? 0) + gap : 0}px`);
    if (!alone) heights = new Map([...tiles.keys()].map((id, index) => [id, devicePixelRatio * (places.others[index]?.height ?? 0)]));
    ask();
  }

  /** Nobody sends more than is shown here. */
  function ask() {
    if (!now) return;
    // Who records wants everybody's picture, also with the page behind another one.
    const recorded = now.house.recording?.own === true && new Map(now.people.map(({ id }) => [id, recordedHeight]));
    actions.setSizes(sizesOf(now.stage, now.people, recorded || (isUnseen ? new Map() : heights)));
  }

  function watch() {
    clearTimeout(hiding);
    isUnseen = false;
    if (document.hidden) hiding = window.setTimeout(() => {
      isUnseen = true;
      ask();
    }, hiddenMs);
    else ask();
  }

  /** Asking for it makes the browser lay everything out at once, so it is asked for when that has just been done. */
  function measured() {
    return { width: element.clientWidth, height: element.clientHeight };
  }

  const observer = new ResizeObserver(() => {
    size = measured();
    place();
  });
  observer.observe(element);
  document.addEventListener("visibilitychange", watch);

  /** @param {State} state */
  function follow({ people, speaker, talk, stage }) {
    focus = focusOf(stage, people);
    isScreen = people.some(({ id, screen }) => id === focus && screen);
    for (const [id, tile] of tiles) {
      if (people.some((person) => person.id === id)) continue;
      tile.close();
      tile.element.remove();
      tiles.delete(id);
    }
    for (const person of people) {
      let tile = tiles.get(person.id);
      if (!tile) {
        const { id } = person;
        tile = createTile({
          self: false,
          onSilenced: () => actions.setSilenced(true),
          onVoice: (on) => actions.arrange({ what: "voice", person: id, on }),
          onPin: () => actions.arrange({ what: "pin", person: id }),
        });
        tiles.set(person.id, tile);
        element.append(tile.element);
      }
      const { id, name, stream, audio, video, screen, paused, link, route, quality } = person;
      const pinned = stage.pinned === id;
      tile.update({ id, name, picture: stream, sound: stream.getAudioTracks()[0] ?? null, audio, video, screen, paused, pinned, link, route, quality, speaker: speaker.chosen, hand: handPlace(talk, id) });
    }
  }

  return {
    element,
    /** @param {State} state */
    update(state) {
      now = state;
      const { microphone, camera, people, me, talk, reactions, stage } = state;
      follow(state);
      const screen = stage.sharing === "on";
      const video = isOn(camera) && !screen;
      own.update({
        id: "you", name: state.name, picture: video ? ownPicture(camera.track) : null,
        sound: microphone.track, audio: isOn(microphone), video, screen, paused: "", pinned: false, link: "connected", route: null, quality: null, speaker: "", hand: handPlace(talk, me.id),
      });
      turn.update(camera);
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
      document.removeEventListener("visibilitychange", watch);
      clearTimeout(hiding);
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
