// Before going in: the own picture, devices, a name, and the one button. A missing camera never stands in the way.

import { h, setAttribute, setText, show } from "../dom.js";
import { icon, setIcon } from "../icons.js";
import { watchLevel } from "../levels.js";
import { entryOf, isInvitation, roomNameOf } from "../house.js";
import { isComing, isOn, troubleOf } from "../state.js";
import { t } from "../language.js";
import { deviceSentence, problemSentence, whoIsIn } from "../words.js";
import { doorSentence, keepsNothing, kindSentence, namedPasswordHint, outsideSentence, vacantSentence } from "../words_door.js";
import { kindChoice } from "./more_choices.js";
import { languageMenu } from "./language_menu.js";
import { createOwnPicture } from "./own_picture.js";
import { brand, button, cameraLook, control, deviceMenu, microphoneLook, openId, sealedSign, switchField, troubleLine } from "./parts.js";
import { createTile } from "./tile.js";

/** @typedef {import("../state.js").State} State */

/** What most rooms are. */
const commonest = Object.freeze({ door: /** @type {const} */ ("open"), password: false, offRecord: true });

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {import("./parts.js").View}
 */
export function preview(actions) {
  const stage = createStage(actions);
  const title = h("h1", { tabindex: -1 });
  const status = h("p", { class: "lead", role: "status" });
  const name = h("input", {
    class: "input", id: "name", type: "text", maxlength: 64, autocomplete: "nickname", spellcheck: "false",
    placeholder: t("guest"), oninput: () => actions.setName(name.value),
  });
  const hide = switchField({
    title: t("preview.hide"),
    text: t("preview.hide.text"),
    onchange: actions.setHideAddress,
  });
  const entrance = createEntrance();
  // Whoever makes a named room by going in chooses what is kept; everybody else reads it.
  const kinds = kindChoice("preview");
  const join = button({ label: t("preview.join"), className: "button-wide", type: "submit" });
  const refusal = troubleLine();
  const copyImage = icon("link");
  const copyWord = h("span", {});
  const copy = h("button", {
    type: "button", class: "button button-plain", "aria-label": t("copy.link"), onclick: () => void actions.copyLink(),
  }, copyImage, copyWord);
  const whoMay = h("p", { class: "small" });
  const named = h("p", { class: "small" });
  const kind = h("p", { class: "small preview-kind" });
  const forgets = h("p", { class: "small", "data-tone": "amber" });
  const invite = h("div", { class: "preview-invite" }, whoMay, copy);
  const form = h("form", {
    class: "preview-panel",
    onsubmit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void actions.join({ ...entrance.read(), offRecord: kinds.isOff() });
    },
  },
  h("div", { class: "preview-head" }, title, status),
  h("div", { class: "field" },
    h("label", { class: "field-label", for: "name" }, t("name.yours"), h("span", { class: "field-aside" }, t("optional"))), name),
  entrance.element, kinds.element, hide.element, kind, forgets,
  h("div", { class: "preview-join" }, refusal.element, join.element, named),
  invite);

  const element = h("div", { class: "page preview" },
    h("header", { class: "topbar" }, brand(actions.home), sealedSign()),
    h("div", { class: "preview-body" }, stage.element, form),
    h("footer", { class: "preview-foot" }, languageMenu("preview-language", actions)));

  return {
    element,
    update(state) {
      stage.update(state);
      const roomName = roomNameOf(state.link);
      setText(title, roomName === "" ? t("preview.title") : t("preview.named", { room: roomName }));
      const isLooking = state.room === "looking";
      setText(status, isLooking ? t("waiting.looking") : state.house.vacant ? vacantSentence(roomName) : whoIsIn(state.count));
      show(status, !isLooking || !state.refusal);
      setText(named, roomName === "" || isInvitation(state.link) ? "" : t("preview.outside"));
      show(named, named.textContent !== "");
      if (name.value !== state.name && document.activeElement !== name) name.value = state.name;
      hide.set(state.hideAddress);
      refusal.say(state.refusal ? problemSentence(state.refusal) : "");
      entrance.update(state);
      join.setBusy(state.joining || state.eager !== null, joinWord(state));
      // Who may come in is known when the room is. Until then the place is kept, so that Join stays where it is.
      setAttribute(form, "data-looking", isLooking);
      const rules = isLooking ? commonest : state.house.rules;
      const personal = isInvitation(state.link);
      const done = state.copied === "room";
      setText(whoMay, personal ? t("preview.personal") : entrance.says ? "" : doorSentence(rules, roomName !== "") || (roomName === "" ? t("door.open") : ""));
      show(whoMay, whoMay.textContent !== "");
      show(copy, !personal);
      show(kinds.element, state.house.vacant);
      setText(kind, kindSentence(rules));
      show(kind, kind.textContent !== "");
      setText(forgets, state.durable ? "" : keepsNothing(state.me.host, false));
      show(forgets, !state.durable);
      setText(copyWord, t(done ? "copied" : "copy.link"));
      setIcon(copyImage, done ? "check" : "link");
    },
    close: stage.close,
  };
}

