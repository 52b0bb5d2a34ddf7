//! Tables by keys that strangers do not choose: a session's id is drawn at random, the numbers of connections and
//! rooms are counted up.
//!
//! Such keys need no secret in their hash, and a table finds them in two looks at memory where a tree of thousands needs
//! five. Nothing depends on the order of its entries: whoever goes through all of them sorts first, so that a transcript
//! replays exactly.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

pub(crate) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Plain>>;

/// A key's last eight bytes, spread.
#[derive(Default)]
pub(crate) struct Plain(u64);

impl Hasher for Plain {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk() {
            self.write_u64(u64::from_le_bytes(*last));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // Numbers that follow each other differ at the low end only; 2^64 divided by the golden ratio carries that up, and
        // the table takes its places from the low end again.
        self.0 = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    }

    fn write_usize(&mut self, _length: usize) {
        // All keys of a table are of one length.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::hash::BuildHasher as _;

    use super::*;
    use crate::connection::ConnectionId;
    use crate::id::SessionId;

    #[test]
    fn keys_that_differ_in_little_lie_far_apart() {
        let table: Table<ConnectionId, ()> = Table::default();
        let places = |bits: u32| {
            let hashes = (0..4096).map(|n| table.hasher().hash_one(ConnectionId(n)));
            hashes
                .map(|hash| hash >> bits & 0xfff)
                .collect::<BTreeSet<_>>()
                .len()
        };
        // Of 4096 places, chance alone would take 2589.
        assert!(
            places(0) > 2000 && places(52) > 2000,
            "{} {}",
            places(0),
            places(52)
        );
    }

    #[test]
    fn all_of_a_sessions_random_end_counts() {
        let table: Table<SessionId, ()> = Table::default();
        let hash = |last| {
            let mut id = [7; 16];
            id[15] = last;
            table.hasher().hash_one(SessionId(id))
        };
        assert_ne!(hash(0), hash(1));
    }
}
