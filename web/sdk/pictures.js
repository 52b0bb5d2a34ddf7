// Who gets how much of this page's picture, and how much of theirs it asks for: what budget.js and effort.js decide, told to the senders
// and to the other pages.
//
// Each page tells each other over the proven channel how large it shows that one's picture, and whether its own pauses there:
// `{k: "picture", want, paused}`. A page that never says it, an older one, is taken to show it large.

import { divide } from "./budget.js";
import { MOST_EFFORT, nextEffort, noEffort } from "./effort.js";

/** @typedef {import("./budget.js").Size} Size */
/** @typedef {import("./roster.js").Page} Page */
/** @typedef {import("./seal/types.js").Message} Message */

/** How often it is judged how busy this device is, awake ms: as often as statistics come. */
const LOOK_MS = 1000;
/** From this effort on this device shows fewer pictures: so many, the large ones first. */
const fewer = Object.freeze(/** @type {readonly (readonly [number, number])[]} */ ([[MOST_EFFORT, 2], [MOST_EFFORT - 1, 4]]));

/**
 * What is agreed with one page. `wanted`: how large it shows ours; `pausedThere`: what it sends here pauses. `want` and `isPaused`: the same of this
 * page; `told`: what it was told last. `isSpared`: we would show its picture, and spare this device.
 * @typedef {{wanted: Size, pausedThere: boolean, want: Size, isPaused: boolean, isSpared: boolean, told: string}} Agreed
 */

/** @returns {Agreed} */
export function noAgreement() {
  return { wanted: "large", pausedThere: false, want: "large", isPaused: false, isSpared: false, told: "" };
}

/** Whether a picture may come from there, if there is one. @param {Agreed} agreed */
export function mayCome({ want, pausedThere }) {
  return want !== "off" && !pausedThere;
}

/** Why no picture comes from somebody who has one, see Person. @param {Agreed} agreed @returns {import("./types.js").Paused} */
export function pausedBy({ isSpared, pausedThere }) {
  if (isSpared) return "here";
  return pausedThere ? "there" : "";
}

export class Pictures {
  #user;
  /** By person; who is missing is shown large. @type {ReadonlyMap<string, Size>} */ #sizes = new Map();
  #isThrifty = false;
  /** @type {import("./budget.js").Budget} */ #budget = new Map();
  #effort;
  /** Of each page at the last look. @type {Map<string, NonNullable<Page["peer"]["traffic"]>>} */ #before = new Map();
  #lookAt = 0;
  #lateMs = 0;
  /** Its messages to itself wait behind whatever else the page does; unlike timers they are not slowed down in a hidden page. */
  #clock = new MessageChannel();

  /** @param {{send(hid: string, message: Message): void, onChange(): void}} user @param {number} at awake ms */
  constructor(user, at) {
    this.#user = user;
    this.#effort = noEffort(at);
    this.#clock.port1.onmessage = ({ data }) => (this.#lateMs = Math.max(this.#lateMs, performance.now() - data));
  }

  /**
   * How large the page shows the pictures of the others, and whether it wants to save data.
   * @param {ReadonlyMap<string, Size>} sizes by person, in order of weight @param {boolean} [isThrifty]
   */
  setSizes(sizes, isThrifty = false) {
    this.#sizes = sizes;
    this.#isThrifty = isThrifty;
  }

  /** @param {Page} page @param {Message} message @returns {boolean} whether it was one of these */
  handle(page, message) {
    if (message.k !== "picture") return false;
    const { want, paused } = message;
    if (want === "off" || want === "small" || want === "large") page.agreed.wanted = want;
    const isChange = page.agreed.pausedThere !== (paused === true);
    page.agreed.pausedThere = paused === true;
    if (isChange) this.#user.onChange();
    return true;
  }

