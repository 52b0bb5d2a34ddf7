// What the page says about chat, reactions, files and polls.

import { decimal, known, t, timeOf } from "./language.js";
import { nameOf, namesOf } from "./words.js";

/** @typedef {import("../sdk/parlour.js").ChatMessage} ChatMessage */
/** @typedef {import("../sdk/parlour.js").FileOffer} FileOffer */
/** @typedef {import("../sdk/parlour.js").Poll} Poll */
/** @typedef {import("./talk.js").News} News */

/**
 * Below a picture of the code.
 * @param {string} name as the SDK has it, in English
 * @returns {string}
 */
export function pictureName(name) {
  return known(`emoji.${name}`, {}, name);
}

/** With a message that is longer than may be sent. @param {number} over */
export function tooLong(over) {
  return t("chat.too-long", { count: over });
}

/**
 * The name of the button that opens the chat.
 * @param {number} unread
 * @returns {string}
 */
export function chatButton(unread) {
  return unread === 0 ? t("chat") : t("chat.button", { count: unread });
}

/** @param {readonly string[]} names @returns {string} */
export function toldBy(names) {
  return t("chat.told", { names: namesOf(names) });
}

/**
 * How far one's own message has come. That it is delivered is said of the newest one alone.
 * @param {ChatMessage["delivery"]} delivery
 * @param {boolean} isLast
 * @param {boolean} back it was taken back, and this is about that
 * @returns {string}
 */
export function deliverySentence(delivery, isLast, back = false) {
  if (back) return delivery === "sending" ? t("back.sending") : delivery === "partly" || delivery === "failed" ? t("back.partly") : "";
  if (delivery === null || (!isLast && (delivery === "delivered" || delivery === "alone"))) return "";
  return t(`delivery.${delivery}`);
}

/** In the place of a message. @param {Pick<ChatMessage, "own" | "name">} message @returns {string} */
export function backSentence({ own, name }) {
  return own ? t("message.back.own") : t("message.back.theirs", { name: nameOf(name) });
}

/** Its beginning, if it is long. @param {string} text @param {number} most UTF-16 units @returns {string} */
export function shortened(text, most) {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** @param {ChatMessage} message @returns {string} the head of a message in a copied chat */
export function transcriptHead({ name, own, at, told }) {
  return `${timeOf(at)} ${own ? t("chat.me", { name: nameOf(name) }) : nameOf(name)}${told.length > 0 ? `, ${toldBy(told)}` : ""}:`;
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
  const backs = [...new Set(of("back").map(({ name }) => name))];
  return [
    said.length > 1 && t("news.many", { count: said.length }),
    said.length === 1 && said[0] && newsLine(said[0]),
    backs.length > 0 && backs.map((name) => backSentence({ own: false, name })).join(" "),
    hands.length > 0 && t("news.hands", { names: namesOf(hands), count: hands.length }),
    reactions.length > 0 && t("news.reactions", { names: namesOf([...new Set(reactions.map(({ name }) => name))]), reactions: [...new Set(reactions.map(({ text }) => text))].join(" ") }),
  ].filter(Boolean).join(" ");
}

/** @param {News} news @returns {string} */
function newsLine({ kind, name, text }) {
  return t(kind === "file" ? "news.file" : kind === "poll" ? "news.poll" : "news.message", { name: nameOf(name), text: shortened(text, 200) });
}

/** As the SDK has them. */
export const reactions = Object.freeze(["👍", "❤️", "😂", "😮", "👏", "🎉"]);

/** @param {string} emoji @returns {string} */
export function reactionName(emoji) {
  return known(`reaction.${emoji}`, {}, emoji);
}

/** @param {number} bytes @returns {string} such as 4.2 MB */
export function sizeOf(bytes) {
  if (bytes < 1000) return t("size.bytes", { count: bytes });
  const [unit, size] = bytes < 999_950 ? [/** @type {const} */ ("kB"), bytes / 1e3] : [/** @type {const} */ ("MB"), bytes / 1e6];
  return t(`size.${unit}`, { size: decimal(size, size < 9.95 ? 1 : 0) });
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
export function fileHead({ own, earlier, kept, name, to: person }, to) {
  const head = !own ? t("file.theirs", { name: nameOf(name) }) : person === "" ? t("file.own") : t("file.own.to", { name: nameOf(to) });
  return kept === "kept" && (!own || earlier) ? `${head}, ${t("chat.kept")}` : head;
}

/** @param {FileOffer} offer @returns {string} */
export function fileSentence({ own, earlier, kept, state, done, size, receivers }) {
  const count = percentOf(done, size);
  switch (state) {
    case "offered":
      if (own && !earlier && kept !== "none") return kept === "storing" ? t("file.kept.storing", { count }) : t(`file.kept.${kept}`);
      return own && !earlier && receivers.length === 0 ? t("file.alone") : "";
    case "wanted": return done > 0 ? t("file.go-on", { count }) : t("file.begin");
    case "receiving": return t("percent", { count });
    case "withdrawn": return t(own ? "file.withdrawn.own" : "file.withdrawn");
    case "checking":
    case "ready":
    case "declined":
    case "failed":
    case "incomplete":
    case "damaged": return t(`file.${state}`);
  }
}

/**
 * What becomes of files in a room that keeps what is said.
 * @param {readonly number[]} sizes bytes @param {number} most of the largest that the room keeps, bytes; 0: none @param {boolean} forOne they are for one person
 * @returns {string}
 */
export function keepSentence(sizes, most, forOne) {
  if (forOne) return t("offer.keep.one");
  if (most === 0) return t("keeping.nowhere");
  if (sizes.every((size) => size > most)) return t("offer.keep.large", { size: sizeOf(most) });
  return sizes.some((size) => size > most) ? t("offer.keep.some", { size: sizeOf(most) }) : t("offer.keep.text");
}

/** @param {FileOffer["receivers"][number]} receiver @param {number} size @returns {string} */
export function receiverSentence({ name, state, done }, size) {
  return t(`receiver.${state}`, { name: nameOf(name), count: percentOf(done, size) });
}

/** @param {Poll} poll @returns {string} */
export function pollHead({ own, name, told, kept }) {
  const head = own ? t("poll.own") : t("poll.theirs", { name: nameOf(name) });
  if (kept) return `${head}, ${t("chat.kept")}`;
  return told === "" ? head : `${head}, ${toldBy([told])}`;
}

/** @param {Poll} poll @returns {string} */
export function pollSentence({ voters, secret, multiple, open }) {
  const count = voters === 0 ? t("poll.no-votes") : t("poll.votes", { count: voters });
  return [
    open ? count : t("poll.closed", { votes: count }),
    open && multiple && t("poll.multiple"),
    secret && t("poll.secret"),
  ].filter(Boolean).join(" · ");
}

/** @param {Poll["choices"][number]} choice @param {boolean} isMine @returns {string} */
export function choiceSentence({ votes, voters }, isMine) {
  const names = voters.length > 0 ? `: ${namesOf(voters.map(({ name }) => name))}` : "";
  return `${t("poll.votes", { count: votes })}${names}${isMine ? `, ${t("poll.mine")}` : ""}`;
}
