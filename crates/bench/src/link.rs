//! One client's socket to a server: UDP, TCP or TLS, each from a loopback address of its own choosing.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrIn, sendmsg, setsockopt, sockopt};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use socket2::{Domain, Socket, Type};

use crate::identity;
use parlour_client::stun;

/// How long control traffic waits for an answer before it is said again.
pub(crate) const PATIENCE: Duration = Duration::from_millis(250);
/// Longest datagram, or merged run of them.
pub(crate) const ROOM: usize = 65_536;

/// Longest time for a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// How a client comes.
#[derive(Clone, Debug)]
pub(crate) enum Transport {
    Udp,
    Tcp,
    Tls(Arc<ClientConfig>),
}

pub(crate) enum Link {
    Udp(UdpSocket),
    /// A peer outside, which knows no TURN.
    Peer(UdpSocket),
    /// TCP, with or without TLS.
    Stream(Box<Stream>),
}

pub(crate) struct Stream {
    socket: TcpStream,
    tls: Option<ClientConnection>,
    /// What came and is not a whole frame yet.
    pending: Vec<u8>,
}

/// The address that client `index` comes from: sixteen clients share one, so that no server's limits per
/// source are in the way.
pub(crate) fn source(index: usize) -> SocketAddrV4 {
    let group = index / 16;
    SocketAddrV4::new(
        Ipv4Addr::new(127, 1, (group / 250) as u8, (group % 250 + 1) as u8),
        0,
    )
}

impl Link {
    pub(crate) fn open(transport: &Transport, from: SocketAddrV4, server: SocketAddr) -> io::Result<Self> {
        match transport {
            Transport::Udp => {
                let socket = UdpSocket::bind(from)?;
                socket.connect(server)?;
                socket.set_read_timeout(Some(PATIENCE))?;
                Ok(Self::Udp(socket))
            }
            Transport::Tcp | Transport::Tls(_) => {
                let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
                socket.bind(&SocketAddr::V4(from).into())?;
                socket.connect(&server.into())?;
                socket.set_tcp_nodelay(true)?;
                let mut socket = TcpStream::from(socket);
                let tls = match transport {
                    Transport::Tls(config) => Some(handshake(&mut socket, config)?),
                    Transport::Udp | Transport::Tcp => None,
                };
                socket.set_read_timeout(Some(PATIENCE))?;
                Ok(Self::Stream(Box::new(Stream {
                    socket,
                    tls,
                    pending: Vec::new(),
                })))
            }
        }
    }

    /// A peer at `ip` that talks to one relayed address.
    pub(crate) fn peer(ip: Ipv4Addr) -> io::Result<Self> {
        Ok(Self::Peer(UdpSocket::bind((ip, 0))?))
    }

