//! The relay's conformance: one module per part of the RFCs, one test per rule.
//!
//! All go through the public verbs by way of `common::Bench`, so the inside can be rewritten under them.
//! Run a part with `cargo test -p parlour-relay --test conformance rfc8656_channel`.

#![expect(
    clippy::unwrap_used,
    reason = "in a harness, too, a panic is how a test fails"
)]

mod bandwidth;
mod budgets;
mod closed_room;
mod common;
mod fuzz_corpus;
mod fuzz_targets;
mod model;
mod never_panics;
mod public_bench;
mod public_fuzz;
mod public_model;
mod public_relay;
mod rfc8489_algorithms;
mod rfc8489_binding;
mod rfc8489_credentials;
mod rfc8656_allocate;
mod rfc8656_channel;
mod rfc8656_permission;
mod rfc8656_refresh;
mod rfc8656_security;
mod rfc8656_send_data;
mod turn_doc;
