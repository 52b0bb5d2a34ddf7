// Names for the shapes of the SDK's Meeting, and invitations, which the page can show as soon as the SDK has them.
// Types only, no code.

/** @typedef {import("../sdk/parlour.js").Meeting} Meeting */
/** @typedef {NonNullable<Meeting["rules"]>} Rules */
/** @typedef {Rules["door"]} Door */
/** @typedef {NonNullable<Meeting["waiting"]>} Waiting */
/** @typedef {Meeting["knocks"][number]} Knock */
/** @typedef {Meeting["code"]} Code */

/** `uses`: by how many people it may be used; `used` is more where the server handed it out again. @typedef {{id: string, label: string, uses: number, used: number}} Invitation */

/**
 * Personal links (seal.md 7), for hosts. `link` is `#1i…`; nobody but the page that made it has it.
 * @typedef {object} Inviting
 * @property {readonly Invitation[]} invitations
 * @property {(invitation: {label: string, uses: number}) => Promise<{id: string, link: string}>} invite
 * @property {(id: string) => Promise<void>} revoke
 */

/** @typedef {Meeting & Partial<Inviting>} Room */

export {};
