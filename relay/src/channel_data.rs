//! The ChannelData message (RFC 8656 §12.4, §12.5): four bytes of header, then the payload.

/// Bytes of the header.
pub(crate) const HEADER: usize = 4;

/// A channel number (RFC 8656 §12): 0x4000 to 0x4FFF, the rest of the two-bit space is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ChannelNumber(u16);

impl ChannelNumber {
    pub(crate) fn new(number: u16) -> Option<Self> {
        (0x4000..=0x4FFF).contains(&number).then_some(Self(number))
    }

    pub(crate) const fn get(self) -> u16 {
        self.0
    }
}

/// Reads number and payload length. `None` if the number is reserved or the payload is cut short; what
/// follows the payload is padding, which UDP clients may send too (§12.5).
pub(crate) fn parse(packet: &[u8]) -> Option<(ChannelNumber, usize)> {
    let (&[n0, n1, l0, l1], body) = packet.split_first_chunk()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let number = ChannelNumber::new(u16::from_be_bytes([n0, n1]))?;
    (length <= body.len()).then_some((number, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s12_only_4000_to_4fff_are_channels() {
        assert_eq!(ChannelNumber::new(0x3FFF), None);
        assert_eq!(ChannelNumber::new(0x4000).map(ChannelNumber::get), Some(0x4000));
        assert_eq!(ChannelNumber::new(0x4FFF).map(ChannelNumber::get), Some(0x4FFF));
        assert_eq!(ChannelNumber::new(0x5000), None);
    }

    #[test]
    fn s12_5_a_payload_cut_short_is_none_and_padding_is_not_payload() {
        assert_eq!(parse(&[0x40, 0, 0, 3, 1, 2]), None);
        assert_eq!(
            parse(&[0x40, 0, 0, 3, 1, 2, 3, 0]).map(|(_, length)| length),
            Some(3)
        );
        assert_eq!(parse(&[0x40, 0, 0, 0]).map(|(_, length)| length), Some(0));
        assert_eq!(parse(&[0x40, 0, 0]), None);
    }
}
