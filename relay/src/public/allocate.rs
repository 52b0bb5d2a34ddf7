//! Allocate and Refresh (RFC 8656 §7.2, §8.2) in the public relay.
//!
//! An allocation begins as a wish for a socket: the shell is asked to bind it, and the request is answered when
//! that is done. A request that is repeated in between is silently the same one.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use crate::address::FiveTuple;
use crate::allocate::{IPV4, IPV6, Wishes};
use crate::answer::{self, Success};
use crate::auth::Signer;
use crate::budget::{Bucket, Budgets};
use crate::channels::Channels;
use crate::message::Message;
use crate::public::allocations::{Account, Allocation, AllocationId, State, User};
use crate::public::machine::{Output, PublicRelay};
use crate::refresh::asks_to_end;
use crate::rejection::Rejection;
use crate::relay::Stream;

impl PublicRelay {
    /// Asks for a socket, or answers a retransmission with the first answer again (§5).
    ///
    /// # Errors
    /// As in the closed relay: 437, 400, 440, 442, 486, 508.
    pub(crate) fn allocate(
        &mut self,
        now: Instant,
        from: FiveTuple,
        request: &Message<'_>,
        user: User,
        signer: &Signer,
    ) -> Result<Option<Success>, Rejection> {
        if let Some(id) = self.table.by_tuple(&from)
            && let Some(existing) = self.table.get(id)
        {
            let repeated = existing.transaction == request.transaction && existing.user == user;
            match (repeated, existing.is_live()) {
                (true, false) => return Ok(None),
                (true, true) => return self.allocated(id, request).map(Some),
                (false, _) if now < existing.expires => return Err(Rejection::AllocationMismatch),
                (false, _) => self.end(now, id, Stream::Leave),
            }
        }
        let wishes = Wishes::read(request, &self.families())?;
        if self.table.deadlines.is_draining() || self.table.len() >= self.config.allocations_per_server {
            return Err(Rejection::InsufficientCapacity);
        }
        self.check_quota(now, &user)?;
        let relayed = self.draw(now, wishes.family == IPV4, wishes.even)?;
        let budgets = self.budgets(now, &user);
        let granted = self.config.base.allocation_lifetime;
        let expires = now + granted;
        let id = self.table.insert(Allocation {
            tuple: from,
            relayed,
            user,
            transaction: request.transaction,
            granted,
            expires,
            dies: expires + self.config.base.allocation_grace,
            state: State::Binding {
                packet: request.bytes().to_vec(),
                signer: signer.clone(),
                attempts: 1,
                even: wishes.even,
            },
            permissions: Vec::new(),
            channels: Channels::default(),
            budgets,
        });
        self.note_changes();
        self.outputs.push_back(Output::Bind { id, wanted: relayed });
        Ok(None)
    }

    /// What became of [`Output::Bind`]. On success the client gets its answer; otherwise another port is tried, a
    /// few times, and then the client gets 508.
    pub fn handle_bound(&mut self, now: Instant, id: AllocationId, is_bound: bool) {
        let Some(allocation) = self.table.get_mut(id) else {
            return;
        };
        let State::Binding { attempts, even, .. } = &mut allocation.state else {
            return;
        };
        let (from, even, tried) = (allocation.tuple, *even, *attempts);
        if !is_bound && tried < self.config.bind_attempts {
            *attempts += 1;
            let is_v4 = allocation.relayed.is_ipv4();
            if let Ok(wanted) = self.draw(now, is_v4, even) {
                self.retry(now, id, wanted);
                return;
            }
        }
        let Some(allocation) = self.table.get_mut(id) else {
            return;
        };
        let State::Binding { packet, signer, .. } = std::mem::replace(&mut allocation.state, State::Live)
        else {
            return;
        };
        let Ok(request) = Message::parse(&packet) else {
            return;
        };
        let result = if is_bound {
            self.stats.opened += 1;
            self.stats.successes += 1;
            self.allocated(id, &request)
        } else {
            self.stats.rejections += 1;
            self.end(now, id, Stream::Leave);
            Err(Rejection::InsufficientCapacity)
        };
        let bytes = answer::signed(&request, result, &signer);
        self.outputs.push_back(Output::Transmit { to: from, bytes });
    }

