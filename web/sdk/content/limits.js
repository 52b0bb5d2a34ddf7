// Bounds and times of what people say and send each other. Sizes are bytes and times ms unless the name says otherwise;
// whatever is beyond a bound is refused here and dropped there, so an honest page never meets the other side's.

/** Data channels beside channel 0, opened after the proof (seal.md 6): one for messages, one for each file that comes in at a time. */
export const CONTENT_CHANNEL = 1;
export const FILE_CHANNELS = Object.freeze([2, 3, 4]);

/** Texts of one page that are read: so many at once, and then one in so long. As many as may wait in a mail (seal/limits.js). */
export const TEXTS_BURST = 1_200;
export const TEXT_EVERY_MS = 40;
/** Longest text read from channel 1, in UTF-16 units; a mail takes 30 000 bytes. */
export const TEXT_LENGTH = 32_768;

/** A message in the chat: UTF-16 units, and lines. */
export const CHAT_LENGTH = 4_000;
export const CHAT_LINES = 100;
/** Messages that this person may say, and acts (hands, polls, votes, offers): so many of each at once, and then one in so long. */
export const OWN_BURST = 20;
export const OWN_EVERY_MS = 1_000;
/** Of each what is heard of a person: more, as all that was said during minutes may come at once when a path is back. */
export const HEARD_BURST = 300;
export const HEARD_EVERY_MS = 500;
/** The chat that is kept, and told to newcomers; who has said the most makes way first. */
export const HISTORY_MESSAGES = 500;
export const HISTORY_LENGTH = 400_000;
/** Messages of a history in one text, and their UTF-16 units: together below the 30 000 bytes of a mail in any script. */
export const TOLD_AT_ONCE = 16;
export const TOLD_LENGTH = 6_000;
/** By how many people the same is told, as far as that is kept. */
export const TELLERS = 8;
/** A clock that says a message is older than this when it comes is not believed. */
export const LATE_MS = 600_000;

/** A hand counts from when it was raised, if that is not longer ago. */
export const HAND_LATE_MS = 10_000;
/** Reactions of a person: so many at once, and then one in so long. They are shown for so long. */
export const REACTION_BURST = 8;
export const REACTION_EVERY_MS = 400;

/** A file. It is hashed and checked as a whole, as browsers hash nothing in pieces. */
export const FILE_BYTES = 128 * 1024 * 1024;
/** All that comes in or waits to be saved. */
export const FILES_BYTES = 512 * 1024 * 1024;
/** Offers of one person that stand, offers that are remembered at all, and pages to which one was made. */
export const OFFERS = 16;
export const OFFERS_EVER = 128;
export const RECEIVERS = 64;
/** A piece of a file that a room in standard mode keeps: with its length and seal half a mebibyte; and as many as a list names. */
export const KEPT_PIECE_BYTES = 512 * 1024 - 4;
export const FILE_PIECES = 4096;
export const FILE_NAME_LENGTH = 120;
export const FILE_TYPE_LENGTH = 100;
/** A piece of a file, and what may lie unsent in the browser. */
export const CHUNK_BYTES = 32 * 1024;
export const BUFFERED_HIGH = 1024 * 1024;
export const BUFFERED_LOW = 256 * 1024;
/** Old Safari does not always tell that a buffer ran low (WebKit 184688). */
export const BUFFERED_LOOK_MS = 250;
/** Pieces are put into one Blob when they are so many bytes, so that the browser can move them out of memory. */
export const PART_BYTES = 4 * 1024 * 1024;

/** Polls that stand, of one person and of all; their choices, and lengths in UTF-16 units. */
export const POLLS_PER_PERSON = 8;
export const POLLS = 64;
export const CHOICES = 10;
export const QUESTION_LENGTH = 300;
export const CHOICE_LENGTH = 120;
export const VOTES = 64;
/** Votes that came before their poll. */
export const EARLY_VOTES = 256;
