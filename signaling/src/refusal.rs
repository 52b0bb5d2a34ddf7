//! Refusals: what a page may not have, with code, words and time to wait; turned into a message here and nowhere
//! else (`docs/protocol.md`, "Errors").
//!
//! Noise that gets no answer is a close code instead; see `connection`.

use std::time::Duration;

use crate::message::{ErrorBody, ErrorCode, ServerMessage};

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not a frame of this protocol.
    BadFrame,
    /// A body that is not what its type needs.
    BadRequest,
    /// A type or version from elsewhere.
    Unsupported,
    /// No session yet.
    HelloFirst,
    /// A signal that does not fit.
    TooLarge,
    /// Too often; wait so long.
    Rate(Duration),
    /// Nothing is known of this room, or nothing may be told.
    NoSuchRoom,
    /// So many are in, and no more may be.
    RoomFull(usize),
    /// The id is somebody else's.
    RoomExists,
    /// A link lives once.
    RoomOver,
    /// Join first.
    NotInRoom,
    /// This session, or this page by another connection, is in.
    AlreadyInRoom,
    /// Nobody of that id is here.
    NoSuchParticipant,
    /// Only a seated page may do this.
    NotAllowed,
    /// A signature that does not verify.
    BadSignature,
    /// Rules that break the rules of their format.
    BadState,
    /// The server holds as much as it was told to hold.
    Busy,
}

/// How long to wait for a place in a room or on the server.
const PLACE: Duration = Duration::from_secs(5);

impl Refusal {
    pub(crate) fn code(self) -> ErrorCode {
        match self {
            Self::BadFrame => ErrorCode::BadFrame,
            Self::BadRequest => ErrorCode::BadRequest,
            Self::Unsupported => ErrorCode::Unsupported,
            Self::HelloFirst => ErrorCode::HelloFirst,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::Rate(_) => ErrorCode::Rate,
            Self::NoSuchRoom => ErrorCode::NoSuchRoom,
            Self::RoomFull(_) => ErrorCode::RoomFull,
            Self::RoomExists => ErrorCode::RoomExists,
            Self::RoomOver => ErrorCode::RoomOver,
            Self::NotInRoom => ErrorCode::NotInRoom,
            Self::AlreadyInRoom => ErrorCode::AlreadyInRoom,
            Self::NoSuchParticipant => ErrorCode::NoSuchParticipant,
            Self::NotAllowed => ErrorCode::NotAllowed,
            Self::BadSignature => ErrorCode::BadSignature,
            Self::BadState => ErrorCode::BadState,
            Self::Busy => ErrorCode::Busy,
        }
    }

    pub(crate) fn message(self) -> ServerMessage {
        ServerMessage::Error(ErrorBody {
            code: self.code(),
            text: self.text(),
            retry_ms: self.retry_ms(),
        })
    }

    fn text(self) -> String {
        let text = match self {
            Self::BadFrame => "This is not a frame of the protocol.",
            Self::BadRequest => "A field is missing, unknown, or not what this type needs.",
            Self::Unsupported => "This server does not know that type or version.",
            Self::HelloFirst => "Say hello first.",
            Self::TooLarge => "This is too long to be passed on.",
            Self::Rate(_) => "Too many messages; wait a moment.",
            Self::NoSuchRoom => "There is no such room here.",
            Self::RoomFull(1) => "This room is full: one person is in it.",
            Self::RoomFull(people) => return format!("This room is full: {people} people are in it."),
            Self::RoomExists => "Somebody else made a room with this id.",
            Self::RoomOver => "This room has ended, and its link with it.",
            Self::NotInRoom => "Join a room first.",
            Self::AlreadyInRoom => "This page is in a room already.",
            Self::NoSuchParticipant => "Nobody of that id is in this room.",
            Self::NotAllowed => "Only somebody with a seat may do this.",
            Self::BadSignature => "A signature does not verify.",
            Self::BadState => "These rules are not what rules must be.",
            Self::Busy => "This server has no place left; try again in a moment.",
        };
        text.to_owned()
    }

    fn retry_ms(self) -> Option<u64> {
        match self {
            Self::Rate(wait) => Some(whole_ms(wait)),
            Self::RoomFull(_) | Self::Busy => Some(whole_ms(PLACE)),
            Self::BadFrame
            | Self::BadRequest
            | Self::Unsupported
            | Self::HelloFirst
            | Self::TooLarge
            | Self::NoSuchRoom
            | Self::RoomExists
            | Self::RoomOver
            | Self::NotInRoom
            | Self::AlreadyInRoom
            | Self::NoSuchParticipant
            | Self::NotAllowed
            | Self::BadSignature
            | Self::BadState => None,
        }
    }
}

/// Milliseconds, rounded up, so that who waits so long has waited long enough.
pub(crate) fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
