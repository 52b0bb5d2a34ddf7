// @ts-check
/**
 * The code people read to each other, as a machine (section 8): start, commit, reveal, code.
 *
 * Messages and awake time come in, messages and events go out; it knows no connection and no clock. All messages
 * travel inside proven pairs, so that `from` is a page whose proof holds. Ticks belong to the app.
 */
import { makeWay } from "./bounds.js";
import { b64, compare, equal, SealError, unb64 } from "./bytes.js";
import { random } from "./kdf.js";
import { commitmentOf, isSorted, sasOf, viewOf } from "./sas.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/**
 * What pages say: `run` 16 bytes, `list` hids in byte order, `view`, `c`, `n` 32 bytes, all base64url.
 * @typedef {{k: "code-run", run: string, list: string[]} | {k: "code-commit", view: string, c: string}
 *   | {k: "code-reveal", view: string, n: string}} CodeMessage
 */
/**
 * What the machine wants. `send`: to each hid of `to`; `code`: for the people of `covers`; `broken`: no code came of a
 * run, `why` is `silence`, `second-commit` or `false-reveal`; `press`: the checking is being disturbed, this run waits
 * for `press`. Hids are base64url.
 * @typedef {{t: "send", to: string[], message: CodeMessage} | {t: "code", sas: import("./sas.js").Sas, covers: string[]}
 *   | {t: "broken", why: string} | {t: "press"}} CodeOutput
 */
/**
 * A run in progress. `n`: my own, taken for this run alone; `commits`, `reveals`: by hid.
 * @typedef {{run: Bytes, hids: Bytes[], names: string[], view: Bytes, viewName: string, n: Bytes, revealed: boolean,
 *   heardReveal: boolean, commits: Map<string, string>, reveals: Map<string, Bytes>, lastHeard: number}} Run
 */
/** A run that waits for its time or for a press. @typedef {{run: Bytes, hids: Bytes[], own: boolean, pressed: boolean}} Waiting */
/** A commit for a view that I do not know yet; `twice`: another one for the same view came. @typedef {{view: string, c: string, twice: boolean}} Early */

/** Section 8.3: a run in which nothing is heard for so long is broken. */
export const RUN_SILENCE_MS = 10_000;
/** Section 8: between runs in which I take part. */
export const RUN_EVERY_MS = 5_000;
/** Section 8: runs in which I revealed, in a page's life; 2⁻³⁶ each. Then each needs a press of mine. */
export const FREE_RUNS = 64;
/** Longest list. */
export const MAX_LIST = 64;
/** Commits kept for views that I have not heard of yet: one per page. */
const EARLY_COMMITS = MAX_LIST;

/** One page's part in codes. Everything it does goes through one queue, in the order of calls. */
export class CodeMachine {
  #place;
  #me;
  #n;
  /** @type {Run | undefined} */ #run;
  /** @type {Waiting | undefined} */ #waiting;
  #asked = false;
  #revealedRuns = 0;
  #lastRunAt = Number.NEGATIVE_INFINITY;
  /** @type {Map<string, number>} when each page last began a run */ #begun = new Map();
  /** @type {Map<string, Early>} */ #early = new Map();
  /** @type {Promise<unknown>} */ #queue = Promise.resolve();

  /**
   * @param {{room: Uint8Array, hostPk: Uint8Array, mode: import("./rules.js").Mode, hid: Uint8Array}} self `hid` mine
   * @param {() => Bytes} [nonce] for tests: 32 bytes that are never the same
   */
  constructor(self, nonce = () => random(32)) {
    this.#place = { room: self.room, hostPk: self.hostPk, mode: self.mode };
    this.#me = b64(self.hid);
    this.#n = nonce;
  }

  /** Runs in which this page revealed: guesses that an adversary had. @returns {number} */
  get revealedRuns() {
    return this.#revealedRuns;
  }

