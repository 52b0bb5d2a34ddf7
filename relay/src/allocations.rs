//! The table of allocations (RFC 8656 §2.2) and its indexes: by 5-tuple, by relayed port, by end of life.
//!
//! Only data: who may have an allocation is decided in `allocate`, and what its end means for seat, number
//! and replicas in `relay`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parlour_credentials::{RoomTag, SeatId};

use crate::address::FiveTuple;
use crate::budget::Bucket;
use crate::channels::Channels;
use crate::deadlines::Deadlines;
use crate::flows::FlowId;
use crate::hash::FastMap;
use crate::message::TransactionId;

/// One client's relayed transport address and what belongs to it.
#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) tuple: FiveTuple,
    /// The number of the relayed transport address.
    pub(crate) port: u16,
    pub(crate) seat: SeatId,
    pub(crate) room: RoomTag,
    /// The Allocate that made it, to know its retransmissions (RFC 8656 §5).
    pub(crate) transaction: TransactionId,
    /// The LIFETIME that its success response had.
    pub(crate) granted: Duration,
    /// When it ends for the client, which has to refresh before.
    pub(crate) expires: Instant,
    /// When it ends here: the grace later.
    pub(crate) dies: Instant,
    /// By the peer's relayed port; places are those of the replicas.
    pub(crate) channels: Channels<u16>,
    /// Its bandwidth, which also knows when it last sent.
    pub(crate) bandwidth: Arc<Bucket>,
    pub(crate) last_request: Instant,
}

impl Allocation {
    /// When the client was last heard of.
    pub(crate) fn last_heard(&self) -> Instant {
        self.last_request.max(self.bandwidth.last_used())
    }
}

/// The table. Its size is bounded by the quotas of whoever inserts.
#[derive(Debug, Default)]
pub(crate) struct Allocations {
    places: Vec<Option<Allocation>>,
    vacant: Vec<FlowId>,
    by_tuple: FastMap<FiveTuple, FlowId>,
    by_port: FastMap<u16, FlowId>,
    pub(crate) deadlines: Deadlines<FlowId>,
}

impl Allocations {
    /// Inserts an allocation whose 5-tuple and port no other one has.
    pub(crate) fn insert(&mut self, allocation: Allocation) -> FlowId {
        let id = self.vacant.pop().unwrap_or_else(|| {
            self.places.push(None);
            FlowId(u32::try_from(self.places.len() - 1).expect("there are fewer allocations than ports"))
        });
        self.by_tuple.insert(allocation.tuple, id);
        self.by_port.insert(allocation.port, id);
        self.deadlines.insert(allocation.dies, id);
        if let Some(place) = self.places.get_mut(id.0 as usize) {
            *place = Some(allocation);
        }
        id
    }

    pub(crate) fn remove(&mut self, id: FlowId) -> Option<Allocation> {
        let allocation = self.places.get_mut(id.0 as usize)?.take()?;
        self.by_tuple.remove(&allocation.tuple);
        self.by_port.remove(&allocation.port);
        self.deadlines.remove(allocation.dies, id);
        self.vacant.push(id);
        Some(allocation)
    }

    /// Moves the end of life.
    pub(crate) fn extend(&mut self, id: FlowId, expires: Instant, dies: Instant) {
        let Some(Some(allocation)) = self.places.get_mut(id.0 as usize) else {
            return;
        };
        self.deadlines.remove(allocation.dies, id);
        self.deadlines.insert(dies, id);
        (allocation.expires, allocation.dies) = (expires, dies);
    }

    pub(crate) fn by_tuple(&self, tuple: &FiveTuple) -> Option<FlowId> {
        self.by_tuple.get(tuple).copied()
    }

    pub(crate) fn by_port(&self, port: u16) -> Option<&Allocation> {
        self.get(*self.by_port.get(&port)?)
    }

    pub(crate) fn get(&self, id: FlowId) -> Option<&Allocation> {
        self.places.get(id.0 as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: FlowId) -> Option<&mut Allocation> {
        self.places.get_mut(id.0 as usize)?.as_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.deadlines.len()
    }

    /// Whether all indexes say the same.
    pub(crate) fn indexes_agree(&self) -> bool {
        let live = self.places.iter().flatten().count();
        let found = self.places.iter().enumerate().all(|(index, place)| {
            let Some(allocation) = place else { return true };
            let id = FlowId(index as u32);
            self.by_tuple(&allocation.tuple) == Some(id)
                && self.by_port.get(&allocation.port) == Some(&id)
                && self.deadlines.contains(allocation.dies, id)
        });
        found
            && [self.by_tuple.len(), self.by_port.len(), self.deadlines.len()] == [live; 3]
            && self.vacant.len() + live == self.places.len()
    }
}
