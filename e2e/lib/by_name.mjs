/**
 * Finds a control by role and name from the document alone.
 *
 * For Firefox: its own lookup by role and accessible name (`browsingContext.locateNodes`) takes up to ten seconds on a busy
 * machine to say that something is not there, and holds up the page meanwhile; a control that came a moment later was then
 * missed. In Chromium, which runs the same stories, names are the accessible ones.
 */

/**
 * Runs in the page.
 * @param {string} role @param {string} name
 * @returns {Element | null} the first visible one
 */
function byName(role, name) {
  const selectors = /** @type {Record<string, string>} */ ({
    button: "button, summary, input[type=button], input[type=submit]",
    textbox: "textarea, input:not([type]), input[type=text], input[type=password], input[type=url], input[type=search]",
    link: "a[href]",
    checkbox: "input[type=checkbox]:not([role])",
    radio: "input[type=radio]",
    combobox: "select",
  });
  const selector = [selectors[role], `[role=${role}]`].filter(Boolean).join(", ");
  /** Text of what is to be seen or read out. @type {(node: Node) => string} */
  const spoken = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.nodeValue ?? "";
    if (node instanceof Element && (node.getAttribute("aria-hidden") === "true" || getComputedStyle(node).display === "none")) return "";
    return [...node.childNodes].map(spoken).join("");
  };
  const bare = (/** @type {string | null | undefined} */ text) => (text ?? "").replaceAll(/\s+/g, "");
  const names = (/** @type {HTMLInputElement} */ element) => {
    const by = (element.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)).map((label) => (label ? spoken(label) : "")).join("");
    const labels = [...(element.labels ?? [])].map(spoken).join("");
    return [by, element.getAttribute("aria-label"), labels, spoken(element), element.title].map(bare).find((text) => text !== "") ?? "";
  };
  const all = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(selector));
  return [...all].find((element) => names(element) === bare(name) && element.checkVisibility() && !element.closest("[inert], [aria-hidden=true]")) ?? null;
}

export const BY_NAME = byName.toString();
