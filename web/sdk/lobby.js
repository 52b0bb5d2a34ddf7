// The door from both sides: who stands before it, told to hosts, and what this page waits for while it stands there
// itself (seal.md 7). Lists and words only: who may come in is decided by rules, which hosting.js issues.

import { tidyName } from "./roster.js";

/** @typedef {import("./types.js").Knock} Knock */
/** @typedef {import("./types.js").Waiting} Waiting */
/** @typedef {import("./seal/types.js").Waiting} What */

/** @typedef {Knock & {spk: string, hid: string}} Standing */

/** Knocks shown at once; of more, the first ones. */
const KNOCKS = 64;

export class Lobby {
  /** By pid; left-overs by spk. @type {Map<string, Standing>} */ #standing = new Map();
  /** Hosts that have heard this page's own knock, by pid, and what they said. @type {Map<string, string>} */ #hosts = new Map();
  /** Somebody inside looked at no password, as too many were wrong. */ #isBusy = false;

  /** @returns {readonly Knock[]} */
  get knocks() {
    return Object.freeze([...this.#standing.values()].slice(0, KNOCKS).map(({ id, name, message, how, via, held }) => Object.freeze({ id, name, message, how, via, held })));
  }

  /** @param {string} id @returns {Standing | null} */
  of(id) {
    return [...this.#standing.values()].find((standing) => standing.id === id) ?? null;
  }

  /**
   * What the pairs say of somebody who waits, or of this page's own waiting.
   * @param {string} pid @param {What} what @param {(spk: string) => string} nameOf people met before
   * @param {string} [teller] name of who says that somebody was cut off; empty: this page saw it itself
   * @returns {"refused" | null} `refused`: a host turned this page away
   */
  handle(pid, what, nameOf, teller = "") {
    switch (what.k) {
      case "lobby": {
        const { hid, spk, name, message, invitation } = what;
        const how = invitation ? "invitation" : "knock";
        this.#standing.delete(spk);
        this.#standing.set(pid, { id: spk, spk, hid, name: tidyName(name), message, how, via: invitation?.label ?? "", held: this.#standing.get(pid)?.held ?? false });
        break;
      }
      case "cut":
        // Whoever came back meanwhile knocks for themselves.
        if (this.of(what.spk) || this.#standing.size >= KNOCKS) break;
        this.#standing.set(what.spk, { id: what.spk, spk: what.spk, hid: "", name: nameOf(what.spk), message: "", how: "left-over", via: tidyName(teller), held: false });
        break;
      case "knocking":
        this.#hosts.set(pid, this.#hosts.get(pid) ?? "");
        break;
      case "held":
        this.#hosts.set(pid, `held ${what.text}`);
        break;
      case "left":
        this.#standing.delete(pid);
        this.#hosts.delete(pid);
        break;
      case "busy":
        this.#isBusy = true;
        break;
      case "not-admitted":
        return "refused";
      case "connecting":
        break;
    }
    return null;
  }

  /** A host told somebody to wait. @param {string} id */
  hold(id) {
    for (const [pid, standing] of this.#standing) if (standing.id === id) this.#standing.set(pid, { ...standing, held: true });
  }

  /** Answered. @param {string} id */
  drop(id) {
    for (const [key, standing] of this.#standing) if (standing.id === id) this.#standing.delete(key);
  }

  /** Whoever has a right now no longer waits. @param {(spk: string) => boolean} isIn */
  clean(isIn) {
    for (const [key, { spk, how }] of this.#standing) if (how === "left-over" && isIn(spk)) this.#standing.delete(key);
  }

  /**
   * What this page waits for on the porch.
   * @param {boolean} byPassword @returns {Waiting}
   */
  waiting(byPassword) {
    const said = [...this.#hosts.values()].find((text) => text.startsWith("held "));
    if (said !== undefined) return { what: "held", text: said.slice(5) };
    if (byPassword) return { what: this.#isBusy ? "busy" : "checking-password", text: "" };
    return { what: this.#hosts.size > 0 ? "knocking" : "no-host", text: "" };
  }
}
