// QR codes (ISO/IEC 18004) for links: bytes, error correction level M, versions 1 to 10, which is 213 bytes. Pure arithmetic.
//
// Written here since the page carries nobody else's code; a stranger's encoder gives the same modules (test/app-qr.test.js).

/** Codewords of error correction per block, and blocks, at level M for versions from 1 (table 9). */
const CORRECTION = Object.freeze([10, 16, 26, 18, 24, 16, 18, 22, 22, 26]);
const BLOCKS = Object.freeze([1, 1, 1, 2, 2, 4, 4, 4, 5, 5]);

/** Bits of the level in the format (table 12). */
const LEVEL_M = 0;

/** §7.8.2, by column x and row y. */
const masks = Object.freeze([
  (/** @type {number} */ x, /** @type {number} */ y) => (x + y) % 2 === 0,
  (/** @type {number} */ _x, /** @type {number} */ y) => y % 2 === 0,
  (/** @type {number} */ x) => x % 3 === 0,
  (/** @type {number} */ x, /** @type {number} */ y) => (x + y) % 3 === 0,
  (/** @type {number} */ x, /** @type {number} */ y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (/** @type {number} */ x, /** @type {number} */ y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (/** @type {number} */ x, /** @type {number} */ y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (/** @type {number} */ x, /** @type {number} */ y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]);

/** Rows of modules, true is dark. @typedef {boolean[][]} Modules */

/**
 * @param {string} text
 * @param {number} [mask] 0 to 7; by default the one that is read best
 * @returns {Modules | null} null: longer than 213 bytes
 */
export function qrOf(text, mask) {
  const bytes = new TextEncoder().encode(text);
  const version = versionFor(bytes.length);
  if (version === 0) return null;
  const bits = withCorrection(codewordsOf(bytes, version), version);
  const candidates = (mask === undefined ? [0, 1, 2, 3, 4, 5, 6, 7] : [mask]).map((one) => draw(bits, version, one));
  return candidates.reduce((best, one) => (penaltyOf(one) < penaltyOf(best) ? one : best));
}

/** @param {number} version @returns {number} codewords that fit in (§7.3, table 1) */
function capacity(version) {
  const aligned = version < 2 ? 0 : Math.floor(version / 7) + 2;
  const modules = (16 * version + 128) * version + 64 - (aligned > 0 ? (25 * aligned - 10) * aligned - 55 : 0) - (version >= 7 ? 36 : 0);
  return Math.floor(modules / 8);
}

/** @param {number} version @returns {number} of them, those for data */
function dataCapacity(version) {
  return capacity(version) - (CORRECTION[version - 1] ?? 0) * (BLOCKS[version - 1] ?? 0);
}

/** @param {number} version @returns {number} bits of the length of byte data (table 3) */
function lengthBits(version) {
  return version < 10 ? 8 : 16;
}

/** @param {number} length bytes @returns {number} the smallest version that holds them; 0: none */
function versionFor(length) {
  return CORRECTION.findIndex((_, index) => 4 + lengthBits(index + 1) + 8 * length <= 8 * dataCapacity(index + 1)) + 1;
}

/** Mode, length, data, terminator, padding (§7.4). @param {Uint8Array} bytes @param {number} version @returns {number[]} */
function codewordsOf(bytes, version) {
  /** @type {number[]} */
  const bits = [];
  const put = (/** @type {number} */ value, /** @type {number} */ count) => {
    for (let bit = count - 1; bit >= 0; bit -= 1) bits.push((value >>> bit) & 1);
  };
  put(0b0100, 4);
  put(bytes.length, lengthBits(version));
  for (const byte of bytes) put(byte, 8);
  const all = 8 * dataCapacity(version);
  put(0, Math.min(4, all - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < all; pad ^= 0xec ^ 0x11) put(pad, 8);
  return Array.from({ length: bits.length / 8 }, (_, index) => bits.slice(8 * index, 8 * index + 8).reduce((byte, bit) => 2 * byte + bit, 0));
}

/** Blocks with their correction, interleaved (§7.5, §7.6). @param {number[]} data @param {number} version @returns {number[]} */
function withCorrection(data, version) {
  const blocks = BLOCKS[version - 1] ?? 1;
  const generator = generatorOf(CORRECTION[version - 1] ?? 0);
  const short = Math.floor(data.length / blocks);
  const long = data.length % blocks;
  let from = 0;
  const parts = Array.from({ length: blocks }, (_, index) => {
    const part = data.slice(from, from + short + (index >= blocks - long ? 1 : 0));
    from += part.length;
    return { part, correction: remainderOf(part, generator) };
  });
  const columns = (/** @type {number[][]} */ rows) => Array.from({ length: Math.max(...rows.map(({ length }) => length)) }, (_, at) => rows.flatMap((row) => row[at] ?? [])).flat();
  return [...columns(parts.map(({ part }) => part)), ...columns(parts.map(({ correction }) => correction))];
}

/** In the field of 256 with x⁸+x⁴+x³+x²+1. @param {number} a @param {number} b @returns {number} */
function times(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) product = (product << 1) ^ (product >>> 7 ? 0x11d : 0) ^ ((b >>> bit) & 1 ? a : 0);
  return product;
}

/** (x−1)(x−2)(x−4)…, without its leading 1. @param {number} degree @returns {number[]} */
function generatorOf(degree) {
  let [terms, root] = [[...Array(degree - 1).fill(0), 1], 1];
  for (let count = 0; count < degree; count += 1) {
    terms = terms.map((term, index) => times(term, root) ^ (terms[index + 1] ?? 0));
    root = times(root, 2);
  }
  return terms;
}

/** @param {number[]} data @param {number[]} generator @returns {number[]} */
function remainderOf(data, generator) {
  let rest = generator.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ (rest[0] ?? 0);
    rest = rest.map((_, index) => (rest[index + 1] ?? 0) ^ times(generator[index] ?? 0, factor));
  }
  return rest;
}

/** @param {number[]} codewords @param {number} version @param {number} mask @returns {Modules} */
function draw(codewords, version, mask) {
  const size = 17 + 4 * version;
  /** @type {(boolean | null)[][]} null: free for data */
  const grid = Array.from({ length: size }, () => Array(size).fill(null));
  const set = (/** @type {number} */ x, /** @type {number} */ y, /** @type {boolean} */ dark) => {
    const row = grid[y];
    if (row && x >= 0 && x < size) row[x] = dark;
  };
  drawPatterns(set, size, version);
  drawFormat(set, size, version, mask);
  const isMasked = masks[mask] ?? (() => false);
  let bit = 0;
  // Two columns at a time from the right, up and down in turn, around the timing column (§7.7.3).
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const y = (right + 1) & 2 ? step : size - 1 - step;
      for (const x of [right, right - 1]) {
        if (grid[y]?.[x] !== null) continue;
        const dark = (((codewords[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1) === 1;
        set(x, y, dark !== isMasked(x, y));
        bit += 1;
      }
    }
  }
  return grid.map((row) => row.map((dark) => dark === true));
}

/** Finders, timing, alignment (§6.3). @param {(x: number, y: number, dark: boolean) => void} set @param {number} size @param {number} version */
function drawPatterns(set, size, version) {
  const ring = (/** @type {number} */ cx, /** @type {number} */ cy, /** @type {number} */ reach, /** @type {readonly number[]} */ light) => {
    for (let dy = -reach; dy <= reach; dy += 1) for (let dx = -reach; dx <= reach; dx += 1) set(cx + dx, cy + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
  };
  for (let at = 0; at < size; at += 1) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  const count = version < 2 ? 0 : Math.floor(version / 7) + 2;
  const step = 2 * Math.floor((4 * version + 2 * count + 1) / (2 * count - 2));
  const centres = Array.from({ length: count }, (_, index) => (index === 0 ? 6 : size - 7 - step * (count - 1 - index)));
  const isFinder = (/** @type {number} */ x, /** @type {number} */ y) => (x === 6 && (y === 6 || y === size - 7)) || (x === size - 7 && y === 6);
  for (const x of centres) for (const y of centres) if (!isFinder(x, y)) ring(x, y, 2, [1]);
  for (const [x, y] of /** @type {const} */ ([[3, 3], [size - 4, 3], [3, size - 4]])) ring(x, y, 4, [2, 4]);
}

/** Level, mask and, from 7, version, each with its BCH code (§7.9, §7.10). @param {(x: number, y: number, dark: boolean) => void} set @param {number} size @param {number} version @param {number} mask */
function drawFormat(set, size, version, mask) {
  const data = (LEVEL_M << 3) | mask;
  const format = ((data << 10) | bch(data, 10, 0x537)) ^ 0x5412;
  for (let bit = 0; bit < 15; bit += 1) {
    const dark = ((format >>> bit) & 1) === 1;
    set(8, bit < 6 ? bit : bit < 8 ? bit + 1 : size - 15 + bit, dark);
    set(bit < 8 ? size - 1 - bit : bit === 8 ? 7 : 14 - bit, 8, dark);
  }
  set(8, size - 8, true);
  if (version < 7) return;
  const code = (version << 12) | bch(version, 12, 0x1f25);
  for (let bit = 0; bit < 18; bit += 1) {
    const dark = ((code >>> bit) & 1) === 1;
    const [along, across] = [Math.floor(bit / 3), size - 11 + (bit % 3)];
    set(across, along, dark);
    set(along, across, dark);
  }
}

/** @param {number} data @param {number} degree @param {number} generator @returns {number} remainder */
function bch(data, degree, generator) {
  let rest = data;
  for (let count = 0; count < degree; count += 1) rest = (rest << 1) ^ ((rest >>> (degree - 1)) & 1 ? generator : 0);
  return rest;
}

/** How hard it is to read (§7.8.3): runs, blocks, what looks like a finder, too much of one colour. @param {Modules} modules @returns {number} */
function penaltyOf(modules) {
  const columns = modules.map((_, x) => modules.map((row) => row[x] === true));
  let points = 0;
  for (const line of [...modules, ...columns]) {
    const text = line.map((dark) => (dark ? "1" : "0")).join("");
    for (const { length } of text.match(/1{5,}|0{5,}/gu) ?? []) points += length - 2;
    points += 40 * [...text.matchAll(/(?=00001011101|10111010000)/gu)].length;
  }
  modules.forEach((row, y) => row.forEach((dark, x) => {
    const below = modules[y + 1];
    if (below && x + 1 < row.length && dark === row[x + 1] && dark === below[x] && dark === below[x + 1]) points += 3;
  }));
  const all = modules.length ** 2;
  const dark = modules.flat().filter(Boolean).length;
  return points + 10 * Math.floor(Math.abs(20 * dark - 10 * all) / all);
}
