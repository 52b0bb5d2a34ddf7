// A bench for sections 4 to 7: pages, a server that may be hostile, awake time that moves only by `after`.
// No sockets, no browsers: signals are strings in lists.

import { createRoom, createNamedRoom } from "../sdk/seal/room.js";
import { makeCore } from "../sdk/seal/core.js";
import { Pairs } from "../sdk/seal/pairs.js";
import { Rulebook, signState } from "../sdk/seal/state.js";
import { nextRules } from "../sdk/seal/issue.js";
import { random } from "../sdk/seal/kdf.js";
import { b64 } from "../sdk/seal/bytes.js";

/** @typedef {import("../sdk/seal/types.js").Output} Output */
/** @typedef {{from: string, to: string, body: string}} Signal */

export const NOW = 1_800_000_000;

/** A room with its host key; what every page of it knows. */
export class TestRoom {
  /** @param {any} made @param {boolean} named */
  constructor(made, named) {
    this.made = made;
    this.named = named;
    this.room = made.room;
    this.host = made.host;
    this.links = named ? [] : [made.link];
    this.book = new Rulebook({ room: made.room, hostPk: made.host.publicKey });
    this.book.add([made.state]);
  }

  /** @param {Record<string, unknown>} [wish] */
  static async link(wish = {}) {
    return new TestRoom(await createRoom({ now: NOW, ...wish }), false);
  }

  /** @param {Record<string, unknown>} [wish] */
  static async named(wish = {}) {
    return new TestRoom(await createNamedRoom("tea", { now: NOW, ...wish }), true);
  }

  /**
   * The next rules, issued by the host's page.
   * @param {Record<string, unknown>} change @param {string[]} [met]
   * @returns {Promise<import("../sdk/seal/state.js").State>}
   */
  async issue(change, met = [], page = this.made.page, until = NOW + 86_400) {
    const rules = nextRules(this.book, { page, self: met[0] ?? b64(random(32)), met }, change);
    const state = await signState(this.host.privateKey, this.book.pins, rules, until);
    this.book.add([state]);
    return state;
  }
}

/** One page: a `Pairs` with its driver's memory of the outputs. */
export class TestPage {
  /** @type {Output[]} */
  outputs = [];
  /** @type {Signal[]} what it has given to the server */
  sent = [];
  /** @type {Map<string, string>} hid → text of channel 0 on its way */
  /** @type {{hid: string, text: string}[]} */
  channelOut = [];
  /** @type {unknown[]} */
  faults = [];

  /**
   * @param {TestRoom} room
   * @param {{name?: string, host?: boolean, states?: any[], links?: any[], core?: any, person?: any, password?: any, invitation?: any, rows?: Map<string, any>, now?: () => number}} [options]
   */
  static async make(room, options = {}) {
    const page = new TestPage();
    const core = options.core ?? (await makeCore(room.room, random(32), options.person ? { person: options.person } : {}));
    const book = new Rulebook({ room: room.room, hostPk: room.host.publicKey });
    book.add(options.states ?? room.book.held);
    page.core = core;
    page.pid = b64(core.pid);
    page.hid = b64(core.hid);
    page.spk = b64(core.spk);
    page.name = options.name ?? "";
    page.knowledge = {
      room: room.room,
      named: room.named,
      hostPk: room.host.publicKey,
      book,
      links: options.links ?? room.links,
      hostKey: options.host ? room.host.privateKey : null,
      password: options.password ?? null,
      invitation: options.invitation ?? null,
      now: options.now ?? (() => NOW),
      invitationRow: (/** @type {Uint8Array} */ id) => options.rows?.get(b64(id)) ?? null,
    };
    page.pairs = new Pairs({
      me: core,
      room: page.knowledge,
      first: () => ({ gen: page.gen, name: page.name }),
      knock: () => ({ name: page.name, message: "hello" }),
      onOutput: (output) => {
        page.outputs.push(output);
        if (output.t === "signal") page.sent.push({ from: page.pid, to: output.to, body: output.body });
        if (output.t === "channel") page.channelOut.push({ hid: output.hid, text: output.text });
      },
      onFault: (error) => page.faults.push(error),
    });
    return page;
  }

  pid = "";
  hid = "";
  spk = "";
  name = "";
  gen = 0;
  /** @type {any} */ core;
  /** @type {any} */ knowledge;
  /** @type {any} */ pairs;

  /** @template {Output["t"]} T @param {T} t @returns {Extract<Output, {t: T}>[]} */
  of(t) {
    return /** @type {any} */ (this.outputs.filter((output) => output.t === t));
  }

  /** hids of persons here now. @returns {Set<string>} */
  get persons() {
    const here = new Set();
    for (const output of this.outputs) {
      if (output.t === "person") here.add(output.hid);
      if (output.t === "gone") here.delete(output.hid);
    }
    return here;
  }

  /** @returns {any[]} */
  get messages() {
    return this.of("message").map(({ message }) => message);
  }

  /** @param {string} code */
  noted(code) {
    return this.of("note").some((note) => note.code === code);
  }

