//! Why a request about blobs had no effect, and how that is said over HTTP.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::refusal::whole_ms;

/// How long to wait for others to take something back.
const FULL: Duration = Duration::from_secs(60);

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobRefusal {
    /// The secret is no seat's: to be answered as if there were no such place.
    Nowhere,
    /// No blob has this id.
    NoSuchBlob,
    /// Blobs are written once.
    Exists,
    /// One blob may not be so long, or has nothing in it.
    Length,
    /// The room holds as much as it may.
    RoomFull,
    /// The server does.
    Busy,
    /// Somebody else put it there.
    NotYours,
    /// Too often; wait so long.
    Rate(Duration),
}

/// A refusal as it is answered over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobError {
    /// Which.
    pub code: BlobErrorCode,
    /// The same in English.
    pub text: String,
    /// When to try again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
}

/// The closed list of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is explained in the table of docs/protocol.md")]
pub enum BlobErrorCode {
    NoSuchBlob,
    BlobExists,
    BadLength,
    BlobsFull,
    Busy,
    NotAllowed,
    Rate,
    TooSlow,
}

impl BlobRefusal {
    /// What to say; `None` for [`Self::Nowhere`], which is not to be told from a path that does not exist.
    #[must_use]
    pub fn error(self) -> Option<BlobError> {
        let (code, text, retry) = match self {
            Self::Nowhere => return None,
            Self::NoSuchBlob => (BlobErrorCode::NoSuchBlob, "Nothing is kept under this id.", None),
            Self::Exists => (
                BlobErrorCode::BlobExists,
                "Something is kept under this id already; choose another one.",
                None,
            ),
            Self::Length => (
                BlobErrorCode::BadLength,
                "This is empty, or longer than one blob may be; divide it.",
                None,
            ),
            Self::RoomFull => (
                BlobErrorCode::BlobsFull,
                "This room keeps as much as it may; take something back first.",
                Some(FULL),
            ),
            Self::Busy => (
                BlobErrorCode::Busy,
                "The server keeps as much as it may; try again later.",
                Some(FULL),
            ),
            Self::NotYours => (
                BlobErrorCode::NotAllowed,
                "Only whoever put this here, or a host, may take it back.",
                None,
            ),
            Self::Rate(wait) => (
                BlobErrorCode::Rate,
                "Too many requests; wait a moment.",
                Some(wait),
            ),
        };
        Some(BlobError {
            code,
            text: text.to_owned(),
            retry_ms: retry.map(whole_ms),
        })
    }
}
