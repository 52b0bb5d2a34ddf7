//! The states of one room: those of which none dominates another, and the strictest of all of them (seal, section 2).
//!
//! Two host devices may issue rules at once, and one may be slow to hear of the other. Until a host issues rules that
//! dominate both, all count. What the server enforces of them is in `membership`.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::Spk;
use crate::message::SignedState;
use crate::state::{Door, Link, Mode, State};

/// Most states held. Of more, those with the greatest hashes stay, and the removals of all.
const MOST: usize = 4;
/// Most removals remembered of states that were given up.
const MOST_REMOVED: usize = 512;

#[derive(Default)]
pub(crate) struct StateSet {
    /// Greatest hash first.
    held: Vec<State>,
    given_up: Option<GivenUp>,
}

/// States beyond [`MOST`]: whom they removed, until rules come that dominate them.
struct GivenUp {
    clock: BTreeMap<String, u64>,
    removed: BTreeSet<Spk>,
}

/// The strictest of all states: what the server goes by.
#[derive(Clone)]
pub(crate) struct Standing {
    pub(crate) mode: Mode,
    pub(crate) door: Door,
    pub(crate) cap: u64,
    pub(crate) pw: u64,
    pub(crate) link: Option<Link>,
    pub(crate) members: BTreeSet<Spk>,
    pub(crate) removed: BTreeSet<Spk>,
    /// Unix seconds.
    pub(crate) ends: Option<u64>,
    pub(crate) over: bool,
    /// Unix seconds; the latest of all, since the room lives as long as any host renews it.
    pub(crate) until: u64,
}

/// How one clock stands to another.
#[derive(PartialEq, Eq)]
enum Order {
    Same,
    Dominates,
    Dominated,
    Apart,
}

impl StateSet {
    /// Whether `state` says anything that is not known or outdated; if not, its signature need not be looked at.
    pub(crate) fn is_news(&self, state: &State) -> bool {
        !self
            .held
            .iter()
            .any(|held| match order(&held.rules.clock, &state.rules.clock) {
                Order::Dominates => true,
                Order::Same => held.rules == state.rules && held.until >= state.until,
                Order::Dominated | Order::Apart => false,
            })
    }

    /// Takes a verified state, giving up those that it dominates or renews. Known ones change nothing.
    pub(crate) fn adopt(&mut self, state: State) {
        if !self.is_news(&state) {
            return;
        }
        self.held
            .retain(|held| match order(&state.rules.clock, &held.rules.clock) {
                Order::Dominates => false,
                Order::Same => held.rules != state.rules,
                Order::Dominated | Order::Apart => true,
            });
        if self
            .given_up
            .as_ref()
            .is_some_and(|lost| covers(&state.rules.clock, &lost.clock))
        {
            self.given_up = None;
        }
        let place = self.held.partition_point(|held| held.mark > state.mark);
        self.held.insert(place, state);
        while self.held.len() > MOST {
            if let Some(last) = self.held.pop() {
                self.give_up(last);
            }
        }
    }

    /// As they came, for everybody who asks.
    pub(crate) fn signed(&self) -> Vec<SignedState> {
        self.held.iter().map(|state| state.signed.clone()).collect()
    }

    /// The strictest of all; `None` of nothing.
    pub(crate) fn standing(&self) -> Option<Standing> {
        let (first, others) = self.held.split_first()?;
        let mut standing = Standing::of(first);
        for other in others {
            standing.tighten(other);
        }
        if let Some(lost) = &self.given_up {
            standing.removed.extend(&lost.removed);
        }
        let Standing { members, removed, .. } = &mut standing;
        members.retain(|spk| !removed.contains(spk));
        Some(standing)
    }

    fn give_up(&mut self, state: State) {
        let lost = self.given_up.get_or_insert_with(|| GivenUp {
            clock: BTreeMap::new(),
            removed: BTreeSet::new(),
        });
        for (page, count) in state.rules.clock {
            // As many as four states may name; a host that plays with clocks loses precision, not memory.
            if lost.clock.len() < 4 * 64 || lost.clock.contains_key(&page) {
                let most = lost.clock.entry(page).or_default();
                *most = count.max(*most);
            }
        }
        let room = MOST_REMOVED.saturating_sub(lost.removed.len());
        lost.removed.extend(state.rules.removed.into_iter().take(room));
    }
}

impl Standing {
    fn of(state: &State) -> Self {
        let rules = &state.rules;
        Self {
            mode: rules.mode,
            door: rules.door,
            cap: rules.cap,
            pw: rules.pw,
            link: rules.link,
            members: rules.members.iter().copied().collect(),
            removed: rules.removed.iter().copied().collect(),
            ends: rules.ends,
            over: rules.over.is_some(),
            until: state.until,
        }
    }

    fn tighten(&mut self, state: &State) {
        let other = Self::of(state);
        self.door = self.door.max(other.door);
        self.cap = self.cap.min(other.cap);
        self.pw = self.pw.max(other.pw);
        self.link = match (self.link, other.link) {
            (Some(a), Some(b)) => Some(later(a, b)),
            (one, None) => one,
            (None, one) => one,
        };
        self.members.retain(|spk| other.members.contains(spk));
        self.removed.extend(other.removed);
        self.ends = match (self.ends, other.ends) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) => one,
            (None, one) => one,
        };
        self.over |= other.over;
        self.until = self.until.max(other.until);
    }

    /// Whether somebody who had a right under the rules `before` may have lost it.
    pub(crate) fn is_tighter_than(&self, before: &Self) -> bool {
        self.door > before.door
            || (self.pw != before.pw && self.pw != 0)
            || self.link.map(|link| link.id) != before.link.map(|link| link.id)
            || !before.members.is_subset(&self.members)
            || !self.removed.is_subset(&before.removed)
    }
}

/// The greater by (n, id), ids compared by their letters as pages do.
fn later(a: Link, b: Link) -> Link {
    if (a.n, a.id.to_text()) < (b.n, b.id.to_text()) {
        b
    } else {
        a
    }
}

fn order(a: &BTreeMap<String, u64>, b: &BTreeMap<String, u64>) -> Order {
    match (covers(a, b), covers(b, a)) {
        (true, true) => Order::Same,
        (true, false) => Order::Dominates,
        (false, true) => Order::Dominated,
        (false, false) => Order::Apart,
    }
}

/// Whether `a` counts at least as far as `b` on every page; a page that is not named counts 0.
fn covers(a: &BTreeMap<String, u64>, b: &BTreeMap<String, u64>) -> bool {
    b.iter()
        .all(|(page, count)| a.get(page).is_some_and(|own| own >= count))
}
