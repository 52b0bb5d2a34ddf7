// Pages after a meeting: left, over, or not possible. A headline, a sentence, what can be done now, the code in small print.

import { h, setAttribute, setText, show } from "../dom.js";
import { doorway } from "../icons.js";
import { roomNameOf } from "../house.js";
import { addressOf } from "../link_text.js";
import { headline } from "../words.js";
import { brand, button, sealedSign, troubleLine } from "./parts.js";

/** Codes after which the same link may work again. */
const passing = new Set(["no-server", "busy", "rate", "restart", "queue", "protocol", "no-relay", "relay-full", "replaced", "room-expired", "room-full", "stopped", "refused", "locked", "not-invited", "fault"]);

/** Codes whose cause may lie in the network, so that looking at it helps. */
const network = new Set(["no-server", "no-relay", "relay-full", "no-websocket"]);

/** Codes after which a name may lead to a room for somebody who knows nothing of the one before. */
const staleNames = new Set(["two-hosts", "room-over", "room-expired"]);

/** Codes that say that this browser or address cannot do it: no button of the page helps. */
const hopeless = new Set(["not-secure", "no-crypto", "no-x25519", "no-ed25519", "no-deflate", "no-websocket", "no-webrtc"]);

/**
 * The page after leaving.
 * @param {import("../actions.js").Actions} actions
 * @returns {import("./parts.js").View}
 */
export function left(actions) {
  const text = h("p", { class: "lead" });
  const rejoin = button({ label: "Rejoin", onclick: () => void actions.reopen() });
  const start = button({ label: "Start a new room", onclick: () => void actions.startRoom() });
  const trouble = troubleLine();
  const title = h("h1", { tabindex: -1 });
  const element = notice(actions, title, text,
    h("div", { class: "notice-actions" }, rejoin.element, start.element), trouble.element);

  return {
    element,
    update({ lastOut, gaveUp, starting, trouble: wrong, link }) {
      const named = roomNameOf(link) !== "";
      setAttribute(element, "data-light", lastOut ? "off" : "on");
      setText(title, gaveUp ? "You went away from the door" : "You left the room");
      rejoin.setBusy(false, gaveUp ? "Knock again" : "Rejoin");
      setText(text, lastOut
        ? named ? "You were the last one in it, so the room is gone, and its name is free. Nothing was kept." : "You were the last one in it, so the room is gone and its link with it. Nothing was kept."
        : gaveUp ? "Camera and microphone are off. Nobody saw or heard you." : "Camera and microphone are off. The others can go on without you.");
      rejoin.element.classList.toggle("button-quiet", lastOut && !named);
      start.element.classList.toggle("button-quiet", !lastOut || named);
      start.setBusy(starting, starting ? "Opening the door…" : "Start a new room");
      trouble.say(wrong?.text ?? "");
    },
  };
}

/**
 * The page for an end or a failure.
 * @param {import("../actions.js").Actions} actions
 * @returns {import("./parts.js").View}
 */
export function problem(actions) {
  const title = h("h1", { tabindex: -1 });
  const text = h("p", { class: "lead" });
  const code = h("p", { class: "code" });
  const again = button({ label: "Try again", onclick: () => void actions.reopen() });
  const afresh = button({ label: "Forget it and go in as somebody new", onclick: () => void actions.reopenAfresh() });
  const start = button({ label: "Start a new room", onclick: () => void actions.startRoom() });
  const check = h("a", { class: "button button-plain", href: addressOf("check"), target: "_blank", rel: "noopener" }, "Does it work here?");
  const secure = h("a", { class: "button" }, "Open it securely");
  const trouble = troubleLine();
  const element = notice(actions, title, text,
    h("div", { class: "notice-actions" }, again.element, afresh.element, secure, start.element, check), trouble.element, code);

  return {
    element,
    update({ problem: about, starting, trouble: wrong, link }) {
      if (!about) return;
      setText(title, headline(about.code));
      setText(text, about.text);
      setText(code, `Code: ${about.code}`);
      const mayForget = staleNames.has(about.code) && roomNameOf(link) !== "";
      const mayPass = passing.has(about.code) && !mayForget;
      show(again.element, mayPass);
      show(afresh.element, mayForget);
      show(start.element, !hopeless.has(about.code));
      start.element.classList.toggle("button-quiet", mayPass || mayForget);
      start.setBusy(starting, starting ? "Opening the door…" : "Start a new room");
      show(secure, about.code === "not-secure");
      show(check, network.has(about.code));
      secure.href = location.href.replace(/^http:/u, "https:");
      trouble.say(wrong?.text ?? "");
    },
  };
}

/**
 * @param {import("../actions.js").Actions} actions
 * @param {...HTMLElement} children
 * @returns {HTMLElement}
 */
function notice(actions, ...children) {
  return h("div", { class: "page notice", "data-light": "off" },
    h("header", { class: "topbar" }, brand(actions.home), sealedSign()),
    h("div", { class: "notice-body" }, doorway(), ...children));
}
