//! The public relay's table of allocations and of the users who have them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parlour_credentials::ApplicationId;

use crate::address::FiveTuple;
use crate::auth::Signer;
use crate::budget::{Bucket, Budgets};
use crate::channels::Channels;
use crate::deadlines::Deadlines;
use crate::hash::FastMap;
use crate::message::TransactionId;

/// Names an allocation and its relay socket. Never used twice, so that a socket's last packets cannot be taken
/// for a newcomer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AllocationId(pub(crate) u64);

/// Who quotas are kept for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct User {
    pub(crate) application: ApplicationId,
    /// The name behind the expiry, or the whole user name: the same person with a newer credential.
    pub(crate) name: Box<str>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("User(..)")
    }
}

#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) tuple: FiveTuple,
    /// As clients and peers see it.
    pub(crate) relayed: SocketAddr,
    pub(crate) user: User,
    /// The Allocate that made it, to know its retransmissions (RFC 8656 §5).
    pub(crate) transaction: TransactionId,
    pub(crate) granted: Duration,
    pub(crate) expires: Instant,
    pub(crate) dies: Instant,
    pub(crate) state: State,
    /// RFC 8656 §9: per address. Expired ones make room when a new one comes.
    pub(crate) permissions: Vec<(IpAddr, Instant)>,
    pub(crate) channels: Channels<SocketAddr>,
    pub(crate) budgets: Budgets,
}

#[derive(Debug)]
pub(crate) enum State {
    /// The shell has been asked for a socket; then the request is answered.
    Binding {
        /// The Allocate as it came.
        packet: Vec<u8>,
        signer: Signer,
        attempts: u8,
        even: bool,
    },
    Live,
}

impl Allocation {
    pub(crate) fn permits(&self, now: Instant, ip: IpAddr) -> bool {
        self.permissions
            .iter()
            .any(|(known, until)| *known == ip && now < *until)
    }
}

/// A user with allocations; forgotten with the last one.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) allocations: usize,
    /// Measures the user's share of the whole relay's bandwidth.
    pub(crate) share: Arc<Bucket>,
    /// State of the pace of requests.
    pub(crate) requests_full_at: u64,
}

/// The table. Its size is bounded by the quotas of whoever inserts.
#[derive(Debug, Default)]
pub(crate) struct Table {
    next: u64,
    by_id: FastMap<AllocationId, Allocation>,
    by_tuple: FastMap<FiveTuple, AllocationId>,
    by_relayed: BTreeMap<SocketAddr, AllocationId>,
    pub(crate) deadlines: Deadlines<AllocationId>,
    pub(crate) accounts: BTreeMap<User, Account>,
    of_application: BTreeMap<ApplicationId, usize>,
}

impl Table {
    /// Inserts an allocation whose 5-tuple and relayed address no other one has, for a user with an account.
    pub(crate) fn insert(&mut self, allocation: Allocation) -> AllocationId {
        let id = AllocationId(self.next);
        self.next += 1;
        if let Some(account) = self.accounts.get_mut(&allocation.user) {
            account.allocations += 1;
        }
        *self
            .of_application
            .entry(allocation.user.application.clone())
            .or_default() += 1;
        self.by_tuple.insert(allocation.tuple, id);
        self.by_relayed.insert(allocation.relayed, id);
        self.deadlines.insert(allocation.dies, id);
        self.by_id.insert(id, allocation);
        id
    }

    pub(crate) fn remove(&mut self, id: AllocationId) -> Option<Allocation> {
        let allocation = self.by_id.remove(&id)?;
        self.by_tuple.remove(&allocation.tuple);
        self.by_relayed.remove(&allocation.relayed);
        self.deadlines.remove(allocation.dies, id);
        if let Some(account) = self.accounts.get_mut(&allocation.user) {
            account.allocations -= 1;
            if account.allocations == 0 {
                self.accounts.remove(&allocation.user);
            }
        }
        if let Some(count) = self.of_application.get_mut(&allocation.user.application) {
            *count -= 1;
            if *count == 0 {
                self.of_application.remove(&allocation.user.application);
            }
        }
        Some(allocation)
    }

    /// Moves the end of life.
    pub(crate) fn extend(&mut self, id: AllocationId, expires: Instant, dies: Instant) {
        if let Some(allocation) = self.by_id.get_mut(&id) {
            self.deadlines.remove(allocation.dies, id);
            self.deadlines.insert(dies, id);
            (allocation.expires, allocation.dies) = (expires, dies);
        }
    }

    /// Gives the allocation another relayed address; returns the one it had.
    pub(crate) fn move_to(&mut self, id: AllocationId, relayed: SocketAddr) -> Option<SocketAddr> {
        let allocation = self.by_id.get_mut(&id)?;
        let old = std::mem::replace(&mut allocation.relayed, relayed);
        self.by_relayed.remove(&old);
        self.by_relayed.insert(relayed, id);
        Some(old)
    }

    pub(crate) fn by_tuple(&self, tuple: &FiveTuple) -> Option<AllocationId> {
        self.by_tuple.get(tuple).copied()
    }

    pub(crate) fn by_relayed(&self, relayed: SocketAddr) -> Option<AllocationId> {
        self.by_relayed.get(&relayed).copied()
    }

    pub(crate) fn get(&self, id: AllocationId) -> Option<&Allocation> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: AllocationId) -> Option<&mut Allocation> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn of_application(&self, application: &ApplicationId) -> usize {
        self.of_application.get(application).copied().unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.deadlines.len()
    }

    /// Whether all indexes say the same.
    pub(crate) fn indexes_agree(&self) -> bool {
        let found = self.by_id.iter().all(|(id, allocation)| {
            self.by_tuple(&allocation.tuple) == Some(*id)
                && self.by_relayed(allocation.relayed) == Some(*id)
                && self.deadlines.contains(allocation.dies, *id)
                && self.accounts.contains_key(&allocation.user)
        });
        let sizes = [self.by_tuple.len(), self.by_relayed.len(), self.deadlines.len()];
        let owned: usize = self.accounts.values().map(|account| account.allocations).sum();
        let counted: usize = self.of_application.values().sum();
        found && sizes == [self.by_id.len(); 3] && [owned, counted] == [self.by_id.len(); 2]
    }
}
