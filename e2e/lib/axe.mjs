/**
 * axe-core, a stranger's judgement of accessibility, put into a page by the test and never served to anybody.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Read when first needed, so that only the tests that ask for it want it installed. */
let source = "";

/**
 * What axe finds against its rules for WCAG 2.2 A and AA and good practice, one line each. Chromium only: its protocol runs scripts
 * past the page's own content security policy.
 * @param {import("./page.mjs").Page} page
 * @returns {Promise<string[]>} empty is good
 */
export async function axeFindings(page) {
  source ||= readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  if (!await page.evaluate("'axe' in window")) await page.evaluate(`(() => { ${source}; return true; })()`);
  return page.evaluate(async () => {
    const { violations } = await /** @type {any} */ (window).axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap((/** @type {any} */ { id, help, nodes }) => nodes.map((/** @type {any} */ node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.failureSummary?.split("\n").slice(1).join(" ").trim()}`));
  });
}