  /**
   * @param {number} at awake ms
   * @param {readonly Page[]} pages all of them
   * @param {import("./share.js").SourceKind} kind what this page shows
   */
  tick(at, pages, kind) {
    if (at >= this.#lookAt) {
      this.#lookAt = at + LOOK_MS;
      this.#spare(at, pages);
      this.#clock.port2.postMessage(performance.now());
    }
    const receivers = pages.map(({ hid, agreed, peer }) => ({ id: hid, size: agreed.wanted, traffic: peer.traffic }));
    const { budget, plans } = divide(this.#budget, at, { kind: this.#isThrifty && kind === "camera" ? "thrifty" : kind, effort: this.#effort.level }, receivers);
    this.#budget = budget;
    const kept = this.#kept(pages);
    for (const page of pages) {
      const plan = plans.get(page.hid);
      if (plan) this.#settle(page, plan, kept.has(page.hid));
    }
  }

  /** @param {readonly Page[]} pages @returns {import("./notes.js").Remark[]} */
  remarks(pages) {
    return [
      ...(pages.some(({ agreed }) => agreed.isPaused) ? [{ colour: /** @type {const} */ ("grey"), code: "picture-paused", who: "" }] : []),
      ...(pages.some(({ agreed }) => agreed.isSpared) ? [{ colour: /** @type {const} */ ("grey"), code: "device-busy", who: "" }] : []),
    ];
  }

  stop() {
    this.#clock.port1.close();
  }

  /** @param {number} at @param {readonly Page[]} pages */
  #spare(at, pages) {
    /** @type {Map<string, NonNullable<Page["peer"]["traffic"]>>} */
    const now = new Map();
    let [busy, isLimited, decoded, dropped] = [0, false, 0, 0];
    for (const { hid, peer } of pages) {
      const { traffic } = peer;
      if (!traffic) continue;
      now.set(hid, traffic);
      const before = this.#before.get(hid);
      // The same look as before, or the first of another connection, tells nothing of the time in between.
      if (!before || before.at >= traffic.at || traffic.encodedFrames < before.encodedFrames || traffic.decodedFrames < before.decodedFrames) continue;
      busy = Math.max(busy, (traffic.encodeMs - before.encodeMs) / (traffic.at - before.at));
      isLimited ||= traffic.isCpuLimited;
      decoded += traffic.decodedFrames - before.decodedFrames;
      dropped += traffic.droppedFrames - before.droppedFrames;
    }
    this.#effort = nextEffort(this.#effort, at, { lateMs: this.#lateMs, busy, isLimited, decoded, dropped });
    this.#before = now;
    this.#lateMs = 0;
  }

  /** A screen is to be read, whatever it costs. @param {string} spk @param {boolean} isScreen @returns {Size} */
  #wanted(spk, isScreen) {
    const size = this.#sizes.get(spk) ?? "large";
    return this.#isThrifty && size === "large" && !isScreen ? "small" : size;
  }

  /** Whose pictures this device still has time for. @param {readonly Page[]} pages @returns {Set<string>} */
  #kept(pages) {
    const [, most] = fewer.find(([from]) => this.#effort.level >= from) ?? [0, Number.POSITIVE_INFINITY];
    const order = [...this.#sizes.keys()];
    const rank = (/** @type {Page} */ { spk }) => (this.#sizes.get(spk) === "small" ? order.length : 0) + order.indexOf(spk);
    const seen = pages.filter(({ spk, about }) => about.video && this.#sizes.get(spk) !== "off").sort((a, b) => rank(a) - rank(b));
    return new Set(seen.slice(0, most).map(({ hid }) => hid));
  }

  /** @param {Page} page @param {import("./share.js").Plan} plan @param {boolean} isKept */
  #settle({ hid, spk, about, agreed, peer }, plan, isKept) {
    peer.setPlan(plan);
    const isSpared = !isKept && about.video && this.#sizes.get(spk) !== "off";
    const isNews = agreed.isSpared !== isSpared || agreed.isPaused !== plan.isPaused;
    agreed.isSpared = isSpared;
    agreed.isPaused = plan.isPaused;
    agreed.want = isSpared ? "off" : this.#wanted(spk, about.screen);
    const told = `${agreed.want} ${agreed.isPaused}`;
    if (peer.proven && agreed.told !== told) {
      agreed.told = told;
      this.#user.send(hid, { k: "picture", want: agreed.want, paused: agreed.isPaused });
    }
    if (isNews) this.#user.onChange();
  }
}
