//! A reading of everything that is counted: by the machine, by its replicas, by the data plane.

use std::collections::HashMap;

use parlour_relay::dropped::Dropped;
use parlour_relay::flows::Forwarded;

use crate::counters::Counts;
use crate::hub::Hub;

/// Numbers for metrics; no name or address is in them.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Gauge: live allocations.
    pub allocations: usize,
    /// Gauge: seats whose credentials are valid.
    pub seats: usize,
    /// Gauge: open TCP and TLS connections.
    pub streams: usize,
    /// Allocations ever made.
    pub opened: u64,
    /// Requests that were answered with success.
    pub successes: u64,
    /// Requests that were answered with an error after authentication.
    pub rejections: u64,
    /// Errors before authentication: 401, 438 and others.
    pub challenges: u64,
    /// Of them 438: a client inside a running allocation was given a new nonce.
    pub stale_nonces: u64,
    /// Refresh requests that were answered with success, deletions included.
    pub refreshes: u64,
    /// CreatePermission requests that were.
    pub permissions: u64,
    /// ChannelBind requests that were.
    pub channels: u64,
    /// Silent allocations that made room for a new one of their seat.
    pub retired: u64,
    /// Media packets for which a way was found, and their payload.
    pub forwarded: Forwarded,
    /// What the sockets did.
    pub sockets: Counts,
    dropped: HashMap<Dropped, u64>,
}

impl Stats {
    /// How many packets, control or media, were dropped for `reason`.
    #[must_use]
    pub fn dropped(&self, reason: Dropped) -> u64 {
        self.dropped.get(&reason).copied().unwrap_or_default()
    }

    pub(crate) fn read(hub: &Hub) -> Self {
        let mut stats = hub.look(|relay| {
            let relay = relay.stats();
            Self {
                allocations: relay.allocations,
                seats: relay.seats,
                opened: relay.opened,
                successes: relay.successes,
                rejections: relay.rejections,
                challenges: relay.challenges,
                stale_nonces: relay.stale_nonces,
                refreshes: relay.refreshes,
                permissions: relay.permissions,
                channels: relay.channels,
                retired: relay.retired,
                dropped: Dropped::ALL
                    .iter()
                    .map(|&reason| (reason, relay.dropped(reason)))
                    .collect(),
                ..Self::default()
            }
        });
        stats.streams = hub.streams.count();
        for desk in hub.desks() {
            stats.sockets += desk.counters.read();
            let replica = desk.lock();
            let forwarded = replica.flows.forwarded();
            stats.forwarded.packets += forwarded.packets;
            stats.forwarded.bytes += forwarded.bytes;
            for (reason, count) in &mut stats.dropped {
                *count += replica.flows.dropped(*reason);
            }
        }
        stats
    }
}
