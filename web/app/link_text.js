// Links as text: the whole one for others, and what somebody pasted into the link field, which may be a whole link,
// one without its scheme, or only what stands after the #. Whether a fragment is a good one is for the SDK to say.

/**
 * @param {string} fragment
 * @returns {string}
 */
export function wholeLink(fragment) {
  return location.origin + location.pathname + fragment;
}

/**
 * @param {string} text
 * @param {string} host this page's own, with its port
 * @returns {{fragment: string} | {elsewhere: string}} elsewhere names the host of a link to another server
 */
export function fragmentOf(text, host) {
  const pasted = text.trim();
  const hash = pasted.indexOf("#");
  const before = hash < 0 ? pasted : pasted.slice(0, hash);
  const other = hostOf(before);
  if (other !== "" && other !== host) return { elsewhere: other };
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
