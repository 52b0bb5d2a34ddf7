//! The data plane on loopback, as clients see it. One program for all, so that it is linked once.
#![expect(clippy::unwrap_used, reason = "tests")]

mod aioice;
mod bench;
mod client;
mod closing;
mod coturn;
mod crossing;
mod cutting;
mod door;
mod listening;
mod loopback;
mod merging;
mod special_addresses;
mod stranger;
mod tcp;
mod tls;
mod wildcard;
