//! A TURN client's control side: allocate, permit, bind, release; one request at a time, or many clients in step.

use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::link::{Link, PATIENCE, Transport};
use parlour_client::stun::{self, Login, Writer};

/// A user of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: String,
}

impl User {
    /// As applications mint it that share a secret with the server.
    pub(crate) fn of_secret(secret: &str, name: String) -> Self {
        Self {
            password: stun::shared_secret_password(secret, &name),
            name,
        }
    }
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
        transport: &Transport,
        from: SocketAddrV4,
        server: SocketAddr,
        user: &User,
    ) -> io::Result<Self> {
        let mut link = Link::open(transport, from, server)?;
        let login = login(user, &exchange(&mut link, &bare_allocate())?)?;
        let answer = exchange(&mut link, &allocate().signed(&login))?;
        succeeded("Allocate", &answer)?;
        let relayed = stun::relayed_address(&answer)
            .ok_or_else(|| io::Error::other("no IPv4 relayed address in the answer"))?;
        Ok(Self { link, relayed, login })
    }

    /// RFC 8656 §9.
    pub(crate) fn permit(&mut self, peer: SocketAddr) -> io::Result<()> {
        self.request("CreatePermission", permit(peer))
    }

    /// RFC 8656 §12.
    pub(crate) fn bind(&mut self, number: u16, peer: SocketAddr) -> io::Result<()> {
        self.request("ChannelBind", bind(number, peer))
    }

    /// RFC 8656 §8: a lifetime of zero.
    pub(crate) fn release(mut self) -> io::Result<()> {
        self.request("Refresh", release())
    }

    fn request(&mut self, name: &str, request: Writer) -> io::Result<()> {
        let answer = exchange(&mut self.link, &request.signed(&self.login))?;
        succeeded(name, &answer)
    }
}

/// Somebody who comes, allocates, permits and binds one peer, and goes.
pub(crate) struct Visitor<'a> {
    pub(crate) link: Link,
    pub(crate) user: &'a User,
    pub(crate) peer: SocketAddr,
}

/// A request, given the peer that it may be about.
type Step = fn(SocketAddr) -> Writer;

/// All visitors at once: everybody's first request, everybody's first answer, and so on.
pub(crate) fn visit(visitors: &mut [Visitor<'_>]) -> io::Result<()> {
    let bare: Vec<_> = visitors.iter().map(|_| bare_allocate()).collect();
    let challenges = exchange_all(visitors, &bare)?;
    let logins: Vec<Login> = visitors
        .iter()
        .zip(&challenges)
        .map(|(visitor, challenge)| login(visitor.user, challenge))
        .collect::<io::Result<_>>()?;
    let steps: [(&str, Step); 4] = [
        ("Allocate", |_| allocate()),
        ("CreatePermission", permit),
        ("ChannelBind", |peer| bind(0x4000, peer)),
        ("Refresh", |_| release()),
    ];
    for (name, request) in steps {
        let requests: Vec<_> = visitors
            .iter()
            .zip(&logins)
            .map(|(visitor, login)| request(visitor.peer).signed(login))
            .collect();
        for answer in exchange_all(visitors, &requests)? {
            succeeded(name, &answer)?;
        }
    }
    Ok(())
}

fn bare_allocate() -> Vec<u8> {
    Writer::new(stun::ALLOCATE, next_transaction())
        .udp_transport()
        .bytes()
}

fn allocate() -> Writer {
    Writer::new(stun::ALLOCATE, next_transaction())
        .udp_transport()
        .lifetime(600)
}

fn permit(peer: SocketAddr) -> Writer {
    Writer::new(stun::CREATE_PERMISSION, next_transaction()).peer(peer)
}

fn bind(number: u16, peer: SocketAddr) -> Writer {
    Writer::new(stun::CHANNEL_BIND, next_transaction())
        .channel(number)
        .peer(peer)
}

fn release() -> Writer {
    Writer::new(stun::REFRESH, next_transaction()).lifetime(0)
}

fn login(user: &User, challenge: &[u8]) -> io::Result<Login> {
    Login::new(&user.name, &user.password, challenge).ok_or_else(|| {
        let outcome = stun::outcome(challenge);
        io::Error::other(format!("Allocate got no challenge but {outcome:?}"))
    })
}

fn exchange_all(visitors: &mut [Visitor<'_>], requests: &[Vec<u8>]) -> io::Result<Vec<Vec<u8>>> {
    for (visitor, request) in visitors.iter_mut().zip(requests) {
        visitor.link.send(request)?;
    }
    let answers = visitors.iter_mut().zip(requests).map(|(visitor, request)| {
        let wanted = stun::transaction(request);
        let is_answer = |answer: &[u8]| stun::transaction(answer) == wanted;
        match visitor.link.listen(PATIENCE, is_answer)? {
            Some(answer) => Ok(answer),
            None => visitor.link.ask(request, is_answer),
        }
    });
    answers.collect()
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
