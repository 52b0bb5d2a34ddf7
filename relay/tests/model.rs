//! Random operations against a small model of what the relay promises.
//!
//! The model knows seats, allocations, permissions and channels as plain lists and decides every answer and
//! every delivery by searching them. After each step the relay's answer must be the model's, and all of the
//! relay's tables must agree with each other.

use std::net::SocketAddr;
use std::time::Instant;

use rand::rngs::StdRng;
use rand::{Rng, RngExt as _, SeedableRng as _};

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Config, Dropped, Transport};

const SEATS: usize = 6;
const ROOMS: u64 = 2;
const STEPS: usize = 1500;
const QUOTA: usize = 2;

/// What the model believes about one client.
#[derive(Clone, Default)]
struct Believed {
    room: Option<RoomTag>,
    allocation: Option<Allocation>,
}

#[derive(Clone)]
struct Allocation {
    relayed: SocketAddr,
    expires: Instant,
    permitted: Option<Instant>,
    channels: Vec<(u16, SocketAddr, Instant)>,
}

pub(crate) struct Model {
    bench: Bench,
    clients: Vec<Client>,
    believed: Vec<Believed>,
    /// Relayed addresses of the past: dead ones are peers too.
    known: Vec<SocketAddr>,
    /// Where choices come from: a seed, or a fuzzer's bytes.
    rng: Box<dyn Rng>,
}

#[test]
fn a_thousand_random_steps_go_as_the_model_says() {
    for seed in 1..=4 {
        let mut model = Model::new(Box::new(StdRng::from_seed([seed; 32])));
        for step in 0..STEPS {
            assert!(model.step(), "seed {seed}, step {step}");
        }
    }
}

impl Model {
    pub(crate) fn new(rng: Box<dyn Rng>) -> Self {
        let mut bench = Bench::with(Config {
            allocations_per_peer: QUOTA,
            // The model knows no limits of pace; `budgets` does.
            tracked_sources: 64,
            replies_per_source: 1_000_000,
            reply_burst_per_source: 1_000_000,
            replies_per_server: 1_000_000,
            requests_per_seat: 1_000_000,
            ..Config::default()
        });
        let transports = [Transport::Udp, Transport::Tcp, Transport::Tls];
        let clients: Vec<Client> = (0..SEATS)
            .map(|n| Client {
                tuple: tuple(n as u16, transports[n % 3]),
                seat: bench.seat(),
            })
            .collect();
        let believed = vec![Believed::default(); SEATS];
        Self {
            bench,
            clients,
            believed,
            known: Vec::new(),
            rng,
        }
    }

    /// One random operation, compared with what the model believes. False if the relay's tables disagree.
    pub(crate) fn step(&mut self) -> bool {
        let n = self.rng.random_range(0..SEATS);
        match self.rng.random_range(0..100) {
            0..6 => self.open(n),
            6..9 => self.close(n),
            9..12 => self.close_stream(n),
            12..22 => self.allocate(n),
            22..30 => self.refresh(n),
            30..45 => self.permit(n),
            45..60 => self.bind(n),
            60..75 => self.say(n),
            75..90 => self.say_on(n),
            _ => self.wait(),
        }
        self.compare_counts();
        self.bench.relay.is_consistent()
    }

    fn open(&mut self, n: usize) {
        let room = RoomTag(self.rng.random_range(0..ROOMS));
        if self.believed[n].room != Some(room) {
            self.believed[n] = Believed {
                room: Some(room),
                allocation: None,
            };
        }
        self.bench
            .relay
            .handle_seat_opened(self.bench.now, self.clients[n].seat, room);
        self.bench.settle();
    }

    fn close(&mut self, n: usize) {
        self.believed[n] = Believed::default();
        self.bench.close_seat(self.clients[n].seat);
    }

    fn close_stream(&mut self, n: usize) {
        if self.clients[n].tuple.transport.is_stream() {
            self.believed[n].allocation = None;
            self.bench
                .relay
                .handle_stream_closed(self.bench.now, self.clients[n].tuple);
            self.bench.settle();
        }
    }

