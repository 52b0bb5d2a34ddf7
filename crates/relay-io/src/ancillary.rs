//! Socket addresses and control messages as the bytes that Linux exchanges with a program (cmsg(3), ip(7),
//! ipv6(7), udp(7)).
//!
//! Safe code only: the layouts are part of the kernel's stable interface, so they can be written and read
//! byte by byte. No system call is made here; see `sys`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

const FAMILY_V4: u16 = libc::AF_INET as u16;
const FAMILY_V6: u16 = libc::AF_INET6 as u16;

/// A `sockaddr_in` or `sockaddr_in6`.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Name {
    pub(crate) bytes: [u8; Self::CAPACITY],
    pub(crate) len: u32,
}

impl Name {
    /// Size of a `sockaddr_in6`, the larger of the two.
    pub(crate) const CAPACITY: usize = 28;

    pub(crate) const EMPTY: Self = Self {
        bytes: [0; Self::CAPACITY],
        len: 0,
    };

    pub(crate) fn of(address: SocketAddr) -> Self {
        let mut name = Self::EMPTY;
        name.bytes[2..4].copy_from_slice(&address.port().to_be_bytes());
        match address {
            SocketAddr::V4(v4) => {
                name.bytes[..2].copy_from_slice(&FAMILY_V4.to_ne_bytes());
                name.bytes[4..8].copy_from_slice(&v4.ip().octets());
                name.len = 16;
            }
            SocketAddr::V6(v6) => {
                name.bytes[..2].copy_from_slice(&FAMILY_V6.to_ne_bytes());
                name.bytes[8..24].copy_from_slice(&v6.ip().octets());
                name.bytes[24..28].copy_from_slice(&v6.scope_id().to_ne_bytes());
                name.len = 28;
            }
        }
        name
    }

    /// The address as it stands; `None` if the kernel gave none (a socket that was shut down).
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        let port = u16::from_be_bytes(take(&self.bytes, 2)?);
        match u16::from_ne_bytes(take(&self.bytes, 0)?) {
            FAMILY_V4 if self.len >= 16 => {
                Some(SocketAddrV4::new(Ipv4Addr::from(take::<4>(&self.bytes, 4)?), port).into())
            }
            FAMILY_V6 if self.len >= 28 => {
                let scope = u32::from_ne_bytes(take(&self.bytes, 24)?);
                Some(SocketAddrV6::new(Ipv6Addr::from(take::<16>(&self.bytes, 8)?), port, 0, scope).into())
            }
            _ => None,
        }
    }
}

/// A buffer of control messages, aligned as `cmsghdr` wants it.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Control {
    pub(crate) bytes: [u8; Self::CAPACITY],
    pub(crate) len: usize,
}

/// What the kernel told about a datagram beside its payload and source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// The local address it was sent to, not canonicalised.
    pub(crate) local: Option<IpAddr>,
    /// Size of each datagram of a merged run (the last may be shorter).
    pub(crate) segment: Option<usize>,
}

impl Control {
    /// Enough for an address (40 bytes) and a segment size (24) on 64-bit machines.
    pub(crate) const CAPACITY: usize = 96;

    pub(crate) const EMPTY: Self = Self {
        bytes: [0; Self::CAPACITY],
        len: 0,
    };

