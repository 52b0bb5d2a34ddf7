// @ts-check
/**
 * Bounds and times of sections 4 to 7 and 10. Milliseconds are of awake time (`awake.js`), sizes bytes.
 */

/** §10: a first frame after an open; then the open is made again. */
export const FIRST_FRAME_MS = 20_000;
/** §10: how often an open is made before this page rests until something changes. */
export const OPEN_TRIES = 3;
/** And how long it rests then at most. */
export const OPEN_REST_MS = 60_000;
/** §4: an accepted open whose first frame has not come. */
export const PENDING_MS = 30_000;
/** §4: refusals by one page after which nothing is opened there before rules or rights change. */
export const REFUSALS = 3;
/** Between a refusal and the next open to that page: the other side's bucket (one in 2 s) must not run dry. */
export const REOPEN_MS = 2_500;
/** §4: after `busy`. */
export const BUSY_MS = 5_000;
/** §4: opens that one sender may have answered: one in 2 s, burst 4. */
export const OPEN_EVERY_MS = 2_000;
export const OPEN_BURST = 4;
/** §4: a replaced instance is read for so long and then wiped. */
export const OLD_INSTANCE_MS = 10_000;
/** §4: docs in a refuse. */
export const DOCS_BYTES = 24 * 1024;
/** Docs in a first frame: as base64url and with the rest they must fit into one frame. */
export const FIRST_DOCS_BYTES = 20 * 1024;
/** Largest padded frame: base64url of 32 KiB stays below the 49 152 bytes that a signal may have. */
export const FRAME_BYTES = 32 * 1024;
/** Longest signal body read. */
export const SIGNAL_BYTES = 49_152;
/** Longest text of a message, as JSON with its number, on either path. */
export const MESSAGE_BYTES = 30_000;
/** What may wait unacknowledged for one page: messages, and bytes of their texts. */
export const QUEUE_MESSAGES = 1_024;
export const QUEUE_BYTES = 2 * 1024 * 1024;
/** Signals of one sender that may wait for their turn here; later ones are dropped. */
export const INPUTS_PER_PAGE = 256;
/** Pages remembered at all: those listed, plus those whose instance outlives the list. */
export const PAGES = 512;
/** Page ids that are refused for good (bye, replaced, contradicted); the oldest make way. */
export const REFUSED_IDS = 1_024;
/** pn of a page that were answered; the oldest make way. A repeated one makes a fresh instance, never a repeated key. */
export const ANSWERED_PNS = 256;
/** §5: candidates per pair and minute. */
export const CANDIDATES_PER_MINUTE = 64;
/** §6: a beat, and how long both must be quiet, and how long pages must differ before amber. */
export const BEAT_MS = 10_000;
export const BEAT_QUIET_MS = 20_000;
export const PAGES_DIFFER_MS = 60_000;
/** Longest list of pages or rules read from a beat. */
export const BEAT_LIST = 64;
/** §6: not connected with any host while the server lists one. */
export const NO_HOST_MS = 90_000;
/** §2: rules not confirmed by a page. */
export const RULES_UNHEARD_MS = 30_000;
/** §7: a knock is renewed; and the lobby forgets it after two and a half of these. */
export const KNOCK_MS = 20_000;
export const KNOCK_LEASE_MS = 50_000;
/** Longest name and message of a knock, and text of a hold, in UTF-16 units. */
export const KNOCK_NAME = 64;
export const KNOCK_TEXT = 500;
/** An acknowledgement that nothing has carried. */
export const ACK_MS = 1_000;
/** Messages that are acknowledged at once when so many have come. */
export const ACK_EVERY = 16;
/** Nothing acknowledged for so long (a beat is due every 10 s): over the server the pair is opened anew, over channel 0 sent again. */
export const UNANSWERED_MS = 15_000;
/** §10: connection after the first description; proof after DTLS connected; each then gen+1, twice. For the driver. */
export const CONNECT_MS = 45_000;
export const PROOF_MS = 15_000;
/** §7: PAKE. A run without a message; the wait for a member's accept before the next is asked; runs per pair. */
export const PAKE_SILENCE_MS = 15_000;
export const PAKE_NEXT_MS = 3_000;
export const PAKE_EVERY_MS = 10_000;
/** §7: wrong tags before `busy`, the time that lifts it, and the most per generation without a press. */
export const PAKE_WRONG = 5;
export const PAKE_PAUSE_MS = 600_000;
export const PAKE_WRONG_EVER = 12;
/** §7: presses of one newcomer in ten minutes. */
export const PRESSES = 6;
export const PRESSES_MS = 600_000;
