// This person as the others see them: who it is, the name, and what is sent. Kept between two joins.

import { ParlourError } from "./errors.js";
import { tidyName } from "./roster.js";

/** @typedef {import("./types.js").Me} Me */
/** To whom it is told. @typedef {Pick<import("./mesh.js").Mesh, "setTrack" | "tellAll">} OwnMesh */

export class Own {
  #mesh;
  #onChange;
  /** @type {Readonly<Me>} */ #me = { id: "", name: "", audio: false, video: false, screen: false, host: false };
  /** What was given, by `begin` or since. @type {MediaStreamTrack | null} */ #microphone = null;
  /** @type {MediaStreamTrack | null} */ #camera = null;
  /** @type {MediaStreamTrack | null} */ #screen = null;

  /** @param {() => OwnMesh | undefined} mesh while there is one @param {() => void} onChange */
  constructor(mesh, onChange) {
    this.#mesh = mesh;
    this.#onChange = onChange;
  }

  /** Another object after each change. */
  get me() { return this.#me; }

  /** What is sent: one picture at a time (docs/decisions/0007-the-screen-in-the-cameras-place.md). @returns {import("./connection.js").Tracks} */
  get tracks() { return { audio: this.#microphone, video: this.#screen ?? this.#camera }; }

  /** What was found out about this person. @param {Partial<Pick<Me, "id" | "host">>} found */
  find(found) {
    this.#me = { ...this.#me, ...found };
  }

  /** A join, with these. @param {string} name @param {import("./connection.js").Tracks} tracks of their kinds */
  begin(name, { audio, video }) {
    this.#microphone = audio;
    this.#camera = video;
    this.#screen = null;
    this.#me = { ...this.#me, name: tidyName(name), audio: audio !== null, video: video !== null, screen: false };
  }

  /** @param {MediaStreamTrack | null} track @throws {ParlourError} `media-kind` */
  setAudio(track) {
    checkKind("audio", track);
    this.#microphone = track;
    this.#me = { ...this.#me, audio: track !== null };
    this.#mesh()?.setTrack("audio", track);
    this.#onChange();
  }

  /** @param {MediaStreamTrack | null} track @throws {ParlourError} `media-kind` */
  setVideo(track) {
    checkKind("video", track);
    this.#camera = track;
    this.#sendPicture();
  }

  /** @param {MediaStreamTrack | null} track of kind video; null: the camera again */
  setScreen(track) {
    if (track && !track.contentHint) track.contentHint = "detail";
    this.#screen = track;
    this.#sendPicture();
  }

  /** @param {string} name */
  setName(name) {
    this.#me = { ...this.#me, name: tidyName(name) };
    this.#mesh()?.tellAll();
    this.#onChange();
  }

  #sendPicture() {
    const { video } = this.tracks;
    this.#me = { ...this.#me, video: video !== null, screen: this.#screen !== null };
    this.#mesh()?.setTrack("video", video);
    this.#onChange();
  }
}

/** @param {import("./connection.js").Kind} kind @param {MediaStreamTrack | null} track @throws {ParlourError} `media-kind` */
export function checkKind(kind, track) {
  if (track && track.kind !== kind) throw new ParlourError("media-kind");
}
