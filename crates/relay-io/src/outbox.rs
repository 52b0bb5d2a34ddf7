//! What a batch of decisions sends: pieces of the received slots, gathered into runs to one destination.
//!
//! A run of equal pieces, the last of which may be shorter, leaves as one message that the kernel cuts up.
//! Nothing is copied for that: a piece is a place in the slot where it was received, or in the spill, where
//! packets go that outgrow their place. The order of packets to one destination is kept.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use parlour_relay::address::FiveTuple;
use parlour_relay::forward::{HEADROOM, TAILROOM};

use crate::inbox::Slot;

/// Bytes of payload in one run: an IPv4 datagram before it is cut up, with room for headers.
const MAX_RUN_BYTES: usize = 64_000;
/// How many runs are looked at, from the last one back, for a place to append a piece to.
const LOOK_BACK: usize = 16;
/// No piece follows.
const END: u32 = u32::MAX;

/// Datagrams of one size (the last may be shorter) from one local address to one client.
pub(crate) struct Run {
    /// Where to, in canonical form.
    pub(crate) to: SocketAddr,
    /// Where from, if the socket has several addresses.
    pub(crate) source: Option<IpAddr>,
    /// Size of every piece but the last.
    pub(crate) segment: u16,
    /// Number of pieces.
    pub(crate) count: usize,
    /// Which of the listening addresses it leaves from.
    pub(crate) group: usize,
    bytes: usize,
    open: bool,
    first: u32,
    last: u32,
}

/// Where packets are sent from.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    /// Index of the listening address.
    pub(crate) group: usize,
    /// The source to name, on wildcard sockets.
    pub(crate) source: Option<IpAddr>,
}

struct Piece {
    place: Place,
    range: Range<usize>,
    next: u32,
}

/// The buffer that a piece lies in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The slot with this index.
    Slot(usize),
    /// The outbox's own buffer.
    Spill,
}

/// What is to be sent by way of one socket, with the memory that it lies in.
#[derive(Clone, Copy)]
pub(crate) struct Flight<'a> {
    pub(crate) runs: &'a [Run],
    pieces: &'a [Piece],
    spill: &'a [u8],
    slots: &'a [Slot],
}

impl<'a> Flight<'a> {
    /// The datagrams of `run`, in order.
    pub(crate) fn pieces(&self, run: &Run) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let Self {
            pieces, spill, slots, ..
        } = *self;
        let mut at = run.first;
        std::iter::from_fn(move || {
            let piece = pieces.get(at as usize)?;
            at = piece.next;
            Some(match piece.place {
                Place::Slot(index) => &slots[index].bytes[piece.range.clone()],
                Place::Spill => &spill[piece.range.clone()],
            })
        })
    }
}

/// Collects what one batch sends. Emptied after each batch; its memory stays, bounded by the batch's size.
pub(crate) struct Outbox {
    runs: Vec<Run>,
    pieces: Vec<Piece>,
    spill: Vec<u8>,
    /// Longer pieces never join a run.
    max_segment: usize,
    max_segments: usize,
}

/// IPv6 and UDP headers: 40 and 8 bytes.
const HEADER_BYTES: u16 = 48;

impl Outbox {
    pub(crate) const fn new() -> Self {
        Self {
            runs: Vec::new(),
            pieces: Vec::new(),
            spill: Vec::new(),
            max_segment: 0,
            max_segments: 1,
        }
    }

    /// The path's MTU and up to how many pieces the sockets take in one run, from now on.
    pub(crate) fn set_limits(&mut self, mtu: u16, max_segments: usize) {
        self.max_segment = usize::from(mtu.saturating_sub(HEADER_BYTES));
        self.max_segments = max_segments;
    }

    /// Copies `packet` to the spill, with room to rewrite it there. Returns the place of the copy within
    /// [`Self::spill_mut`].
    pub(crate) fn spill(&mut self, packet: &[u8]) -> Range<usize> {
        let start = self.spill.len() + HEADROOM;
        self.spill.resize(start, 0);
        self.spill.extend_from_slice(packet);
        let end = self.spill.len();
        self.spill.resize(end + TAILROOM, 0);
        start..end
    }

    pub(crate) fn spill_mut(&mut self) -> &mut [u8] {
        &mut self.spill
    }

