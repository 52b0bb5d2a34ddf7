/**
 * The program under test: the release binary, started in a namespace as an operator would start it.
 */

import { fileURLToPath } from "node:url";
import { OWN_ADDRESS } from "./namespace.mjs";

/** Path of the binary; `PARLOUR_BIN` chooses another. */
export const BINARY = process.env["PARLOUR_BIN"] ?? fileURLToPath(new URL("../../target/release/parlour", import.meta.url));

/** A running server. */
export class Server {
  /**
   * @param {import("./process.mjs").Child} child
   * @param {string} origin as browsers know it
   */
  constructor(child, origin) {
    this.child = child;
    this.origin = origin;
  }

  /**
   * Starts it and waits for the line that says where it is.
   * @param {import("./namespace.mjs").Namespace} namespace
   * @param {string[]} [flags] besides those for the ports
   * @param {{ listen?: string, relayListen?: string }} [where]
   */
  static async start(namespace, flags = [], { listen = "127.0.0.1:8080", relayListen = `${OWN_ADDRESS}:3478` } = {}) {
    const child = startProgram(namespace, ["--listen", listen, "--relay-listen", relayListen, ...flags]);
    const [, origin = ""] = await child.line(/open (https?:\/\/[^\s/]+)/, 10_000, "the server did not start");
    return new Server(child, origin);
  }

  /** What it has printed so far, on both outputs. */
  get log() {
    return this.child.lines.join("\n");
  }

  /** Ends it as a service manager would, and insists after ten seconds (it may take five to say good-bye). */
  async stop() {
    await this.child.stop(10_000);
  }

  /** Ends it as a power cut would. */
  async kill() {
    await this.child.kill();
  }
}

/**
 * Starts the binary with these arguments, whatever becomes of it.
 * @param {import("./namespace.mjs").Namespace} namespace
 * @param {string[]} args
 */
export function startProgram(namespace, args) {
  return namespace.start([BINARY, ...args], { env: { RUST_BACKTRACE: undefined, PARLOUR_BIN: undefined } });
}
