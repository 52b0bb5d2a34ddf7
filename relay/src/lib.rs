//! A STUN/TURN server without sockets, closed by default (RFC 8489, RFC 8656).
//!
//! [`relay::Relay`] is the control machine: it authenticates clients, keeps allocations, permissions and
//! channels, and says what to send. [`flows::Flows`] is the read side that forwards media, one replica per
//! data-plane worker, kept up to date by the [`flows::FlowChange`]s that the relay emits.
//!
//! Relayed transport addresses are virtual: all have one IPv4 address, no socket is behind them, and they
//! reach only allocations of the same room. There is no path to the world outside, whatever a client asks.
//!
//! [`public`] is another machine, for other applications on a listener of their own: real relayed addresses, and
//! peers that a policy allows. The two share how they read, authenticate and answer, and nothing else.
//!
//! Time, randomness, addresses and settings are arguments; nothing here reads a clock, a socket or a file.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

pub mod address;
pub mod config;
pub mod dropped;
pub mod flows;
pub mod forward;
pub mod public;
pub mod relay;
pub mod stats;
pub mod stream;

mod allocate;
mod allocations;
mod answer;
mod attribute;
mod auth;
mod budget;
mod channel;
mod channel_data;
mod channels;
mod deadlines;
mod hash;
mod integrity;
mod limiter;
mod message;
mod nonce;
mod permission;
mod ports;
mod reception;
mod refresh;
mod rejection;
mod request;
mod response;
mod seats;
mod send_indication;

pub use address::{FiveTuple, Transport};
pub use config::Config;
pub use dropped::Dropped;
pub use flows::{FlowChange, Flows, Forwarded, Verdict};
pub use forward::{Forward, HEADROOM, TAILROOM};
pub use relay::{Output, Relay};
pub use stats::Stats;
pub use stream::{Frame, frame};

// These two need the private reader and writer, and stand with the other tests of the RFCs all the same.
#[cfg(test)]
#[path = "../tests/differential.rs"]
mod differential;
#[cfg(test)]
#[path = "../tests/rfc5769_vectors.rs"]
mod rfc5769_vectors;

/// Tests of a crate without a clock need some moment to start from.
#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests count from any moment, and std makes one only this way"
)]
pub(crate) fn some_instant() -> std::time::Instant {
    std::time::Instant::now()
}
