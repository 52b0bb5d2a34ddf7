// What an address means to this page. The codec is seal/link.js; here its words become ParlourErrors with sentences.

import { ParlourError } from "./errors.js";
import { SealError } from "./seal/bytes.js";
import { readLink as decode } from "./seal/link.js";

/** @typedef {import("./seal/link.js").Link} Link */

/**
 * A link that was read; {@link import("./meeting.js").Meeting.open} opens all of them.
 * @typedef {{kind: "room" | "invite" | "host" | "named"}} ReadLink
 */

/**
 * Reads a fragment or a whole address, forgiving case, spaces, hyphens, look-alike letters and trailing punctuation.
 * Sends nothing. It is asynchronous because the check characters are a hash.
 *
 * @param {string} fragment `location.hash`, or better `location.href`: then a secret that an app moved out of the
 *   fragment, and so sent to the server, is noticed
 * @returns {Promise<ReadLink>}
 * @throws {ParlourError} `link-missing`, `link-damaged`, `link-leaked`, `bad-name`
 */
export async function readLink(fragment) {
  const { kind } = await openLink(fragment);
  return { kind: kind === "invitation" ? "invite" : kind };
}

/**
 * The same with what the link holds; for this SDK only.
 * @param {string} fragment @returns {Promise<Link>}
 * @throws {ParlourError} as `readLink`
 */
export async function openLink(fragment) {
  const trimmed = fragment.trim();
  const isAddress = /[#/]/.test(trimmed);
  if (trimmed === "" || trimmed === "#" || (isAddress && !trimmed.includes("#") && !/(?:^|\/)r\/|%/.test(trimmed))) throw new ParlourError("link-missing");
  try {
    return await decode(isAddress ? trimmed : `#${trimmed}`);
  } catch (thrown) {
    if (!(thrown instanceof SealError)) throw new ParlourError("fault", { cause: thrown });
    if (thrown.code === "secret-in-path") throw new ParlourError("link-leaked");
    if (thrown.code === "bad-name") throw new ParlourError("bad-name", { cause: thrown });
    throw new ParlourError("link-damaged", { cause: thrown });
  }
}
