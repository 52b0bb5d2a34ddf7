// What the page says about chat, hands, reactions, files and polls.

import { nameOf, namesOf } from "./words.js";
import { timeOf } from "./words_house.js";

/** @typedef {import("../sdk/parlour.js").ChatMessage} ChatMessage */
/** @typedef {import("../sdk/parlour.js").FileOffer} FileOffer */
/** @typedef {import("../sdk/parlour.js").Poll} Poll */
/** @typedef {import("./talk.js").News} News */

const plural = new Intl.PluralRules("en");
const ordinal = new Intl.PluralRules("en", { type: "ordinal" });

/** While nothing was said. */
export const nothingSaid = "Nothing here yet. What you write, offer or ask goes from browser to browser, end-to-end encrypted, and is gone with the meeting.";

/** With a message that is longer than may be sent. @param {number} over */
export function tooLong(over) {
  return `${over} ${plural.select(over) === "one" ? "character" : "characters"} too many.`;
}

/**
 * The name of the button that opens the chat.
 * @param {number} unread
 * @returns {string}
 */
export function chatButton(unread) {
  return unread === 0 ? "Chat" : `Chat, ${unread} new`;
}

/** @param {readonly string[]} names @returns {string} */
export function toldBy(names) {
  return `as told by ${namesOf(names)}`;
}

/** Beside a message of which others tell other words. */
export const disputed = "others here tell this differently";

/**
 * How far one's own message has come. That it is delivered is said of the newest one alone.
 * @param {ChatMessage["delivery"]} delivery
 * @param {boolean} isLast
 * @returns {string}
 */
export function deliverySentence(delivery, isLast) {
  switch (delivery) {
    case "sending": return "Sending…";
    case "delivered": return isLast ? "Delivered" : "";
    case "partly": return "Not delivered to everybody: somebody left before it came.";
    case "failed": return "Not delivered: everybody left before it came.";
    case "alone": return isLast ? "Nobody else is here; whoever comes will read it." : "";
    case null: return "";
  }
}

/** @param {ChatMessage} message @returns {string} the head of a message in a copied chat */
export function transcriptHead({ name, own, at, told }) {
  return `${timeOf(at)} ${own ? `${nameOf(name)} (me)` : nameOf(name)}${told.length > 0 ? `, ${toldBy(told)}` : ""}:`;
}

/**
 * What is said aloud of what came within a moment: one thing whole, several as a number.
 * @param {readonly News[]} news
 * @returns {string}
 */
export function newsSentence(news) {
  const of = (/** @type {News["kind"]} */ kind) => news.filter((one) => one.kind === kind);
  const said = [...of("message"), ...of("file"), ...of("poll")];
  const hands = [...new Set(of("hand").map(({ name }) => name))];
  const reactions = of("reaction");
  return [
    said.length > 1 && `${said.length} new in the chat.`,
    said.length === 1 && said[0] && newsLine(said[0]),
    hands.length > 0 && `${namesOf(hands)} ${hands.length === 1 ? "raises a hand" : "raise their hands"}.`,
    reactions.length > 0 && `${namesOf([...new Set(reactions.map(({ name }) => name))])}: ${[...new Set(reactions.map(({ text }) => text))].join(" ")}`,
  ].filter(Boolean).join(" ");
}

/** @param {News} news @returns {string} */
function newsLine({ kind, name, text }) {
  const who = nameOf(name);
  const short = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  if (kind === "file") return `${who} offers a file: ${short}.`;
  return kind === "poll" ? `${who} asks: ${short}` : `${who} says: ${short}`;
}

/**
 * @param {number} place from 1
 * @returns {string}
 */
export function handMark(place) {
  const endings = { one: "st", two: "nd", few: "rd", other: "th", zero: "th", many: "th" };
  return `Hand up, ${place}${endings[ordinal.select(place)]}`;
}

/** @type {Readonly<Record<string, string>>} */
const reactionNames = Object.freeze({ "👍": "Thumbs up", "❤️": "Heart", "😂": "Laughing", "😮": "Surprised", "👏": "Applause", "🎉": "Party" });

