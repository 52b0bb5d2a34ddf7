/**
 * What does not fit on the screen, lies upon something else or is cut off.
 */

/** Runs in the page. @returns {Promise<string[]>} in words, empty is good */
export async function misfits() {
  const moving = document.getAnimations().filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime));
  await Promise.race([Promise.allSettled(moving.map((animation) => animation.finished)), new Promise((done) => setTimeout(done, 1500))]);
  const found = [];
  const { scrollWidth, clientWidth, clientHeight } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} wide in a viewport of ${clientWidth}`);
  const inCall = document.querySelector("main")?.dataset["screen"] === "call";
  const dialog = document.querySelector("dialog[open]");
  /** @type {{ element: Element, name: string, box: DOMRect }[]} */
  const seen = [];
  for (const element of (dialog ?? document).querySelectorAll("button, a[href], input, select, textarea, [role=switch], .tile-plate, .tile[data-floating]")) {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || element.closest("[inert]")) continue;
    const box = element.getBoundingClientRect();
    if (box.width <= 1) continue; // drawn by its label
    const name = element.getAttribute("aria-label") ?? (element.textContent?.trim() || element.id);
    if (box.left < -0.5 || box.right > clientWidth + 0.5) found.push(`"${name}" reaches from ${box.left} to ${box.right} of ${clientWidth}`);
    // A call has no page to scroll: whatever cannot be seen cannot be pressed.
    if (inCall && !dialog && (box.top < -0.5 || box.bottom > clientHeight + 0.5)) found.push(`"${name}" reaches from ${box.top} to ${box.bottom} of ${clientHeight}`);
    for (const other of seen) {
      if (other.element.contains(element)) continue;
      const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
      if (wide > 2 && high > 2) found.push(`"${name}" and "${other.name}" lie upon each other by ${Math.round(wide)}x${Math.round(high)}`);
    }
    seen.push({ element, name, box });
  }
  return found;
}

/** Runs in the page. @returns {string[]} what is wider than its place, in words; what can be scrolled to is no misfit */
export function cutOff() {
  const { scrollWidth, clientWidth } = document.documentElement;
  const found = scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide in a viewport of ${clientWidth}`] : [];
  const root = document.querySelector("dialog[open]") ?? document.body;
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!element || !texts.currentNode.nodeValue?.trim() || element.closest(".unseen, [inert], select, script, template") || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    range.selectNodeContents(texts.currentNode);
    const text = range.getBoundingClientRect();
    // The next one that has a width of its own, and lets nothing be scrolled or end in dots.
    let place = element;
    while (place.clientWidth === 0 && place.parentElement) place = place.parentElement;
    const box = place.getBoundingClientRect();
    if (box.width <= 2 || [element, place].some((one) => getComputedStyle(one).textOverflow === "ellipsis")) continue;
    if (text.left < box.left - 1 || text.right > box.right + 1) found.push(`"${element.textContent?.trim().slice(0, 50)}" reaches from ${Math.round(text.left)} to ${Math.round(text.right)} in ${place.className || place.localName} from ${Math.round(box.left)} to ${Math.round(box.right)}`);
    else if (text.left < -1 || text.right > clientWidth + 1) found.push(`"${element.textContent?.trim().slice(0, 50)}" reaches from ${Math.round(text.left)} to ${Math.round(text.right)} of ${clientWidth}`);
  }
  return found;
}
