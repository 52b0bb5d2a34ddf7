//! ChannelBind (RFC 8656 §12.2).
//!
//! A channel names a peer by a 16-bit number so that media needs four bytes of header. How long bindings last and
//! cool stands in `channels`; payloads are not handled here, see `flows`.

use std::net::SocketAddr;
use std::time::Instant;

use crate::allocate::word;
use crate::answer::Success;
use crate::attribute;
use crate::channel_data::ChannelNumber;
use crate::channels::Channel;
use crate::flows::{Change, FlowId};
use crate::message::{Message, xor_address};
use crate::rejection::Rejection;
use crate::relay::Relay;

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
        let (number, peer) = number_and_peer(request)?;
        let peer = self.virtual_port(peer)?;
        let allocation = self.allocations.get(id).ok_or(Rejection::AllocationMismatch)?;
        let place = allocation.channels.place_for(now, number, peer)?;
        // The same answer for a dead number and for another room's: nothing is told.
        let is_roommate = self
            .allocations
            .by_port(peer)
            .is_some_and(|other| other.room == allocation.room);
        if !is_roommate {
            return Err(Rejection::Forbidden);
        }
        if place >= self.config.channels_per_allocation {
            return Err(Rejection::InsufficientCapacity);
        }
        let channel = Channel::new(now, number, peer);
        if let Some(allocation) = self.allocations.get_mut(id) {
            allocation.channels.put(place, channel);
        }
        self.change(Change::Bound { id, place, channel });
        self.permit(now, id);
        Ok(Success::Done)
    }
}

/// What a ChannelBind is about.
///
/// # Errors
/// 400 if either is missing or malformed, or the number is outside 0x4000..=0x4FFF.
pub(crate) fn number_and_peer(request: &Message<'_>) -> Result<(ChannelNumber, SocketAddr), Rejection> {
    let number = request
        .first(attribute::CHANNEL_NUMBER)
        .ok_or(Rejection::BadRequest)?;
    let [n0, n1, _, _] = word(number)?;
    let number = ChannelNumber::new(u16::from_be_bytes([n0, n1])).ok_or(Rejection::BadRequest)?;
    let peer = request
        .first(attribute::XOR_PEER_ADDRESS)
        .ok_or(Rejection::BadRequest)?;
    let peer = xor_address(peer, &request.transaction).ok_or(Rejection::BadRequest)?;
    Ok((number, peer))
}
