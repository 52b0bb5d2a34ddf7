//! One room: its links or its name, its rules, who has a seat and who stands on the porch.
//!
//! Bookkeeping only. Who gets a seat is judged in `membership`; who is told of it in `views`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use parlour_credentials::{RoomTag, SeatId};

use crate::config::Config;
use crate::core::Person;
use crate::id::{HostPk, Pid, RoomId, SealedBox, SessionId, Signature, Spk};
use crate::limits::Prefix;
use crate::message::{HostClaim, SeatView, SignedState, View};
use crate::room_name::RoomName;
use crate::shelf::Shelf;
use crate::states::{Standing, StateSet};

/// Rules that one claim in `room` may fill, in bytes of the frame: four claims fit a frame.
const CLAIM_BYTES: usize = 12 * 1024;
/// People remembered who had a seat, or whose connection broke: as many as `members` may name.
const MOST_REMEMBERED: usize = 64;

pub(crate) struct Room {
    pub(crate) tag: RoomTag,
    pub(crate) host: HostPk,
    pub(crate) called: RoomName,
    /// A named room that was made when the server had just started makes way until then for one that comes back.
    pub(crate) makes_way_until: Option<Instant>,
    pub(crate) names: BTreeMap<RoomId, Name>,
    /// What its pages left here, in standard mode.
    pub(crate) blobs: Shelf,
    /// Boxes that hosts left, by the invitation's id.
    pub(crate) invitations: BTreeMap<RoomId, SealedBox>,
    pub(crate) states: StateSet,
    /// The strictest of `states`.
    pub(crate) standing: Standing,
    /// In the order in which seats were taken.
    pub(crate) seats: Vec<Seated>,
    /// In the order in which they came.
    pub(crate) porch: Vec<Participant>,
    /// Whether anybody ever had a seat.
    pub(crate) used: bool,
    /// When the last seat ended, or the room was made.
    pub(crate) empty_since: Instant,
    /// People who had a seat under rules no looser than these.
    known: BTreeSet<Spk>,
    /// People who may not have meant to go and have not come back, with when one stops waiting for them.
    missed: BTreeMap<Spk, Missed>,
    /// Whether the last one to go did so by leaving.
    left: bool,
    /// Number of the present view.
    pub(crate) n: u64,
    /// When the last view was sent, and whether there is a newer one.
    pub(crate) told: Option<Instant>,
    pub(crate) untold: bool,
}

/// For how long somebody is missed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missed {
    Until(Instant),
    Always,
}

/// A link of the room, or its name.
pub(crate) struct Name {
    /// Signed by the host; of a link.
    pub(crate) room_box: Option<(SealedBox, Signature)>,
    /// Who claimed it.
    pub(crate) prefix: Prefix,
}

/// Somebody in the room.
pub(crate) struct Participant {
    pub(crate) person: Person,
    pub(crate) session: SessionId,
    /// Showed the host key.
    pub(crate) is_host: bool,
    /// The link by which they came.
    pub(crate) via: RoomId,
    pub(crate) prefix: Prefix,
    /// Their connection broke.
    pub(crate) away: bool,
    /// Number of the last view they were told.
    pub(crate) seen: u64,
}

/// Somebody with a seat.
pub(crate) struct Seated {
    pub(crate) id: SeatId,
    pub(crate) since: Instant,
    pub(crate) who: Participant,
}

/// Somebody who has just gone.
pub(crate) struct Gone {
    /// With when it was taken.
    pub(crate) seat: Option<(SeatId, Instant)>,
    pub(crate) who: Participant,
}

impl Room {
    pub(crate) fn new(
        now: Instant,
        tag: RoomTag,
        host: HostPk,
        called: RoomName,
        states: StateSet,
        standing: Standing,
    ) -> Self {
        Self {
            tag,
            host,
            called,
            makes_way_until: None,
            names: BTreeMap::new(),
            blobs: Shelf::default(),
            invitations: BTreeMap::new(),
            states,
            standing,
            seats: Vec::new(),
            porch: Vec::new(),
            used: false,
            empty_since: now,
            known: BTreeSet::new(),
            missed: BTreeMap::new(),
            left: false,
            n: 0,
            told: None,
            untold: false,
        }
    }

