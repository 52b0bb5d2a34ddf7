//! As much of STUN and TURN as a client says that tries a relay out (RFC 8489 §5, RFC 8656 §12): load, `doctor`.
//!
//! Not the relay's codec, so that no server is measured or judged with its own. Answers are trusted: whoever only asks
//! whether a relay works need not check their integrity.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use sha1::Sha1;

/// Type of an Allocate request.
pub const ALLOCATE: u16 = 0x0003;
/// Type of a Refresh request.
pub const REFRESH: u16 = 0x0004;
/// Type of a Send indication.
pub const SEND: u16 = 0x0016;
/// Type of a CreatePermission request.
pub const CREATE_PERMISSION: u16 = 0x0008;
/// Type of a ChannelBind request.
pub const CHANNEL_BIND: u16 = 0x0009;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const CHANNEL_NUMBER: u16 = 0x000C;
const LIFETIME: u16 = 0x000D;
const XOR_PEER_ADDRESS: u16 = 0x0012;
const DATA: u16 = 0x0013;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const XOR_RELAYED_ADDRESS: u16 = 0x0016;
const REQUESTED_TRANSPORT: u16 = 0x0019;

const COOKIE: u32 = 0x2112_A442;
/// Bytes of a STUN header.
pub const HEADER: usize = 20;

/// A message under construction.
pub struct Writer(Vec<u8>);

impl Writer {
    /// A message of this type without attributes.
    #[must_use]
    pub fn new(kind: u16, transaction: [u8; 12]) -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(COOKIE.to_be_bytes());
        bytes.extend(transaction);
        Self(bytes)
    }

    /// One more attribute, padded.
    #[must_use]
    pub fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        self.0.extend(kind.to_be_bytes());
        self.0.extend((value.len() as u16).to_be_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self.set_length(self.0.len());
        self
    }

    /// REQUESTED-TRANSPORT: UDP.
    #[must_use]
    pub fn udp_transport(self) -> Self {
        self.attribute(REQUESTED_TRANSPORT, &[17, 0, 0, 0])
    }

    /// LIFETIME.
    #[must_use]
    pub fn lifetime(self, seconds: u32) -> Self {
        self.attribute(LIFETIME, &seconds.to_be_bytes())
    }

    /// CHANNEL-NUMBER.
    #[must_use]
    pub fn channel(self, number: u16) -> Self {
        let [high, low] = number.to_be_bytes();
        self.attribute(CHANNEL_NUMBER, &[high, low, 0, 0])
    }

    /// IPv4 only, like all relayed addresses here.
    #[must_use]
    pub fn peer(self, peer: SocketAddr) -> Self {
        let IpAddr::V4(ip) = peer.ip() else { return self };
        let mut value = [0, 1, 0, 0, 0, 0, 0, 0];
        value[2..4].copy_from_slice(&(peer.port() ^ (COOKIE >> 16) as u16).to_be_bytes());
        value[4..].copy_from_slice(&(ip.to_bits() ^ COOKIE).to_be_bytes());
        self.attribute(XOR_PEER_ADDRESS, &value)
    }

    /// DATA.
    #[must_use]
    pub fn data(self, payload: &[u8]) -> Self {
        self.attribute(DATA, payload)
    }

    /// RFC 8489 §9.2.3, with the MD5 key and HMAC-SHA1 that every server knows.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    #[must_use]
    pub fn signed(mut self, login: &Login) -> Vec<u8> {
        self = self
            .attribute(USERNAME, login.username.as_bytes())
            .attribute(REALM, &login.realm)
            .attribute(NONCE, &login.nonce);
        // The length counts the attribute that is being made.
        self.set_length(self.0.len() + 24);
        let mut mac = Hmac::<Sha1>::new_from_slice(&login.key).expect("HMAC takes keys of any length");
        mac.update(&self.0);
        let tag = mac.finalize().into_bytes();
        self.attribute(MESSAGE_INTEGRITY, &tag).0
    }

    /// The message as it is.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        self.0
    }

    fn set_length(&mut self, end: usize) {
        self.0[2..4].copy_from_slice(&((end - HEADER) as u16).to_be_bytes());
    }
}

/// Long-term credentials, once the server has told realm and nonce.
#[derive(Clone)]
pub struct Login {
    username: String,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    key: [u8; 16],
}

impl Login {
    /// `None` if the challenge lacks something.
    #[must_use]
    pub fn new(username: &str, password: &str, challenge: &[u8]) -> Option<Self> {
        let realm = attribute(challenge, REALM)?.to_vec();
        let nonce = attribute(challenge, NONCE)?.to_vec();
        let key = Md5::new()
            .chain_update(username)
            .chain_update(":")
            .chain_update(&realm)
            .chain_update(":")
            .chain_update(password)
            .finalize()
            .into();
        Some(Self {
            username: username.to_owned(),
            realm,
            nonce,
            key,
        })
    }
}

