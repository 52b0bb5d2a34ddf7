//! Rooms without WebSockets: the signaling service as a pure state machine.
//!
//! [`Signaling`] takes lines of text from pages (`docs/protocol.md`) and says which lines to send to whom, whom to
//! ping, which connections to close, and which seats the relay may serve. It owns no socket, clock, random source
//! or file: `now`, the wall clock at the start and a seed come in as arguments, so a transcript replays exactly.
//!
//! It never looks into a `signal`; no SDP type exists here. What it enforces (door, cap, removal, end) is a courtesy
//! to people's pages, which check everything again for themselves.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod batch;
mod blob_refusal;
mod blobs;
mod claims;
mod config;
mod connection;
mod core;
mod deadlines;
mod encoding;
mod envelope;
mod hello;
mod ice_servers;
mod id;
mod invitations;
mod joining;
mod keeping;
mod limits;
mod membership;
mod message;
mod refusal;
mod requests;
mod room;
mod room_name;
mod rooms;
#[cfg(feature = "schema")]
pub mod schema;
mod session;
mod shelf;
mod signaling;
mod state;
mod states;
mod stats;
mod table;
mod tombstones;
mod views;

pub use batch::{Down, NoBatch, Opened, Up};
pub use blob_refusal::{BlobError, BlobErrorCode, BlobRefusal};
pub use blobs::{BlobAnswer, BlobEntry, BlobList, BlobRequest};
pub use config::{Config, IceTemplate, Rate};
pub use connection::{Closed, ConnectionId, Source};
pub use envelope::{ClientFrame, ServerFrame, Unreadable};
pub use id::{BlobId, Core, HostPk, Pid, RoomId, SealedBox, SessionId, Signature, Spk, Token};
pub use message::{
    Action, BlobPlace, Bye, ByeCode, Claim, ClientMessage, ClientSignal, Empty, ErrorBody, ErrorCode, Hello,
    Host, HostClaim, Ice, IceServer, Invitation, Invite, Join, Joined, Look, Redeem, Resume, Resumed,
    RoomInfo, Seat, SeatView, Seated, ServerMessage, ServerSignal, SignedState, States, View, Welcome,
};
pub use parlour_credentials::{Credentials, RoomTag, SeatId};
pub use room_name::RoomName;
pub use shelf::{BlobContent, Elsewhere};
pub use signaling::{Output, Signaling};
pub use stats::{Stats, Stays};
