//! Random meetings against a model of a few lines: who has a seat, who waits, who hears whom.
//!
//! Each room has a host who stays, so that rooms do not end here; endings are in `leave`.

use std::time::Duration;

use parlour_signaling::{ClientMessage, Config, Pid, Rate, ServerMessage, SignedState, States};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::common::{Bench, Host, P, Person, Rules, config, link};

const ROOMS: usize = 3;
const GUESTS: usize = 9;
const HOLD: Duration = Duration::from_secs(30);

struct Model {
    bench: Bench,
    random: StdRng,
    rooms: Vec<Room>,
    guests: Vec<Guest>,
    bodies: u32,
}

struct Room {
    host: Host,
    host_pid: Pid,
    page: P,
    rules: Rules,
    signed: SignedState,
    /// Guests in the order of seating, after the host.
    seats: Vec<usize>,
    porch: Vec<usize>,
    /// What the host should hear next.
    expected: Vec<(Pid, String)>,
}

struct Guest {
    person: Person,
    page: P,
    /// Counts up, so that each time is another page.
    times: u8,
    place: Option<(usize, Pid)>,
    /// When the connection broke.
    cut: Option<std::time::Instant>,
    expected: Vec<(Pid, String)>,
}

fn generous() -> Config {
    let all = Rate {
        burst: 1_000_000,
        every: Duration::from_millis(1),
    };
    Config {
        frames: all,
        signals: all,
        costly: all,
        joins_per_source: all,
        rooms_per_source: all,
        kept_bytes: 1 << 24,
        kept_frames: 100_000,
        ..config()
    }
}

impl Model {
    fn new(seed: u64) -> Self {
        let mut bench = Bench::with(generous());
        let rooms = (0..ROOMS)
            .map(|n| {
                let n = u8::try_from(n).unwrap();
                let (host, rules) = (Host::new(n), Rules::open(link(n)));
                let rules = Rules {
                    cap: 16,
                    until: rules.until + 30 * 24 * 3600,
                    ..rules
                };
                let page = bench.room(&host, &rules);
                let (host_pid, signed) = (Person::new(100).pid(&host, 100), host.state(&rules));
                Room {
                    host,
                    host_pid,
                    page,
                    rules,
                    signed,
                    seats: vec![],
                    porch: vec![],
                    expected: vec![],
                }
            })
            .collect();
        let guests = (0..GUESTS)
            .map(|n| Guest {
                person: Person::new(u8::try_from(n).unwrap()),
                page: bench.page(),
                times: 0,
                place: None,
                cut: None,
                expected: vec![],
            })
            .collect();
        Self {
            bench,
            random: StdRng::seed_from_u64(seed),
            rooms,
            guests,
            bodies: 0,
        }
    }

    fn step(&mut self) {
        let guest = self.random.random_range(0..GUESTS);
        let present = self.guests[guest].cut.is_none();
        match self.random.random_range(0..12) {
            0..=2 if present => self.join(guest),
            3 if present => self.leave(guest, false),
            4 if present => self.leave(guest, true),
            5 if present => self.cut(guest),
            5..=6 if !present => self.resume(guest),
            7..=9 if present => self.signal(guest),
            10 => self.change_rules(),
            11 => self.wait(),
            _ => {}
        }
        self.bench.settle();
        self.expire();
        self.compare();
    }

    fn join(&mut self, guest: usize) {
        let room = self.random.random_range(0..ROOMS);
        let Guest {
            person,
            page,
            times,
            place,
            ..
        } = &mut self.guests[guest];
        let there = &mut self.rooms[room];
        *times += 1;
        let join = there.host.join(link(u8::try_from(room).unwrap()), person, *times);
        let answer = self.bench.ask(*page, ClientMessage::Join(join));
        if place.is_some() {
            assert!(matches!(answer, ServerMessage::Error(_)));
            return;
        }
        let ServerMessage::Joined(joined) = answer else {
            panic!("{answer:?}")
        };
        let welcome = there.rules.door == "open" || there.rules.members.contains(&person.spk());
        assert_eq!(joined.seat, welcome);
        *place = Some((room, joined.pid));
        if welcome {
            there.seats.push(guest)
        } else {
            there.porch.push(guest)
        }
    }

