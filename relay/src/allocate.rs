//! Allocate (RFC 8656 §7.2) as a checklist, in the RFC's order.
//!
//! Relayed addresses are numbers of one virtual IPv4 address, so there is nothing to open. Everybody gets
//! IPv4 unless another family is asked for by name: browsers ask for none, and pair candidates by the family
//! they get. A mobility ticket, a reservation or DONT-FRAGMENT are not to be had here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parlour_credentials::SeatId;

use crate::address::FiveTuple;
use crate::allocations::Allocation;
use crate::answer::Success;
use crate::attribute;
use crate::budget::{Bucket, Budgets};
use crate::channels::Channels;
use crate::flows::{Change, FlowId};
use crate::message::Message;
use crate::rejection::Rejection;
use crate::relay::{Relay, Stream};

/// RFC 8656 §18.8: the protocol number of UDP.
const UDP: u8 = 17;
/// RFC 8656 §18.6.
pub(crate) const IPV4: u8 = 0x01;
pub(crate) const IPV6: u8 = 0x02;

impl Relay {
    /// Makes an allocation for `from`, or answers a retransmission with the first answer again (§5).
    ///
    /// # Errors
    /// 437 if the 5-tuple has an allocation already; 400, 440, 442 and 508 for what is asked; 486 if the seat
    /// has its fill, 508 if the server has, or is about to end.
    pub(crate) fn allocate(
        &mut self,
        now: Instant,
        from: FiveTuple,
        request: &Message<'_>,
        seat: SeatId,
    ) -> Result<Success, Rejection> {
        if let Some(first) = self.existing(now, &from, request, seat)? {
            return Ok(first);
        }
        let wishes = Wishes::read(request, &[IPV4])?;
        if self.allocations.deadlines.is_draining() {
            return Err(Rejection::InsufficientCapacity);
        }
        self.make_room_in_quota(now, seat)?;
        if self.allocations.len() >= self.config.allocations_per_server {
            return Err(Rejection::InsufficientCapacity);
        }
        let port = self
            .ports
            .draw(now, &mut self.rng, wishes.even)
            .ok_or(Rejection::InsufficientCapacity)?;
        self.open(now, from, request, seat, port)?;
        Ok(self.allocated(
            port,
            self.config.allocation_lifetime,
            &from,
            wishes.additional_ipv6,
        ))
    }

    /// What the 5-tuple's present allocation means for another Allocate. One in its grace has ended for the
    /// client, so it gives way.
    fn existing(
        &mut self,
        now: Instant,
        from: &FiveTuple,
        request: &Message<'_>,
        seat: SeatId,
    ) -> Result<Option<Success>, Rejection> {
        let Some(id) = self.allocations.by_tuple(from) else {
            return Ok(None);
        };
        let Some(existing) = self.allocations.get(id) else {
            return Ok(None);
        };
        if existing.transaction == request.transaction && existing.seat == seat {
            let (port, granted) = (existing.port, existing.granted);
            let wishes = Wishes::read(request, &[IPV4])?;
            return Ok(Some(self.allocated(port, granted, from, wishes.additional_ipv6)));
        }
        if now < existing.expires {
            return Err(Rejection::AllocationMismatch);
        }
        self.end(now, id, Stream::Leave);
        Ok(None)
    }

    /// Checks the seat's quota, which grows with its room. A full seat loses its longest silent allocation,
    /// if one has been silent long enough: a browser cannot free what it had behind another NAT mapping.
    fn make_room_in_quota(&mut self, now: Instant, id: SeatId) -> Result<(), Rejection> {
        let Some(seat) = self.seats.get(id) else {
            return Err(Rejection::Unauthorized);
        };
        if self.ports.resting_of(now, &id) >= self.config.quarantined_per_seat {
            return Err(Rejection::QuotaReached);
        }
        let others = self.seats.members(seat.room).saturating_sub(1).max(1);
        if seat.allocations.len() < self.config.allocations_per_peer.saturating_mul(others) {
            return Ok(());
        }
        let silent = self
            .longest_silent(now, &seat.allocations)
            .ok_or(Rejection::QuotaReached)?;
        self.stats.retired += 1;
        self.end(now, silent, Stream::Close);
        Ok(())
    }

    fn longest_silent(&self, now: Instant, ids: &[FlowId]) -> Option<FlowId> {
        let heard = |id: &FlowId| self.allocations.get(*id).map(Allocation::last_heard);
        let (last_heard, id) = ids.iter().filter_map(|id| Some((heard(id)?, *id))).min()?;
        (last_heard + self.config.silent_after <= now).then_some(id)
    }

