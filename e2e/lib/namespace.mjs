/**
 * A network namespace without a way out: loopback, and one address of its own on a cable that ends nowhere.
 *
 * The own address (10.77.0.1) gives browsers host candidates and the relay an address that is not loopback.
 * Names are refused at once (resolv.conf names loopback, where nobody answers), so that nothing a browser wants
 * from the internet waits, let alone arrives. Needs root.
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { Child, isOrphan, mustRun, onExit, PREFIX, run, sleep, sweepDirectories } from "./process.mjs";
import { deadline } from "./patience.mjs";

/** The address that this namespace has besides loopback; not a secure context over http. */
export const OWN_ADDRESS = "10.77.0.1";
/** A name of that address, for certificates; nobody else knows it. */
export const OWN_NAME = "meet.lab.test";

export class Namespace {
  static #made = 0;

  /** Makes one, named for this process. */
  constructor() {
    sweep();
    this.name = `${PREFIX}${process.pid}-${(Namespace.#made += 1)}`;
    const { name } = this;
    mustRun(["ip", "netns", "add", name]);
    this.remove = onExit(() => removeNamespace(name));
    // `ip netns exec` shows the files of this directory to the program in the place of those in /etc.
    mkdirSync(`/etc/netns/${name}`, { recursive: true });
    writeFileSync(`/etc/netns/${name}/resolv.conf`, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
    // With the final dot as well: Chromium looks relays over UDP up by their absolute name.
    writeFileSync(`/etc/netns/${name}/hosts`, `127.0.0.1 localhost\n::1 localhost\n${OWN_ADDRESS} ${OWN_NAME} ${OWN_NAME}.\n`);
    mustRun(["ip", "-n", name, "link", "set", "lo", "up"]);
    // A dummy interface would do, but not every kernel has the module; a veth pair with both ends here is the same.
    mustRun(["ip", "-n", name, "link", "add", "name", "near", "type", "veth", "peer", "name", "far"]);
    // An IPv6 address that appears a second later makes Chromium drop what it is loading (ERR_NETWORK_CHANGED).
    for (const end of ["near", "far"]) mustRun(["ip", "-n", name, "link", "set", end, "addrgenmode", "none"]);
    mustRun(["ip", "-n", name, "addr", "add", `${OWN_ADDRESS}/24`, "dev", "near"]);
    mustRun(["ip", "-n", name, "link", "set", "near", "up"]);
    mustRun(["ip", "-n", name, "link", "set", "far", "up"]);
    // Firefox gathers no candidates where there is no default route.
    mustRun(["ip", "-n", name, "route", "add", "default", "dev", "near"]);
  }

  /**
   * The same command, inside. `ip netns exec` replaces itself by the program, so process id and file descriptors
   * are the program's own.
   * @param {string[]} command
   */
  inside(command) {
    return ["ip", "netns", "exec", this.name, ...command];
  }

  /**
   * Starts a program inside.
   * @param {string[]} command
   * @param {ConstructorParameters<typeof Child>[1]} [options]
   */
  start(command, options) {
    return new Child(this.inside(command), options);
  }

  /**
   * Lets only some of the relay's port 3478 through from now on: everything, no UDP, or neither UDP nor TCP. What is
   * not let through is dropped silently, as firewalls do.
   * @param {"udp" | "tcp" | "tls"} best the best transport that is left
   */
  firewall(best) {
    this.#filter({ udp: [], tcp: ["udp dport 3478 drop"], tls: ["udp dport 3478 drop", "tcp dport 3478 drop"] }[best]);
  }

  /**
   * Loses so many of a hundred UDP packets from now on, each by chance, as a bad radio does. (Kernels without netem have no delay to offer.)
   * @param {number} percent 0: none
   */
  weather(percent) {
    this.#filter(percent === 0 ? [] : [`meta l4proto udp numgen random mod 100 < ${percent} drop`]);
  }

  /**
   * Lets only so much UDP through from now on, all connections together; what is over is lost.
   * @param {number} kilobytes a second; 0: all
   */
  narrow(kilobytes) {
    this.#filter(kilobytes === 0 ? [] : [`meta l4proto udp limit rate over ${kilobytes} kbytes/second burst ${Math.ceil(kilobytes / 4)} kbytes drop`]);
  }

  /** @param {string[]} rules of nftables, for what comes in; in the place of those before */
  #filter(rules) {
    const lines = ["add table inet parlour", "delete table inet parlour", "add table inet parlour"];
    lines.push("add chain inet parlour in { type filter hook input priority 0; }");
    for (const rule of rules) lines.push(`add rule inet parlour in ${rule}`);
    mustRun(this.inside(["nft", lines.join("; ")]));
  }

  /**
   * Waits until somebody listens on a TCP port here.
   * @param {number} port
   * @param {number} timeout milliseconds
   */
  async listening(port, timeout) {
    const isOver = deadline(timeout);
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    // A line of /proc/net/tcp: local address, remote address, state; 0A is LISTEN.
    const pattern = new RegExp(`:${hex} [0-9A-F:]+ 0A `);
    for (;;) {
      const { stdout } = run(this.inside(["cat", "/proc/net/tcp"]));
      if (pattern.test(stdout)) return;
      if (isOver()) throw new Error(`nobody listens on TCP port ${port} after ${timeout} ms`);
      await sleep(50);
    }
  }
}

/** @param {string} name */
function removeNamespace(name) {
  for (const pid of run(["ip", "netns", "pids", name]).stdout.split("\n")) {
    try {
      if (pid) process.kill(Number(pid), "SIGKILL");
    } catch {
      // Ended between the question and the signal.
    }
  }
  run(["ip", "netns", "del", name]);
  rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
}

/** Removes what makers that were killed could not. */
function sweep() {
  for (const line of run(["ip", "netns", "list"]).stdout.split("\n")) {
    const name = line.split(" ")[0] ?? "";
    if (isOrphan(name)) removeNamespace(name);
  }
  sweepDirectories();
}
