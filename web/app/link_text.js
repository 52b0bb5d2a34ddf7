// Links as text: the whole one for others, the one in the address bar, and what somebody pasted into the link field, which
// may be a whole link, the message in which it came, one without its scheme, or only what stands after the #. Whether it is a
// good one is for the SDK to say. A link is `#1…`, or `r/choir` for a named room.

/**
 * Where a link stands on this server.
 * @param {string} link empty: the front page
 * @param {string} [pathname] of the page as it is
 * @returns {string}
 */
export function addressOf(link, pathname = location.pathname) {
  return pathname.replace(/r\/[^/]*$/u, "") + link;
}

/**
 * The link in the address bar.
 * @param {Pick<Location, "pathname" | "hash">} [from]
 * @returns {string} empty on the front page
 */
export function linkHere({ pathname, hash } = location) {
  const named = /r\/[^/]+$/u.exec(pathname);
  const fragment = hash.length > 1 ? hash : "";
  return named ? named[0] + fragment : fragment;
}

/**
 * @param {string} link
 * @returns {string}
 */
export function wholeLink(link) {
  return location.origin + addressOf(link);
}

/**
 * @param {string} text
 * @param {string} host this page's own, with its port
 * @returns {{fragment: string} | {elsewhere: string}} elsewhere names the host of a link to another server
 */
export function fragmentOf(text, host) {
  // People copy the words before a link with it.
  const pasted = text.slice(Math.max(0, text.search(/https?:\/\//iu))).trim();
  const hash = pasted.indexOf("#");
  const before = hash < 0 ? pasted : pasted.slice(0, hash);
  const other = hostOf(before);
  if (other !== "" && other !== host) return { elsewhere: other };
  const named = /(?:^|\/)(r\/[^/]+)\/?$/u.exec(before);
  if (named?.[1]) return { fragment: named[1] + (hash >= 0 ? pasted.slice(hash) : "") };
  if (hash >= 0) return { fragment: pasted.slice(hash) };
  return { fragment: other === "" ? `#${pasted}` : "#" };
}

/**
 * @param {string} text a link without its fragment
 * @returns {string} empty if there is no host in it
 */
function hostOf(text) {
  const address = /^https?:\/\//iu.test(text) ? text : /^[\w.-]+(:\d+)?\//u.test(text) ? `https://${text}` : "";
  return URL.canParse(address) ? new URL(address).host : "";
}
