// Somebody at the door, for a host: let in, not now (with a few words), refuse, refuse and block.

import { h, setAttribute, setText, show } from "../dom.js";
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
  const held = h("p", { class: "small" }, "Knows that you have seen it, and waits.");
  const admit = h("button", { type: "button", class: "button button-small", onclick: () => void hosting.admit(id) }, "Let in");
  const later = h("button", { type: "button", class: "button button-small button-quiet", "aria-expanded": "false", onclick: () => open(field.hidden === true) }, "Not now");
  const refuse = h("button", { type: "button", class: "button button-small button-quiet button-warn", onclick: () => void hosting.refuse(id, false) }, "Refuse");
  const block = h("button", { type: "button", class: "button button-small button-quiet button-warn", onclick: () => void hosting.refuse(id, true) }, "Refuse and block");
  const refusals = h("div", { class: "row-actions", hidden: true }, refuse, block);
  const more = moreButton(refusals);
  const words = h("input", { class: "input input-small", type: "text", maxlength: 140, autocomplete: "off", placeholder: "We begin at five past", id: `hold-${id}` });
  const field = h("form", {
    class: "field row-form", hidden: true,
    onsubmit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void hosting.hold(id, words.value.trim());
      open(false);
    },
  },
  h("label", { class: "field-label", for: `hold-${id}` }, "A few words", h("span", { class: "field-aside" }, "optional")),
  h("div", { class: "choice-row" }, words, h("button", { type: "submit", class: "button button-small" }, "Say")));
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
      setAttribute(admit, "aria-label", `Let in ${who}`);
      setAttribute(later, "aria-label", `Not now: ${who}`);
      setAttribute(more.element, "aria-label", `More for ${who}`);
      setAttribute(refuse, "aria-label", `Refuse ${who}`);
      setAttribute(block, "aria-label", `Refuse and block ${who}`);
      setAttribute(element, "aria-busy", String(latest()?.busy.includes(`knock/${id}`) === true));
    },
  };
}