    /// Nobody has a seat and nobody waits for one.
    pub(crate) fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.porch.is_empty()
    }

    pub(crate) fn seat_of(&self, pid: Pid) -> Option<&Seated> {
        self.seats.iter().find(|seated| seated.who.person.pid == pid)
    }

    pub(crate) fn participant(&self, pid: Pid) -> Option<&Participant> {
        self.people().find(|who| who.person.pid == pid)
    }

    pub(crate) fn participant_mut(&mut self, pid: Pid) -> Option<&mut Participant> {
        self.people_mut().find(|who| who.person.pid == pid)
    }

    /// Everybody, seats first.
    pub(crate) fn people(&self) -> impl Iterator<Item = &Participant> {
        self.seats.iter().map(|seated| &seated.who).chain(&self.porch)
    }

    pub(crate) fn people_mut(&mut self) -> impl Iterator<Item = &mut Participant> {
        self.seats
            .iter_mut()
            .map(|seated| &mut seated.who)
            .chain(&mut self.porch)
    }

    /// How many may have a seat.
    pub(crate) fn cap(&self, config: &Config) -> usize {
        usize::try_from(self.standing.cap)
            .unwrap_or(config.cap)
            .min(config.cap)
    }

    pub(crate) fn is_full(&self, config: &Config) -> bool {
        self.seats.len() >= self.cap(config)
    }

    /// Whether the porch takes one more from there.
    pub(crate) fn porch_takes(&self, config: &Config, prefix: Prefix) -> bool {
        self.porch.len() < config.porch
            && self.porch.iter().filter(|who| who.prefix == prefix).count() < config.porch_per_source
    }

    /// Seats somebody. The seat number must be fresh.
    pub(crate) fn seat(&mut self, since: Instant, id: SeatId, who: Participant) {
        self.used = true;
        self.remember(who.person.spk);
        self.seats.push(Seated { id, since, who });
    }

    /// Takes somebody out.
    pub(crate) fn take(&mut self, now: Instant, pid: Pid) -> Option<Gone> {
        let seated = self.seats.iter().position(|seated| seated.who.person.pid == pid);
        let waiting = self.porch.iter().position(|who| who.person.pid == pid);
        let gone = match (seated, waiting) {
            (Some(place), _) => {
                let Seated { id, since, who } = self.seats.remove(place);
                Gone {
                    seat: Some((id, since)),
                    who,
                }
            }
            (None, Some(place)) => Gone {
                seat: None,
                who: self.porch.remove(place),
            },
            (None, None) => return None,
        };
        if gone.seat.is_some() && self.seats.is_empty() {
            self.empty_since = now;
        }
        Some(gone)
    }

    /// Whether this person had a seat here under rules no looser than these.
    pub(crate) fn knows(&self, spk: Spk) -> bool {
        self.known.contains(&spk)
    }

    pub(crate) fn remember(&mut self, spk: Spk) {
        self.missed.remove(&spk);
        if self.known.len() < MOST_REMEMBERED {
            self.known.insert(spk);
        }
    }

    /// Rules became tighter: to have had a seat is no right any more.
    pub(crate) fn forget_known(&mut self) {
        self.known.clear();
    }

    /// Somebody gave up a seat: by leaving, or in a way that one may come back from.
    pub(crate) fn gave_up(&mut self, spk: Spk, missed: Option<Missed>, left: bool) {
        self.left = left;
        if let Some(missed) = missed {
            if self.missed.len() >= MOST_REMEMBERED {
                self.missed.pop_first();
            }
            self.missed.insert(spk, missed);
        }
    }

    /// Nobody is waited for any more, and that everybody left does not count.
    pub(crate) fn keep(&mut self) {
        self.left = false;
        self.missed.clear();
    }

    /// Whether somebody may come back who did not mean to go.
    pub(crate) fn misses_anybody(&self, now: Instant) -> bool {
        self.missed.values().any(|missed| match missed {
            Missed::Until(until) => now < *until,
            Missed::Always => true,
        })
    }

    /// When a room that was left ends, since nobody is missed any more. `None` if it was not left but lost.
    pub(crate) fn left_for_good_at(&self) -> Option<Instant> {
        let latest = |latest: Instant, missed: &Missed| match missed {
            Missed::Until(until) => Some(latest.max(*until)),
            Missed::Always => None,
        };
        let abandoned = self.left && self.used && self.seats.is_empty();
        abandoned.then(|| self.missed.values().try_fold(self.empty_since, latest))?
    }

    pub(crate) fn view(&self) -> View {
        View {
            n: self.n,
            seats: self
                .seats
                .iter()
                .map(|s| SeatView {
                    pid: s.who.person.pid,
                    away: s.who.away,
                })
                .collect(),
            porch: self.porch.iter().map(|who| who.person.pid).collect(),
            states: self.states.signed(),
        }
    }

    /// What is told to those who ask by `name`.
    pub(crate) fn claim(&self, name: RoomId) -> Option<HostClaim> {
        let (room_box, box_sig) = self.names.get(&name)?.room_box.clone().unzip();
        let mut bytes = 0;
        let mut states = self.states.signed();
        states.retain(|state| {
            bytes += written_length(state);
            bytes <= CLAIM_BYTES
        });
        Some(HostClaim {
            host_pk: self.host,
            room_box,
            box_sig,
            states,
            seats: self.seats.len(),
        })
    }
}

/// A state's length in a frame: its text with quotes and backslashes doubled, its signature, and what stands around.
fn written_length(state: &SignedState) -> usize {
    let escaped = state
        .json
        .bytes()
        .filter(|byte| matches!(byte, b'"' | b'\\'))
        .count();
    state.json.len() + escaped + 128
}
