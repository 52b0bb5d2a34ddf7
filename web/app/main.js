// Begins here: makes the store, the actions and the views, and shows the view that the state asks for.

import { createActions } from "./actions.js";
import { keepAwake } from "./awake.js";
import { announceEnd } from "./ending.js";
import { languageOf, speak } from "./language.js";
import { readPreferences, writePreferences } from "./preferences.js";
import { renewWhenOld } from "./renewal.js";
import { listenForShortcuts } from "./shortcuts.js";
import { createStore } from "./store.js";
import { show } from "./show.js";

const store = createStore();
const actions = createActions(store);

const preferences = readPreferences();
store.dispatch({ type: "remembered", preferences });
await speak(languageOf(preferences.language, navigator.languages), ["door", "errors", "room", "talk"]);
store.subscribe(writePreferences);
keepAwake(store);
announceEnd(store);
renewWhenOld(store.state);
listenForShortcuts(store, actions);
show(store, actions);

addEventListener("popstate", () => void actions.arrive());
await actions.arrive();
