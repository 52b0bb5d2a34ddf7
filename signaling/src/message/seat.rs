//! What comes with a seat: the relay, the place for what is kept, and signals.

use serde::{Deserialize, Serialize};

use crate::id::{Pid, Token};

/// Something sealed for one other participant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientSignal {
    /// For whom.
    pub to: Pid,
    /// Opaque; at most 49 152 bytes of UTF-8.
    pub body: String,
}

/// The way to what a room in standard mode keeps, and how much that may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BlobPlace {
    /// To be shown in the header `parlour-blobs`; it ends with the seat.
    pub token: Token,
    /// Longest blob.
    pub bytes: usize,
    /// Bytes of all blobs of the room, each counting 256 more than it has.
    pub room_bytes: usize,
    /// Most blobs of the room.
    pub blobs: usize,
    /// How long one is kept, in seconds.
    pub keep_s: u64,
}

/// A seat for whom stood on the porch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Seat {
    /// What comes with the seat.
    pub ice_servers: Vec<IceServer>,
    /// The way to what is kept for this room, in standard mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blobs: Option<BlobPlace>,
}

/// Relay credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ice {
    /// W3C `RTCIceServer`s; empty on the porch.
    pub ice_servers: Vec<IceServer>,
}

/// What a browser takes as `RTCIceServer`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IceServer {
    /// `stun:`, `turn:` and `turns:` addresses.
    pub urls: Vec<String>,
    /// The seat's name at the relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// Something sealed from one other participant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerSignal {
    /// Set by the server.
    pub from: Pid,
    /// As it came.
    pub body: String,
}

super::prints_nothing!(ClientSignal, ServerSignal, IceServer);
