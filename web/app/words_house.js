// What the page says about doors, knocks, hosts, invitations and the code (seal.md 2, 7, 8). Names are what people
// typed and stand in quotation marks nowhere else than around what they said.

import { linkSentence, nameOf, namesOf, routeName } from "./words.js";
import { qualityWords } from "./words_stage.js";

/** @typedef {import("./expected.js").Door} Door */
/** @typedef {import("./expected.js").Rules} Rules */
/** @typedef {import("./expected.js").Knock} Knock */
/** @typedef {import("./expected.js").Waiting} Waiting */
/** @typedef {import("../sdk/parlour.js").Person} Person */
/** @typedef {import("./expected.js").Code} Code */
/** @typedef {import("./house.js").Dialog} Dialog */

const plural = new Intl.PluralRules("en");
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** The door's four ways, in the order of strictness. @type {readonly {door: Door, name: string}[]} */
export const doors = Object.freeze([
  { door: "open", name: "Open" },
  { door: "knock", name: "Knock" },
  { door: "invite", name: "Invited" },
  { door: "locked", name: "Locked" },
]);

/**
 * Who can come in, in a sentence.
 * @param {Pick<Rules, "door" | "password"> | null} rules
 * @param {boolean} [named] reached by a name
 * @returns {string}
 */
export function doorSentence(rules, named = false) {
  switch (rules?.door) {
    case undefined: return "";
    case "open": {
      const key = named ? "who knows or guesses the name" : "with the link";
      return rules?.password ? `Anyone ${named ? "who knows the name" : key} and the password can come in.` : `Anyone ${key} can come in.`;
    }
    case "knock": return named ? "Anyone can knock, and a host lets people in." : "Whoever has the link can knock, and a host lets people in.";
    case "invite": return "Only personal invitations open the door.";
    case "locked": return "Nobody new can come in. Whoever leaves stays out; a reload of the page comes back.";
  }
}

/** Where a named room can be made: what a name is, and what protects it. */
/** What somebody reads whom a host asks to mute. @param {string} name of the host, may be empty @returns {string} */
export function muteQuestion(name) {
  return `${nameOf(name)} asks you to mute your microphone.`;
}

export const namedExplained = "A name can be said aloud, and anybody can guess it. What protects a named room is a password, a door at which people knock, or the code that you read to each other inside. Without a name the room has a link that nobody can guess.";

/** The same for who comes in by one. */
export const namedOutside = "Anybody can guess a name and open a room under it. Inside, read the code to each other: it shows that nobody is in between.";

/** Above the button that makes the code, in a named room. */
export const namedInside = "You met by a name, which anybody can guess. Read the code to each other before you say what matters.";

/**
 * Under the password field of a named room.
 * @param {boolean} vacant
 * @returns {string}
 */
export function namedPasswordHint(vacant) {
  return vacant
    ? "If you set one, everybody who comes needs it."
    : "If you were told one, type it: the page then shows you to nobody who does not know it.";
}

/**
 * Who is in, before one goes in.
 * @param {string} name
 * @returns {string}
 */
export function vacantSentence(name) {
  return `Nobody is in “${name}” yet. You will be the first one, and the host.`;
}

/** A room of the wished name is there. @param {string} address @returns {string} */
export function nameTaken(address) {
  return `A room of this name is open already. Go in at ${address}, or choose another name.`;
}

/**
 * Beside the link, for the first one here.
 * @param {Door | undefined} door
 * @param {boolean} [named] reached by a name
 * @returns {string}
 */
export function invitationSentence(door, named = false) {
  switch (door) {
    case undefined:
    case "open": if (named) return "Tell the name to whoever should come. Anybody can guess it, so look who comes in.";
      return "Send the link to whoever should come. It is the key to this room.";
    case "knock": return "Send the link to whoever should come. They knock, and you let them in.";
    case "invite": return "The door opens to personal invitations only: make them under People.";
    case "locked": return "The door is locked: nobody new can come in until it is opened under People.";
  }
}

/**
 * What stands before the name field about the door, for somebody who is outside; empty where there is nothing to know.
 * @param {Door | undefined} door
 * @returns {string}
 */
export function outsideSentence(door) {
  switch (door) {
    case undefined:
    case "open": return "";
    case "knock": return "A host lets people in one by one.";
    case "invite": return "People come in by personal invitation here. Without one you can come back only if you were in and did not leave.";
    case "locked": return "The door is locked. You can come back only if you were in and did not leave.";
  }
}

/**
 * @param {Waiting} waiting
 * @returns {{title: string, text: string}}
 */
