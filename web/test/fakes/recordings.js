// A room in which somebody may record: the machines of all pages, their mail, and a clock that is turned by hand.

import assert from "node:assert/strict";
import { Recording } from "../../sdk/recording.js";

/** A room of machines and a clock. What is sent arrives when `settle` is called, in order, unless the way is cut. */
export class Bench {
  now = 1_800_000_000_000;
  awake = 5_000;
  /** @type {Map<string, {recording: Recording, over: object[], log: string[], heard: object[]}>} */ pages = new Map();
  /** @type {{from: string, to: string, message: object}[]} */ #mail = [];
  /** Ways that carry nothing: "ana ben". */ cut = new Set();
  #ids = 0;

  constructor(...names) {
    for (const name of names) this.comes(name);
  }

  /** @param {string} name also its hid; `ben2` is another page of ben */
  comes(name, id = () => `${String(++this.#ids).padStart(21, "A")}A`) {
    const page = { over: [], log: [], heard: [] };
    page.recording = new Recording({
      pages: () => [...this.pages.keys()].filter((other) => other !== name).map((other) => this.#about(other)),
      send: (to, message) => Boolean(this.#mail.push({ from: name, to, message: structuredClone(message) })),
      newId: id, now: () => this.now, awake: () => this.awake,
    }, { onChange() {}, onOver: (over) => page.over.push(over), onLog: (text) => page.log.push(text) });
    this.pages.set(name, page);
    for (const { recording } of this.pages.values()) recording.handleTick();
    return page;
  }

  goes(name) {
    this.pages.delete(name);
    for (const { recording } of this.pages.values()) recording.handleGone(name);
  }

  of(name) { return this.pages.get(name).recording; }
  shown(name) { return this.of(name).shown; }
  state(name) { return this.shown(name).state; }

  /** Somebody says this to somebody, whatever the own machine thinks of it. */
  says(from, to, message) { this.of(to).handle(from, this.#about(from), message); }

  settle() {
    for (let i = 0; i < 1000; i++) {
      const at = this.#mail.findIndex(({ from, to }) => !this.cut.has(`${from} ${to}`));
      if (at < 0) return;
      const [{ from, to, message }] = this.#mail.splice(at, 1);
      this.pages.get(to)?.heard.push(message);
      if (this.pages.has(from)) this.pages.get(to)?.recording.handle(from, this.#about(from), message);
    }
    assert.fail("they never stop talking");
  }

  /** Time passes, with everybody awake. */
  after(ms, step = 1_000) {
    for (let passed = 0; passed < ms; passed += step) {
      this.now += step;
      this.awake += step;
      for (const { recording } of this.pages.values()) recording.handleTick();
      this.settle();
    }
  }

  asks(name) {
    this.of(name).ask();
    this.settle();
  }

  answers(name, yes) {
    this.of(name).answer(yes);
    this.settle();
  }

  #about(hid) { return { hid, spk: hid.replace(/\d$/u, ""), name: hid[0].toUpperCase() + hid.slice(1) }; }
}
