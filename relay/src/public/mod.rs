//! The public relay: a TURN server for other applications, with real relayed addresses (RFC 8656).
//!
//! A machine of its own beside the closed [`Relay`](crate::Relay), never its fallback: other credentials
//! (`<expiry>:<name>` under a shared secret), other peers (whatever [`PeerPolicy`] allows), no rooms. What both
//! have in common is how they read, authenticate and answer.
//!
//! The contract: after each `handle_*` drain [`PublicRelay::poll_output`], then read
//! [`PublicRelay::poll_timeout`]; time never goes backwards. Media is decided and rewritten by the same calls
//! ([`Passage`]) and needs no output. Every relayed address is a socket that the shell binds when asked.

mod allocate;
mod allocations;
mod cidr;
mod config;
mod embedded;
mod grants;
mod machine;
mod media;
mod policy;
mod request;
mod special;

pub use allocations::AllocationId;
pub use cidr::{Cidr, CidrError};
pub use config::Config;
pub use machine::{Output, PublicRelay};
pub use media::Passage;
pub use policy::{PeerPolicy, Permit};
