// Whose name a press is about, where the name under a button can change by itself: whoever means to let in Dan must not let in
// Eve, because he gave up and she knocked in that moment.

/** So long a name stands in the place of another one before a press counts, ms: longer than from the look to the finger. */
const STEADY_MS = 700;

/**
 * @param {() => number} [now] ms
 */
export function createSteady(now = () => performance.now()) {
  let id = "";
  /** When somebody else than `id` was last here; and since when `id` is. */
  let otherUntil = Number.NEGATIVE_INFINITY;
  let since = Number.NEGATIVE_INFINITY;
  let last = "";
  return {
    /** @param {string} next whose name stands there now; "" for nobody's */
    shows(next) {
      if (next === id) return;
      if (id !== "") [last, otherUntil] = [id, now()];
      id = next;
      since = now();
    },

    /** Whom a press is about; "" if it may have been meant for another. */
    get pressed() {
      const isReplaced = last !== id && since - otherUntil < STEADY_MS;
      return isReplaced && now() - since < STEADY_MS ? "" : id;
    },
  };
}
