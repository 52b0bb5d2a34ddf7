//! A TURN client's control side: allocate, permit, bind, release; one request at a time.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::link::{Link, Transport};
use crate::stun::{self, Login, Writer};

/// A user of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: String,
}

/// An allocation and the socket that holds it.
pub(crate) struct Allocation {
    pub(crate) link: Link,
    pub(crate) relayed: SocketAddr,
    login: Login,
}

impl Allocation {
    /// RFC 8656 §7: asks, is challenged, asks again.
    pub(crate) fn new(
        transport: Transport,
        from: Ipv4Addr,
        server: SocketAddr,
        user: &User,
    ) -> io::Result<Self> {
        let mut link = Link::open(transport, from, server)?;
        let bare = Writer::new(stun::ALLOCATE, next_transaction())
            .udp_transport()
            .bytes();
        let challenge = exchange(&mut link, &bare)?;
        let login = Login::new(&user.name, &user.password, &challenge)
            .ok_or_else(|| io::Error::other("the first answer is no challenge"))?;
        let request = Writer::new(stun::ALLOCATE, next_transaction())
            .udp_transport()
            .lifetime(600);
        let answer = exchange(&mut link, &request.signed(&login))?;
        succeeded("Allocate", &answer)?;
        let relayed = stun::relayed_address(&answer)
            .ok_or_else(|| io::Error::other("no IPv4 relayed address in the answer"))?;
        Ok(Self { link, relayed, login })
    }

    /// RFC 8656 §9.
    pub(crate) fn permit(&mut self, peer: SocketAddr) -> io::Result<()> {
        self.request(
            "CreatePermission",
            Writer::new(stun::CREATE_PERMISSION, next_transaction()).peer(peer),
        )
    }

    /// RFC 8656 §12.
    pub(crate) fn bind(&mut self, number: u16, peer: SocketAddr) -> io::Result<()> {
        let request = Writer::new(stun::CHANNEL_BIND, next_transaction())
            .channel(number)
            .peer(peer);
        self.request("ChannelBind", request)
    }

    /// RFC 8656 §8: a lifetime of zero.
    pub(crate) fn release(mut self) -> io::Result<()> {
        self.request(
            "Refresh",
            Writer::new(stun::REFRESH, next_transaction()).lifetime(0),
        )
    }

    fn request(&mut self, name: &str, request: Writer) -> io::Result<()> {
        let answer = exchange(&mut self.link, &request.signed(&self.login))?;
        succeeded(name, &answer)
    }
}

fn exchange(link: &mut Link, request: &[u8]) -> io::Result<Vec<u8>> {
    let wanted = stun::transaction(request);
    link.ask(request, |answer| stun::transaction(answer) == wanted)
}

fn succeeded(name: &str, answer: &[u8]) -> io::Result<()> {
    stun::outcome(answer).map_err(|code| io::Error::other(format!("{name} was answered with {code}")))
}

/// Unique is enough here: nobody guesses on loopback.
fn next_transaction() -> [u8; 12] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut id = [0x5A; 12];
    id[4..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    id
}
