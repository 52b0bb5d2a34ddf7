// Begins here, in two steps. First what somebody sees at once, which is small: the front page, or that the room is being looked for.
// Then the rest, while that somebody reads: app.js, the SDK, the words. What was pressed meanwhile is done when it is there.
// From then on nothing more is fetched, so that a call never waits for a server that is away.

import { setAttribute, setText } from "./dom.js";
import { showHabits } from "./habits.js";
import { language, languageOf, speak, t } from "./language.js";
import { linkHere } from "./link_text.js";
import { readPreferences } from "./preferences.js";
import { landing } from "./views/landing.js";
import { waiting } from "./views/waiting.js";

/** @typedef {import("./actions.js").Actions} Actions */
/** @typedef {import("./state.js").State} State */

const screen = document.getElementById("screen") ?? document.body;
const preferences = readPreferences();
showHabits(preferences.habits);
await speak(languageOf(preferences.language, navigator.languages), ["door"]);
setAttribute(document.documentElement, "lang", language());

const name = linkHere() === "" ? "landing" : "waiting";
/** @type {(actions: Actions) => void} */
let arrived = () => {};
/** @type {(error: unknown) => void} */
let missed = () => {};
/** @type {Promise<Actions>} */
const rest = new Promise((resolve, reject) => [arrived, missed] = [resolve, reject]);
const view = { landing, waiting }[name](actionsOf(rest));
screen.dataset["screen"] = name === "landing" ? "landing" : "preview";
screen.replaceChildren(view.element);
draw({ room: "looking" });
performance.mark("parlour: first screen");

// The words first, then all the modules at once: depth costs no round trips.
const words = speak(language(), ["errors", "room", "talk"]);
const links = document.getElementById("rest");
if (links instanceof HTMLTemplateElement) document.head.append(links.content);
try {
  const [{ start }] = await Promise.all([import("./app.js"), words]);
  arrived(await start(preferences, { name, view }));
  performance.mark("parlour: everything");
} catch (error) {
  missed(error);
  draw({ trouble: { about: "start", text: t("rest.missing") } });
  const lead = name === "waiting" && view.element.querySelector(".lead");
  if (lead) setText(lead, t("rest.missing"));
  throw error;
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
