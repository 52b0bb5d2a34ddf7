//! Reading Send indications (RFC 8656 §11.2), which carry all of Firefox's media.
//!
//! One walk over the attributes, looking at four bytes of each: `Message::parse` finds out more than a media
//! packet is asked.

use crate::attribute;
use crate::message::{Attributes, HEADER, MAGIC_COOKIE, TransactionId};

/// RFC 8656 §17: Send, an indication.
const SEND_INDICATION: u16 = 0x0016;

/// Whether this is a Send indication whose header is consistent.
pub(crate) fn is_send_indication(bytes: &[u8]) -> bool {
    let Some(&[t0, t1, l0, l1, c0, c1, c2, c3]) = bytes.first_chunk() else {
        return false;
    };
    u16::from_be_bytes([t0, t1]) == SEND_INDICATION
        && u32::from_be_bytes([c0, c1, c2, c3]) == MAGIC_COOKIE
        && HEADER + usize::from(u16::from_be_bytes([l0, l1])) == bytes.len()
}

/// The two attributes that matter, found in one walk whatever their order.
pub(crate) struct SendIndication<'a> {
    pub(crate) transaction: TransactionId,
    /// The value of XOR-PEER-ADDRESS.
    pub(crate) peer: &'a [u8],
    /// Where the value of DATA begins in the packet.
    pub(crate) data_offset: usize,
    pub(crate) data_length: usize,
}

impl<'a> SendIndication<'a> {
    /// `packet` has passed [`is_send_indication`]. `None` if an attribute is missing, cut short, or
    /// would have to be understood and is not (RFC 8489 §6.3.2).
    pub(crate) fn parse(packet: &'a [u8]) -> Option<Self> {
        let transaction = *packet.get(8..HEADER)?.first_chunk()?;
        let (mut peer, mut data) = (None, None);
        for attribute in Attributes::of_message(packet) {
            match attribute.number {
                attribute::XOR_PEER_ADDRESS => peer = peer.or(Some(attribute.value)),
                attribute::DATA => data = data.or(Some((attribute.offset + 4, attribute.value.len()))),
                attribute::MESSAGE_INTEGRITY | attribute::MESSAGE_INTEGRITY_SHA256 => break,
                number if attribute::must_be_refused(number) => return None,
                _ => {}
            }
        }
        let (data_offset, data_length) = data?;
        Some(Self {
            transaction,
            peer: peer?,
            data_offset,
            data_length,
        })
    }
}
