/**
 * Firefox in a namespace, driven by WebDriver BiDi on the port that it prints; no geckodriver.
 *
 * That port is inside the namespace and this process is not: a small child (`carry.mjs`) carries the messages.
 */

import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Channel } from "./channel.mjs";
import { BY_NAME } from "./by_name.mjs";
import { Page, SPOT } from "./page.mjs";
import { PRELOAD } from "./preload.mjs";
import { mustRun, temporaryDirectory } from "./process.mjs";

const PROGRAM = process.env["FIREFOX"] ?? "firefox-esr";

/** @type {Record<string, string | number | boolean>} */
const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  "media.peerconnection.ice.loopback": true,
  // A fake camera does not count as "capturing", and so would not show real addresses as a real one does.
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  // Quiet: no settings service, updates, telemetry, safe browsing, captive portal, first-run pages.
  "services.settings.server": "data:,",
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.aboutwelcome.enabled": false,
  "browser.contentblocking.report.lockwise.enabled": false,
  "browser.newtabpage.activity-stream.feeds.system.topstories": false,
  "browser.newtabpage.enabled": false,
  "browser.region.network.url": "",
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "dom.push.connection.enabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "extensions.update.enabled": false,
  "media.gmp-manager.updateEnabled": false,
  "media.gmp-provider.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.dns.disablePrefetch": true,
  "network.prefetch-next": false,
  "network.trr.mode": 5,
  "toolkit.telemetry.enabled": false,
  "toolkit.telemetry.server": "data:,",
  // Pages in the back must not sleep: several people sit at this machine.
  "dom.min_background_timeout_value": 4,
  "dom.timeout.enable_budget_timer_throttling": false,
};

/** What a person who says no to camera and microphone has instead. */
const DENIED = { "media.navigator.permission.disabled": false, "permissions.default.camera": 2, "permissions.default.microphone": 2 };

/**
 * Starts a Firefox of its own for one person.
 * @param {import("./namespace.mjs").Namespace} namespace
 * @param {string} name who sits before it
 * @param {{ camera?: "fake" | "denied", dark?: boolean, storage?: "kept" | "refused",
 *   trusts?: import("./certificate.mjs").Certificate, screen?: boolean }} [options] `refused`: its owner lets no page keep anything; `trusts`: what
 *   its authority signs, for the page and for TURN over TLS; `screen`: with a screen (Xvfb) that it can show to others: headless it has none
 */
