// Whether a person has any way in by what was given here, as the rules are known: a right, the password that was typed, the
// door, or somebody to be asked. Said before anybody is asked, so that nobody waits in vain (seal.md 1.7, 3).
//
// What proves itself to the pages inside is seal/ways.js's; what is different about a name is named.js's.

import { ParlourError } from "./errors.js";
import { checkTyped } from "./named.js";
import { withPassword } from "./papers.js";
import { stretch } from "./seal/password.js";

/** @typedef {import("./knowledge.js").Knowledge} Knowledge */

export class Way {
  /** The link said that there is a password. @readonly */ promised;
  #knowledge;
  #spk;
  /** It was said that the door is closed, and that the password does not open it. */ #isToldClosed = false;

  /**
   * @param {boolean} promised the link said that there is a password
   * @param {() => Knowledge} knowledge of the room that was found @param {() => string} spk of this person, empty before it is somebody
   */
  constructor(promised, knowledge, spk) {
    this.promised = promised;
    this.#knowledge = knowledge;
    this.#spk = spk;
  }

  /**
   * Takes what was typed into the password field.
   * @param {string} password empty: nothing
   * @throws {ParlourError} `no-password` if the room has none, `bad-password`; what `checkTyped` throws
   */
  async take(password) {
    const knowledge = this.#knowledge();
    knowledge.typed = password !== "";
    if (password === "" || (knowledge.hostKey && knowledge.password?.sure)) return;
    this.#checkTyped();
    const pw = knowledge.rules?.pw ?? 0;
    if (pw === 0) throw new ParlourError("no-password");
    const S = await withPassword(() => stretch(password, knowledge.room, pw));
    knowledge.password = { pw, S, sure: false };
  }

  /**
   * Whether the rules as they are known leave this person any way in: a right, the door, or somebody to be asked.
   * @throws {ParlourError} `removed`, `locked`, `not-invited`, `link-replaced`, `needs-password`; what `checkTyped` throws
   */
  check() {
    const knowledge = this.#knowledge();
    const { rules } = knowledge;
    const spk = this.#spk();
    if (!rules || knowledge.hostKey) return;
    if (rules.removed.includes(spk)) throw new ParlourError("removed");
    this.#checkTyped();
    if (this.promised && !knowledge.pinned && !knowledge.invitation && !knowledge.typed) this.#checkPromise(rules);
    if (rules.members.includes(spk)) return;
    if (rules.door === "locked") throw new ParlourError("locked");
    if (knowledge.invitation) return;
    if (rules.door === "invite") throw new ParlourError("not-invited");
    if (!knowledge.named && !knowledge.linkInForce) throw new ParlourError("link-replaced");
    if (rules.door === "open" && rules.pw !== 0 && !knowledge.passwordInForce) throw new ParlourError("needs-password");
  }

  #checkTyped() {
    try {
      checkTyped(this.#knowledge());
    } catch (thrown) {
      this.#isToldClosed ||= thrown instanceof ParlourError && thrown.code === "door-closed";
      throw thrown;
    }
  }

  /**
   * By a link that promises a password nobody comes in without one; at a closed door they may knock, once that was said.
   * @param {import("./seal/rules.js").Rules} rules
   * @throws {ParlourError} `needs-password`, `password-promised`, `door-closed`
   */
  #checkPromise({ door, pw }) {
    if (door === "open") throw new ParlourError(pw === 0 ? "password-promised" : "needs-password");
    if (door !== "knock" || this.#isToldClosed) return;
    this.#isToldClosed = true;
    throw new ParlourError("door-closed");
  }
}
