//! Names that are bytes: rooms, people, sessions, signatures.
//!
//! Each has a fixed length and one spelling (unpadded base64url), checked when it is read, so a value of one of
//! these types needs no further look. Connections have numbers instead and live in `connection`.

use std::fmt;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::encoding::{decode, decode_into, encode, hash};

macro_rules! bytes {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $length]);

        impl $name {
            /// The one spelling: unpadded base64url.
            #[must_use]
            pub fn to_text(self) -> String {
                encode(&self.0)
            }

            /// Reads the one spelling; `None` for anything else.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                let mut bytes = [0; $length + 2];
                let length = decode_into(text, &mut bytes)?;
                let bytes = bytes.first_chunk().filter(|_| length == $length)?;
                Some(Self(*bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.to_text())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "{} bytes as unpadded base64url", $length)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::from_text(text).ok_or_else(|| E::custom("wrong length or spelling"))
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                crate::schema::base64url($length, $length)
            }
        }
    };
}

macro_rules! prints_nothing {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}

bytes!(
    /// What the server knows a link by: derived by a page from the link's secret (seal, section 1), or from the name of
    /// a named room ([`crate::RoomName::id`]).
    RoomId, 12);
bytes!(
    /// The host's public Ed25519 key. One room has one, and one key has one room; several may claim the same [`RoomId`].
    HostPk, 32);
bytes!(
    /// A person's public Ed25519 key in one room.
    Spk, 32);
bytes!(
    /// A page in one room: the first eight bytes of its core's hash.
    Pid, 8);
bytes!(
    /// Who a page is (seal, section 3): 1 ‖ epk ‖ spk ‖ fp ‖ rnd ‖ caps.
    Core, 117);
bytes!(
    /// An Ed25519 signature, not yet verified.
    Signature, 64);
bytes!(
    /// The public half of a session's ticket, fresh for each session: what a join is signed for.
    SessionId, 16);
bytes!(
    /// The secret half of a session's ticket, good for one resumption; or what opens a room's blobs to a seat. Kept by the
    /// server as a hash only.
    Token, 32);

bytes!(
    /// Names one blob in one room: chosen at random by the page that put it there (seal, section 9).
    BlobId, 16);

prints_nothing!(BlobId, RoomId, HostPk, Spk, Core, Signature, SessionId, Token);

/// A participant id is random, public in its room and of this page's life only: tests and traces may show it.
impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pid({})", self.to_text())
    }
}

/// What a token is remembered as.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TokenHash([u8; 32]);

impl Token {
    /// Comparing hashes needs no constant time: to learn a prefix of the hash tells nothing about a 256-bit token.
    pub(crate) fn hashed(self) -> TokenHash {
        TokenHash(hash(&self.0))
    }
}

/// The room box (seal, section 1.4), sealed for those who have the link: at most 256 bytes, opaque here.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedBox(Vec<u8>);

impl SealedBox {
    /// Longest box. Today's is 97 bytes; the rest is for those of later versions.
    const MOST: usize = 256;

    /// `None` for nothing at all and for more than 256 bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (1..=Self::MOST).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// What is in it, sealed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedBox(..)")
    }
}

impl Serialize for SealedBox {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for SealedBox {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text)
            .and_then(Self::new)
            .ok_or_else(|| D::Error::custom("1 to 256 bytes as unpadded base64url"))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for SealedBox {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SealedBox".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::schema::base64url(1, Self::MOST)
    }
}
