// The small window as a document of its own (Document Picture-in-Picture): it inherits origin and policy of the page, wears the same
// clothes, and is closed with the page. What is in it is made by views/small_window.js.

import { h, setAttribute, show } from "./dom.js";
import { language, t } from "./language.js";

/** A view for it, and what it does with keys. @typedef {import("./views/parts.js").View & {press: (event: KeyboardEvent) => void, picture: HTMLElement}} Inside */
/** @typedef {import("./state.js").State} State */

/** A wide picture and a row of buttons, CSS pixels. Whoever wants another size drags it, and the browser remembers. */
const size = Object.freeze({ width: 352, height: 260 });
/** The style sheets are in the browser's cache. If they are not, the window is seen without them after this, ms. */
const patience = 1000;

/**
 * @param {() => State} state
 * @param {(small: import("./stage.js").Small | null) => void} tell
 */
export function createSmallFrame(state, tell) {
  /** @type {() => Inside} */
  let make = () => { throw new Error("the small window was not filled"); };
  /** @type {Window | null} */
  let pip = null;
  /** @type {Inside | null} */
  let inside = null;

  /** @param {Window} opened */
  function measure(opened) {
    if (opened === pip && inside) tell({ lines: Math.round(inside.picture.clientHeight * opened.devicePixelRatio), bare: false });
  }

  /** In the language of the page, which may change in the middle. @param {Window} opened @param {HTMLElement} place */
  function write({ document: paper }, place) {
    inside?.close?.();
    inside = make();
    place.replaceChildren(inside.element);
    setAttribute(paper.documentElement, "lang", language());
    paper.title = t("small.title");
  }

  /** @param {State} now */
  function update(now) {
    if (!pip || !inside) return;
    const { documentElement: root, body } = pip.document;
    const place = body.querySelector("main");
    if (root.lang !== language() && place) write(pip, place);
    setAttribute(root, "dir", document.documentElement.dir);
    setAttribute(root, "data-theme", now.habits.theme || null);
    inside.update(now);
  }

  return {
    update,

    /** @param {() => Inside} maker */
    fill: (maker) => void (make = maker),

    /** @throws {DOMException} without a press, or where its person has forbidden it */
    async open() {
      /** @type {Window} */
      const opened = await /** @type {any} */ (window).documentPictureInPicture.requestWindow(size);
      // It may have been over while the browser was asking.
      if (state().screen !== "call") {
        opened.close();
        return;
      }
      pip = opened;
      const place = h("main", { hidden: true });
      const sheets = [...document.querySelectorAll("link[rel=stylesheet]")].map((sheet) => sheet.cloneNode());
      const dressed = Promise.all(sheets.map((sheet) => new Promise((done) => ["load", "error"].forEach((name) => sheet.addEventListener(name, done)))));
      opened.document.head.append(h("meta", { name: "color-scheme", content: "light dark" }), ...sheets);
      opened.document.body.append(place);
      write(opened, place);
      opened.document.addEventListener("keydown", (event) => inside?.press(event));
      opened.addEventListener("resize", () => measure(opened));
      opened.addEventListener("pagehide", () => {
        if (opened !== pip) return;
        inside?.close?.();
        [pip, inside] = [null, null];
        tell(null);
      });
      update(state());
      await Promise.race([dressed, new Promise((done) => setTimeout(done, patience))]);
      show(place, true);
      measure(opened);
    },

    close() {
      pip?.close();
    },
  };
}
