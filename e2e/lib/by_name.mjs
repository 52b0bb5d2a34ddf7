/**
 * Finds a control by role and name from the document alone.
 *
 * Firefox's own lookup by role and accessible name (`browsingContext.locateNodes`) takes seconds on a busy machine and now and
 * then answers for ten seconds that nothing is there while the page shows the control. So it is asked only for what the
 * document does not have by these plain rules; in Chromium, which runs the same stories, names are the accessible ones.
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
  const bare = (/** @type {string | null | undefined} */ text) => (text ?? "").replaceAll(/\s+/g, "");
  const names = (/** @type {HTMLInputElement} */ element) => {
    const by = (element.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent).join("");
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join("");
    return [by, element.getAttribute("aria-label"), labels, element.textContent, element.title].map(bare).find((text) => text !== "") ?? "";
  };
  const all = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(selector));
  return [...all].find((element) => names(element) === bare(name) && element.checkVisibility() && !element.closest("[inert], [aria-hidden=true]")) ?? null;
}

export const BY_NAME = byName.toString();