export function waitingWords({ what }) {
  switch (what) {
    case "no-host": return { title: "Waiting for a host", text: "You are at the door, and no host is here at the moment. The page goes on by itself as soon as one comes." };
    case "held": return { title: "Not just yet", text: "A host has seen that you are here." };
    case "busy": return { title: "Passwords are not looked at now", text: "Too many wrong ones were tried here. Ask somebody who is in to allow more tries, or wait: the page goes on by itself." };
    case "knocking":
    case "checking-password": return { title: "You are at the door", text: "A host sees your name and lets you in." };
  }
}

/**
 * Said aloud when somebody new stands at the door.
 * @param {readonly Knock[]} knocks
 * @returns {string}
 */
export function knockSentence(knocks) {
  if (knocks.length === 0) return "";
  if (knocks.length > 3) return `${knocks.length} people are at the door.`;
  return `${namesOf(knocks.map(({ name }) => name))} ${knocks.length === 1 ? "is" : "are"} at the door.`;
}

/**
 * By what right somebody stands there. A name alone proves nothing.
 * @param {Knock} knock
 * @returns {string}
 */
export function knockHow({ how, via }) {
  switch (how) {
    case "knock": return "Has the link. The name is not verified.";
    case "invitation": return via ? `Came with the invitation “${via}”.` : "Came with an invitation.";
    case "left-over": return via ? `${nameOf(via)} says that this person was cut off while coming in.` : "Was cut off while coming in.";
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
  if (host) marks.push({ text: "Host", tone: "" });
  if (ticked) marks.push({ text: "Checked by you", tone: "good" });
  if (renamed) marks.push({ text: "Had another name when you checked", tone: "amber" });
  if (admitted) marks.push({ text: `${admittedBy(admitted)} at ${clock.format(admitted.at)}`, tone: ticked ? "" : "amber" });
  if (!ticked) marks.push({ text: "Name not verified", tone: admitted || renamed ? "amber" : "" });
  if (!audio) marks.push({ text: "Muted", tone: "" });
  if (link !== "connected") marks.push({ text: linkSentence(link), tone: "" });
  else if (route) marks.push({ text: routeName(route), tone: "" });
  if (quality && quality.bars <= 2) marks.push({ text: sentenceCase(qualityWords(quality)), tone: "amber" });
  return marks;
}

/** @param {string} text @returns {string} */
function sentenceCase(text) {
  return text.charAt(0).toLocaleUpperCase("en") + text.slice(1);
}

/** @param {NonNullable<Person["admitted"]>} admitted @returns {string} */
function admittedBy({ by, via }) {
  return via.trim() ? `Came with the invitation “${via.trim()}”` : `Let in by ${by.trim() || "the host"}`;
}

/** @param {Date} at @returns {string} such as 14:05 */
export function timeOf(at) {
  return clock.format(at);
}

/**
 * @param {number} count
 * @returns {string}
 */
export function wrongPasswordsSentence(count) {
  if (count === 0) return "";
  return plural.select(count) === "one" ? "1 wrong password so far." : `${count} wrong passwords so far.`;
}

/**
 * @param {{uses: number, used: number}} invitation
 * @returns {{text: string, tooOften: boolean}}
 */
export function usedSentence({ uses, used }) {
  if (used > uses) return { text: `Used ${times(used)}, though meant for ${times(uses)}`, tooOften: true };
  if (used === 0) return { text: uses === 1 ? "Not used yet" : `Not used yet, good for ${uses} people`, tooOften: false };
  return { text: uses === 1 ? "Used" : `Used ${used} of ${uses} times`, tooOften: false };
}

/** @param {number} count @returns {string} */
function times(count) {
  return count === 1 ? "once" : count === 2 ? "twice" : `${count} times`;
}

/**
 * Whom a code is about: "Covers you, Ana, and Ben. Not Dan (asleep)."
 * @param {Code} code
 * @param {readonly Person[]} people
 * @returns {string}
 */
export function coverage({ covers, missing }, people) {
  const named = (/** @type {readonly string[]} */ ids) => people.filter(({ id }) => ids.includes(id)).map(({ name }) => nameOf(name));
  const not = named(missing).map((name) => `${name} (asleep)`);
  return [`Covers ${namesOf(["you", ...named(covers)])}.`, not.length > 0 && `Not ${namesOf(not)}.`].filter(Boolean).join(" ");
}

/** Said when somebody else began a code. */
export const codeCame = "A code is ready, to check that nobody is in between. Read it to each other.";

/**
 * How the checking goes.
 * @param {Code["state"]} state
 * @returns {string}
 */
export function codeSentence(state) {
  switch (state) {
    case "none": return "Everybody gets the same pictures and numbers, if the page of each is connected with the page of each other and with nothing else. Reading them aloud shows it.";
    case "running": return "Making the code with everybody…";
    case "ready": return "Ask somebody to read theirs first. If they are the same as yours, tick whom you heard.";
    case "broken": return "No code came of this: somebody’s page did not answer in time. Try again.";
    case "press": return "Checking is being disturbed. From now on each try needs your own press.";
  }
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
  const who = nameOf(name);
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
    case "close-door": return { title: "Close the door?", text: keepsNothing(host, true), yes: "Close the door", grave: true };
    case "end": return { title: "End for everyone?", text: `The room closes for all of you, at once and for good. ${named ? "Its name is free for whoever comes next." : "Its link does not work again."}`, yes: "End for everyone", grave: true };
    case "new-link": return { title: "Make a new link?", text: "The old one lets nobody in any more. Everybody who is here stays and gets the new one by itself.", yes: "Make a new link", grave: false };
    case "no-password": return { title: "Remove the password?", text: named ? "Whoever knows or guesses the name can then come in." : "Whoever has the link can then come in without one.", yes: "Remove the password", grave: false };
    case "forget": return { title: "Forget this room here?", text: "You leave, and this device forgets the room’s link, its password and your key. With the link you can come again, as somebody new; if you are host here, not as host.", yes: "Leave and forget", grave: true };
    case "remove": return {
      title: `Remove ${who}?`,
      text: open && named
        ? `${who} goes out at once, but knows the name and may come as somebody else. From now on people knock, unless you set a new password.`
        : open ? `${who} goes out at once and cannot come back. As the door is open, the room also gets a new link, and the old one stops working.`
        : `${who} goes out at once and cannot come back.`,
      yes: `Remove ${who}`, grave: true,
    };
    case "make-host": return {
      title: `Make ${who} host?`,
      text: `${who} can then do all that you can: let people in, remove them, end the room. This cannot be taken back, by you or by anybody.`,
      yes: `Make ${who} host`, grave: false,
    };
  }
}

