// Everything that can go wrong, as a stable code with a sentence for the person in front of the page.
//
// Codes of the server (docs/protocol.md, "Errors") keep their names; those of the page stand beside them.
// The sentences are ours: the server's own `text` is never shown, as it could say anything.

/** @type {Readonly<Record<string, string>>} */
const sentences = Object.freeze({
  // This browser, this address.
  "not-secure": "This address is not secure, so browsers hide camera, microphone and encryption. Open it by https, or by http://localhost.",
  "no-crypto": "This browser hides its encryption from pages, so no meeting can be sealed here. Update it, or use Chrome 137, Firefox 129 or Safari 17, or later.",
  "no-x25519": "This browser cannot agree on keys in the way that meetings here need (X25519). Update it, or use Chrome 137, Firefox 129 or Safari 17, or later.",
  "no-ed25519": "This browser cannot sign in the way that meetings here need (Ed25519). Update it, or use Chrome 137, Firefox 129 or Safari 17, or later.",
  "no-deflate": "This browser cannot compress in the way that meetings here need (deflate-raw). Update it, or use Chrome 137, Firefox 129 or Safari 17, or later.",
  "no-websocket": "This browser, or an extension in it, blocks live connections (WebSocket). Allow them, or use another browser.",
  "no-webrtc": "This browser cannot make calls, or calls are switched off in it. Use Chrome, Firefox or Safari, outside of other apps.",
  // The link.
  "link-missing": "This link is incomplete: the part after # is missing. Ask for it again.",
  "link-damaged": "This link is damaged: a character is missing or wrong. Ask for it again, and copy the whole of it.",
  "link-leaked": "An app sent the secret of this link to the server. Ask for a new link.",
  "bad-name": "The name of a room has letters from a to z, digits and hyphens, 64 at most.",
  // The room.
  "no-such-room": "The host has not opened this room yet.",
  "room-full": "This room is full. Try again when somebody has left.",
  "room-exists": "The server has another room of this name or link. Join that one, or start another.",
  "two-hosts": "This name now leads to a room of somebody else than the one you have been in. Nothing was mixed, and nobody there has seen you. Ask the others, or forget the room that you know and go in as somebody new.",
  "room-over": "This meeting is over, and its link with it. Ask for a new link.",
  "room-expired": "The rules of this room have run out, or this device's clock is wrong. Check the clock, or ask for a new link.",
  "not-invited": "Only people with an invitation can come in. Ask the host for one.",
  "invitation-used": "This invitation was used or taken back. Ask the host for a new one.",
  "locked": "The host has locked this room. Nobody new can come in.",
  "link-replaced": "This link no longer opens the room, because the host made a new one. Ask for the new link.",
  "needs-password": "This room has a password. Type it to come in.",
  "wrong-password": "Wrong password, or the server is guessing. Check it and try again.",
  "too-many-tries": "Six passwords in ten minutes are enough. Wait ten minutes, or ask for the right one.",
  "name-without-password": "This room has no password. If you were told one, somebody else may have opened a room of this name: ask, before you leave the field empty.",
  "password-promised": "The link says that this room has a password, and the room has none. Somebody else may have opened a room of this name: ask for another link.",
  "door-closed": "The host has closed the door: the password does not open it now. Leave the field empty to knock.",
  "no-password": "This room has no password. Leave the field empty to come in.",
  "bad-password": "This password has characters that nobody can type, or is far too long. Use another one.",
  "refused": "The host did not let you in.",
  "refused-for-good": "The host refused you for good. Ask them another way if this was a mistake.",
  "gave-up": "You stopped waiting.",
  "removed": "The host removed you from this room.",
  "cut-off": "The rules of this room changed before the host knew of you. Open the link again, or ask the host.",
  "replaced": "You joined from another tab or window. This one has stopped.",
  // The server.
  "no-server": "The server cannot be reached. A proxy or firewall may block live connections, or you are offline. Check your connection and try again.",
  "busy": "The server holds as many meetings as it was told to. Try again in a few minutes.",
  "rate": "The server asks this page to slow down. Wait a little and try again.",
  "unsupported": "The server speaks another version than this page. Reload the page.",
  "bad-signature": "The server did not accept what this page signed. Reload the page and try again.",
  "bad-state": "The server did not accept the rules of this room. Reload the page and try again.",
  "bad-request": "The server did not understand this page. Reload it and try again.",
  "protocol": "The server said something that this page does not understand. Reload the page and try again.",
  "session-lost": "The connection to the server was lost in the middle of it. Try again.",
  "too-large": "That is too long to be sent.",
  "hello-first": "The server did not understand this page. Reload it and try again.",
  "bad-frame": "The server did not understand this page. Reload it and try again.",
  "no-such-participant": "That person has left.",
  "not-in-room": "Join the meeting first.",
  "already-in-room": "This page is in the meeting already.",
  "not-allowed": "Only somebody who is in the meeting may do this.",
  "not-host": "Only the host can do this.",
  "host-stays": "A host cannot be removed. Start a new room instead.",
  "password-stays": "This room was made with a password, and its link says so. Set another one, or start a new room.",
  "no-link": "A named room has no link to replace. Set a new password, or let people knock.",
  "unmet": "Somebody is just coming in and would be cut off. Wait a moment, or do it anyway.",
  "bad-time": "The meeting cannot end then. Choose a time at least a minute ahead.",
  "not-kept": "This server does not keep rooms. The room ends when everybody has left.",
  "rules-full": "This room has seen too many changes for one link. Start a new room.",
  "stopped": "The server ended this meeting for you. The host may know why.",
  "keeps-nothing": "This server keeps nothing, so only meetings off the record can be held here.",
  // What is kept in standard mode; people see a note instead.
  "no-blobs": "The server keeps nothing for this meeting.",
  "no-such-blob": "The server does not have this any more.",
  "blob-exists": "The server has something else in this place.",
  "bad-length": "This is too long to be kept.",
  "blobs-full": "The server keeps no more of this meeting.",
  "too-slow": "This took too long to be sent.",
  "other-kind": "Somebody was quicker and made this room, of another kind. Read what is kept of it, then join.",
  // What people say and send each other.
  "too-fast": "That was a lot at once. Wait a moment and send it again.",
  "file-too-large": "This file is larger than 128 MiB. Send a smaller one.",
  "files-full": "There are too many files already. Save or remove some first.",
  "file-unreadable": "This file could not be read. It may have been moved or changed; choose it again.",
  "no-such-message": "This message is not there any more.",
  "no-such-file": "This file is not there any more.",
  "bad-poll": "A poll needs a question and two to ten different choices, and eight polls of one person can be open.",
  "no-such-poll": "This poll is closed.",
  "recording-off": "This meeting is off the record: nothing can be recorded here.",
  "recording-busy": "Somebody records already, or asks to. Wait until that is over.",
  "recording-later": "Not everybody agreed. Ask again in five minutes at the earliest.",
  "no-recording": "Nobody asks to record any more.",
  // How it was used.
  "already-joined": "This page has joined or left already. Open the link again.",
  "media-kind": "That is not a track of the right kind: audio goes to setAudio, video to setVideo.",
  "fault": "Something went wrong in this page. Reload it and try again.",
});

