// What a page keeps on this device so that a reload is the same person and a host stays host (seal.md 1.6, 3).
//
// IndexedDB holds keys (the person's private half non-extractable) under a random tab id that lives in sessionStorage;
// where the browser refuses either, everything stays in memory and `durable` is false. Nothing of it leaves the page.

const DATABASE = "parlour";
const VERSION = 1;
/** A person's record is forgotten so long after its last use, ms (seal.md 3). */
const PERSON_MS = 24 * 3600 * 1000;
const TAB_ITEM = "parlour-tab";
/** How long a page that is unloading may hold its tab's lock before this page takes itself for a copy of it, ms. */
const LOCK_MS = 400;

/** @typedef {import("./protocol.js").SignedState} SignedState */

/** A link as it is kept: R, and what the server has of it. @typedef {{R: Uint8Array<ArrayBuffer>, box: Uint8Array<ArrayBuffer>, sig: Uint8Array<ArrayBuffer>}} KeptLink */

/**
 * Who this tab is in a room, and what it knows of the room; `states` and `links` give it back to a server that forgot it.
 * `guesses`: wrong passwords that were counted. `ticks`: people who were heard reading the code, and under which name;
 * `admitted`: whom a host let in; `pages`: pids that this person's pages had. `pin`: host_pk of a
 * named room, once its host or a member was met, else empty. `keys`: content keys, in standard mode;
 * `begun`: files that it began to leave with the room.
 * @typedef {{spk: {privateKey: CryptoKey, publicKey: Uint8Array<ArrayBuffer>}, states: SignedState[], links: KeptLink[],
 *   password: import("./seal/types.js").Password | null, guesses: import("./seal/guesses.js").GuessState | null,
 *   ticks: [spk: string, name: string][], admitted: [spk: string, admission: import("./giving.js").Admission][],
 *   pages: string[], pin: string, keys?: import("./seal/keyring.js").KeptKeys, begun?: import("./storing.js").Lying[]}} KeptPerson
 */

/**
 * What makes this device host of a room. `page` is its id in clocks, `issued` what it signed last, `pw` the highest
 * number of a password ever; `keeps`: the room is to stay when everybody has left; `met` and `removed`: people and when they were last met, or removed, in ms since 1970.
 * @typedef {{seed: Uint8Array<ArrayBuffer>, page: string, until: number, issued: SignedState[], pw: number, keeps?: boolean,
 *   met: [spk: string, at: number][], removed: [spk: string, at: number][], invitations: import("./inviting.js").Row[]}} KeptHost
 */

/** @typedef {"people" | "hosts"} StoreName */

/** @type {readonly StoreName[]} */
const STORES = ["people", "hosts"];

/** Claimed once, as its lock is held until the page ends. @type {Promise<string> | null} */
let tabOfThisPage = null;

export class Keep {
  /** @type {IDBDatabase | null} */
  #database;
  /** Something could not be stored. */ #refused = false;
  /** Without a database. @type {Map<string, unknown>} */
  #memory = new Map();
  /** @type {Promise<unknown>} */ #turn = Promise.resolve();

  /** @param {IDBDatabase | null} database @param {string} tab */
  constructor(database, tab) {
    this.#database = database;
    /** @readonly The id of this tab. */
    this.tab = tab;
  }

  /** Opens it; never fails. @returns {Promise<Keep>} */
  static async open() {
    const keep = new Keep(await openDatabase(), await (tabOfThisPage ??= claimTab()));
    await keep.#sweep();
    return keep;
  }

