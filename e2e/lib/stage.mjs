/**
 * One namespace, the server in it and the browsers around it, made together and removed together.
 */

import { chromium } from "./chromium.mjs";
import { firefox } from "./firefox.mjs";
import { Namespace, OWN_ADDRESS, OWN_NAME } from "./namespace.mjs";
import { Server } from "./server.mjs";

export class Stage {
  /** @type {import("./page.mjs").Page[]} */
  pages = [];
  /** @type {Server[]} */
  #servers = [];
  namespace = new Namespace();

  /**
   * Starts the server.
   * @param {string[]} [flags]
   * @param {Parameters<typeof Server.start>[2]} [where]
   */
  async serve(flags, where) {
    const server = await Server.start(this.namespace, flags, where);
    this.#servers.push(server);
    return server;
  }

  /**
   * Starts the server as one does on the internet: by name, with a certificate, all of its ports on one address.
   * @param {import("./certificate.mjs").Certificate} certificate for `OWN_NAME`
   * @param {string[]} [flags]
   */
  serveTls(certificate, flags = []) {
    const tls = ["--domain", OWN_NAME, "--tls-cert", certificate.certificate, "--tls-key", certificate.key];
    return this.serve([...tls, "--https-listen", `${OWN_ADDRESS}:443`, ...flags], { listen: `${OWN_ADDRESS}:80` });
  }

  /**
   * @param {string} name
   * @param {Parameters<typeof chromium>[2]} [options]
   */
  async chromium(name, options) {
    const page = await chromium(this.namespace, name, options);
    this.pages.push(page);
    return page;
  }

  /**
   * @param {string} name
   * @param {Parameters<typeof firefox>[2]} [options]
   */
  async firefox(name, options) {
    const page = await firefox(this.namespace, name, options);
    this.pages.push(page);
    return page;
  }

  /** Ends browsers and servers and removes the namespace. */
  async clear() {
    await Promise.all(this.pages.map((page) => page.kill()));
    await Promise.all(this.#servers.map((server) => server.kill()));
    this.namespace.remove();
  }
}
