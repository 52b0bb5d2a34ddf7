// The summary of a meeting in standard mode: what this page saw, collected while it is in and written as plain text when
// somebody wants it. Off the record it collects nothing. Pure; saving it is summaries.js's.

import { language, t, timeOf } from "./language.js";
import { nameOf } from "./words.js";
import { sizeOf, toldBy } from "./words_talk.js";

/** @typedef {import("./state.js").Snapshot} Snapshot */
/** `from` and `to`: when this page first and last saw that person. @typedef {{name: string, from: Date, to: Date, host: boolean, self: boolean}} Attendance */

/** People that are listed. */
const PEOPLE = 256;

export class Summary {
  #room;
  /** @type {Map<string, Attendance>} */ #people = new Map();
  /** @type {import("./talk.js").Talk | null} */ #talk = null;

  /** @param {string} room its name, or empty */
  constructor(room) {
    this.#room = room;
  }

  /** Whether there is anything to be saved. */
  get ready() { return this.#talk !== null; }

  /**
   * What there is now.
   * @param {Pick<Snapshot, "state" | "me" | "people" | "talk"> & {house: Pick<Snapshot["house"], "rules">}} snapshot @param {Date} now
   */
  see({ state, me, people, talk, house: { rules } }, now) {
    if (rules === null || rules.offRecord || (state !== "in" && state !== "reconnecting")) return;
    this.#talk = talk;
    this.#meet(me.id, { name: me.name, host: me.host, self: true }, now);
    for (const { id, name, host } of people) this.#meet(id, { name, host, self: false }, now);
  }

  /** @returns {string} */
  text() {
    const { chat, polls, files } = this.#talk ?? { chat: [], polls: [], files: [] };
    const people = [...this.#people.values()];
    const times = people.flatMap(({ from, to }) => [from.getTime(), to.getTime()]);
    const [from, to] = [new Date(Math.min(...times)), new Date(Math.max(...times))];
    return [
      heading(t("summary.title"), "="),
      ...(this.#room === "" ? [] : [t("summary.room", { room: this.#room })]),
      ...(times.length > 0 ? [`${new Intl.DateTimeFormat(language(), { dateStyle: "long" }).format(from)}, ${span(from, to)}`] : []),
      "", heading(t("summary.people"), "-"), ...listed(people.map(attendanceLine)),
      "", heading(t("chat"), "-"), ...listed(chat.map(messageLines)),
      "", heading(t("summary.polls"), "-"), ...listed(polls.map(pollLines)),
      "", heading(t("summary.files"), "-"), ...listed(files.filter(({ to: one }) => one === "").map(fileLine)),
      "", t("summary.foot"), "",
    ].join("\n");
  }

  /** @param {string} id @param {Pick<Attendance, "name" | "host" | "self">} about @param {Date} now */
  #meet(id, about, now) {
    const known = this.#people.get(id);
    if (!known && this.#people.size >= PEOPLE) return;
    this.#people.set(id, { ...about, from: known?.from ?? now, to: now });
  }
}

/** @param {string} text @param {string} line */
function heading(text, line) {
  return `${text}\n${line.repeat(text.length)}`;
}

/** @param {readonly string[]} lines */
function listed(lines) {
  return lines.length > 0 ? lines : [t("summary.none")];
}

/** @param {Date} from @param {Date} to */
function span(from, to) {
  return `${timeOf(from)}\u2013${timeOf(to)}`;
}

/** @param {Attendance} person */
function attendanceLine({ name, from, to, host, self }) {
  const more = [self && t("summary.you"), host && t("summary.host")].filter(Boolean);
  return `- ${nameOf(name)}${more.length > 0 ? ` (${more.join(", ")})` : ""}, ${span(from, to)}`;
}

/** @param {import("../sdk/parlour.js").ChatMessage} message */
function messageLines({ at, name, text, told, kept, disputed, back }) {
  if (back) return `${timeOf(at)} ${t("message.back.theirs", { name: nameOf(name) })}`;
  const on = [kept && t("chat.kept"), told.length > 0 && toldBy(told), disputed && t("chat.disputed")].filter(Boolean);
  const [first = "", ...others] = text.split("\n");
  return [`${timeOf(at)} ${nameOf(name)}${on.length > 0 ? ` (${on.join("; ")})` : ""}: ${first}`, ...others.map((line) => `      ${line}`)].join("\n");
}

/** @param {import("../sdk/parlour.js").Poll} poll */
function pollLines({ question, name, choices, open, secret }) {
  const about = [nameOf(name), open && t("summary.open"), secret && t("summary.secret")].filter(Boolean).join(", ");
  return [`${question} (${about})`, ...choices.map(({ text, votes, voters }) => {
    const who = voters.length > 0 ? ` (${voters.map((voter) => nameOf(voter.name)).join(", ")})` : "";
    return `- ${text}: ${votes}${who}`;
  })].join("\n");
}

/** @param {import("../sdk/parlour.js").FileOffer} offer */
function fileLine({ file, size, name, hash }) {
  return `- ${t("summary.file", { file, size: sizeOf(size), name: nameOf(name) })}, SHA-256 ${hash}`;
}