    /// Notes one datagram to send to `to`. The range must lie in `place`.
    pub(crate) fn push(&mut self, to: &FiveTuple, way: Way, place: Place, range: Range<usize>) {
        let len = range.len();
        let index = u32::try_from(self.pieces.len()).expect("a batch has far fewer than 2^32 packets");
        self.pieces.push(Piece {
            place,
            range,
            next: END,
        });
        let earlier = self.runs.iter_mut().rev().take(LOOK_BACK);
        let same = |run: &&mut Run| run.to == to.client && run.group == way.group && run.source == way.source;
        if let Some(run) = earlier.into_iter().find(same)
            && run.open
            && len > 0
            && len <= usize::from(run.segment)
            && run.count < self.max_segments
            && run.bytes + len <= MAX_RUN_BYTES
        {
            self.pieces[run.last as usize].next = index;
            run.last = index;
            run.count += 1;
            run.bytes += len;
            run.open = len == usize::from(run.segment);
            return;
        }
        self.runs.push(Run {
            to: to.client,
            source: way.source,
            segment: u16::try_from(len).unwrap_or(u16::MAX),
            count: 1,
            group: way.group,
            bytes: len,
            open: len > 0 && len <= self.max_segment,
            first: index,
            last: index,
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// What is to be sent, as flights of runs that leave from one listening address.
    pub(crate) fn flights<'a>(&'a self, slots: &'a [Slot]) -> impl Iterator<Item = (usize, Flight<'a>)> {
        self.runs.chunk_by(|a, b| a.group == b.group).map(move |runs| {
            (
                runs[0].group,
                Flight {
                    runs,
                    pieces: &self.pieces,
                    spill: &self.spill,
                    slots,
                },
            )
        })
    }

    pub(crate) fn clear(&mut self) {
        self.runs.clear();
        self.pieces.clear();
        self.spill.clear();
    }
}

#[cfg(test)]
mod tests {
    use parlour_relay::address::Transport;

    use super::*;

    const HERE: Way = Way {
        group: 0,
        source: None,
    };

    fn to(port: u16) -> FiveTuple {
        let server = "127.0.0.1:3478".parse().unwrap();
        FiveTuple {
            client: SocketAddr::new([127, 0, 0, 1].into(), port),
            server,
            transport: Transport::Udp,
        }
    }

    /// Sends packets of the given lengths to ports; returns (port, lengths) of each run.
    fn gathered(max_segments: usize, packets: &[(u16, usize)]) -> Vec<(u16, Vec<usize>)> {
        let mut outbox = Outbox::new();
        outbox.set_limits(1500, max_segments);
        for &(port, len) in packets {
            let range = outbox.spill(&vec![0; len]);
            outbox.push(&to(port), HERE, Place::Spill, range);
        }
        let flights = outbox.flights(&[]);
        flights
            .flat_map(|(_, flight)| {
                let lengths = move |run| flight.pieces(run).map(<[u8]>::len).collect();
                flight.runs.iter().map(move |run| (run.to.port(), lengths(run)))
            })
            .collect()
    }

    #[test]
    fn equal_packets_to_one_client_are_one_run() {
        assert_eq!(
            gathered(64, &[(1, 50), (1, 50), (1, 50)]),
            [(1, vec![50, 50, 50])]
        );
    }

    #[test]
    fn a_shorter_packet_ends_the_run_and_a_longer_one_starts_another() {
        let packets = [(1, 50), (1, 20), (1, 20), (1, 50), (1, 50)];
        assert_eq!(
            gathered(64, &packets),
            [(1, vec![50, 20]), (1, vec![20]), (1, vec![50, 50])]
        );
    }

    #[test]
    fn runs_to_several_clients_grow_side_by_side() {
        let packets = [(1, 50), (2, 50), (1, 50), (2, 50)];
        assert_eq!(gathered(64, &packets), [(1, vec![50, 50]), (2, vec![50, 50])]);
    }

    #[test]
    fn runs_end_at_the_segment_count_the_byte_count_and_the_path_mtu() {
        assert_eq!(gathered(2, &[(1, 5); 3]), [(1, vec![5, 5]), (1, vec![5])]);
        assert_eq!(
            gathered(64, &[(1, 1400); 50]).len(),
            2,
            "64 000 bytes hold 45 of these"
        );
        assert_eq!(gathered(64, &[(1, 1453); 2]).len(), 2, "1453 and 48 exceed 1500");
        assert_eq!(gathered(64, &[(1, 1452); 2]).len(), 1);
    }

    #[test]
    fn without_segmentation_every_packet_is_a_run() {
        assert_eq!(gathered(1, &[(1, 5); 3]).len(), 3);
    }

    #[test]
    fn an_empty_datagram_stays_alone() {
        assert_eq!(gathered(64, &[(1, 0), (1, 0)]).len(), 2);
    }
}
