// The front page: what this is in one line, a room, or a link.

import { h } from "../dom.js";
import { doorway } from "../icons.js";
import { language, t } from "../language.js";
import { addressOf } from "../link_text.js";
import { forgetting } from "./forgetting.js";
import { languageMenu } from "./language_menu.js";
import { moreChoices } from "./more_choices.js";
import { brand, button, sealedSign, troubleLine } from "./parts.js";

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {import("./parts.js").View}
 */
export function landing(actions) {
  const start = button({ label: t("landing.start"), className: "button-start", type: "submit" });
  const more = moreChoices();
  const startTrouble = troubleLine();
  const linkTrouble = troubleLine();
  const field = h("input", {
    class: "input", id: "link", name: "link", type: "text", inputmode: "url", placeholder: t("landing.paste"),
    autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": "link-trouble",
  });
  linkTrouble.element.id = "link-trouble";
  const form = h("form", {
    class: "paste", novalidate: true,
    onsubmit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      if (field.value.trim() === "") field.focus();
      else void actions.openLink(field.value);
    },
  },
  h("label", { class: "field-label", for: "link" }, t("landing.have")),
  h("div", { class: "paste-row" }, field, button({ label: t("landing.open"), className: "button-quiet", type: "submit" }).element),
  linkTrouble.element);

  const element = h("div", { class: "page landing" },
    h("header", { class: "topbar" }, brand(actions.home), sealedSign()),
    h("div", { class: "landing-body" },
      h("div", { class: "landing-words" },
        h("h1", { class: "display", tabindex: -1 }, t("landing.title")),
        h("p", { class: "lead" }, t("landing.lead")),
        h("form", {
          class: "start",
          onsubmit: (/** @type {SubmitEvent} */ event) => {
            event.preventDefault();
            void actions.startRoom(more.read());
          },
        }, start.element, startTrouble.element, more.element),
        form),
      h("div", { class: "landing-picture" }, doorway())),
    h("footer", { class: "landing-foot" },
      h("a", { href: addressOf("security"), hreflang: "en" }, t("landing.security")),
      h("a", { href: addressOf("privacy"), hreflang: "en" }, t("landing.privacy")),
      h("a", { href: addressOf("check") }, t("landing.check")),
      languageMenu("language", actions),
      forgetting(actions),
      language() !== "en" && h("p", { class: "small landing-note" }, t("language.reading"))));

  return {
    element,
    update({ starting, trouble }) {
      start.setBusy(starting, t(starting ? "landing.starting" : "landing.start"));
      element.classList.toggle("landing-lit", starting);
      startTrouble.say(trouble?.about === "start" ? trouble.text : "");
      linkTrouble.say(trouble?.about === "link" ? trouble.text : "");
      field.setAttribute("aria-invalid", String(trouble?.about === "link"));
    },
  };
}
