// From the press of Join to the question for a seat: the room, the person, the password, and the place of a page in another tab.
//
// Taking the seat is stay.js's. What is begun here is either finished or undone.

import { makeCertificate } from "./certificate.js";
import { makeOrFind } from "./named.js";

/** Who asks for a seat. @typedef {{core: import("./seal/core.js").OwnCore, isHost: boolean, pid: string, spk: string, certificate: RTCCertificate}} Page */

export class Joining {
  #entrance;
  /** The tab in whose place this one comes. @type {string | null} */ #other = null;

  /** @param {import("./entrance.js").Entrance} entrance */
  constructor(entrance) {
    this.#entrance = entrance;
  }

  /**
   * @param {{password: string, offRecord: boolean, move: boolean}} wish @param {() => Promise<void>} onMade a named room that was vacant is there now
   * @returns {Promise<Page>}
   * @throws {import("./errors.js").ParlourError} why there is nothing to ask for; then `undo`
   */
  async prepare({ password, offRecord, move }, onMade) {
    const entrance = this.#entrance;
    await entrance.redeem();
    if (!entrance.known) {
      await makeOrFind(entrance, { password, offRecord });
      await onMade();
    }
    if (move) await this.#takeOver();
    await entrance.way.take(password);
    const { certificate, fingerprint } = await makeCertificate();
    const page = await entrance.makeCore(fingerprint);
    entrance.way.check();
    return { ...page, certificate };
  }

  /** In: the page in the other tab goes when this one is where it was. @param {import("./inside.js").Inside} inside */
  finish(inside) {
    const other = this.#other;
    if (other !== null) void inside.settled().then(() => this.#entrance.self.finishMove(other));
  }

  /** It came to nothing. */
  async undo() {
    if (this.#other !== null) await this.#entrance.self.giveBack();
  }

  /** A full room has no seat for both tabs; in any other the old one goes last, so that the room is never left alone. */
  async #takeOver() {
    const { self } = this.#entrance;
    this.#other = await self.takeOver();
    if (this.#other !== null && (await this.#isFull())) await self.sendAway(this.#other);
  }

  async #isFull() {
    const count = (await this.#entrance.look()) ?? 0;
    return count >= (this.#entrance.known?.rules?.cap ?? 0);
  }
}
