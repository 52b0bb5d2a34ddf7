// Personal invitations, for hosts: who they are for, how often they were used, copy, revoke, and a form for one more.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { t } from "../language.js";
import { usedSentence } from "../words_house.js";
import { button } from "./parts.js";

/** @typedef {import("../expected.js").Invitation} Invitation */
/** @typedef {import("../state.js").State} State */
/** @typedef {import("../hosting.js").Hosting} Hosting */

const mostUses = 16;

/**
 * @param {Hosting} hosting
 */
export function createInvitations(hosting) {
  const list = h("ul", { class: "rows", role: "list" });
  const label = h("input", { class: "input input-small", id: "invitation-label", type: "text", maxlength: 64, autocomplete: "off", spellcheck: "false", placeholder: t("invitations.whom.example") });
  const uses = h("input", { class: "input input-small input-number", id: "invitation-uses", type: "number", min: 1, max: mostUses, value: 1, inputmode: "numeric" });
  const make = button({ label: t("invitations.make"), className: "button-small", type: "submit" });
  const form = h("form", {
    class: "invitation-form",
    onsubmit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void invite();
    },
  },
  h("div", { class: "field" }, h("label", { class: "field-label", for: "invitation-label" }, t("invitations.whom")), label),
  h("div", { class: "field" }, h("label", { class: "field-label", for: "invitation-uses" }, t("invitations.uses")), uses),
  make.element);
  const title = h("summary", {}, t("invitations"));
  const element = h("details", { class: "more" }, title,
    h("p", { class: "small" }, t("invitations.text")), list, form);

  async function invite() {
    const many = Math.min(Math.max(Math.trunc(Number(uses.value)) || 1, 1), mostUses);
    if (!await hosting.invite({ label: label.value.trim(), uses: many })) return;
    label.value = "";
    uses.value = "1";
    label.focus();
  }

  /** @type {State | null} */
  let latest = null;
  const follow = keyed(list, (/** @type {Invitation} */ { id }) => createInvitation(id, hosting, () => latest), () => title);

  return {
    element,
    /** @param {State} state */
    update(state) {
      latest = state;
      const invitations = state.house.invitations ?? [];
      setText(title, invitations.length > 0 ? t("invitations.count", { count: invitations.length }) : t("invitations"));
      show(list, invitations.length > 0);
      follow(invitations);
      make.setBusy(state.busy.includes("invite"));
    },
  };
}

/**
 * @param {string} id
 * @param {Hosting} hosting
 * @param {() => State | null} latest
 */
function createInvitation(id, hosting, latest) {
  const name = h("span", { class: "row-name" });
  const used = h("span", { class: "row-marks" });
  const copy = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => void hosting.copyInvitation(id) });
  const revoke = h("button", { type: "button", class: "button button-small button-plain button-warn", onclick: () => void hosting.revoke(id) }, t("invitation.revoke"));
  return {
    element: h("li", { class: "row row-invitation" }, h("div", { class: "row-words" }, name, used), h("div", { class: "fact-actions" }, copy, revoke)),
    /** @param {Invitation} invitation */
    update(invitation) {
      const who = invitation.label;
      const { text, tooOften } = usedSentence(invitation);
      const copied = latest()?.copied === id;
      setText(name, who ? t("invitation.for", { name: who }) : t("invitation.for.nobody"));
      setText(used, text);
      setAttribute(used, "data-tone", tooOften ? "amber" : null);
      setText(copy, t(copied ? "copied" : "invitation.copy"));
      setAttribute(copy, "aria-label", copied ? t("copied") : who ? t("invitation.copy.name", { name: who }) : t("invitation.copy.nobody"));
      setAttribute(revoke, "aria-label", who ? t("invitation.revoke.name", { name: who }) : t("invitation.revoke.nobody"));
      // Only the page that made it has the link; after a reload it can still be taken back.
      show(copy, latest()?.invitationLinks[id] !== undefined);
    },
  };
}
