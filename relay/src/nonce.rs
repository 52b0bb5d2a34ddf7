//! Nonces without memory (RFC 8489 §9.2.1, §9.2.4, §14.10).
//!
//! A nonce is twenty characters: the nonce cookie, the security features in four, one for the time it was
//! made and six of an HMAC over all that and the client's address. So it proves that the client receives
//! what is sent to that address, cannot be used from another, ends by itself, and costs no state. 36 bits
//! of HMAC are enough: guessing is possible only online, and a guessed nonce is worth nothing without a
//! request that was signed for it.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use hmac::Mac as _;
use subtle::ConstantTimeEq as _;

use crate::address::{FiveTuple, Transport};
use crate::integrity::hmac_sha256;

/// RFC 8489 §9.2: nonces that begin so carry security features.
const COOKIE: &[u8] = b"obMatJos2";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Time is counted in steps of this; 64 of them, one character's worth, are more than any life.
const STEP: Duration = Duration::from_secs(10);
const STEPS: u64 = 64;
/// Cookie, features, time, tag.
const LENGTH: usize = 9 + 4 + 1 + 6;

/// RFC 8489 §18.1. Bit 0 is the lowest: in the sample of Appendix B.1, which uses user name anonymity, the
/// features read 0x000002.
const PASSWORD_ALGORITHMS: u8 = 0x01;
const USERNAME_ANONYMITY: u8 = 0x02;

/// Makes and recognises nonces.
pub(crate) struct Nonces {
    key: [u8; 32],
    epoch: Instant,
    life: u64,
    /// Security features of every nonce.
    features: u8,
}

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonces(..)")
    }
}

impl Nonces {
    /// `life` is rounded up to ten seconds and held below 640. `anonymity` says that USERHASH is understood
    /// (RFC 8489 §9.2.1).
    pub(crate) fn new(now: Instant, key: [u8; 32], life: Duration, anonymity: bool) -> Self {
        let steps = life.as_secs().div_ceil(STEP.as_secs());
        Self {
            key,
            epoch: now,
            life: steps.clamp(1, STEPS - 4),
            features: if anonymity { USERNAME_ANONYMITY } else { 0 },
        }
    }

    /// A nonce for this client. `offers_algorithms` must be true exactly if PASSWORD-ALGORITHMS goes with it
    /// (RFC 8489 §9.2.1): the bit is what unmasks an attacker who strips the attribute.
    pub(crate) fn make(&self, now: Instant, client: &FiveTuple, offers_algorithms: bool) -> [u8; LENGTH] {
        let features = self.features | if offers_algorithms { PASSWORD_ALGORITHMS } else { 0 };
        self.write(self.step(now), client, features)
    }

    /// Whether `nonce` was made here for this client and is not too old. Constant in time for all nonces of
    /// the right length.
    pub(crate) fn is_valid(&self, now: Instant, client: &FiveTuple, nonce: &[u8]) -> bool {
        let Ok(nonce) = <&[u8; LENGTH]>::try_from(nonce) else {
            return false;
        };
        let [_, _, _, _, _, _, _, _, _, _, _, _, features, time, ..] = *nonce;
        let (Some(features), Some(time)) = (digit(features), digit(time)) else {
            return false;
        };
        let current = self.step(now);
        // The latest step not after now whose low bits are those of the nonce.
        let age = (current + STEPS - u64::from(time)) % STEPS;
        let Some(made) = current.checked_sub(age) else {
            return false;
        };
        age <= self.life && bool::from(self.write(made, client, features).ct_eq(nonce))
    }

    fn write(&self, step: u64, client: &FiveTuple, features: u8) -> [u8; LENGTH] {
        let mut nonce = [0; LENGTH];
        let tag = self.tag(step, client, features);
        let text = COOKIE.iter().copied().chain(
            [0, 0, 0, features, (step % STEPS) as u8]
                .into_iter()
                .chain(tag)
                .map(letter),
        );
        for (place, byte) in nonce.iter_mut().zip(text) {
            *place = byte;
        }
        nonce
    }

