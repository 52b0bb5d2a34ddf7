//! Which IPv4 address to write into relayed candidates.
//!
//! The relay's relayed addresses are virtual: nothing listens there and nothing needs to reach them, but
//! browsers send a few stray checks to them. So an address of our own is best, and the documentation
//! address 192.0.2.1 (RFC 5737) serves where there is none.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// RFC 5737 TEST-NET-1: belongs to nobody.
const NOBODY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// The address the relay listens on if it names one that browsers accept, else the one this machine would
/// use towards the internet, else 192.0.2.1.
#[must_use]
pub fn relayed_address(relay_listen: SocketAddr) -> Ipv4Addr {
    match relay_listen.ip().to_canonical() {
        IpAddr::V4(v4) if usable(v4) => v4,
        IpAddr::V4(_) | IpAddr::V6(_) => outgoing().filter(|v4| usable(*v4)).unwrap_or(NOBODY),
    }
}

/// A port of all addresses of this machine: of both families where there is IPv6.
#[must_use]
pub fn all(port: u16) -> SocketAddr {
    let ip = match UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)) {
        Ok(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        Err(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    };
    SocketAddr::new(ip, port)
}

/// Browsers refuse relayed candidates on loopback, wildcard and link-local addresses.
fn usable(address: Ipv4Addr) -> bool {
    !address.is_loopback() && !address.is_unspecified() && !address.is_link_local()
}

/// Connecting a UDP socket sends nothing; it only makes the system choose a source address.
fn outgoing() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((NOBODY, 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_address_is_taken_as_it_is() {
        assert_eq!(
            relayed_address("198.51.100.4:3478".parse().unwrap()),
            Ipv4Addr::new(198, 51, 100, 4)
        );
    }

    #[test]
    fn nobody_is_ever_given_an_address_that_browsers_refuse() {
        for listen in [
            "127.0.0.1:3478",
            "0.0.0.0:3478",
            "[::]:3478",
            "[::1]:3478",
            "169.254.1.1:3478",
        ] {
            assert!(usable(relayed_address(listen.parse().unwrap())), "{listen}");
        }
    }
}
