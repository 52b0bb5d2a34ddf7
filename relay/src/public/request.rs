//! From a packet to an answer, in the public relay.

use std::time::Instant;

use parlour_credentials::{ExpiringName, SharedSecrets};

use crate::address::FiveTuple;
use crate::answer::{self, Success};
use crate::auth::{Claim, Signer};
use crate::dropped::Dropped;
use crate::message::Message;
use crate::public::allocations::{AllocationId, Table, User};
use crate::public::machine::{Output, PublicRelay};
use crate::reception::{Admission, Asked, Changed, Received};
use crate::rejection::Rejection;

impl PublicRelay {
    /// One STUN message that is no Send indication, with the reason if nothing comes of it.
    pub(crate) fn control(&mut self, now: Instant, from: FiveTuple, packet: &[u8]) -> Result<(), Dropped> {
        let answer = match self.reception.receive(now, &from, packet)? {
            Received::Answered(bytes) => Some(bytes),
            Received::Request(asked, request) => self.authenticated(now, from, asked, &request)?,
        };
        if let Some(bytes) = answer {
            self.outputs.push_back(Output::Transmit { to: from, bytes });
        }
        Ok(())
    }

    /// Authentication first (RFC 8656 §5), then what is asked. `None`: the answer comes when the socket is bound.
    fn authenticated(
        &mut self,
        now: Instant,
        from: FiveTuple,
        asked: Asked,
        request: &Message<'_>,
    ) -> Result<Option<Vec<u8>>, Dropped> {
        let begins = asked == Asked::Allocate && !self.has_allocation(&from);
        let (secrets, table) = (&self.secrets, &self.table);
        let admission = self
            .reception
            .authenticate(now, &from, request, begins, |realm, claim| {
                user_of(claim, request, realm, secrets)
                    .filter(|(user, name, _)| {
                        !secrets.has_expired(now, name) || holds(table, &from, asked, user)
                    })
                    .map(|(user, _, key)| (user, key))
            });
        self.stats.challenges = self.reception.challenges;
        let (user, signer) = match admission? {
            Admission::Granted(user, signer) => (user, signer),
            Admission::Refused(answer) => return Ok(Some(answer)),
        };
        self.pace(now, &from, &user)?;
        let result = self.fulfil(now, from, asked, request, user, &signer).transpose();
        Ok(result.map(|result| {
            self.stats.count(&result);
            answer::signed(request, result, &signer)
        }))
    }

    /// Users with allocations have a pace of their own; all others share that of their address.
    fn pace(&mut self, now: Instant, from: &FiveTuple, user: &User) -> Result<(), Dropped> {
        let nanos = now.saturating_duration_since(self.epoch).as_nanos();
        let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
        match self.table.accounts.get_mut(user) {
            Some(account) => {
                self.reception.refund(now, from);
                account.requests_full_at = self
                    .request_pace
                    .take(account.requests_full_at, nanos)
                    .ok_or(Dropped::RequestLimit)?;
                Ok(())
            }
            None => self.reception.admit_stranger(now, from),
        }
    }

    fn fulfil(
        &mut self,
        now: Instant,
        from: FiveTuple,
        asked: Asked,
        request: &Message<'_>,
        user: User,
        signer: &Signer,
    ) -> Result<Option<Success>, Rejection> {
        request.refuse_unknown_attributes()?;
        let changed = match asked {
            Asked::Allocate => return self.allocate(now, from, request, user, signer),
            Asked::Change(changed) => changed,
        };
        let id = self.allocation_of(&from, &user)?;
        let success = match changed {
            Changed::Lifetime => self.refresh(now, id, request),
            Changed::Permission => self.create_permission(now, id, request),
            Changed::Channel => self.channel_bind(now, id, request),
        };
        success.map(Some)
    }

    /// RFC 8656 §5: whatever else is asked, there must be an allocation, and of this user.
    fn allocation_of(&self, from: &FiveTuple, user: &User) -> Result<AllocationId, Rejection> {
        let id = self.table.by_tuple(from).ok_or(Rejection::AllocationMismatch)?;
        let allocation = self.table.get(id).ok_or(Rejection::AllocationMismatch)?;
        if !allocation.is_live() {
            return Err(Rejection::AllocationMismatch);
        }
        if allocation.user != *user {
            return Err(Rejection::WrongCredentials);
        }
        Ok(id)
    }
}

/// A call must not end because it lasts longer than its credential: an expired one still serves the allocation
/// that was made with it, and nothing else.
fn holds(table: &Table, from: &FiveTuple, asked: Asked, user: &User) -> bool {
    let held = table.by_tuple(from).and_then(|id| table.get(id));
    asked != Asked::Allocate && held.is_some_and(|allocation| allocation.user == *user)
}

/// Whose claim this is, among all applications. Names of no meaning and wrong passwords cost the same work as right
/// ones and end in the same answer.
fn user_of<'a>(
    claim: &Claim<'a>,
    request: &Message<'_>,
    realm: &str,
    secrets: &SharedSecrets,
) -> Option<(User, ExpiringName<'a>, Vec<u8>)> {
    let username = claim.username.and_then(|name| std::str::from_utf8(name).ok());
    let name = username.and_then(ExpiringName::parse);
    let spoken = name.and(username).unwrap_or("0");
    let mut found = None;
    for (application, password) in secrets.passwords(spoken) {
        let key = claim.key(spoken, realm, &password);
        if claim.is_signed_with(request, &key) {
            found = Some((application, key));
        }
    }
    let ((application, key), name) = (found?, name?);
    let user = User {
        application,
        name: name.name.unwrap_or(spoken).into(),
    };
    Some((user, name, key))
}
