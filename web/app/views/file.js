// A file that somebody offers, or that this person does: what it is, how it goes, and what can be done.

import { h, setAttribute, setText, show } from "../dom.js";
import { icon } from "../icons.js";
import { t, timeOf } from "../language.js";
import { fileHead, fileSentence, receiverSentence, sizeOf } from "../words_talk.js";

/** @typedef {import("../talk.js").Item} Item */
/** @typedef {import("../state.js").State} State */

/**
 * @param {import("../talking.js").Talking} talking
 * @param {() => State | null} latest
 */
export function createFile(talking, latest) {
  let [id, file] = ["", ""];
  const head = h("span", {});
  const time = h("time", { class: "talk-time" });
  const name = h("bdi", { class: "file-name" });
  const size = h("span", { class: "small" });
  const bar = h("progress", { class: "file-bar", "aria-label": t("file.received") });
  const status = h("p", { class: "file-status" });
  const receivers = h("ul", { class: "small file-receivers", role: "list" });
  const warning = h("p", { class: "small file-warning" }, icon("alert"), t("file.program"));
  const button = (/** @type {string} */ label, /** @type {string} */ quiet, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", class: `button button-small ${quiet}`, onclick }, label);
  const accept = button(t("file.accept"), "", () => talking.accept(id));
  const save = button(t("file.save"), "", () => talking.save(id, file));
  const decline = button(t("file.decline"), "button-quiet", () => talking.drop(id));
  const cancel = button(t("cancel"), "button-quiet", () => talking.drop(id));
  const back = button(t("file.back"), "button-quiet", () => talking.drop(id));
  const remove = button(t("file.remove"), "button-quiet", () => talking.drop(id));
  const hash = h("code", { class: "code file-hash" });
  const details = h("details", { class: "more file-more" }, h("summary", {}, t("file.hash")),
    h("p", { class: "small" }, t("file.hash.text")), hash);
  const element = h("li", { class: "talk-item talk-card" },
    h("p", { class: "talk-head" }, head, time),
    h("div", { class: "file-what" }, icon("file"), h("div", { class: "file-words" }, name, size)),
    warning, bar, status, receivers,
    h("div", { class: "row-actions" }, accept, save, decline, cancel, back, remove), details);

  return {
    element,
    /** @param {Item} item */
    update({ kind, what }) {
      if (kind !== "file") return;
      const { own, earlier, state, to } = what;
      const comesHere = !own || earlier;
      [id, file] = [what.id, what.file];
      setText(head, fileHead(what, latest()?.people.find((person) => person.id === to)?.name ?? ""));
      setText(time, timeOf(what.at));
      setAttribute(time, "datetime", what.at.toISOString());
      setText(name, what.file);
      setText(size, [sizeOf(what.size), what.type].filter(Boolean).join(" · "));
      show(warning, what.program && comesHere && state !== "declined" && state !== "withdrawn");
      const comes = state === "receiving" || state === "wanted";
      show(bar, comes);
      bar.max = Math.max(1, what.size);
      bar.value = what.done;
      setText(status, fileSentence(what));
      setAttribute(status, "data-tone", state === "damaged" || state === "failed" || state === "incomplete" || what.kept === "full" || what.kept === "failed" ? "amber" : null);
      show(status, status.textContent !== "");
      const lines = what.receivers.map((receiver) => receiverSentence(receiver, what.size));
      if (lines.length !== receivers.children.length) receivers.replaceChildren(...lines.map((line) => h("li", {}, line)));
      lines.forEach((line, index) => setText(/** @type {Element} */ (receivers.children[index]), line));
      show(receivers, lines.length > 0);
      show(accept, comesHere && (state === "offered" || state === "declined" || state === "incomplete"));
      show(save, state === "ready");
      show(decline, !own && state === "offered");
      show(cancel, comes || state === "checking");
      show(back, own && (state === "offered" || (earlier && what.kept === "kept" && !comes)));
      show(remove, (own && state === "withdrawn") || (!own && !comes && state !== "offered" && state !== "checking"));
      for (const one of [accept, save, decline, cancel, back, remove]) setAttribute(one, "aria-label", t("file.act", { act: one.textContent ?? "", file: what.file }));
      setText(hash, what.hash.replaceAll(/.{8}/gu, "$& ").trim());
    },
  };
}