  /** @param {any[]} states */
  async adopt(states) {
    this.knowledge.book.add(states);
    this.pairs.handleRules();
    await this.pairs.settled();
  }
}

/** The server: order of seats, porch, and a wire that a test may bend. */
export class Bench {
  /** @type {TestPage[]} */
  seats = [];
  /** @type {TestPage[]} */
  porch = [];
  /** Every signal that any page gave to the server. @type {Signal[]} */
  capture = [];
  /** What the server does with a signal: which ones are delivered, in order. @type {(signal: Signal) => Signal[]} */
  wire = (signal) => [signal];
  awake = 0;

  get pages() {
    return [...this.seats, ...this.porch];
  }

  /** @param {TestPage} page @returns {import("../sdk/seal/types.js").View} */
  viewFor(page) {
    return {
      seats: this.seats.map(({ pid }) => ({ pid })),
      porch: this.porch.map(({ pid }) => pid),
      me: page.pid,
      seated: this.seats.includes(page),
    };
  }

  /** Everybody hears of the list. */
  async list() {
    for (const page of this.pages) page.pairs.handleView(this.viewFor(page));
    await this.deliver();
  }

  /** @param {...TestPage} pages */
  async seat(...pages) {
    for (const page of pages) {
      this.porch = this.porch.filter((other) => other !== page);
      this.seats.push(page);
      await this.list();
    }
  }

  /** @param {...TestPage} pages */
  async atPorch(...pages) {
    for (const page of pages) {
      this.porch.push(page);
      await this.list();
    }
  }

  /** @param {TestPage} page */
  async unlist(page) {
    this.seats = this.seats.filter((other) => other !== page);
    this.porch = this.porch.filter((other) => other !== page);
    await this.list();
  }

  /** Carries signals until nobody says anything. */
  async deliver(rounds = 200) {
    for (let round = 0; round < rounds; round++) {
      let quiet = true;
      for (const page of this.pages) {
        await page.pairs.settled();
        for (const signal of page.sent.splice(0)) {
          quiet = false;
          this.capture.push(signal);
          for (const out of this.wire(signal)) this.inject(out);
        }
        for (const { hid, text } of page.channelOut.splice(0)) {
          quiet = false;
          this.pages.find((other) => other.hid === hid)?.pairs.handleChannel(page.hid, text);
        }
      }
      for (const page of this.pages) await page.pairs.settled();
      if (quiet && this.pages.every(({ sent, channelOut }) => sent.length + channelOut.length === 0)) return;
    }
    throw new Error("never quiet");
  }

  /** @param {Signal} signal */
  inject({ from, to, body }) {
    this.pages.find(({ pid }) => pid === to)?.pairs.handleSignal(from, body);
  }

  /** Awake seconds pass. @param {number} seconds */
  async after(seconds) {
    const end = this.awake + seconds * 1000;
    while (this.awake < end) {
      this.awake = Math.min(end, this.awake + 500);
      for (const page of this.pages) page.pairs.handleTick(this.awake);
      await this.deliver();
    }
  }

  /** Channel 0 of both is proven, with real proofs. @param {TestPage} a @param {TestPage} b */
  async connect(a, b, gen = 1) {
    const [ofA, ofB] = [await a.pairs.makeProof(b.hid, gen), await b.pairs.makeProof(a.hid, gen)];
    const verdicts = [await a.pairs.checkProof(b.hid, gen, ofB), await b.pairs.checkProof(a.hid, gen, ofA)];
    if (verdicts.every((verdict) => verdict === "good")) {
      a.pairs.handleChannelState(b.hid, true);
      b.pairs.handleChannelState(a.hid, true);
      await this.deliver();
    }
    return verdicts;
  }

  /** @param {string} kind `open`, `accept`, `refuse`, `c` … */
  captured(kind) {
    return this.capture.filter(({ body }) => kind in JSON.parse(body));
  }
}

/** Names of persons, in the order in which they came. @param {TestPage} page */
export const names = (page) => page.of("person").map(({ first }) => first.name);

/** We were never wrong. @param {...TestPage} pages */
export function quiet(...pages) {
  for (const { name, faults } of pages) if (faults.length > 0) throw new Error(`${name}: ${faults[0]}`, { cause: faults[0] });
}

/** Ana (host), Ben and Cy in one room, all persons of one another. @param {Record<string, unknown>} [wish] */
export async function three(wish = {}) {
  const room = await TestRoom.link(wish);
  const bench = new Bench();
  const [ana, ben, cy] = [await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Ben" }), await TestPage.make(room, { name: "Cy" })];
  await bench.seat(ana, ben, cy);
  return { room, bench, ana, ben, cy };
}

/**
 * The host's page issues; everybody who is reached hears.
 * @param {Bench} bench @param {TestRoom} room @param {TestPage} host @param {Record<string, unknown>} change @param {string[]} [met]
 */
export async function issue(bench, room, host, change, met) {
  const state = await room.issue(change, met ?? [host.spk]);
  await host.adopt([state]);
  await bench.deliver();
  return state;
}