/**
 * @param {State} state
 * @returns {string}
 */
function joinWord(state) {
  if (state.house.waiting?.what === "checking-password") return t("preview.checking");
  const { knock } = entryOf(state);
  if (state.joining || state.eager) return t(knock ? "preview.knocking" : "preview.joining");
  return t(knock ? "preview.knock" : "preview.join");
}

/** What the door asks for: a password, or a few words with the knock. */
function createEntrance() {
  const sentence = h("p", { class: "small" });
  const password = h("input", { class: "input", id: "password", type: "password", maxlength: 128, autocomplete: "off" });
  const aside = h("span", { class: "field-aside" }, t("optional"));
  const hint = h("p", { class: "small", id: "password-hint" });
  const passwordField = h("div", { class: "field" }, h("label", { class: "field-label", for: "password" }, t("password"), aside), password, hint);
  const message = h("input", { class: "input", id: "message", type: "text", maxlength: 140, autocomplete: "off", placeholder: t("preview.words.example") });
  const messageField = h("div", { class: "field" },
    h("label", { class: "field-label", for: "message" }, t("preview.words"), h("span", { class: "field-aside" }, t("optional"))), message);
  const element = h("div", { class: "preview-entrance" }, sentence, passwordField, messageField);
  let refused = "";

  return {
    element,
    /** Whether it says already who may come in. */
    get says() { return !sentence.hidden; },
    read: () => ({ password: passwordField.hidden ? "" : password.value, message: messageField.hidden ? "" : message.value.trim() }),
    /** @param {State} state */
    update(state) {
      const asked = entryOf(state);
      const text = state.me.host || isInvitation(state.link) ? "" : outsideSentence(state.house.rules?.door);
      setText(sentence, text);
      show(sentence, text !== "");
      show(passwordField, asked.password);
      show(aside, asked.optional);
      setText(hint, roomNameOf(state.link) === "" ? "" : namedPasswordHint(state.house.vacant));
      show(hint, hint.textContent !== "");
      setAttribute(password, "aria-describedby", hint.hidden ? null : "password-hint");
      setAttribute(password, "type", state.house.vacant ? "text" : "password");
      show(messageField, asked.knock);
      show(element, asked.password || asked.knock || text !== "");
      // Once per refusal, so that nobody is torn away from another field.
      const code = state.refusal?.code ?? "";
      const wrong = code === "wrong-password" || code === "needs-password" || code === "name-without-password" || code === "door-closed";
      setAttribute(password, "aria-invalid", String(wrong));
      if (code !== refused && wrong) {
        password.focus();
        password.select();
      }
      refused = code;
    },
  };
}

/**
 * The own picture with its two toggles, the meter, and the menus under it.
 * @param {import("../actions.js").Actions} actions
 */
