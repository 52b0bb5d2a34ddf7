// Where a recording goes: into a file that its person chose, piece by piece, where the browser lets a page write one; else into
// memory, up to a bound, until it is saved or thrown away. Nowhere else: no storage of the browser, no server.

/** What is kept in memory at most, bytes: three quarters of an hour. A file on the disk has no such bound. */
export const MEMORY_BYTES = 512 * 1024 * 1024;
/** From then on the person is told. */
export const NEAR_BYTES = 448 * 1024 * 1024;

/** As far as it is used here. @typedef {{write(data: Blob): Promise<void>, close(): Promise<void>}} Writable */
/** @typedef {{name: string, createWritable(): Promise<Writable>, getFile(): Promise<Blob>, remove?(): Promise<void>}} FileHandle */
/** @typedef {(options: {suggestedName: string, types: readonly {accept: Record<string, readonly string[]>}[]}) => Promise<FileHandle>} Picker */

/**
 * A place for one recording. `write` takes a piece; `onNear` and `onFull` are called once: it is nearly full, and it takes no more.
 * `finish` resolves with what is to be saved by its person, or with null where it lies in its file already.
 */
export class RecordFile {
  #handle;
  #user;
  /** @type {Promise<Writable> | null} */ #writable = null;
  /** Pieces are written one after another. */ #turns = Promise.resolve();
  /** @type {Blob[]} */ #pieces = [];
  #isNear = false;
  #isFull = false;
  bytes = 0;

  /**
   * @param {FileHandle | null} handle null: in memory
   * @param {{onNear(): void, onFull(): void}} user
   */
  constructor(handle, user) {
    this.#handle = handle;
    this.#user = user;
  }

  /** Of the file that was chosen, or empty. */
  get name() { return this.#handle?.name ?? ""; }

  /** @param {Blob} piece */
  write(piece) {
    if (this.#isFull || piece.size === 0) return;
    if (this.#handle) {
      const writable = (this.#writable ??= this.#handle.createWritable());
      this.bytes += piece.size;
      this.#turns = this.#turns.then(async () => {
        if (!this.#isFull) await (await writable).write(piece);
      }).catch(() => this.#fill());
    } else if (this.bytes + piece.size > MEMORY_BYTES) this.#fill();
    else {
      this.bytes += piece.size;
      this.#pieces.push(piece);
      if (this.bytes >= NEAR_BYTES && !this.#isNear) {
        this.#isNear = true;
        this.#user.onNear();
      }
    }
  }

  /**
   * After the last piece.
   * @param {string} type
   * @returns {Promise<{blob: Blob | null, isWhole: boolean}>} `isWhole`: nothing went wrong with the file
   */
  async finish(type) {
    if (!this.#handle) return { blob: new Blob(this.#pieces, { type }), isWhole: true };
    await this.#turns;
    try {
      await (await this.#writable)?.close();
      return { blob: null, isWhole: !this.#isFull };
    } catch {
      return { blob: null, isWhole: false };
    }
  }

  /** Nothing was recorded: the file that was made by choosing it goes again if there is nothing in it. */
  async abandon() {
    try {
      if (this.#handle?.remove && (await this.#handle.getFile()).size === 0) await this.#handle.remove();
    } catch {
      // Then an empty file stays where its person wanted one.
    }
  }

  /** The disk is full, or the bound is reached: what is there stays. */
  #fill() {
    if (this.#isFull) return;
    this.#isFull = true;
    this.#user.onFull();
  }
}

/**
 * Asks for a file where the browser can; it wants a click for it.
 * @param {string} suggestedName @param {string} type such as video/webm @param {string} ending such as .webm
 * @returns {Promise<FileHandle | null | "cancelled">} null: this browser cannot, and memory has to do
 */
export async function chooseFile(suggestedName, type, ending) {
  const picker = /** @type {{showSaveFilePicker?: Picker}} */ (/** @type {unknown} */ (globalThis)).showSaveFilePicker;
  if (!picker) return null;
  try {
    return await picker.call(globalThis, { suggestedName, types: [{ accept: { [type]: [ending] } }] });
  } catch (error) {
    // Whoever closed the dialog has thought better of it; where it cannot be shown (a frame, a policy) memory has to do.
    return error instanceof DOMException && error.name === "AbortError" ? "cancelled" : null;
  }
}
