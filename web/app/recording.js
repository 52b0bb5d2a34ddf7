// What a recording is for the page: the question, this person's answer, and on the device that records the file. Whether it may go
// on, and with whom, the SDK says at each change; what is not in its list is not shown to the recorder.

import { RecordFile, chooseFile } from "./record_file.js";
import { recordingType, startRecorder } from "./recorder.js";
import { saveAs } from "./save.js";
import { isOn } from "./state.js";
import { t } from "./language.js";
import { overSentence } from "./words_recording.js";

/** @typedef {import("../sdk/parlour.js").Meeting} Meeting */
/** @typedef {import("./film.js").Shown} Shown */

/**
 * The file on this device. `waits`: what was recorded lies in this page only, until it is saved or thrown away.
 * @typedef {"none" | "running" | "waits"} Tape
 */

/** @typedef {ReturnType<typeof createRecording>} Recording */

/**
 * @param {import("./store.js").Store} store
 * @param {() => Meeting | null} room the meeting this page is in
 * @param {() => MediaStreamTrack | null} ownScreen what this person shows
 * @param {{complain(error: unknown): void, say(problem: {code: string, text: string}): void}} user
 */
export function createRecording({ state, dispatch }, room, ownScreen, { complain, say }) {
  const kind = recordingType();
  /** @type {RecordFile | null} */
  let file = null;
  /** @type {import("./recorder.js").Recorder | null} */
  let recorder = null;
  /** What waits to be saved. @type {Blob | null} */
  let waiting = null;

  // The browser asks whether its person means it: with the page the file is gone.
  addEventListener("beforeunload", (event) => {
    if (state().tape !== "none") event.preventDefault();
  });

  /** @param {(meeting: Meeting) => void} task */
  function act(task) {
    const meeting = room();
    try {
      if (meeting) task(meeting);
    } catch (error) {
      complain(error);
    }
  }

  /** @param {Tape} tape */
  function tell(tape) {
    if (state().tape !== tape) dispatch({ type: "tape", tape });
  }

  /** @param {"near" | "full" | "failed" | "saved" | "broken"} what @param {string} [name] of the file */
  function note(what, name = "") {
    say({ code: `record-${what}`, text: t(`record.${what}`, { file: name }) });
  }

  /** @param {RecordFile} made */
  function begin(made) {
    if (!kind) return;
    try {
      recorder = startRecorder(kind.full, {
        onPiece: (piece) => made.write(piece),
        onFault: () => {
          note("failed");
          stop();
        },
      });
      tell("running");
    } catch {
      note("failed");
      stop();
    }
  }

  function stop() {
    act((meeting) => meeting.stopRecording());
  }

  /** Over, however it came: the file is closed, or offered. */
  async function end() {
    const [made, ended] = [file, recorder];
    file = recorder = null;
    if (!made || !kind) return;
    if (!ended) return made.abandon();
    await ended.stop();
    const { blob, isWhole } = await made.finish(kind.type);
    if (blob === null) note(isWhole ? "saved" : "broken", made.name);
    waiting = blob;
    tell(blob ? "waits" : "none");
  }

  /** Who may be in the file now, this person first. @param {Meeting} meeting @returns {Shown[]} */
  function shown({ people, recording, me }) {
    const { microphone, camera, name } = state();
    const own = ownScreen();
    return [
      { id: me.id, name, picture: own ?? (isOn(camera) ? camera.track : null), sound: isOn(microphone) ? microphone.track : null, screen: own !== null },
      ...people.filter(({ id }) => recording?.people.includes(id)).map(({ id, name: called, stream, video, audio, paused, screen }) => ({
        id, name: called, picture: video && paused === "" ? stream.getVideoTracks()[0] ?? null : null, sound: audio ? stream.getAudioTracks()[0] ?? null : null, screen,
      })),
    ];
  }

  return {
    /** Whether this browser can record. */
    able: kind !== null,

    /** From the dialog: a file if the browser can, and then everybody is asked. */
    async ask() {
      if (!kind || file || state().tape !== "none") return;
      const meeting = room();
      const handle = await chooseFile(`${t("record.name")}${kind.ending}`, kind.type, kind.ending);
      if (handle === "cancelled") return;
      dispatch({ type: "dialog", dialog: null });
      // Choosing takes a while, and the meeting may be another one by then.
      if (!meeting || meeting !== room() || file) return void new RecordFile(handle, { onNear() {}, onFull() {} }).abandon();
      file = new RecordFile(handle, {
        onNear: () => note("near"),
        onFull: () => {
          note("full");
          stop();
        },
      });
      act((meeting) => meeting.askToRecord());
      // It may not have come to a question.
      if (meeting.recording?.own !== true) await end();
    },

    /** @param {boolean} yes */
    answer: (yes) => act((meeting) => meeting.answerRecording(yes)),

    stop,

    /** What the meeting says of it now; also when it is over. @param {Meeting} meeting */
    follow(meeting) {
      const { recording } = meeting;
      if (!file) return;
      if (recording?.own !== true) return void end();
      if (recording.state === "on" && !recorder) begin(file);
      if (recording.state === "on") recorder?.show(shown(meeting));
      else recorder?.pause();
    },

    /** This page is in that meeting no more. */
    close: () => void end(),

    /** @param {{own: boolean, began: boolean, why: string, name: string}} over */
    over(over) {
      const text = overSentence(over);
      if (text !== "") say({ code: "record-over", text });
    },

    /** Into the browser's downloads. */
    save() {
      if (waiting && kind) saveAs(`${t("record.name")}${kind.ending}`, waiting);
      waiting = null;
      tell("none");
    },

    discard() {
      waiting = null;
      tell("none");
    },
  };
}
