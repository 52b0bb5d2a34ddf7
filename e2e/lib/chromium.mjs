/**
 * Chromium in a namespace, driven by the DevTools protocol over inherited pipes (descriptors 3 and 4).
 *
 * No port is opened for control, so nothing of it can appear as a network path of the call.
 */

import { Buffer } from "node:buffer";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Channel } from "./channel.mjs";
import { arrives, strokeOf } from "./input.mjs";
import { Page, SPOT } from "./page.mjs";
import { PRELOAD } from "./preload.mjs";
import { sleep, temporaryDirectory } from "./process.mjs";
import { deadline } from "./patience.mjs";

const PROGRAM = process.env["CHROMIUM"] ?? "chromium";

const FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
  "--no-default-browser-check", "--autoplay-policy=no-user-gesture-required", "--disable-quic",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
  "--disable-extensions", "--disable-domain-reliability", "--metrics-recording-only", "--password-store=basic",
  "--use-mock-keychain", "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding", "--mute-audio", "--hide-scrollbars", "--window-size=1280,800",
  "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,PaintHolding",
  "--no-proxy-server", "--remote-debugging-pipe",
];

/**
 * How camera and microphone answer: `fake` gives a test picture and a tone without asking, `two` has a second camera, `denied`
 * is a person who says no, `absent` is a machine without devices (whose owner says yes).
 * @typedef {"fake" | "two" | "denied" | "absent"} Camera
 */

/** @type {Record<Camera, string[]>} */
const CAMERAS = {
  fake: ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=fps=15"],
  two: ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream=fps=15,device-count=2"],
  denied: ["--use-fake-device-for-media-stream=fps=15", "--deny-permission-prompts"],
  absent: ["--use-fake-ui-for-media-stream"],
};

/**
 * Starts a Chromium of its own for one person.
 * @param {import("./namespace.mjs").Namespace} namespace
 * @param {string} name who sits before it
 * @param {{ camera?: Camera, storage?: "kept" | "refused", trusts?: import("./certificate.mjs").Certificate, full?: boolean }} [options] `refused`:
 *   its owner lets no page keep anything; `trusts`: this certificate, for the page and for TURN over TLS; `full`: its camera gives what is asked for,
 *   and not the small picture of preload.mjs
 */
export async function chromium(namespace, name, { camera = "fake", storage = "kept", trusts, full = false } = {}) {
  const profile = temporaryDirectory("chromium");
  const trust = trusts ? [`--ignore-certificate-errors-spki-list=${trusts.keyHash}`] : [];
  if (storage === "refused") {
    mkdirSync(join(profile.path, "Default"));
    writeFileSync(join(profile.path, "Default", "Preferences"), JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }));
  }
  const child = namespace.start([PROGRAM, ...FLAGS, ...CAMERAS[camera], ...trust, `--user-data-dir=${profile.path}`, "about:blank"], {
    extraPipes: 2,
    env: { HOME: profile.path, XDG_CONFIG_HOME: undefined, XDG_CACHE_HOME: undefined, DBUS_SESSION_BUS_ADDRESS: "disabled:" },
  });
  const output = /** @type {import("node:stream").Writable} */ (child.process.stdio[3]);
  const input = /** @type {import("node:stream").Readable} */ (child.process.stdio[4]);
  const page = new ChromiumPage(name, child, profile, new Channel(output, input, "\0"), full);
  try {
    await page.attach();
  } catch (error) {
    await page.kill();
    throw new Error(`${name}: Chromium did not start: ${error instanceof Error ? error.message : error}\n${child.tail()}`);
  }
  return page;
}

class ChromiumPage extends Page {
  #session = "";
  #target = "";
  #loads = 0;
  /** Requests that are held back. @type {string[] | null} */
  #held = null;

