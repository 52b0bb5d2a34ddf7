// The code that people read to each other (seal.md 8): drives seal/code.js over the proven channels, and keeps whom this
// person has ticked. A tick belongs to a person and a name: under another name it does not count, and is said to be old.

import { makeWay } from "./seal/bounds.js";
import { CodeMachine } from "./seal/code.js";
import { emojiOf } from "./seal/sas.js";
import { random } from "./seal/kdf.js";
import { b64 } from "./seal/bytes.js";

/** Whoever has not answered a ping by then is not on the list, awake ms. */
const PING_MS = 5000;
/** People whose ticks are remembered; the oldest make way. */
const TICKS = 256;

/** @typedef {import("./types.js").Code} Code */
/** @typedef {import("./seal/types.js").Message} Message */
/** @typedef {import("./seal/code.js").CodeOutput} CodeOutput */
/** @typedef {{send(hid: string, message: Message): boolean, reached: readonly {hid: string, spk: string}[], awake: number}} CodeMesh */

/** @type {Code} */
const none = Object.freeze({ state: "none", emoji: [], numbers: [], covers: [], missing: [] });

export class Codes {
  #mesh;
  #onChange;
  #machine;
  #me;
  /** @type {Code["state"]} */ #state = "none";
  /** @type {{emoji: Code["emoji"], numbers: readonly number[], spks: readonly string[]} | null} */ #found = null;
  /** Pings on their way: who has answered. @type {{id: string, until: number, from: Set<string>} | null} */ #ping = null;
  /** spk to the name that was ticked. */ #ticks;

  /**
   * @param {ConstructorParameters<typeof CodeMachine>[0]} self @param {CodeMesh} mesh
   * @param {Map<string, string>} ticks of an earlier load; changed here @param {() => void} onChange
   */
  constructor(self, mesh, ticks, onChange) {
    this.#ticks = ticks;
    this.#machine = new CodeMachine(self);
    this.#me = b64(self.hid);
    this.#mesh = mesh;
    this.#onChange = onChange;
  }

  /** What is shown. `missing` are those who are here and not covered. @returns {Code} */
  get shown() {
    const here = new Set(this.#mesh.reached.map(({ spk }) => spk));
    const { emoji, numbers, spks } = this.#state === "ready" && this.#found ? this.#found : { emoji: [], numbers: [], spks: [] };
    if (this.#state === "none") return none;
    return Object.freeze({ state: this.#state, emoji, numbers, covers: spks, missing: this.#state === "ready" ? [...here].filter((spk) => !spks.includes(spk)) : [] });
  }

  /** Asks who is awake; the run begins when all have answered, or after 5 s with those who have. */
  start() {
    if (this.#ping) return;
    const id = b64(random(8));
    this.#ping = { id, until: this.#mesh.awake + PING_MS, from: new Set() };
    for (const { hid } of this.#mesh.reached) this.#mesh.send(hid, { k: "code-ping", id });
    this.#become("running");
  }

  /** Takes part in a run that waits for a press. */
  press() {
    this.#do(this.#machine.press(this.#mesh.awake));
  }

  /** @param {string} spk @param {string} name as it is shown now @param {boolean} on */
  tick(spk, name, on) {
    this.#ticks.delete(spk);
    if (on) this.#ticks.set(spk, name);
    makeWay(this.#ticks, TICKS);
    this.#onChange();
  }

  /**
   * Whether this person was heard reading the code, under this name or under another one.
   * @param {string} spk @param {string} name @returns {"ticked" | "renamed" | null}
   */
  tickOf(spk, name) {
    const ticked = this.#ticks.get(spk);
    return ticked === undefined ? null : ticked === name ? "ticked" : "renamed";
  }

  /**
   * @param {string} hid of a page whose channel is proven @param {Message} message
   * @returns {boolean} whether it was one of these
   */
  handle(hid, message) {
    const { k } = message;
    if (k === "code-ping") {
      if (typeof message.id === "string" && message.id.length === 11) this.#mesh.send(hid, { k: "code-pong", id: message.id });
    } else if (k === "code-pong") {
      if (this.#ping && message.id === this.#ping.id) this.#ping.from.add(hid);
      this.#begin();
    } else if (k === "code-run" || k === "code-commit" || k === "code-reveal") {
      const proven = new Set(this.#mesh.reached.map((page) => page.hid));
      if (!proven.has(hid)) return true;
      this.#do(this.#machine.handleMessage(this.#mesh.awake, hid, /** @type {any} */ (message), (other) => proven.has(other)));
    } else return false;
    return true;
  }

  /** Every 500 ms. */
  handleTick() {
    this.#begin();
    const { timeout } = this.#machine;
    if (timeout !== undefined && this.#mesh.awake >= timeout) this.#do(this.#machine.handleTimeout(this.#mesh.awake));
    // Somebody here asked, and nothing came of it.
    else if (this.#state === "running" && timeout === undefined && !this.#ping) this.#become(this.#found ? "ready" : "none");
  }

  #begin() {
    if (!this.#ping) return;
    const { until, from } = this.#ping;
    const here = this.#mesh.reached.map(({ hid }) => hid);
    if (this.#mesh.awake < until && !here.every((hid) => from.has(hid))) return;
    this.#ping = null;
    const others = here.filter((hid) => from.has(hid));
    if (others.length === 0) this.#become("broken");
    else this.#do(this.#machine.start(this.#mesh.awake, others.slice(0, 63), { pressed: true }));
  }

  /** @param {Promise<CodeOutput[]>} working */
  async #do(working) {
    for (const output of await working) {
      if (output.t === "send") {
        for (const hid of output.to) this.#mesh.send(hid, output.message);
        // By its commit this page takes part. What is merely offered, to whomever, takes no code off the screen.
        if (output.message.k === "code-commit") this.#become("running");
      }
      else if (output.t === "code") this.#show(output);
      else this.#become(output.t);
    }
  }

  /** @param {Extract<CodeOutput, {t: "code"}>} code */
  #show({ sas, covers }) {
    const spks = this.#mesh.reached.filter(({ hid }) => hid !== this.#me && covers.includes(hid)).map(({ spk }) => spk);
    const emoji = emojiOf(sas).map(({ picture, name }) => Object.freeze({ symbol: picture, name }));
    this.#found = { emoji, numbers: sas.numbers, spks: [...new Set(spks)] };
    this.#become("ready");
  }

  /** @param {Code["state"]} state */
  #become(state) {
    this.#state = state;
    this.#onChange();
  }
}
