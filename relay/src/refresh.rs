//! Refresh (RFC 8656 §8.2): an allocation lives on, or ends.

use std::time::{Duration, Instant};

use crate::allocate::{IPV4, word};
use crate::answer::Success;
use crate::attribute;
use crate::flows::{Change, FlowId};
use crate::message::Message;
use crate::rejection::Rejection;
use crate::relay::{Relay, Stream};

impl Relay {
    /// Gives the allocation a whole lifetime from `now`, or deletes it if LIFETIME is zero. Permissions and
    /// channels are not touched. Nothing is kept for retransmissions: a repeated refresh refreshes, and a
    /// repeated deletion gets 437, which clients take for success (§8.2).
    ///
    /// # Errors
    /// 400 for a malformed attribute, 443 for another family than the allocation's.
    pub(crate) fn refresh(
        &mut self,
        now: Instant,
        id: FlowId,
        request: &Message<'_>,
    ) -> Result<Success, Rejection> {
        let family = request
            .first(attribute::REQUESTED_ADDRESS_FAMILY)
            .map(word)
            .transpose()?;
        if family.is_some_and(|[family, ..]| family != IPV4) {
            return Err(Rejection::PeerAddressFamilyMismatch);
        }
        let lifetime = request.first(attribute::LIFETIME).map(word).transpose()?;
        if lifetime.map(u32::from_be_bytes) == Some(0) {
            self.end(now, id, Stream::Leave);
            return Ok(Success::Refreshed {
                lifetime: Duration::ZERO,
            });
        }
        let lifetime = self.config.allocation_lifetime;
        let expires = now + lifetime;
        let dies = expires + self.config.allocation_grace;
        self.allocations.extend(id, expires, dies);
        self.change(Change::Extended { id, dies });
        Ok(Success::Refreshed { lifetime })
    }
}
