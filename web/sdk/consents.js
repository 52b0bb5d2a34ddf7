// Who agrees to a recording, as the page knows that makes it (docs/seal-notes-recording.md). Pure: time is an argument.
//
// A question is put to each page again and again, with a number. A yes counts from when the question was put that it answers,
// and not for long: what was said before, or is said again, or was on its way for a while, agrees to nothing.

/** How long a yes counts, ms. */
export const CONSENT_MS = 8_000;
/** An answer that was on its way for longer was given before whatever else its person has said meanwhile: it only has the question put again, ms. */
const LATE_MS = 3_000;
/** A page that has answered is asked again after so long; one that has not, as its person has not decided or nothing comes through, ms. */
const RENEW_MS = 2_000;
const REPEAT_MS = CONSENT_MS;
/** Who has not given a yes that counts for so long will not, ms. */
export const ANSWER_MS = 60_000;

/**
 * `n` and `putAt` of the question put last; `yesAt`: when the one was put that was answered with yes, or null; `since`: from when on
 * no yes has counted, or null while one does.
 * @typedef {{spk: string, n: number, putAt: number, isAnswered: boolean, yesAt: number | null, since: number | null}} Asked
 */

export class Consents {
  #put;
  /** By hid. @type {Map<string, Asked>} */ #pages = new Map();

  /** @param {(hid: string, n: number) => void} put */
  constructor(put) {
    this.#put = put;
  }

  /**
   * Who is here now. Pages that are new are asked; those that are gone are forgotten, with what they said.
   * @param {readonly {hid: string, spk: string}[]} here @param {number} now ms
   */
  follow(here, now) {
    for (const hid of this.#pages.keys()) if (!here.some((page) => page.hid === hid)) this.#pages.delete(hid);
    for (const { hid, spk } of here) if (!this.#pages.has(hid)) this.#ask(hid, { spk, n: 0, putAt: now, isAnswered: false, yesAt: null, since: now }, now);
    for (const [hid, page] of this.#pages) {
      const isFresh = this.#isFresh(page, now);
      if (isFresh) page.since = null;
      else page.since ??= now;
      // A clock that was set back makes no question wait.
      const passed = now - page.putAt;
      if (passed >= (page.isAnswered ? RENEW_MS : REPEAT_MS) || passed < 0) this.#ask(hid, page, now);
    }
  }

  /** There is something new to tell everybody, and with it the question. @param {number} now ms */
  askAll(now) {
    for (const [hid, page] of this.#pages) this.#ask(hid, page, now);
  }

  /** A page says yes. @param {string} hid @param {number} n of the question that it answers @param {number} now ms */
  take(hid, n, now) {
    const page = this.#pages.get(hid);
    if (!page || n !== page.n) return;
    const passed = now - page.putAt;
    // Also when its person took that long to decide: the page answers the next one by itself.
    if (passed > LATE_MS || passed < 0) return this.#ask(hid, page, now);
    page.isAnswered = true;
    page.yesAt = page.putAt;
  }

  /** Whether a page has been asked. @param {string} hid */
  has(hid) { return this.#pages.has(hid); }

  /** Pages without a yes that counts: hid. @param {number} now ms @returns {string[]} */
  missing(now) { return [...this.#pages].filter(([, page]) => !this.#isFresh(page, now)).map(([hid]) => hid); }

  /** People all of whose pages agree: spk. @param {number} now ms @returns {string[]} */
  people(now) {
    const all = [...this.#pages.values()];
    return [...new Set(all.map(({ spk }) => spk))].filter((spk) => all.every((page) => page.spk !== spk || this.#isFresh(page, now)));
  }

  /** Whether somebody has left the question open for too long. @param {number} now ms */
  isUnanswered(now) { return [...this.#pages.values()].some(({ since }) => since !== null && now - since >= ANSWER_MS); }

  /** @param {Asked} page @param {number} now */
  #isFresh({ yesAt }, now) {
    return yesAt !== null && now >= yesAt && now - yesAt < CONSENT_MS;
  }

  /** @param {string} hid @param {Asked} page @param {number} now */
  #ask(hid, page, now) {
    const n = page.n + 1;
    this.#pages.set(hid, { ...page, n, putAt: now, isAnswered: false });
    this.#put(hid, n);
  }
}
