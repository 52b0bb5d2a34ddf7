//! Transcripts: pretend pages talk to the machine, and what they hear is compared with docs/protocol.md.
#![expect(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests")]

mod common;

mod bent;
mod blobs;
mod drain;
mod invitations;
mod join;
mod kept;
mod leave;
mod limits;
mod limits_of_queues;
mod limits_of_rooms;
mod merge;
mod model;
mod named;
mod never_panics;
mod porch;
mod protocol_doc;
mod resume;
mod rooms;
mod rules;
mod session;
mod signal;
mod state;