  /** Whether what is kept outlives a reload. */
  get durable() { return this.#database !== null && !this.#refused; }

  /** Whether `alone` keeps other tabs out, so that one id in clocks will do for all of them. */
  get exclusive() { return this.durable && Boolean(globalThis.navigator?.locks); }

  /**
   * Does something while no other tab of this origin does anything under the same name.
   * @template T
   * @param {string} name @param {() => Promise<T>} task @returns {Promise<T>}
   */
  async alone(name, task) {
    const turn = this.#turn.then(() => (this.exclusive ? navigator.locks.request(`parlour ${name}`, task) : task()));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** The room that a link opens, if this tab was in it. @param {string} roomId base64url @returns {Promise<string | null>} */
  async roomOf(roomId) {
    const record = /** @type {{room: string, used: number} | undefined} */ (await this.#get("people", this.#key(`link ${roomId}`)));
    return record && record.used > Date.now() - PERSON_MS ? record.room : null;
  }

  /** @param {string} roomId base64url @param {string} room */
  putLink(roomId, room) {
    return this.#put("people", this.#key(`link ${roomId}`), { room, used: Date.now() });
  }

  /** @param {string} roomId base64url */
  dropLink(roomId) {
    return this.#drop("people", this.#key(`link ${roomId}`));
  }

  /** @param {string} room as Knowledge names it @param {string} [tab] another tab of this device @returns {Promise<KeptPerson | null>} */
  async person(room, tab = this.tab) {
    const record = /** @type {(KeptPerson & {used: number}) | undefined} */ (await this.#get("people", `${tab} ${room}`));
    return record && record.used > Date.now() - PERSON_MS ? record : null;
  }

  /** @param {string} room @param {KeptPerson} person */
  putPerson(room, person) {
    return this.#put("people", this.#key(room), { ...person, used: Date.now() });
  }

  /** On leave, or when this tab has taken the place of another one. @param {string} room @param {string} [tab] */
  dropPerson(room, tab = this.tab) {
    return this.#drop("people", `${tab} ${room}`);
  }

  /** @param {string} room @returns {Promise<KeptHost | null>} */
  async host(room) {
    return /** @type {KeptHost | undefined} */ (await this.#get("hosts", room)) ?? null;
  }

  /** @param {string} room @param {KeptHost} host */
  putHost(room, host) {
    return this.#put("hosts", room, host);
  }

  /** At the end of the room. @param {string} room */
  dropHost(room) {
    return this.#drop("hosts", room);
  }

  /** @param {string} room */
  #key(room) {
    return `${this.tab} ${room}`;
  }

  /** Forgets people of yesterday and rooms whose rules ran out. */
  async #sweep() {
    const now = Date.now();
    await this.#each("people", (record) => /** @type {{used: number}} */ (record).used < now - PERSON_MS);
    await this.#each("hosts", (record) => /** @type {KeptHost} */ (record).until * 1000 < now - 3_600_000);
  }

  /** @param {StoreName} store @param {string} key @returns {Promise<unknown>} */
  async #get(store, key) {
    const held = this.#memory.get(`${store} ${key}`);
    if (held !== undefined || !this.#database) return held;
    try {
      return await done(this.#database.transaction(store).objectStore(store).get(key));
    } catch {
      return undefined;
    }
  }

  /** @param {StoreName} store @param {string} key @param {unknown} value */
  async #put(store, key, value) {
    try {
      if (!this.#database) throw new Error("no database");
      await done(this.#database.transaction(store, "readwrite").objectStore(store).put(value, key));
    } catch {
      // Full, private mode, or a key type that this browser cannot clone: for this page life memory must do.
      this.#refused = true;
      this.#memory.set(`${store} ${key}`, value);
    }
  }

  /** @param {StoreName} store @param {string} key */
  async #drop(store, key) {
    this.#memory.delete(`${store} ${key}`);
    try {
      if (this.#database) await done(this.#database.transaction(store, "readwrite").objectStore(store).delete(key));
    } catch {
      // What cannot be deleted now is swept after its time.
    }
  }

  /** @param {StoreName} store @param {(record: unknown) => boolean} isStale */
  async #each(store, isStale) {
    if (!this.#database) return;
    try {
      const records = this.#database.transaction(store, "readwrite").objectStore(store);
      const request = records.openCursor();
      await new Promise((resolve, reject) => {
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const cursor = request.result;
          if (!cursor) return resolve(undefined);
          if (isStale(cursor.value)) cursor.delete();
          cursor.continue();
        };
      });
    } catch {
      // Sweeping is tidiness; joining must not fail for it.
    }
  }
}

/**
 * Deletes all that this origin keeps on this device of any room: who one was, and that it is host. Pages that are in a meeting go
 * on, and keep again what they change.
 * @returns {Promise<boolean>} false: the browser did not let us; where it keeps nothing, nothing is left
 */
export async function forgetDevice() {
  try {
    sessionStorage.removeItem(TAB_ITEM);
  } catch {
    // Nothing was kept there.
  }
  const database = await openDatabase();
  if (!database) return true;
  try {
    for (const store of STORES) await done(database.transaction(store, "readwrite").objectStore(store).clear());
    return true;
  } catch {
    return false;
  } finally {
    database.close();
  }
}

/** @returns {Promise<IDBDatabase | null>} */
async function openDatabase() {
  try {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    return await done(request);
  } catch {
    return null;
  }
}

/**
 * The id of this tab: the same after a reload, another one in a duplicated tab, which copies sessionStorage.
 * @returns {Promise<string>}
 */
async function claimTab() {
  let tab = null;
  try {
    tab = sessionStorage.getItem(TAB_ITEM);
  } catch {
    // No storage: a new tab each time.
  }
  if (tab === null || !(await lock(tab))) {
    tab = crypto.randomUUID();
    await lock(tab);
  }
  try {
    sessionStorage.setItem(TAB_ITEM, tab);
  } catch {
    // As above.
  }
  return tab;
}

/**
 * Takes the lock of a tab id until the page ends. Without Web Locks everybody gets it.
 * @param {string} tab @returns {Promise<boolean>}
 */
function lock(tab) {
  const locks = globalThis.navigator?.locks;
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    locks
      .request(`parlour-tab ${tab}`, { signal: AbortSignal.timeout(LOCK_MS) }, () => {
        resolve(true);
        return new Promise(() => {});
      })
      .catch(() => resolve(false));
  });
}

/**
 * @template T
 * @param {IDBRequest<T>} request @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    if (request instanceof IDBOpenDBRequest) request.onblocked = () => reject(new Error("blocked"));
  });
}
