//! How many connections there may be, how long each step of one may take, and how large a request's head may be.

use std::time::Duration;

/// Open files that are left for everything that is no client: listeners, logs, the system's libraries.
const RESERVED_FILES: usize = 64;

/// Bounds of the listeners. Start from [`Limits::default`] and change what you must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections altogether; a WebSocket counts for as long as it lives. Default 10 000.
    pub connections: usize,
    /// Connections of one source: an IPv4 address or an IPv6 /64. Trusted proxies are exempt. Default 256.
    pub per_source: usize,
    /// How many of these may be neither a WebSocket nor TURN; one more takes the place of the oldest. Default 64.
    pub waiting_per_source: usize,
    /// How long a client may take to its first byte, before TLS and again within it. Default 5 s.
    pub first_byte: Duration,
    /// How long a TLS handshake may take. Default 10 s.
    pub handshake: Duration,
    /// How long a request's head may take, and how long a connection may be idle between two. Default 10 s.
    pub head: Duration,
    /// How long a client may take nothing of what is written to it. Default 20 s.
    pub write: Duration,
    /// Bytes of a request's head. Default 16 KiB.
    pub head_bytes: usize,
    /// Header lines of a request. Default 64.
    pub head_lines: usize,
    /// Who polls instead of a WebSocket. Default 8192.
    pub polls: usize,
    /// Of them from one source. Default 128.
    pub polls_per_source: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            per_source: 256,
            waiting_per_source: 64,
            first_byte: Duration::from_secs(5),
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(10),
            write: Duration::from_secs(20),
            head_bytes: 16 * 1024,
            head_lines: 64,
            polls: 8192,
            polls_per_source: 128,
        }
    }
}

/// How the open files of the process are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// For the listeners of this module.
    pub connections: usize,
    /// For TCP connections that the relay accepts by itself.
    pub relay_streams: usize,
}

impl Shares {
    /// Shares out `open_files` (`None`: no limit) of which `taken` belong to others, so that the listeners refuse
    /// before the system does: three quarters here, a quarter for the relay.
    #[must_use]
    pub fn of(open_files: Option<usize>, taken: usize) -> Self {
        let free = open_files.map_or(usize::MAX, |limit| limit.saturating_sub(RESERVED_FILES + taken));
        Self {
            connections: (free / 4 * 3).max(1),
            relay_streams: (free / 4).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_stay_below_the_limit_of_open_files() {
        for (open_files, taken) in [(256, 0), (1024, 0), (1024, 512), (65_536, 0)] {
            let shares = Shares::of(Some(open_files), taken);
            assert!(shares.connections + shares.relay_streams + RESERVED_FILES + taken <= open_files);
        }
        assert!(Shares::of(None, 0).connections > Limits::default().connections);
        assert_eq!(Shares::of(Some(10), 0).connections, 1);
    }
}
