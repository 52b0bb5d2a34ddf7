// What a person likes: how the page looks, what is done to one's sound, how much may be sent. Kept by this browser alone.

/**
 * `theme`: "" as the device has it. `cleanSound`: echo, noise and loudness are seen to by the browser; off for music. `mirror`: one's own picture
 * as in a mirror. `nudge`: say so when somebody who is muted seems to talk. `lowData`: small pictures both ways.
 * @typedef {{readonly theme: "" | "light" | "dark", readonly cleanSound: boolean, readonly mirror: boolean, readonly nudge: boolean, readonly lowData: boolean}} Habits
 */

/** @type {Habits} */
export const noHabits = Object.freeze({ theme: "", cleanSound: true, mirror: true, nudge: true, lowData: false });

/**
 * Reads what was stored; whatever is missing or of another type is as if nothing had been chosen.
 * @param {unknown} stored
 * @returns {Habits}
 */
export function parseHabits(stored) {
  const found = /** @type {Record<string, unknown>} */ (typeof stored === "object" && stored !== null ? stored : {});
  const flag = (/** @type {"cleanSound" | "mirror" | "nudge" | "lowData"} */ name) => (typeof found[name] === "boolean" ? found[name] : noHabits[name]);
  const theme = found["theme"];
  return {
    theme: theme === "light" || theme === "dark" ? theme : "",
    cleanSound: flag("cleanSound"),
    mirror: flag("mirror"),
    nudge: flag("nudge"),
    lowData: flag("lowData"),
  };
}

/** What of it style sheets ask for. tokens.css follows the theme, and so does the browser's bar above the page. @param {Habits} habits */
export function showHabits({ theme, mirror }) {
  const { dataset } = document.documentElement;
  dataset["mirror"] = mirror ? "on" : "off";
  if ((dataset["theme"] ?? "") === theme) return;
  if (theme === "") delete dataset["theme"];
  else dataset["theme"] = theme;
  for (const meta of document.querySelectorAll("meta[name=theme-color]")) {
    const its = meta.getAttribute("data-theme") ?? (meta.getAttribute("media")?.includes("dark") ? "dark" : "light");
    meta.setAttribute("data-theme", its);
    meta.setAttribute("media", theme === "" ? `(prefers-color-scheme: ${its})` : its === theme ? "all" : "not all");
  }
}
