// @ts-check
/**
 * Rights: may this person be here, by these rules? (section 4.) One function, asked at the first frame and again
 * after each change of rules, about others and about oneself. That somebody was listed earlier by the server, and
 * what anybody claims to have been told, is no right.
 */

/** @typedef {import("./rules.js").Rules} Rules */
/**
 * What two pages showed each other by making a pair at an open door: how 0 or 1 with the K_link of `roomId`
 * (base64url, empty in named rooms) and, for how 1, the password of generation `pw` (else 0).
 * @typedef {{how: 0 | 1, roomId: string, pw: number}} DoorProof
 */
/** `spk` base64url; `host`: showed host-in; `proofs`: shared with the page that judges. @typedef {{spk: string, host: boolean, proofs: readonly DoorProof[]}} Claim */

/**
 * @param {Rules} rules the strictest of those held
 * @param {boolean} named whether this is a named room, in which no link is in force
 * @param {Claim} claim
 * @returns {"host" | "member" | "door" | null} by what right; null: none
 */
export function right(rules, named, { spk, host, proofs }) {
  if (rules.over) return null;
  if (host) return "host";
  if (rules.removed.includes(spk)) return null;
  if (rules.members.includes(spk)) return "member";
  if (rules.door !== "open") return null;
  const linkId = named ? "" : rules.link?.id;
  for (const { how, roomId, pw } of proofs) {
    // Without a password in force, whoever proved one has at least walked through the same door.
    if (roomId === linkId && (rules.pw === 0 || (how === 1 && pw === rules.pw))) return "door";
  }
  return null;
}