  /** When `handleTimeout` wants to be called, in awake ms; undefined if not. @returns {number | undefined} */
  get timeout() {
    if (this.#run) return this.#run.lastHeard + RUN_SILENCE_MS;
    return this.#waiting && !this.#asked ? this.#lastRunAt + RUN_EVERY_MS : undefined;
  }

  /**
   * Begins a run with everybody who is proven and answered a ping within 5 s.
   * @param {number} now awake ms @param {readonly string[]} others hids, without mine; at least one
   * @param {{pressed?: boolean, run?: Bytes}} [how] `pressed`: somebody here asked for it; `run` for tests
   * @returns {Promise<CodeOutput[]>}
   */
  start(now, others, how = {}) {
    return this.#inOrder(() => {
      const hids = [...new Set([...others, this.#me])].map((hid) => unb64(hid, 32)).sort(compare);
      if (hids.length < 2 || hids.length > MAX_LIST) throw new RangeError("a code is for 2 to 64 pages");
      return this.#offer(now, { run: how.run ?? random(16), hids, own: true, pressed: how.pressed === true });
    });
  }

  /**
   * @param {number} now awake ms @param {string} from hid of a proven page @param {CodeMessage} message
   * @param {(hid: string) => boolean} isProven of hids other than mine
   * @returns {Promise<CodeOutput[]>} empty for what is malformed, too early or not for me
   */
  handleMessage(now, from, message, isProven) {
    return this.#inOrder(async () => {
      try {
        if (message.k === "code-run") return await this.#handleStart(now, from, message, isProven);
        if (message.k === "code-commit") return await this.#handleCommit(now, from, message);
        return await this.#handleReveal(now, from, message);
      } catch (error) {
        if (error instanceof SealError) return [];
        throw error;
      }
    });
  }

