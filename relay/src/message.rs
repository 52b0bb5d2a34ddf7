//! A borrowing reader of STUN messages (RFC 8489 §5, §14) for input that may be hostile.
//!
//! [`Message::parse`] walks the attributes once and checks every length; afterwards nothing here can fail.
//! It copies nothing and allocates nothing. Attributes that RFC 8489 §14.5–14.7 tells us to ignore, because
//! they follow the integrity and are not covered by it, cannot be reached through it at all. Whether
//! integrity and fingerprint are right is for `integrity` to say.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::attribute;
use crate::rejection::Rejection;

/// Bytes of the STUN header (RFC 8489 §5).
pub(crate) const HEADER: usize = 20;
/// RFC 8489 §5: bytes 4 to 7 of every message.
pub(crate) const MAGIC_COOKIE: u32 = 0x2112_A442;
/// No client of ours comes near; a CreatePermission may name 64 peers.
const MAX_ATTRIBUTES: usize = 96;

/// Identifies a request and its answer (RFC 8489 §5).
pub(crate) type TransactionId = [u8; 12];

/// The methods of RFC 8489 §18.2 and RFC 8656 §17 that a client may send. Data only goes the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Binding,
    Allocate,
    Refresh,
    Send,
    CreatePermission,
    ChannelBind,
}

impl Method {
    const fn from_number(number: u16) -> Option<Self> {
        match number {
            0x001 => Some(Self::Binding),
            0x003 => Some(Self::Allocate),
            0x004 => Some(Self::Refresh),
            0x006 => Some(Self::Send),
            0x008 => Some(Self::CreatePermission),
            0x009 => Some(Self::ChannelBind),
            _ => None,
        }
    }

    pub(crate) const fn number(self) -> u16 {
        match self {
            Self::Binding => 0x001,
            Self::Allocate => 0x003,
            Self::Refresh => 0x004,
            Self::Send => 0x006,
            Self::CreatePermission => 0x008,
            Self::ChannelBind => 0x009,
        }
    }
}

/// RFC 8489 §5. The two bits lie apart in the message type, at 0x0100 and 0x0010.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Request,
    Indication,
    Success,
    Error,
}

impl Class {
    pub(crate) const fn bits(self) -> u16 {
        match self {
            Self::Request => 0x0000,
            Self::Indication => 0x0010,
            Self::Success => 0x0100,
            Self::Error => 0x0110,
        }
    }
}

/// Why bytes are no message to be answered. All of it is dropped without a reply (RFC 8489 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParseError {
    /// Not a STUN message, or one whose lengths do not add up.
    Malformed,
    /// A STUN message of a method that this server does not have.
    UnknownMethod,
}

/// One attribute: its number and its value without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    pub(crate) number: u16,
    pub(crate) value: &'a [u8],
    /// Where the attribute's own header begins in the message; integrity covers what is before it.
    pub(crate) offset: usize,
}

/// A message whose header and attribute lengths have been found consistent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) method: Method,
    pub(crate) class: Class,
    pub(crate) transaction: TransactionId,
    /// MESSAGE-INTEGRITY, if it stands where it covers something (RFC 8489 §14.5).
    pub(crate) integrity: Option<Attribute<'a>>,
    /// MESSAGE-INTEGRITY-SHA256 (RFC 8489 §14.6); may follow MESSAGE-INTEGRITY.
    pub(crate) integrity_sha256: Option<Attribute<'a>>,
    /// FINGERPRINT (RFC 8489 §14.7), always last.
    pub(crate) fingerprint: Option<Attribute<'a>>,
    bytes: &'a [u8],
    /// End of the attributes that may be obeyed: the first integrity, the fingerprint or the end.
    obeyed: usize,
}

