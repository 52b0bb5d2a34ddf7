// What people said and sent each other, as the page shows it: one timeline, what was not seen yet, and what is to be said
// aloud. Pure.

/** @typedef {import("../sdk/parlour.js").Meeting} Meeting */
/** @typedef {import("../sdk/parlour.js").ChatMessage} ChatMessage */
/** @typedef {import("../sdk/parlour.js").FileOffer} FileOffer */
/** @typedef {import("../sdk/parlour.js").Poll} Poll */
/** @typedef {import("./state.js").State} State */

/** @typedef {Readonly<Pick<Meeting, "chat" | "hands" | "files" | "polls">>} Talk */

/**
 * One thing in the timeline. `goesOn`: of the same person as the one before, and soon after it. `isLast`: the newest of one's own.
 * @typedef {{readonly id: string, readonly goesOn: boolean, readonly isLast: boolean}
 *   & ({readonly kind: "message", readonly what: ChatMessage} | {readonly kind: "file", readonly what: FileOffer} | {readonly kind: "poll", readonly what: Poll})} Item
 */
/** Something to be said aloud. @typedef {{readonly kind: "message" | "file" | "poll" | "back" | "hand" | "reaction", readonly name: string, readonly text: string}} News */
/** An emoji over a picture, for a moment. `person` is an id. @typedef {{readonly id: string, readonly person: string, readonly emoji: string}} Reaction */

/** @type {Talk} */
export const noTalk = Object.freeze({ chat: [], hands: [], files: [], polls: [] });

/** Messages of one person stand together if they came so close, ms. */
const togetherMs = 180_000;
/** News that wait to be said; of more only the number is told anyway. */
const mostNews = 20;
const mostReactions = 24;

/**
 * @param {Meeting} meeting
 * @returns {Talk}
 */
export function talkOf({ chat, hands, files, polls }) {
  return { chat, hands, files, polls };
}

/**
 * Everything by time.
 * @param {Talk} talk
 * @returns {readonly Item[]}
 */
export function timeline({ chat, files, polls }) {
  const all = [
    ...chat.map((what) => ({ kind: /** @type {const} */ ("message"), what })),
    ...files.map((what) => ({ kind: /** @type {const} */ ("file"), what })),
    ...polls.map((what) => ({ kind: /** @type {const} */ ("poll"), what })),
  ].sort((a, b) => a.what.at.getTime() - b.what.at.getTime());
  const last = all.findLast(({ kind, what }) => kind === "message" && what.own);
  return all.map((item, index) => {
    const before = all[index - 1];
    const goesOn = before !== undefined && before.kind === "message" && item.kind === "message" && before.what.by === item.what.by
      && before.what.told.length === 0 && item.what.told.length === 0 && item.what.at.getTime() - before.what.at.getTime() < togetherMs;
    return /** @type {Item} */ ({ ...item, id: `${item.kind} ${item.what.id}`, goesOn, isLast: item === last });
  });
}

/**
 * What others said or sent just now; what newcomers are told of earlier is no news.
 * @param {Talk} before
 * @param {Talk} after
 * @returns {readonly News[]}
 */
export function newsOf(before, after) {
  /**
   * @template {{readonly id: string, readonly own: boolean, readonly live: boolean}} T
   * @param {readonly T[]} then
   * @param {readonly T[]} now
   */
  const fresh = (then, now) => {
    if (then === now) return [];
    const known = new Set(then.map(({ id }) => id));
    return now.filter(({ id, own, live }) => live && !own && !known.has(id));
  };
  // What goes from the list is heard of as well.
  const stood = before.chat === after.chat ? new Set() : new Set(before.chat.filter(({ back }) => !back).map(({ id }) => id));
  return [
    ...fresh(before.chat, after.chat).filter(({ back }) => !back).map(({ name, text }) => ({ kind: /** @type {const} */ ("message"), name, text })),
    ...after.chat.filter(({ id, own, back }) => back && !own && stood.has(id)).map(({ name }) => ({ kind: /** @type {const} */ ("back"), name, text: "" })),
    ...fresh(before.files, after.files).map(({ name, file }) => ({ kind: /** @type {const} */ ("file"), name, text: file })),
    ...fresh(before.polls, after.polls).map(({ name, question }) => ({ kind: /** @type {const} */ ("poll"), name, text: question })),
  ];
}

/**
 * The part of the state that is about talk, after the meeting told of it.
 * @param {State} state
 * @param {Talk} now
 * @param {State["people"]} people
 * @returns {Pick<State, "talk" | "unread" | "news">}
 */
export function withTalk(state, now, people) {
  // The SDK makes new lists only where something changed.
  const { chat, hands, files, polls } = state.talk;
  const talk = now.chat === chat && now.hands === hands && now.files === files && now.polls === polls ? state.talk : now;
  // On arrival everything is there already.
  if (state.screen !== "call") return { talk, unread: 0, news: [] };
  const news = newsOf(state.talk, talk);
  const raised = talk.hands.filter(({ person }) => !state.talk.hands.some((hand) => hand.person === person)).flatMap(({ person }) => {
    const found = people.find(({ id }) => id === person);
    return found ? [{ kind: /** @type {const} */ ("hand"), name: found.name, text: "" }] : [];
  });
  return {
    talk,
    unread: state.chatting ? 0 : state.unread + news.filter(({ kind }) => kind !== "back").length,
    // What was taken back before it was said is not said any more.
    news: [...state.news, ...news, ...raised].filter((one) => one.kind !== "message" || !isGone(one, talk)).slice(-mostNews),
  };
}

/** Whether somebody's words are in the list no more. @param {News} news @param {Talk} talk */
function isGone({ name, text }, { chat }) {
  return !chat.some((one) => one.name === name && one.text === text);
}

/**
 * @param {State} state
 * @param {Reaction} reaction
 * @returns {Pick<State, "reactions" | "news">}
 */
export function withReaction({ reactions, news, people }, reaction) {
  const name = people.find(({ id }) => id === reaction.person)?.name;
  const said = name === undefined ? [] : [{ kind: /** @type {const} */ ("reaction"), name, text: reaction.emoji }];
  return { reactions: [...reactions, reaction].slice(-mostReactions), news: [...news, ...said].slice(-mostNews) };
}

/**
 * Which place a person's hand has, from 1; 0 if it is down.
 * @param {Talk} talk
 * @param {string} person
 * @returns {number}
 */
export function handPlace({ hands }, person) {
  return hands.findIndex((hand) => hand.person === person) + 1;
}

/** A piece of a message; `url` where it can be opened. @typedef {{text: string, url: string}} Piece */

/** What ends a sentence does not end an address; a closing bracket does only if it was opened in it. */
const trailing = /[.,;:!?'"\u2019\u201d\u00bb]+$/u;

/**
 * A message in pieces: addresses that begin with http:// or https:// can be opened, everything else is text.
 * @param {string} text
 * @returns {Piece[]}
 */
export function piecesOf(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>]+/giu)) {
    let found = match[0].replace(trailing, "");
    while (found.endsWith(")") && found.split(")").length > found.split("(").length) found = found.slice(0, -1).replace(trailing, "");
    if (!URL.canParse(found)) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), url: "" });
    pieces.push({ text: found, url: found });
    end = match.index + found.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), url: "" });
  return pieces;
}

/**
 * All messages as text, to be pasted elsewhere; what was taken back is none.
 * @param {Talk} talk
 * @param {(message: ChatMessage) => string} head who and when
 * @returns {string}
 */
export function transcript({ chat }, head) {
  return chat.filter(({ back }) => !back).map((message) => `${head(message)}\n${message.text}\n`).join("\n");
}
