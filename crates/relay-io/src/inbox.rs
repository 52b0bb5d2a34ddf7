//! Where a worker's datagrams arrive: slots with room around each for rewriting in place.
//!
//! Slots are made once and used over and over; how many the next call may fill grows while calls come back
//! full and shrinks while they do not, because preparing slots that stay empty costs more than it brings.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use parlour_relay::address::{FiveTuple, Transport};
use parlour_relay::forward::{HEADROOM, TAILROOM};

/// The longest UDP payload, and the longest run of merged datagrams.
const WINDOW_BYTES: usize = 65_535;
/// Slots of one worker: 32 × 64 KiB of address space, of which the kernel lends what is touched.
pub(crate) const SLOTS: usize = 32;
/// Never ask for less: the second slot is how a worker learns that there is more.
const MIN_ASKED: usize = 2;

/// One received datagram, or a run of merged ones, from one client.
pub(crate) struct Slot {
    /// The datagram stands at [`Slot::WINDOW`], with headroom before and tailroom behind.
    pub(crate) bytes: Box<[u8]>,
    /// Who sent it, in canonical form; `None` if the slot holds nothing of use.
    pub(crate) from: Option<SocketAddr>,
    /// The local address it was sent to, in canonical form, if the socket was told to ask.
    pub(crate) local: Option<IpAddr>,
    /// Bytes received.
    pub(crate) len: usize,
    /// Bytes of each datagram of a merged run, the last of which may be shorter; else the same as `len`.
    pub(crate) segment: usize,
    #[cfg(target_os = "linux")]
    pub(crate) raw: crate::sys::Raw,
}

impl Slot {
    /// Where in `bytes` datagrams are received.
    pub(crate) const WINDOW: Range<usize> = HEADROOM..HEADROOM + WINDOW_BYTES;

    fn new() -> Self {
        Self {
            bytes: vec![0; HEADROOM + WINDOW_BYTES + TAILROOM].into_boxed_slice(),
            from: None,
            local: None,
            len: 0,
            segment: 0,
            #[cfg(target_os = "linux")]
            raw: crate::sys::Raw::EMPTY,
        }
    }

    /// Where each datagram stands in `bytes`, first to last. An empty datagram is one, too.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (start, len, segment) = (Self::WINDOW.start, self.len, self.segment.max(1));
        (0..len.max(1))
            .step_by(segment)
            .map(move |at| start + at..start + len.min(at + segment))
    }

    /// Where it came from and to, by a socket that is bound to `bound`; `None` if the slot holds nothing of use.
    pub(crate) fn five_tuple(&self, bound: SocketAddr) -> Option<FiveTuple> {
        Some(FiveTuple {
            client: self.from?,
            server: self.local.map_or(bound, |ip| (ip, bound.port()).into()),
            transport: Transport::Udp,
        })
    }

    /// Whether more than one datagram stands here, so that growing one would overwrite another.
    pub(crate) fn is_merged(&self) -> bool {
        self.len > self.segment
    }
}

/// A worker's slots.
pub(crate) struct Inbox {
    pub(crate) slots: Vec<Slot>,
    /// Slots that hold datagrams of the current batch.
    pub(crate) filled: usize,
    asked: usize,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| Slot::new()).collect(),
            filled: 0,
            asked: MIN_ASKED,
        }
    }

    /// The slots that the next call may fill.
    #[cfg(target_os = "linux")]
    pub(crate) fn vacant(&mut self) -> &mut [Slot] {
        &mut self.slots[..self.asked]
    }

    /// Notes that the first `filled` slots were filled.
    pub(crate) fn note_filled(&mut self, filled: usize) {
        self.asked = if filled >= self.asked {
            (self.asked * 2).min(SLOTS)
        } else {
            filled.max(MIN_ASKED)
        };
        self.filled = filled;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(len: usize, segment: usize) -> Vec<Range<usize>> {
        let slot = Slot {
            len,
            segment,
            ..Slot::new()
        };
        slot.datagrams()
            .map(|range| range.start - HEADROOM..range.end - HEADROOM)
            .collect()
    }

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "one datagram is one range")]
    fn a_merged_run_falls_into_datagrams() {
        assert_eq!(ranges(100, 100), [0..100]);
        assert_eq!(ranges(250, 100), [0..100, 100..200, 200..250]);
        assert_eq!(ranges(0, 0), [0..0]);
    }

    #[test]
    fn the_question_grows_with_the_answer() {
        let mut inbox = Inbox::new();
        for (filled, asked) in [
            (1, 2),
            (2, 4),
            (4, 8),
            (3, 3),
            (3, 6),
            (6, 12),
            (12, 24),
            (24, 32),
            (32, 32),
            (1, 2),
        ] {
            inbox.note_filled(filled);
            assert_eq!(inbox.asked, asked, "after {filled}");
        }
    }
}
