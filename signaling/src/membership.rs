//! Who gets a seat (seal, section 7, "Porch").
//!
//! The server's judgement gives relay credentials and a place in the cap, nothing more: whether two people talk is
//! for their pages to decide.

use crate::config::Config;
use crate::room::{Participant, Room};
use crate::state::Door;

/// Whether somebody may come in.
pub(crate) fn may_enter(room: &Room, who: &Participant, unix: u64, config: &Config) -> bool {
    let run_out = unix
        > room
            .standing
            .until
            .saturating_add(config.until_tolerance.as_secs());
    who.is_host || (!run_out && may_stay(room, who))
}

/// Whether somebody who is in keeps the seat. Rules that have run out let nobody in but cut nobody off.
pub(crate) fn may_stay(room: &Room, who: &Participant) -> bool {
    let (rules, spk) = (&room.standing, who.person.spk);
    if who.is_host {
        return true;
    }
    if is_removed(room, who) {
        return false;
    }
    let by_this_link = rules.link.is_none_or(|link| link.id == who.via);
    rules.members.contains(&spk)
        || room.knows(spk)
        || (rules.door == Door::Open && rules.pw == 0 && by_this_link)
}

/// Whether the host wants this person nowhere. A host cannot be removed.
pub(crate) fn is_removed(room: &Room, who: &Participant) -> bool {
    !who.is_host && room.standing.removed.contains(&who.person.spk)
}
