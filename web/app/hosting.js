// What is done about the room once inside: the door, knocks, invitations, hosts, the code. Each is one call of the
// SDK; while it is under way its name stands in `busy`, and what went wrong is said as a remark.

import { canInvite } from "./house.js";

/** @typedef {import("./expected.js").Room} Room */
/** @typedef {import("./expected.js").Door} Door */
/** @typedef {import("./house.js").Dialog} Dialog */

/** @typedef {ReturnType<typeof createHosting>} Hosting */

/**
 * @param {import("./store.js").Store} store
 * @param {() => Room | null} room the meeting this page is in
 * @param {(error: unknown) => void} complain
 * @param {(what: string, fragment: string) => Promise<void>} copy
 * @param {(error: unknown) => readonly string[] | null} unmetOf names of those who would be cut off, if it failed for them
 */
export function createHosting({ state, dispatch }, room, complain, copy, unmetOf = () => null) {
  /**
   * @template T
   * @param {string} name what is under way; the same is not begun twice
   * @param {(meeting: Room) => T | Promise<T>} task
   * @returns {Promise<{value: T} | null>} null if it did not work
   */
  async function act(name, task) {
    const meeting = room();
    if (!meeting || state().busy.includes(name)) return null;
    dispatch({ type: "busy", name, on: true });
    try {
      return { value: await task(meeting) };
    } catch (error) {
      complain(error);
      return null;
    } finally {
      dispatch({ type: "busy", name, on: false });
    }
  }

  /**
   * What closes the room to somebody: asks first if somebody is just coming in.
   * @param {string} name @param {(meeting: Room, how: {anyway: boolean}) => Promise<void>} task
   * @returns {Promise<boolean>} whether it was done
   */
  async function tighten(name, task) {
    let done = false;
    await act(name, async (meeting) => {
      try {
        await task(meeting, { anyway: false });
      } catch (error) {
        const who = unmetOf(error);
        if (!who) throw error;
        if (!await askAnyway(who)) return;
        await task(meeting, { anyway: true });
      }
      done = true;
    });
    return done;
  }

  /** @type {(anyway: boolean) => void} */
  let answer = () => {};

  /** @param {readonly string[]} who @returns {Promise<boolean>} */
  function askAnyway(who) {
    answer(false);
    return new Promise((resolve) => {
      answer = resolve;
      ask({ about: "unmet", who });
    });
  }

  /** @param {Dialog | null} dialog */
  function ask(dialog) {
    dispatch({ type: "dialog", dialog });
  }

  return {
    ask,

    /** A dialog was closed by its own button, by Escape, or by another one that came in its place. @param {Dialog["about"]} about */
    closed(about) {
      if (about === "unmet") answer(false);
      if (state().dialog?.about === about) ask(null);
    },

    /** @param {boolean} open */
    setPanel(open) {
      dispatch({ type: "panel", open });
    },

    /** @param {string} id */
    admit: (id) => act(`knock/${id}`, (meeting) => meeting.admit(id)),

    /** @param {string} id @param {string} text for whoever waits, may be empty */
    hold: (id, text) => act(`knock/${id}`, (meeting) => meeting.hold(id, text)),

    /** @param {string} id @param {boolean} forGood */
    refuse: (id, forGood) => act(`knock/${id}`, (meeting) => meeting.refuse(id, { forGood })),

    /**
     * A browser that keeps nothing makes a closed door dangerous for its own person: that is said first.
     * @param {Door} door @param {boolean} [knows]
     */
    async setDoor(door, knows = state().durable) {
      const closes = door !== "open" && state().house.rules?.door === "open";
      if (closes && !knows) return ask({ about: "close-door", door });
      ask(null);
      await tighten("door", (meeting, how) => meeting.setDoor(door, how));
    },

    /** Whoever is just coming in may be cut off. */
    anyway() {
      const go = answer;
      answer = () => {};
      ask(null);
      go(true);
    },

    /** @param {string} password empty takes it away */
    async setPassword(password) {
      ask(null);
      return tighten("password", (meeting, how) => meeting.setPassword(password, how));
    },

    allowTries: () => act("tries", (meeting) => meeting.allowTries()),

    async newLink() {
      ask(null);
      await tighten("new-link", (meeting, how) => meeting.newLink(how));
    },

    /** @param {{label: string, uses: number}} invitation */
    async invite(invitation) {
      const made = await act("invite", (meeting) => (canInvite(meeting) ? meeting.invite(invitation) : null));
      if (made?.value) dispatch({ type: "invited", ...made.value });
      return made !== null;
    },

    /** @param {string} id */
    copyInvitation: (id) => copy(id, state().invitationLinks[id] ?? ""),

    /** @param {string} id */
    revoke: (id) => act(`invitation/${id}`, (meeting) => (canInvite(meeting) ? meeting.revoke(id) : null)),

    async makeDeviceLink() {
      const made = await act("device", (meeting) => meeting.hostLink());
      if (made) ask({ about: "device", link: made.value, kept: state().durable });
    },

    /** @param {string} link */
    copyDeviceLink: (link) => copy("device", link),

    /** @param {string} person @param {string} password a new one, in a named room */
    async remove(person, password) {
      ask(null);
      await tighten(`person/${person}`, (meeting, how) => meeting.remove(person, { ...how, password }));
    },

    /** That person decides. @param {string} person */
    askToMute: (person) => act(`person/${person}`, (meeting) => meeting.askToMute(person)),

    /** A host asks this person to mute, or was answered. @param {{by: string, name: string} | null} asked */
    muteAsked(asked) {
      dispatch({ type: "mute-asked", asked });
    },

    /** @param {string} person */
    async makeHost(person) {
      ask(null);
      await act(`person/${person}`, (meeting) => meeting.makeHost(person));
    },

    /** Makes somebody host and leaves; stays if that did not work. @param {string} person */
    async leaveTo(person) {
      const done = await act("leave", (meeting) => meeting.makeHost(person));
      ask(null);
      if (done) await room()?.leave();
    },

    /** Leaves everything as it is. */
    async leaveNow() {
      ask(null);
      await room()?.leave();
    },

    /** @param {number | null} minutes from now; null: at no set time */
    setEnd: (minutes) => act("ends", (meeting) => meeting.setEnd(minutes === null ? null : Date.now() + minutes * 60_000)),

    /** Whether the room stays when everybody has left. @param {boolean} on */
    setKept: (on) => act("kept", (meeting) => meeting.setKept(on)),

    async end() {
      ask(null);
      await act("end", (meeting) => meeting.end());
    },

    async forget() {
      ask(null);
      await act("forget", (meeting) => meeting.forget());
    },

    startCode: () => act("code", (meeting) => meeting.startCode()),

    pressCode: () => act("code", (meeting) => meeting.pressCode()),

    /** @param {string} person @param {boolean} on */
    tick: (person, on) => act(`tick/${person}`, (meeting) => meeting.tick(person, on)),
  };
}
