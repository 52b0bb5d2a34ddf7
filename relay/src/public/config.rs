//! What an operator may choose about the public relay.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

/// Settings of a public relay. At least one of the two external addresses must be there, or nobody gets an
/// allocation.
#[derive(Clone, Debug)]
pub struct Config {
    /// What it has in common with the closed relay: realm, limits for strangers, lifetimes, quarantine, budgets.
    /// `bits_per_room` and `burst_per_room` bound all of the public relay together, `requests_per_seat` and
    /// `quarantined_per_seat` a user; fields about rooms and the virtual address mean nothing here.
    pub base: crate::Config,
    /// The IPv4 address under which relayed ports are reached from outside.
    pub external_ipv4: Option<Ipv4Addr>,
    /// The same for IPv6; given only to clients that ask for IPv6, unless there is no IPv4.
    pub external_ipv6: Option<Ipv6Addr>,
    /// Ports of relayed addresses; the firewall has to let UDP in on them.
    pub ports: RangeInclusive<u16>,
    /// Allocations of one user: the name behind the expiry, or else the whole user name. Beyond: 486.
    pub allocations_per_user: usize,
    /// Allocations of one application, which is a name in the file of secrets. Beyond: 486.
    pub allocations_per_application: usize,
    /// Allocations altogether; each is a socket. Beyond: 508.
    pub allocations_per_server: usize,
    /// Ports tried for one allocation when the system refuses one. Beyond: 508.
    pub bind_attempts: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base: crate::Config {
                bits_per_room: 1_000_000_000,
                burst_per_room: 16 * 1024 * 1024,
                quarantined_per_seat: 256,
                ..crate::Config::default()
            },
            external_ipv4: None,
            external_ipv6: None,
            ports: 49_152..=65_535,
            allocations_per_user: 64,
            allocations_per_application: 2_000,
            allocations_per_server: 4_000,
            bind_attempts: 8,
        }
    }
}
