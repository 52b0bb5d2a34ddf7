// @ts-check
/**
 * Beats: do the others see whom I see, and live by the same rules? (section 6) A beat gives no right.
 *
 * Compares lists and remembers since when they differ; sending beats, and what to do about other rules, is elsewhere.
 */
import { BEAT_LIST, BEAT_QUIET_MS, PAGES_DIFFER_MS, RULES_UNHEARD_MS } from "./limits.js";

/** What a page says: H(rules) of each of its states, and the hids of its persons, both sorted. @typedef {{rules: string[], pages: string[]}} Beat */
/**
 * `sees-more`: `hid` sees `about`, this page does not; `sees-less`: the other way round; `same-again`: no longer;
 * `rules-unheard`: `hid` has not confirmed the rules; `rules-heard`: it has.
 * @typedef {{code: "sees-more" | "sees-less" | "same-again" | "rules-unheard" | "rules-heard", hid: string, about?: string}} Finding
 */

/** base64url of 32 bytes, in its one spelling. */
const BYTES_32 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/**
 * @typedef {{beat: Beat | null, pagesSince: number, rulesSince: number, rulesSaid: boolean,
 *   differ: Map<string, {since: number, more: boolean, said: boolean}>}} Heard
 */

export class Beats {
  /** @type {string[]} */
  #pages = [];
  #pagesSince = 0;
  /** @type {string[]} */
  #rules = [];
  /** @type {Map<string, Heard>} */
  #heard = new Map();

  /** What this page says now. @param {Beat} beat @param {number} now @returns {boolean} whether it is another than before */
  own({ rules, pages }, now) {
    const pagesDiffer = !sameList(this.#pages, pages);
    const rulesDiffer = !sameList(this.#rules, rules);
    if (pagesDiffer) this.#pagesSince = now;
    this.#pages = pages;
    this.#rules = rules;
    for (const hid of pages) this.#of(hid, now);
    for (const hid of this.#heard.keys()) if (!pages.includes(hid)) this.#heard.delete(hid);
    return pagesDiffer || rulesDiffer;
  }

  /** @param {string} hid @param {Beat} beat @param {number} now @returns {boolean} whether its rules are other than ours */
  heard(hid, beat, now) {
    const heard = this.#of(hid, now);
    if (!heard.beat || !sameList(heard.beat.pages, beat.pages)) heard.pagesSince = now;
    heard.beat = beat;
    return !sameList(beat.rules, this.#rules);
  }

  /** Whether `hid` has said that it lives by the rules by which this page lives. @param {string} hid @param {readonly string[]} rules @returns {boolean} */
  agrees(hid, rules) {
    const { beat } = this.#heard.get(hid) ?? {};
    return beat ? sameList(beat.rules, rules) : false;
  }

  /** Pages that `hid` last named. @param {string} hid @returns {readonly string[]} */
  pagesOf(hid) {
    return this.#heard.get(hid)?.beat?.pages ?? [];
  }

  /** @param {string} hid */
  forget(hid) {
    this.#heard.delete(hid);
  }

  /**
   * What has lasted long enough to be said, and what no longer holds; each once.
   * @param {string} own hid of this page @param {(hid: string) => boolean} ignored pages about which nobody need agree
   * @param {number} now @returns {Finding[]}
   */
  findings(own, ignored, now) {
    /** @type {Finding[]} */
    const findings = [];
    for (const [hid, heard] of this.#heard) {
      this.#comparePages(findings, hid, heard, own, ignored, now);
      this.#compareRules(findings, hid, heard, now);
    }
    return findings;
  }

  /** @param {Finding[]} findings @param {string} hid @param {Heard} heard @param {string} own @param {(hid: string) => boolean} ignored @param {number} now */
  #comparePages(findings, hid, heard, own, ignored, now) {
    if (!heard.beat) return;
    const mine = new Set(this.#pages);
    const theirs = new Set(heard.beat.pages);
    const all = new Set([...mine, ...theirs]);
    for (const about of all) {
      if (about === own || about === hid || mine.has(about) === theirs.has(about) || ignored(about)) all.delete(about);
    }
    for (const [about, { said }] of heard.differ) {
      if (all.has(about)) continue;
      heard.differ.delete(about);
      if (said) findings.push({ code: "same-again", hid, about });
    }
    const quiet = now - Math.max(this.#pagesSince, heard.pagesSince) >= BEAT_QUIET_MS;
    for (const about of all) {
      const more = theirs.has(about);
      const known = heard.differ.get(about);
      const difference = known?.more === more ? known : { since: now, more, said: false };
      heard.differ.set(about, difference);
      if (difference.said || !quiet || now - difference.since < PAGES_DIFFER_MS) continue;
      difference.said = true;
      findings.push({ code: more ? "sees-more" : "sees-less", hid, about });
    }
  }

  /** @param {Finding[]} findings @param {string} hid @param {Heard} heard @param {number} now */
  #compareRules(findings, hid, heard, now) {
    if (heard.beat && sameList(heard.beat.rules, this.#rules)) {
      heard.rulesSince = now;
      if (heard.rulesSaid) findings.push({ code: "rules-heard", hid });
      heard.rulesSaid = false;
    } else if (!heard.rulesSaid && now - heard.rulesSince >= RULES_UNHEARD_MS) {
      heard.rulesSaid = true;
      findings.push({ code: "rules-unheard", hid });
    }
  }

  /** @param {string} hid @param {number} now @returns {Heard} */
  #of(hid, now) {
    const known = this.#heard.get(hid);
    if (known) return known;
    const heard = { beat: null, pagesSince: now, rulesSince: now, rulesSaid: false, differ: new Map() };
    this.#heard.set(hid, heard);
    return heard;
  }
}

/** A beat as it came; lists are bounded. @param {Record<string, unknown>} value @returns {Beat | null} */
export function readBeat({ rules, pages }) {
  return isList(rules) && isList(pages) ? { rules, pages } : null;
}

/** @param {unknown} value @returns {value is string[]} */
function isList(value) {
  return Array.isArray(value) && value.length <= BEAT_LIST && value.every((item) => typeof item === "string" && BYTES_32.test(item));
}

/** @param {readonly string[]} a @param {readonly string[]} b @returns {boolean} */
function sameList(a, b) {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
