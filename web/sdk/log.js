// Who did what: sentences about the changes from one set of rules to the next (seal.md 2). Read from the rules, so that
// everybody's log says the same whatever anybody claims; only hosts sign rules.

/** @typedef {import("./seal/rules.js").Rules} Rules */
/** @typedef {import("./types.js").LogEntry} LogEntry */

/** Entries kept; the oldest make way. */
const ENTRIES = 200;

const doors = Object.freeze({
  open: "opened the door to everybody with the link",
  knock: "asked everybody to knock",
  invite: "opened the door to the invited only",
  locked: "locked the door",
});

export class Log {
  /** @type {readonly LogEntry[]} */ entries = Object.freeze([]);

  /** @param {string} code @param {string} text @param {Partial<Pick<LogEntry, "what" | "who" | "about" | "label" | "count" | "when">>} [of] `what` is the code if it is not said */
  add(code, text, { what = code, who = "", about = "", label = "", count = 0, when = null } = {}) {
    this.entries = Object.freeze([...this.entries, Object.freeze({ at: new Date(), code, text, what, who, about, label, count, when })].slice(-ENTRIES));
  }

  /**
   * @param {Rules | null} before @param {Rules} after @param {string} who did it: "You" or "The host"
   * @param {(spk: string) => string} nameOf @param {string} [me] this person
   */
  compare(before, after, who, nameOf, me = "") {
    if (!before) return;
    const by = who === "You" ? "you" : "host";
    /** @param {string} code @param {string} spk @returns {Partial<LogEntry>} */
    const of = (code, spk) => (spk === me ? { what: `${code}.me` } : { what: `${code}.${by}`, about: nameOf(spk) });
    const removed = after.removed.filter((spk) => !before.removed.includes(spk));
    for (const spk of removed) this.add("removed", `${who} removed ${nameOf(spk) || "somebody"}.`, of("removed", spk));
    for (const spk of admittedBy(before, after)) this.add("admitted", `${who} let ${nameOf(spk) || "somebody"} in.`, of("admitted", spk));
    if (after.door !== before.door) this.add("door", `${who} ${doors[after.door]}.`, { what: `${after.door}.${by}` });
    if (after.link?.id !== before.link?.id) this.add("link", `${who} made a new link. The old one lets nobody new in.`, { what: `link.${by}` });
    if (after.pw !== before.pw) this.add("password", after.pw === 0 ? `${who} took the password away.` : `${who} set a password.`, { what: `${after.pw === 0 ? "no-password" : "password"}.${by}` });
    if (after.cap !== before.cap) this.add("cap", `${who} made room for ${after.cap} people.`, { what: `cap.${by}`, count: after.cap });
    if (after.ends !== before.ends) {
      const when = after.ends === undefined ? null : new Date(after.ends * 1000);
      const text = when ? `had the meeting end at ${when.toTimeString().slice(0, 5)}` : "took the time away at which the meeting ends";
      this.add("ends", `${who} ${text}.`, { what: `${when ? "ends" : "no-end"}.${by}`, when });
    }
    if (after.over && !before.over) this.add("over", `${who} ended the meeting.`, { what: `over.${by}` });
  }
}

/**
 * Who was let in by these rules: who is listed anew although nothing was tightened, which lists everybody.
 * @param {Rules} before @param {Rules} after @returns {string[]} spk
 */
export function admittedBy(before, after) {
  const same = after.door === before.door && after.pw === before.pw && after.link?.id === before.link?.id;
  const tightened = !same || after.removed.some((spk) => !before.removed.includes(spk));
  return tightened || after.door === "open" ? [] : after.members.filter((spk) => !before.members.includes(spk));
}
