//! Binding the listening addresses: UDP sockets for the workers and a TCP listener on the same port.
//!
//! All failures of starting a relay are here, before anything runs, each as a sentence that says what was
//! tried and what to do. Nothing is received yet; see `start`.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

use parlour_relay::address::Transport;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::settings::Settings;
use crate::udp::{Udp, canonical};

/// Bound sockets, ready to be started.
pub struct Listeners {
    pub(crate) groups: Vec<Group>,
    buffers: Buffers,
}

/// The sockets of one listening address.
pub(crate) struct Group {
    pub(crate) bound: SocketAddr,
    /// The wildcard address `[::]` that takes IPv4, too.
    pub(crate) dual: bool,
    pub(crate) workers: Vec<Udp>,
    /// Taken when the plane starts.
    pub(crate) tcp: Option<TcpListener>,
}

/// Listeners on their way into a running data plane.
pub(crate) struct Opened {
    pub(crate) groups: Vec<Group>,
    /// Every UDP socket: its place in `groups`, and its place there. Each gets a thread.
    pub(crate) sockets: Vec<(usize, usize)>,
    pub(crate) tcp: Vec<tokio::net::TcpListener>,
}

/// What the kernel granted of the UDP buffers that the settings ask for, in bytes: the least of all sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffers {
    /// Receive buffer asked for.
    pub receive_asked: usize,
    /// Receive buffer granted. If it is less, `sysctl -w net.core.rmem_max=<asked>` lifts the bound on Linux.
    pub receive_granted: usize,
    /// Send buffer asked for.
    pub send_asked: usize,
    /// Send buffer granted. If it is less, `sysctl -w net.core.wmem_max=<asked>` lifts the bound on Linux.
    pub send_granted: usize,
}

impl Listeners {
    /// Binds every address of `listen` for UDP and TCP, with as many UDP sockets as there are workers.
    ///
    /// An empty list is allowed: then there are only the streams that the program hands in.
    ///
    /// Port 0 takes any port that is free for both. A wildcard address works; answers leave from the address
    /// that was asked. `[::]` takes IPv4 as well unless `0.0.0.0` is listed, too.
    ///
    /// # Errors
    /// [`BindError`] for the first address that could not be bound; none stays bound then.
    pub fn bind(listen: &[SocketAddr], settings: &Settings) -> Result<Self, BindError> {
        Self::bind_for("--relay-listen", listen, settings)
    }

    /// As [`Self::bind`], for the listeners that another `flag` chooses: errors tell people to change that one.
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub fn bind_for(
        flag: &'static str,
        listen: &[SocketAddr],
        settings: &Settings,
    ) -> Result<Self, BindError> {
        let mut buffers = Buffers {
            receive_asked: settings.receive_buffer_bytes,
            receive_granted: usize::MAX,
            send_asked: settings.send_buffer_bytes,
            send_granted: usize::MAX,
        };
        let v4_wildcard = listen
            .iter()
            .any(|address| address.is_ipv4() && address.ip().is_unspecified());
        let groups = listen
            .iter()
            .map(|&address| Group::bind(address, !v4_wildcard, settings, &mut buffers))
            .collect::<Result<_, _>>()
            .map_err(|error| BindError { flag, ..error })?;
        Ok(Self { groups, buffers })
    }

    /// The addresses with the ports that were taken, in the order given to [`Self::bind`].
    pub fn local_addrs(&self) -> impl Iterator<Item = SocketAddr> {
        self.groups.iter().map(|group| group.bound)
    }

    /// Everything apart, to be served on the runtime that the caller is in.
    ///
    /// # Errors
    /// If a TCP listener cannot be registered there.
    pub(crate) fn open(mut self) -> io::Result<Opened> {
        let tcp = self.groups.iter_mut().filter_map(|group| group.tcp.take());
        let tcp = tcp
            .map(tokio::net::TcpListener::from_std)
            .collect::<io::Result<_>>()?;
        let of =
            |(group, opened): (usize, &Group)| (0..opened.workers.len()).map(move |index| (group, index));
        Ok(Opened {
            sockets: self.groups.iter().enumerate().flat_map(of).collect(),
            groups: self.groups,
            tcp,
        })
    }

    /// What became of the buffers asked for, so that the program can tell its operator.
    #[must_use]
    pub fn buffers(&self) -> Buffers {
        self.buffers
    }
}

/// Ports tried when any will do: the one free for UDP may be taken for TCP.
const TRIES: usize = 16;