    fn leave(&mut self, guest: usize, by_closing: bool) {
        let page = self.guests[guest].page;
        if by_closing {
            self.bench.close(page);
            self.bench.pages[page].forget();
            self.forget_session(guest);
            self.bench.connect(page);
        } else if self.guests[guest].place.is_some() {
            self.bench.leave(page);
        }
        self.out(guest);
    }

    fn cut(&mut self, guest: usize) {
        self.bench.cut(self.guests[guest].page);
        self.guests[guest].cut = Some(self.bench.now);
    }

    fn resume(&mut self, guest: usize) {
        let page = self.guests[guest].page;
        let gone = self.bench.now >= self.guests[guest].cut.unwrap() + HOLD;
        self.bench.pages[page].was_gone = false;
        self.bench.connect(page);
        assert_eq!(self.bench.pages[page].was_gone, gone);
        self.guests[guest].cut = None;
    }

    fn signal(&mut self, guest: usize) {
        let room = self.random.random_range(0..ROOMS);
        let to = self.random.random_range(0..=GUESTS);
        self.bodies += 1;
        let body = self.bodies.to_string();
        let target = if to == GUESTS {
            Some((room, self.rooms[room].host_pid))
        } else {
            self.guests[to].place
        };
        let Some((there, pid)) = target else { return };
        self.bench.signal(self.guests[guest].page, pid, &body);
        let Some((here, from)) = self.guests[guest].place else {
            return;
        };
        let seated = |n: usize| n == GUESTS || self.rooms[here].seats.contains(&n);
        if here != there || to == guest || !(seated(guest) || seated(to)) {
            return;
        }
        let expected = if to == GUESTS {
            &mut self.rooms[here].expected
        } else {
            &mut self.guests[to].expected
        };
        expected.push((from, body));
    }

    fn change_rules(&mut self) {
        let n = self.random.random_range(0..ROOMS);
        let members: Vec<usize> = (0..GUESTS).filter(|_| self.random.random_bool(0.5)).collect();
        let people: Vec<&Person> = members.iter().map(|guest| &self.guests[*guest].person).collect();
        let room = &mut self.rooms[n];
        let door = if self.random.random_bool(0.4) {
            "open"
        } else {
            "knock"
        };
        room.rules = Rules {
            door,
            ..room.rules.clone().next().members(&people)
        };
        room.signed = room.host.state(&room.rules);
        let states = States {
            states: vec![room.signed.clone()],
        };
        self.bench.done(room.page, ClientMessage::State(states));
        let welcome = |guest: &usize| door == "open" || members.contains(guest);
        let (stay, out): (Vec<usize>, Vec<usize>) = room.seats.iter().partition(|guest| welcome(guest));
        room.porch.extend(out);
        let (admitted, wait): (Vec<usize>, Vec<usize>) = room.porch.iter().partition(|guest| welcome(guest));
        room.seats = [stay, admitted].concat();
        room.porch = wait;
    }

    fn wait(&mut self) {
        let seconds = self.random.random_range(0..20);
        self.bench.seconds(seconds);
    }

    /// Those whose time has run out are gone.
    fn expire(&mut self) {
        for guest in 0..GUESTS {
            if self.guests[guest]
                .cut
                .is_some_and(|cut| self.bench.now >= cut + HOLD)
            {
                self.forget_session(guest);
                self.out(guest);
            }
        }
    }

    fn out(&mut self, guest: usize) {
        if let Some((room, _)) = self.guests[guest].place.take() {
            self.rooms[room].seats.retain(|seat| *seat != guest);
            self.rooms[room].porch.retain(|seat| *seat != guest);
        }
    }