    fn open(
        &mut self,
        now: Instant,
        tuple: FiveTuple,
        request: &Message<'_>,
        id: SeatId,
        port: u16,
    ) -> Result<(), Rejection> {
        let Some(seat) = self.seats.get(id) else {
            return Err(Rejection::Unauthorized);
        };
        let room = seat.room;
        let bandwidth = Arc::new(Bucket::new(
            now,
            self.config.bits_per_allocation,
            self.config.burst_per_allocation,
        ));
        let budgets = Budgets {
            allocation: Arc::clone(&bandwidth),
            share: Arc::clone(&seat.share),
            room: self.seats.budget(room).ok_or(Rejection::InsufficientCapacity)?,
        };
        let granted = self.config.allocation_lifetime;
        let expires = now + granted;
        let dies = expires + self.config.allocation_grace;
        let flow = self.allocations.insert(Allocation {
            tuple,
            port,
            seat: id,
            room,
            transaction: request.transaction,
            granted,
            expires,
            dies,
            channels: Channels::default(),
            bandwidth,
            last_request: now,
        });
        if let Some(seat) = self.seats.get_mut(id) {
            seat.allocations.push(flow);
        }
        self.stats.opened += 1;
        self.stats.allocations = self.allocations.len();
        self.change(Change::Opened {
            id: flow,
            tuple,
            port,
            room,
            dies,
            budgets,
        });
        Ok(())
    }

    fn allocated(&self, port: u16, lifetime: Duration, from: &FiveTuple, refuses_ipv6: bool) -> Success {
        Success::Allocated {
            relayed: SocketAddr::from((self.config.relayed_ip, port)),
            lifetime,
            mapped: from.client,
            refuses_ipv6,
        }
    }
}

/// What the request asks for, as far as it can be had.
pub(crate) struct Wishes {
    pub(crate) family: u8,
    pub(crate) even: bool,
    pub(crate) additional_ipv6: bool,
}

impl Wishes {
    /// Steps 3 to 9 of §7.2. `families` are those that can be had, the default first. LIFETIME is read for its
    /// form only: what is asked above the maximum is cut, and what is asked below the default is raised to it,
    /// and both are the same here.
    pub(crate) fn read(request: &Message<'_>, families: &[u8]) -> Result<Self, Rejection> {
        let transport = request
            .first(attribute::REQUESTED_TRANSPORT)
            .ok_or(Rejection::BadRequest)?;
        if word(transport)?.first() != Some(&UDP) {
            return Err(Rejection::UnsupportedTransport);
        }
        request.first(attribute::LIFETIME).map(word).transpose()?;
        let even_port = request.first(attribute::EVEN_PORT);
        let family = request
            .first(attribute::REQUESTED_ADDRESS_FAMILY)
            .map(word)
            .transpose()?;
        let additional = request
            .first(attribute::ADDITIONAL_ADDRESS_FAMILY)
            .map(word)
            .transpose()?;
        if request.first(attribute::RESERVATION_TOKEN).is_some() {
            let alone = even_port.is_none() && family.is_none() && additional.is_none();
            // No token of ours exists, so none is valid.
            return Err(if alone {
                Rejection::InsufficientCapacity
            } else {
                Rejection::BadRequest
            });
        }
        if family.is_some() && additional.is_some() {
            return Err(Rejection::BadRequest);
        }
        let family = match (family, families) {
            (Some([asked, ..]), _) if families.contains(&asked) => asked,
            (None, [first, ..]) => *first,
            (Some(_), _) | (None, []) => return Err(Rejection::AddressFamilyNotSupported),
        };
        // Only IPv6 can be additional, since IPv4 comes anyway.
        if additional.is_some_and(|[family, ..]| family != IPV6) {
            return Err(Rejection::BadRequest);
        }
        let even = match even_port {
            None => false,
            Some(&[flags]) if flags & 0x80 == 0 => true,
            Some([_]) if additional.is_some() => return Err(Rejection::BadRequest),
            Some([_]) => return Err(Rejection::InsufficientCapacity),
            Some(_) => return Err(Rejection::BadRequest),
        };
        Ok(Self {
            family,
            even,
            additional_ipv6: additional.is_some(),
        })
    }
}

/// An attribute of four bytes.
///
/// # Errors
/// 400 if it has more or fewer.
pub(crate) fn word(value: &[u8]) -> Result<[u8; 4], Rejection> {
    value.try_into().map_err(|_| Rejection::BadRequest)
}
