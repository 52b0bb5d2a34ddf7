// The picture of a recording: everybody who may be in it, drawn on one canvas a few times a second, each with their name; a screen
// that somebody shows is large. Who that is, is said by `show`; nothing else is ever drawn.

import { h } from "./dom.js";
import { placeAround, placeTiles } from "./layout.js";
import { initials, nameOf } from "./words.js";

/** Pixels, and pictures a second: a screen can be read, and a small computer has time to talk as well. */
export const SIZE = Object.freeze({ width: 1280, height: 720 });
export const RATE = 15;
const GAP = 8;
const font = "system-ui, sans-serif";

/**
 * Somebody in the picture. `picture`: a camera or screen, or null where there is none to be shown.
 * @typedef {{id: string, name: string, picture: MediaStreamTrack | null, sound: MediaStreamTrack | null, screen: boolean}} Shown
 */

/**
 * @param {AudioContext} audio gives the beat: timers of a hidden page stand nearly still, and the clock of its sound does not
 */
export function createFilm(audio) {
  const canvas = h("canvas", SIZE);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  /** @type {readonly Shown[]} */
  let shown = [];
  /** @type {Map<string, {video: HTMLVideoElement, track: MediaStreamTrack}>} */
  const videos = new Map();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let isOver = false;
  const silent = new GainNode(audio, { gain: 0 });
  silent.connect(audio.destination);

  function draw() {
    const now = performance.now();
    if (isOver || now - drawnAt < 700 / RATE) return;
    drawnAt = now;
    context.fillStyle = "#101512";
    context.fillRect(0, 0, SIZE.width, SIZE.height);
    const places = placesOf(shown.length, shown[0]?.screen === true);
    shown.forEach((one, index) => {
      const place = places[index];
      if (place) drawOne(context, one, videos.get(one.id)?.video ?? null, place);
    });
  }

  function beat() {
    if (isOver) return;
    const source = new ConstantSourceNode(audio);
    source.onended = () => {
      draw();
      beat();
    };
    source.connect(silent);
    source.start();
    source.stop(audio.currentTime + 1 / RATE);
  }

  // Where there is no sound at all, its clock may stand still.
  const timer = setInterval(draw, 1000 / RATE);
  beat();

  return {
    stream: canvas.captureStream(RATE),

    /** From now on these, and at once. @param {readonly Shown[]} people */
    show(people) {
      // A screen comes first, and is large.
      shown = [...people].sort((a, b) => Number(b.screen) - Number(a.screen));
      for (const [id, { video, track }] of videos) {
        if (shown.some((one) => one.id === id && one.picture === track)) continue;
        video.srcObject = null;
        videos.delete(id);
      }
      for (const { id, picture } of shown) {
        if (!picture || videos.has(id)) continue;
        const video = h("video", { playsinline: true });
        video.muted = true;
        video.srcObject = new MediaStream([picture]);
        void video.play().catch(() => {});
        videos.set(id, { video, track: picture });
      }
      drawnAt = Number.NEGATIVE_INFINITY;
      draw();
    },

    close() {
      this.show([]);
      isOver = true;
      clearInterval(timer);
      silent.disconnect();
      for (const track of this.stream.getTracks()) track.stop();
    },
  };
}

/** @param {number} count @param {boolean} isScreen the first one is large @returns {import("./layout.js").Place[]} */
function placesOf(count, isScreen) {
  const { width, height } = SIZE;
  if (!isScreen || count === 1) return placeTiles(count, width, height, GAP);
  const { others, self } = placeAround(count - 1, 0, width, height, GAP, true);
  return self ? [...others, self] : others;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Shown} one
 * @param {HTMLVideoElement | null} video
 * @param {import("./layout.js").Place} place
 */
function drawOne(context, { name, picture }, video, { x, y, width, height }) {
  context.fillStyle = "#26302b";
  context.fillRect(x, y, width, height);
  context.textBaseline = "middle";
  if (picture && video && video.videoWidth > 0) {
    const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
    const [wide, high] = [video.videoWidth * scale, video.videoHeight * scale];
    context.drawImage(video, x + (width - wide) / 2, y + (height - high) / 2, wide, high);
  } else {
    context.fillStyle = "#d9e2dc";
    context.textAlign = "center";
    context.font = `600 ${Math.round(height / 5)}px ${font}`;
    context.fillText(initials(name), x + width / 2, y + height / 2, width);
  }
  const line = 28;
  context.font = `600 15px ${font}`;
  context.textAlign = "left";
  const text = nameOf(name);
  const long = Math.min(context.measureText(text).width + 20, width);
  context.fillStyle = "rgb(0 0 0 / 60%)";
  context.fillRect(x, y + height - line, long, line);
  context.fillStyle = "#ffffff";
  context.fillText(text, x + 10, y + height - line / 2, Math.max(long - 20, 1));
}
