/**
 * A page's clock in the hands of a test: minutes pass in a moment, as the page counts them.
 *
 * Only what the page's own tick of 500 ms sees moves (seal.md 0, awake time); timers, media and the server go on as they
 * do. So what is tried is the page's patience, and whoever else is in the room must bear that this one's minutes are short.
 */

/** @typedef {import("../lib/page.mjs").Page} Page */

/** To be called once the document has loaded and before anybody joins. @param {Page} page */
export function takeClock(page) {
  return page.evaluate(() => {
    const w = /** @type {any} */ (window);
    if (w.clock) return;
    const clock = (w.clock = { ahead: 0, tick: () => {} });
    const now = performance.now.bind(performance);
    performance.now = () => now() + clock.ahead;
    const every = window.setInterval.bind(window);
    window.setInterval = /** @type {any} */ ((/** @type {() => void} */ handler, /** @type {number} */ ms) => {
      if (ms === 500) clock.tick = handler;
      return every(handler, ms);
    });
  });
}

/** So much awake time passes at once, in ticks as they come. @param {Page} page @param {number} ms */
export function leap(page, ms) {
  return page.evaluate(async (span) => {
    const { clock } = /** @type {any} */ (window);
    const { port1, port2 } = new MessageChannel();
    for (let passed = 0; passed < span; passed += 500) {
      clock.ahead += 500;
      clock.tick();
      // What the tick began is done before the next one; timers would be clamped.
      await new Promise((resolve) => {
        port1.onmessage = () => resolve(undefined);
        port2.postMessage(0);
      });
    }
    port1.close();
  }, ms);
}