    /// Six letters' worth of HMAC over everything that the nonce is bound to.
    fn tag(&self, step: u64, client: &FiveTuple, features: u8) -> [u8; 6] {
        let ip = match client.client.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        };
        let transport = match client.transport {
            Transport::Udp => 0,
            Transport::Tcp => 1,
            Transport::Tls => 2,
        };
        let parts: [&[u8]; 5] = [
            b"parlour turn nonce\0",
            &step.to_be_bytes(),
            &ip,
            &client.client.port().to_be_bytes(),
            &[transport, features],
        ];
        let full = hmac_sha256(&self.key, &parts).finalize().into_bytes();
        let mut tag = [0; 6];
        for (place, byte) in tag.iter_mut().zip(full) {
            *place = byte % 64;
        }
        tag
    }

    fn step(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.epoch).as_secs() / STEP.as_secs()
    }
}

/// Whether a nonce, ours or not, says that PASSWORD-ALGORITHMS came with it (RFC 8489 §9.2.4).
pub(crate) fn says_algorithms(nonce: &[u8]) -> bool {
    nonce
        .strip_prefix(COOKIE)
        .and_then(|rest| rest.get(3))
        .and_then(|letter| digit(*letter))
        .is_some_and(|features| features & PASSWORD_ALGORITHMS != 0)
}

fn letter(digit: u8) -> u8 {
    ALPHABET.get(usize::from(digit % 64)).copied().unwrap_or_default()
}

fn digit(letter: u8) -> Option<u8> {
    ALPHABET
        .iter()
        .position(|known| *known == letter)
        .and_then(|place| u8::try_from(place).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(port: u16) -> FiveTuple {
        FiveTuple {
            client: std::net::SocketAddr::from(([198, 51, 100, 1], port)),
            server: std::net::SocketAddr::from(([203, 0, 113, 1], 3478)),
            transport: Transport::Udp,
        }
    }

    #[test]
    fn a_nonce_lives_its_time_and_at_most_a_step_longer() {
        let start = crate::some_instant();
        let nonces = Nonces::new(start, [7; 32], Duration::from_secs(600), true);
        for offset in [0, 3, 9, 123] {
            let made = start + Duration::from_secs(offset);
            let nonce = nonces.make(made, &client(1), true);
            for age in 0..2000 {
                let valid = nonces.is_valid(made + Duration::from_secs(age), &client(1), &nonce);
                assert_eq!(
                    valid || (601..610).contains(&age),
                    age < 610,
                    "offset {offset}, age {age}"
                );
            }
        }
    }

    #[test]
    fn a_nonce_is_good_for_one_address_and_one_key_only() {
        let start = crate::some_instant();
        let nonces = Nonces::new(start, [7; 32], Duration::from_secs(600), true);
        let nonce = nonces.make(start, &client(1), false);
        assert!(nonces.is_valid(start, &client(1), &nonce));
        assert!(!nonces.is_valid(start, &client(2), &nonce));
        let stranger = Nonces::new(start, [8; 32], Duration::from_secs(600), true);
        assert!(!stranger.is_valid(start, &client(1), &nonce));
    }

    #[test]
    fn any_changed_character_makes_a_nonce_invalid() {
        let start = crate::some_instant();
        let nonces = Nonces::new(start, [7; 32], Duration::from_secs(600), true);
        let nonce = nonces.make(start + Duration::from_secs(1000), &client(1), true);
        let now = start + Duration::from_secs(1001);
        assert!(nonces.is_valid(now, &client(1), &nonce));
        for place in 0..nonce.len() {
            for change in [0x01, 0x02, 0x20, 0x80] {
                let mut changed = nonce;
                changed[place] ^= change;
                assert!(!nonces.is_valid(now, &client(1), &changed), "{place} {change}");
            }
        }
        assert!(!nonces.is_valid(now, &client(1), &nonce[..19]));
        assert!(!nonces.is_valid(now, &client(1), b""));
    }

    #[test]
    fn s9_2_1_the_cookie_announces_what_is_offered() {
        let start = crate::some_instant();
        let nonces = Nonces::new(start, [7; 32], Duration::from_secs(600), true);
        assert!(
            nonces
                .make(start, &client(1), false)
                .starts_with(b"obMatJos2AAAC")
        );
        assert!(nonces.make(start, &client(1), true).starts_with(b"obMatJos2AAAD"));
        let plain = Nonces::new(start, [7; 32], Duration::from_secs(600), false);
        assert!(plain.make(start, &client(1), true).starts_with(b"obMatJos2AAAB"));
        assert!(says_algorithms(&nonces.make(start, &client(1), true)));
        assert!(!says_algorithms(&nonces.make(start, &client(1), false)));
        assert!(!says_algorithms(b"f//499k954d6OL34oL9FSTvy64sA"));
    }
}
