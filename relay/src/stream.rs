//! Cutting a byte stream into TURN packets (RFC 8489 §6.2.2, RFC 8656 §12.5).
//!
//! Over TCP and TLS, STUN messages and ChannelData follow each other without any other framing; both say
//! their length in bytes 2 and 3, and ChannelData is padded to a multiple of four. This only measures;
//! nothing is copied or parsed further.

use crate::message::{HEADER, MAGIC_COOKIE};

/// What stands at the beginning of a stream's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The packet is not whole yet: `need` bytes in all are wanted before asking again makes sense.
    Incomplete {
        /// Bytes from the beginning of the buffer, not bytes to add.
        need: usize,
    },
    /// A whole packet.
    Message {
        /// Bytes of the packet itself, to be given to the relay.
        len: usize,
        /// Bytes to consume: `len` and the padding of ChannelData.
        padded: usize,
    },
    /// No TURN stream, or a packet above the limit. There is no way back into step: close the connection.
    Invalid,
}

/// Measures the packet at the beginning of `bytes`. Packets that need more than `max` bytes, padding
/// included, are [`Frame::Invalid`] as soon as their length is known. Every answer of one stream is stable:
/// more bytes never turn a `Message` or `Invalid` into something else.
#[must_use]
pub fn frame(bytes: &[u8], max: usize) -> Frame {
    let Some(first) = bytes.first() else {
        return Frame::Incomplete { need: 4 };
    };
    if *first > 0x4F {
        return Frame::Invalid;
    }
    let Some(&[_, _, high, low]) = bytes.first_chunk() else {
        return Frame::Incomplete { need: 4 };
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let is_channel_data = *first >= 0x40;
    let (len, padded) = if is_channel_data {
        (4 + length, 4 + length.next_multiple_of(4))
    } else {
        (HEADER + length, HEADER + length)
    };
    if padded > max || (!is_channel_data && !length.is_multiple_of(4)) {
        return Frame::Invalid;
    }
    if !is_channel_data {
        match bytes.get(4..8) {
            Some(cookie) if cookie != MAGIC_COOKIE.to_be_bytes() => return Frame::Invalid,
            Some(_) => {}
            None => return Frame::Incomplete { need: HEADER },
        }
    }
    if bytes.len() < padded {
        Frame::Incomplete { need: padded }
    } else {
        Frame::Message { len, padded }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stun(length: u16) -> Vec<u8> {
        let mut bytes = vec![0x00, 0x01];
        bytes.extend(length.to_be_bytes());
        bytes.extend(MAGIC_COOKIE.to_be_bytes());
        bytes.resize(HEADER + usize::from(length), 7);
        bytes
    }

    #[test]
    fn every_split_of_a_message_is_incomplete_until_the_last_byte() {
        let bytes = stun(8);
        for end in 0..bytes.len() {
            let Frame::Incomplete { need } = frame(&bytes[..end], 4096) else {
                panic!("{end}")
            };
            assert!(need > end && need <= bytes.len(), "{end}: {need}");
        }
        assert_eq!(frame(&bytes, 4096), Frame::Message { len: 28, padded: 28 });
    }

    #[test]
    fn channel_data_waits_for_its_padding() {
        let bytes = [0x40, 0x00, 0x00, 0x05, 1, 2, 3, 4, 5, 0, 0, 0, 0x40];
        assert_eq!(frame(&bytes[..9], 4096), Frame::Incomplete { need: 12 });
        assert_eq!(frame(&bytes, 4096), Frame::Message { len: 9, padded: 12 });
        assert_eq!(
            frame(&[0x4F, 0xFF, 0, 0], 4096),
            Frame::Message { len: 4, padded: 4 }
        );
    }

    #[test]
    fn whatever_is_no_turn_is_invalid_at_its_first_wrong_byte() {
        assert_eq!(frame(&[0x50], 4096), Frame::Invalid);
        assert_eq!(
            frame(&[0x16, 0x03, 0x01, 0x02], 4096),
            Frame::Invalid,
            "a TLS record, length not of four"
        );
        assert_eq!(frame(&[0x00, 0x01, 0x00, 0x02], 4096), Frame::Invalid);
        assert_eq!(
            frame(&[0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xA4, 0x43], 4096),
            Frame::Invalid
        );
    }

    #[test]
    fn the_limit_counts_header_and_padding() {
        assert_eq!(frame(&[0x40, 0, 0, 0x05], 12), Frame::Incomplete { need: 12 });
        assert_eq!(frame(&[0x40, 0, 0, 0x05], 11), Frame::Invalid);
        assert_eq!(frame(&stun(8), 28), Frame::Message { len: 28, padded: 28 });
        assert_eq!(frame(&stun(8), 27), Frame::Invalid);
        assert_eq!(frame(&[0x40, 0, 0xFF, 0xFF], 4096), Frame::Invalid);
    }
}