    /// What was not heard in a session that is over is never heard.
    fn forget_session(&mut self, guest: usize) {
        self.guests[guest].expected.clear();
    }

    fn compare(&mut self) {
        let mut seats = 0;
        for n in 0..ROOMS {
            let room = &self.rooms[n];
            let pid = |guest: &usize| self.guests[*guest].place.unwrap().1;
            let expected: Vec<(Pid, bool)> = std::iter::once((room.host_pid, false))
                .chain(
                    room.seats
                        .iter()
                        .map(|guest| (pid(guest), self.guests[*guest].cut.is_some())),
                )
                .collect();
            let porch: Vec<Pid> = room.porch.iter().map(pid).collect();
            seats += expected.len();
            let people = room
                .seats
                .iter()
                .chain(&room.porch)
                .filter(|guest| self.guests[**guest].cut.is_none());
            for page in people.map(|guest| self.guests[*guest].page).chain([room.page]) {
                let view = self.bench.view(page);
                assert_eq!(
                    view.seats
                        .iter()
                        .map(|seat| (seat.pid, seat.away))
                        .collect::<Vec<_>>(),
                    expected
                );
                assert_eq!(view.porch, porch);
                assert_eq!(view.states, std::slice::from_ref(&room.signed));
            }
        }
        assert_eq!(self.bench.relay.open.len(), seats);
        let stats = self.bench.machine.stats();
        assert_eq!((stats.seats, stats.rooms), (seats, ROOMS));
        assert_eq!(
            stats.porch,
            self.rooms.iter().map(|room| room.porch.len()).sum::<usize>()
        );
        for room in &mut self.rooms {
            assert_eq!(self.bench.signals(room.page), std::mem::take(&mut room.expected));
        }
        for guest in self.guests.iter_mut().filter(|guest| guest.cut.is_none()) {
            assert_eq!(
                self.bench.signals(guest.page),
                std::mem::take(&mut guest.expected)
            );
        }
    }

    /// Everybody goes, some by leaving and some by being lost.
    fn end(mut self) {
        for guest in 0..GUESTS {
            if guest % 2 == 0 && self.guests[guest].cut.is_none() {
                self.leave(guest, true);
            }
        }
        for page in 0..self.bench.pages.len() {
            self.bench.cut(page);
        }
        self.bench.seconds(26 * 3600);
        let (relay, stats) = (&self.bench.relay, self.bench.machine.stats());
        assert_eq!((relay.opened, relay.open.len()), (relay.closed, 0));
        assert_eq!(
            (stats.seats_opened_total, stats.seats_closed_total),
            (relay.opened as u64, relay.closed as u64)
        );
        assert_eq!(
            (
                stats.sessions,
                stats.connections,
                stats.rooms,
                stats.seats,
                stats.porch
            ),
            (0, 0, 0, 0, 0)
        );
        assert_eq!((stats.kept_bytes, stats.sources, stats.tombstones), (0, 0, 0));
    }
}

#[test]
fn random_meetings_go_as_the_model_says() {
    for seed in 0..60 {
        let mut model = Model::new(seed);
        for _ in 0..120 {
            model.step();
        }
        model.end();
    }
}

/// The same inputs bring the same outputs, seats and tokens included.
#[test]
fn a_transcript_replays_exactly() {
    let run = |seed| {
        let mut model = Model::new(seed);
        for _ in 0..100 {
            model.step();
        }
        let pages = &model.bench.pages;
        let heard: Vec<String> = pages.iter().map(|page| format!("{:?}", page.log)).collect();
        let tickets: Vec<_> = pages
            .iter()
            .map(|page| page.ticket.map(|(id, token)| (id.0, token.0)))
            .collect();
        (heard, tickets, model.bench.machine.stats().clone())
    };
    assert!(run(7) == run(7));
    assert!(run(7) != run(8));
}