/**
 * What a browser that refuses storage means for the person in front of it.
 * @param {boolean} host
 * @param {boolean} closed the door is, or is about to be
 * @returns {string}
 */
export function keepsNothing(host, closed) {
  const first = "This browser keeps nothing for this page: after a reload you are somebody new";
  if (host) return `${first}, and no longer host${closed ? ", and you stand outside" : ""}. Keep your host link to come back.`;
  return closed ? `${first}, and you stand outside.` : `${first}, and a closed door stays closed for you.`;
}

/**
 * Somebody is just coming in, and a host is about to close the way.
 * @param {readonly string[]} who names, empty where not known
 * @returns {{title: string, text: string, yes: string, grave: boolean}}
 */
export function unmetQuestion(who) {
  const known = who.filter((name) => name.trim() !== "");
  const others = who.length - known.length;
  const rest = others === 0 ? [] : [others === 1 ? (known.length > 0 ? "one more" : "somebody") : `${others} ${known.length > 0 ? "more" : "people"}`];
  const names = namesOf([...known, ...rest]);
  const one = who.length === 1;
  return {
    title: "Cut off who is coming in?",
    text: `${names[0]?.toUpperCase()}${names.slice(1)} ${one ? "is" : "are"} just coming in, and not connected with you yet. If you go on now, ${one ? "that person is" : "they are"} cut off, and you are told when they ask again.`,
    yes: "Go on anyway", grave: true,
  };
}

/**
 * Somebody who is in this room in another tab wants to come in here.
 * @returns {{title: string, text: string, move: string, again: string}}
 */
export function elsewhereWords() {
  return {
    title: "You are in this room already",
    text: "Another tab or window of this browser is in it. You can go on here as the same person, and the other tab stops; or come in a second time, as somebody new.",
    move: "Move here",
    again: "Join a second time",
  };
}

/**
 * What stands beside the link that makes another device host.
 * @param {boolean} kept this device stays host by itself
 * @returns {{title: string, text: string}}
 */
export function deviceLinkWords(kept) {
  if (kept) return { title: "Be host on another device", text: "Open this link on your other device, once. Whoever opens it is host as you are, and that cannot be taken back: send it to nobody." };
  return { title: "Keep this link", text: "This browser keeps nothing for this page, so a reload would make you a guest in your own room. This link makes you host again. Put it where only you can see it, and send it to nobody: whoever opens it is host, and that cannot be taken back." };
}

/**
 * What a host who leaves should know.
 * @param {readonly string[]} hosts names of other hosts who are here
 * @param {Rules | null} rules
 * @returns {string}
 */
export function leavingSentence(hosts, rules) {
  if (hosts.length > 0) return `${namesOf(hosts)} ${hosts.length === 1 ? "is" : "are"} host as well, so everything goes on without you.`;
  const door = rules?.door === "open"
    ? "The call goes on without you. Until you are back, nobody can close the door or remove anybody."
    : "The call goes on without you. Until you are back, nobody new can come in.";
  return `${door} This device stays host.`;
}
