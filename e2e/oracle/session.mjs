/**
 * Plays one meeting of four machines with known keys and writes everything that passed: docs/vectors/session.json.
 *
 *     node e2e/oracle/session.mjs --write
 *
 * The page's own code speaks (`Pairs`), with private keys from labels and with chance and time taken from it; so the
 * same bytes come out on every run. `session.py` opens all of it again without that code. No browser, no network.
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Unix seconds at which the meeting takes place. */
const NOW = 1_800_000_000;
const FILE = fileURLToPath(new URL("../../docs/vectors/session.json", import.meta.url));

/** @param {string} path below web/sdk/seal/ @returns {Promise<any>} */
const load = (path) => import(new URL(`../../web/sdk/seal/${path}`, import.meta.url).href);
const { b64, hex } = await load("bytes.js");
const { makeCore } = await load("core.js");
const { nextRules } = await load("issue.js");
const { ed25519FromSeed, x25519, x25519Private } = await load("kdf.js");
const { Pairs } = await load("pairs.js");
const { createRoom } = await load("room.js");
const { Rulebook, signState } = await load("state.js");

/** @param {string} label @param {number} n @returns {Uint8Array} n bytes that belong to a label */
const some = (label, n) => new Uint8Array(createHash("shake256", { outputLength: n }).update(`parlour session ${label}`).digest());
const BASE_POINT = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0));

/** What the recording holds. @typedef {Record<string, any>} Recording */

/**
 * Runs `work` with chance replaced by a stream that is the same each time.
 * @template T
 * @param {() => Promise<T>} work @returns {Promise<T>}
 */
async function withoutChance(work) {
  let drawn = 0;
  const fill = (/** @type {Uint8Array} */ array) => {
    array.set(some(`chance ${drawn++}`, array.length));
    return array;
  };
  Object.defineProperty(globalThis.crypto, "getRandomValues", { value: fill, configurable: true });
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(globalThis.crypto, "getRandomValues");
  }
}

class Machine {
  /** @type {any[]} */
  outputs = [];
  hid = "";
  pid = "";
  spk = "";
  /** @type {any} */ core;
  /** @type {any} */ knowledge;
  /** @type {any} */ pairs;
  /** @type {Record<string, unknown>} */ keys = {};

  /** @param {any} made room @param {string} name @param {boolean} isHost */
  static async make(made, name, isHost) {
    const machine = new Machine();
    const [ephemeral, seed, fp, rnd] = [some(`${name} epk`, 32), some(`${name} spk`, 32), some(`${name} fp`, 32), some(`${name} rnd`, 16)];
    const privateKey = await x25519Private(ephemeral);
    const core = await makeCore(made.room, fp, { person: await ed25519FromSeed(seed), ephemeral: { privateKey, publicKey: await x25519(privateKey, BASE_POINT) }, rnd });
    const book = new Rulebook({ room: made.room, hostPk: made.host.publicKey, flags0: made.flags0 });
    book.add([made.state]);
    machine.name = name;
    machine.core = core;
    [machine.hid, machine.pid, machine.spk] = [b64(core.hid), b64(core.pid), b64(core.spk)];
    machine.keys = { name_text: name, host: isHost ? 1 : 0, ephemeral: hex(ephemeral), spk_seed: hex(seed), fp: hex(fp), rnd: hex(rnd), core: hex(core.core), core_sig: hex(core.coreSig), hid: hex(core.hid) };
    machine.knowledge = { room: made.room, named: false, hostPk: made.host.publicKey, book, links: [made.link], hostKey: isHost ? made.host.privateKey : null, now: () => NOW };
    machine.pairs = new Pairs({
      me: core,
      room: machine.knowledge,
      first: () => ({ gen: 0, name, audio: true, video: false }),
      knock: () => ({ name, message: "May I?" }),
      onOutput: (/** @type {any} */ output) => machine.outputs.push(output),
    });
    return machine;
  }

  name = "";
}

class Meeting {
  /** @type {Machine[]} */ seats = [];
  /** @type {Machine[]} */ porch = [];
  /** @type {{from: string, to: string, body: string}[]} */ signals = [];
  /** @type {{from: string, to: string, message: any}[]} */ said = [];
  /** @type {any[]} */ proofs = [];
  /** @type {any[]} */ states = [];
  /** The server loses signals while this says so. @type {(signal: {from: string, to: string, body: string}) => boolean} */ loses = () => false;
  awake = 0;

  get all() {
    return [...this.seats, ...this.porch];
  }

  /** One thing at a time, so that chance is drawn in one order. @param {Machine} machine @param {() => unknown} act */
  async turn(machine, act) {
    act();
    await machine.pairs.settled();
    await this.#carry(machine);
  }

  async list() {
    for (const machine of this.all) {
      const view = { seats: this.seats.map(({ pid }) => ({ pid })), porch: this.porch.map(({ pid }) => pid), me: machine.pid, seated: this.seats.includes(machine) };
      await this.turn(machine, () => machine.pairs.handleView(view));
    }
  }

