//! A UDP socket of one worker, whatever the system: take a batch, send a batch, be woken up.
//!
//! The two forms differ in how many datagrams one system call moves, not in what arrives. Errors of single
//! sends are counted, never returned: a datagram that could not leave is a datagram lost.

#[cfg(target_os = "linux")]
mod linux;
mod portable;

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use socket2::Socket;

use crate::inbox::Inbox;
use crate::outbox::Flight;
use crate::settings::Backend;

/// What became of the datagrams of a [`Flight`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Datagrams given to the kernel.
    pub(crate) datagrams: u64,
    /// Messages that they left in: a merged run is one.
    pub(crate) messages: u64,
    /// Datagrams that the kernel refused: no room, no route, too long.
    pub(crate) refused: u64,
}

pub(crate) enum Udp {
    #[cfg(target_os = "linux")]
    Linux(linux::LinuxUdp),
    Portable(portable::PortableUdp),
}

impl Udp {
    /// Takes over a bound, blocking socket. `tell_local`: it is bound to a wildcard address, so the address
    /// that each datagram was sent to must be asked for, and answers must leave from there.
    ///
    /// # Errors
    /// The kernel refused an option that the backend cannot do without.
    pub(crate) fn new(socket: Socket, backend: Backend, tell_local: bool) -> io::Result<Self> {
        match backend {
            #[cfg(target_os = "linux")]
            Backend::Native => Ok(Self::Linux(linux::LinuxUdp::new(socket, tell_local)?)),
            #[cfg(not(target_os = "linux"))]
            Backend::Native => Ok(Self::Portable(portable::PortableUdp::new(socket, tell_local)?)),
            Backend::Portable => Ok(Self::Portable(portable::PortableUdp::new(socket, tell_local)?)),
        }
    }

    /// Waits for datagrams and fills the inbox. Returns with none when woken up.
    ///
    /// # Errors
    /// What the kernel reports; the caller goes on receiving.
    pub(crate) fn receive(&self, inbox: &mut Inbox) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Linux(socket) => socket.receive(inbox),
            Self::Portable(socket) => socket.receive(inbox),
        }
    }

    /// Sends everything in `flight`, in its order.
    pub(crate) fn send(&self, flight: Flight<'_>) -> Sent {
        match self {
            #[cfg(target_os = "linux")]
            Self::Linux(socket) => socket.send(flight),
            Self::Portable(socket) => socket.send(flight),
        }
    }

    /// Sends one datagram; true if the kernel took it. `source` is given for wildcard sockets only.
    pub(crate) fn send_one(&self, to: SocketAddr, source: Option<IpAddr>, bytes: &[u8]) -> bool {
        match self {
            #[cfg(target_os = "linux")]
            Self::Linux(socket) => socket.send_one(to, source, bytes),
            Self::Portable(socket) => socket.send_one(to, source, bytes),
        }
    }

    /// How many equal datagrams may leave in one piece: 1 where the kernel cannot cut them.
    pub(crate) fn max_segments(&self) -> usize {
        match self {
            #[cfg(target_os = "linux")]
            Self::Linux(socket) => socket.max_segments(),
            Self::Portable(_) => 1,
        }
    }

    /// Ends the waiting of whoever is in [`Self::receive`], now or later. For shutting down.
    pub(crate) fn wake(&self) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Linux(socket) => socket.wake(),
            // Its receive waits for half a second at most.
            Self::Portable(_) => {}
        }
    }
}

/// The form in which a socket of the given family speaks of `address`: IPv4 is mapped on IPv6 sockets
/// (RFC 4291 §2.5.5.2).
fn in_family(v6: bool, address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v6 => SocketAddrV6::new(v4.ip().to_ipv6_mapped(), v4.port(), 0, 0).into(),
        SocketAddr::V4(_) | SocketAddr::V6(_) => address,
    }
}

/// As [`in_family`], for an address without a port.
fn ip_in_family(v6: bool, address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) if v6 => v4.to_ipv6_mapped().into(),
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    }
}

/// The form in which the relay speaks of an address: IPv4 is IPv4, whatever socket it came by.
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => address,
        SocketAddr::V6(v6) => match Ipv6Addr::to_ipv4_mapped(v6.ip()) {
            Some(v4) => SocketAddr::new(v4.into(), v6.port()),
            None => SocketAddrV6::new(*v6.ip(), v6.port(), 0, v6.scope_id()).into(),
        },
    }
}
