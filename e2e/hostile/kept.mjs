/** What a page's device keeps of its rooms (web/sdk/keep.js), as a thief of the device would read it. */

/**
 * @param {import("../lib/page.mjs").Page} page
 * @param {"people" | "hosts"} store
 * @returns {Promise<any[]>} its records, keys that nobody can take out of a browser as empty objects
 */
export function keptBy(page, store) {
  return page.evaluate((name) => new Promise((resolve, reject) => {
    const asking = indexedDB.open("parlour");
    asking.onerror = () => reject(asking.error);
    asking.onsuccess = () => {
      const all = asking.result.transaction(name).objectStore(name).getAll();
      all.onsuccess = () => (asking.result.close(), resolve(all.result));
    };
  }), store);
}