impl Group {
    fn bind(
        address: SocketAddr,
        dual: bool,
        settings: &Settings,
        buffers: &mut Buffers,
    ) -> Result<Self, BindError> {
        let dual = dual && address.is_ipv6() && address.ip().is_unspecified();
        let fault = |transport| {
            move |source| BindError {
                address,
                transport,
                source,
                flag: "",
            }
        };
        let mut tries = if address.port() == 0 { TRIES } else { 1 };
        let (first, bound, tcp) = loop {
            tries -= 1;
            let first = open(address, Type::DGRAM, dual).map_err(fault(Transport::Udp))?;
            // The first socket is bound without SO_REUSEPORT: another server on the port, even a second
            // Parlour, is then found out here instead of taking every other client silently.
            first
                .bind(&SockAddr::from(address))
                .map_err(fault(Transport::Udp))?;
            let bound = local(&first).map_err(fault(Transport::Udp))?;
            match listen_tcp(bound, dual) {
                Ok(tcp) => break (first, bound, tcp),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
                Err(error) => return Err(fault(Transport::Tcp)(error)),
            }
        };
        let sockets = siblings(first, bound, dual, settings.workers.get()).map_err(fault(Transport::Udp))?;
        let tell_local = bound.ip().is_unspecified();
        let workers = sockets
            .into_iter()
            .map(|socket| {
                grow(&socket, buffers)?;
                Udp::new(socket, settings.backend, tell_local)
            })
            .collect::<io::Result<_>>()
            .map_err(fault(Transport::Udp))?;
        Ok(Self {
            bound,
            dual,
            workers,
            tcp: Some(tcp),
        })
    }

    /// Whether answers from `server` leave by these sockets.
    pub(crate) fn serves(&self, server: SocketAddr) -> bool {
        let family = self.dual || self.bound.is_ipv4() == server.is_ipv4();
        self.bound == server
            || (self.bound.ip().is_unspecified() && family && self.bound.port() == server.port())
    }

    /// The source to name when sending from `server`: only a wildcard socket needs to be told.
    pub(crate) fn source(&self, server: SocketAddr) -> Option<IpAddr> {
        let told = self.bound.ip().is_unspecified() && !server.ip().is_unspecified();
        told.then_some(server.ip())
    }
}

fn open(address: SocketAddr, kind: Type, dual: bool) -> io::Result<Socket> {
    let protocol = if kind == Type::DGRAM {
        Protocol::UDP
    } else {
        Protocol::TCP
    };
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(!dual)?;
    }
    Ok(socket)
}

fn listen_tcp(address: SocketAddr, dual: bool) -> io::Result<TcpListener> {
    let socket = open(address, Type::STREAM, dual)?;
    // Without it, a restart would have to wait for the connections of the last run to leave TIME_WAIT. On
    // Windows the option means something else, which nobody wants.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(1024)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// As many sockets on one address as there are workers; the kernel spreads clients over them, each client
/// always to the same one.
#[cfg(target_os = "linux")]
fn siblings(first: Socket, bound: SocketAddr, dual: bool, count: usize) -> io::Result<Vec<Socket>> {
    first.set_reuse_port(true)?;
    let mut sockets = vec![first];
    while sockets.len() < count {
        let socket = open(bound, Type::DGRAM, dual)?;
        socket.set_reuse_port(true)?;
        socket.bind(&SockAddr::from(bound))?;
        sockets.push(socket);
    }
    Ok(sockets)
}

/// Elsewhere SO_REUSEPORT does not spread datagrams (or does not exist): all workers wait at one socket.
#[cfg(not(target_os = "linux"))]
fn siblings(first: Socket, _bound: SocketAddr, _dual: bool, count: usize) -> io::Result<Vec<Socket>> {
    let mut sockets = vec![first];
    while sockets.len() < count {
        sockets.push(sockets[0].try_clone()?);
    }
    Ok(sockets)
}

/// Asks for large buffers and notes what was granted. Less than asked is no error.
fn grow(socket: &Socket, buffers: &mut Buffers) -> io::Result<()> {
    // Linux doubles what is asked, for its own bookkeeping, and tells the double.
    const TOLD: usize = if cfg!(target_os = "linux") { 2 } else { 1 };
    let _capped = socket.set_recv_buffer_size(buffers.receive_asked);
    let _capped = socket.set_send_buffer_size(buffers.send_asked);
    buffers.receive_granted = buffers.receive_granted.min(socket.recv_buffer_size()? / TOLD);
    buffers.send_granted = buffers.send_granted.min(socket.send_buffer_size()? / TOLD);
    Ok(())
}

fn local(socket: &Socket) -> io::Result<SocketAddr> {
    let address = socket.local_addr()?.as_socket();
    address
        .map(canonical)
        .ok_or_else(|| io::Error::other("the socket has no internet address"))
}

/// A listening address could not be had. Prints as a sentence that says what to do.
#[derive(Debug)]
pub struct BindError {
    /// The address that was to be bound.
    pub address: SocketAddr,
    /// UDP, or TCP on the same port.
    pub transport: Transport,
    /// What the system said.
    pub source: io::Error,
    /// The option that chooses another address.
    pub flag: &'static str,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = if self.transport.is_stream() { "TCP" } else { "UDP" };
        let flag = self.flag;
        write!(f, "cannot bind {} ({protocol}): ", self.address)?;
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the list of kinds of errors is open"
        )]
        match self.source.kind() {
            io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "address in use; is another TURN server running? choose another with {flag}"
                )
            }
            io::ErrorKind::AddrNotAvailable => {
                write!(
                    f,
                    "this machine has no such address; choose one of its own with {flag}"
                )
            }
            io::ErrorKind::PermissionDenied => write!(
                f,
                "permission denied; ports below 1024 need the capability CAP_NET_BIND_SERVICE, or choose another \
                 with {flag}"
            ),
            _ => write!(f, "{}; choose another with {flag}", self.source),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
