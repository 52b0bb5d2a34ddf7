//! From a packet to an answer.
//!
//! `reception` sorts and authenticates; what is granted goes on to `allocate`, `refresh`, `permission` and
//! `channel`; how an answer is written stands in `answer`.

use std::time::Instant;

use parlour_credentials::SeatId;

use crate::address::FiveTuple;
use crate::answer::{self, Success};
use crate::auth::seat_of;
use crate::dropped::Dropped;
use crate::message::{Message, Method};
use crate::reception::{self, Admission};
use crate::rejection::Rejection;
use crate::relay::{Output, Relay};

impl Relay {
    /// What [`Relay::handle_client`] does, with the reason if it does nothing.
    pub(crate) fn try_handle_client(
        &mut self,
        now: Instant,
        from: FiveTuple,
        packet: &[u8],
    ) -> Result<(), Dropped> {
        let request = reception::read(&from, packet)?;
        let bytes = match request.method {
            Method::Binding => self.reception.binding(now, &from, &request)?,
            Method::Send => return Err(Dropped::UnknownMethod),
            Method::Allocate | Method::Refresh | Method::CreatePermission | Method::ChannelBind => {
                self.authenticated(now, from, &request)?
            }
        };
        self.outputs.push_back(Output::Transmit { to: from, bytes });
        Ok(())
    }

    /// Every request but Binding: authentication first (RFC 8656 §5), then what is asked.
    fn authenticated(
        &mut self,
        now: Instant,
        from: FiveTuple,
        request: &Message<'_>,
    ) -> Result<Vec<u8>, Dropped> {
        let begins = request.method == Method::Allocate && !self.has_allocation(&from);
        let (credentials, seats) = (&self.credentials, &self.seats);
        let admission = self
            .reception
            .authenticate(now, &from, request, begins, |realm, claim| {
                seat_of(claim, request, realm, credentials, seats)
            });
        self.stats.challenges = self.reception.challenges;
        let (seat, signer) = match admission? {
            Admission::Granted(seat, signer) => (seat, signer),
            Admission::Refused(answer) => return Ok(answer),
        };
        self.reception.refund(now, &from);
        if !self.seats.admit_request(now, seat) {
            return Err(Dropped::RequestLimit);
        }
        let result = self.fulfil(now, from, request, seat);
        match &result {
            Ok(_) => self.stats.successes += 1,
            Err(_) => self.stats.rejections += 1,
        }
        Ok(answer::signed(request, result, &signer))
    }

    fn fulfil(
        &mut self,
        now: Instant,
        from: FiveTuple,
        request: &Message<'_>,
        seat: SeatId,
    ) -> Result<Success, Rejection> {
        let unknown = request.unknown_attributes();
        if !unknown.is_empty() {
            return Err(Rejection::UnknownAttributes(unknown));
        }
        if request.method == Method::Allocate {
            return self.allocate(now, from, request, seat);
        }
        // RFC 8656 §5: whatever else is asked, there must be an allocation, and of this user.
        let id = self
            .allocations
            .by_tuple(&from)
            .ok_or(Rejection::AllocationMismatch)?;
        let allocation = self
            .allocations
            .get_mut(id)
            .ok_or(Rejection::AllocationMismatch)?;
        if allocation.seat != seat {
            return Err(Rejection::WrongCredentials);
        }
        allocation.last_request = now;
        match request.method {
            Method::Refresh => self.refresh(now, id, request),
            Method::CreatePermission => self.create_permission(now, id, request),
            Method::ChannelBind => self.channel_bind(now, id, request),
            Method::Binding | Method::Allocate | Method::Send => unreachable!("sorted out above"),
        }
    }
}
