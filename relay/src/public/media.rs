//! Media of the public relay: client to peer, peer to client, and client to client of this very server.
//!
//! Where a payload may go is decided in one function, [`PublicRelay::reach`], and sending to a peer takes the
//! [`Permit`] that only the policy makes. A payload for a relayed port of our own never leaves the process, so it
//! cannot loop; and what comes from outside in our own name is dropped.

use std::net::SocketAddr;
use std::time::Instant;

use crate::address::FiveTuple;
use crate::channel_data;
use crate::dropped::Dropped;
use crate::message::{TransactionId, xor_address};
use crate::public::allocations::{Allocation, AllocationId};
use crate::public::machine::PublicRelay;
use crate::public::policy::Permit;
use crate::response::Writer;
use crate::send_indication::{SendIndication, is_send_indication};

/// What to do with the bytes that a call has left in its buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// Nothing; outputs may wait.
    Nothing,
    /// Send them to a peer from the socket of this allocation.
    ToPeer {
        /// Whose socket.
        id: AllocationId,
        /// Where to.
        permit: Permit,
    },
    /// Send them to a client. On streams they are a whole frame, padding included.
    ToClient(FiveTuple),
}

/// How a peer is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// By the network.
    Peer(Permit),
    /// It is a relayed address of ours.
    Here(AllocationId),
}

/// With headers and padding, longer payloads would not fit a datagram.
const MAX_PAYLOAD: usize = 65_400;

impl PublicRelay {
    /// Handles one datagram or one frame of a stream (without its padding) from a client. If it carries media,
    /// `out` is what to send on; its old content is lost and its capacity used again.
    pub fn handle_client(
        &mut self,
        now: Instant,
        from: FiveTuple,
        packet: &[u8],
        out: &mut Vec<u8>,
    ) -> Passage {
        let decision = match packet.first() {
            Some(0x00..=0x3F) if !is_send_indication(packet) => {
                self.control(now, from, packet).map(|()| Passage::Nothing)
            }
            Some(0x00..=0x3F) => self.send_indication(now, from, packet, out),
            Some(0x40..=0x4F) => self.channel_data(now, from, packet, out),
            Some(_) | None => Err(Dropped::Malformed),
        };
        self.counted(decision)
    }

