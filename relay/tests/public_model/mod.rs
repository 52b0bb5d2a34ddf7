//! Random operations against a small model of what the public relay promises.
//!
//! As `model` does for the closed relay: plain lists decide every answer and every delivery by searching. Sockets are
//! asked for and bound later, or not; secrets come and go; this host's own addresses change. After each step the
//! relay's answer must be the model's, its tables must agree, and no socket may be open that no allocation has.

mod changes;
mod expected;
mod media;
mod world;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Instant;

use parlour_relay::public::{Config, PeerPolicy};
use rand::rngs::StdRng;
use rand::{Rng, RngExt as _, SeedableRng as _};

use self::world::*;
use crate::common::tuple;
use crate::common::wire::*;
use crate::public_bench::{Bench, EXTERNAL, User, at, config};

const STEPS: usize = 3000;

pub(crate) struct Model {
    bench: Bench,
    credentials: Vec<Credential>,
    believed: Vec<Believed>,
    resting: Vec<(SocketAddr, Instant, Person)>,
    file: usize,
    own: bool,
    drained: Option<Instant>,
    start: Instant,
    rng: Box<dyn Rng>,
}

#[test]
fn a_thousand_random_steps_of_the_public_relay_go_as_the_model_says() {
    for seed in 1..=6 {
        let mut model = Model::new(Box::new(StdRng::from_seed([seed; 32])));
        for step in 0..STEPS {
            assert!(model.step(), "seed {seed}, step {step}");
        }
    }
}

impl Model {
    pub(crate) fn new(rng: Box<dyn Rng>) -> Self {
        let mut config = Config {
            external_ipv6: Some(EXTERNAL_V6.parse().unwrap()),
            ports: PORTS,
            allocations_per_user: PER_USER,
            allocations_per_application: PER_APPLICATION,
            allocations_per_server: PER_SERVER,
            bind_attempts: ATTEMPTS,
            ..config()
        };
        // The model knows no limits of pace and bandwidth; other tests do.
        config.base = parlour_relay::Config {
            tracked_sources: 64,
            replies_per_source: 1_000_000,
            reply_burst_per_source: 1_000_000,
            replies_per_server: 1_000_000,
            requests_per_seat: 1_000_000,
            bits_per_allocation: 1 << 40,
            bits_per_room: 1 << 40,
            quarantined_per_seat: RESTING_PER_USER,
            permissions_per_allocation: PERMISSIONS,
            channels_per_allocation: CHANNELS,
            ..config.base
        };
        let policy = PeerPolicy {
            deny: vec!["77.0.0.0/24".parse().unwrap()],
            ..PeerPolicy::default()
        };
        let mut bench = Bench::with(config, policy);
        bench.holds = true;
        let start = bench.now;
        let mut model = Self {
            bench,
            credentials: Vec::new(),
            believed: Vec::new(),
            resting: Vec::new(),
            file: 0,
            own: false,
            drained: None,
            start,
            rng,
        };
        model.change_secrets();
        for _ in 0..CLIENTS {
            let credential = model.mint();
            model.credentials.push(credential);
        }
        model
    }

