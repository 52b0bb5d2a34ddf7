// The own camera as a stream for the own tile: one MediaStream per track, so that pictures do not flicker.

/**
 * @returns {(track: MediaStreamTrack | null) => MediaStream | null}
 */
export function createOwnPicture() {
  /** @type {MediaStream | null} */
  let stream = null;
  /** @type {MediaStreamTrack | null} */
  let shown = null;
  return (track) => {
    if (track !== shown) {
      shown = track;
      stream = track ? new MediaStream([track]) : null;
    }
    return stream;
  };
}
