// Single keys during a call: M for the microphone, V for the camera, P for the people. Never while something is being typed or a
// dialog is open, never with a modifier, and they can be switched off (WCAG 2.1.4).

/** @typedef {import("./words.js").DeviceKind} DeviceKind */

/**
 * What a key press asks for.
 * @param {{key: string, repeat: boolean, altKey: boolean, ctrlKey: boolean, metaKey: boolean}} press
 * @param {boolean} typing the focus is in something that takes text
 * @returns {DeviceKind | "people" | null}
 */
export function shortcutOf(press, typing) {
  if (typing || press.repeat || press.altKey || press.ctrlKey || press.metaKey) return null;
  switch (press.key.toLowerCase()) {
    case "m": return "microphone";
    case "v": return "camera";
    case "p": return "people";
    default: return null;
  }
}

/**
 * @param {import("./store.js").Store} store
 * @param {import("./actions.js").Actions} actions
 */
export function listenForShortcuts({ state }, { devices, hosting }) {
  document.addEventListener("keydown", (event) => {
    const { screen, shortcuts, dialog, panel } = state();
    if (screen !== "call" || !shortcuts || dialog || event.defaultPrevented) return;
    const kind = shortcutOf(event, isTyping(event.target));
    if (kind === "people") hosting.setPanel(!panel);
    else if (kind) void devices.toggle(kind);
  });
}

/**
 * @param {EventTarget | null} target
 * @returns {boolean}
 */
function isTyping(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || target.closest("input, textarea, select, [role='textbox']") !== null);
}
