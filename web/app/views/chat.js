// The chat beside the stage, or over it on phones: what was said, offered and asked, by time, and the field to write in.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { icon } from "../icons.js";
import { timeline } from "../talk.js";
import { t } from "../language.js";
import { tooLong } from "../words_talk.js";
import { createFile } from "./file.js";
import { createMessage } from "./message.js";
import { createPoll } from "./poll.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../talk.js").Item} Item */

/** As in the SDK; what is longer stays in the field. */
const longest = 4000;
/** From the end; whoever is further up reads, and is left there. px */
const nearEnd = 48;

/**
 * @param {import("../actions.js").Actions} actions
 */
export function chat(actions) {
  const { talking } = actions;
  const title = h("h2", { tabindex: -1, id: "chat-title" }, t("chat"));
  const copy = h("button", { type: "button", class: "button button-icon", "aria-label": t("chat.copy"), title: t("chat.copy"), onclick: () => void copyAll() }, icon("copy"));
  const close = h("button", { type: "button", class: "button button-icon", "aria-label": t("chat.close"), onclick: () => talking.setChat(false) }, icon("close"));
  const empty = h("p", { class: "small talk-empty" }, t("chat.empty"));
  const list = h("ol", { class: "talk", role: "list", "aria-labelledby": "chat-title" });
  // It can be scrolled by keys. It is no live region: the announcer says what comes, once.
  const body = h("div", { class: "talk-body", tabindex: 0, role: "region", "aria-labelledby": "chat-title" }, empty, list);
  const below = h("button", { type: "button", class: "button button-small talk-below", hidden: true, onclick: () => toEnd() }, icon("chevron"), t("chat.below"));
  const composer = createComposer(actions);
  const element = h("aside", { class: "panel panel-chat", "aria-labelledby": "chat-title", hidden: true },
    h("div", { class: "panel-head" }, title, h("div", { class: "panel-tools" }, copy, close)),
    h("div", { class: "talk-frame" }, body, below),
    composer.element);

  /** @type {State | null} */
  let latest = null;
  /** @type {State["talk"] | null} */
  let shown = null;
  let last = "";
  const showItems = keyed(list, (/** @type {Item} */ item) => {
    if (item.kind === "file") return createFile(talking, () => latest);
    return item.kind === "poll" ? createPoll(item.what, talking, () => latest) : createMessage(actions.hosting);
  }, () => title);

  async function copyAll() {
    setAttribute(copy, "data-done", (await talking.copyAll()) === true);
    setTimeout(() => setAttribute(copy, "data-done", null), 2000);
  }

  function isNearEnd() {
    return body.scrollHeight - body.scrollTop - body.clientHeight < nearEnd;
  }

  function toEnd() {
    body.scrollTop = body.scrollHeight;
    show(below, false);
  }

  body.addEventListener("scroll", () => {
    if (isNearEnd()) show(below, false);
  });
  // A keyboard that comes up on a phone makes the list shorter; what was in sight at its end stays in sight.
  let wasNearEnd = true;
  body.addEventListener("scroll", () => (wasNearEnd = isNearEnd()));
  new ResizeObserver(() => {
    if (wasNearEnd) toEnd();
  }).observe(body);

  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) talking.setChat(false);
  });
  element.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    setAttribute(element, "data-drop", true);
  });
  for (const kind of ["dragleave", "drop"]) element.addEventListener(kind, () => setAttribute(element, "data-drop", null));
  element.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    composer.offer([...event.dataTransfer.files]);
  });

  return {
    element,
    /** @param {State} state */
    update(state) {
      const before = latest;
      latest = state;
      const opens = state.chatting && element.hidden === true;
      const closes = !state.chatting && element.contains(document.activeElement);
      show(element, state.chatting);
      if (closes) document.getElementById("chat-button")?.focus();
      if (!state.chatting) return;
      composer.update(state);
      // Who is host, and who somebody is, may change what a card says.
      if (opens || state.talk !== shown || state.people !== before?.people || state.me !== before.me) draw(state, opens);
    },
  };

  /** @param {State} state @param {boolean} opens */
  function draw(state, opens) {
    const follows = opens || isNearEnd();
    const items = timeline(state.talk);
    const newest = items.at(-1);
    const isNew = newest !== undefined && newest.id !== last;
    shown = state.talk;
    last = newest?.id ?? "";
    setText(empty, t(state.house.rules?.offRecord === false ? "chat.empty.kept" : "chat.empty"));
    show(empty, items.length === 0);
    show(copy, state.talk.chat.length > 0);
    showItems(items);
    if (follows || (isNew && newest?.what.own)) toEnd();
    else if (isNew) show(below, true);
    // On glass the field would bring up a keyboard that covers what one wants to read.
    if (opens) (composer.isTouch ? title : composer.field).focus({ preventScroll: true });
  }
}

/**
 * @param {import("../actions.js").Actions} actions
 */
function createComposer({ talking, hosting }) {
  const picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => {
    offer([...(picker.files ?? [])]);
    picker.value = "";
  } });
  const field = h("textarea", { class: "input talk-field", rows: 1, "aria-label": t("chat.field"), placeholder: t("chat.field.example"), enterkeyhint: "send", "aria-describedby": "talk-over" });
  const over = h("p", { class: "small talk-over", id: "talk-over" });
  const attach = h("button", { type: "button", class: "button button-icon", "aria-label": t("chat.file"), title: t("chat.file"), onclick: () => picker.click() }, icon("file"));
  const poll = h("button", { type: "button", class: "button button-icon", "aria-label": t("chat.poll"), title: t("chat.poll"), onclick: () => hosting.ask({ about: "poll" }) }, icon("poll"));
  const send = h("button", { type: "submit", class: "button talk-send", "aria-label": t("chat.send") }, icon("send"));
  const element = h("form", { class: "talk-form", onsubmit: (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    submit();
  } }, over, h("div", { class: "talk-row" }, attach, poll, field, send), picker);
  const isTouch = matchMedia("(pointer: coarse)");
  let others = 0;
  let keeps = false;

  function submit() {
    if (field.value.trim() === "" || field.value.length > longest) return field.focus();
    if (talking.say(field.value)) field.value = "";
    look();
    field.focus();
  }

  function look() {
    const tooMany = Math.max(0, field.value.length - longest);
    setText(over, tooMany > 0 ? tooLong(tooMany) : "");
    setAttribute(field, "aria-invalid", tooMany > 0 && "true");
    // Where `field-sizing` is not known yet.
    field.style.setProperty("block-size", "auto");
    if (!CSS.supports("field-sizing", "content") && field.value.includes("\n")) field.style.setProperty("block-size", `${field.scrollHeight + 3}px`);
  }

  /** @param {File[]} files */
  function offer(files) {
    if (files.length === 0) return;
    // Alone with one person and off the record there is nothing to be asked.
    if (others > 1 || keeps) hosting.ask({ about: "offer", files });
    else void talking.offer(files);
  }

  field.addEventListener("input", look);
  field.addEventListener("keydown", (event) => {
    // Enter sends where Shift is near; a keyboard on glass has the button. A word under composition is not finished by it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || isTouch.matches) return;
    event.preventDefault();
    submit();
  });
  field.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    offer(files);
  });

  return {
    element,
    offer,
    field,
    get isTouch() { return isTouch.matches; },
    /** @param {State} state */
    update({ people, busy, house }) {
      others = people.length;
      keeps = house.keeping !== null;
      const isBusy = busy.some((name) => name.startsWith("offer/"));
      setAttribute(attach, "aria-busy", isBusy && "true");
    },
  };
}
