// Whether this page has a place in the room, and what follows where it has none: who still waits for a seat is told why not and
// may try again, for who is in it is over.
//
// That comes from the rules, from what the others say by the seal, and from the server. Which rules hold is knowledge.js's.

import { ParlourError } from "./errors.js";

/**
 * @typedef {{
 *   way: import("./way.js").Way, knowledge: import("./knowledge.js").Knowledge, spk: string,
 *   mesh: Pick<import("./mesh.js").Mesh, "reached" | "provenPw">, stay: Pick<import("./stay.js").Stay, "isEntering" | "giveUp">,
 * }} PlaceParts
 */

export class Place {
  #parts;
  #user;
  /** This page comes by a password, which nobody may have looked at yet. */ #byPassword = false;
  /** This page is about to say the end itself. */ #isEnding = false;

  /** @param {PlaceParts} parts @param {{onPorch(): void, onEnd(code: string): void}} user `onPorch`: it is worth waiting there */
  constructor(parts, user) {
    this.#parts = parts;
    this.#user = user;
  }

  /** This page goes to the door with what it holds now. */
  begin() {
    const { knowledge } = this.#parts;
    this.#byPassword = knowledge.passwordInForce !== null && knowledge.rules?.door === "open";
  }

  get byPassword() { return this.#byPassword; }

  /** There is no seat by itself. */
  handlePorch() {
    if (this.#parts.stay.isEntering && this.#checkWay()) this.#user.onPorch();
  }

  /** Other rules hold. */
  handleRules() {
    const { knowledge, stay, spk } = this.#parts;
    const end = knowledge.endFor(spk);
    if (end) this.lose(end);
    else if (stay.isEntering || knowledge.onlyPassword) this.#checkWay();
    else if (this.#isShutOut()) this.lose("cut-off");
  }

  /** A set end comes whether or not there is a server to say so. */
  handleTick() {
    const end = this.#parts.knowledge.endFor(this.#parts.spk);
    if (end) this.lose(end);
  }

  /** A host turned this page away. */
  handleRefusal() {
    const { stay, knowledge } = this.#parts;
    if (stay.isEntering) stay.giveUp(new ParlourError(knowledge.invitation ? "invitation-used" : "refused"));
  }

  /** Somebody inside found the password wrong. */
  handleWrongPassword() {
    const { stay, mesh, knowledge } = this.#parts;
    // A seat is the server's gift: without anybody who has proven S it is no way in.
    const isAlone = !stay.isEntering && this.#byPassword && mesh.provenPw === 0 && mesh.reached.length === 0;
    if (!stay.isEntering && !isAlone) return;
    knowledge.password = null;
    if (isAlone) this.#user.onEnd("wrong-password");
    else stay.giveUp(new ParlourError("wrong-password"));
  }

  /** There is no place here any more. @param {string} code of errors.js */
  lose(code) {
    if (this.#isEnding) return;
    const { stay } = this.#parts;
    if (stay.isEntering) stay.giveUp(new ParlourError(code === "removed" ? "refused-for-good" : code));
    else this.#user.onEnd(code);
  }

  /** Over for everybody, by this page: what comes of its own act is not taken for news. @param {() => Promise<void>} act */
  async endBy(act) {
    this.#isEnding = true;
    try {
      await act();
    } catch (thrown) {
      this.#isEnding = false;
      throw thrown;
    }
    this.#user.onEnd("room-over");
  }

  /** Whether it is worth waiting. @returns {boolean} */
  #checkWay() {
    const { way, stay } = this.#parts;
    try {
      way.check();
      return true;
    } catch (thrown) {
      // Seated already, with a password that rules of another day have made useless: nobody can be met.
      if (thrown instanceof ParlourError && !stay.isEntering) this.#user.onEnd(thrown.code);
      else if (thrown instanceof ParlourError) stay.giveUp(thrown);
      return false;
    }
  }

  /**
   * Whether the rules leave this page no way in although it has a seat: it met nobody who could have told it. Where somebody is
   * met, the seal judges.
   */
  #isShutOut() {
    const { way, mesh, knowledge: { named, pinned } } = this.#parts;
    // Whose a named room is, is not known before somebody was met.
    if (mesh.reached.length > 0 || (named && !pinned)) return false;
    try {
      way.check();
      return false;
    } catch (thrown) {
      if (thrown instanceof ParlourError) return true;
      throw thrown;
    }
  }
}
