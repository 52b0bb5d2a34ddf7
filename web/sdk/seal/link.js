// @ts-check
/**
 * Links: what stands behind the `#`, written and read (sections 1.3 and 1.7).
 *
 * Three kinds hold a secret: the room (`#1…`), an invitation (`#1i…`), the host's second device (`#1h…`). A
 * named room (`/r/name`, `/r/name#p`) holds none, but its invitations and host links stand behind its path
 * (`/r/name#1i…`). Reading forgives what chat programs and typing do. A secret in
 * the path or the query has been shown to a server and is never used. What a secret opens is in `room.js` and
 * `invite.js`.
 */
import { concat, SealError } from "./bytes.js";
import { checkedLength, decodeChecked, encodeChecked, tidy } from "./base32.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/**
 * What a link says. `R` is 16 bytes, `inv` 16, `seed` 32; `password` tells that the link itself asks for one.
 * An invitation or host link with a `name` is of that named room, and its R means nothing.
 * @typedef {{kind: "room", R: Bytes} | {kind: "invitation", inv: Bytes, name?: string} | {kind: "host", seed: Bytes, R: Bytes, name?: string}
 *   | {kind: "named", name: string, password: boolean}} Link
 */

/** `#1…`: the room of `R`. @param {Uint8Array} R 16 bytes @returns {Promise<string>} 30 characters */
export async function roomLink(R) {
  return `#1${await encodeChecked(sized(R, 16))}`;
}

/** `#1i…`: an invitation. @param {Uint8Array} inv 16 bytes @returns {Promise<string>} 31 characters */
export async function invitationLink(inv) {
  return `#1i${await encodeChecked(sized(inv, 16))}`;
}

/**
 * `#1h…`: makes the device that reads it host. To be imported once, then taken out of the address bar.
 * @param {Uint8Array} seed 32 bytes @param {Uint8Array} R 16 bytes @returns {Promise<string>} 82 characters
 */
export async function hostLink(seed, R) {
  return `#1h${await encodeChecked(concat(sized(seed, 32), sized(R, 16)))}`;
}

/** Where a named room is, relative to the page. @param {string} name @param {boolean} [password] @returns {string} */
export function namedPath(name, password = false) {
  return `/r/${roomName(name)}${password ? "#p" : ""}`;
}

/**
 * A room's name as it stands in `room`: white space and `_` become `-`, letters lower case.
 * @param {string} typed @returns {string} `[a-z0-9-]{1,64}`
 * @throws {SealError} `bad-name` for anything that still has other letters, or has none, or too many
 */
export function roomName(typed) {
  const name = typed.normalize("NFKC").trim().replace(/[\s_]+/gu, "-").toLowerCase();
  if (!/^[a-z0-9-]{1,64}$/.test(name)) throw new SealError("bad-name");
  return name;
}

/**
 * Reads an address, a fragment (`#…`), or the letters of a code that somebody typed.
 * @param {string} input @returns {Promise<Link>}
 * @throws {SealError} `secret-in-path` if path or query hold a secret, whatever the fragment says;
 *   `damaged` if this is a link but not as it was made; `bad-name` for a named room of no good name; `not-a-link` for
 *   everything else
 */
export async function readLink(input) {
  const trimmed = input.trim();
  const sharp = trimmed.indexOf("#");
  const bare = sharp < 0 && !/[/?%&=]/.test(trimmed);
  const before = bare ? "" : sharp < 0 ? trimmed : trimmed.slice(0, sharp);
  const fragment = bare ? trimmed : sharp < 0 ? "" : trimmed.slice(sharp + 1);
  await refuseSecretBefore(before);
  const named = /(?:^|\/)r\/([^/?#]+)\/?$/.exec(before);
  if (named) return readNamed(/** @type {string} */ (named[1]), fragment);
  return readFragment(fragment, bare);
}

/** @param {string} segment of the path @param {string} fragment @returns {Promise<Link>} */
async function readNamed(segment, fragment) {
  const name = roomName(unescaped(segment));
  if (fragment.trim() === "" || readsP(fragment)) return { kind: "named", name, password: fragment.trim() !== "" };
  const link = await readFragment(fragment, false);
  if (link.kind === "room" || link.kind === "named") throw new SealError("damaged");
  return { ...link, name };
}

/** @param {string} fragment @param {boolean} bare whether it came without `#`: then it may as well be a name */
async function readFragment(fragment, bare) {
  const letters = tidy(unescaped(fragment));
  const link = await decodeByLength(letters);
  if (link !== undefined) return link;
  const meant = letters.startsWith("1") && (!bare || letters.length > 20);
  throw new SealError(meant ? "damaged" : "not-a-link");
}

/**
 * The kind is told by length first, because readers take i for 1: 29, 30 and 81 characters.
 * @param {string} letters tidied, version first @returns {Promise<Link | undefined>} undefined: no kind has this form
 */
async function decodeByLength(letters) {
  if (letters.length === 1 + checkedLength(16) && letters.startsWith("1")) {
    return { kind: "room", R: await decodeChecked(letters.slice(1), 16) };
  }
  if (letters.length === 2 + checkedLength(16) && letters.startsWith("11")) {
    return { kind: "invitation", inv: await decodeChecked(letters.slice(2), 16) };
  }
  if (letters.length === 2 + checkedLength(48) && letters.startsWith("1h")) {
    const bytes = await decodeChecked(letters.slice(2), 48);
    return { kind: "host", seed: bytes.slice(0, 32), R: bytes.slice(32) };
  }
  return undefined;
}

/**
 * An app that escaped the `#` sent the secret as part of the path (`%23`, `%2523`), others move it to the query.
 * @param {string} before everything in front of the `#`
 */
async function refuseSecretBefore(before) {
  if (/%(?:25)*23\s*[1il]/i.test(before)) throw new SealError("secret-in-path");
  for (const part of unescaped(before).split(/[/?&=#;,]/)) {
    let found;
    try {
      found = await decodeByLength(tidy(part));
    } catch {
      continue; // of a link's length but wrong check: a word like any other
    }
    if (found !== undefined) throw new SealError("secret-in-path");
  }
}

/** @param {string} fragment @returns {boolean} */
function readsP(fragment) {
  return /^p[^\p{L}\p{N}]*$/iu.test(unescaped(fragment).trim());
}

/** Percent escapes undone where they are well formed. @param {string} string @returns {string} */
function unescaped(string) {
  try {
    return decodeURIComponent(string);
  } catch {
    return string;
  }
}

/** @param {Uint8Array} bytes @param {number} length @returns {Uint8Array} */
function sized(bytes, length) {
  if (bytes.length !== length) throw new RangeError(`wants ${length} bytes`);
  return bytes;
}
