// The page after its first screen: makes the store, the actions and the views, and shows the view that the state asks for.

import { createActions } from "./actions.js";
import { keepAwake } from "./awake.js";
import { createDevices } from "./devices.js";
import { announceEnd } from "./ending.js";
import { showHabits } from "./habits.js";
import { listenForMediaKeys } from "./media_keys.js";
import { nudgeWhoTalksMuted } from "./nudge.js";
import { writePreferences } from "./preferences.js";
import { renewWhenOld } from "./renewal.js";
import { listenForShortcuts } from "./shortcuts.js";
import { createStore } from "./store.js";
import { show } from "./show.js";

/**
 * @param {import("./state.js").Preferences} preferences
 * @param {import("./show.js").Shown | import("./door.js").Door} front what is on the screen already
 * @returns {Promise<import("./actions.js").Actions>}
 */
export async function start(preferences, front) {
  const door = "store" in front ? front : null;
  const store = door?.store ?? createStore();
  const actions = createActions(store, door?.devices ?? createDevices(store));
  // Else they are there, and may have been changed.
  if (!door) store.dispatch({ type: "remembered", preferences });
  store.subscribe(writePreferences);
  store.subscribe(({ habits }) => showHabits(habits));
  keepAwake(store);
  announceEnd(store);
  renewWhenOld(store.state);
  listenForShortcuts(store, actions);
  listenForMediaKeys(store, actions);
  nudgeWhoTalksMuted(store, () => actions.nudge(true), () => actions.nudge(false));
  show(store, actions, "leave" in front ? front.leave() : front);
  addEventListener("popstate", () => void actions.arrive());
  void actions.arrive();
  return actions;
}
