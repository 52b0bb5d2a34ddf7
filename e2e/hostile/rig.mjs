/**
 * What every test against the hostile server stands on: the victim Ana before the real app in one browser, honest
 * others in a second one, the hostile server between them, a fresh room for each test.
 */

import { watch, expectGateAndKeys, expectNoRed } from "./witness.mjs";
import { Crowd } from "./crowd.mjs";
import { until } from "./member.mjs";
import { Room } from "./room.mjs";
import { Hostile } from "./server.mjs";
import { join } from "../lib/meeting.mjs";
import { Stage } from "../lib/stage.mjs";

/** No single test of the hostile group may take longer, ms. */
export const LIMIT = 25_000;

export class Rig {
  /** Names in the crowd now. @type {Set<string>} */ #here = new Set();

  /**
   * @param {Stage} stage @param {Hostile} hostile @param {import("../lib/page.mjs").Page} ana @param {Crowd} crowd
   */
  constructor(stage, hostile, ana, crowd) {
    this.stage = stage;
    this.hostile = hostile;
    this.ana = ana;
    this.crowd = crowd;
  }

  /** @param {{victim?: "chromium" | "firefox"}} [options] */
  static async make({ victim = "chromium" } = {}) {
    const stage = new Stage();
    try {
      const [hostile, ana, others] = await Promise.all([Hostile.start(stage), stage[victim]("Ana"), stage.chromium("Others")]);
      const crowd = new Crowd(others, hostile.origin);
      await crowd.ready();
      await watch(others);
      return new Rig(stage, hostile, ana, crowd);
    } catch (error) {
      await stage.clear();
      throw error;
    }
  }

  /** A fresh room with a host key that the test holds, and nothing bent. @param {Record<string, unknown>} [wish] */
  async room(wish) {
    for (const name of this.#here) await this.crowd.leave(name);
    this.#here.clear();
    this.hostile.honest();
    return Room.make(this.hostile, wish);
  }

  /** Ana opens the link afresh and comes in. @param {Room} room @returns {Promise<string>} her pid */
  async anaIn(room) {
    await this.anaBefore(room);
    return this.anaJoins();
  }

  /** Ana opens the link and stands before the door. @param {Room} room */
  async anaBefore(room) {
    await this.ana.open(`${this.hostile.origin}/${await room.fragment()}`);
    await watch(this.ana);
  }

  /** @returns {Promise<string>} her pid */
  async anaJoins() {
    await join(this.ana, { name: "Ana" });
    const isNew = (/** @type {import("./carrier.mjs").Carrier} */ page) => page.pid !== "" && page.live;
    // Her carrier is the newest that is no other's: pages before her are those of the crowd.
    const page = await until(() => this.hostile.pages.findLast((one) => isNew(one) && !this.#crowdPids.has(one.pid)), 5000, "Ana has a seat");
    return page.pid;
  }

  /** pids of the crowd. @type {Set<string>} */
  #crowdPids = new Set();

  /**
   * Somebody honest comes in. @param {string} name @param {Room} room @param {{media?: boolean}} [options]
   * @returns {Promise<string>} the pid
   */
  async comes(name, room, options) {
    return this.comesBy(name, await room.fragment(), options);
  }

  /** The same, by a link of another room than the test's own. @param {string} name @param {string} fragment @param {{media?: boolean}} [options] */
  async comesBy(name, fragment, options) {
    const before = new Set(this.hostile.pages);
    await this.crowd.join(name, fragment, options);
    this.#here.add(name);
    const page = await until(() => this.hostile.pages.find((one) => !before.has(one) && one.pid !== ""), 5000, `${name} has a seat`);
    this.#crowdPids.add(page.pid);
    return page.pid;
  }

  /** @param {string} name */
  async leaves(name) {
    this.#here.delete(name);
    await this.crowd.leave(name);
  }

  /** What holds after every test: nothing red, gate and keys as they should be, on both sides. */
  async calm() {
    await expectNoRed(this.ana);
    await this.sound();
  }

  /** As `calm`, where red was right. */
  async sound() {
    await expectGateAndKeys(this.ana);
    await expectGateAndKeys(this.crowd.page);
  }

  async clear() {
    await this.hostile.stop();
    await this.stage.clear();
  }
}