    fn allocate(&mut self, n: usize) {
        let code = self.ask(n, |bench, client| bench.allocate(client));
        let now = self.bench.now;
        let believed = &mut self.believed[n];
        let expected = match (believed.room, &believed.allocation) {
            (None, _) => Err(401),
            (Some(_), Some(allocation)) if now < allocation.expires => Err(437),
            (Some(_), _) => Ok(()),
        };
        assert_eq!(code.as_ref().map(|_| ()).map_err(|code| *code), expected);
        if let Ok(answer) = code {
            let relayed = answer.address(XOR_RELAYED_ADDRESS).unwrap();
            assert!(!self.known.contains(&relayed) || self.believed.iter().all(|other| !other.has(relayed)));
            self.known.push(relayed);
            let expires = now + std::time::Duration::from_secs(600);
            self.believed[n].allocation = Some(Allocation {
                relayed,
                expires,
                permitted: None,
                channels: Vec::new(),
            });
        }
    }

    fn refresh(&mut self, n: usize) {
        let lifetime = if self.rng.random_range(0..4) == 0 { 0 } else { 600 };
        let result = self
            .ask(n, |bench, client| bench.refresh(client, lifetime))
            .map(|_| ());
        assert_eq!(result, self.standing(n));
        if result.is_ok() {
            let expires = self.bench.now + std::time::Duration::from_secs(600);
            match (lifetime, &mut self.believed[n].allocation) {
                (0, allocation) => *allocation = None,
                (_, Some(allocation)) => allocation.expires = expires,
                (_, None) => unreachable!("standing said there is one"),
            }
        }
    }

    fn permit(&mut self, n: usize) {
        let peer = self.peer();
        let result = self
            .ask(n, |bench, client| bench.permit(client, peer))
            .map(|_| ());
        let is_virtual = peer.ip() == self.bench.config.relayed_ip;
        let expected = self.standing(n).and(if is_virtual { Ok(()) } else { Err(403) });
        assert_eq!(result, expected);
        if result.is_ok() {
            self.believe_permission(n);
        }
    }

    fn bind(&mut self, n: usize) {
        let (peer, number) = (self.peer(), self.rng.random_range(0x3FFE..0x4006));
        let result = self
            .ask(n, |bench, client| bench.bind(client, number, peer))
            .map(|_| ());
        let expected = self.standing(n).and_then(|()| self.binding(n, number, peer));
        assert_eq!(result, expected, "{number:04x}");
        if result.is_ok() {
            let until = self.bench.now + std::time::Duration::from_secs(600);
            self.believe_permission(n);
            let channels = &mut self.believed[n].allocation.as_mut().unwrap().channels;
            channels.retain(|(bound, _, _)| *bound != number);
            channels.retain(|(_, bound, _)| *bound != peer);
            channels.push((number, peer, until));
        }
    }

    /// RFC 8656 §12.2 over the model's lists.
    fn binding(&self, n: usize, number: u16, peer: SocketAddr) -> Result<(), u16> {
        if !(0x4000..=0x4FFF).contains(&number) {
            return Err(400);
        }
        if peer.ip() != self.bench.config.relayed_ip {
            return Err(403);
        }
        let cooling = std::time::Duration::from_secs(300);
        let allocation = self.believed[n].allocation.as_ref().unwrap();
        for (bound, to, until) in &allocation.channels {
            if self.bench.now < *until + cooling && (*bound == number) != (*to == peer) {
                return Err(400);
            }
        }
        let is_roommate = self
            .believed
            .iter()
            .any(|other| other.has(peer) && other.room == self.believed[n].room);
        if is_roommate { Ok(()) } else { Err(403) }
    }

    fn say(&mut self, n: usize) {
        let peer = self.peer();
        let result = self.bench.say(self.clients[n], peer, b"payload");
        let expected = match &self.believed[n].allocation {
            None => Err(Dropped::NoAllocation),
            Some(_) if peer.ip() != self.bench.config.relayed_ip => Err(Dropped::ForeignPeer),
            Some(allocation) if !allocation.permits(self.bench.now) => Err(Dropped::NoPermission),
            Some(_) => self.delivery(n, peer),
        };
        assert_eq!(result.map(|delivery| (delivery.to, delivery.how)), expected);
    }

    fn say_on(&mut self, n: usize) {
        let number = self.rng.random_range(0x4000..0x4006);
        let result = self.bench.say_on(self.clients[n], number, b"payload");
        let now = self.bench.now;
        let expected = match &self.believed[n].allocation {
            None => Err(Dropped::NoAllocation),
            Some(allocation) => {
                match allocation
                    .channels
                    .iter()
                    .find(|(bound, _, until)| *bound == number && now < *until)
                {
                    None => Err(Dropped::UnboundChannel),
                    Some((_, peer, _)) => self.delivery(n, *peer),
                }
            }
        };
        assert_eq!(result.map(|delivery| (delivery.to, delivery.how)), expected);
    }

