//! All rooms: by host key, by the links that name them, and the dead.
//!
//! A room has one host key and any number of names; a name may be claimed by several host keys, because the server
//! cannot tell whose link it is (seal, section 1.4).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use parlour_credentials::RoomTag;

use crate::config::Config;
use crate::id::{HostPk, RoomId, SealedBox};
use crate::refusal::Refusal;
use crate::room::{Name, Room};
use crate::table::Table;
use crate::tombstones::Tombstones;

pub(crate) struct Rooms {
    by_tag: Table<RoomTag, Room>,
    by_host: BTreeMap<HostPk, RoomTag>,
    /// Claims of each name, oldest first.
    by_name: BTreeMap<RoomId, Vec<RoomTag>>,
    by_invitation: BTreeMap<RoomId, RoomTag>,
    /// Rooms that everybody left and that stay for those who come back.
    pub(crate) kept: BTreeSet<RoomTag>,
    last_tag: u64,
    pub(crate) graves: Tombstones,
}

impl Rooms {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            by_tag: Table::default(),
            by_host: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_invitation: BTreeMap::new(),
            kept: BTreeSet::new(),
            last_tag: 0,
            graves: Tombstones::new(key),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_tag.len()
    }

    /// In no order that means anything.
    fn all(&self) -> impl Iterator<Item = &Room> {
        self.by_tag.values()
    }

    /// In the order in which they were made.
    pub(crate) fn tags(&self) -> Vec<RoomTag> {
        let mut tags: Vec<RoomTag> = self.by_tag.keys().copied().collect();
        tags.sort_unstable();
        tags
    }

    pub(crate) fn get(&self, tag: RoomTag) -> Option<&Room> {
        self.by_tag.get(&tag)
    }

    pub(crate) fn get_mut(&mut self, tag: RoomTag) -> Option<&mut Room> {
        self.by_tag.get_mut(&tag)
    }

    pub(crate) fn of_host(&self, host: HostPk) -> Option<RoomTag> {
        self.by_host.get(&host).copied()
    }

    /// Who claims `name`, oldest first.
    pub(crate) fn named(&self, name: RoomId) -> impl Iterator<Item = &Room> {
        self.by_name
            .get(&name)
            .into_iter()
            .flatten()
            .filter_map(|tag| self.by_tag.get(tag))
    }

    /// The room of `host` if it is known by `name`.
    pub(crate) fn find(&self, name: RoomId, host: HostPk) -> Option<RoomTag> {
        let tag = self.of_host(host)?;
        self.get(tag)?.names.contains_key(&name).then_some(tag)
    }

    /// A tag that no room of this process had.
    pub(crate) fn next_tag(&mut self) -> RoomTag {
        self.last_tag += 1;
        RoomTag(self.last_tag)
    }

    pub(crate) fn insert(&mut self, room: Room) {
        self.by_host.insert(room.host, room.tag);
        self.by_tag.insert(room.tag, room);
    }

    /// Takes a room out with all its names.
    pub(crate) fn remove(&mut self, tag: RoomTag) -> Option<Room> {
        let room = self.by_tag.remove(&tag)?;
        self.by_host.remove(&room.host);
        self.kept.remove(&tag);
        for name in room.names.keys() {
            self.unclaim(*name, tag);
        }
        for invitation in room.invitations.keys() {
            self.by_invitation.remove(invitation);
        }
        Some(room)
    }

    /// Gives a room a name, or the name another box. If the name has too many claims then one makes way: that of the
    /// same source if nobody has a seat there, else the one with the fewest seats, the oldest of those.
    pub(crate) fn claim(&mut self, config: &Config, tag: RoomTag, id: RoomId, name: Name) {
        let new = self
            .by_tag
            .get(&tag)
            .is_some_and(|room| !room.names.contains_key(&id));
        if new {
            let rival = |room: &&Room| {
                room.seats.is_empty()
                    && room
                        .names
                        .get(&id)
                        .is_some_and(|claim| claim.prefix == name.prefix)
            };
            let own = self.named(id).find(rival).map(|room| room.tag);
            let weakest = self
                .named(id)
                .min_by_key(|room| room.seats.len())
                .map(|room| room.tag);
            let full = self
                .by_name
                .get(&id)
                .is_some_and(|claims| claims.len() >= config.claims_per_name);
            if let Some(victim) = own.or(weakest.filter(|_| full)) {
                self.unclaim(id, victim);
                if let Some(room) = self.by_tag.get_mut(&victim) {
                    room.names.remove(&id);
                }
            }
            self.by_name.entry(id).or_default().push(tag);
        }
        if let Some(room) = self.by_tag.get_mut(&tag) {
            room.names.insert(id, name);
        }
    }

    /// Keeps an invitation's box, which is written once.
    ///
    /// # Errors
    /// `RoomExists` if another one has this id, `Busy` if the room has as many as it may.
    pub(crate) fn invite(
        &mut self,
        config: &Config,
        tag: RoomTag,
        id: RoomId,
        inv_box: SealedBox,
    ) -> Result<(), Refusal> {
        if let Some(known) = self.invitation(id) {
            let same = *known == inv_box && self.by_invitation.get(&id) == Some(&tag);
            return if same { Ok(()) } else { Err(Refusal::RoomExists) };
        }
        let room = self.by_tag.get_mut(&tag).ok_or(Refusal::NotInRoom)?;
        if room.invitations.len() >= config.invitations_per_room {
            return Err(Refusal::Busy);
        }
        room.invitations.insert(id, inv_box);
        self.by_invitation.insert(id, tag);
        Ok(())
    }

    /// Forgets an invitation of this room.
    pub(crate) fn revoke(&mut self, tag: RoomTag, id: RoomId) {
        let was_here = self
            .by_tag
            .get_mut(&tag)
            .is_some_and(|room| room.invitations.remove(&id).is_some());
        if was_here {
            self.by_invitation.remove(&id);
        }
    }

    /// What was left under this id.
    pub(crate) fn invitation(&self, id: RoomId) -> Option<&SealedBox> {
        let tag = self.by_invitation.get(&id)?;
        self.get(*tag)?.invitations.get(&id)
    }

    /// The room that nobody has been in for the longest time.
    pub(crate) fn longest_empty(&self) -> Option<RoomTag> {
        self.all()
            .filter(|room| room.is_empty())
            .min_by_key(|room| (room.empty_since, room.tag))
            .map(|room| room.tag)
    }

    /// Buries a room that has ended. A link is dead with it; a name is free for whoever comes next.
    pub(crate) fn bury(&mut self, now: Instant, config: &Config, room: &Room) {
        let keep = (config.tombstone_for, config.tombstones);
        let links = room.names.keys().copied().filter(|_| !room.called.is_named());
        self.graves.bury(now, keep, room.host, links);
    }

    /// Rooms of the same name that make way for this one: made while the server had just started, and with fewer people
    /// (seal, section 1.4).
    pub(crate) fn outnumbered(&self, now: Instant, tag: RoomTag) -> Vec<RoomTag> {
        let makes_way = |room: &Room| room.makes_way_until.is_some_and(|until| now < until);
        let Some(room) = self.get(tag).filter(|room| !makes_way(room)) else {
            return vec![];
        };
        let name = room.called.id();
        name.into_iter()
            .flat_map(|id| self.named(id))
            .filter(|other| makes_way(other) && other.seats.len() < room.seats.len())
            .map(|other| other.tag)
            .collect()
    }

    fn unclaim(&mut self, id: RoomId, tag: RoomTag) {
        if let Some(claims) = self.by_name.get_mut(&id) {
            claims.retain(|claim| *claim != tag);
            if claims.is_empty() {
                self.by_name.remove(&id);
            }
        }
    }
}
