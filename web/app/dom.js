// Building elements: text and attributes only, never markup (the page's Trusted Types allow no other way).

const svgNamespace = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | null | false} Child */

/**
 * Makes an element. In `attributes`, `true` stands for an empty attribute, `false` and `null` for none, and names
 * that begin with `on` are listeners.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null | ((event: any) => void)>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else setAttribute(element, name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/**
 * The same for drawings.
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...SVGElement} children
 * @returns {SVGElement}
 */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * Sets, changes or removes an attribute, and leaves an equal one alone, so that nothing is restyled or read out twice.
 * @param {Element} element
 * @param {string} name
 * @param {string | number | boolean | null} value
 */
export function setAttribute(element, name, value) {
  if (value === null || value === false) element.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/**
 * Sets the text if it differs.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Shows or hides.
 * @param {HTMLElement} element
 * @param {boolean} visible
 */
export function show(element, visible) {
  element.hidden = !visible;
}

/**
 * Gives a media element its stream, and plays it. A refused play (no gesture yet) is told to `onRefused`.
 * @param {HTMLMediaElement} media
 * @param {MediaStream | null} stream
 * @param {() => void} [onRefused]
 */
export function attach(media, stream, onRefused = () => {}) {
  if (media.srcObject === stream) return;
  media.srcObject = stream;
  if (!stream) return;
  media.play().catch((error) => {
    // AbortError only says that another stream or a removal came first.
    if (error instanceof DOMException && error.name === "NotAllowedError") onRefused();
  });
}

/**
 * Keeps the children of an element in step with items: one part for each id, made once, updated in place, in order.
 * Where the part that had the focus goes away, the next one's first button gets it, or else what `fallback` names, so
 * that nobody who uses the keyboard starts from the top again.
 *
 * @template {{readonly id: string}} Item
 * @param {HTMLElement} element
 * @param {(item: Item) => {element: HTMLElement, update: (item: Item) => void}} make
 * @param {() => HTMLElement | null} [fallback]
 * @returns {(items: readonly Item[]) => void}
 */
export function keyed(element, make, fallback = () => null) {
  /** @type {Map<string, ReturnType<typeof make>>} */
  const parts = new Map();
  return (items) => {
    let lost = -1;
    for (const [id, part] of parts) {
      if (items.some((item) => item.id === id)) continue;
      if (part.element.contains(document.activeElement)) lost = [...element.children].indexOf(part.element);
      part.element.remove();
      parts.delete(id);
    }
    items.forEach((item, index) => {
      const part = parts.get(item.id) ?? make(item);
      parts.set(item.id, part);
      part.update(item);
      const there = element.children[index] ?? null;
      if (there !== part.element) element.insertBefore(part.element, there);
    });
    if (lost < 0) return;
    const next = element.children[Math.min(lost, element.children.length - 1)]?.querySelector("button");
    (next ?? fallback())?.focus();
  };
}
