/**
 * Child processes that never outlive the test: started in their own process group, watched by line, ended by id.
 *
 * Whatever the tests put into the world (processes, network namespaces, directories) registers its removal with
 * `onExit`, and the removals run last in, first out: after success, failure, SIGINT and SIGTERM alike.
 * Only SIGKILL escapes; `namespace.mjs` sweeps up after that.
 */

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deadline } from "./patience.mjs";

/** @type {Set<() => void>} */
const removals = new Set();

process.on("exit", () => {
  for (const remove of [...removals].reverse()) {
    try {
      remove();
    } catch (error) {
      process.stderr.write(`clean-up: ${error}\n`);
    }
  }
});
for (const [signal, status] of /** @type {[NodeJS.Signals, number][]} */ ([["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]])) {
  process.on(signal, () => process.exit(status));
}

/**
 * Runs `remove` (synchronous) when this process ends, unless it has been called through the returned function before.
 * @param {() => void} remove
 * @returns {() => void} removes now, once
 */
export function onExit(remove) {
  removals.add(remove);
  return () => {
    if (removals.delete(remove)) remove();
  };
}

/** What is in the world because of these tests has this prefix and then the id of the process that made it. */
export const PREFIX = "parlour-e2e-";

/**
 * A fresh directory below the system's temporary directory.
 * @param {string} what part of its name
 */
export function temporaryDirectory(what) {
  const path = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-${what}-`));
  const remove = onExit(() => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  return { path, remove };
}

/** Removes the directories of makers that were killed and could not. */
export function sweepDirectories() {
  for (const name of readdirSync(tmpdir())) {
    if (isOrphan(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/**
 * Whether this is a name of ours whose maker no longer runs.
 * @param {string} name
 */
export function isOrphan(name) {
  const maker = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : 0;
  if (!(maker > 0)) return false;
  try {
    process.kill(maker, 0);
    return false;
  } catch {
    return true;
  }
}

/**
 * Runs a command to its end.
 * @param {string[]} command
 * @returns {{ status: number | null, stdout: string, stderr: string }}
 */
export function run(command) {
  const [program = "", ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", timeout: 20_000 });
  if (error) throw new Error(`cannot run ${command.join(" ")}: ${error.message}`);
  return { status, stdout, stderr };
}

/**
 * Runs a command that must succeed.
 * @param {string[]} command
 */
export function mustRun(command) {
  const { status, stdout, stderr } = run(command);
  if (status !== 0) throw new Error(`${command.join(" ")}: exit ${status}: ${stderr.trim()}`);
  return stdout;
}

/** @param {number} ms */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A running program, its output by line, and its end. */
export class Child {
  /** @type {string[]} everything it printed on standard output and standard error, by line */
  lines = [];
  /** @type {string[]} standard error alone */
  errorLines = [];
  /** @type {number | null} exit status; null while it runs or when a signal ended it */
  status = null;
  running = true;

  /**
   * @param {string[]} command
   * @param {{ env?: Record<string, string | undefined>, cwd?: string, extraPipes?: number, carriesData?: boolean }} [options]
   *   `extraPipes`: pipes from file descriptor 3 on; `carriesData`: leave standard output to the caller
   */
  constructor(command, { env = {}, cwd, extraPipes = 0, carriesData = false } = {}) {
    const [program = "", ...args] = command;
    /** @type {"pipe"[]} */
    const pipes = new Array(3 + extraPipes).fill("pipe");
    this.name = command.join(" ");
    this.process = spawn(program, args, { stdio: pipes, detached: true, cwd, env: { ...process.env, ...env } });
    this.process.stdin?.on("error", () => {}); // a program that has ended reads nothing; its end is reported elsewhere
    this.forget = onExit(() => this.#signalGroup("SIGKILL"));
    /** @type {Promise<void>} */
    this.ended = new Promise((resolve) => {
      this.process.on("error", (error) => {
        this.errorLines.push(`${program}: ${error.message}`);
        this.lines.push(`${program}: ${error.message}`);
        this.running = false;
        resolve();
      });
      this.process.on("close", (status) => {
        this.status = status;
        this.running = false;
        resolve();
      });
    });
    this.#collect(this.process.stderr, [this.lines, this.errorLines]);
    if (!carriesData) this.#collect(this.process.stdout, [this.lines]);
  }

  get pid() {
    return this.process.pid ?? 0;
  }

  /**
   * Waits for a line of output that matches.
   * @param {RegExp} pattern
   * @param {number} timeout milliseconds
   * @param {string} what for the message when it does not come
   * @returns {Promise<RegExpMatchArray>}
   */
  async line(pattern, timeout, what) {
    const isOver = deadline(timeout);
    for (;;) {
      for (const line of this.lines) {
        const match = line.match(pattern);
        if (match) return match;
      }
      if (!this.running) throw new Error(`${what}: ended with status ${this.status}, having said:\n${this.tail()}`);
      if (isOver()) throw new Error(`${what}: not within ${timeout} ms; it has said:\n${this.tail()}`);
      await sleep(20);
    }
  }

  /** The last lines of its output. */
  tail(count = 30) {
    return this.lines.slice(-count).map((line) => `  | ${line}`).join("\n");
  }

  /**
   * Asks it to end, and insists after `patience` milliseconds.
   * @param {number} [patience]
   */
  async stop(patience = 3000) {
    this.#signalGroup("SIGTERM");
    await Promise.race([this.ended, sleep(patience)]);
    await this.kill();
  }

  /** Ends it and all of its children at once, without a chance to say good-bye. */
  async kill() {
    this.forget();
    this.#signalGroup("SIGKILL");
    await Promise.race([this.ended, sleep(2000)]);
  }

  /** @param {NodeJS.Signals} signal */
  #signalGroup(signal) {
    if (!this.process.pid) return;
    try {
      process.kill(-this.process.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  /**
   * @param {import("node:stream").Readable | null} stream
   * @param {string[][]} lists
   */
  #collect(stream, lists) {
    let rest = "";
    stream?.setEncoding("utf8");
    stream?.on("data", (/** @type {string} */ text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const list of lists) list.push(...lines);
    });
    stream?.on("end", () => {
      if (rest) for (const list of lists) list.push(rest);
    });
  }
}