impl<'a> Message<'a> {
    /// Reads one whole message; `bytes` must hold it and nothing else.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let (&[t0, t1, l0, l1, c0, c1, c2, c3, transaction @ ..], _) =
            bytes.split_first_chunk::<HEADER>().ok_or(ParseError::Malformed)?;
        let message_type = u16::from_be_bytes([t0, t1]);
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let cookie = u32::from_be_bytes([c0, c1, c2, c3]);
        if message_type >= 0x4000 || cookie != MAGIC_COOKIE || HEADER + length != bytes.len() {
            return Err(ParseError::Malformed);
        }
        let mut message = Self {
            method: method(message_type).ok_or(ParseError::UnknownMethod)?,
            class: class(message_type),
            transaction,
            integrity: None,
            integrity_sha256: None,
            fingerprint: None,
            bytes,
            obeyed: bytes.len(),
        };
        message.locate_integrity()?;
        Ok(message)
    }

    /// Checks every attribute's length and finds the three that end what may be obeyed. A message length that is
    /// no multiple of four (§5) leaves a rest here, since attributes are padded.
    fn locate_integrity(&mut self) -> Result<(), ParseError> {
        let mut attributes = Attributes {
            bytes: self.bytes,
            offset: HEADER,
        };
        let mut count = 0;
        for attribute in &mut attributes {
            count += 1;
            if count > MAX_ATTRIBUTES || self.fingerprint.is_some() {
                return Err(ParseError::Malformed);
            }
            match attribute.number {
                // After either integrity only the stronger one and FINGERPRINT mean anything.
                attribute::MESSAGE_INTEGRITY
                    if self.integrity.is_none() && self.integrity_sha256.is_none() =>
                {
                    self.integrity = Some(attribute);
                }
                attribute::MESSAGE_INTEGRITY_SHA256 if self.integrity_sha256.is_none() => {
                    self.integrity_sha256 = Some(attribute);
                }
                attribute::FINGERPRINT => self.fingerprint = Some(attribute),
                _ => continue,
            }
            self.obeyed = self.obeyed.min(attribute.offset);
        }
        if attributes.offset == self.bytes.len() {
            Ok(())
        } else {
            Err(ParseError::Malformed)
        }
    }

    /// The first attribute with this number; later ones are ignored (RFC 8489 §14).
    pub(crate) fn first(&self, number: u16) -> Option<&'a [u8]> {
        self.attributes()
            .find(|attribute| attribute.number == number)
            .map(|attribute| attribute.value)
    }

    /// Every value of this number, for XOR-PEER-ADDRESS in CreatePermission (RFC 8656 §10.1).
    pub(crate) fn all(&self, number: u16) -> impl Iterator<Item = &'a [u8]> {
        self.attributes()
            .filter(move |attribute| attribute.number == number)
            .map(|attribute| attribute.value)
    }

    /// All attributes that may be obeyed, in order.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        Attributes {
            bytes: self.bytes.get(..self.obeyed).unwrap_or_default(),
            offset: HEADER,
        }
    }

    /// Numbers of attributes that had to be understood and are not, each once, in order (RFC 8489 §6.3.1).
    pub(crate) fn unknown_attributes(&self) -> Vec<u16> {
        let mut unknown = Vec::new();
        for attribute in self.attributes() {
            if attribute::must_be_refused(attribute.number) && !unknown.contains(&attribute.number) {
                unknown.push(attribute.number);
            }
        }
        unknown
    }

    /// RFC 8489 §6.3.1, after authentication.
    ///
    /// # Errors
    /// 420 if there is such an attribute.
    pub(crate) fn refuse_unknown_attributes(&self) -> Result<(), Rejection> {
        match self.unknown_attributes() {
            unknown if unknown.is_empty() => Ok(()),
            unknown => Err(Rejection::UnknownAttributes(unknown)),
        }
    }

    /// The whole message.
    pub(crate) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Attributes in order. Stops at the end or at the first whose length does not fit.
#[derive(Clone, Debug)]
pub(crate) struct Attributes<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Attributes<'a> {
    /// Over the attributes of a whole message whose header has been looked at already.
    pub(crate) const fn of_message(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            offset: HEADER,
        }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let rest = self.bytes.get(self.offset..)?;
        let (&[n0, n1, l0, l1], body) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        // RFC 8489 §14: values are padded to four bytes, the length does not count the padding.
        let padded = length.next_multiple_of(4);
        if padded > body.len() {
            return None;
        }
        let attribute = Attribute {
            number: u16::from_be_bytes([n0, n1]),
            value: body.get(..length)?,
            offset: self.offset,
        };
        self.offset += 4 + padded;
        Some(attribute)
    }
}

/// Reads an XOR-MAPPED-ADDRESS-like value (RFC 8489 §14.2). `None` if length and family do not agree.
pub(crate) fn xor_address(value: &[u8], transaction: &TransactionId) -> Option<SocketAddr> {
    let (&[_, family, p0, p1], address) = value.split_first_chunk()?;
    let port = u16::from_be_bytes([p0, p1]) ^ (MAGIC_COOKIE >> 16) as u16;
    let ip = match family {
        0x01 => IpAddr::V4(Ipv4Addr::from_bits(
            u32::from_be_bytes(address.try_into().ok()?) ^ MAGIC_COOKIE,
        )),
        0x02 => IpAddr::V6(Ipv6Addr::from_bits(
            u128::from_be_bytes(address.try_into().ok()?) ^ xor_mask(transaction),
        )),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// What IPv6 addresses are xored with: cookie and transaction id (RFC 8489 §14.2).
pub(crate) fn xor_mask(transaction: &TransactionId) -> u128 {
    let tail = transaction
        .iter()
        .fold(0_u128, |mask, byte| mask << 8 | u128::from(*byte));
    u128::from(MAGIC_COOKIE) << 96 | tail
}

const fn method(message_type: u16) -> Option<Method> {
    Method::from_number(message_type & 0x000F | (message_type & 0x00E0) >> 1 | (message_type & 0x3E00) >> 2)
}

const fn class(message_type: u16) -> Class {
    match message_type & 0x0110 {
        0x0000 => Class::Request,
        0x0010 => Class::Indication,
        0x0100 => Class::Success,
        _ => Class::Error,
    }
}