    /// Asks the kernel to send from `source`, which is in the form of the socket's own family.
    pub(crate) fn push_source(&mut self, source: IpAddr) {
        match source {
            IpAddr::V4(v4) => {
                // in_pktinfo: interface (any), the address to send from, destination (unused).
                let mut info = [0; 12];
                info[4..8].copy_from_slice(&v4.octets());
                self.push(libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
            }
            IpAddr::V6(v6) => {
                // in6_pktinfo: the address to send from, interface (any).
                let mut info = [0; 20];
                info[..16].copy_from_slice(&v6.octets());
                self.push(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
            }
        }
    }

    /// Asks the kernel to cut the message into datagrams of `size` bytes (UDP_SEGMENT).
    pub(crate) fn push_segment(&mut self, size: u16) {
        self.push(libc::SOL_UDP, libc::UDP_SEGMENT, &size.to_ne_bytes());
    }

    fn push(&mut self, level: i32, kind: i32, data: &[u8]) {
        let (start, end) = (self.len, self.len + HEADER + data.len());
        let header = &mut self.bytes[start..end];
        header[..WORD].copy_from_slice(&(end - start).to_ne_bytes());
        header[WORD..WORD + 4].copy_from_slice(&level.to_ne_bytes());
        header[WORD + 4..HEADER].copy_from_slice(&kind.to_ne_bytes());
        header[HEADER..].copy_from_slice(data);
        self.len = end.next_multiple_of(WORD);
    }

    /// Reads what `recvmmsg` left here. Control messages that nobody asked for are passed over.
    pub(crate) fn told(&self) -> Told {
        let mut told = Told::default();
        let mut rest = self.bytes.get(..self.len).unwrap_or_default();
        while let Some((level, kind, data, after)) = next(rest) {
            match (level, kind) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    // ipi_spec_dst: the local address, also when the packet went to a broadcast address.
                    told.local = take::<4>(data, 4).map(|octets| Ipv4Addr::from(octets).into());
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    told.local = take::<16>(data, 0).map(|octets| Ipv6Addr::from(octets).into());
                }
                (libc::SOL_UDP, libc::UDP_GRO) => {
                    told.segment =
                        take(data, 0).and_then(|size| usize::try_from(i32::from_ne_bytes(size)).ok());
                }
                _ => {}
            }
            rest = after;
        }
        told
    }
}

const WORD: usize = size_of::<usize>();
/// `cmsghdr`: length (one word), level and type (an int each).
const HEADER: usize = WORD + 8;

/// Level, type and data of the first control message, and what follows it.
fn next(bytes: &[u8]) -> Option<(i32, i32, &[u8], &[u8])> {
    let len = usize::from_ne_bytes(take(bytes, 0)?);
    let level = i32::from_ne_bytes(take(bytes, WORD)?);
    let kind = i32::from_ne_bytes(take(bytes, WORD + 4)?);
    let data = bytes.get(HEADER..len)?;
    let after = bytes.get(len.next_multiple_of(WORD)..).unwrap_or_default();
    Some((level, kind, data, after))
}

fn take<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_trip() {
        for text in ["127.0.0.1:3478", "[::1]:1", "[2001:db8::7]:65535"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(Name::of(address).address(), Some(address));
        }
        let scoped = SocketAddr::from(SocketAddrV6::new("fe80::1".parse().unwrap(), 9, 0, 3));
        assert_eq!(Name::of(scoped).address(), Some(scoped));
        assert_eq!(Name::EMPTY.address(), None);
    }

    /// The kernel's own layout, as libc declares it, is the judge.
    #[test]
    fn sizes_agree_with_the_c_library() {
        assert_eq!(size_of::<libc::sockaddr_in6>(), Name::CAPACITY);
        assert_eq!(size_of::<libc::sockaddr_in>(), 16);
        assert_eq!(size_of::<libc::cmsghdr>(), HEADER);
        assert_eq!(size_of::<libc::in_pktinfo>(), 12);
        assert_eq!(size_of::<libc::in6_pktinfo>(), 20);
        assert_eq!(align_of::<Control>() % align_of::<libc::cmsghdr>(), 0);
    }

    #[test]
    fn several_control_messages_are_read_one_after_the_other() {
        let mut control = Control::EMPTY;
        control.push_source("2001:db8::1".parse().unwrap());
        control.push(libc::SOL_SOCKET, libc::SO_TIMESTAMP, &[0; 3]);
        control.push(libc::SOL_UDP, libc::UDP_GRO, &1200i32.to_ne_bytes());
        let told = control.told();
        assert_eq!(
            told,
            Told {
                local: Some("2001:db8::1".parse().unwrap()),
                segment: Some(1200)
            }
        );
    }

    #[test]
    fn a_control_message_that_claims_too_much_ends_the_reading() {
        let mut control = Control::EMPTY;
        control.push(libc::SOL_UDP, libc::UDP_GRO, &1200i32.to_ne_bytes());
        for claim in [0, 3, 97, usize::MAX - 3] {
            control.bytes[..WORD].copy_from_slice(&claim.to_ne_bytes());
            assert_eq!(control.told(), Told::default(), "length {claim}");
        }
    }
}
