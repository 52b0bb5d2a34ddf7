// How loud a track is: for the meter before the call and for the light on whoever speaks. Ten readings a second,
// one timer for all tracks, none while the page is hidden and no small window shows who speaks. Nothing is played here, only measured.

const readingsPerSecond = 10;
/** What is looked at, samples: more than come between two readings (0.17 s at 48 kHz), in blocks of 20 ms, so that no short sound falls between. */
const windowSize = 8192;
const blockSize = 1024;
const quietest = -58;
const loudest = -18;
const speakingFrom = 0.3;
const speakingHoldMs = 700;

/** @type {AudioContext | null} */
let context = null;
/** @type {Set<() => void>} */
const readers = new Set();
let timer = 0;

/**
 * Measures a track until the returned function is called.
 * @param {MediaStreamTrack} track of kind audio
 * @param {(level: number, speaking: boolean) => void} tell level from 0 to 1
 * @returns {() => void}
 */
export function watchLevel(track, tell) {
  const audio = audioContext();
  if (!audio) return () => {};
  const source = audio.createMediaStreamSource(new MediaStream([track]));
  const analyser = new AnalyserNode(audio, { fftSize: windowSize });
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let spokeAt = -Infinity;

  function read() {
    analyser.getFloatTimeDomainData(samples);
    const level = track.enabled && !track.muted ? loudestOf(samples) : 0;
    const now = performance.now();
    if (level >= speakingFrom) spokeAt = now;
    tell(level, now - spokeAt < speakingHoldMs);
  }

  readers.add(read);
  timer ||= window.setInterval(readAll, 1000 / readingsPerSecond);
  return () => {
    readers.delete(read);
    source.disconnect();
    if (readers.size > 0) return;
    clearInterval(timer);
    timer = 0;
  };
}

/** The loudest block of these samples. @param {Float32Array} samples @returns {number} from 0 to 1 */
export function loudestOf(samples) {
  let most = 0;
  for (let at = 0; at < samples.length; at += blockSize) most = Math.max(most, levelOf(samples.subarray(at, at + blockSize)));
  return most;
}

/**
 * The loudness of samples on a scale from 0 (quiet room) to 1 (a voice close by), even steps in decibels.
 * @param {Float32Array} samples from -1 to 1
 * @returns {number}
 */
export function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / Math.max(samples.length, 1) + 1e-12);
  return Math.min(Math.max((decibels - quietest) / (loudest - quietest), 0), 1);
}

function readAll() {
  if (!isSeen()) return;
  for (const read of readers) read();
}

/** The page, or the small window over other programs. */
function isSeen() {
  return !document.hidden || Boolean(/** @type {any} */ (window).documentPictureInPicture?.window ?? document.pictureInPictureElement);
}

/** Browsers start a context asleep until a click or key; the next one wakes it. @returns {AudioContext | null} */
function audioContext() {
  if (!context && typeof AudioContext === "function") {
    context = new AudioContext({ latencyHint: "playback" });
    const wake = () => void context?.resume();
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, wake, { passive: true });
    wake();
  }
  return context;
}
