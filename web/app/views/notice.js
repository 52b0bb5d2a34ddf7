// Pages after a meeting: left, over, or not possible. A headline, a sentence, what can be done now, the code in small print.

import { h, setAttribute, setText, show } from "../dom.js";
import { doorway } from "../icons.js";
import { roomNameOf } from "../house.js";
import { addressOf } from "../link_text.js";
import { dateOf, t } from "../language.js";
import { headline, problemSentence } from "../words.js";
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
  const rejoin = button({ label: t("left.rejoin"), onclick: () => void actions.reopen() });
  const start = button({ label: t("left.new"), onclick: () => void actions.startRoom() });
  const trouble = troubleLine();
  const title = h("h1", { tabindex: -1 });
  const summary = summaryOffer(actions);
  const element = notice(actions, title, text,
    h("div", { class: "notice-actions" }, rejoin.element, start.element), summary.element, trouble.element);

  return {
    element,
    update({ lastOut, keptUntil, gaveUp, starting, trouble: wrong, link }) {
      const named = roomNameOf(link) !== "";
      summary.update();
      setAttribute(element, "data-light", lastOut ? "off" : "on");
      setText(title, t(gaveUp ? "left.door" : "left.title"));
      rejoin.setBusy(false, t(gaveUp ? "left.knock" : "left.rejoin"));
      const isKept = lastOut && keptUntil !== null;
      if (isKept) setText(text, t("left.last.kept", { date: dateOf(new Date(keptUntil)) }));
      else setText(text, t(lastOut ? (named ? "left.last.named" : "left.last") : gaveUp ? "left.gave-up" : "left.text"));
      rejoin.element.classList.toggle("button-quiet", lastOut && !named && !isKept);
      start.element.classList.toggle("button-quiet", !lastOut || named || isKept);
      start.setBusy(starting, t(starting ? "landing.starting" : "left.new"));
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
  const again = button({ label: t("again"), onclick: () => void actions.reopen() });
  const afresh = button({ label: t("problem.afresh"), onclick: () => void actions.reopenAfresh() });
  const start = button({ label: t("left.new"), onclick: () => void actions.startRoom() });
  const check = h("a", { class: "button button-plain", href: addressOf("check"), target: "_blank", rel: "noopener" }, t("landing.check"));
  const secure = h("a", { class: "button" }, t("problem.secure"));
  const trouble = troubleLine();
  const summary = summaryOffer(actions);
  const element = notice(actions, title, text,
    h("div", { class: "notice-actions" }, again.element, afresh.element, secure, start.element, check), summary.element, trouble.element, code);

  return {
    element,
    update({ problem: about, starting, trouble: wrong, link }) {
      if (!about) return;
      summary.update();
      setText(title, headline(about.code));
      setText(text, problemSentence(about));
      setText(code, t("problem.code", { code: about.code }));
      const mayForget = staleNames.has(about.code) && roomNameOf(link) !== "";
      const mayPass = passing.has(about.code) && !mayForget;
      show(again.element, mayPass);
      show(afresh.element, mayForget);
      show(start.element, !hopeless.has(about.code));
      start.element.classList.toggle("button-quiet", mayPass || mayForget);
      start.setBusy(starting, t(starting ? "landing.starting" : "left.new"));
      show(secure, about.code === "not-secure");
      show(check, network.has(about.code));
      secure.href = location.href.replace(/^http:/u, "https:");
      trouble.say(wrong?.text ?? "");
    },
  };
}

/**
 * After a meeting in standard mode: what it was, as a file.
 * @param {import("../actions.js").Actions} actions
 */
function summaryOffer(actions) {
  const element = h("div", { class: "notice-summary" },
    h("button", { type: "button", class: "button button-quiet", onclick: () => actions.summaries.save() }, t("summary.save")),
    h("p", { class: "small" }, t("summary.hint")));
  return { element, update: () => show(element, actions.summaries.ready) };
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