    /// No call waits any more: who listens does so without sleeping.
    pub(crate) fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Self::Udp(socket) | Self::Peer(socket) => socket.set_nonblocking(true),
            Self::Stream(stream) => stream.socket.set_nonblocking(true),
        }
    }

    /// Lets runs of datagrams arrive in one piece (UDP_GRO).
    pub(crate) fn merge_arrivals(&self) -> io::Result<()> {
        match self {
            Self::Udp(socket) => Ok(setsockopt(socket, sockopt::UdpGroSegment, &true)?),
            Self::Peer(_) | Self::Stream(_) => Ok(()),
        }
    }

    pub(crate) fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp(socket) | Self::Peer(socket) => socket.send(packet).map(|_| ()),
            Self::Stream(stream) => stream.write(packet),
        }
    }

    /// Sends datagrams of `segment` bytes that stand one after the other, in one call (UDP_SEGMENT).
    pub(crate) fn send_run(&self, run: &[u8], segment: usize) -> io::Result<()> {
        let Self::Udp(socket) = self else {
            return Err(io::Error::other("a stream has no runs"));
        };
        let segment = u16::try_from(segment).map_err(io::Error::other)?;
        let control = [ControlMessage::UdpGsoSegments(&segment)];
        let pieces = [io::IoSlice::new(run)];
        sendmsg::<SockaddrIn>(socket.as_raw_fd(), &pieces, &control, MsgFlags::empty(), None)?;
        Ok(())
    }

    /// Receives what is there and gives each packet to `each`, merged runs taken apart by the lengths in their
    /// headers. Nothing there is not an error.
    pub(crate) fn receive(&mut self, room: &mut [u8], mut each: impl FnMut(&[u8])) -> io::Result<()> {
        match self {
            Self::Udp(socket) => {
                let received = match socket.recv(room) {
                    Ok(received) => received,
                    Err(error) if is_nothing(&error) => return Ok(()),
                    Err(error) => return Err(error),
                };
                let mut rest = &room[..received];
                while let Some(len) = stun::datagram_length(rest)
                    && len <= rest.len()
                {
                    let (packet, behind) = rest.split_at(len);
                    each(packet);
                    rest = behind;
                }
            }
            Self::Peer(socket) => match socket.recv(room) {
                Ok(received) => each(&room[..received]),
                Err(error) if is_nothing(&error) => {}
                Err(error) => return Err(error),
            },
            Self::Stream(stream) => {
                match stream.read(room) {
                    Ok(()) => {}
                    Err(error) if is_nothing(&error) => return Ok(()),
                    Err(error) => return Err(error),
                }
                let mut done = 0;
                while let Some(len) = stun::frame_length(&stream.pending[done..])
                    && let Some(frame) = stream.pending.get(done..done + len)
                {
                    each(frame);
                    done += len;
                }
                stream.pending.drain(..done);
            }
        }
        Ok(())
    }

    /// Says `request` up to four times until an answer to it comes; returns that.
    pub(crate) fn ask(&mut self, request: &[u8], is_answer: impl Fn(&[u8]) -> bool) -> io::Result<Vec<u8>> {
        let (tries, patience) = match self {
            Self::Udp(_) | Self::Peer(_) => (4, PATIENCE),
            Self::Stream(_) => (1, 4 * PATIENCE),
        };
        for _ in 0..tries {
            self.send(request)?;
            if let Some(answer) = self.listen(patience, &is_answer)? {
                return Ok(answer);
            }
        }
        Err(io::Error::new(ErrorKind::TimedOut, "no answer"))
    }

    /// Waits for an answer to what has been said; `None` if there was none in time.
    pub(crate) fn listen(
        &mut self,
        patience: Duration,
        is_answer: impl Fn(&[u8]) -> bool,
    ) -> io::Result<Option<Vec<u8>>> {
        let mut room = [0; 2048];
        let until = Instant::now() + patience;
        let mut answer = None;
        while answer.is_none() && Instant::now() < until {
            self.receive(&mut room, |packet| {
                if is_answer(packet) {
                    answer = Some(packet.to_vec());
                }
            })?;
        }
        Ok(answer)
    }
}

impl Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            return self.socket.write_all(bytes);
        };
        tls.writer().write_all(bytes)?;
        while tls.wants_write() {
            tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }

    /// Appends what came to `pending`; `room` is for the way there.
    fn read(&mut self, room: &mut [u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            return match self.socket.read(room)? {
                0 => Err(ErrorKind::UnexpectedEof.into()),
                received => {
                    self.pending.extend_from_slice(&room[..received]);
                    Ok(())
                }
            };
        };
        if tls.read_tls(&mut self.socket)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        tls.process_new_packets().map_err(io::Error::other)?;
        loop {
            match tls.reader().read(room) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(received) => self.pending.extend_from_slice(&room[..received]),
                // Everything that came whole has been taken.
                Err(error) if is_nothing(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

fn handshake(socket: &mut TcpStream, config: &Arc<ClientConfig>) -> io::Result<ClientConnection> {
    let name = ServerName::try_from(identity::NAME).map_err(io::Error::other)?;
    let mut tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
    socket.set_read_timeout(Some(HANDSHAKE))?;
    while tls.is_handshaking() {
        tls.complete_io(socket)?;
    }
    Ok(tls)
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Udp(socket) | Self::Peer(socket) => socket.as_fd(),
            Self::Stream(stream) => stream.socket.as_fd(),
        }
    }
}

/// Refused datagrams are what a server leaves behind that has just gone; a generator goes on.
fn is_nothing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
