// What the page says about doors, knocks, hosts, invitations and the code (seal.md 2, 7, 8). Names are what people
// typed and stand in quotation marks nowhere else than around what they said.

import { capital, t, timeOf } from "./language.js";
import { linkSentence, nameOf, namesOf, routeName } from "./words.js";
import { keepsNothing } from "./words_door.js";
import { qualityWords } from "./words_stage.js";

/** @typedef {import("./expected.js").Door} Door */
/** @typedef {import("./expected.js").Rules} Rules */
/** @typedef {import("./expected.js").Knock} Knock */
/** @typedef {import("./expected.js").Waiting} Waiting */
/** @typedef {import("../sdk/parlour.js").Person} Person */
/** @typedef {import("./expected.js").Code} Code */
/** @typedef {import("./house.js").Dialog} Dialog */

/** What somebody reads whom a host asks to mute. @param {string} name of the host, may be empty @returns {string} */
export function muteQuestion(name) {
  return t("mute.asked", { name: nameOf(name) });
}

/** A room of the wished name is there. @param {string} address @returns {string} */
export function nameTaken(address) {
  return t("start.taken", { address });
}

/**
 * Beside the link, for the first one here.
 * @param {Door | undefined} door
 * @param {boolean} [named] reached by a name
 * @returns {string}
 */
export function invitationSentence(door, named = false) {
  if (door === undefined || door === "open") return t(named ? "chair.open.named" : "chair.open");
  return t(`chair.${door}`);
}

/**
 * @param {Waiting} waiting
 * @returns {{title: string, text: string}}
 */
export function waitingWords({ what }) {
  const key = what === "knocking" || what === "checking-password" ? "door" : what;
  return { title: t(`knocking.${key}`), text: t(`knocking.${key}.text`) };
}

/**
 * Said aloud when somebody new stands at the door.
 * @param {readonly Knock[]} knocks
 * @returns {string}
 */
export function knockSentence(knocks) {
  const count = knocks.length;
  if (count === 0) return "";
  return count > 3 ? t("knock.many", { count }) : t("knock.names", { names: namesOf(knocks.map(({ name }) => name)), count });
}

/**
 * By what right somebody stands there. A name alone proves nothing.
 * @param {Knock} knock
 * @returns {string}
 */
export function knockHow({ how, via }) {
  switch (how) {
    case "knock": return t("knock.how");
    case "invitation": return via ? t("knock.invited.label", { label: via }) : t("knock.invited");
    case "left-over": return via ? t("knock.left-over.name", { name: nameOf(via) }) : t("knock.left-over");
  }
}

/**
 * What is known of a person, as short marks; amber where a host let in a name that nobody has checked.
 * @param {Person} person
 * @returns {{text: string, tone: "" | "good" | "amber"}[]}
 */
export function marksOf({ host, admitted, ticked, renamed, audio, link, route, quality }) {
  /** @type {{text: string, tone: "" | "good" | "amber"}[]} */
  const marks = [];
  if (host) marks.push({ text: t("mark.host"), tone: "" });
  if (ticked) marks.push({ text: t("mark.ticked"), tone: "good" });
  if (renamed) marks.push({ text: t("mark.renamed"), tone: "amber" });
  if (admitted) marks.push({ text: admittedBy(admitted), tone: ticked ? "" : "amber" });
  if (!ticked) marks.push({ text: t("mark.unverified"), tone: admitted || renamed ? "amber" : "" });
  if (!audio) marks.push({ text: t("mark.muted"), tone: "" });
  if (link !== "connected") marks.push({ text: linkSentence(link), tone: "" });
  else if (route) marks.push({ text: routeName(route), tone: "" });
  if (quality && quality.bars <= 2) marks.push({ text: capital(qualityWords(quality)), tone: "amber" });
  return marks;
}

/** @param {NonNullable<Person["admitted"]>} admitted @returns {string} */
function admittedBy({ by, via, at }) {
  const time = timeOf(at);
  if (via.trim()) return t("mark.invited", { label: via.trim(), time });
  return by.trim() ? t("mark.admitted", { name: by.trim(), time }) : t("mark.admitted.host", { time });
}

/**
 * @param {number} count
 * @returns {string}
 */
export function wrongPasswordsSentence(count) {
  return count === 0 ? "" : t("password.wrong", { count });
}

/**
 * @param {{uses: number, used: number}} invitation
 * @returns {{text: string, tooOften: boolean}}
 */
export function usedSentence({ uses, used }) {
  if (used > uses) return { text: t("invitation.too-often", { used: times(used), uses: times(uses) }), tooOften: true };
  if (used === 0) return { text: uses === 1 ? t("invitation.unused") : t("invitation.unused.many", { count: uses }), tooOften: false };
  return { text: uses === 1 ? t("invitation.used") : t("invitation.used.of", { used, count: uses }), tooOften: false };
}