    /// Handles a datagram that reached the socket of allocation `id`. `out` as in [`Self::handle_client`].
    pub fn handle_peer(
        &mut self,
        now: Instant,
        id: AllocationId,
        from: SocketAddr,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Passage {
        let decision = self.receive_from_peer(now, id, from, payload, out);
        self.counted(decision)
    }

    /// The one decision where a payload of an allocation may go. `None`: nowhere.
    ///
    /// A relayed address is never a peer of itself, and no peer has another family.
    pub(crate) fn reach(&self, relayed: SocketAddr, peer: SocketAddr) -> Option<Reach> {
        if peer == relayed || peer.is_ipv4() != relayed.is_ipv4() {
            return None;
        }
        if self.is_external(peer.ip()) {
            return self.table.by_relayed(peer).map(Reach::Here);
        }
        self.policy.permit(peer).map(Reach::Peer)
    }

    fn counted(&mut self, decision: Result<Passage, Dropped>) -> Passage {
        match decision {
            Ok(passage) => passage,
            Err(reason) => {
                self.stats.drops.count(reason);
                Passage::Nothing
            }
        }
    }

    /// RFC 8656 §12.6.
    fn channel_data(
        &mut self,
        now: Instant,
        from: FiveTuple,
        packet: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Passage, Dropped> {
        let (number, length) = channel_data::parse(packet).ok_or(Dropped::Malformed)?;
        let id = self.sender(now, &from)?;
        let sender = self.table.get(id).ok_or(Dropped::NoAllocation)?;
        let peer = sender
            .channels
            .peer_of(now, number)
            .ok_or(Dropped::UnboundChannel)?;
        let payload = packet.get(channel_data::HEADER..channel_data::HEADER + length);
        self.send_to_peer(now, id, peer, payload.ok_or(Dropped::Malformed)?, out)
    }

    /// RFC 8656 §11.2. Indications carry no integrity (§5).
    fn send_indication(
        &mut self,
        now: Instant,
        from: FiveTuple,
        packet: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Passage, Dropped> {
        let id = self.sender(now, &from)?;
        let indication = SendIndication::parse(packet).ok_or(Dropped::Malformed)?;
        let peer = xor_address(indication.peer, &indication.transaction).ok_or(Dropped::Malformed)?;
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let payload = packet.get(indication.data_offset..indication.data_offset + indication.data_length);
        self.send_to_peer(now, id, peer, payload.ok_or(Dropped::Malformed)?, out)
    }

    fn sender(&self, now: Instant, from: &FiveTuple) -> Result<AllocationId, Dropped> {
        let id = self.table.by_tuple(from).ok_or(Dropped::NoAllocation)?;
        let sender = self
            .table
            .get(id)
            .filter(|sender| sender.is_live() && now < sender.dies);
        sender.map(|_| id).ok_or(Dropped::NoAllocation)
    }

    fn send_to_peer(
        &mut self,
        now: Instant,
        id: AllocationId,
        peer: SocketAddr,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Passage, Dropped> {
        let sender = self.table.get(id).ok_or(Dropped::NoAllocation)?;
        let reach = self.reach(sender.relayed, peer).ok_or(Dropped::ForeignPeer)?;
        if !sender.permits(now, peer.ip()) {
            return Err(Dropped::NoPermission);
        }
        self.charge(now, sender, payload)?;
        let passage = match reach {
            Reach::Peer(permit) => {
                out.clear();
                out.extend_from_slice(payload);
                Passage::ToPeer { id, permit }
            }
            Reach::Here(receiver) => {
                let receiver = self.table.get(receiver).ok_or(Dropped::DeadPeer)?;
                let came_from = sender.relayed;
                self.to_client(now, receiver, came_from, payload, out)?
            }
        };
        self.count(payload);
        Ok(passage)
    }

    /// RFC 8656 §11.3, §12.7.
    fn receive_from_peer(
        &mut self,
        now: Instant,
        id: AllocationId,
        from: SocketAddr,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Passage, Dropped> {
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        let receiver = self.table.get(id).ok_or(Dropped::DeadPeer)?;
        if self.is_external(from.ip()) || self.policy.permit(from).is_none() {
            return Err(Dropped::ForeignPeer);
        }
        let passage = self.to_client(now, receiver, from, payload, out)?;
        self.charge(now, receiver, payload)?;
        self.count(payload);
        Ok(passage)
    }

    fn to_client(
        &self,
        now: Instant,
        receiver: &Allocation,
        from: SocketAddr,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Passage, Dropped> {
        if !receiver.is_live() || receiver.dies <= now {
            return Err(Dropped::DeadPeer);
        }
        if !receiver.permits(now, from.ip()) {
            return Err(Dropped::NotPermitted);
        }
        let length = u16::try_from(payload.len())
            .ok()
            .filter(|_| payload.len() <= MAX_PAYLOAD);
        let length = length.ok_or(Dropped::TooLarge)?;
        match receiver.channels.number_of(now, from) {
            Some(number) => {
                out.clear();
                out.extend_from_slice(&number.get().to_be_bytes());
                out.extend_from_slice(&length.to_be_bytes());
                out.extend_from_slice(payload);
                if receiver.tuple.transport.is_stream() {
                    out.resize(out.len().next_multiple_of(4), 0);
                }
            }
            None => {
                let writer = Writer::data_indication(std::mem::take(out), self.transaction(from.port()));
                *out = writer.with_data(from, payload);
            }
        }
        Ok(Passage::ToClient(receiver.tuple))
    }

    fn charge(&self, now: Instant, allocation: &Allocation, payload: &[u8]) -> Result<(), Dropped> {
        let is_audio = payload.len() <= self.config.base.audio_bytes;
        allocation.budgets.take(now, payload.len(), is_audio)
    }

    fn count(&mut self, payload: &[u8]) {
        self.forwarded.packets += 1;
        self.forwarded.bytes += payload.len() as u64;
    }

    /// Nothing answers indications, so the transaction id only has to differ from the last ones (RFC 8489 §6).
    fn transaction(&self, port: u16) -> TransactionId {
        let [p0, p1] = port.to_be_bytes();
        let [c0, c1, c2, c3, c4, c5, c6, c7] = self.forwarded.packets.to_be_bytes();
        [p0, p1, c0, c1, c2, c3, c4, c5, c6, c7, p1, p0]
    }
}
