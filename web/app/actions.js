// Everything that a person or the network can make happen, each as one function: the only place that opens the SDK's
// door and writes the address bar. What is done about the room from inside is in hosting.js. What comes of it goes to
// the state as events.

import { Meeting, ParlourError, forgetDevice, reachRelay, supported } from "../sdk/parlour.js";
import { createCopying } from "./copying.js";
import { createEntering } from "./entering.js";
import { createHosting } from "./hosting.js";
import { asksOnLeave, houseOf, wantsCode } from "./house.js";
import { addressOf, fragmentOf, linkHere, wholeLink } from "./link_text.js";
import { forgetPreferences, parsePreferences } from "./preferences.js";
import { takeNote } from "./renewal.js";
import { isLanguage, speak, t } from "./language.js";
import { createReaching } from "./reaching.js";
import { createRecording } from "./recording.js";
import { createScreen } from "./screen.js";
import { createSmallWindow } from "./small_window.js";
import { createSummaries } from "./summaries.js";
import { talkOf } from "./talk.js";
import { createTalking } from "./talking.js";
import { deviceSentence, problemSentence } from "./words.js";
import { nameTaken } from "./words_house.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./words.js").DeviceKind} DeviceKind */
/** @typedef {import("../sdk/parlour.js").Problem} Problem */
/** @typedef {import("./expected.js").Room} Room */
/** @typedef {import("./expected.js").Door} Door */

/** How long a remark that is no standing one stays, in milliseconds. */
const toastMs = 8000;

/** @typedef {ReturnType<typeof createActions>} Actions */

/**
 * @param {Store} store
 * @param {import("./devices.js").Devices} devices
 */
