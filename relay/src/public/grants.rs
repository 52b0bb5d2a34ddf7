//! CreatePermission and ChannelBind (RFC 8656 §10.2, §12.2) in the public relay.
//!
//! Whatever the policy refuses is 403 and nothing but 403, other families included: on any other code Firefox
//! gives up the server. Our own external address may be permitted: behind it there are only relayed ports, and
//! what is sent to those is passed on in memory.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::answer::Success;
use crate::channel::number_and_peer;
use crate::channels::Channel;
use crate::message::Message;
use crate::permission::{PERMISSION_LIFETIME, peers};
use crate::public::allocations::AllocationId;
use crate::public::machine::PublicRelay;
use crate::public::media::Reach;
use crate::rejection::Rejection;

impl PublicRelay {
    /// Installs or refreshes permissions for all peers of the request, or for none.
    ///
    /// # Errors
    /// 400 without a peer or with a malformed one, 403 if policy excludes one of them, 508 if they are too many.
    pub(crate) fn create_permission(
        &mut self,
        now: Instant,
        id: AllocationId,
        request: &Message<'_>,
    ) -> Result<Success, Rejection> {
        let ips: Vec<IpAddr> = peers(request)?
            .iter()
            .map(|peer| peer.ip().to_canonical())
            .collect();
        let is_v4 = self
            .table
            .get(id)
            .ok_or(Rejection::AllocationMismatch)?
            .relayed
            .is_ipv4();
        let may_be =
            |ip: &IpAddr| ip.is_ipv4() == is_v4 && (self.is_external(*ip) || self.policy.allows(*ip));
        if !ips.iter().all(may_be) {
            return Err(Rejection::Forbidden);
        }
        self.permit(now, id, &ips)?;
        Ok(Success::Done)
    }

    /// Binds a number to a peer, or refreshes the binding, and installs the permission that goes with it (§9).
    ///
    /// # Errors
    /// 400 if number or peer is missing, malformed, or bound or cooling elsewhere; 403 if the peer is out of
    /// reach; 508 if the allocation has its fill of channels or permissions.
    pub(crate) fn channel_bind(
        &mut self,
        now: Instant,
        id: AllocationId,
        request: &Message<'_>,
    ) -> Result<Success, Rejection> {
        let (number, peer) = number_and_peer(request)?;
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let allocation = self.table.get(id).ok_or(Rejection::AllocationMismatch)?;
        let place = allocation.channels.place_for(now, number, peer)?;
        match self.reach(allocation.relayed, peer) {
            Some(Reach::Peer(_) | Reach::Here(_)) => {}
            None => return Err(Rejection::Forbidden),
        }
        if place >= self.config.base.channels_per_allocation {
            return Err(Rejection::InsufficientCapacity);
        }
        self.permit(now, id, &[peer.ip()])?;
        if let Some(allocation) = self.table.get_mut(id) {
            allocation.channels.put(place, Channel::new(now, number, peer));
        }
        Ok(Success::Done)
    }

    /// Installs permissions for 300 s from `now`, all or none.
    fn permit(&mut self, now: Instant, id: AllocationId, ips: &[IpAddr]) -> Result<(), Rejection> {
        let most = self.config.base.permissions_per_allocation;
        let allocation = self.table.get_mut(id).ok_or(Rejection::AllocationMismatch)?;
        let mut permissions = allocation.permissions.clone();
        permissions.retain(|(_, until)| now < *until);
        let until = now + PERMISSION_LIFETIME;
        for ip in ips {
            match permissions.iter_mut().find(|(known, _)| known == ip) {
                Some((_, known)) => *known = until,
                None => permissions.push((*ip, until)),
            }
        }
        if permissions.len() > most {
            return Err(Rejection::InsufficientCapacity);
        }
        allocation.permissions = permissions;
        Ok(())
    }
}
