// An IndexedDB for tests, as much as sdk/keep.js uses: one per device, so that a page can be loaded again in it.

globalThis.IDBOpenDBRequest ??= class IDBOpenDBRequest {};

const soon = (task) => setTimeout(task, 0);

function request(result) {
  const made = { result, error: null, onsuccess: null, onerror: null };
  soon(() => made.onsuccess?.());
  return made;
}

class Store {
  records = new Map();
  get(key) { return request(this.records.has(key) ? structuredClone(this.records.get(key)) : undefined); }
  put(value, key) { return request(void this.records.set(key, structuredClone(value))); }
  clear() { return request(void this.records.clear()); }
  delete(key) { return request(void this.records.delete(key)); }
  openCursor() {
    const keys = [...this.records.keys()];
    const made = { result: null, error: null, onsuccess: null, onerror: null };
    const step = () => soon(() => {
      const key = keys.shift();
      made.result = key === undefined ? null : { value: this.records.get(key), delete: () => this.records.delete(key), continue: step };
      made.onsuccess?.();
    });
    step();
    return made;
  }
}

export class Device {
  stores = new Map();
  open() {
    const database = {
      createObjectStore: (name) => this.stores.set(name, new Store()),
      close() {},
      transaction: () => ({ objectStore: (name) => this.stores.get(name) }),
    };
    const made = Object.assign(new IDBOpenDBRequest(), { result: database, error: null });
    soon(() => {
      if (this.stores.size === 0) made.onupgradeneeded?.();
      made.onsuccess?.();
    });
    return made;
  }

  /** What is on the disk now; `put back` by the function that is returned, as if the page had crashed at this moment. */
  freeze() {
    const then = [...this.stores.values()].map((store) => /** @type {const} */ ([store, new Map(store.records)]));
    return () => then.forEach(([store, records]) => (store.records = new Map(records)));
  }

  /** How many records it holds of whatever kind. */
  get size() { return [...this.stores.values()].reduce((sum, { records }) => sum + records.size, 0); }

  /** Does something as a page on this device. */
  async use(task) {
    const before = globalThis.indexedDB;
    globalThis.indexedDB = this;
    try {
      return await task();
    } finally {
      globalThis.indexedDB = before;
    }
  }
}