/** @param {number} count @returns {string} */
function times(count) {
  return count === 1 ? t("invitation.once") : count === 2 ? t("invitation.twice") : t("invitation.times", { count });
}

/**
 * Whom a code is about: "Covers you, Ana, and Ben. Not Dan (asleep)."
 * @param {Code} code
 * @param {readonly Person[]} people
 * @returns {string}
 */
export function coverage({ covers, missing }, people) {
  const named = (/** @type {readonly string[]} */ ids) => people.filter(({ id }) => ids.includes(id)).map(({ name }) => nameOf(name));
  const not = named(missing).map((name) => t("code.asleep", { name }));
  return [t("code.covers", { names: namesOf([t("code.covers.you"), ...named(covers)]) }), not.length > 0 && t("code.misses", { names: namesOf(not) })].filter(Boolean).join(" ");
}

/**
 * How the checking goes.
 * @param {Code["state"]} state
 * @returns {string}
 */
export function codeSentence(state) {
  return t(state === "press" ? "code.disturbed" : `code.${state}`);
}

/**
 * What a dialog asks that is answered by yes or by going back. `name` is of whom it is about.
 * @param {Dialog["about"]} about
 * @param {string} name
 * @param {{open: boolean, host?: boolean, named?: boolean}} here whether the door is open, whether this person is host, and
 *   whether the room is reached by a name
 * @returns {{title: string, text: string, yes: string, grave: boolean} | null} null for dialogs of another kind
 */
export function questionOf(about, name, { open, host = false, named = false }) {
  const who = { name: nameOf(name) };
  switch (about) {
    case "settings":
    case "poll":
    case "offer":
    case "code":
    case "leave":
    case "elsewhere":
    case "unmet":
    case "invite":
    case "device": return null;
    case "close-door": return { title: t("ask.close-door"), text: keepsNothing(host, true), yes: t("ask.close-door.yes"), grave: true };
    case "end": return { title: t("ask.end"), text: t(named ? "ask.end.text.named" : "ask.end.text"), yes: t("ask.end.yes"), grave: true };
    case "new-link": return { title: t("ask.new-link"), text: t("ask.new-link.text"), yes: t("ask.new-link.yes"), grave: false };
    case "no-password": return { title: t("ask.no-password"), text: t(named ? "ask.no-password.text.named" : "ask.no-password.text"), yes: t("ask.no-password.yes"), grave: false };
    case "forget": return { title: t("ask.forget"), text: t("ask.forget.text"), yes: t("ask.forget.yes"), grave: true };
    case "remove": return {
      title: t("ask.remove", who),
      text: t(!open ? "ask.remove.text" : named ? "ask.remove.text.named" : "ask.remove.text.open", who),
      yes: t("ask.remove.yes", who), grave: true,
    };
    case "take-back": return { title: t("ask.take-back"), text: t("ask.take-back.text"), yes: t("message.back"), grave: true };
    case "record": return { title: t("ask.record"), text: t("ask.record.text"), yes: t("ask.record.yes"), grave: false };
    case "make-host": return { title: t("ask.make-host", who), text: t("ask.make-host.text", who), yes: t("ask.make-host.yes", who), grave: false };
  }
}

/**
 * Somebody is just coming in, and a host is about to close the way.
 * @param {readonly string[]} who names, empty where not known
 * @returns {{title: string, text: string, yes: string, grave: boolean}}
 */
export function unmetQuestion(who) {
  const known = who.filter((name) => name.trim() !== "");
  const others = who.length - known.length;
  const rest = others === 0 ? [] : [known.length > 0 ? t("ask.unmet.more", { count: others }) : others === 1 ? t("ask.unmet.somebody") : t("ask.unmet.people", { count: others })];
  const names = capital(namesOf([...known, ...rest]));
  return { title: t("ask.unmet"), text: t("ask.unmet.text", { names, count: who.length }), yes: t("ask.unmet.yes"), grave: true };
}

/**
 * Somebody who is in this room in another tab wants to come in here.
 * @returns {{title: string, text: string, move: string, again: string}}
 */
export function elsewhereWords() {
  return { title: t("elsewhere.title"), text: t("elsewhere.text"), move: t("elsewhere.move"), again: t("elsewhere.again") };
}

/**
 * What stands beside the link that makes another device host.
 * @param {boolean} kept this device stays host by itself
 * @returns {{title: string, text: string}}
 */
export function deviceLinkWords(kept) {
  return kept ? { title: t("device-link.title"), text: t("device-link.text") } : { title: t("device-link.keep"), text: t("device-link.keep.text") };
}

/**
 * What a host who leaves should know.
 * @param {readonly string[]} hosts names of other hosts who are here
 * @param {Rules | null} rules
 * @returns {string}
 */
export function leavingSentence(hosts, rules) {
  if (hosts.length > 0) return t("leaving.hosts", { names: namesOf(hosts), count: hosts.length });
  return t(rules?.door === "open" ? "leaving.open" : "leaving.closed");
}
