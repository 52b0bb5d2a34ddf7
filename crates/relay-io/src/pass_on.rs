//! Carrying out a forwarding decision: rewrite the packet, note where it goes, send what was noted.
//!
//! The same for datagrams of a worker and frames of a stream, and so for all four crossings. Nothing is
//! decided here; that is `parlour_relay::flows`.

use std::ops::Range;
use std::time::Instant;

use parlour_relay::address::FiveTuple;
use parlour_relay::forward::Forward;

use crate::counters::Counts;
use crate::hub::{Hub, Replica};
use crate::inbox::Slot;
use crate::outbox::{Outbox, Place};
use crate::queue::{Kind, Pushed};

/// Whoever is about to pass packets on, with its replica locked.
pub(crate) struct PassOn<'a> {
    pub(crate) hub: &'a Hub,
    pub(crate) replica: &'a Replica,
    pub(crate) now: Instant,
    pub(crate) outbox: &'a mut Outbox,
    pub(crate) counts: &'a mut Counts,
}

impl PassOn<'_> {
    /// Passes on the datagram at `range` of a worker's slot, without moving it if it can stay there.
    pub(crate) fn received(
        &mut self,
        forward: &Forward,
        (index, slot): (usize, &mut Slot),
        range: Range<usize>,
    ) {
        if slot.is_merged() && !stays_inside(forward, &slot.bytes[range.clone()]) {
            self.copied(forward, &slot.bytes[range]);
            return;
        }
        let range = forward.rewrite(&mut slot.bytes, range);
        if forward.to.transport.is_stream() {
            queue(
                self.replica,
                self.now,
                &forward.to,
                &slot.bytes[range],
                self.counts,
            );
        } else {
            self.post(&forward.to, Place::Slot(index), range);
        }
    }

    /// Passes on a copy of a packet that has neighbours on both sides.
    pub(crate) fn copied(&mut self, forward: &Forward, packet: &[u8]) {
        let range = self.outbox.spill(packet);
        let range = forward.rewrite(self.outbox.spill_mut(), range);
        if forward.to.transport.is_stream() {
            queue(
                self.replica,
                self.now,
                &forward.to,
                &self.outbox.spill_mut()[range],
                self.counts,
            );
        } else {
            self.post(&forward.to, Place::Spill, range);
        }
    }

    fn post(&mut self, to: &FiveTuple, place: Place, range: Range<usize>) {
        match self.hub.way(to) {
            Some(way) => {
                self.counts.udp_bytes_sent += range.len() as u64;
                self.outbox.push(to, way, place, range);
            }
            None => self.counts.udp_datagrams_refused += 1,
        }
    }
}

fn queue(replica: &Replica, now: Instant, to: &FiveTuple, frame: &[u8], counts: &mut Counts) {
    let pushed = replica
        .streams
        .get(to)
        .map_or(Pushed::Dropped, |queue| queue.push(now, Kind::Media, frame));
    match pushed {
        Pushed::Queued => counts.stream_frames_queued += 1,
        Pushed::Dropped => counts.stream_frames_dropped += 1,
    }
}

/// Sends everything in the outbox and empties it. `worker` says whose sockets to use.
pub(crate) fn send(hub: &Hub, worker: usize, outbox: &mut Outbox, slots: &[Slot], counts: &mut Counts) {
    if outbox.is_empty() {
        return;
    }
    for (group, flight) in outbox.flights(slots) {
        let workers = &hub.groups[group].workers;
        let sent = workers[worker % workers.len()].send(flight);
        counts.udp_datagrams_sent += sent.datagrams;
        counts.udp_messages_sent += sent.messages;
        counts.udp_datagrams_refused += sent.refused;
    }
    outbox.clear();
}

/// Whether rewriting writes within the packet's own bytes only: then neighbours in a merged run are safe.
///
/// True for ChannelData that leaves as ChannelData over UDP, and for the Send indications of libwebrtc and
/// Firefox, where XOR-PEER-ADDRESS (12 bytes) comes first and DATA behind it (RFC 8656 §11.2): the new header
/// is no longer than the old one, and the padding was padding before.
fn stays_inside(forward: &Forward, packet: &[u8]) -> bool {
    const PEER_OF_8_BYTES: [u8; 4] = [0x00, 0x12, 0x00, 0x08];
    let room = match packet.first() {
        Some(0x40..) => true,
        Some(_) => packet.get(20..24) == Some(&PEER_OF_8_BYTES),
        None => false,
    };
    room && forward.wire_len() <= packet.len()
}
