// @ts-check
/**
 * Shapes that the files of sections 4 to 7 share with whoever drives them. Types only, no code.
 */

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./state.js").Rulebook} Rulebook */

/** A state as the server and the pages hand it on: canonical JSON and the host key's signature. @typedef {{json: string, sig: string}} SignedState */

/**
 * A link of this room that this page holds. `roomId` 12 bytes; `kLink` 32 bytes, empty in a named room.
 * @typedef {{roomId: Uint8Array, kLink: Uint8Array}} LinkKey
 */

/**
 * The stretched password of one generation. `S` 32 bytes. `sure`: set here, or proven by somebody: who merely typed it
 * answers nobody and asks one member per press.
 * @typedef {{pw: number, S: Uint8Array, sure: boolean}} Password
 */

/** What the holder of an invitation knows of it. @typedef {{invId: Uint8Array, ipsk: Uint8Array}} Invitation */
/** What a host knows of it: `label` is shown beside the guest. @typedef {{ipsk: Uint8Array, label: string}} InvitationRow */

/**
 * What this page knows of the room. `Pairs` reads it and adds to `book` the states that it hears of; the driver may
 * change every part at any time and then calls `handleRules`.
 * - `book`: the states that stand and the rules that follow from them (`state.js`)
 * - `links`: every link in hand, oldest first; empty in a named room
 * - `hostKey`: private half of the host key, if this page is a host
 * - `password`: that of the generation in force, set or proven here or typed; null: none
 * - `invitation`: what this page came with
 * - `onlyPassword`: in a named room, somebody typed a password and has met nobody there: then how 1 alone is used,
 *   whatever the rules say (section 1.7)
 * - `now`: unix seconds of this device
 * - `invitationRow`: what a host knows of an invitation that may still be used; null or absent: nothing
 * @typedef {{
 *   readonly room: Uint8Array,
 *   readonly named: boolean,
 *   readonly hostPk: Uint8Array,
 *   readonly book: Rulebook,
 *   readonly links: readonly LinkKey[],
 *   readonly hostKey?: CryptoKey | null,
 *   readonly password?: Password | null,
 *   readonly invitation?: Invitation | null,
 *   readonly onlyPassword?: boolean,
 *   now(): number,
 *   invitationRow?(invId: Uint8Array): InvitationRow | null,
 * }} RoomKnowledge
 */

/**
 * The server's view. `me` is this page's pid, `seated` whether it has a seat; others as in docs/protocol.md.
 * @typedef {{seats: readonly {pid: string, away?: boolean}[], porch: readonly string[], me: string, seated: boolean}} View
 */

/**
 * What a page tells another once both rights hold. `gen`: highest PeerConnection generation used with that page
 * (0: none yet); `name` and whatever else the driver put in are any JSON and not verified.
 * @typedef {{gen: number, name?: string, [more: string]: unknown}} First
 */

/**
 * Why somebody is not (yet) a person here, for the words on the screen.
 * - `connecting`: an open is under way
 * - `knocking`: this page knocks and a host has heard it; `held`: the host answered with `text`; `not-admitted`: refused
 * - `lobby`: somebody knocks or shows an invitation here (hosts only). `hid` is to be given to `hold` and `refuse`; to
 *   admit, issue a state with `spk` among its members. `name`, `message`: typed by that person, not verified.
 *   `invitation`: base64url inv_id and the label of our own table
 * - `cut`: `by` (hid) says that the person `spk` lost the right to be here by new rules (hosts only)
 * - `left`: no longer waiting
 * - `busy`: that page looks at no passwords now; it is asked again
 * @typedef {{k: "connecting"} | {k: "knocking"} | {k: "held", text: string} | {k: "not-admitted"} | {k: "left"} | {k: "busy"}
 *   | {k: "lobby", hid: string, spk: string, name: string, message: string, invitation?: {id: string, label: string}}
 *   | {k: "cut", spk: string, by: string}} Waiting
 */

/**
 * Why a person went: `bye` said so; `removed`, `no-right`: by rules that now stand; `replaced`: the same person's new page
 * is proven; `left`: connection dead and off the server's list; `mismatch`: a cryptographic contradiction; `over`: the
 * meeting ended; `cut-off`: this page itself lost its right.
 * @typedef {"bye" | "removed" | "no-right" | "replaced" | "left" | "mismatch" | "over" | "cut-off"} Gone
 */

/**
 * What `Pairs` wants done, in order. All ids are unpadded base64url: `pid` 8 bytes, `hid` and `spk` 32.
 * - `signal`: give `body` to the server for `to`
 * - `channel`: send `text` on the proven channel 0 of `hid`
 * - `person`: first frame verified and both rights hold. Make a PeerConnection, show a name after its proof. `again`:
 *   a newer instance of a person already announced (its `first.gen` may be higher); `host`: shown by the host key
 * - `message`: what the other side's driver gave to `send`, once, in order
 * - `gone`: close the PeerConnection and the tile in this task
 * - `states`: newly learnt, verified: store them, give them to the server
 * - `waiting`: see {@link Waiting}
 * - `unanswered`: nothing that went over channel 0 of `hid` for 15 s was acknowledged
 * - `note`: a standing remark with a code of `limits.js`
 * @typedef {{t: "signal", to: string, body: string}
 *   | {t: "channel", hid: string, text: string}
 *   | {t: "person", hid: string, pid: string, spk: string, host: boolean, first: First, again: boolean}
 *   | {t: "message", hid: string, message: Message}
 *   | {t: "gone", hid: string, pid: string, why: Gone}
 *   | {t: "states", states: SignedState[]}
 *   | {t: "waiting", pid: string, what: Waiting}
 *   | {t: "unanswered", hid: string}
 *   | {t: "note", colour: "grey" | "amber" | "red", code: string, hid?: string, pid?: string, about?: string, count?: number}} Output
 */

/**
 * What the drivers say to each other: an object whose `k` names its kind; all kinds but the seal's own
 * (`SEAL_KINDS` of mail.js) are carried as they are.
 * @typedef {{k: string, [more: string]: unknown}} Message
 */

export {};
