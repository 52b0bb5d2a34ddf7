/**
 * What every test against the hostile server stands on: the victim Ana before the real app in one browser, honest
 * others in a second one, the hostile server between them, a fresh room for each test.
 */

import assert from "node:assert/strict";
import { watch, expectGateAndKeys, expectNoRed } from "./witness.mjs";
import { Crowd } from "./crowd.mjs";
import { startRoomWith } from "./host.mjs";
import { until } from "./member.mjs";
import { Room } from "./room.mjs";
import { b64, readLink, roomIdOf } from "./sdk.mjs";
import { Hostile } from "./server.mjs";
import { atScreen, join } from "../lib/meeting.mjs";
import { bound } from "../lib/patience.mjs";
import { Stage } from "../lib/stage.mjs";

/** No single test of the hostile group may take longer, ms. */
export const LIMIT = bound(25_000);

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

  /** A third person before the real app, where a test asked for one. @type {import("../lib/page.mjs").Page | null} */ #third = null;

  get dan() {
    return this.#third ?? assert.fail("this rig has no third browser");
  }

  /** @param {{victim?: "chromium" | "firefox", third?: "chromium" | "firefox"}} [options] */
  static async make({ victim = "chromium", third } = {}) {
    const stage = new Stage();
    try {
      const [hostile, ana, others, dan] = await Promise.all([Hostile.start(stage), stage[victim]("Ana"), stage.chromium("Others"), third && stage[third]("Dan")]);
      const crowd = new Crowd(others, hostile.origin);
      await crowd.ready();
      await watch(others);
      const rig = new Rig(stage, hostile, ana, crowd);
      rig.#third = dan ?? null;
      return rig;
    } catch (error) {
      await stage.clear();
      throw error;
    }
  }

  /** A fresh room with a host key that the test holds, and nothing bent. @param {Record<string, unknown>} [wish] */
  async room(wish) {
    await this.#clean();
    return this.#guestsIn(await Room.make(this.hostile, wish));
  }

  /** A named room whose host key the test holds. @param {string} name @param {Record<string, unknown>} [wish] */
  async named(name, wish) {
    await this.#clean();
    return this.#guestsIn(await Room.named(this.hostile, name, wish));
  }

  /**
   * A fresh room that Ana hosts, by the app and from its landing page, and she is in it.
   * @param {{password?: string, prepare?: (ana: import("../lib/page.mjs").Page) => Promise<unknown>}} [wish] `prepare`: before she joins
   * @returns {Promise<{pid: string, room: Room, fragment: string}>}
   */
  async anaHosts({ password = "", prepare } = {}) {
    await this.#clean();
    const before = new Set(this.hostile.pages);
    await startRoomWith(this.ana, this.hostile.origin, { password });
    await watch(this.ana);
    await prepare?.(this.ana);
    const fragment = await this.ana.evaluate(() => location.hash);
    const room = this.#guestsIn(await Room.of(this.hostile, fragment));
    await join(this.ana, { name: "Ana" });
    return { pid: await this.#pidSince(before, "Ana", fragment), room, fragment };
  }

  /** @param {Room} room in which guests are from now on */
  #guestsIn(room) {
    this.hostile.hostPk = b64(room.made.host.publicKey);
    return room;
  }

  async #clean() {
    this.hostile.honest();
    await this.#third?.open(`${this.hostile.origin}/blank`);
    for (const name of this.#here) await this.crowd.leave(name);
    this.#here.clear();
    for (const guest of [...this.hostile.guests.values()]) /** @type {{leave?: () => void}} */ (guest).leave?.();
  }

  /**
   * Somebody opens a link before the app and comes in; with what the page says otherwise, see `asks`.
   * @param {import("../lib/page.mjs").Page} page @param {string} fragment
   * @param {{password?: string, prepare?: (page: import("../lib/page.mjs").Page) => Promise<unknown>}} [options] `prepare`: before the button
   * @returns {Promise<string>} the pid
   */
  async enters(page, fragment, options) {
    const before = new Set(this.hostile.pages);
    await this.asks(page, fragment, options);
    await atScreen(page, "call", 15_000);
    return this.#pidSince(before, page.name, fragment);
  }

  /**
   * Somebody opens a link before the app and presses the button, whatever comes of it.
   * @param {import("../lib/page.mjs").Page} page @param {string} fragment
   * @param {{password?: string, prepare?: (page: import("../lib/page.mjs").Page) => Promise<unknown>}} [options] `prepare`: before the button
   */
  async asks(page, fragment, { password, prepare } = {}) {
    await page.open(`${this.hostile.origin}/${fragment}`);
    await watch(page);
    await atScreen(page, "preview");
    await page.fill("Your name optional", page.name);
    await prepare?.(page);
    if (password !== undefined) await page.fill("Password", password);
    await page.click((await page.has("Knock")) ? "Knock" : "Join");
  }

  /** @param {Set<import("./carrier.mjs").Carrier>} before @param {string} who @param {string} fragment of the room: pages of before may linger in theirs */
  async #pidSince(before, who, fragment) {
    const roomId = b64(await roomIdOf((await readLink(fragment)).R));
    const page = await until(() => this.hostile.pages.findLast((one) => !before.has(one) && one.pid !== "" && one.live && one.roomId === roomId), 8000, `${who} has a seat`);
    return page.pid;
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
   * Somebody honest comes in. @param {string} name @param {Room} room @param {{media?: boolean, password?: string}} [options]
   * @returns {Promise<string>} the pid
   */
  async comes(name, room, options) {
    return this.comesBy(name, await room.fragment(), options);
  }

  /** The same, by a link of another room than the test's own. @param {string} name @param {string} fragment @param {{media?: boolean, password?: string}} [options] */
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
