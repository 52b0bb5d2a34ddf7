// The stage: everybody's tile, all alike or one of them large, placed by layout.js.

import { h, setAttribute, show } from "../dom.js";
import { t } from "../language.js";
import { placeAround, placeEverybody } from "../layout.js";
import { focusOf } from "../stage.js";
import { isOn } from "../state.js";
import { handPlace } from "../talk.js";
import { createChair } from "./chair.js";
import { createOwnPicture } from "./own_picture.js";
import { createTile } from "./tile.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("./tile.js").Tile} Tile */

const gap = 10;

/**
 * @param {import("../actions.js").Actions} actions
 */
export function createStage(actions) {
  const own = createTile({ self: true });
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
  /** Reactions that have begun. */
  let flown = new Set();

  function place() {
    const { clientWidth: width, clientHeight: height } = element;
    const others = alone ? [chair.element] : [...tiles.values()].map((tile) => tile.element);
    const large = alone ? -1 : [...tiles.keys()].indexOf(focus);
    const places = large < 0
      ? placeEverybody(others.length, width, height, gap, !alone)
      : placeAround(others.length, large, width, height, gap, isScreen);
    others.forEach((tile, index) => put(tile, places.others[index] ?? null));
    put(own.element, places.self);
    setAttribute(own.element, "data-floating", places.floating);
  }

  const observer = new ResizeObserver(place);
  observer.observe(element);

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
      const { id, name, stream, audio, video, screen, link, route, quality } = person;
      const pinned = stage.pinned === id;
      tile.update({ id, name, picture: stream, sound: stream.getAudioTracks()[0] ?? null, audio, video, screen, pinned, link, route, quality, speaker: speaker.chosen, hand: handPlace(talk, id) });
    }
  }

  return {
    element,
    /** @param {State} state */
    update(state) {
      const { microphone, camera, people, me, talk, reactions, stage } = state;
      follow(state);
      const screen = stage.sharing === "on";
      const video = isOn(camera) && !screen;
      own.update({
        id: "you", name: state.name, picture: video ? ownPicture(camera.track) : null,
        sound: microphone.track, audio: isOn(microphone), video, screen, pinned: false, link: "connected", route: null, quality: null, speaker: "", hand: handPlace(talk, me.id),
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
