//! A TURN client that tries a relay out: two allocations, and a message from one to the other.
//!
//! Blocking, with deadlines. Speaks with the codec of `parlour-client`, which is not the relay's.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use parlour_client::stun::{self, Login, Writer};
use rustls::{ClientConnection, StreamOwned};

use crate::dial;

/// Over UDP a question is asked so often …
const TRIES: u32 = 4;
/// … and waited for so long each time.
const WAIT: Duration = Duration::from_millis(700);
const HELLO: &[u8] = b"parlour doctor";

/// How a client reaches the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Datagrams.
    Udp,
    /// A TCP connection.
    Tcp,
    /// TLS on it, whatever the certificate, which is looked at elsewhere.
    Tls,
}

/// User name and password of one seat.
pub(super) struct Seat {
    /// USERNAME.
    pub(super) name: String,
    /// The long-term password.
    pub(super) password: String,
}

/// Allocates for both seats, sends from the first to the second, and says how long the message took.
///
/// # Errors
/// What was tried and what came of it.
pub(super) fn send_through(by: By, relay: SocketAddr, seats: &[Seat; 2]) -> Result<Duration, String> {
    let mut from = Allocation::new(by, relay, &seats[0])?;
    let mut to = Allocation::new(by, relay, &seats[1])?;
    from.ask("CreatePermission", permit(to.relayed))?;
    to.ask("CreatePermission", permit(from.relayed))?;
    let message = || {
        Writer::new(stun::SEND, transaction())
            .peer(to.relayed)
            .data(HELLO)
            .bytes()
    };
    let began = Instant::now();
    for _ in 0..TRIES {
        from.link
            .send(&message())
            .map_err(|error| format!("cannot send: {error}"))?;
        while let Ok(packet) = to.link.receive() {
            if stun::payload(&packet) == Some(HELLO) {
                return Ok(began.elapsed());
            }
        }
    }
    Err("both allocations were made, but what one sent did not reach the other".to_owned())
}

/// Allocates for one seat and lets go again.
///
/// # Errors
/// What was tried and what came of it.
pub(super) fn allocate(by: By, relay: SocketAddr, seat: &Seat) -> Result<(), String> {
    Allocation::new(by, relay, seat).map(drop)
}

struct Allocation {
    link: Link,
    login: Login,
    relayed: SocketAddr,
}

impl Allocation {
    /// RFC 8656 §7: asks, is challenged, asks again.
    fn new(by: By, relay: SocketAddr, seat: &Seat) -> Result<Self, String> {
        let mut link = Link::open(by, relay).map_err(|error| format!("cannot connect: {error}"))?;
        let request = || Writer::new(stun::ALLOCATE, transaction()).udp_transport();
        let challenge = link
            .exchange(&request().bytes())
            .map_err(|error| unanswered("Allocate", &error))?;
        let login = Login::new(&seat.name, &seat.password, &challenge).ok_or(
            "the answer to Allocate is no challenge: something else than a TURN server listens there",
        )?;
        let answer = link
            .exchange(&request().signed(&login))
            .map_err(|error| unanswered("Allocate", &error))?;
        stun::outcome(&answer).map_err(|code| refused("Allocate", code))?;
        let relayed =
            stun::relayed_address(&answer).ok_or("the answer to Allocate has no IPv4 relayed address")?;
        Ok(Self { link, login, relayed })
    }

    fn ask(&mut self, name: &str, request: Writer) -> Result<(), String> {
        let answer = self
            .link
            .exchange(&request.signed(&self.login))
            .map_err(|error| unanswered(name, &error))?;
        stun::outcome(&answer).map_err(|code| refused(name, code))
    }
}

impl Drop for Allocation {
    fn drop(&mut self) {
        // A courtesy: the allocation would end by itself.
        let release = Writer::new(stun::REFRESH, transaction()).lifetime(0);
        let _ = self.link.send(&release.signed(&self.login));
    }
}

enum Link {
    Udp(UdpSocket),
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Link {
    fn open(by: By, relay: SocketAddr) -> io::Result<Self> {
        match by {
            By::Udp => {
                let any: SocketAddr = if relay.is_ipv4() {
                    ([0, 0, 0, 0], 0).into()
                } else {
                    ([0; 16], 0).into()
                };
                let socket = UdpSocket::bind(any)?;
                socket.connect(relay)?;
                socket.set_read_timeout(Some(WAIT))?;
                Ok(Self::Udp(socket))
            }
            By::Tcp => dial::tcp(relay, WAIT * TRIES).map(Self::Tcp),
            By::Tls => dial::tls(relay, "localhost", WAIT * TRIES).map(|stream| Self::Tls(Box::new(stream))),
        }
    }

    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::Udp(socket) => socket.send(message).map(drop),
            Self::Tcp(stream) => stream.write_all(message),
            Self::Tls(stream) => stream.write_all(message).and_then(|()| stream.flush()),
        }
    }

    /// The next message; every one that is asked for here is STUN.
    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; 2048];
        let len = match self {
            Self::Udp(socket) => socket.recv(&mut buffer)?,
            Self::Tcp(stream) => frame(stream, &mut buffer)?,
            Self::Tls(stream) => frame(stream, &mut buffer)?,
        };
        buffer.truncate(len);
        Ok(buffer)
    }

    /// Asks until the answer of the same transaction comes.
    fn exchange(&mut self, request: &[u8]) -> io::Result<Vec<u8>> {
        let tries = match self {
            Self::Udp(_) => TRIES,
            Self::Tcp(_) | Self::Tls(_) => 1,
        };
        let mut last = io::Error::from(io::ErrorKind::TimedOut);
        for _ in 0..tries {
            self.send(request)?;
            loop {
                match self.receive() {
                    Ok(answer) if stun::transaction(&answer) == stun::transaction(request) => {
                        return Ok(answer);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        last = error;
                        break;
                    }
                }
            }
        }
        Err(last)
    }
}

/// Reads one message of a stream; returns its length.
fn frame(stream: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<usize> {
    stream.read_exact(&mut buffer[..4])?;
    let len = stun::frame_length(buffer).filter(|len| (4..=buffer.len()).contains(len));
    let len = len.ok_or_else(|| io::Error::other("a frame without end"))?;
    stream.read_exact(&mut buffer[4..len])?;
    Ok(len)
}

fn permit(peer: SocketAddr) -> Writer {
    Writer::new(stun::CREATE_PERMISSION, transaction()).peer(peer)
}

fn transaction() -> [u8; 12] {
    rand::random()
}

fn unanswered(name: &str, error: &io::Error) -> String {
    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
        format!("{name} is not answered")
    } else {
        format!("{name} is not answered: {error}")
    }
}

fn refused(name: &str, code: u16) -> String {
    format!("{name} is refused with {code}")
}
