//! The blobs of one room: what is in them, and what they cost.
//!
//! A blob's content is in memory, or wherever the shell put it: the machine counts its bytes, hands it out, and lets go of it by
//! dropping it, on whatever way: taken back, run out, refused, or gone with its room.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use crate::id::{BlobId, Spk};

/// What one blob costs besides its content, so that many small ones count as well.
const OVERHEAD: usize = 256;

/// What is in a blob: ciphertext. A copy of this is the same one.
#[derive(Clone, PartialEq, Eq)]
pub enum BlobContent {
    /// In memory.
    Here(Arc<[u8]>),
    /// Where the shell put it, under a name that only the shell knows what to do with.
    Elsewhere(Arc<Elsewhere>),
}

impl BlobContent {
    /// How long it is.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Here(content) => content.len(),
            Self::Elsewhere(content) => content.bytes,
        }
    }

    /// Whether somebody else has it as well: it is being read.
    fn is_shared(&self) -> bool {
        match self {
            Self::Here(content) => Arc::strong_count(content) > 1,
            Self::Elsewhere(content) => Arc::strong_count(content) > 1,
        }
    }
}

impl From<Vec<u8>> for BlobContent {
    fn from(content: Vec<u8>) -> Self {
        Self::Here(content.into())
    }
}

impl fmt::Debug for BlobContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobContent({} bytes)", self.bytes())
    }
}

/// Content that the shell holds. When nobody has it any more, its name is told, so that the shell lets go of it as well.
pub struct Elsewhere {
    name: u64,
    bytes: usize,
    let_go: Sender<u64>,
}

impl Elsewhere {
    /// Content of `bytes` bytes under `name`, which `let_go` hears in the end.
    #[must_use]
    pub fn new(name: u64, bytes: usize, let_go: Sender<u64>) -> Self {
        Self { name, bytes, let_go }
    }

    /// As the shell named it.
    #[must_use]
    pub fn name(&self) -> u64 {
        self.name
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // A shell that has ended has let go of everything.
        let _ = self.let_go.send(self.name);
    }
}

impl PartialEq for Elsewhere {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Elsewhere {}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Elsewhere({} bytes)", self.bytes)
    }
}

pub(crate) struct Blob {
    pub(crate) content: BlobContent,
    /// Whoever put it there.
    pub(crate) by: Spk,
    pub(crate) until: Instant,
}

impl Blob {
    /// What one of so many bytes costs.
    pub(crate) fn cost(bytes: usize) -> usize {
        bytes + OVERHEAD
    }
}

/// How many blobs, and what they cost: their content and [`OVERHEAD`] each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) blobs: usize,
    pub(crate) bytes: usize,
}

/// What shelves have let go of while somebody still read it. It takes its place until the last reader is done, and so it
/// counts until then: else who reads slowly and takes back could have a server hold more than it may.
#[derive(Default)]
pub(crate) struct Lingering(Vec<BlobContent>);

impl Lingering {
    /// A shelf is about to let go of this.
    pub(crate) fn add(&mut self, content: &BlobContent) {
        if content.is_shared() {
            self.0.push(content.clone());
        }
    }

    /// Lets go of what has been read.
    pub(crate) fn sweep(&mut self) {
        self.0.retain(BlobContent::is_shared);
    }

    /// What the rest costs.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|content| Blob::cost(content.bytes())).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The blobs of one room, by id.
#[derive(Default)]
pub(crate) struct Shelf {
    held: BTreeMap<BlobId, Blob>,
    /// What all of them cost, kept with each change: it is asked for before each put.
    bytes: usize,
}

impl Shelf {
    pub(crate) fn load(&self) -> Load {
        Load {
            blobs: self.held.len(),
            bytes: self.bytes,
        }
    }

    /// When the first of them is to go.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.held.values().map(|blob| blob.until).min()
    }

    pub(crate) fn get(&self, id: BlobId) -> Option<&Blob> {
        self.held.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&BlobId, &Blob)> {
        self.held.iter()
    }

    pub(crate) fn put(&mut self, id: BlobId, blob: Blob) {
        self.bytes += Blob::cost(blob.content.bytes());
        if let Some(before) = self.held.insert(id, blob) {
            self.bytes -= Blob::cost(before.content.bytes());
        }
    }

    pub(crate) fn take_back(&mut self, id: BlobId, lingering: &mut Lingering) {
        if let Some(blob) = self.held.remove(&id) {
            lingering.add(&blob.content);
            self.bytes -= Blob::cost(blob.content.bytes());
        }
    }

    /// Lets go of what has been kept for long enough.
    pub(crate) fn expire(&mut self, now: Instant, lingering: &mut Lingering) {
        let due: Vec<BlobId> = self
            .held
            .iter()
            .filter(|(_, blob)| blob.until <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            self.take_back(id, lingering);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "an Instant can be had in no other way")]
        Instant::now()
    }

    fn blob(content: BlobContent, until: Instant) -> Blob {
        let by = Spk([1; 32]);
        Blob { content, by, until }
    }

    /// The cost as it would be summed anew, after thousands of changes of every kind.
    #[test]
    fn the_running_cost_is_the_sum() {
        let (mut dice, start) = (StdRng::seed_from_u64(7), start());
        let mut shelf = Shelf::default();
        for step in 0..5_000_u64 {
            let (now, id) = (
                start + Duration::from_secs(step),
                BlobId([dice.random_range(0..40); 16]),
            );
            match dice.random_range(0..4) {
                0 => shelf.take_back(id, &mut Lingering::default()),
                1 => shelf.expire(now, &mut Lingering::default()),
                _ => {
                    let content = vec![0; dice.random_range(1..2_000)].into();
                    shelf.put(
                        id,
                        blob(content, now + Duration::from_secs(dice.random_range(1..60))),
                    );
                }
            }
            let slow = shelf
                .iter()
                .map(|(_, blob)| blob.content.bytes() + OVERHEAD)
                .sum();
            let blobs = shelf.iter().count();
            assert_eq!(shelf.load(), Load { blobs, bytes: slow }, "step {step}");
        }
    }

    /// Whoever reads while it is taken back has it to the end; then the shell hears its name, once.
    #[test]
    fn what_lies_elsewhere_is_let_go_of_with_the_last_who_has_it() {
        let (sender, names) = channel();
        let now = start();
        let mut shelf = Shelf::default();
        let content = BlobContent::Elsewhere(Arc::new(Elsewhere::new(9, 100, sender)));
        shelf.put(BlobId([1; 16]), blob(content, now));
        let reader = shelf
            .get(BlobId([1; 16]))
            .expect("it was put there")
            .content
            .clone();
        let mut lingering = Lingering::default();
        shelf.expire(now, &mut lingering);
        assert_eq!((shelf.load(), names.try_recv().ok()), (Load::default(), None));
        lingering.sweep();
        assert_eq!(lingering.bytes(), 100 + OVERHEAD, "it takes its place as before");
        drop(reader);
        lingering.sweep();
        assert!(lingering.is_empty());
        assert_eq!(names.iter().collect::<Vec<_>>(), [9]);
    }
}
