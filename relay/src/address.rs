//! Transport addresses as a TURN server sees them: the client-side 5-tuple (RFC 8656 §2.1).
//!
//! One UDP peer address needs no type of its own here: every peer is a port number of the one virtual
//! address (see `Config::relayed_ip`).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

/// How a client reaches this server (RFC 8656 §3.1). Between relay and peer it is always UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Datagrams: no framing, ChannelData unpadded, source addresses can be forged.
    Udp,
    /// A byte stream: ChannelData padded to four bytes, the source address is proved by the handshake.
    Tcp,
    /// TLS over TCP, otherwise as [`Self::Tcp`].
    Tls,
}

impl Transport {
    /// Whether messages arrive over a connection that can be closed.
    #[must_use]
    pub const fn is_stream(self) -> bool {
        match self {
            Self::Udp => false,
            Self::Tcp | Self::Tls => true,
        }
    }
}

/// What an allocation belongs to (RFC 8656 §2.2): where the client is, where it reached us, and how.
///
/// Prints as its transport only, so that no log can hold an address by accident.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FiveTuple {
    /// The client's address as this server sees it, thus after its NAT.
    pub client: SocketAddr,
    /// Our own address that the client sent to; answers leave from it, or browsers drop them.
    pub server: SocketAddr,
    /// The protocol between the two.
    pub transport: Transport,
}

impl fmt::Debug for FiveTuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FiveTuple({:?})", self.transport)
    }
}

/// Few and whole words: this runs once per relayed packet.
impl Hash for FiveTuple {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_address(self.client, state);
        hash_address(self.server, state);
        state.write_u8(match self.transport {
            Transport::Udp => 0,
            Transport::Tcp => 1,
            Transport::Tls => 2,
        });
    }
}

/// Scope and flow label of IPv6 stay out: equal addresses still hash alike, which is all that is needed.
fn hash_address<H: Hasher>(address: SocketAddr, state: &mut H) {
    match address.ip() {
        IpAddr::V4(ip) => state.write_u64(u64::from(ip.to_bits()) << 16 | u64::from(address.port())),
        IpAddr::V6(ip) => {
            state.write_u128(ip.to_bits());
            state.write_u16(address.port());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_five_tuple_prints_no_address() {
        let tuple = FiveTuple {
            client: "198.51.100.7:1234".parse().unwrap(),
            server: "203.0.113.1:3478".parse().unwrap(),
            transport: Transport::Tls,
        };
        assert_eq!(format!("{tuple:?}"), "FiveTuple(Tls)");
    }
}
