//! Established flows: where a media packet goes, decided per packet.
//!
//! This is the read side of the relay. Every data-plane worker owns a replica of [`Flows`] and applies the
//! [`FlowChange`]s that [`Relay`](crate::relay::Relay) emits, all of them and in order; then
//! [`Flows::forward`] decides from memory: no allocation, no lock, no clock. How the packet is rewritten is
//! in `forward`; who may have an allocation, permission or channel was decided before, in the relay.
//!
//! Times are checked against `now` for each packet, so permissions and channels end to the moment without
//! a timer.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parlour_credentials::RoomTag;

use crate::address::FiveTuple;
use crate::budget::Budgets;
use crate::channel_data;
use crate::channels::{Channel, Channels};
use crate::config::Config;
use crate::dropped::{Dropped, Drops};
use crate::forward::{Forward, OutHeader};
use crate::hash::FastMap;
use crate::message::{TransactionId, xor_address};
use crate::send_indication::{SendIndication, is_send_indication};

/// An allocation's place in every replica. Reused only after [`Change::Closed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FlowId(pub(crate) u32);

/// One step of the log that keeps replicas equal. Opaque; clone it for each replica.
#[derive(Clone, Debug)]
pub struct FlowChange(pub(crate) Change);

#[derive(Clone, Debug)]
pub(crate) enum Change {
    Opened {
        id: FlowId,
        tuple: FiveTuple,
        port: u16,
        room: RoomTag,
        dies: Instant,
        budgets: Budgets,
    },
    Extended {
        id: FlowId,
        dies: Instant,
    },
    Permitted {
        id: FlowId,
        until: Instant,
    },
    Bound {
        id: FlowId,
        place: usize,
        channel: Channel<u16>,
    },
    Closed {
        id: FlowId,
    },
}

/// What to do with a received packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Media: rewrite it with [`Forward::rewrite`] and send it to [`Forward::to`].
    Forward(Forward),
    /// Give the packet to [`Relay::handle_client`](crate::relay::Relay::handle_client).
    Control,
    /// Nothing; the reason has been counted.
    Drop(Dropped),
}

/// What a replica has done since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Packets with a [`Verdict::Forward`].
    pub packets: u64,
    /// Their payload bytes, without TURN headers.
    pub bytes: u64,
}

/// A replica of all established flows.
#[derive(Debug)]
pub struct Flows {
    relayed_ip: Ipv4Addr,
    audio_bytes: usize,
    tuples: FastMap<FiveTuple, FlowId>,
    /// Relayed port to flow: one above the index, zero for none. A table, since this is looked up for every
    /// packet and 64 Ki words are mostly never touched.
    ports: Vec<u32>,
    flows: Vec<Option<Flow>>,
    drops: Drops,
    packets: AtomicU64,
    bytes: AtomicU64,
}

#[derive(Debug)]
struct Flow {
    tuple: FiveTuple,
    port: u16,
    room: RoomTag,
    dies: Instant,
    /// The permission for the virtual address, the only peer address there is (RFC 8656 §9).
    permitted_until: Option<Instant>,
    /// By the peer's relayed port.
    channels: Channels<u16>,
    budgets: Budgets,
}

impl Flows {
    /// An empty replica. `config` must be the one that the relay has.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            relayed_ip: config.relayed_ip,
            audio_bytes: config.audio_bytes,
            tuples: FastMap::default(),
            ports: vec![0; 1 << 16],
            flows: Vec::new(),
            drops: Drops::default(),
            packets: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    /// Decides about one packet from a client: one datagram, or one [`frame`](crate::stream::frame) of a
    /// stream without its padding.
    ///
    /// # Errors
    /// None: what cannot be forwarded is [`Verdict::Drop`], and counted by reason.
    pub fn forward(&self, now: Instant, from: FiveTuple, packet: &[u8]) -> Verdict {
        let decision = match packet.first() {
            Some(0x00..=0x3F) if !is_send_indication(packet) => return Verdict::Control,
            Some(0x00..=0x3F) => self.send_indication(now, from, packet),
            Some(0x40..=0x4F) => self.channel_data(now, from, packet),
            Some(_) | None => Err(Dropped::Malformed),
        };
        match decision {
            Ok(forward) => {
                self.packets.fetch_add(1, Ordering::Relaxed);
                self.bytes
                    .fetch_add(u64::from(forward.payload_len), Ordering::Relaxed);
                Verdict::Forward(forward)
            }
            Err(reason) => {
                self.drops.count(reason);
                Verdict::Drop(reason)
            }
        }
    }

    /// RFC 8656 §12.6.
    fn channel_data(&self, now: Instant, from: FiveTuple, packet: &[u8]) -> Result<Forward, Dropped> {
        let (number, length) = channel_data::parse(packet).ok_or(Dropped::Malformed)?;
        let sender = self.sender(now, from)?;
        let peer = sender
            .channels
            .peer_of(now, number)
            .ok_or(Dropped::UnboundChannel)?;
        self.deliver(
            now,
            sender,
            peer,
            Payload {
                offset: channel_data::HEADER,
                length,
                transaction: None,
            },
        )
    }

    /// RFC 8656 §11.2. Indications carry no integrity (§5), so there is none to check; FINGERPRINT is not
    /// verified either: the UDP checksum has said the same, and the attribute is cut off.
    fn send_indication(&self, now: Instant, from: FiveTuple, packet: &[u8]) -> Result<Forward, Dropped> {
        let sender = self.sender(now, from)?;
        let indication = SendIndication::parse(packet).ok_or(Dropped::Malformed)?;
        let peer = xor_address(indication.peer, &indication.transaction).ok_or(Dropped::Malformed)?;
        if peer.ip() != IpAddr::V4(self.relayed_ip) {
            return Err(Dropped::ForeignPeer);
        }
        if !sender.permits(now) {
            return Err(Dropped::NoPermission);
        }
        let payload = Payload {
            offset: indication.data_offset,
            length: indication.data_length,
            transaction: Some(indication.transaction),
        };
        self.deliver(now, sender, peer.port(), payload)
    }

