//! How a session begins, goes on and ends, and refusals.

use serde::{Deserialize, Serialize};

use crate::encoding::maybe_object;
use crate::id::{SessionId, Token};

/// Versions that the page speaks, and the session that it wants to go on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// Versions of the protocol; this server speaks 1.
    pub v: Vec<u32>,
    /// The ticket of the session to go on with.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "maybe_object"
    )]
    pub resume: Option<Resume>,
}

/// A session's ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Public half.
    pub session: SessionId,
    /// Secret half.
    pub token: Token,
}

/// A session's beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Welcome {
    /// The version that is spoken from here on.
    pub v: u32,
    /// Public half of the ticket.
    pub session: SessionId,
    /// Secret half, for one resumption.
    pub token: Token,
    /// How often the page should ask for a sign of life when all is quiet, in milliseconds.
    pub ping_ms: u64,
    /// How long a seat outlives its connection, in milliseconds.
    pub hold_ms: u64,
    /// Longest frame, in bytes of UTF-8.
    pub frame_bytes: usize,
    /// Whether this server keeps blobs for rooms in standard mode.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps: bool,
    /// `turn:` and `turns:` addresses of the relay, as they will come with a seat but without its credentials: to see
    /// beforehand which of them this network lets through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relay: Vec<String>,
}

/// A session goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resumed {
    /// For the next resumption; the one before is spent with the next frame that the page sends.
    pub token: Token,
}

/// The server ends the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bye {
    /// What the page should do.
    pub action: Action,
    /// Why.
    pub code: ByeCode,
    /// Why, in English.
    pub text: String,
    /// How long to wait before that, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
}

/// What to do after `bye`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Begin a new session and join again.
    Rejoin,
    /// Resume this one.
    Resume,
    /// Nothing.
    Stop,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ByeCode {
    /// The server restarts.
    Restart,
    /// The page acknowledged too little.
    Queue,
    /// The host removed this person.
    Removed,
    /// The room has ended.
    Over,
    /// The same page joined again in another session.
    Replaced,
    /// The time that the rules gave the room is up.
    Expired,
    /// The room of this name that was here before a restart has come back.
    GaveWay,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorBody {
    /// Which.
    pub code: ErrorCode,
    /// The same in English.
    pub text: String,
    /// When to try again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
}

/// The closed list of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "each is explained in the table of docs/protocol.md and in `Refusal`"
)]
pub enum ErrorCode {
    BadFrame,
    BadRequest,
    Unsupported,
    HelloFirst,
    TooLarge,
    Rate,
    NoSuchRoom,
    RoomFull,
    RoomExists,
    RoomOver,
    NotInRoom,
    AlreadyInRoom,
    NoSuchParticipant,
    NotAllowed,
    BadSignature,
    BadState,
    Busy,
}
