//! What a room is called in everything signed (seal, section 0): by its host's key, or by a name that people say.
//!
//! Pages normalise names; here any other spelling is refused. The id by which a page asks for a named room follows from
//! the name, so that nobody claims a name under the id of another.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::encoding::{decode, encode, hash, lv};
use crate::id::{HostPk, RoomId};

/// First byte of a room that is reached by a link.
const LINK: u8 = 1;
/// First byte of a room that is reached by a name.
const NAME: u8 = 2;
/// Longest name, bytes.
const MOST_BYTES: usize = 64;

/// The room as it stands in everything signed: 0x01 ‖ H(host_pk), or 0x02 ‖ name.
#[derive(Clone, PartialEq, Eq)]
pub struct RoomName(Vec<u8>);

impl RoomName {
    /// The room that a link of this host leads to.
    #[must_use]
    pub fn of_link(host: HostPk) -> Self {
        let mut bytes = vec![LINK];
        bytes.extend(hash(&host.0));
        Self(bytes)
    }

    /// The room of this name; `None` unless it is `[a-z0-9-]{1,64}`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let mut bytes = vec![NAME];
        bytes.extend(name.as_bytes());
        Self::read(bytes)
    }

    /// What is signed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The one spelling: unpadded base64url.
    #[must_use]
    pub fn to_text(&self) -> String {
        encode(&self.0)
    }

    /// Under which id the server knows a named room; `None` for one that is reached by links, which have ids of their own.
    #[must_use]
    pub fn id(&self) -> Option<RoomId> {
        let [a, b, c, d, e, f, g, h, i, j, k, l, ..] = hash(&lv(&[b"parlour/1 name", &self.0]));
        self.is_named()
            .then_some(RoomId([a, b, c, d, e, f, g, h, i, j, k, l]))
    }

    /// Whether people reach it by a name.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.0.first() == Some(&NAME)
    }

    fn read(bytes: Vec<u8>) -> Option<Self> {
        let letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        let sound = match bytes.split_first()? {
            (&LINK, host) => host.len() == 32,
            (&NAME, name) => (1..=MOST_BYTES).contains(&name.len()) && name.iter().all(letter),
            _ => false,
        };
        sound.then_some(Self(bytes))
    }
}

impl fmt::Debug for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomName(..)")
    }
}

impl Serialize for RoomName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for RoomName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text)
            .and_then(Self::read)
            .ok_or_else(|| D::Error::custom("1 and a hash, or 2 and a name, as unpadded base64url"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_small_letters_digits_and_hyphens() {
        for name in ["a", "0", "-", "choir-2026", &"z".repeat(64)] {
            assert!(
                RoomName::of_name(name).is_some_and(|room| room.is_named()),
                "{name}"
            );
        }
        for name in ["", "Choir", "a b", "a_b", "é", "a/b", "a\n", &"z".repeat(65)] {
            assert_eq!(RoomName::of_name(name), None, "{name}");
        }
        assert!(!RoomName::of_link(HostPk([7; 32])).is_named());
        assert_eq!(RoomName::of_link(HostPk([7; 32])).id(), None);
        assert_ne!(
            RoomName::of_name("a").unwrap().id(),
            RoomName::of_name("b").unwrap().id()
        );
    }
}
