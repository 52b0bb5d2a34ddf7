// Somebody at the door, for a host: let in, not now (with a few words), refuse, refuse and block.

import { h, setAttribute, setText, show } from "../dom.js";
import { t } from "../language.js";
import { hueOf, initials, nameOf } from "../words.js";
import { knockHow } from "../words_house.js";
import { moreButton } from "./parts.js";

/** @typedef {import("../expected.js").Knock} Knock */

/**
 * @param {Knock} knock
 * @param {import("../hosting.js").Hosting} hosting
 * @param {() => import("../state.js").State | null} latest
 */
export function createKnock({ id }, hosting, latest) {
  const badge = h("span", { class: "row-badge", "aria-hidden": "true", "data-hue": hueOf(id) });
  const name = h("span", { class: "row-name" });
  const how = h("span", { class: "row-marks" });
  const message = h("blockquote", { class: "said" });
  const held = h("p", { class: "small" }, t("knock.held"));
  const admit = h("button", { type: "button", class: "button button-small", onclick: () => void hosting.admit(id) }, t("knock.let"));
  const later = h("button", { type: "button", class: "button button-small button-quiet", "aria-expanded": "false", onclick: () => open(field.hidden === true) }, t("not-now"));
  const refuse = h("button", { type: "button", class: "button button-small button-quiet button-warn", onclick: () => void hosting.refuse(id, false) }, t("knock.refuse"));
  const block = h("button", { type: "button", class: "button button-small button-quiet button-warn", onclick: () => void hosting.refuse(id, true) }, t("knock.block"));
  const refusals = h("div", { class: "row-actions", hidden: true }, refuse, block);
  const more = moreButton(refusals);
  const words = h("input", { class: "input input-small", type: "text", maxlength: 140, autocomplete: "off", placeholder: t("knock.words.example"), id: `hold-${id}` });
  const field = h("form", {
    class: "field row-form", hidden: true,
    onsubmit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void hosting.hold(id, words.value.trim());
      open(false);
    },
  },
  h("label", { class: "field-label", for: `hold-${id}` }, t("knock.words"), h("span", { class: "field-aside" }, t("optional"))),
  h("div", { class: "choice-row" }, words, h("button", { type: "submit", class: "button button-small" }, t("knock.say"))));
  const element = h("li", { class: "row row-knock" },
    badge, h("div", { class: "row-words" }, name, how, message, held,
      h("div", { class: "row-actions" }, admit, later, more.element), refusals, field));

  /** @param {boolean} now */
  function open(now) {
    const inside = field.contains(document.activeElement);
    show(field, now);
    setAttribute(later, "aria-expanded", String(now));
    if (now) words.focus();
    else if (inside) later.focus();
  }

  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    open(false);
  });

  return {
    element,
    /** @param {Knock} knock */
    update(knock) {
      const who = nameOf(knock.name);
      setText(badge, initials(knock.name));
      setText(name, who);
      setText(how, knockHow(knock));
      setText(message, knock.message);
      show(message, knock.message !== "");
      show(held, knock.held);
      setAttribute(admit, "aria-label", t("knock.let.name", { name: who }));
      setAttribute(later, "aria-label", t("knock.later.name", { name: who }));
      setAttribute(more.element, "aria-label", t("person.more", { name: who }));
      setAttribute(refuse, "aria-label", t("knock.refuse.name", { name: who }));
      setAttribute(block, "aria-label", t("knock.block.name", { name: who }));
      setAttribute(element, "aria-busy", String(latest()?.busy.includes(`knock/${id}`) === true));
    },
  };
}
