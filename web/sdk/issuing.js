// How a host's act becomes signed rules (seal.md 2): what other tabs signed is read, merged and counted up, and the result is
// signed and stored before anybody hears of it.

import { ParlourError } from "./errors.js";
import { SealError, b64 } from "./seal/bytes.js";
import { newHostPage, nextRules } from "./seal/issue.js";
import { lifetimeOf, signState } from "./seal/state.js";
import { newHost } from "./self.js";

/** People who were met longer ago need not be listed, ms. */
const MET_MS = 24 * 3600 * 1000;

/** `keeps`: whether the room is to stay when everybody has left. @typedef {import("./seal/issue.js").Change & {keeps?: boolean}} Change */
/** @typedef {import("./keep.js").KeptHost} KeptHost */
/** @typedef {Change | ((kept: KeptHost) => Promise<Change>)} Wish */
/** @typedef {Pick<import("./hosting.js").HostingParts, "entrance" | "mesh" | "giving" | "me">} IssuingParts */

export class Issuing {
  #parts;
  /** Where tabs cannot take turns, each page life has its own id in clocks. */ #page = newHostPage();

  /** @param {IssuingParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Signs what follows from a wish, and keeps it.
   * @param {Wish} wish @returns {Promise<Change>} what the wish came to
   * @throws {ParlourError} `not-host`, `room-over`, `host-stays`, `rules-full`
   */
  issue(wish) {
    const { entrance, mesh, giving, me } = this.#parts;
    const { knowledge, self: { keep } } = entrance;
    return keep.alone(`host ${knowledge.hostName}`, async () => {
      const { hostKey, seed, hostName } = knowledge;
      if (!hostKey || !seed) throw new ParlourError("not-host");
      const kept = (await keep.host(hostName)) ?? newHost(seed, knowledge.now() + lifetimeOf(knowledge.keeps));
      // Another tab may have decided since.
      if (await knowledge.adopt(kept.issued)) knowledge.keeps = knowledge.keptUntil !== null;
      const now = Date.now();
      const change = typeof wish === "function" ? await wish(kept) : wish;
      const keeps = change.keeps ?? knowledge.keeps;
      const until = knowledge.now() + lifetimeOf(keeps);
      const met = latest([...kept.met, ...giving.met], now - MET_MS);
      // Who was removed is forgotten after two lives of the rules.
      const forgotten = now - 2 * lifetimeOf(keeps) * 1000;
      const actor = {
        page: keep.exclusive ? kept.page : this.#page,
        self: me().id,
        met: met.map(([spk]) => spk),
        hosts: mesh.reached.filter(({ host }) => host).map(({ spk }) => spk),
        forget: kept.removed.filter(([, at]) => at < forgotten).map(([spk]) => spk),
      };
      const state = await signState(hostKey, knowledge.book.pins, rulesAfter(knowledge, actor, change), until);
      const removed = latest([...kept.removed, ...(change.remove ?? []).map((spk) => /** @type {[string, number]} */ ([spk, now]))], forgotten);
      const pw = Math.max(kept.pw, change.pw ?? 0);
      await keep.putHost(hostName, { ...kept, keeps, until, issued: [{ json: state.json, sig: b64(state.sig) }], pw, met, removed });
      knowledge.book.add([state]);
      knowledge.keeps = keeps;
      return change;
    });
  }
}

/**
 * @param {import("./knowledge.js").Knowledge} knowledge @param {import("./seal/issue.js").Actor} actor @param {Change} change
 * @returns {string}
 * @throws {ParlourError} `room-over`, `host-stays`, `rules-full`
 */
function rulesAfter({ book }, actor, change) {
  try {
    return nextRules(book, actor, change);
  } catch (thrown) {
    if (!(thrown instanceof SealError)) throw thrown;
    const code = thrown.code === "over" ? "room-over" : thrown.code === "host-stays" ? "host-stays" : "rules-full";
    throw new ParlourError(code, { cause: thrown });
  }
}

/**
 * Each once, the latest first, none older than `since`.
 * @param {[spk: string, at: number][]} list @param {number} since @returns {[spk: string, at: number][]}
 */
function latest(list, since) {
  const times = new Map([...list].sort(([, a], [, b]) => a - b));
  return [...times].filter(([, at]) => at >= since).sort(([, a], [, b]) => b - a).slice(0, 256);
}
