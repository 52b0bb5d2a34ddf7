/**
 * What Chromium is told of a press or a key, and whether the page came to hear of it: the browser answers that it has taken an
 * input either way.
 */

/** @typedef {import("./page.mjs").Page} Page */

/** Runs in the page, with an element as `this`: notes where the next event of this kind arrives. */
const HEARKEN = `${/** @this {Element} @param {string} kind */ function (kind) {
  const element = this;
  const view = /** @type {any} */ (element.ownerDocument.defaultView);
  view.__arrived = "";
  view.addEventListener(kind, (/** @type {Event} */ event) => {
    const target = /** @type {Element} */ (event.composedPath()[0]);
    const isHere = event.composedPath().includes(element) || target.contains(element) || target.closest("label")?.control === element;
    view.__arrived = isHere ? "here" : target.outerHTML.slice(0, 200);
  }, { capture: true, once: true });
}}`;

/** Runs in the page: where it arrived, or "". */
const HEARD = `${/** @this {Element} */ function () {
  return /** @type {any} */ (this.ownerDocument.defaultView).__arrived;
}}`;

/**
 * Does an input. What did not arrive is done again, once, as a person would, and said; what arrived at something else ends the test.
 * @param {Page} page
 * @param {(method: string, params: Record<string, unknown>) => Promise<any>} send to the page's browser
 * @param {"click" | "keydown"} kind
 * @param {string} element what it is for, or an ancestor of that
 * @param {() => Promise<void>} press
 */
export async function arrives(page, send, kind, element, press) {
  for (const last of [false, true]) {
    await send("Runtime.callFunctionOn", { objectId: element, functionDeclaration: HEARKEN, arguments: [{ value: kind }] });
    await press();
    /** @type {string} */
    let where;
    try {
      where = (await send("Runtime.callFunctionOn", { objectId: element, functionDeclaration: HEARD, returnByValue: true })).result.value;
    } catch {
      return; // The press closed or changed the page, so it arrived.
    }
    if (where === "here") return;
    const problem = where === "" ? `${kind} did not reach the page` : `${kind} reached ${where}`;
    if (where !== "" || last) throw await page.failure(problem);
    process.stderr.write(`e2e: ${page.name}: ${problem}; once more\n`);
  }
}

/** How a key goes down and up, for Input.dispatchKeyEvent. @param {string} key a letter or digit, or "Tab", "Enter", "Escape", "Space" */
export function strokeOf(key) {
  const [name, code, number, text] = { Tab: ["Tab", "Tab", 9, ""], Enter: ["Enter", "Enter", 13, "\r"], Escape: ["Escape", "Escape", 27, ""], Space: [" ", "Space", 32, " "] }[key]
    ?? [key, `${/\d/.test(key) ? "Digit" : "Key"}${key.toUpperCase()}`, key.toUpperCase().charCodeAt(0), key];
  const press = { key: name, code, windowsVirtualKeyCode: number };
  return {
    down: { type: text === "" ? "rawKeyDown" : "keyDown", ...press, ...(text !== "" && { text }) },
    up: { type: "keyUp", ...press },
  };
}
