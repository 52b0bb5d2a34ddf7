// One recording: the film (film.js), everybody's sound in one, and the browser's MediaRecorder that makes bytes of both. It records
// whom it is told to show, and nobody while it is told to pause; whether it may is not known here (the SDK's recording.js).

import { createFilm } from "./film.js";

/** The first that the browser makes: what plays everywhere comes before what it makes with the least work. */
const types = Object.freeze([
  "video/mp4;codecs=avc1.42E01F,mp4a.40.2",
  "video/mp4;codecs=avc1.42E01F,opus",
  "video/webm;codecs=vp8,opus",
  "video/webm",
]);
/** Bits a second: some 12 MB a minute. */
const VIDEO_BITS = 1_500_000;
const AUDIO_BITS = 96_000;
/** A piece is handed over after so long, ms; MP4 only at a picture that stands by itself, which browsers make seldom unless they are told. */
const PIECE_MS = 1_000;
const WHOLE_PICTURE_MS = 2_000;

/** @typedef {import("./film.js").Shown} Shown */
/** @typedef {ReturnType<typeof startRecorder>} Recorder */

/** What this browser records, and how a file of it ends; null: it cannot. @returns {{full: string, type: string, ending: string} | null} */
export function recordingType() {
  if (typeof MediaRecorder !== "function" || typeof AudioContext !== "function" || !("captureStream" in HTMLCanvasElement.prototype)) return null;
  const full = types.find((type) => MediaRecorder.isTypeSupported(type));
  if (!full) return null;
  const type = full.split(";")[0] ?? full;
  return { full, type, ending: type === "video/mp4" ? ".mp4" : ".webm" };
}

/**
 * Begins at once, with nobody in it.
 * @param {string} mimeType of `recordingType`
 * @param {{onPiece(piece: Blob): void, onFault(): void}} user `onFault`: the browser gave up
 */
export function startRecorder(mimeType, { onPiece, onFault }) {
  const audio = new AudioContext();
  const mixed = audio.createMediaStreamDestination();
  const film = createFilm(audio);
  /** By track. @type {Map<MediaStreamTrack, MediaStreamAudioSourceNode>} */
  const sounds = new Map();
  const stream = new MediaStream([...film.stream.getVideoTracks(), ...mixed.stream.getAudioTracks()]);
  const bits = { videoBitsPerSecond: VIDEO_BITS, audioBitsPerSecond: AUDIO_BITS };
  // Known by Chromium and not by the types of the language.
  const spacing = { videoKeyFrameIntervalDuration: WHOLE_PICTURE_MS };
  const recorder = new MediaRecorder(stream, { mimeType, ...bits, ...spacing });
  recorder.ondataavailable = ({ data }) => onPiece(data);
  recorder.onerror = () => onFault();
  /** @type {Promise<void>} */
  const stopped = new Promise((resolve) => (recorder.onstop = () => resolve()));
  recorder.start(PIECE_MS);

  /** @param {readonly Shown[]} people */
  function show(people) {
    film.show(people);
    const heard = people.flatMap(({ sound }) => sound ?? []);
    for (const [track, source] of sounds) {
      if (heard.includes(track)) continue;
      source.disconnect();
      sounds.delete(track);
    }
    for (const track of heard) {
      if (sounds.has(track)) continue;
      const source = audio.createMediaStreamSource(new MediaStream([track]));
      source.connect(mixed);
      sounds.set(track, source);
    }
  }

  return {
    /** Who is in it from now on. @param {readonly Shown[]} people */
    show(people) {
      show(people);
      if (recorder.state === "paused") recorder.resume();
    },

    /** Nobody, and no time passes in the file. */
    pause() {
      if (recorder.state === "recording") recorder.pause();
      show([]);
    },

    /** Ends it; resolves after the last piece. */
    async stop() {
      if (recorder.state !== "inactive") recorder.stop();
      show([]);
      await stopped;
      film.close();
      for (const track of mixed.stream.getTracks()) track.stop();
      await audio.close().catch(() => {});
    },
  };
}