function createStage(actions) {
  const { devices } = actions;
  const tile = createTile({ self: true, tag: "div" });
  const ownPicture = createOwnPicture();
  const microphone = control({ className: "control-round", onclick: () => void devices.toggle("microphone") });
  const camera = control({ className: "control-round", onclick: () => void devices.toggle("camera") });
  const meter = createMeter();
  const message = h("p", {});
  const again = h("button", { type: "button", class: "button button-again", onclick: () => void retry() }, t("again"));
  const notice = h("div", { class: "preview-notice", role: "status" }, message, again);
  const cameraMenu = deviceMenu({ label: t("camera"), image: "camera", none: t("camera.none.yet"), onchange: (id) => void devices.choose("camera", id) });
  const microphoneMenu = deviceMenu({ label: t("microphone"), image: "microphone", none: t("microphone.none.yet"), onchange: (id) => void devices.choose("microphone", id) });
  tile.element.append(notice, h("div", { class: "preview-controls" }, meter.element, microphone.element, camera.element));

  /** @type {State | null} */
  let latest = null;

  async function retry() {
    if (!latest) return;
    if (troubleOf(latest.microphone)) await devices.retry("microphone");
    if (troubleOf(latest.camera)) await devices.retry("camera");
  }

  return {
    element: h("section", { class: "preview-stage", "aria-label": t("preview.stage") },
      tile.element, h("div", { class: "preview-menus" }, cameraMenu.element, microphoneMenu.element)),
    /** @param {State} state */
    update(state) {
      latest = state;
      const audio = isOn(state.microphone);
      const video = isOn(state.camera);
      tile.update({
        id: "you", name: state.name, picture: video ? ownPicture(state.camera.track) : null, sound: null,
        audio, video, screen: false, paused: "", pinned: false, link: "connected", route: null, quality: null, speaker: "", hand: 0,
      });
      microphone.set(microphoneLook(isComing(state.microphone), false));
      camera.set(cameraLook(isComing(state.camera), false));
      meter.listen(audio ? state.microphone.track : null);
      cameraMenu.set(state.camera.choices, openId(state.camera));
      microphoneMenu.set(state.microphone.choices, openId(state.microphone));
      const { text, trouble } = noticeFor(state);
      setText(message, text);
      show(notice, text !== "");
      show(again, trouble);
      setAttribute(notice, "data-trouble", trouble);
    },
    close() {
      meter.listen(null);
      tile.close();
    },
  };
}

/**
 * What stands on the picture's place.
 * @param {State} state
 * @returns {{text: string, trouble: boolean}}
 */
function noticeFor({ microphone, camera }) {
  if (microphone.status === "asking" || camera.status === "asking") {
    return { text: t("preview.asks"), trouble: false };
  }
  const text = deviceSentence(troubleOf(microphone), troubleOf(camera));
  return { text, trouble: text !== "" };
}

/** Ten small lamps that light with the voice. */
function createMeter() {
  const lamps = Array.from({ length: 10 }, () => h("span", { class: "meter-lamp" }));
  const element = h("div", {
    class: "meter", role: "meter", "aria-label": t("preview.level"), "aria-valuemin": 0, "aria-valuemax": 10, "aria-valuenow": 0,
  }, ...lamps);
  show(element, false);
  /** @type {MediaStreamTrack | null} */
  let heard = null;
  let stop = () => {};

  /** @param {number} level from 0 to 1 */
  function light(level) {
    const lit = Math.round(level * lamps.length);
    setAttribute(element, "aria-valuenow", lit);
    lamps.forEach((lamp, index) => lamp.classList.toggle("meter-lit", index < lit));
  }

  return {
    element,
    /** @param {MediaStreamTrack | null} track */
    listen(track) {
      if (track === heard) return;
      stop();
      heard = track;
      light(0);
      show(element, track !== null);
      stop = track ? watchLevel(track, light) : () => {};
    },
  };
}
