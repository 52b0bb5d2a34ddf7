// Single keys during a call: M for the microphone, V for the camera, P for the people, C for the chat, H for a hand. Never while something is being typed or a
// dialog is open, never with a modifier, and they can be switched off (WCAG 2.1.4).

/** @typedef {import("./words.js").DeviceKind} DeviceKind */

/**
 * What a key press asks for.
 * @param {{key: string, repeat: boolean, altKey: boolean, ctrlKey: boolean, metaKey: boolean}} press
 * @param {boolean} typing the focus is in something that takes text
 * @returns {DeviceKind | "people" | "chat" | "hand" | null}
 */
export function shortcutOf(press, typing) {
  if (typing || press.repeat || press.altKey || press.ctrlKey || press.metaKey) return null;
  switch (press.key.toLowerCase()) {
    case "m": return "microphone";
    case "v": return "camera";
    case "p": return "people";
    case "c": return "chat";
    case "h": return "hand";
    default: return null;
  }
}

/**
 * @param {import("./store.js").Store} store
 * @param {import("./actions.js").Actions} actions
 */
export function listenForShortcuts({ state }, { devices, hosting, talking }) {
  document.addEventListener("keydown", (event) => {
    const { screen, shortcuts, dialog, panel, chatting } = state();
    if (screen !== "call" || !shortcuts || dialog || event.defaultPrevented) return;
    const kind = shortcutOf(event, isTyping(event.target));
    if (kind === "people") hosting.setPanel(!panel);
    else if (kind === "chat") {
      // Or the key would be the first letter in the field that gets the focus.
      event.preventDefault();
      talking.setChat(!chatting);
    } else if (kind === "hand") talking.toggleHand();
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
