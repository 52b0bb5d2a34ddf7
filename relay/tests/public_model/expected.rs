//! What the public relay has to answer and to deliver, found by searching the model's lists.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use parlour_relay::Dropped;

use super::Model;
use super::world::*;
use crate::public_bench::{EXTERNAL, at};

impl Model {
    /// RFC 8489 §9.2.4, with the one exception for credentials whose time is up: they still serve what they made.
    pub(super) fn is_known(&self, n: usize, begins: bool) -> bool {
        let credential = &self.credentials[n];
        let serves = !begins
            && self
                .of(n)
                .is_some_and(|believed| believed.credential.person == credential.person);
        self.is_in_force(credential) && (self.bench.now < credential.expires || serves)
    }

    pub(super) fn is_in_force(&self, credential: &Credential) -> bool {
        FILES[self.file].contains(&credential.secret)
    }

    pub(super) fn of(&self, n: usize) -> Option<&Believed> {
        self.believed.iter().find(|believed| believed.client == n)
    }

    /// What a request about an allocation comes to before it is looked at: RFC 8656 §5.
    pub(super) fn standing(&self, n: usize) -> Result<usize, u16> {
        if !self.is_known(n, false) {
            return Err(401);
        }
        let place = self
            .believed
            .iter()
            .position(|believed| believed.client == n && believed.answer.is_some())
            .ok_or(437_u16)?;
        if self.believed[place].credential.person == self.credentials[n].person {
            Ok(place)
        } else {
            Err(441)
        }
    }

    /// RFC 8656 §7.2 over the model's lists. What is in its grace gives way.
    pub(super) fn may_allocate(&mut self, n: usize, family: Option<u8>) -> Result<(), u16> {
        if !self.is_known(n, true) {
            return Err(401);
        }
        let now = self.bench.now;
        if self.of(n).is_some_and(|believed| now < believed.expires) {
            return Err(437);
        }
        self.end_where(|believed| believed.client == n);
        if family == Some(3) {
            return Err(440);
        }
        if self.drained.is_some() || self.believed.len() >= PER_SERVER {
            return Err(508);
        }
        let person = self.credentials[n].person.clone();
        let of_user = self
            .believed
            .iter()
            .filter(|other| other.credential.person == person);
        let of_application = self
            .believed
            .iter()
            .filter(|other| other.credential.person.0 == person.0);
        let resting = self.resting.iter().filter(|(_, _, owner)| *owner == person);
        if of_user.count() >= PER_USER
            || of_application.count() >= PER_APPLICATION
            || resting.count() >= RESTING_PER_USER
        {
            return Err(486);
        }
        if self.free(family != Some(2)) == 0 {
            return Err(508);
        }
        Ok(())
    }

    /// Ports of a family that nobody has and that do not rest.
    pub(super) fn free(&self, is_v4: bool) -> usize {
        let held = self.believed.iter().map(|believed| believed.relayed);
        let resting = self.resting.iter().map(|(relayed, _, _)| *relayed);
        PORTS.count()
            - held
                .chain(resting)
                .filter(|relayed| relayed.is_ipv4() == is_v4)
                .count()
    }

    /// RFC 8656 §12.2 over the model's lists.
    pub(super) fn may_bind(&self, place: usize, number: u16, peer: SocketAddr) -> Result<(), u16> {
        if !(0x4000..=0x4FFF).contains(&number) {
            return Err(400);
        }
        let believed = &self.believed[place];
        let cooling = |(_, _, until): &&(u16, SocketAddr, Instant)| self.bench.now < *until + seconds(300);
        let taken: Vec<_> = believed.channels.iter().filter(cooling).collect();
        if taken
            .iter()
            .any(|(bound, to, _)| (*bound == number) != (*to == peer))
        {
            return Err(400);
        }
        self.way(place, peer).map_err(|_| 403_u16)?;
        let is_new = !taken.iter().any(|(bound, _, _)| *bound == number);
        if is_new && taken.len() >= CHANNELS {
            return Err(508);
        }
        Ok(())
    }

    /// An allocation's permissions with these peers permitted, too.
    pub(super) fn permitted(
        &self,
        place: usize,
        peers: &[SocketAddr],
    ) -> Result<Vec<(IpAddr, Instant)>, u16> {
        let now = self.bench.now;
        let mut permissions = self.believed[place].permissions.clone();
        permissions.retain(|(_, until)| now < *until);
        for peer in peers {
            let ip = canonical(*peer).ip();
            permissions.retain(|(known, _)| *known != ip);
            permissions.push((ip, now + seconds(300)));
        }
        if permissions.len() > PERMISSIONS {
            Err(508)
        } else {
            Ok(permissions)
        }
    }

    pub(super) fn sender(&self, n: usize) -> Result<usize, Dropped> {
        let is_live = |believed: &Believed| believed.client == n && believed.answer.is_some();
        self.believed
            .iter()
            .position(is_live)
            .ok_or(Dropped::NoAllocation)
    }

    /// Who hears it and how, by searching.
    pub(super) fn delivery(&self, place: usize, peer: SocketAddr) -> Result<Way, Dropped> {
        let way = self.way(place, peer)?;
        if !self.believed[place].permits(self.bench.now, peer) {
            return Err(Dropped::NoPermission);
        }
        match way {
            None => Ok(Way::Peer(self.believed[place].id, peer)),
            Some(receiver) => self.arrival(receiver, self.believed[place].relayed),
        }
    }

    pub(super) fn arrival(&self, place: usize, from: SocketAddr) -> Result<Way, Dropped> {
        let (receiver, now) = (&self.believed[place], self.bench.now);
        if receiver.answer.is_none() {
            return Err(Dropped::DeadPeer);
        }
        if !receiver.permits(now, from) {
            return Err(Dropped::NotPermitted);
        }
        let mut channels = receiver.channels.iter();
        let channel = channels.find(|(_, to, until)| *to == from && now < *until);
        Ok(Way::Client(
            receiver.client,
            channel.map(|(number, _, _)| *number),
            from,
        ))
    }

    /// To an allocation of this server, or (None) by the network.
    pub(super) fn way(&self, place: usize, peer: SocketAddr) -> Result<Option<usize>, Dropped> {
        let relayed = self.believed[place].relayed;
        if peer == relayed || peer.is_ipv4() != relayed.is_ipv4() {
            return Err(Dropped::ForeignPeer);
        }
        if self.is_external(peer) {
            let here = self.believed.iter().position(|other| other.relayed == peer);
            return here.map(Some).ok_or(Dropped::ForeignPeer);
        }
        if self.is_permitted(peer) {
            Ok(None)
        } else {
            Err(Dropped::ForeignPeer)
        }
    }

    pub(super) fn is_external(&self, peer: SocketAddr) -> bool {
        [EXTERNAL, EXTERNAL_V6]
            .iter()
            .any(|ip| peer.ip() == ip.parse::<IpAddr>().unwrap())
    }

    /// By the list, whatever the port.
    pub(super) fn is_allowed(&self, peer: SocketAddr) -> bool {
        let is_own = self.own && peer.ip() == at("81.1.1.1:9").ip();
        let listed = |(text, allowed): &(&str, bool)| *allowed && canonical(at(text)).ip() == peer.ip();
        !is_own && PEERS.iter().any(listed)
    }

    pub(super) fn is_permitted(&self, peer: SocketAddr) -> bool {
        peer.port() != 0 && self.is_allowed(peer)
    }
}