  /**
   * @param {string} name
   * @param {import("./process.mjs").Child} child
   * @param {{ remove: () => void }} profile
   * @param {Channel} channel shared by all tabs of this browser
   * @param {boolean} [full] see chromium
   */
  constructor(name, child, profile, channel, full = false) {
    super(name, "chromium");
    this.full = full;
    this.child = child;
    this.profile = profile;
    this.channel = channel;
    const others = channel.onEvent;
    channel.onEvent = (message) => {
      if (message["sessionId"] === this.#session) this.#event(message["method"], message["params"]);
      else others(message);
    };
  }

  /**
   * Opens a tab beside the first one, so that closing it does not end the browser.
   * @param {string} [target] a tab that is there
   */
  async attach(target) {
    const targetId = target ?? (await this.channel.send("Target.createTarget", { url: "about:blank" }))["targetId"];
    this.#target = targetId;
    const { sessionId } = await this.channel.send("Target.attachToTarget", { targetId, flatten: true });
    this.#session = sessionId;
    await Promise.all([
      this.#send("Page.enable"),
      this.#send("Runtime.enable"),
      this.#send("Network.enable"),
      this.#send("Log.enable"),
      this.#send("Emulation.setFocusEmulationEnabled", { enabled: true }),
      this.#send("Page.addScriptToEvaluateOnNewDocument", { source: `(${PRELOAD})({ full: ${this.full} });` }),
    ]);
  }

  /**
   * @override
   * @param {string} url
   */
  async open(url) {
    await this.#navigate("about:blank"); // otherwise a link that differs in its fragment only would load nothing
    await this.#navigate(url);
  }

  /** @override */
  async close() {
    // Answers only after the page has heard of it, or not at all because it is gone.
    await this.#send("Page.close").catch(() => {});
    const isOver = deadline(5000);
    for (;;) {
      const { targetInfos } = await this.channel.send("Target.getTargets");
      if (!targetInfos.some((/** @type {{ targetId: string }} */ { targetId }) => targetId === this.#target)) return;
      if (isOver()) throw new Error(`${this.name}: the tab does not close`);
      await sleep(50);
    }
  }

  /**
   * @override
   * @param {string} name
   */
  async beside(name) {
    const tab = new ChromiumPage(name, this.child, this.profile, this.channel);
    await tab.attach();
    return tab;
  }

  /**
   * @override
   * @param {string} name
   */
  async duplicate(name) {
    await this.#send("Runtime.evaluate", { expression: "void window.open(location.href)", userGesture: true });
    return this.opened(name);
  }

  /**
   * The window that this page has opened, of whatever kind.
   * @param {string} name who sits before it
   */
  async opened(name) {
    const isOver = deadline(5000);
    for (;;) {
      const { targetInfos } = await this.channel.send("Target.getTargets");
      const made = targetInfos.find((/** @type {{ openerId?: string, attached: boolean }} */ { openerId, attached }) => openerId === this.#target && !attached);
      if (made) {
        const tab = new ChromiumPage(name, this.child, this.profile, this.channel);
        await tab.attach(made["targetId"]);
        return tab;
      }
      if (isOver()) throw new Error(`${this.name}: no second window`);
      await sleep(50);
    }
  }

  /** @override */
  async front() {
    await this.channel.send("Target.activateTarget", { targetId: this.#target });
  }

  /** @override */
  async kill() {
    await this.child.kill();
    this.profile.remove();
  }

  /**
   * @override
   * @param {string} path
   * @param {{ width: number, height: number, dark?: boolean, forced?: boolean }} options
   */
  async screenshot(path, { width, height, dark = false, forced = false }) {
    const mobile = width < 600;
    await this.#send("Emulation.setEmulatedMedia", { features: [
      { name: "prefers-color-scheme", value: dark ? "dark" : "light" }, { name: "forced-colors", value: forced ? "active" : "none" },
    ] });
    await this.#send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile });
    await this.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const { data } = await this.#send("Page.captureScreenshot", path.endsWith(".webp") ? { format: "webp", quality: 72 } : { format: "png" });
    writeFileSync(path, Buffer.from(data, "base64"));
  }

  /**
   * A screen of that size, and a person who wants nothing to move.
   * @param {{ width: number, height: number }} size
   */
  async still({ width, height }) {
    await this.#send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-reduced-motion", value: "reduce" }] });
    await this.#send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: true });
  }

  /** Whether the screen is for fingers. @param {boolean} on */
  async byTouch(on) {
    await this.#send("Emulation.setTouchEmulationEnabled", { enabled: on });
  }

  /**
   * From now on as on a slow phone.
   * @param {{ latencyMs: number, bytesPerSecond: number, cpu: number, cached?: boolean }} how `latencyMs` of each request and answer together; `cpu`: how
   *   many times slower; `cached`: what came before is still there
   */
  async slow({ latencyMs, bytesPerSecond, cpu, cached = false }) {
    await this.#send("Network.setCacheDisabled", { cacheDisabled: !cached });
    await this.#send("Network.emulateNetworkConditions", { offline: false, latency: latencyMs, downloadThroughput: bytesPerSecond, uploadThroughput: bytesPerSecond });
    await this.#send("Emulation.setCPUThrottlingRate", { rate: cpu });
  }

  /**
   * Lets nothing come from an address that ends like this, nor from the browser's cache, where a release's files are for good.
   * @param {string} end
   * @returns {Promise<() => Promise<void>>} lets it come
   */
  async holdBack(end) {
    this.#held = [];
    await this.#send("Network.setCacheDisabled", { cacheDisabled: true });
    await this.#send("Fetch.enable", { patterns: [{ urlPattern: `*${end}` }] });
    return async () => {
      const held = this.#held;
      this.#held = null;
      for (const requestId of held ?? []) await this.#send("Fetch.continueRequest", { requestId });
      await this.#send("Fetch.disable");
      await this.#send("Network.setCacheDisabled", { cacheDisabled: false });
    };
  }

  /**
   * Runs in every page that is opened from now on, before its own scripts.
   * @param {() => void} what
   */
  async runFirst(what) {
    await this.#send("Page.addScriptToEvaluateOnNewDocument", { source: `(${what})();` });
  }

  /**
   * @override
   * @param {string} text
   */
  async type(text) {
    await this.#send("Input.insertText", { text });
  }

  /**
   * Presses a key, as on a keyboard: a letter or digit, or "Tab", "Enter", "Escape", "Space".
   * @param {string} key
   */
  async key(key) {
    const { down, up } = strokeOf(key);
    const { result } = await this.#send("Runtime.evaluate", { expression: "document.documentElement" });
    await arrives(this, (method, params) => this.#send(method, params), "keydown", result.objectId, async () => {
      await this.#send("Input.dispatchKeyEvent", down);
      await this.#send("Input.dispatchKeyEvent", up);
    });
  }

  /**
   * @override
   * @param {string} expression
   */
  async evaluateText(expression) {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true, userGesture: false });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /**
   * @override
   * @param {string} role
   * @param {string} name
   */
  async locate(role, name) {
    const { result } = await this.#send("Runtime.evaluate", { expression: "document" });
    const { nodes } = await this.#send("Accessibility.queryAXTree", { objectId: result.objectId, role, accessibleName: name });
    const node = nodes.find((/** @type {{ ignored: boolean }} */ { ignored }) => !ignored);
    if (!node) return null;
    const { object } = await this.#send("DOM.resolveNode", { backendNodeId: node.backendDOMNodeId });
    return object.objectId;
  }

  /**
   * @override
   * @param {string} element
   */
  async spot(element) {
    const { result } = await this.#send("Runtime.callFunctionOn", { objectId: element, functionDeclaration: SPOT, returnByValue: true });
    return result.value;
  }

  /**
   * @override
   * @param {string} element
   * @param {number} x
   * @param {number} y
   */
  async press(element, x, y) {
    const at = { x, y, button: "left", clickCount: 1 };
    await arrives(this, (method, params) => this.#send(method, params), "click", element, async () => {
      await this.#send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
      await this.#send("Input.dispatchMouseEvent", { type: "mousePressed", ...at });
      await this.#send("Input.dispatchMouseEvent", { type: "mouseReleased", ...at });
    });
  }

