//! A small keyless hasher for 5-tuples and a shape for the relay's hash maps without randomness.
//!
//! SipHash costs as much as the rest of a forwarding decision. Only authenticated clients can add entries,
//! and at most their quota of them, so nobody can make chains long; whoever looks up a stranger's 5-tuple
//! walks those same short chains. Not for keys that strangers can insert.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A hash map without a random seed: equal input, equal behaviour.
pub(crate) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<Folded>>;

/// Multiply and fold: each word is xored in, multiplied to 128 bits, and the halves are xored.
#[derive(Default)]
pub(crate) struct Folded(u64);

/// An odd number with evenly spread bits: the fraction of the golden ratio.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

impl Folded {
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ MULTIPLIER) * u128::from(MULTIPLIER);
        self.0 = (product as u64) ^ (product >> 64) as u64;
    }
}

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.mix(
                chunk
                    .iter()
                    .fold(chunk.len() as u64, |word, byte| word << 8 | u64::from(*byte)),
            );
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.mix(u64::from(word));
    }

    fn write_u16(&mut self, word: u16) {
        self.mix(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn write_u128(&mut self, word: u128) {
        self.mix(word as u64);
        self.mix((word >> 64) as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher as _;
    use std::net::SocketAddr;

    use super::*;
    use crate::address::{FiveTuple, Transport};

    #[test]
    fn neighbouring_clients_spread_over_low_and_high_bits() {
        let hasher = BuildHasherDefault::<Folded>::default();
        let (mut low, mut high) = (HashSet::new(), HashSet::new());
        for n in 0..4096_u16 {
            let client = SocketAddr::from(([10, 0, (n >> 8) as u8, n as u8], 40_000 + n % 7));
            let hash = hasher.hash_one(FiveTuple {
                client,
                server: SocketAddr::from(([192, 0, 2, 1], 3478)),
                transport: Transport::Udp,
            });
            low.insert(hash & 0xFFF);
            high.insert(hash >> 52);
        }
        // 4096 balls in 4096 bins leave 63 % of the bins filled when the spread is even.
        assert!(
            low.len() > 2400 && high.len() > 2400,
            "{} {}",
            low.len(),
            high.len()
        );
    }
}
