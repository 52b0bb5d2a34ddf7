// Personal invitations, for hosts: who they are for, how often they were used, copy, revoke, and a form for one more.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
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
  const label = h("input", { class: "input input-small", id: "invitation-label", type: "text", maxlength: 64, autocomplete: "off", spellcheck: "false", placeholder: "Ana" });
  const uses = h("input", { class: "input input-small input-number", id: "invitation-uses", type: "number", min: 1, max: mostUses, value: 1, inputmode: "numeric" });
  const make = button({ label: "Make invitation", className: "button-small", type: "submit" });
  const form = h("form", {
    class: "invitation-form",
    onsubmit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void invite();
    },
  },
  h("div", { class: "field" }, h("label", { class: "field-label", for: "invitation-label" }, "For whom"), label),
  h("div", { class: "field" }, h("label", { class: "field-label", for: "invitation-uses" }, "Uses"), uses),
  make.element);
  const title = h("summary", {}, "Invitations");
  const element = h("details", { class: "more" }, title,
    h("p", { class: "small" }, "A link of its own for each guest. It lets them in past a closed door, and can be taken back."), list, form);

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
      setText(title, invitations.length > 0 ? `Invitations (${invitations.length})` : "Invitations");
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
  const revoke = h("button", { type: "button", class: "button button-small button-plain button-warn", onclick: () => void hosting.revoke(id) }, "Revoke");
  return {
    element: h("li", { class: "row row-invitation" }, h("div", { class: "row-words" }, name, used), h("div", { class: "fact-actions" }, copy, revoke)),
    /** @param {Invitation} invitation */
    update(invitation) {
      const who = invitation.label || "somebody";
      const { text, tooOften } = usedSentence(invitation);
      const copied = latest()?.copied === id;
      setText(name, `For ${who}`);
      setText(used, text);
      setAttribute(used, "data-tone", tooOften ? "amber" : null);
      setText(copy, copied ? "Copied" : "Copy");
      setAttribute(copy, "aria-label", copied ? "Copied" : `Copy the invitation for ${who}`);
      setAttribute(revoke, "aria-label", `Revoke the invitation for ${who}`);
      // Only the page that made it has the link; after a reload it can still be taken back.
      show(copy, latest()?.invitationLinks[id] !== undefined);
    },
  };
}
