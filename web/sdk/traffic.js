// What a connection has sent and what that cost, read from its statistics: what budget.js and effort.js judge by.

import { selectedPair } from "./route.js";

/**
 * Counters since the connection began, all but the last four.
 * @typedef {{
 *   sentBytes: number, encodedFrames: number, encodeMs: number, decodedFrames: number, droppedFrames: number,
 *   availableBps: number | null, lossPercent: number | null, rttMs: number | null, isCpuLimited: boolean,
 * }} Traffic `sentBytes`: of media, RTP headers included. `availableBps`: what the browser's congestion control takes the path for, null
 *   where it does not say (Firefox). `lossPercent`, `rttMs`: the worst that the other side reports of our streams.
 *   `isCpuLimited`: the browser itself sends less than it was asked to, because the device has no more time
 */

/** @param {Iterable<[string, any]>} report an RTCStatsReport @returns {Traffic} */
export function readTraffic(report) {
  const stats = new Map(report);
  const available = selectedPair(stats)?.availableOutgoingBitrate;
  /** @type {Traffic} */
  const traffic = {
    sentBytes: 0, encodedFrames: 0, encodeMs: 0, decodedFrames: 0, droppedFrames: 0,
    availableBps: typeof available === "number" ? available : null, lossPercent: null, rttMs: null, isCpuLimited: false,
  };
  for (const stat of stats.values()) {
    if (stat.type === "outbound-rtp") {
      traffic.sentBytes += (stat.bytesSent ?? 0) + (stat.headerBytesSent ?? 0);
      traffic.encodedFrames += stat.framesEncoded ?? 0;
      traffic.encodeMs += 1000 * (stat.totalEncodeTime ?? 0);
      traffic.isCpuLimited ||= stat.qualityLimitationReason === "cpu";
    } else if (stat.type === "inbound-rtp") {
      traffic.decodedFrames += stat.framesDecoded ?? 0;
      traffic.droppedFrames += stat.framesDropped ?? 0;
    } else if (stat.type === "remote-inbound-rtp") {
      if (typeof stat.fractionLost === "number") traffic.lossPercent = Math.max(traffic.lossPercent ?? 0, 100 * stat.fractionLost);
      if (typeof stat.roundTripTime === "number") traffic.rttMs = Math.max(traffic.rttMs ?? 0, 1000 * stat.roundTripTime);
    }
  }
  return traffic;
}