export async function firefox(namespace, name, { camera = "fake", dark = false, storage = "kept", trusts, screen = false } = {}) {
  const directory = temporaryDirectory("firefox");
  const x = screen ? namespace.start(["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]) : null;
  const profile = {
    path: directory.path,
    remove() {
      void x?.kill();
      directory.remove();
    },
  };
  const display = x ? `:${(await x.line(/^(\d+)$/, 10_000, `${name}: Xvfb did not start`))[1]}` : undefined;
  const preferences = {
    ...PREFERENCES,
    ...(camera === "denied" ? DENIED : {}),
    ...(storage === "refused" ? { "network.cookie.cookieBehavior": 2 } : {}),
    "layout.css.prefers-color-scheme.content-override": dark ? 0 : 1,
  };
  const lines = Object.entries(preferences).map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});\n`);
  writeFileSync(join(profile.path, "user.js"), lines.join(""));
  if (trusts) {
    const store = `sql:${profile.path}`;
    mustRun(["certutil", "-N", "-d", store, "--empty-password"]);
    mustRun(["certutil", "-A", "-d", store, "-n", "lab", "-t", "C,,", "-i", trusts.authority]);
  }
  const child = namespace.start(
    [PROGRAM, ...(screen ? [] : ["--headless"]), "--no-remote", "--profile", profile.path, "--remote-debugging-port", "0", "--width", "1280", "--height", "800"],
    { env: { HOME: profile.path, XDG_CONFIG_HOME: undefined, XDG_CACHE_HOME: undefined, DISPLAY: display, DBUS_SESSION_BUS_ADDRESS: "disabled:", MOZ_CRASHREPORTER_DISABLE: "1" } },
  );
  try {
    const [, address] = await child.line(/WebDriver BiDi listening on (ws:\/\/\S+)/, 30_000, `${name}: Firefox did not start`);
    const carrier = namespace.start([process.execPath, "--experimental-websocket", "--no-warnings", fileURLToPath(new URL("carry.mjs", import.meta.url)), `${address}/session`], { carriesData: true });
    const { stdin, stdout } = carrier.process;
    if (!stdin || !stdout) throw new Error("the carrier has no pipes");
    const page = new FirefoxPage(name, child, carrier, profile, new Channel(stdin, stdout, "\n"));
    await page.begin();
    await page.attach();
    return page;
  } catch (error) {
    await child.kill();
    profile.remove();
    throw error;
  }
}

class FirefoxPage extends Page {
  #context = "";

  /**
   * @param {string} name
   * @param {import("./process.mjs").Child} child
   * @param {import("./process.mjs").Child} carrier
   * @param {{ remove: () => void }} profile
   * @param {Channel} channel shared by all tabs of this browser
   */
  constructor(name, child, carrier, profile, channel) {
    super(name, "firefox");
    this.child = child;
    this.carrier = carrier;
    this.profile = profile;
    this.channel = channel;
    const others = channel.onEvent;
    channel.onEvent = (message) => {
      const { context, source } = message["params"];
      if ((context ?? source?.context) === this.#context) this.#event(message["method"], message["params"]);
      else others(message);
    };
  }

  /** Once for a browser. */
  async begin() {
    await this.channel.send("session.new", { capabilities: { alwaysMatch: { unhandledPromptBehavior: { default: "accept" } } } });
    await this.channel.send("script.addPreloadScript", { functionDeclaration: PRELOAD });
  }

  /**
   * Opens a tab beside the first one, so that closing it does not end the browser.
   * @param {string} [known] a tab that is there
   */
  async attach(known) {
    const { channel } = this;
    const context = known ?? (await channel.send("browsingContext.create", { type: "tab" }))["context"];
    this.#context = context;
    await channel.send("session.subscribe", { events: ["log.entryAdded", "network.beforeRequestSent"], contexts: [context] });
  }

  /**
   * @override
   * @param {string} url
   */
  async open(url) {
    await this.#send("browsingContext.navigate", { url: "about:blank", wait: "complete" });
    await this.#send("browsingContext.navigate", { url, wait: "complete" });
  }

  /** @override */
  async close() {
    await this.#send("browsingContext.close", {});
  }

  /**
   * @override
   * @param {string} name
   */
  async beside(name) {
    const tab = new FirefoxPage(name, this.child, this.carrier, this.profile, this.channel);
    await tab.attach();
    return tab;
  }

  /**
   * @override
   * @param {string} name
   */
  async duplicate(name) {
    await this.#send("script.evaluate", { expression: "void window.open(location.href)", awaitPromise: false, userActivation: true }, "target");
    const { contexts } = await this.channel.send("browsingContext.getTree", { maxDepth: 0 });
    const made = contexts.find((/** @type {{ originalOpener?: string }} */ { originalOpener }) => originalOpener === this.#context);
    if (!made) throw new Error(`${this.name}: no second tab`);
    const tab = new FirefoxPage(name, this.child, this.carrier, this.profile, this.channel);
    await tab.attach(made["context"]);
    return tab;
  }

  /** @override */
  async front() {
    await this.#send("browsingContext.activate", {});
  }

  /** @override */
  async kill() {
    await Promise.all([this.child.kill(), this.carrier.kill()]);
    this.profile.remove();
  }

  /**
   * Light or dark is chosen when Firefox starts.
   * @override
   * @param {string} path
   * @param {{ width: number, height: number }} options
   */
  async screenshot(path, { width, height }) {
    await this.#send("browsingContext.setViewport", { viewport: { width, height } });
    await this.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const { data } = await this.#send("browsingContext.captureScreenshot", {});
    writeFileSync(path, Buffer.from(data, "base64"));
  }

  /**
   * @override
   * @param {string} text
   */
  async type(text) {
    const actions = [...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    await this.#send("input.performActions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /**
   * @override
   * @param {string} expression
   */
  async evaluateText(expression) {
    const answer = await this.#send("script.evaluate", { expression, awaitPromise: true }, "target");
    if (answer["type"] === "exception") throw new Error(answer["exceptionDetails"].text);
    return answer["result"].value;
  }

  /**
   * @override
   * @param {string} role
   * @param {string} name
   */
  async locate(role, name) {
    const names = [role, name].map((value) => ({ type: "string", value }));
    const answer = await this.#send("script.callFunction", { functionDeclaration: BY_NAME, arguments: names, awaitPromise: false }, "target");
    if (answer["type"] === "exception") throw new Error(answer["exceptionDetails"].text);
    return answer["result"].sharedId ?? null;
  }

  /**
   * @override
   * @param {string} element
   */
  async spot(element) {
    const functionDeclaration = `function () { return JSON.stringify((${SPOT}).call(this)); }`;
    const answer = await this.#send("script.callFunction", { functionDeclaration, this: { sharedId: element }, awaitPromise: false }, "target");
    if (answer["type"] === "exception") throw new Error(answer["exceptionDetails"].text);
    return JSON.parse(answer["result"].value);
  }

  /**
   * @override
   * @param {string} _element
   * @param {number} x
   * @param {number} y
   */
  async press(_element, x, y) {
    const at = { type: "pointerMove", x: Math.round(x), y: Math.round(y), origin: "viewport" };
    const actions = [at, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }];
    await this.#send("input.performActions", { actions: [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions }] });
  }

  /**
   * Most commands name the context directly, those of `script` as a target.
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @param {"context" | "target"} [how]
   */
  #send(method, params, how = "context") {
    const where = how === "context" ? { context: this.#context } : { target: { context: this.#context } };
    return this.channel.send(method, { ...where, ...params });
  }

  /**
   * @param {string} method
   * @param {Record<string, any>} params
   */
  #event(method, params) {
    if (method === "log.entryAdded") {
      this.console.push({ level: params["level"], text: String(params["text"]) });
    } else if (method === "network.beforeRequestSent") {
      const { url, method: verb, headers } = params["request"];
      const plain = headers.map((/** @type {{ name: string, value: { value?: string } }} */ { name, value }) => [name, value.value ?? ""]);
      this.requests.push({ url, method: verb, body: "", headers: Object.fromEntries(plain) });
    }
  }
}
