//! Transcripts: pretend pages talk to the machine, and what they hear is compared with docs/protocol.md.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

mod gen_doc;
mod drain;
mod join;
mod leave;
mod limits;
mod model;
mod never_panics;
mod porch;
mod protocol_doc;
mod resume;
mod rooms;
mod session;
mod signal;
mod state;
