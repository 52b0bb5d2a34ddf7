//! Why a packet got neither a reply nor a way onwards. Noise is counted, never answered and never logged.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $label:literal,)*) => {
        /// A reason for silence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Dropped { $($(#[$doc])* $name,)* }

        impl Dropped {
            /// Every reason, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The reason as a metric label: lower case, words joined by `_`.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }
        }
    };
}

reasons! {
    /// Neither STUN nor ChannelData, or lengths that do not add up.
    Malformed = "malformed",
    /// A FINGERPRINT that does not fit (RFC 8489 §7.3).
    WrongFingerprint = "wrong_fingerprint",
    /// A STUN method that this server does not have (RFC 8489 §6.3).
    UnknownMethod = "unknown_method",
    /// A response, or an indication that servers do not act on.
    Unexpected = "unexpected",
    /// A source that nobody can have: port 0, multicast, unspecified.
    ImpossibleSource = "impossible_source",
    /// Too many unauthenticated packets from one /32 or /64.
    SourceLimit = "source_limit",
    /// Too many unauthenticated packets for the whole server.
    ServerLimit = "server_limit",
    /// The reply would be too much larger than the request, and the source is not proved.
    WouldAmplify = "would_amplify",
    /// A seat sends more requests than any client does.
    RequestLimit = "request_limit",
    /// Media from a 5-tuple without an allocation.
    NoAllocation = "no_allocation",
    /// ChannelData on a number that is not bound, or no longer (RFC 8656 §12.6).
    UnboundChannel = "unbound_channel",
    /// A Send indication from an allocation without a permission (RFC 8656 §11.2).
    NoPermission = "no_permission",
    /// To or from an address that is out of reach: anything but the virtual one, or what policy excludes.
    ForeignPeer = "foreign_peer",
    /// No allocation has the peer's number (any more).
    DeadPeer = "dead_peer",
    /// The peer is an allocation of another room.
    OtherRoom = "other_room",
    /// The receiver has neither permission nor channel for the sender (RFC 8656 §11.3).
    NotPermitted = "not_permitted",
    /// A payload that does not fit behind the header it would get.
    TooLarge = "too_large",
    /// The allocation has used up its bandwidth.
    AllocationBandwidth = "allocation_bandwidth",
    /// The room has used up its bandwidth.
    RoomBandwidth = "room_bandwidth",
}

/// One counter per reason. Shared by reference; each data-plane worker has its own.
#[derive(Debug)]
pub(crate) struct Drops([AtomicU64; Dropped::ALL.len()]);

impl Default for Drops {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; Dropped::ALL.len()])
    }
}

impl Drops {
    pub(crate) fn count(&self, reason: Dropped) {
        if let Some(counter) = self.0.get(reason as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn of(&self, reason: Dropped) -> u64 {
        self.0
            .get(reason as usize)
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_apart_and_have_labels_of_their_own() {
        let drops = Drops::default();
        drops.count(Dropped::Malformed);
        drops.count(Dropped::RoomBandwidth);
        drops.count(Dropped::RoomBandwidth);
        assert_eq!(
            (drops.of(Dropped::Malformed), drops.of(Dropped::RoomBandwidth)),
            (1, 2)
        );
        assert_eq!(drops.of(Dropped::DeadPeer), 0);
        let labels: std::collections::HashSet<_> = Dropped::ALL.iter().map(|reason| reason.label()).collect();
        assert_eq!(labels.len(), Dropped::ALL.len());
    }
}
