//! The channels of one allocation (RFC 8656 §12): what is bound, and what cools off.
//!
//! Only a table, the same for virtual peers (a number) and real ones (an address). Who may bind a channel is decided
//! in `channel` and `public::grants`.

use std::time::{Duration, Instant};

use crate::channel_data::ChannelNumber;
use crate::rejection::Rejection;

/// §12: a binding lasts 10 minutes unless refreshed.
const LIFETIME: Duration = Duration::from_secs(600);
/// §12: how long number and peer of an expired binding stay reserved for each other.
const COOLING: Duration = Duration::from_secs(300);

/// `number` stands for `peer` until `until`, and both cool off after that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channel<Peer> {
    number: ChannelNumber,
    peer: Peer,
    until: Instant,
}

impl<Peer> Channel<Peer> {
    /// A binding that begins `now`.
    pub(crate) fn new(now: Instant, number: ChannelNumber, peer: Peer) -> Self {
        Self {
            number,
            peer,
            until: now + LIFETIME,
        }
    }
}

/// Places of live, cooling and dead channels. A place keeps its index, so that replicas agree on it.
#[derive(Debug)]
pub(crate) struct Channels<Peer>(Vec<Channel<Peer>>);

impl<Peer> Default for Channels<Peer> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<Peer: Copy + PartialEq> Channels<Peer> {
    /// Where a binding belongs: its own place if it exists, else one that has cooled off, else a new one at the end.
    ///
    /// # Errors
    /// 400 if number or peer is bound or cooling elsewhere (§12.2).
    pub(crate) fn place_for(
        &self,
        now: Instant,
        number: ChannelNumber,
        peer: Peer,
    ) -> Result<usize, Rejection> {
        let mut cooled = None;
        for (place, channel) in self.0.iter().enumerate() {
            if channel.until + COOLING <= now {
                cooled = cooled.or(Some(place));
                continue;
            }
            match (channel.number == number, channel.peer == peer) {
                (true, true) => return Ok(place),
                (true, false) | (false, true) => return Err(Rejection::BadRequest),
                (false, false) => {}
            }
        }
        Ok(cooled.unwrap_or(self.0.len()))
    }

    /// Puts a channel where [`Self::place_for`] said.
    pub(crate) fn put(&mut self, place: usize, channel: Channel<Peer>) {
        match self.0.get_mut(place) {
            Some(found) => *found = channel,
            None => self.0.push(channel),
        }
    }

    /// The peer that this number stands for.
    pub(crate) fn peer_of(&self, now: Instant, number: ChannelNumber) -> Option<Peer> {
        let is_bound = |channel: &&Channel<Peer>| channel.number == number && now < channel.until;
        self.0.iter().find(is_bound).map(|channel| channel.peer)
    }

    /// The number that stands for this peer.
    pub(crate) fn number_of(&self, now: Instant, peer: Peer) -> Option<ChannelNumber> {
        let is_bound = |channel: &&Channel<Peer>| channel.peer == peer && now < channel.until;
        self.0.iter().find(is_bound).map(|channel| channel.number)
    }
}
