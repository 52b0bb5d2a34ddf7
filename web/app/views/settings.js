// The dialog for devices and habits during a call. Nothing in it goes to the server; the name goes, sealed, to the others.

import { h, show } from "../dom.js";
import { t } from "../language.js";
import { languageMenu } from "./language_menu.js";
import { createDialog } from "./dialog.js";
import { deviceMenu, openId, switchField } from "./parts.js";

const themes = Object.freeze(/** @type {const} */ (["", "light", "dark"]));
const habits = Object.freeze(/** @type {const} */ (["lowData", "cleanSound", "nudge", "mirror"]));

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {{element: HTMLElement, update: (state: import("../state.js").State) => void}}
 */
export function settings(actions) {
  const { devices, hosting } = actions;
  const camera = deviceMenu({ label: t("camera"), image: "camera", none: t("camera.none"), onchange: (id) => void devices.choose("camera", id) });
  const microphone = deviceMenu({ label: t("microphone"), image: "microphone", none: t("microphone.none"), onchange: (id) => void devices.choose("microphone", id) });
  const speaker = deviceMenu({ label: t("settings.speaker"), image: "speaker", none: t("settings.speaker.none"), onchange: devices.chooseSpeaker });
  const speakerField = field(t("settings.speaker"), speaker.element);
  const name = h("input", {
    class: "input", id: "settings-name", type: "text", maxlength: 64, autocomplete: "nickname", spellcheck: "false",
    placeholder: t("guest"), onchange: () => actions.setName(name.value),
  });
  const shortcuts = switchField({
    title: t("settings.shortcuts"),
    text: [t("settings.shortcuts.text"), actions.small.way !== "" && t("settings.shortcuts.small")].filter(Boolean).join(" "),
    onchange: actions.setShortcuts,
  });
  const theme = h("select", {
    class: "select select-plain", id: "settings-theme", "aria-label": t("settings.theme"),
    onchange: () => actions.setHabit({ theme: themes.find((known) => known === theme.value) ?? "" }),
  }, ...themes.map((value) => h("option", { value }, t(value === "" ? "theme.device" : `theme.${value}`))));
  const switches = habits.map((name) => ({ name, ...switchField({
    title: t(`settings.${name}`), text: t(`settings.${name}.text`), onchange: (on) => actions.setHabit({ [name]: on }),
  }) }));
  const forget = h("button", { type: "button", class: "button button-quiet", onclick: () => hosting.ask({ about: "forget" }) }, t("settings.forget"));
  const dialog = createDialog({ id: "settings", title: t("settings"), onclose: () => hosting.closed("settings") },
    field(t("camera"), camera.element),
    field(t("microphone"), microphone.element),
    speakerField,
    h("div", { class: "field" }, h("label", { class: "field-label", for: "settings-name" }, t("name.yours")), name),
    h("div", { class: "field" }, h("span", { class: "field-label", "aria-hidden": "true" }, t("language")), languageMenu("settings-language", actions)),
    field(t("settings.theme"), theme),
    ...switches.map(({ element }) => element),
    shortcuts.element,
    h("div", { class: "dialog-more" }, forget));

  return {
    element: dialog.element,
    update(state) {
      camera.set(state.camera.choices, openId(state.camera));
      microphone.set(state.microphone.choices, openId(state.microphone));
      speaker.set(state.speaker.choices, state.speaker.chosen);
      show(speakerField, state.speaker.choices.length > 0 && "setSinkId" in HTMLMediaElement.prototype);
      if (name.value !== state.name && document.activeElement !== name) name.value = state.name;
      theme.value = state.habits.theme;
      for (const { name: habit, set } of switches) set(state.habits[habit]);
      shortcuts.set(state.shortcuts);
      dialog.set(state.dialog?.about === "settings");
    },
  };
}

/**
 * @param {string} label the menu in it carries the same name itself
 * @param {HTMLElement} menu
 * @returns {HTMLElement}
 */
function field(label, menu) {
  return h("div", { class: "field" }, h("span", { class: "field-label", "aria-hidden": "true" }, label), menu);
}
