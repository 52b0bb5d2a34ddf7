//! Refresh (RFC 8656 §8.2): an allocation lives on, or ends.

use std::time::Instant;

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
        if asks_to_end(request, IPV4)? {
            self.end(now, id, Stream::Leave);
            return Ok(Success::DELETED);
        }
        let lifetime = self.config.allocation_lifetime;
        let expires = now + lifetime;
        let dies = expires + self.config.allocation_grace;
        self.allocations.extend(id, expires, dies);
        self.change(Change::Extended { id, dies });
        Ok(Success::Refreshed { lifetime })
    }
}

/// Whether a Refresh asks for the end (a LIFETIME of zero) of an allocation of this family. Every other lifetime
/// becomes the default.
///
/// # Errors
/// 400 for a malformed attribute, 443 for another family.
pub(crate) fn asks_to_end(request: &Message<'_>, family: u8) -> Result<bool, Rejection> {
    let asked = request
        .first(attribute::REQUESTED_ADDRESS_FAMILY)
        .map(word)
        .transpose()?;
    if asked.is_some_and(|[asked, ..]| asked != family) {
        return Err(Rejection::PeerAddressFamilyMismatch);
    }
    let lifetime = request.first(attribute::LIFETIME).map(word).transpose()?;
    Ok(lifetime == Some([0; 4]))
}