    /// One random operation, compared with what the model believes. False if the relay's tables disagree.
    pub(crate) fn step(&mut self) -> bool {
        let n = self.rng.random_range(0..CLIENTS);
        match self.rng.random_range(0..100) {
            0..2 => self.credentials[n] = self.mint(),
            2..3 => self.change_secrets(),
            3..6 => self.change_own_addresses(),
            6..7 => self.close_stream(n),
            7..17 => self.allocate(n),
            17..20 => self.repeat(n),
            20..27 => self.bound_late(),
            27..36 => self.refresh(n),
            36..48 => self.permit(n),
            48..62 => self.bind(n),
            62..73 => self.say(n),
            73..83 => self.say_on(n),
            83..92 => self.hear(),
            92..99 => self.wait(),
            _ => self.drain(),
        }
        self.compare();
        self.bench.relay.is_consistent()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.random_range(0..from.len())]
    }

    /// The client with its present credential.
    fn user(&self, n: usize) -> User {
        let (username, password) = self.credentials[n].user.clone();
        let tuple = tuple(n as u16, transport(n));
        User {
            tuple,
            username,
            password,
        }
    }

    /// A request that is answered at once.
    fn ask(&mut self, n: usize, request: Builder) -> Result<(), u16> {
        let bytes = self.bench.signed(&self.user(n), request);
        self.send(n, &bytes).expect("an answer").map(drop)
    }

    fn send(&mut self, n: usize, bytes: &[u8]) -> Option<Result<Parsed, u16>> {
        let answer = self.bench.send(tuple(n as u16, transport(n)), bytes).0?;
        Some(answer.error().map_or(Ok(answer), Err))
    }

    fn allocate(&mut self, n: usize) {
        let family = self.pick(&[None, Some(1), Some(2), Some(2), Some(3)]);
        let mut request = self.bench.builder(ALLOCATE).with_transport(17);
        if let Some(family) = family {
            request = request.with(REQUESTED_ADDRESS_FAMILY, &[family, 0, 0, 0]);
        }
        let bytes = self.bench.signed(&self.user(n), request);
        let answer = self.send(n, &bytes).map(|answer| answer.map(drop));
        if let Err(code) = self.may_allocate(n, family) {
            assert_eq!(answer, Some(Err(code)));
            return;
        }
        assert_eq!(answer, None, "it is answered when the socket is there");
        let (id, relayed) = *self.bench.pending.last().unwrap();
        self.believed.push(Believed {
            id,
            client: n,
            relayed,
            credential: self.credentials[n].clone(),
            request: (bytes, self.bench.now),
            answer: None,
            attempts: 1,
            expires: self.bench.now + seconds(600),
            permissions: Vec::new(),
            channels: Vec::new(),
        });
        if self.rng.random_range(0..6) > 0 {
            while self
                .bench
                .pending
                .last()
                .is_some_and(|(pending, _)| *pending == id)
            {
                let works = self.rng.random_range(0..4) > 0;
                self.bound(self.bench.pending.len() - 1, works);
            }
        }
    }

    /// What became of a socket that was asked for; the allocation may have ended meanwhile.
    fn bound(&mut self, pending: usize, works: bool) {
        let (id, wanted) = self.bench.pending.remove(pending);
        let asked_before = self.bench.bound.len();
        self.bench.relay.handle_bound(self.bench.now, id, works);
        self.bench.settle();
        let reply = self.bench.replies.pop();
        let Some(place) = self.believed.iter().position(|believed| believed.id == id) else {
            assert_eq!(
                (reply, self.bench.bound.len()),
                (None, asked_before),
                "nobody waits for it"
            );
            return;
        };
        let attempts = self.believed[place].attempts;
        if works {
            let (_, bytes) = reply.expect("success");
            let answer = Parsed::read(&bytes);
            assert_eq!(
                (answer.error(), answer.address(XOR_RELAYED_ADDRESS)),
                (None, Some(wanted))
            );
            self.believed[place].answer = Some(bytes);
        } else if attempts < ATTEMPTS && self.free(wanted.is_ipv4()) > 0 {
            assert_eq!((reply, self.bench.bound.len()), (None, asked_before + 1));
            let (same, other) = *self.bench.pending.last().unwrap();
            assert_eq!((same, other.ip()), (id, wanted.ip()));
            self.believed[place].attempts += 1;
            self.believed[place].relayed = other;
            let person = self.believed[place].credential.person.clone();
            self.resting.push((wanted, self.bench.now + seconds(600), person));
        } else {
            assert_eq!(Parsed::read(&reply.expect("508").1).error(), Some(508));
            self.end_where(|believed| believed.id == id);
        }
    }

    fn bound_late(&mut self) {
        if !self.bench.pending.is_empty() {
            let (pending, works) = (
                self.rng.random_range(0..self.bench.pending.len()),
                self.rng.random(),
            );
            self.bound(pending, works);
        }
    }

    /// RFC 8656 §5: the same bytes again.
    fn repeat(&mut self, n: usize) {
        let now = self.bench.now;
        let Some(believed) = self
            .of(n)
            .filter(|believed| now < believed.request.1 + seconds(500))
            .cloned()
        else {
            return;
        };
        let answer = self.send(n, &believed.request.0);
        let credential = &believed.credential;
        let is_good = self.is_in_force(credential) && now < credential.expires;
        let expected = match (is_good, believed.answer) {
            (false, _) => Some(Err(401)),
            (true, None) => None,
            (true, Some(bytes)) => Some(Ok(bytes)),
        };
        assert_eq!(answer.map(|answer| answer.map(|answer| answer.bytes)), expected);
    }

    fn refresh(&mut self, n: usize) {
        let lifetime: u32 = self.pick(&[0, 600, 600, 600, 600, 600, 600, 600]);
        let request = self
            .bench
            .builder(REFRESH)
            .with(LIFETIME, &lifetime.to_be_bytes());
        let expected = self.standing(n);
        assert_eq!(self.ask(n, request), expected.map(drop));
        match expected {
            Ok(_) if lifetime == 0 => self.end_where(|believed| believed.client == n),
            Ok(place) => self.believed[place].expires = self.bench.now + seconds(600),
            Err(_) => {}
        }
    }

    fn permit(&mut self, n: usize) {
        let peers: Vec<SocketAddr> = (0..self.rng.random_range(1..4)).map(|_| self.peer()).collect();
        let request = self.bench.builder(CREATE_PERMISSION);
        let request = peers.iter().fold(request, |request, peer| {
            request.with_address(XOR_PEER_ADDRESS, *peer)
        });
        let expected = self.standing(n).and_then(|place| {
            let is_v4 = self.believed[place].relayed.is_ipv4();
            let may_be = |peer: &SocketAddr| {
                let ip = canonical(*peer);
                ip.is_ipv4() == is_v4 && (self.is_external(ip) || self.is_allowed(ip))
            };
            if !peers.iter().all(may_be) {
                return Err(403);
            }
            self.permitted(place, &peers)
                .map(|permissions| (place, permissions))
        });
        assert_eq!(
            self.ask(n, request),
            expected.as_ref().map(|_| ()).map_err(|code| *code)
        );
        if let Ok((place, permissions)) = expected {
            self.believed[place].permissions = permissions;
        }
    }

    fn bind(&mut self, n: usize) {
        let (peer, number) = (self.peer(), self.rng.random_range(0x3FFF..0x4004));
        let request = self
            .bench
            .builder(CHANNEL_BIND)
            .with_channel(number)
            .with_address(XOR_PEER_ADDRESS, peer);
        let peer = canonical(peer);
        let expected = self.standing(n).and_then(|place| {
            self.may_bind(place, number, peer)?;
            self.permitted(place, &[peer])
                .map(|permissions| (place, permissions))
        });
        assert_eq!(
            self.ask(n, request),
            expected.as_ref().map(|_| ()).map_err(|code| *code)
        );
        if let Ok((place, permissions)) = expected {
            let believed = &mut self.believed[place];
            believed.permissions = permissions;
            believed
                .channels
                .retain(|(bound, to, _)| *bound != number && *to != peer);
            believed
                .channels
                .push((number, peer, self.bench.now + seconds(600)));
        }
    }

    /// Somebody of the list, somebody's relayed address, a dead one.
    fn peer(&mut self) -> SocketAddr {
        let live: Vec<SocketAddr> = self.believed.iter().map(|believed| believed.relayed).collect();
        match self.rng.random_range(0..10) {
            0..3 if !live.is_empty() => self.pick(&live),
            3 => SocketAddr::new(EXTERNAL.parse().unwrap(), self.rng.random_range(49_999..50_013)),
            _ => at(self.pick(&PEERS).0),
        }
    }

    fn end_where(&mut self, ends: impl Fn(&Believed) -> bool) {
        // A number rests from the moment of the allocation's end, which may lie back; nobody asked in between.
        let now = self.bench.now;
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.believed)
            .into_iter()
            .partition(|believed| ends(believed));
        self.believed = kept;
        for believed in gone {
            let dies = believed.expires + seconds(30);
            let ended = self.drained.map_or(dies, |last| last.min(dies)).min(now);
            self.resting
                .push((believed.relayed, ended + seconds(600), believed.credential.person));
        }
    }

    fn compare(&mut self) {
        let stats = self.bench.relay.stats();
        let people: BTreeSet<_> = self
            .believed
            .iter()
            .map(|believed| &believed.credential.person)
            .collect();
        assert_eq!(
            (stats.allocations, stats.seats),
            (self.believed.len(), people.len())
        );
        let closed: BTreeSet<_> = self.bench.closed.iter().copied().collect();
        let open: BTreeSet<_> = self
            .bench
            .bound
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| !closed.contains(id))
            .collect();
        let held: BTreeSet<_> = self.believed.iter().map(|believed| believed.id).collect();
        assert_eq!(open, held, "a socket for each allocation and no other");
        let mut numbers: Vec<_> = self.believed.iter().map(|believed| believed.relayed).collect();
        numbers.extend(self.resting.iter().map(|(relayed, _, _)| *relayed));
        let different: BTreeSet<_> = numbers.iter().collect();
        assert_eq!(
            different.len(),
            numbers.len(),
            "no number is had twice, or while it rests"
        );
    }
}
