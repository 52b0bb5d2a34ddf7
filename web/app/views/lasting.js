// How long the room lasts, in the panel: a time at which it ends by itself, and whether it stays when everybody has left.
// Guests see what holds, hosts change it.

import { h, setText, show } from "../dom.js";
import { dateOf, t, timeOf } from "../language.js";
import { switchField } from "./parts.js";

/** Minutes that a host can choose from. The first is not "now": there is a button for that. */
const minutes = [30, 60, 120];

/**
 * @param {import("../hosting.js").Hosting} hosting
 */
export function createLasting(hosting) {
  const chosen = h("option", { value: "chosen" });
  const never = h("option", { value: "never" }, t("lasting.never"));
  const select = h("select", {
    class: "select select-plain", id: "room-ends",
    onchange: () => void hosting.setEnd(select.value === "never" ? null : Number(select.value)),
  }, never, ...minutes.map((count) => h("option", { value: String(count) }, t("lasting.in", { count }))));
  const choice = h("div", { class: "field" }, h("label", { class: "field-label", for: "room-ends" }, t("lasting.ends")), select);
  const ends = h("p", { class: "small" });
  const keep = switchField({ title: t("lasting.keep"), text: t("lasting.keep.text"), onchange: (on) => void hosting.setKept(on) });
  const kept = h("p", { class: "small" });

  return {
    element: h("div", { class: "panel-lasting" }, choice, ends, keep.element, kept),
    /** @param {import("../state.js").State} state */
    update({ house: { rules, mayKeep }, me, busy }) {
      const at = rules?.ends ?? null;
      const until = rules?.keptUntil ?? null;
      if (at !== null) {
        setText(chosen, t("lasting.at", { time: timeOf(new Date(at)) }));
        setText(ends, t("lasting.ends.at", { time: timeOf(new Date(at)) }));
        if (!chosen.isConnected) select.prepend(chosen);
      } else chosen.remove();
      // What was chosen a moment ago stands there until the rules say it.
      if (!busy.includes("ends")) select.value = at === null ? "never" : "chosen";
      if (until !== null) setText(kept, t("lasting.kept", { date: dateOf(new Date(until)) }));
      keep.set(until !== null);
      show(choice, me.host);
      show(ends, !me.host && at !== null);
      show(keep.element, me.host && (mayKeep || until !== null));
      show(kept, until !== null);
    },
  };
}
