//! A forwarding decision and its in-place execution.
//!
//! Whatever header a payload came with, the new one is written directly in front of it, over the old header
//! or into the headroom: four bytes for a channel (RFC 8656 §12.4), thirty-six for a Data indication
//! (§11.3). The payload itself never moves. What stood behind it, as Firefox's FINGERPRINT does, is cut.

use std::net::Ipv4Addr;
use std::ops::Range;

use crate::address::FiveTuple;
use crate::attribute;
use crate::message::{MAGIC_COOKIE, TransactionId};

/// Free bytes that [`Forward::rewrite`] needs in front of the packet: a Data header in place of a channel's.
pub const HEADROOM: usize = DATA_HEADER - crate::channel_data::HEADER;
/// Free bytes that it needs behind the packet, for padding.
pub const TAILROOM: usize = 3;

/// STUN header, XOR-PEER-ADDRESS for IPv4, header of DATA.
const DATA_HEADER: usize = 20 + 12 + 4;
/// RFC 8656 §17: Data, an indication.
const DATA_INDICATION: u16 = 0x0017;

/// Where one received packet goes and how it looks there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The receiver's client: send from `to.server` to `to.client`.
    pub to: FiveTuple,
    pub(crate) header: OutHeader,
    pub(crate) payload_offset: u16,
    pub(crate) payload_len: u16,
}

/// The header that the receiver gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutHeader {
    /// The receiver has bound a channel to the sender (RFC 8656 §12.7).
    ChannelData { number: u16 },
    /// It has not (RFC 8656 §11.3).
    DataIndication {
        ip: Ipv4Addr,
        port: u16,
        transaction: TransactionId,
    },
}

impl Forward {
    /// `None` if the packet with its new header would exceed 64 KiB.
    pub(crate) fn new(to: FiveTuple, header: OutHeader, offset: usize, length: usize) -> Option<Self> {
        let room = match header {
            OutHeader::ChannelData { .. } => 0,
            OutHeader::DataIndication { .. } => DATA_HEADER,
        };
        u16::try_from(length.next_multiple_of(4) + room).ok()?;
        Some(Self {
            to,
            header,
            payload_offset: u16::try_from(offset).ok()?,
            payload_len: u16::try_from(length).ok()?,
        })
    }

    /// Bytes of the packet that [`Self::rewrite`] will return, for planning batches of equal size.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        let payload = usize::from(self.payload_len);
        match self.header {
            OutHeader::ChannelData { .. } if !self.to.transport.is_stream() => {
                crate::channel_data::HEADER + payload
            }
            OutHeader::ChannelData { .. } => crate::channel_data::HEADER + payload.next_multiple_of(4),
            OutHeader::DataIndication { .. } => DATA_HEADER + payload.next_multiple_of(4),
        }
    }

    /// Turns the received packet at `buf[packet]` into the one to send, in place, and returns its range.
    ///
    /// ChannelData is padded to a multiple of four on streams and not on UDP (RFC 8656 §12.5); padding is
    /// zero.
    ///
    /// # Panics
    /// If `packet` is not the range that the decision was made for, or `buf` has less than [`HEADROOM`]
    /// bytes before or [`TAILROOM`] bytes after it.
    pub fn rewrite(&self, buf: &mut [u8], packet: Range<usize>) -> Range<usize> {
        let payload = packet.start + usize::from(self.payload_offset);
        let end = payload + usize::from(self.payload_len);
        let start = match self.header {
            OutHeader::ChannelData { number } => {
                let header = channel_header(number, self.payload_len);
                put_before(buf, payload, &header)
            }
            OutHeader::DataIndication {
                ip,
                port,
                transaction,
            } => {
                let header = data_header(ip, port, &transaction, self.payload_len);
                put_before(buf, payload, &header)
            }
        };
        let padded_end = start + self.wire_len();
        buf.get_mut(end..padded_end)
            .expect("the caller leaves TAILROOM behind the packet")
            .fill(0);
        start..padded_end
    }
}

/// Writes `header` so that it ends at `payload`; returns where it begins.
fn put_before(buf: &mut [u8], payload: usize, header: &[u8]) -> usize {
    let start = payload
        .checked_sub(header.len())
        .expect("the caller leaves HEADROOM before the packet");
    buf.get_mut(start..payload)
        .expect("the packet lies inside the buffer")
        .copy_from_slice(header);
    start
}

fn channel_header(number: u16, length: u16) -> [u8; 4] {
    let ([n0, n1], [l0, l1]) = (number.to_be_bytes(), length.to_be_bytes());
    [n0, n1, l0, l1]
}

/// Header, XOR-PEER-ADDRESS and the header of DATA, which comes last so that it touches the payload.
fn data_header(ip: Ipv4Addr, port: u16, transaction: &TransactionId, length: u16) -> [u8; DATA_HEADER] {
    let attributes = (DATA_HEADER - 20) as u16 + length.next_multiple_of(4);
    let mut header = [0; DATA_HEADER];
    let parts: [&[u8]; 10] = [
        &DATA_INDICATION.to_be_bytes(),
        &attributes.to_be_bytes(),
        &MAGIC_COOKIE.to_be_bytes(),
        transaction,
        &attribute::XOR_PEER_ADDRESS.to_be_bytes(),
        &[0, 8, 0, 1],
        &(port ^ (MAGIC_COOKIE >> 16) as u16).to_be_bytes(),
        &(ip.to_bits() ^ MAGIC_COOKIE).to_be_bytes(),
        &attribute::DATA.to_be_bytes(),
        &length.to_be_bytes(),
    ];
    for (place, byte) in header.iter_mut().zip(parts.into_iter().flatten()) {
        *place = *byte;
    }
    header
}
