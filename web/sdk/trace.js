// What the machines do, step by step, for whoever looks for a fault: nothing is kept and nothing is said unless the page
// has set `globalThis.parlourTrace` to a function that takes a line. Lines hold codes, numbers and the first letters of
// page ids, which are new with each load; never a name, an address, a description or a key.

/**
 * @param {string} pid of whom it is about @param {string} what @param {...(string | number | boolean | null)} more
 */
export function trace(pid, what, ...more) {
  const listener = /** @type {{parlourTrace?: (line: string) => void}} */ (globalThis).parlourTrace;
  listener?.([pid.slice(0, 4), what, ...more].join(" "));
}
