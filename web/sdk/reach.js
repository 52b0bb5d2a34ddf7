// Whether this network lets the relay through, asked before there is a seat: an Allocate with made-up credentials. A relay that hears
// it answers 401 and keeps nothing, and browsers tell the page so (`icecandidateerror`); whatever else happens means that nobody
// answered. What browsers say was measured: docs/decisions/0015-the-relay-asked-beforehand.md.
//
// The connections gather by the relay alone and have no other end: no candidate comes to be, and no description leaves the page.

/** Longest for one way. A browser repeats a question by UDP five times in it, and TCP its first packet twice, ms. */
const WAY_MS = 6000;
/** How long UDP is waited for before the others are asked as well, ms. */
const ALONE_MS = 1500;
/** No seat's: answered like any wrong password. Neither may be empty, or the constructor throws. */
const MADE_UP = Object.freeze({ username: "reach", credential: "reach" });
/** This very machine: no question of networks, and Firefox refuses to ask there. */
const LOOPBACK = /^turns?:(?:localhost|127\.[\d.]+|\[::1\])(?=[:?]|$)/iu;

/** @typedef {{way: "udp" | "tcp" | "tls", server: RTCIceServer}} Way */
/** `unknown`: not asked, not offered, or the browser did not say. @typedef {"ok" | "failed" | "unknown"} Reached */
/** @typedef {Readonly<Record<Way["way"], Reached>>} Reach */

/**
 * Asks the relay by each way until it is clear what a call will take: UDP first, which is what calls prefer, and the others only where
 * it has not answered, so that most people cost the relay no connection. Never throws; takes 8 s at most.
 *
 * @param {readonly string[]} urls `meeting.relay`
 * @returns {Promise<Reach>} of the way by UDP `ok`: the others were not asked
 */
export async function reachRelay(urls) {
  /** @type {Record<Way["way"], Reached>} */
  const found = { udp: "unknown", tcp: "unknown", tls: "unknown" };
  const ways = waysOf([{ urls: urls.filter((url) => !LOOPBACK.test(url)), ...MADE_UP }]);
  const ask = async (/** @type {Way} */ { way, server }) => { found[way] = await answers(server); };
  const udp = ways.find(({ way }) => way === "udp");
  const first = udp ? ask(udp) : Promise.resolve();
  await within(ALONE_MS, false, (settle) => void first.then(() => settle(true)));
  if (found.udp !== "ok") await Promise.all([first, ...ways.filter((way) => way !== udp).map(ask)]);
  return Object.freeze(found);
}

/**
 * One of each kind, as a browser would try them.
 * @param {readonly RTCIceServer[]} servers @returns {readonly Way[]}
 */
export function waysOf(servers) {
  /** @type {Map<Way["way"], Way>} */
  const found = new Map();
  for (const server of servers) {
    for (const url of [server.urls].flat()) {
      const way = /^turns:/iu.test(url) ? "tls" : !/^turn:/iu.test(url) ? null : /[?&]transport=tcp/iu.test(url) ? "tcp" : "udp";
      if (way && !found.has(way)) found.set(way, { way, server: { ...server, urls: url } });
    }
  }
  return [...found.values()];
}

/**
 * @template T
 * @param {number} ms @param {T} late what it comes to after that @param {(settle: (value: T) => void) => void} begin
 * @returns {Promise<T>}
 */
export function within(ms, late, begin) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(late), ms);
    begin((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** @param {RTCIceServer} server with one address @returns {Promise<Reached>} */
async function answers(server) {
  /** @type {RTCPeerConnection | null} */
  let pc = null;
  try {
    const asking = pc = new RTCPeerConnection({ iceServers: [server], iceTransportPolicy: "relay", bundlePolicy: "max-bundle" });
    return await within(WAY_MS, /** @type {Reached} */ ("failed"), (settle) => {
      let isRefused = false;
      // 300 to 699 are codes of STUN, so of somebody who answered, but for 701 (W3C: nobody did). One of several interfaces is enough.
      asking.onicecandidateerror = ({ errorCode }) => errorCode >= 300 && errorCode <= 699 ? settle("ok") : void (isRefused = true);
      asking.onicecandidate = ({ candidate }) => {
        if (candidate?.type === "relay") settle("ok");
        // A browser that gathers nothing and gives no reason: forbidden by its owner, or it keeps its reasons to itself.
        else if (candidate === null) settle(isRefused ? "failed" : "unknown");
      };
      asking.createDataChannel("reach");
      void asking.setLocalDescription().catch(() => settle("unknown"));
    });
  } catch {
    // An address that this browser does not take.
    return "unknown";
  } finally {
    pc?.close();
  }
}