    /// The one wall between rooms, through which every packet goes: sender and receiver are alive and of
    /// the same room, and the receiver wants to hear the sender, by its permission for the virtual address
    /// (RFC 8656 §11.3) or by a channel for the sender. A number may be its own peer: one copy comes back.
    fn deliver(&self, now: Instant, sender: &Flow, peer: u16, payload: Payload) -> Result<Forward, Dropped> {
        let receiver = self
            .at_port(peer)
            .filter(|flow| now < flow.dies)
            .ok_or(Dropped::DeadPeer)?;
        if receiver.room != sender.room {
            return Err(Dropped::OtherRoom);
        }
        let channel = receiver.channels.number_of(now, sender.port);
        if channel.is_none() && !receiver.permits(now) {
            return Err(Dropped::NotPermitted);
        }
        let header = match channel {
            Some(number) => OutHeader::ChannelData { number: number.get() },
            None => OutHeader::DataIndication {
                ip: self.relayed_ip,
                port: sender.port,
                transaction: payload
                    .transaction
                    .unwrap_or_else(|| self.transaction(sender.port)),
            },
        };
        let forward =
            Forward::new(receiver.tuple, header, payload.offset, payload.length).ok_or(Dropped::TooLarge)?;
        sender
            .budgets
            .take(now, payload.length, payload.length <= self.audio_bytes)?;
        Ok(forward)
    }

    fn sender(&self, now: Instant, from: FiveTuple) -> Result<&Flow, Dropped> {
        let id = self.tuples.get(&from).ok_or(Dropped::NoAllocation)?;
        self.flow(*id)
            .filter(|flow| now < flow.dies)
            .ok_or(Dropped::NoAllocation)
    }

    fn at_port(&self, port: u16) -> Option<&Flow> {
        let id = self.ports.get(usize::from(port))?.checked_sub(1)?;
        self.flow(FlowId(id))
    }

    fn flow(&self, id: FlowId) -> Option<&Flow> {
        self.flows.get(id.0 as usize)?.as_ref()
    }

    /// A transaction id for a Data indication that was no Send indication. Nothing answers indications, so
    /// it only has to differ from the last ones (RFC 8489 §6).
    fn transaction(&self, port: u16) -> TransactionId {
        let count = self.packets.load(Ordering::Relaxed).to_be_bytes();
        let [p0, p1] = port.to_be_bytes();
        let [c0, c1, c2, c3, c4, c5, c6, c7] = count;
        [p0, p1, c0, c1, c2, c3, c4, c5, c6, c7, p1, p0]
    }

    /// Applies one change. Changes come from one relay, each exactly once, in the order of emission.
    pub fn apply(&mut self, change: &FlowChange) {
        match &change.0 {
            Change::Opened {
                id,
                tuple,
                port,
                room,
                dies,
                budgets,
            } => {
                let flow = Flow {
                    tuple: *tuple,
                    port: *port,
                    room: *room,
                    dies: *dies,
                    permitted_until: None,
                    channels: Channels::default(),
                    budgets: budgets.clone(),
                };
                self.open(*id, flow);
            }
            Change::Extended { id, dies } => self.change(*id, |flow| flow.dies = *dies),
            Change::Permitted { id, until } => self.change(*id, |flow| flow.permitted_until = Some(*until)),
            Change::Bound { id, place, channel } => {
                self.change(*id, |flow| flow.channels.put(*place, *channel));
            }
            Change::Closed { id } => self.close(*id),
        }
    }

    fn open(&mut self, id: FlowId, flow: Flow) {
        let index = id.0 as usize;
        if self.flows.len() <= index {
            self.flows.resize_with(index + 1, || None);
        }
        self.tuples.insert(flow.tuple, id);
        if let Some(port) = self.ports.get_mut(usize::from(flow.port)) {
            *port = id.0 + 1;
        }
        if let Some(place) = self.flows.get_mut(index) {
            *place = Some(flow);
        }
    }

    fn close(&mut self, id: FlowId) {
        let Some(flow) = self.flows.get_mut(id.0 as usize).and_then(Option::take) else {
            return;
        };
        self.tuples.remove(&flow.tuple);
        if let Some(port) = self.ports.get_mut(usize::from(flow.port)) {
            *port = 0;
        }
    }

    fn change(&mut self, id: FlowId, change: impl FnOnce(&mut Flow)) {
        if let Some(flow) = self.flows.get_mut(id.0 as usize).and_then(Option::as_mut) {
            change(flow);
        }
    }

    /// Allocations in this replica; equal in all replicas that have applied the same log.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tuples.len()
    }

    /// Whether there is no allocation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tuples.is_empty()
    }

    /// Packets and payload bytes that this replica forwarded.
    #[must_use]
    pub fn forwarded(&self) -> Forwarded {
        Forwarded {
            packets: self.packets.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// How often this replica dropped a packet for `reason`.
    #[must_use]
    pub fn dropped(&self, reason: Dropped) -> u64 {
        self.drops.of(reason)
    }
}

impl Flow {
    fn permits(&self, now: Instant) -> bool {
        self.permitted_until.is_some_and(|until| now < until)
    }
}

/// Where the payload is in the received packet, and the transaction id that came with it.
struct Payload {
    offset: usize,
    length: usize,
    transaction: Option<TransactionId>,
}