  /** @param {number} seconds awake */
  async pass(seconds) {
    for (const end = this.awake + seconds * 1000; this.awake < end; ) {
      this.awake += 500;
      for (const machine of this.all) await this.turn(machine, () => machine.pairs.handleTick(this.awake));
    }
  }

  /** @param {Machine} from @param {Machine} to @param {string} text */
  async say(from, to, text) {
    const message = { k: "chat", text };
    this.said.push({ from: from.pid, to: to.pid, message });
    await this.turn(from, () => from.pairs.send(to.hid, message));
  }

  /** Both prove themselves on a connection of this generation. @param {Machine} a @param {Machine} b @param {number} gen */
  async prove(a, b, gen) {
    for (const [x, y] of [[a, b], [b, a]]) {
      if (!x || !y) continue;
      const proof = await x.pairs.makeProof(y.hid, gen);
      if ((await y.pairs.checkProof(x.hid, gen, proof)) !== "good") throw new Error("a good proof was refused");
      this.proofs.push({ from_text: x.pid, to_text: y.pid, gen, proof: hex(proof) });
    }
  }

  /** @param {any} state @param {Machine} host */
  async issue(state, host) {
    this.states.push(state);
    host.knowledge.book.add([state]);
    await this.turn(host, () => host.pairs.handleRules());
  }

  /** @param {Machine} machine */
  async #carry(machine) {
    for (let output = machine.outputs.shift(); output; output = machine.outputs.shift()) {
      if (output.t !== "signal") continue;
      const signal = { from: machine.pid, to: output.to, body: output.body };
      this.signals.push(signal);
      const to = this.all.find(({ pid }) => pid === output.to);
      if (to && !this.loses(signal)) await this.turn(to, () => to.pairs.handleSignal(signal.from, signal.body));
    }
  }
}

/** @returns {Promise<Recording>} */
export function record() {
  return withoutChance(async () => {
    const made = await createRoom({ now: NOW, seed: some("host", 32), r: some("r", 32), page: "h00000001" });
    const meeting = new Meeting();
    meeting.states.push(made.state);
    const [ana, ben, cy, dan] = [await Machine.make(made, "Ana", true), await Machine.make(made, "Ben", false), await Machine.make(made, "Cy", false), await Machine.make(made, "Dan", false)];
    for (const machine of [ana, ben, cy]) {
      meeting.seats.push(machine);
      await meeting.list();
    }
    await meeting.say(ana, ben, "hello Ben");
    await meeting.say(ben, ana, "hello Ana, ÄÖÜ €");
    await meeting.say(cy, ben, `long ${"x".repeat(900)}`);
    await meeting.prove(ana, ben, 1);
    await meeting.prove(ben, cy, 7);
    // A frame is lost: the next one shows the gap, the pair is made anew, nothing is missing at the end.
    meeting.loses = ({ from, to }) => from === ben.pid && to === ana.pid;
    await meeting.say(ben, ana, "this one is lost once");
    meeting.loses = () => false;
    await meeting.say(ben, ana, "and this one tells");
    await meeting.pass(4);
    await meeting.prove(ana, ben, 2);
    // The host shuts the door but for knocking; Dan knows the first rules only, learns, knocks, and is let in.
    const rules = new Rulebook(ana.knowledge.book.pins);
    rules.add([made.state]);
    const next = async (/** @type {any} */ change) => {
      const text = nextRules(rules, { page: made.page, self: ana.spk, met: [ana.spk, ben.spk, cy.spk] }, change);
      const state = await signState(made.host.privateKey, rules.pins, text, NOW + 86_400);
      rules.add([state]);
      return state;
    };
    await meeting.issue(await next({ door: "knock" }), ana);
    meeting.porch.push(dan);
    await meeting.list();
    await meeting.pass(6);
    await meeting.issue(await next({ admit: [dan.spk] }), ana);
    meeting.porch = [];
    meeting.seats.push(dan);
    await meeting.list();
    await meeting.pass(6);
    await meeting.say(dan, ben, "thank you for letting me in");
    await meeting.say(ana, dan, "welcome");
    await meeting.turn(cy, () => cy.pairs.send(ana.hid, { k: "bye" }));
    const link = made.link;
    return {
      protocol: "Parlour Seal 1",
      room: {
        host_seed: hex(made.host.seed), r: hex(link.r), flags0: made.flags0, room: hex(made.room), R: hex(link.R),
        room_id: hex(link.roomId), k_link: hex(link.kLink), room_box: hex(link.roomBox), box_sig: hex(link.boxSig),
      },
      states: meeting.states.map(({ json, sig }) => ({ json_text: json, sig: hex(sig) })),
      pages: [ana, ben, cy, dan].map(({ keys }) => keys),
      signals: meeting.signals.map(({ from, to, body }) => ({ from_text: from, to_text: to, body_text: body })),
      said: meeting.said.map(({ from, to, message }) => ({ from_text: from, to_text: to, message_text: JSON.stringify(message) })),
      proofs: meeting.proofs,
    };
  });
}

/** @param {Recording} recording */
export const render = (recording) => `${JSON.stringify(recording, null, 1)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === "--write") {
  writeFileSync(FILE, Buffer.from(render(await record())));
}