    /// Gives the allocation a whole lifetime from `now`, or deletes it if LIFETIME is zero.
    ///
    /// # Errors
    /// 400 for a malformed attribute, 443 for another family than the allocation's.
    pub(crate) fn refresh(
        &mut self,
        now: Instant,
        id: AllocationId,
        request: &Message<'_>,
    ) -> Result<Success, Rejection> {
        let relayed = self.table.get(id).ok_or(Rejection::AllocationMismatch)?.relayed;
        if asks_to_end(request, if relayed.is_ipv4() { IPV4 } else { IPV6 })? {
            self.end(now, id, Stream::Leave);
            return Ok(Success::DELETED);
        }
        let lifetime = self.config.base.allocation_lifetime;
        let expires = now + lifetime;
        self.table
            .extend(id, expires, expires + self.config.base.allocation_grace);
        Ok(Success::Refreshed { lifetime })
    }

    fn allocated(&self, id: AllocationId, request: &Message<'_>) -> Result<Success, Rejection> {
        let allocation = self.table.get(id).ok_or(Rejection::AllocationMismatch)?;
        Ok(Success::Allocated {
            relayed: allocation.relayed,
            lifetime: allocation.granted,
            mapped: allocation.tuple.client,
            refuses_ipv6: Wishes::read(request, &self.families())?.additional_ipv6,
        })
    }

    fn check_quota(&mut self, now: Instant, user: &User) -> Result<(), Rejection> {
        let held = self
            .table
            .accounts
            .get(user)
            .map_or(0, |account| account.allocations);
        let rest = self.config.base.quarantined_per_seat;
        let resting = [&mut self.ports_v4, &mut self.ports_v6].map(|ports| ports.resting_of(now, user));
        if held >= self.config.allocations_per_user
            || self.table.of_application(&user.application) >= self.config.allocations_per_application
            || resting.iter().sum::<usize>() >= rest
        {
            return Err(Rejection::QuotaReached);
        }
        Ok(())
    }

    fn budgets(&mut self, now: Instant, user: &User) -> Budgets {
        let base = &self.config.base;
        let account = self
            .table
            .accounts
            .entry(user.clone())
            .or_insert_with(|| Account {
                allocations: 0,
                share: Arc::new(Bucket::new(now, base.bits_per_room, base.burst_per_room)),
                requests_full_at: 0,
            });
        let share = Arc::clone(&account.share);
        Budgets {
            allocation: Arc::new(Bucket::new(
                now,
                base.bits_per_allocation,
                base.burst_per_allocation,
            )),
            share,
            room: Arc::clone(&self.bandwidth),
        }
    }

    fn draw(&mut self, now: Instant, is_v4: bool, even: bool) -> Result<SocketAddr, Rejection> {
        let ip = if is_v4 {
            self.config.external_ipv4.map(IpAddr::V4)
        } else {
            self.config.external_ipv6.map(IpAddr::V6)
        };
        let ip = ip.ok_or(Rejection::AddressFamilyNotSupported)?;
        let (ports, rng) = self.pool(is_v4);
        let port = ports
            .draw(now, rng, even)
            .ok_or(Rejection::InsufficientCapacity)?;
        Ok(SocketAddr::new(ip, port))
    }

    /// Tries another port; the refused one rests, charged to nobody's quota but its user's.
    fn retry(&mut self, now: Instant, id: AllocationId, wanted: SocketAddr) {
        let user = self.table.get(id).map(|allocation| allocation.user.clone());
        if let (Some(old), Some(user)) = (self.table.move_to(id, wanted), user) {
            self.pool(old.is_ipv4()).0.rest(now, old.port(), user);
            self.outputs.push_back(Output::Bind { id, wanted });
        }
    }
}

impl Allocation {
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, State::Live)
    }
}
