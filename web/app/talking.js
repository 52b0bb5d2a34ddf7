// What is said and sent from the page: each is one call of the SDK, and what went wrong is said as a remark. Files leave
// the page only into the browser's downloads; nothing is opened here.

import { saveAs } from "./save.js";
import { transcript } from "./talk.js";
import { transcriptHead } from "./words_talk.js";

/** @typedef {import("../sdk/parlour.js").Meeting} Meeting */

/** How long a reaction stands over a picture, ms; as in talk.css. */
const reactionMs = 4000;

/** @typedef {ReturnType<typeof createTalking>} Talking */

/**
 * @param {import("./store.js").Store} store
 * @param {() => Meeting | null} room the meeting this page is in
 * @param {(error: unknown) => void} complain
 */
export function createTalking({ state, dispatch }, room, complain) {
  let shown = 0;

  /**
   * @param {(meeting: Meeting) => void} task
   * @returns {boolean} whether it worked
   */
  function act(task) {
    const meeting = room();
    if (!meeting) return false;
    try {
      task(meeting);
      return true;
    } catch (error) {
      complain(error);
      return false;
    }
  }

  /** @param {boolean} open */
  function setChat(open) {
    dispatch({ type: "chatting", open });
  }

  return {
    setChat,

    /** @param {string} text @returns {boolean} whether it was taken, so that the field may be emptied */
    say: (text) => act((meeting) => meeting.say(text)),

    /** @param {string} id of a message */
    takeBack: (id) => act((meeting) => meeting.takeBack(id)),

    /** Raises this person's hand, or lowers it. */
    toggleHand: () => act((meeting) => meeting.raiseHand(!meeting.hands.some(({ person }) => person === meeting.me.id))),

    /** @param {string} [person] everybody's without */
    lowerHand: (person) => act((meeting) => meeting.lowerHand(person)),

    /** @param {string} emoji */
    react: (emoji) => act((meeting) => meeting.react(emoji)),

    /** The SDK tells of a reaction. @param {{person: string, emoji: string}} reaction */
    show(reaction) {
      const id = `reaction ${(shown += 1)}`;
      dispatch({ type: "reaction", reaction: { id, ...reaction } });
      setTimeout(() => dispatch({ type: "reaction-over", id }), reactionMs);
    },

    /** @param {readonly File[]} files @param {string} [to] a person's id @param {boolean} [keep] those that the room takes are kept by it */
    async offer(files, to = "", keep = false) {
      for (const file of files) {
        const name = `offer/${file.name}`;
        dispatch({ type: "busy", name, on: true });
        try {
          await room()?.offerFile(file, { to, keep: keep && to === "" && file.size <= (room()?.keeping?.fileBytes ?? 0) });
        } catch (error) {
          complain(error);
        } finally {
          dispatch({ type: "busy", name, on: false });
        }
      }
    },

    /** @param {string} id */
    accept: (id) => act((meeting) => meeting.acceptFile(id)),

    /** @param {string} id */
    drop: (id) => act((meeting) => meeting.dropFile(id)),

    /** Into the browser's downloads. @param {string} id @param {string} name safe, from the SDK */
    save: (id, name) => act((meeting) => saveAs(name, meeting.fileContent(id))),

    /** @param {{question: string, choices: readonly string[], multiple: boolean, secret: boolean}} poll */
    ask: (poll) => act((meeting) => void meeting.ask(poll)),

    /** @param {string} id @param {readonly number[]} chosen */
    vote: (id, chosen) => act((meeting) => meeting.vote(id, chosen)),

    /** @param {string} id */
    closePoll: (id) => act((meeting) => meeting.closePoll(id)),

    /** All messages, as text. @returns {Promise<boolean>} */
    async copyAll() {
      try {
        await navigator.clipboard.writeText(transcript(state().talk, transcriptHead));
        return true;
      } catch {
        return false;
      }
    },
  };
}