  /** @param {string} url */
  async #navigate(url) {
    const before = this.#loads;
    const { errorText } = await this.#send("Page.navigate", { url });
    if (errorText) throw new Error(`${this.name}: cannot open ${url}: ${errorText}`);
    const isOver = deadline(15_000);
    while (this.#loads === before) {
      if (isOver()) throw await this.failure(`${url} did not finish loading within 15 s`);
      await sleep(10);
    }
  }

  /**
   * @param {string} method
   * @param {Record<string, unknown>} [params]
   */
  #send(method, params) {
    return this.channel.send(method, params, { sessionId: this.#session });
  }

  /**
   * @param {string} method
   * @param {Record<string, any>} params
   */
  #event(method, params) {
    switch (method) {
      case "Page.loadEventFired":
        this.#loads += 1;
        break;
      case "Fetch.requestPaused":
        this.#held?.push(params["requestId"]);
        break;
      case "Page.javascriptDialogOpening":
        this.console.push({ level: "dialog", text: `${params["type"]}: ${params["message"]}` });
        this.#send("Page.handleJavaScriptDialog", { accept: true }).catch(() => {});
        break;
      case "Runtime.consoleAPICalled":
        this.console.push({ level: params["type"], text: params["args"].map(plainText).join(" ") });
        break;
      case "Runtime.exceptionThrown": {
        const { text, exception } = params["exceptionDetails"];
        this.console.push({ level: "error", text: exception?.description ?? text });
        break;
      }
      case "Log.entryAdded": {
        const { level, text, url } = params["entry"];
        this.console.push({ level, text: url ? `${text} (${url})` : text });
        break;
      }
      case "Network.requestWillBeSent": {
        const { url, method: verb, postData = "", headers } = params["request"];
        this.requests.push({ url, method: verb, body: postData, headers });
        if (verb === "POST" && url.endsWith("/poll")) this.sent.push(...postData.split("\n").slice(1));
        break;
      }
      case "Network.webSocketCreated":
        this.requests.push({ url: params["url"], method: "GET", body: "", headers: {} });
        break;
      case "Network.webSocketFrameSent":
        this.sent.push(params["response"].payloadData);
        break;
      default:
        break; // Chromium tells much more than a test wants to know.
    }
  }
}

/** @param {{ value?: unknown, description?: string }} argument */
function plainText({ value, description }) {
  return typeof value === "string" ? value : description ?? JSON.stringify(value);
}