  /** Takes part in the run that waits for a press. @param {number} now awake ms @returns {Promise<CodeOutput[]>} */
  press(now) {
    return this.#inOrder(() => {
      if (this.#waiting) this.#waiting.pressed = true;
      this.#asked = false;
      return this.#next(now);
    });
  }

  /** @param {number} now awake ms @returns {Promise<CodeOutput[]>} */
  handleTimeout(now) {
    return this.#inOrder(async () => {
      if (this.#run) return now >= this.#run.lastHeard + RUN_SILENCE_MS ? this.#break(now, "silence") : [];
      return this.#next(now);
    });
  }

  /** @param {() => CodeOutput[] | Promise<CodeOutput[]>} work @returns {Promise<CodeOutput[]>} */
  #inOrder(work) {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }

  /** @param {number} now @param {string} from @param {{run: string, list: string[]}} message @param {(hid: string) => boolean} isProven */
  async #handleStart(now, from, message, isProven) {
    const { list } = message;
    if (now - (this.#begun.get(from) ?? Number.NEGATIVE_INFINITY) < RUN_EVERY_MS) return [];
    if (!Array.isArray(list) || list.length < 2 || list.length > MAX_LIST) return [];
    const hids = list.map((hid) => unb64(hid, 32));
    if (!isSorted(hids) || !list.includes(this.#me) || !list.includes(from)) return [];
    if (!list.every((hid) => hid === this.#me || isProven(hid))) return [];
    const run = unb64(message.run, 16);
    this.#noteBegun(from, now);
    return this.#offer(now, { run, hids, own: false, pressed: false });
  }

  /**
   * A run that could be joined: before any reveal the smaller one stands.
   * @param {number} now @param {Waiting} offered @returns {Promise<CodeOutput[]>}
   */
  async #offer(now, offered) {
    const current = this.#run;
    if (current) {
      const open = !current.revealed && !current.heardReveal;
      return open && compare(offered.run, current.run) < 0 ? this.#join(now, offered) : [];
    }
    const other = this.#waiting;
    const smaller = other && compare(other.run, offered.run) <= 0 ? other : offered;
    this.#waiting = { ...smaller, pressed: offered.pressed || other?.pressed === true };
    if (offered.pressed) this.#asked = false;
    return this.#next(now);
  }

  /** Joins what waits, if it is time and somebody here wants it. @param {number} now @returns {Promise<CodeOutput[]>} */
  async #next(now) {
    const waiting = this.#waiting;
    if (this.#run || !waiting || this.#asked || now < this.#lastRunAt + RUN_EVERY_MS) return [];
    if (this.#revealedRuns >= FREE_RUNS && !waiting.pressed) {
      this.#asked = true;
      return [{ t: "press" }];
    }
    this.#waiting = undefined;
    return this.#join(now, waiting);
  }

  /** Commits. @param {number} now @param {Waiting} offered @returns {Promise<CodeOutput[]>} */
  async #join(now, { run, hids, own }) {
    const names = hids.map(b64);
    const view = await viewOf(this.#place, run, hids);
    const n = this.#n();
    const c = b64(await commitmentOf(view, unb64(this.#me), n));
    const commits = new Map([[this.#me, c]]);
    const reveals = new Map([[this.#me, n]]);
    const viewName = b64(view);
    this.#run = { run, hids, names, view, viewName, n, revealed: false, heardReveal: false, commits, reveals, lastHeard: now };
    this.#lastRunAt = now;
    const to = names.filter((hid) => hid !== this.#me);
    /** @type {CodeOutput[]} */
    const out = own ? [{ t: "send", to, message: { k: "code-run", run: b64(run), list: names } }] : [];
    out.push({ t: "send", to, message: { k: "code-commit", view: viewName, c } });
    const early = to.flatMap((hid) => [{ hid, ...this.#early.get(hid) }]).filter(({ view }) => view === viewName);
    if (early.some(({ twice }) => twice)) return [...out, ...(await this.#break(now, "second-commit"))];
    for (const { hid, c } of early) if (c !== undefined) commits.set(hid, c);
    return [...out, ...(await this.#advance())];
  }

  /** @param {number} now @param {string} from @param {{view: string, c: string}} message */
  async #handleCommit(now, from, message) {
    unb64(message.view, 32);
    unb64(message.c, 32);
    const run = this.#run;
    if (run?.viewName !== message.view || !run.names.includes(from)) {
      // Its run may still be on the way here, over another pair.
      this.#keepEarly(from, message);
      return [];
    }
    const held = run.commits.get(from);
    if (held !== undefined) return held === message.c ? [] : this.#break(now, "second-commit");
    run.commits.set(from, message.c);
    run.lastHeard = now;
    return this.#advance();
  }

  /** @param {number} now @param {string} from @param {{view: string, n: string}} message */
  async #handleReveal(now, from, message) {
    const run = this.#run;
    const n = unb64(message.n, 32);
    const c = run?.commits.get(from);
    // A commit of the same page comes first on the same pair; a reveal without one is nothing.
    if (!run || run.viewName !== message.view || from === this.#me || c === undefined) return [];
    if (!equal(await commitmentOf(run.view, unb64(from, 32), n), unb64(c, 32))) return this.#break(now, "false-reveal");
    run.heardReveal = true;
    if (!run.reveals.has(from)) run.lastHeard = now;
    run.reveals.set(from, n);
    return this.#advance();
  }

  /** Reveals when every commit is here, ends when every reveal is. @returns {Promise<CodeOutput[]>} */
  async #advance() {
    const run = this.#run;
    if (!run || run.commits.size < run.names.length) return [];
    /** @type {CodeOutput[]} */
    const out = [];
    if (!run.revealed) {
      run.revealed = true;
      this.#revealedRuns++;
      const to = run.names.filter((hid) => hid !== this.#me);
      out.push({ t: "send", to, message: { k: "code-reveal", view: run.viewName, n: b64(run.n) } });
    }
    if (run.reveals.size < run.names.length) return out;
    const ns = run.names.map((hid) => /** @type {Bytes} */ (run.reveals.get(hid)));
    this.#run = undefined;
    return [...out, { t: "code", sas: await sasOf(run.view, ns), covers: run.names }];
  }

  /** @param {number} now @param {string} why @returns {Promise<CodeOutput[]>} */
  async #break(now, why) {
    this.#run = undefined;
    return [{ t: "broken", why }, ...(await this.#next(now))];
  }

  /** The newest view of each page, for as many pages as a list may have. @param {string} from @param {{view: string, c: string}} message */
  #keepEarly(from, { view, c }) {
    const before = this.#early.get(from);
    const twice = before?.view === view && (before.twice || before.c !== c);
    if (before === undefined && this.#early.size >= EARLY_COMMITS) return;
    this.#early.set(from, { view, c, twice });
  }

  /** @param {string} from @param {number} now */
  #noteBegun(from, now) {
    this.#begun.delete(from);
    this.#begun.set(from, now);
    makeWay(this.#begun, MAX_LIST);
  }
}
