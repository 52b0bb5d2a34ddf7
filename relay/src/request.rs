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
use crate::message::Message;
use crate::reception::{Admission, Asked, Changed, Received};
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
        let bytes = match self.reception.receive(now, &from, packet)? {
            Received::Answered(bytes) => bytes,
            Received::Request(asked, request) => self.authenticated(now, from, asked, &request)?,
        };
        self.outputs.push_back(Output::Transmit { to: from, bytes });
        Ok(())
    }

    /// Authentication first (RFC 8656 §5), then what is asked.
    fn authenticated(
        &mut self,
        now: Instant,
        from: FiveTuple,
        asked: Asked,
        request: &Message<'_>,
    ) -> Result<Vec<u8>, Dropped> {
        let begins = asked == Asked::Allocate && !self.has_allocation(&from);
        let (credentials, seats) = (&self.credentials, &self.seats);
        let admission = self
            .reception
            .authenticate(now, &from, request, begins, |realm, claim| {
                seat_of(claim, request, realm, credentials, seats)
            });
        self.stats.challenges = self.reception.challenges;
        self.stats.stale_nonces = self.reception.stale_nonces;
        let (seat, signer) = match admission? {
            Admission::Granted(seat, signer) => (seat, signer),
            Admission::Refused(answer) => return Ok(answer),
        };
        self.reception.refund(now, &from);
        if !self.seats.admit_request(now, seat) {
            return Err(Dropped::RequestLimit);
        }
        let result = self.fulfil(now, from, asked, request, seat);
        self.stats.count(&result);
        if result.is_ok() {
            self.stats.count_renewal(asked);
        }
        Ok(answer::signed(request, result, &signer))
    }

    fn fulfil(
        &mut self,
        now: Instant,
        from: FiveTuple,
        asked: Asked,
        request: &Message<'_>,
        seat: SeatId,
    ) -> Result<Success, Rejection> {
        request.refuse_unknown_attributes()?;
        let changed = match asked {
            Asked::Allocate => return self.allocate(now, from, request, seat),
            Asked::Change(changed) => changed,
        };
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
        match changed {
            Changed::Lifetime => self.refresh(now, id, request),
            Changed::Permission => self.create_permission(now, id, request),
            Changed::Channel => self.channel_bind(now, id, request),
        }
    }
}