/** As the SDK has them. */
export const reactions = Object.freeze(Object.keys(reactionNames));

/** @param {string} emoji @returns {string} */
export function reactionName(emoji) {
  return reactionNames[emoji] ?? emoji;
}

/** @param {number} bytes @returns {string} such as 4.2 MB */
export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} ${plural.select(bytes) === "one" ? "byte" : "bytes"}`;
  const [unit, size] = bytes < 999_950 ? ["kB", bytes / 1e3] : ["MB", bytes / 1e6];
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/** @param {number} done @param {number} size @returns {number} whole per cent, 100 only when all is there */
export function percentOf(done, size) {
  return size === 0 ? 100 : Math.floor((100 * done) / size);
}

/**
 * Who offers what to whom.
 * @param {FileOffer} offer
 * @param {string} to name of the one it is for
 * @returns {string}
 */
export function fileHead({ own, name, to: person }, to) {
  if (own) return person === "" ? "You offer a file" : `You offer ${nameOf(to)} a file`;
  return `${nameOf(name)} offers a file`;
}

/** @param {FileOffer} offer @returns {string} */
export function fileSentence({ own, state, done, size, receivers }) {
  switch (state) {
    case "offered": return own && receivers.length === 0 ? "Nobody else is here; whoever comes can take it." : "";
    case "wanted": return done > 0 ? `Waiting to go on, at ${percentOf(done, size)} %` : "Waiting to begin…";
    case "receiving": return `${percentOf(done, size)} %`;
    case "checking": return "Checking…";
    case "ready": return "All here, and the same as was offered.";
    case "declined": return "Declined.";
    case "withdrawn": return own ? "Taken back." : "Taken back by the sender.";
    case "failed": return "The sender left before all of it was here.";
    case "damaged": return "What came is not what was offered. It was thrown away.";
  }
}

/** @param {FileOffer["receivers"][number]} receiver @param {number} size @returns {string} */
export function receiverSentence({ name, state, done }, size) {
  const who = nameOf(name);
  switch (state) {
    case "offered": return `${who}: no answer yet`;
    case "sending": return `${who}: ${percentOf(done, size)} %`;
    case "done": return `${who} has it`;
    case "declined": return `${who} declined`;
    case "gone": return `${who} did not get it`;
    case "damaged": return `${who} got something else and threw it away`;
  }
}

/** Below the fingerprint of a file. */
export const hashExplained = "SHA-256 of the file. Whoever has the same file has the same fingerprint.";

/** Before files are offered. */
export const offerExplained = "Nothing is sent before somebody accepts. Everyone means whoever comes later, too.";

/** Beside a file that may run something when it is opened. */
export const programWarning = "Opening this can run a program. Save it only if you expected it.";

/** How a poll may be asked, and what is wrong with one. */
export const asking = Object.freeze({
  several: { title: "Several choices", text: "Everyone may choose more than one." },
  counts: { title: "Only counts", text: "Names are not shown. Votes go to your page alone, which counts them; the poll ends when you leave." },
  noQuestion: "Write a question.",
  fewChoices: "Write at least two choices, each of them different.",
});

/** @param {Poll} poll @returns {string} */
export function pollHead({ own, name, told }) {
  return `${own ? "You ask" : `${nameOf(name)} asks`}${told === "" ? "" : `, ${toldBy([told])}`}`;
}

/** @param {Poll} poll @returns {string} */
export function pollSentence({ voters, secret, multiple, open }) {
  const count = voters === 0 ? "No votes yet" : plural.select(voters) === "one" ? "1 vote" : `${voters} votes`;
  return [
    open ? count : `Closed. ${count}`,
    open && multiple && "several choices possible",
    secret && "names are not shown; the page of whoever asked counts",
  ].filter(Boolean).join(" · ");
}

/** @param {Poll["choices"][number]} choice @param {boolean} isMine @returns {string} */
export function choiceSentence({ votes, voters }, isMine) {
  const names = voters.length > 0 ? `: ${namesOf(voters.map(({ name }) => name))}` : "";
  return `${votes} ${plural.select(votes) === "one" ? "vote" : "votes"}${names}${isMine ? ", yours as well" : ""}`;
}
