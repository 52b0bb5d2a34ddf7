//! Channel bindings (RFC 8656 §12, §12.2).
//!
//! A channel names a peer by a 16-bit number so that media needs four bytes of header. Bindings last 600 s
//! and cool for 300 s before the number or the peer may be bound otherwise (§12). Payloads are not handled
//! here; see `flows`.

use std::time::{Duration, Instant};

use crate::allocate::word;
use crate::answer::Success;
use crate::attribute;
use crate::channel_data::ChannelNumber;
use crate::flows::{Change, Channel, FlowId};
use crate::message::{Message, xor_address};
use crate::rejection::Rejection;
use crate::relay::Relay;

/// §12: a binding lasts 10 minutes unless refreshed.
pub(crate) const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);
/// §12: how long number and peer of an expired binding stay reserved for each other.
pub(crate) const COOLING: Duration = Duration::from_secs(300);

impl Relay {
    /// Binds a number to a peer, or refreshes the binding, and installs the permission that goes with it
    /// (§9). Repeating the request is harmless (§5).
    ///
    /// # Errors
    /// 400 if number or peer is missing or malformed, the number is outside 0x4000..=0x4FFF, or either side
    /// is bound or cooling elsewhere; 403 if the peer is no live allocation of the same room; 508 if the
    /// allocation has its fill of channels.
    pub(crate) fn channel_bind(
        &mut self,
        now: Instant,
        id: FlowId,
        request: &Message<'_>,
    ) -> Result<Success, Rejection> {
        let number = request
            .first(attribute::CHANNEL_NUMBER)
            .ok_or(Rejection::BadRequest)?;
        let [n0, n1, _, _] = word(number)?;
        let number = ChannelNumber::new(u16::from_be_bytes([n0, n1])).ok_or(Rejection::BadRequest)?;
        let peer = request
            .first(attribute::XOR_PEER_ADDRESS)
            .ok_or(Rejection::BadRequest)?;
        let peer = xor_address(peer, &request.transaction).ok_or(Rejection::BadRequest)?;
        let peer = self.virtual_port(peer)?;

        let allocation = self.allocations.get(id).ok_or(Rejection::AllocationMismatch)?;
        let slot = free_slot(&allocation.channels, now, number, peer)?;
        // The same answer for a dead number and for another room's: nothing is told.
        let is_roommate = self
            .allocations
            .by_port(peer)
            .is_some_and(|other| other.room == allocation.room);
        if !is_roommate {
            return Err(Rejection::Forbidden);
        }
        if slot >= self.config.channels_per_allocation {
            return Err(Rejection::InsufficientCapacity);
        }
        let channel = Channel {
            number,
            peer,
            until: now + CHANNEL_LIFETIME,
        };
        if let Some(allocation) = self.allocations.get_mut(id) {
            match allocation.channels.get_mut(slot) {
                Some(place) => *place = channel,
                None => allocation.channels.push(channel),
            }
        }
        self.change(Change::Bound { id, slot, channel });
        self.permit(now, id);
        Ok(Success::Done)
    }
}

/// Where the binding belongs: its own place if it exists, else one that has cooled off, else a new one.
///
/// # Errors
/// 400 if number or peer is taken by another binding.
fn free_slot(
    channels: &[Channel],
    now: Instant,
    number: ChannelNumber,
    peer: u16,
) -> Result<usize, Rejection> {
    let mut cooled = None;
    for (slot, channel) in channels.iter().enumerate() {
        if channel.until + COOLING <= now {
            cooled = cooled.or(Some(slot));
            continue;
        }
        match (channel.number == number, channel.peer == peer) {
            (true, true) => return Ok(slot),
            (true, false) | (false, true) => return Err(Rejection::BadRequest),
            (false, false) => {}
        }
    }
    Ok(cooled.unwrap_or(channels.len()))
}
