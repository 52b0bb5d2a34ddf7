// Single keys during a call: M for the microphone, V for the camera, S for the screen, P for the people, C for the chat, H for a
// hand, G for grid or speaker, W for the small window, a digit to pin that person, ? for the settings, where all of them stand; Space is
// held to be heard while muted. Never while something is being typed or a dialog is open, never with a modifier, and they can be switched
// off (WCAG 2.1.4).

/** @typedef {import("./words.js").DeviceKind} DeviceKind */

/**
 * What a key press asks for.
 * @param {{key: string, repeat: boolean, altKey: boolean, ctrlKey: boolean, metaKey: boolean}} press
 * @param {boolean} typing the focus is in something that takes text
 * @returns {DeviceKind | "screen" | "people" | "chat" | "hand" | "view" | "small" | "help" | {pin: number} | null} `pin`: a place among the others, from 0
 */
export function shortcutOf(press, typing) {
  if (typing || press.repeat || press.altKey || press.ctrlKey || press.metaKey) return null;
  switch (press.key.toLowerCase()) {
    case "m": return "microphone";
    case "v": return "camera";
    case "s": return "screen";
    case "p": return "people";
    case "c": return "chat";
    case "h": return "hand";
    case "g": return "view";
    case "w": return "small";
    case "?": return "help";
    default: return /^[1-9]$/u.test(press.key) ? { pin: Number(press.key) - 1 } : null;
  }
}

/**
 * Whether a key press holds the microphone open: Space, while muted, where it presses nothing else.
 * @param {{key: string, repeat: boolean, altKey: boolean, ctrlKey: boolean, metaKey: boolean}} press
 * @param {EventTarget | null} target
 * @param {Pick<import("./state.js").State, "microphone">} state
 * @returns {boolean}
 */
export function holdsToTalk(press, target, { microphone }) {
  if (press.key !== " " || press.repeat || press.altKey || press.ctrlKey || press.metaKey) return false;
  if (microphone.status !== "live" || microphone.wanted) return false;
  return !(target !== null && target instanceof Element && target.closest("button, a, input, select, textarea, summary, [role], [tabindex='0']"));
}

/**
 * @param {import("./store.js").Store} store
 * @param {import("./actions.js").Actions} actions
 */
export function listenForShortcuts({ state }, { arrange, devices, hosting, screen: shown, small, talking }) {
  let isHeld = false;
  function release() {
    if (!isHeld) return;
    isHeld = false;
    if (state().screen === "call" && state().microphone.wanted) void devices.toggle("microphone");
  }
  document.addEventListener("keyup", ({ key }) => key === " " && release());
  addEventListener("blur", release);

  document.addEventListener("keydown", (event) => {
    const { screen, shortcuts, dialog, panel, chatting, stage, people } = state();
    if (screen !== "call" || !shortcuts || dialog || event.defaultPrevented) return;
    if (holdsToTalk(event, event.target, state())) {
      event.preventDefault();
      isHeld = true;
      void devices.toggle("microphone");
      return;
    }
    const kind = shortcutOf(event, isTyping(event.target));
    if (kind === "people") hosting.setPanel(!panel);
    else if (kind === "chat") {
      // Or the key would be the first letter in the field that gets the focus.
      event.preventDefault();
      talking.setChat(!chatting);
    } else if (kind === "hand") talking.toggleHand();
    else if (kind === "screen") void shown.toggle();
    else if (kind === "camera") void shown.toggleCamera();
    else if (kind === "microphone") void devices.toggle("microphone");
    else if (kind === "small") small.toggle();
    else if (kind === "help") hosting.ask({ about: "settings" });
    else if (kind === "view") arrange({ what: "view", view: stage.view === "grid" ? "speaker" : "grid" });
    else if (kind) {
      const person = people[kind.pin]?.id;
      if (person) arrange({ what: "pin", person });
    }
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
