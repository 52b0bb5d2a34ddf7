// What the seal and the connections have remarked and what still stands of it; sentences are made of them in notes.js.

/** Remarks kept at most; the oldest make way, red ones last. */
const REMARKS = 32;
/** Notes that take back others, and what notes of several codes have in common. @type {Readonly<Record<string, string>>} */
const answers = Object.freeze({ "same-again": "sees", "rules-heard": "rules-unheard", "host-again": "no-host" });
/** @type {Readonly<Record<string, string>>} */
const subjects = Object.freeze({ "sees-more": "sees", "sees-less": "sees" });

/** @typedef {import("./notes.js").Remark} Remark */
/** @typedef {import("./roster.js").Roster} Roster */

export class Remarks {
  #roster;
  /** @type {Map<string, Remark>} */ #all = new Map();

  /** @param {Roster} roster who has which name, and who is whose page */
  constructor(roster) {
    this.#roster = roster;
  }

  /** @returns {readonly Remark[]} */
  get list() { return [...this.#all.values()]; }

  /** @param {Extract<import("./seal/types.js").Output, {t: "note"}>} note */
  add({ colour, code, hid = "", pid = "", about = "" }) {
    const answered = answers[code];
    const person = this.#roster.page(hid)?.spk;
    // Red stays, so it is counted by person, and strangers are counted together: they can always come under another id.
    const whose = colour === "red" ? (person ?? "") : hid || pid;
    const key = `${answered ?? subjects[code] ?? code} ${whose} ${about}`;
    const times = (this.#all.get(key)?.times ?? 0) + 1;
    this.#all.delete(key);
    if (answered) return;
    const remark = { colour, code, who: this.#roster.nameOf(hid), about: this.#roster.nameOf(about), ...(person && { person }) };
    this.#all.set(key, colour === "red" ? { ...remark, times } : remark);
    if (this.#all.size > REMARKS) this.#all.delete(this.#oldest);
  }

  /** What was said of a page that came in, or went, holds no longer; red stays. @param {string} id hid or pid */
  forget(id) {
    for (const [key, { colour }] of this.#all) if (colour !== "red" && key.includes(id)) this.#all.delete(key);
  }

  get #oldest() {
    const keys = [...this.#all.keys()];
    return keys.find((key) => this.#all.get(key)?.colour !== "red") ?? keys[0] ?? "";
  }
}
