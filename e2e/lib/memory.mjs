/**
 * What a process holds in its memory (Linux, root): the strictest way to ask whether a server was told something.
 */

import { Buffer } from "node:buffer";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const CHUNK = 1 << 20;

/**
 * Looks for byte strings in every readable and writable mapping of a process.
 * @param {number} pid
 * @param {Buffer[]} needles each shorter than 4096 bytes
 * @returns {boolean[]} for each whether it is there
 */
export function memoryHolds(pid, needles) {
  const found = needles.map(() => false);
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const [, from, to] = line.match(/^([0-9a-f]+)-([0-9a-f]+) rw/) ?? [];
      if (from && to) searchMapping(memory, BigInt(`0x${from}`), BigInt(`0x${to}`), needles, found);
    }
  } finally {
    closeSync(memory);
  }
  return found;
}

/**
 * @param {number} memory file descriptor
 * @param {bigint} from
 * @param {bigint} to
 * @param {Buffer[]} needles
 * @param {boolean[]} found set where a needle is found
 */
function searchMapping(memory, from, to, needles, found) {
  const overlap = 4096; // a needle may lie across two chunks
  const buffer = Buffer.alloc(CHUNK + overlap);
  for (let at = from; at < to; at += BigInt(CHUNK)) {
    const length = Number(to - at < BigInt(buffer.length) ? to - at : BigInt(buffer.length));
    let read = 0;
    try {
      read = readSync(memory, buffer, 0, length, at);
    } catch {
      return; // the mapping went away in the meantime
    }
    for (const [index, needle] of needles.entries()) found[index] ||= buffer.subarray(0, read).includes(needle);
  }
}