/**
 * A failure with a stable `code` and a sentence that says what to do. The sentence is `message` and `text`.
 */
export class ParlourError extends Error {
  /**
   * @param {string} code One of the codes in docs/sdk.md.
   * @param {{cause?: unknown, retryMs?: number, text?: string, who?: readonly string[]}} [more] `who`: names of whom it is about,
   *   empty where a name is not known. `cause` is for developers and never shown;
   *   `retryMs` is how long to wait, in milliseconds, where the server said so.
   */
  constructor(code, { cause, retryMs, text, who = [] } = {}) {
    super(text ?? sentenceFor(code), cause === undefined ? undefined : { cause });
    this.name = "ParlourError";
    /** @readonly */
    this.code = code;
    /** @readonly @type {number | undefined} */
    this.retryMs = retryMs;
    /** @readonly */
    this.who = who;
  }

  /** The sentence for people. */
  get text() { return this.message; }
}

/**
 * The sentence that belongs to a code; for an unknown code that of `fault`.
 * @param {string} code
 * @returns {string}
 */
export function sentenceFor(code) {
  return (Object.hasOwn(sentences, code) ? sentences[code] : sentences["fault"]) ?? "";
}

/**
 * What was thrown, as a ParlourError: errors of our own pass, everything else becomes `fault`.
 * @param {unknown} thrown
 * @returns {ParlourError}
 */
export function asParlourError(thrown) {
  return thrown instanceof ParlourError ? thrown : new ParlourError("fault", { cause: thrown });
}

/** Every code that has a sentence; docs/sdk.md lists the same (checked by a test). */
export const codes = Object.freeze(Object.keys(sentences));
