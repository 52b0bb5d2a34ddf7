// Before something that cannot be taken back: what will happen, and yes or back.

import { h, setAttribute, setText, show } from "../dom.js";
import { roomNameOf } from "../house.js";
import { t } from "../language.js";
import { questionOf, unmetQuestion } from "../words_house.js";
import { createDialog } from "./dialog.js";

/** @typedef {import("../house.js").Dialog} Dialog */

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {{element: HTMLElement, update: (state: import("../state.js").State) => void}}
 */
export function question({ hosting, recording, talking }) {
  const text = h("p", { class: "soft" });
  const yes = h("button", { type: "button", class: "button", onclick: () => answer() });
  // Has the focus at first: nothing grave happens by a stray key.
  const back = h("button", { type: "button", class: "button button-quiet", onclick: () => dialog.element.close() }, t("back"));
  const password = h("input", { class: "input input-small", id: "remove-password", type: "text", maxlength: 128, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const instead = h("div", { class: "field" },
    h("label", { class: "field-label", for: "remove-password" }, t("password.new"), h("span", { class: "field-aside" }, t("optional"))), password);
  const dialog = createDialog({ id: "question", title: "", className: "dialog-small", onclose: () => asked && hosting.closed(asked.about) },
    text, instead, h("div", { class: "dialog-actions" }, back, yes));
  /** @type {Dialog | null} */
  let asked = null;

  function answer() {
    switch (asked?.about) {
      case "end": return void hosting.end();
      case "new-link": return void hosting.newLink();
      case "no-password": return void hosting.setPassword("");
      case "forget": return void hosting.forget();
      case "remove": return void hosting.remove(asked.person, instead.hidden ? "" : password.value);
      case "make-host": return void hosting.makeHost(asked.person);
      case "close-door": return void hosting.setDoor(asked.door, true);
      case "unmet": return hosting.anyway();
      case "take-back": return takeBack(asked.message);
      case "record": return void recording.ask();
    }
  }

  /** @param {string} message */
  function takeBack(message) {
    hosting.ask(null);
    talking.takeBack(message);
    // The button that asked is gone with the message.
    document.getElementById("chat-title")?.focus();
  }

  return {
    element: dialog.element,
    update({ dialog: wanted, people, house, me, link }) {
      const name = wanted && "person" in wanted ? people.find(({ id }) => id === wanted.person)?.name ?? "" : "";
      const [open, named] = [house.rules?.door === "open", roomNameOf(link) !== ""];
      const words = wanted && (wanted.about === "unmet" ? unmetQuestion(wanted.who) : questionOf(wanted.about, name, { open, host: me.host, named }));
      if (words) {
        if (asked !== wanted) password.value = "";
        show(instead, wanted.about === "remove" && open && named);
        asked = wanted;
        dialog.setTitle(words.title);
        setText(text, words.text);
        setText(yes, words.yes);
        setAttribute(yes, "class", `button ${words.grave ? "button-grave" : ""}`);
      }
      dialog.set(Boolean(words), back);
    },
  };
}
