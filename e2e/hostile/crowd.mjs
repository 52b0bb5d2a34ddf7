/**
 * Several honest people in one tab, each with modules, keys and a certificate of their own, driven through the SDK.
 *
 * The page is `/blank` of the hostile server; nobody looks at it. What people do here is what `Meeting` offers.
 */

/** @typedef {import("../lib/page.mjs").Page} Page */
/** @typedef {{id: string, name: string, link: string, audio: boolean, video: boolean, tracks: number}} Seen */
/** @typedef {{colour: string, code: string, text: string}} Note */

export class Crowd {
  /** @param {Page} page @param {string} origin */
  constructor(page, origin) {
    this.page = page;
    this.origin = origin;
  }

  /** Loads the empty page and opens camera and microphone once for all. */
  async ready() {
    await this.page.open(`${this.origin}/blank`);
    await this.page.evaluate(async () => {
      const w = /** @type {any} */ (window);
      w.meetings = {};
      w.pairs = {};
      w.camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    });
  }

  /**
   * Comes in by a link. Ends when the server gave a seat.
   * @param {string} name letters and digits; also the name that others see
   * @param {string} fragment `#1…`
   * @param {{media?: boolean, password?: string}} [options]
   */
  async join(name, fragment, options) {
    const code = await this.tries(name, fragment, options);
    if (code !== "") throw new Error(`${name} was not let in: ${code}`);
  }

  /**
   * The same; at a door it ends when that was opened or not.
   * @param {string} name @param {string} fragment @param {{media?: boolean, password?: string}} [options]
   * @returns {Promise<string>} the code of what was in the way, or ""
   */
  tries(name, fragment, { media = true, password = "" } = {}) {
    return this.page.evaluate(
      async (who, link, withMedia, typed) => {
        const w = /** @type {any} */ (window);
        const base = `/as/${who.toLowerCase()}/sdk`;
        const { Pairs } = await import(`${base}/seal/pairs.js`);
        if (!Pairs.heldBack) {
          // Only to read its counters: the machine is private to the meeting.
          const handleTick = Pairs.prototype.handleTick;
          Pairs.prototype.handleTick = function (/** @type {number} */ now) {
            w.pairs[who] = this;
            return handleTick.call(this, now);
          };
          Pairs.heldBack = true;
        }
        const { Meeting } = await import(`${base}/parlour.js`);
        const meeting = await Meeting.open({ fragment: link });
        w.meetings[who] = meeting;
        const [audio, video] = withMedia ? [w.camera.getAudioTracks()[0].clone(), w.camera.getVideoTracks()[0].clone()] : [null, null];
        try {
          await meeting.look();
          await meeting.join({ name: who, audio, video, password: typed });
        } catch (error) {
          return `${/** @type {any} */ (error).code ?? error}`;
        }
        return "";
      },
      name,
      fragment,
      media,
      password,
    );
  }

  /** What somebody's page shows of the door. @param {string} name @returns {Promise<{state: string, waiting: string, code: string}>} */
  waits(name) {
    return this.page.evaluate((who) => {
      const meeting = /** @type {any} */ (window).meetings[who];
      return { state: meeting.state, waiting: meeting.waiting?.what ?? "", code: meeting.error?.code ?? "" };
    }, name);
  }

  /** What was dropped by the seal of this person, by reason. @param {string} name @returns {Promise<Record<string, number>>} */
  stats(name) {
    return this.page.evaluate((who) => /** @type {any} */ (window).pairs[who]?.stats ?? {}, name);
  }

  /** @param {string} name @returns {Promise<{state: string, error: string, count: number, pid: string, spk: string, people: Seen[], notes: Note[]}>} */
  sees(name) {
    return this.page.evaluate((who) => {
      const meeting = /** @type {any} */ (window).meetings[who];
      const people = meeting.people.map((/** @type {any} */ person) => ({
        id: person.id, name: person.name, link: person.link, audio: person.audio, video: person.video,
        tracks: person.stream.getTracks().length,
      }));
      return { state: meeting.state, error: meeting.error?.code ?? "", count: meeting.count, pid: "", spk: meeting.me.id, people, notes: meeting.notes };
    }, name);
  }

  /**
   * Waits until somebody here sees exactly these others, connected.
   * @param {string} name @param {string[]} others @param {number} [timeout] ms
   */
  meets(name, others, timeout = 15_000) {
    return this.page.waitFor(
      (who, wanted) => {
        const people = /** @type {any} */ (window).meetings[who].people;
        const connected = people.filter((/** @type {any} */ person) => person.link === "connected").map((/** @type {any} */ person) => person.name);
        return people.length === wanted.length && wanted.every((other) => connected.includes(other));
      },
      timeout,
      `${name} is connected with ${others.join(", ") || "nobody"}`,
      name,
      [...others],
    );
  }

  /**
   * Waits for a note. @param {string} name @param {string} code @param {number} timeout ms @returns {Promise<Note>}
   */
  note(name, code, timeout) {
    return this.page.waitFor(
      (who, wanted) => /** @type {any} */ (window).meetings[who].notes.find((/** @type {Note} */ note) => note.code === wanted) ?? null,
      timeout,
      `${name} reads a note "${code}"`,
      name,
      code,
    );
  }

  /** @param {string} name @param {string} to */
  rename(name, to) {
    return this.page.evaluate((who, text) => /** @type {any} */ (window).meetings[who].setName(text), name, to);
  }

  /** @param {string} name */
  leave(name) {
    return this.page.evaluate(async (who) => {
      const w = /** @type {any} */ (window);
      await w.meetings[who]?.leave();
      delete w.meetings[who];
    }, name);
  }
}