    /// Who hears it and how, by searching.
    fn delivery(&self, n: usize, peer: SocketAddr) -> Result<(parlour_relay::FiveTuple, How), Dropped> {
        let now = self.bench.now;
        let from = self.believed[n].allocation.as_ref().unwrap().relayed;
        let Some(m) = self.believed.iter().position(|other| other.has(peer)) else {
            return Err(Dropped::DeadPeer);
        };
        if self.believed[m].room != self.believed[n].room {
            return Err(Dropped::OtherRoom);
        }
        let receiver = self.believed[m].allocation.as_ref().unwrap();
        let channel = receiver
            .channels
            .iter()
            .find(|(_, to, until)| *to == from && now < *until);
        match channel {
            Some((number, _, _)) => Ok((self.clients[m].tuple, How::Channel(*number))),
            None if receiver.permits(now) => Ok((self.clients[m].tuple, How::Data { peer: from })),
            None => Err(Dropped::NotPermitted),
        }
    }

    fn wait(&mut self) {
        let seconds = [1, 7, 60, 299, 300, 301, 400][self.rng.random_range(0..7)];
        self.bench.after(seconds);
        let grace = std::time::Duration::from_secs(30);
        for believed in &mut self.believed {
            if believed
                .allocation
                .as_ref()
                .is_some_and(|allocation| allocation.expires + grace <= self.bench.now)
            {
                believed.allocation = None;
            }
        }
    }

    /// Somebody's address, a dead one, one that nobody has, or a foreign one.
    fn peer(&mut self) -> SocketAddr {
        let live: Vec<SocketAddr> = self
            .believed
            .iter()
            .filter_map(|other| other.allocation.as_ref())
            .map(|found| found.relayed)
            .collect();
        match self.rng.random_range(0..10) {
            0 => SocketAddr::from(([198, 51, 100, 1], self.rng.random())),
            1 => SocketAddr::new(
                self.bench.config.relayed_ip.into(),
                self.rng.random_range(1..1024),
            ),
            2 if !self.known.is_empty() => self.known[self.rng.random_range(0..self.known.len())],
            _ if !live.is_empty() => live[self.rng.random_range(0..live.len())],
            _ => SocketAddr::new(self.bench.config.relayed_ip.into(), 1),
        }
    }

    /// Asks, with a fresh nonce if the old one has expired, as clients do.
    fn ask(&mut self, n: usize, request: impl Fn(&mut Bench, Client) -> Answer) -> Result<Parsed, u16> {
        self.bench.forget_nonce(self.clients[n].tuple);
        let answer = request(&mut self.bench, self.clients[n]).0.expect("an answer");
        match answer.error() {
            None => Ok(answer),
            Some(code) => Err(code),
        }
    }

    /// RFC 8656 §5: whoever has no seat is unknown, whoever has no allocation has nothing to change.
    fn standing(&self, n: usize) -> Result<(), u16> {
        match (&self.believed[n].room, &self.believed[n].allocation) {
            (None, _) => Err(401),
            (Some(_), None) => Err(437),
            (Some(_), Some(_)) => Ok(()),
        }
    }

    fn believe_permission(&mut self, n: usize) {
        let until = self.bench.now + std::time::Duration::from_secs(300);
        self.believed[n].allocation.as_mut().unwrap().permitted = Some(until);
    }

    fn compare_counts(&self) {
        let allocations = self
            .believed
            .iter()
            .filter(|believed| believed.allocation.is_some())
            .count();
        assert_eq!(self.bench.relay.stats().allocations, allocations);
        assert_eq!(self.bench.flows.len(), allocations);
        let seats = self
            .believed
            .iter()
            .filter(|believed| believed.room.is_some())
            .count();
        assert_eq!(self.bench.relay.stats().seats, seats);
    }
}

impl Believed {
    fn has(&self, relayed: SocketAddr) -> bool {
        self.allocation
            .as_ref()
            .is_some_and(|allocation| allocation.relayed == relayed)
    }
}

impl Allocation {
    fn permits(&self, now: Instant) -> bool {
        self.permitted.is_some_and(|until| now < until)
    }
}
