//! TURN credentials: the credential is the seat.
//!
//! Signaling mints a credential when a participant takes a seat, the relay recognises it for as long as
//! the seat is taken, and not a moment longer: there is no expiry time that an open page could run into
//! and none that a removed guest could hide behind. So the user name is nothing but the seat's random
//! number, and the password an HMAC of it under a key that lives as long as the process.
//!
//! The shared-secret scheme for other applications (`<expiry>:<name>`) needs a clock and stands apart, in
//! [`shared_secret`].

pub mod anchor;
pub mod shared_secret;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

pub use anchor::Anchor;
pub use shared_secret::{ApplicationId, ExpiringName, SecretsError, SharedSecrets};

/// Bytes of the HMAC that become the password: 144 bits, 24 characters.
const PASSWORD_BYTES: usize = 18;

/// One participant's place in one room, from being let in until leaving. Random, meaningless elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatId(Uuid);

impl SeatId {
    /// Makes a seat number from 16 random bytes; the caller owns the randomness.
    #[must_use]
    pub const fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The TURN USERNAME (RFC 8489 §14.3) of this seat: 32 lower-case hex digits.
    #[must_use]
    pub fn username(self) -> String {
        self.0.simple().to_string()
    }

    /// Reads a USERNAME back; `None` for anything but the one spelling that [`Self::username`] gives.
    #[must_use]
    pub fn from_username(username: &str) -> Option<Self> {
        let seat = Self(Uuid::try_parse(username).ok()?);
        (seat.username() == username).then_some(seat)
    }
}

/// Seats are secrets of a kind (whoever has the number knows the user name), so they print as nothing.
impl fmt::Debug for SeatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeatId(..)")
    }
}

/// The relay's word for a room: a number that signaling draws when the room begins. Never reused in a
/// process, says nothing about the room, and is compared for every relayed packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomTag(pub u64);

/// What a browser needs for `RTCIceServer` (W3C WebRTC §4.2.4): `username` and `credential`.
#[derive(Clone, PartialEq, Eq)]
pub struct TurnCredential {
    /// USERNAME, 32 characters.
    pub username: String,
    /// The long-term password, 24 characters of unpadded base64url.
    pub password: String,
}

impl fmt::Debug for TurnCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TurnCredential(..)")
    }
}

/// The process's key for TURN passwords. Signaling and the relay each hold a copy of the same value.
#[derive(Clone)]
pub struct Credentials {
    key: [u8; 32],
}

impl Credentials {
    /// `key` is 32 random bytes, drawn by the program at start and kept in memory only.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// User name and password of a seat. The same seat always gets the same pair.
    #[must_use]
    pub fn mint(&self, seat: SeatId) -> TurnCredential {
        let username = seat.username();
        let password = self.password(&username);
        TurnCredential { username, password }
    }

    /// The password that belongs to `username`, whether or not such a seat exists: the relay computes it
    /// for strangers too, so that an unknown name takes as long to refuse as a wrong password.
    #[must_use]
    pub fn password(&self, username: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of every length (RFC 2104 §3)");
        mac.update(b"parlour turn password\0");
        mac.update(username.as_bytes());
        let tag = mac.finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(&tag[..PASSWORD_BYTES])
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(n: u8) -> SeatId {
        SeatId::from_random([n; 16])
    }

    #[test]
    fn a_user_name_reads_back_as_its_seat() {
        let username = seat(7).username();
        assert_eq!(username.len(), 32);
        assert_eq!(SeatId::from_username(&username), Some(seat(7)));
    }

    #[test]
    fn other_spellings_of_a_seat_are_no_user_names() {
        let username = seat(0xab).username();
        for wrong in [
            username.to_uppercase(),
            format!("{{{username}}}"),
            format!(" {username}"),
            String::new(),
        ] {
            assert_eq!(SeatId::from_username(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn passwords_differ_by_seat_and_by_key() {
        let (one, other) = (Credentials::new([1; 32]), Credentials::new([2; 32]));
        assert_eq!(one.mint(seat(1)), one.mint(seat(1)));
        assert_ne!(one.mint(seat(1)).password, one.mint(seat(2)).password);
        assert_ne!(one.mint(seat(1)).password, other.mint(seat(1)).password);
        assert_eq!(one.mint(seat(1)).password.len(), 24);
    }

    #[test]
    fn nothing_secret_is_printed() {
        let credentials = Credentials::new([9; 32]);
        let minted = credentials.mint(seat(1));
        let printed = format!("{credentials:?} {minted:?} {:?}", seat(1));
        assert!(!printed.contains(&minted.password) && !printed.contains(&minted.username));
    }
}
