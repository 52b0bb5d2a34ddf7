// Begins here, in steps. First what somebody sees at once, which is small: the front page, or that the room is being looked for.
// For who comes by a link then the door: the preview, with the own picture. Then the rest, while that somebody reads: app.js, the
// SDK, the words, what the call wears. What was pressed meanwhile is done when it is there. From then on nothing more is fetched, so that a call never
// waits for a server that is away.

import { setAttribute, setText } from "./dom.js";
import { showHabits } from "./habits.js";
import { language, languageOf, languageWished, speak, t } from "./language.js";
import { linkHere } from "./link_text.js";
import { readPreferences } from "./preferences.js";
import { landing } from "./views/landing.js";
import { waiting } from "./views/waiting.js";

/** @typedef {import("./actions.js").Actions} Actions */
/** @typedef {import("./door.js").Door} Door */
/** @typedef {import("./state.js").State} State */

const screen = document.getElementById("screen") ?? document.body;
const preferences = readPreferences();
showHabits(preferences.habits);
const name = linkHere() === "" ? "landing" : "waiting";
const spoken = speak(languageOf(preferences.language, navigator.languages), ["door"]);
// Right behind the words; on the front page after its first screen.
if (name === "waiting") fetchStep("door");
await spoken;
setAttribute(document.documentElement, "lang", language());

/** @type {(actions: Actions) => void} */
let arrived = () => {};
/** @type {(error: unknown) => void} */
let missed = () => {};
/** @type {Promise<Actions>} */
const rest = new Promise((resolve, reject) => [arrived, missed] = [resolve, reject]);
const later = actionsOf(rest);
const view = { landing, waiting }[name](later);
screen.dataset["screen"] = name === "landing" ? "landing" : "preview";
screen.replaceChildren(view.element);
draw({ room: "looking" });
performance.mark("parlour: first screen");

/** @type {import("./show.js").Shown | Door} */
let front = { name, view };
try {
  if (name === "landing") fetchStep("door");
  else {
    const { openDoor } = await import("./door.js");
    front = openDoor(preferences, later, rest);
    performance.mark("parlour: preview");
  }
  const words = speak(languageWished(), ["errors", "room", "talk"]);
  const dressed = fetchStep("rest");
  const [{ start }] = await Promise.all([import("./app.js"), words, dressed]);
  arrived(await start(preferences, front));
  performance.mark("parlour: everything");
} catch (error) {
  missed(error);
  draw({ trouble: { about: "start", text: t("rest.missing") } });
  const lead = name === "waiting" && view.element.querySelector(".lead");
  if (lead) setText(lead, t("rest.missing"));
  throw error;
}

/**
 * Asks for all modules and style sheets of a step at once, as depth then costs no round trips.
 * @param {"door" | "rest"} id of the list in index.html
 * @returns {Promise<unknown>} when the sheets are here: nothing is shown that would change its clothes
 */
function fetchStep(id) {
  const list = document.getElementById(id);
  if (!(list instanceof HTMLTemplateElement)) return Promise.resolve();
  const sheets = [...list.content.querySelectorAll("link[rel=stylesheet]")].map((link) => new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error("a style sheet is missing")));
  }));
  document.head.append(list.content);
  return Promise.all(sheets);
}

/** @param {Partial<State>} state */
function draw(state) {
  view.update(/** @type {State} */ ({ starting: false, trouble: null, ...state }));
}

/**
 * Actions that wait for the real ones.
 * @param {Promise<Actions>} coming
 * @returns {Actions}
 */
function actionsOf(coming) {
  let isDecided = false;
  coming.catch(() => {}).finally(() => (isDecided = true));
  return /** @type {Actions} */ (new Proxy({}, {
    get: (_, act) => async (/** @type {unknown[]} */ ...values) => {
      if (act === "startRoom" && !isDecided) draw({ starting: true });
      const actions = await coming.catch(() => null);
      return actions && Reflect.get(actions, act).apply(actions, values);
    },
  }));
}
