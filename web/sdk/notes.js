// Standing remarks and their sentences (seal.md 6, 10). Red is for a cryptographic contradiction only.

/** @typedef {import("./types.js").Note} Note */
/** @typedef {{colour: Note["colour"], code: string, who: string, about?: string, person?: string, times?: number}} Remark */

const ranks = { red: 0, amber: 1, grey: 2 };

/** Code to sentence; `who` and `about` are names. @type {Readonly<Record<string, (who: string, about: string) => string>>} */
const sentences = Object.freeze({
  "server-away": () => "The server is out of reach. Calls go on; nobody new can come in until it is back.",
  "stopped": () => "The server says that this meeting is over, which no host has signed. Calls go on; nobody new can come in.",
  "wrong-passwords": (count) => (count === "1" ? "A wrong password was tried at the door." : `${count} wrong passwords were tried at the door.`),
  "no-connection": (who) => `Could not connect with ${who}. The page tries again.`,
  "no-proof": (who) => `Could not finish checking the connection with ${who}. The page tries again.`,
  "no-relay": (who) => `Could not connect with ${who}: your network blocks direct calls, and the relay could not be reached. Try another network.`,
  "relay-full": (who) => `Could not connect with ${who}: your network blocks direct calls, and the relay is full. The page tries again.`,
  "kept-missing": () => "Some of what was said here before is missing: the server does not have it, or not the latest of it.",
  "kept-full": () => "The server keeps no more of this meeting. What you say reaches those who are here, and not who comes later.",
  "invitation-used": (who) => (who === "somebody" ? "An invitation was used once too often. Whoever came last was refused." : `${who}\u2019s invitation was used once too often. Whoever came last was refused.`),
  "mismatch": (who) => `This connection is not the one ${who} announced. It was closed.`,
  "connect-slow": () => "Connecting with somebody who is here takes longer than it should.",
  "sees-more": (who, about) => `${who} sees ${about}, you do not (yet).`,
  "sees-less": (who, about) => `You see ${about}, ${who} does not (yet).`,
  "rules-unheard": (who) => `${who} has not heard of the new rules.`,
  "two-hosts": () => "Somebody here goes by another host's rules: there are two rooms of this name. The connection was closed.",
  "no-host": () => "You are not connected with the host.",
  "picture-paused": () => "Your connection carries little more than sound now: your picture pauses, and comes back by itself.",
  "device-busy": () => "This device is busy: it shows fewer pictures and sends smaller ones, until it has time again.",
  "queue-full": (who) => `Too much is waiting to be sent to ${who}.`,
});

/**
 * Remarks as notes, worst first, each said once.
 * @param {readonly Remark[]} remarks @returns {readonly Note[]}
 */
export function writeNotes(remarks) {
  /** @type {Map<string, Note>} */
  const notes = new Map();
  for (const { colour, code, who, about = "", person, times = 1 } of remarks) {
    const sentence = Object.hasOwn(sentences, code) ? sentences[code] : undefined;
    if (!sentence) continue;
    const text = sentence(who || "somebody", about || "somebody");
    const key = `${code} ${person ?? ""} ${text}`;
    notes.set(key, Object.freeze({ colour, code, text: text[0]?.toUpperCase() + text.slice(1), ...(who && { who }), ...(about && { about }), ...(person && { person }), ...(times > 1 && { times }) }));
  }
  return Object.freeze([...notes.values()].sort((a, b) => ranks[a.colour] - ranks[b.colour]));
}
