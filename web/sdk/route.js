// How a connection travels and how much of it arrives, read from its statistics.

/** @typedef {import("./types.js").Route} Route */
/**
 * What one look at the statistics tells. `bytes` is all that the pair received, media and checks; `counted` packets of media.
 * @typedef {{route: Route | null, bytes: number | null, counted: import("./quality.js").Counted}} Travelled
 */

/**
 * The selected pair's route: relayed if either end is a relay candidate, by the transport that our own end uses to
 * reach the relay if it has one, else by that of the pair.
 *
 * Browsers differ in where they say which pair is selected: Chromium in the transport's `selectedCandidatePairId`,
 * Firefox by `selected` on the pair (lab.md 3.9).
 *
 * @param {Iterable<[string, any]>} report an RTCStatsReport
 * @returns {Travelled}
 */
export function readRoute(report) {
  const stats = new Map(report);
  const pair = selectedPair(stats);
  const counted = countPackets(stats, pair);
  if (!pair) return { route: null, bytes: null, counted };
  const bytes = typeof pair.bytesReceived === "number" ? pair.bytesReceived : null;
  const local = stats.get(pair.localCandidateId);
  const remote = stats.get(pair.remoteCandidateId);
  if (!local || !remote) return { route: null, bytes, counted };
  const own = local.candidateType === "relay";
  const protocol = own ? (local.relayProtocol ?? "udp") : local.protocol;
  return {
    route: {
      relayed: own || remote.candidateType === "relay",
      protocol: protocol === "tcp" || protocol === "tls" ? protocol : "udp",
    },
    bytes,
    counted,
  };
}

/**
 * Media that came, that did not, and the time there and back: of the pair, or where the browser does not say that (Firefox), of
 * what the other side reports of our media.
 * @param {Map<string, any>} stats @param {any} pair
 * @returns {import("./quality.js").Counted}
 */
function countPackets(stats, pair) {
  let [received, lost, seconds] = [0, 0, pair?.currentRoundTripTime];
  for (const stat of stats.values()) {
    if (stat.type === "inbound-rtp") {
      received += stat.packetsReceived ?? 0;
      lost += stat.packetsLost ?? 0;
    } else if (stat.type === "remote-inbound-rtp" && typeof pair?.currentRoundTripTime !== "number" && typeof stat.roundTripTime === "number") {
      seconds = Math.max(seconds ?? 0, stat.roundTripTime);
    }
  }
  return { received, lost, rttMs: typeof seconds === "number" ? 1000 * seconds : null };
}

/** @param {Map<string, any>} stats */
export function selectedPair(stats) {
  for (const stat of stats.values()) {
    if (stat.type === "transport" && stat.selectedCandidatePairId) return stats.get(stat.selectedCandidatePairId);
  }
  for (const stat of stats.values()) if (stat.type === "candidate-pair" && stat.selected) return stat;
  for (const stat of stats.values()) if (stat.type === "candidate-pair" && stat.nominated && stat.state === "succeeded") return stat;
  return undefined;
}
