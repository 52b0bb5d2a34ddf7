//! CreatePermission (RFC 8656 §10.2) and what a peer may be.
//!
//! Permissions are per IP address (§9), and there is one peer address only, the virtual one: so an
//! allocation has a permission or has none. It does not say that the peer's number is alive or of the same
//! room; that is checked for every packet, and saying it here would tell strangers who is there.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::answer::Success;
use crate::attribute;
use crate::flows::{Change, FlowId};
use crate::message::{Message, xor_address};
use crate::rejection::Rejection;
use crate::relay::Relay;

/// RFC 8656 §9: MUST be 300 s.
pub(crate) const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);

impl Relay {
    /// Installs or refreshes the permission for all peers of the request, or for none.
    ///
    /// # Errors
    /// 400 without a peer or with a malformed one, 403 if one of them is not the virtual address, 508 if they
    /// are too many.
    pub(crate) fn create_permission(
        &mut self,
        now: Instant,
        id: FlowId,
        request: &Message<'_>,
    ) -> Result<Success, Rejection> {
        let peers = peers(request)?;
        for peer in &peers {
            self.virtual_port(*peer)?;
        }
        if peers.len() > self.config.permissions_per_allocation {
            return Err(Rejection::InsufficientCapacity);
        }
        self.permit(now, id);
        Ok(Success::Done)
    }

    /// Installs the permission, or makes it last 300 s from `now`.
    pub(crate) fn permit(&mut self, now: Instant, id: FlowId) {
        self.change(Change::Permitted {
            id,
            until: now + PERMISSION_LIFETIME,
        });
    }

    /// The number of a peer that has the virtual address.
    ///
    /// # Errors
    /// 403 for all others, whatever their family: 443 would be the RFC's word for IPv6, but ends the call in
    /// Firefox.
    pub(crate) fn virtual_port(&self, peer: SocketAddr) -> Result<u16, Rejection> {
        if peer.ip() == IpAddr::V4(self.config.relayed_ip) {
            Ok(peer.port())
        } else {
            Err(Rejection::Forbidden)
        }
    }
}

/// The peers of a CreatePermission, in its order.
///
/// # Errors
/// 400 if there is none, or one is malformed.
pub(crate) fn peers(request: &Message<'_>) -> Result<Vec<SocketAddr>, Rejection> {
    let peers: Option<Vec<SocketAddr>> = request
        .all(attribute::XOR_PEER_ADDRESS)
        .map(|value| xor_address(value, &request.transaction))
        .collect();
    peers
        .filter(|peers| !peers.is_empty())
        .ok_or(Rejection::BadRequest)
}