/// base64(HMAC-SHA1(secret, user name)), as Nextcloud Talk, Synapse and coturn do.
#[must_use]
pub fn shared_secret_password(secret: &str, username: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(username.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// What an answer says: done, or an error code.
///
/// # Errors
/// The code, as in 401; 0 if it cannot be read.
pub fn outcome(message: &[u8]) -> Result<(), u16> {
    match attribute(message, ERROR_CODE) {
        Some([_, _, class, number, ..]) => Err(u16::from(*class) * 100 + u16::from(*number)),
        Some(_) => Err(0),
        None => Ok(()),
    }
}

/// The transaction id.
#[must_use]
pub fn transaction(message: &[u8]) -> Option<[u8; 12]> {
    message.get(8..HEADER)?.try_into().ok()
}

/// XOR-RELAYED-ADDRESS, if it is IPv4.
#[must_use]
pub fn relayed_address(message: &[u8]) -> Option<SocketAddr> {
    let value = attribute(message, XOR_RELAYED_ADDRESS)?;
    let port = u16::from_be_bytes(value.get(2..4)?.try_into().ok()?) ^ (COOKIE >> 16) as u16;
    let ip = u32::from_be_bytes(value.get(4..8)?.try_into().ok()?) ^ COOKIE;
    Some((Ipv4Addr::from_bits(ip), port).into())
}

/// Where in `packet` its payload stands: ChannelData (RFC 8656 §12.4) or a Data indication (§11.6).
#[must_use]
pub fn payload(packet: &[u8]) -> Option<&[u8]> {
    match packet.first()? >> 6 {
        1 => {
            let len = u16::from_be_bytes(packet.get(2..4)?.try_into().ok()?);
            packet.get(4..4 + usize::from(len))
        }
        _ => attribute(packet, DATA),
    }
}

/// Bytes of the first frame on a stream, padding included; `None` if even its length has not come yet.
#[must_use]
pub fn frame_length(stream: &[u8]) -> Option<usize> {
    let len = usize::from(u16::from_be_bytes(stream.get(2..4)?.try_into().ok()?));
    Some(match stream.first()? >> 6 {
        1 => 4 + len.next_multiple_of(4),
        _ => HEADER + len,
    })
}

/// Bytes of the first packet in a datagram or a merged run; ChannelData is not padded there.
#[must_use]
pub fn datagram_length(run: &[u8]) -> Option<usize> {
    let len = usize::from(u16::from_be_bytes(run.get(2..4)?.try_into().ok()?));
    Some(if run.first()? >> 6 == 0 {
        HEADER + len
    } else {
        4 + len
    })
}

fn attribute(message: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut rest = message.get(HEADER..)?;
    loop {
        let kind = u16::from_be_bytes(rest.get(..2)?.try_into().ok()?);
        let len = usize::from(u16::from_be_bytes(rest.get(2..4)?.try_into().ok()?));
        if kind == wanted {
            return rest.get(4..4 + len);
        }
        rest = rest.get(4 + len.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_address_reads_back_as_a_relayed_one() {
        let peer = "192.0.2.7:50000".parse().unwrap();
        let mut message = Writer::new(ALLOCATE, [1; 12]).peer(peer).bytes();
        message[HEADER..HEADER + 2].copy_from_slice(&XOR_RELAYED_ADDRESS.to_be_bytes());
        assert_eq!(relayed_address(&message), Some(peer));
    }

    #[test]
    fn payloads_are_found_in_both_shapes() {
        let peer = "192.0.2.7:50000".parse().unwrap();
        let indication = Writer::new(SEND, [1; 12]).peer(peer).data(b"hello").bytes();
        assert_eq!(payload(&indication), Some(&b"hello"[..]));
        assert_eq!(payload(b"\x40\x01\x00\x02hi??"), Some(&b"hi"[..]));
        assert_eq!(payload(b"\x40\x01\x00\x09hi"), None);
    }

    #[test]
    fn frames_on_a_stream_are_padded() {
        assert_eq!(frame_length(b"\x40\x01\x00\x05hello"), Some(12));
        let request = Writer::new(ALLOCATE, [1; 12]).udp_transport().bytes();
        assert_eq!(frame_length(&request), Some(request.len()));
        assert_eq!(frame_length(b"\x40\x01\x00"), None);
    }

    /// The vector of the credentials' own tests, made with Python.
    #[test]
    fn a_shared_secret_gives_the_known_password() {
        assert_eq!(
            shared_secret_password("north-wind-and-the-sun", "1735689600:alice"),
            "zjky0quGQUxpl3yYEpypjIZWHNo="
        );
    }

    /// RFC 8489 §9.2.2 gives this key for user "user", realm "realm", password "pass".
    #[test]
    fn s9_2_2_the_key_of_the_rfc() {
        let challenge = Writer::new(ALLOCATE, [1; 12])
            .attribute(REALM, b"realm")
            .attribute(NONCE, b"n")
            .bytes();
        let login = Login::new("user", "pass", &challenge).unwrap();
        let hex: String = login.key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "8493fbc53ba582fb4c044c456bdc40eb");
    }
}