export function createActions(store, devices) {
  const { state, dispatch } = store;
  /** @type {Room | null} */
  let meeting = null;
  /** @type {AbortController | null} */
  let listening = null;
  /** Whether a code was asked for in this meeting, or somebody else will. */
  let coded = false;
  /** When somebody last went back in a call, ms. */
  let backAt = Number.NEGATIVE_INFINITY;
  /** Whose host link was shown by itself. @type {Room | null} */
  let offered = null;
  /** How large the stage shows whom. @type {ReadonlyMap<string, "off" | "small" | "large">} */
  let sizes = new Map();
  const summaries = createSummaries();

  devices.tell({
    send(kind, track) {
      if (state().screen !== "call") return;
      if (kind === "microphone") meeting?.setAudio(track);
      else meeting?.setVideo(track);
    },
    complain(kind, trouble) {
      // Before the call it stands on the picture's place.
      if (state().screen !== "call") return;
      const text = kind === "camera" ? deviceSentence(null, trouble) : deviceSentence(trouble, null);
      say({ code: `${kind}-${trouble}`, text });
    },
  });

  const copy = createCopying(store, say);
  const screen = createScreen(store, () => meeting, devices, say);
  const small = createSmallWindow(store, () => say({ code: "small-window", text: t("small.failed") }));
  const hosting = createHosting(store, () => meeting, (error) => say(problemOf(error)), copy,
    (error) => (error instanceof ParlourError && error.code === "unmet" ? error.who : null));
  const entering = createEntering(store, () => meeting, follow, () => hosting.ask({ about: "elsewhere" }), problemOf);
  const recording = createRecording(store, () => meeting, screen.track, { complain: (error) => say(problemOf(error)), say });
  const reaching = createReaching(store, () => meeting, reachRelay);
  const talking = createTalking(store, () => meeting, (error) => say(problemOf(error)));

  /** @param {Room} opened */
  function adopt(opened) {
    // The preview may be there already, with its devices open, from before this module was.
    const early = meeting === null && state().screen === "preview";
    if (!early) drop();
    meeting = opened;
    coded = false;
    summaries.begin(opened.name);
    listening = new AbortController();
    const { signal } = listening;
    opened.addEventListener("change", () => follow(opened), { signal });
    const events = { "problem": (/** @type {Problem} */ problem) => say(inWords(problem)), "reaction": talking.show, "mute-asked": hosting.muteAsked, "recording-over": recording.over };
    for (const [name, hear] of Object.entries(events)) opened.addEventListener(name, (event) => event instanceof CustomEvent && hear(event.detail), { signal });
    dispatch({ type: "opened", link: opened.link, early });
    follow(opened);
  }

  /** Lets go of the meeting and of the devices; says goodbye if there is anybody to say it to. */
  function drop() {
    listening?.abort();
    listening = null;
    void meeting?.leave();
    meeting = null;
    recording.close();
    devices.close();
    screen.close();
  }

  /** @param {Room} followed */
  function follow(followed) {
    const { state: where, error, count, durable, me, people, notes, link } = followed;
    const over = where === "left" || where === "ended" || where === "failed";
    if (over) {
      recording.close();
      devices.close();
      screen.close();
      // A new link, or an invitation that became the room's own: the address follows, so that a reload comes back here.
    } else if (link !== "" && linkHere() !== link) history.replaceState(null, "", addressOf(link));
    const snapshot = { state: where, error, count, durable, me, people, notes, link, house: houseOf(followed), talk: talkOf(followed) };
    summaries.see(snapshot);
    dispatch({ type: "meeting", snapshot });
    if (!over) recording.follow(followed);
    // Camera and microphone are open while the preview is seen or the call goes on, and not while somebody waits for a room.
    if (where === "no-room") devices.close();
    if (where === "ready") {
      void devices.openBoth();
      if (state().eager) void entering.asPressed();
      else void reaching.begin(followed);
    }
    // Who comes last into a named room has the code made: so it is there once for everybody.
    if (!coded && wantsCode(state())) {
      coded = true;
      if (entering.cameLast) followed.startCode();
    }
    // Without storage this page is host for as long as it lives, unless its person keeps the link.
    if (!over && me.host && !durable && offered !== followed) {
      offered = followed;
      void hosting.makeDeviceLink();
    }
  }

  /** @param {Problem} problem */
  function say({ code, text }) {
    const id = `problem/${code}`;
    dispatch({ type: "toast", toast: { id, colour: "grey", code, text, standing: false } });
    setTimeout(() => dispatch({ type: "dismissed", id }), toastMs);
  }

  /**
   * @param {string} fragment
   * @param {(problem: Problem) => void} onRefused
   */
  async function open(fragment, onRefused) {
    try {
      const opened = await Meeting.open({ server: wholeLink(""), fragment });
      // A pasted link has never been in the address, and the Back button may have taken it out; one that came with
      // the address only gets its proper spelling.
      const came = linkHere() === fragment;
      history[came ? "replaceState" : "pushState"](null, "", addressOf(opened.link));
      adopt(opened);
      // A failed look is told by the meeting's own state.
      await opened.look().catch(() => {});
    } catch (error) {
      onRefused(problemOf(error));
    }
  }

  /** @param {string} fragment */
  async function arriveAt(fragment) {
    const back = takeNote(fragment);
    // As it was: nobody who was muted is heard because the page has loaded itself again.
    if (back) for (const kind of /** @type {const} */ (["microphone", "camera"])) dispatch({ type: "device", kind, change: { wanted: back[kind] } });
    await open(fragment, state().screen === "call" ? stay : stop);
    if (back && state().room === "ready" && state().screen === "preview") await entering.goIn(false);
  }

  /** @param {Problem} problem */
  function stop(problem) {
    drop();
    dispatch({ type: "stopped", problem });
  }

  /** In a call, an address that leads nowhere is no reason to go. @param {Problem} problem */
  function stay(problem) {
    history.replaceState(null, "", addressOf(state().link));
    say(problem);
  }

  /** A hand slips over the edge of a phone, and would have ended the call: what is done twice is meant. */
  async function goBack() {
    if (performance.now() - backAt < toastMs) return hosting.leaveNow();
    backAt = performance.now();
    history.pushState(null, "", addressOf(state().link));
    say({ code: "back", text: t("call.back") });
  }

  return {
    devices,
    screen,
    hosting,
    recording,
    small,
    talking,
    summaries,

    /** The page was loaded, or somebody walked through its history or edited its address. */
    async arrive() {
      const support = supported();
      const link = linkHere();
      if (!support.ok) stop(support);
      else if (meeting !== null && link !== "" && link === state().link && state().screen !== "left") return;
      else if (link !== "") await arriveAt(link);
      else if (state().screen === "call") await goBack();
      else {
        drop();
        dispatch({ type: "home" });
      }
    },

    /** @param {{door?: Door, password?: string, name?: string, offRecord?: boolean}} [choices] */
    async startRoom({ door = "open", password = "", name = "", offRecord = true } = {}) {
      if (state().starting) return;
      dispatch({ type: "starting" });
      try {
        const made = await Meeting.create({ server: wholeLink(""), door, password, name, offRecord });
        history.pushState(null, "", addressOf(made.link));
        adopt(made);
      } catch (error) {
        const { code, text } = problemOf(error);
        const taken = name !== "" && code === "room-exists";
        dispatch({ type: "refused", about: "start", text: taken ? nameTaken(wholeLink(`r/${name.toLowerCase().replace(/[\s_]+/gu, "-")}`)) : text });
      }
    },

    /** @param {string} text what was pasted: a whole link, or only what stands after its # */
    async openLink(text) {
      const found = fragmentOf(text, location.host);
      if ("elsewhere" in found) {
        dispatch({ type: "refused", about: "link", text: t("link.elsewhere", { host: found.elsewhere }) });
        return;
      }
      await open(found.fragment, ({ text: sentence }) => dispatch({ type: "refused", about: "link", text: sentence }));
    },

    /** The link again: after leaving, or when something failed that may have passed. */
    async reopen() {
      await open(state().link || linkHere(), stop);
    },

    /** What this device keeps of a named room is in the way: without it, and as somebody new. */
    async reopenAfresh() {
      const link = state().link || linkHere();
      await meeting?.forget();
      await open(link, stop);
    },

    /**
     * @param {{password?: string, message?: string, offRecord?: boolean}} [words] at the door; `offRecord`: of a named room that is made by this
     */
    join: (words = {}) => entering.join(words),

    /** This browser is in the room already. @param {"move" | "again"} how */
    async joinHere(how) {
      hosting.ask(null);
      await entering.goIn(how === "move");
    },

    async leave() {
      if (asksOnLeave(state())) hosting.ask({ about: "leave" });
      else await hosting.leaveNow();
    },

    home() {
      history.pushState(null, "", addressOf(""));
      summaries.forget();
      drop();
      dispatch({ type: "home" });
    },

    /** @param {string} name */
    setName(name) {
      dispatch({ type: "named", name });
      if (state().screen === "call") meeting?.setName(name);
    },

    /** @param {boolean} on */
    setHideAddress(on) {
      dispatch({ type: "hide-address", on });
    },

    /** @param {import("./stage.js").StageEvent} event */
    arrange(event) {
      dispatch({ type: "stage", event });
    },

    /** Everything that the page keeps on this device, of whatever room. @returns {Promise<boolean>} whether it is gone */
    async forgetDevice() {
      dispatch({ type: "remembered", preferences: parsePreferences(null) });
      const rooms = await forgetDevice();
      return forgetPreferences() && rooms;
    },

    /** @param {ReadonlyMap<string, "off" | "small" | "large">} shown */
    setSizes(shown) {
      sizes = shown;
      meeting?.setSizes(sizes, { thrifty: state().habits.lowData });
    },

    /** @param {Partial<import("./habits.js").Habits>} change */
    setHabit(change) {
      dispatch({ type: "habit", change });
      if (change.lowData !== undefined) meeting?.setSizes(sizes, { thrifty: change.lowData });
      // An open microphone keeps what it was opened with.
      if (change.cleanSound !== undefined && state().microphone.track) void devices.choose("microphone", state().microphone.chosen);
    },

    /** @param {boolean} on */
    setShortcuts(on) {
      dispatch({ type: "shortcuts", on });
    },

    /** @param {string} chosen one of `languages` */
    async setLanguage(chosen) {
      if (!isLanguage(chosen)) return;
      try {
        await speak(chosen, []);
        dispatch({ type: "language", language: chosen });
      } catch {
        // The words did not come: the server is away, and the page goes on as it spoke.
        say(problemOf(new ParlourError("no-server")));
      }
    },

    copyLink: () => copy("room", state().link),

    async shareLink() {
      // A closed share sheet is a rejection and no failure.
      await navigator.share({ url: wholeLink(state().link) }).catch(() => {});
    },

    /** @param {boolean} on somebody talks who is muted */
    nudge(on) {
      if (on) say({ code: "talks-muted", text: t("nudge") });
      else if (state().toasts.some(({ code }) => code === "talks-muted")) dispatch({ type: "dismissed", id: "problem/talks-muted" });
    },

    /** @param {string} id */
    dismiss(id) {
      dispatch({ type: "dismissed", id });
    },

    /** @param {boolean} on */
    setSilenced(on) {
      if (state().silenced !== on) dispatch({ type: "silenced", on });
    },

    announced() {
      dispatch({ type: "announced" });
    },
  };
}

/**
 * @param {unknown} error
 * @returns {Problem}
 */
function problemOf(error) {
  return inWords(error instanceof ParlourError ? error : new ParlourError("fault", { cause: error }));
}

/**
 * In the language of the page.
 * @param {Problem} problem
 * @returns {Problem}
 */
function inWords({ code, text }) {
  return { code, text: problemSentence({ code, text }) };
}
