//! At the start: a message through our own relay, with seats that nobody else has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parlour_credentials::{Credentials, RoomTag, SeatId};
use parlour_relay_io::Handle;

use super::turn::{self, By, Seat};

/// A number that signaling never draws for a room: it draws them at random.
const ROOM: RoomTag = RoomTag(0);

/// A test under way, or over.
pub(crate) struct SelfTest {
    relay: Handle,
    seats: [SeatId; 2],
    over: Arc<AtomicBool>,
}

impl SelfTest {
    /// Tries UDP and TCP on a thread of its own, which nobody waits for, and warns in the log of what does not work.
    pub(crate) fn start(relay: &Handle, credentials: &Credentials) -> Self {
        let test = Self {
            relay: relay.clone(),
            seats: [(); 2].map(|()| SeatId::from_random(rand::random())),
            over: Arc::default(),
        };
        for seat in test.seats {
            relay.seat_opened(seat, ROOM);
        }
        let logins = test.seats.map(|seat| {
            let credential = credentials.mint(seat);
            Seat {
                name: credential.username,
                password: credential.password,
            }
        });
        let (relay, seats, over) = (relay.clone(), test.seats, Arc::clone(&test.over));
        let thread = std::thread::Builder::new().name("self-test".to_owned());
        // Without a thread for it the test is not made; the server has other worries then.
        let _ = thread.spawn(move || {
            if let Some(address) = relay.local_addrs().next().map(reachable) {
                run(address, &logins, &over);
            }
            close(&relay, seats);
        });
        test
    }

    /// Ends it at once: its allocations are no calls that would be cut.
    pub(crate) fn end(self) {
        self.over.store(true, Ordering::Relaxed);
        close(&self.relay, self.seats);
    }
}

fn run(relay: SocketAddr, logins: &[Seat; 2], over: &AtomicBool) {
    for by in [By::Udp, By::Tcp] {
        let tried = turn::send_through(by, relay, logins);
        if over.load(Ordering::Relaxed) {
            return;
        }
        match tried {
            Ok(took) => tracing::debug!(?by, ?took, "the relay passes messages on"),
            Err(why) => tracing::warn!(
                ?by,
                "the relay does not work from this machine itself: {why}; type: parlour doctor"
            ),
        }
    }
}

fn close(relay: &Handle, seats: [SeatId; 2]) {
    for seat in seats {
        relay.seat_closed(seat);
    }
}

/// A wildcard address is reached by loopback of its family.
pub(crate) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V4(_) | IpAddr::V6(_) => listen.ip(),
    };
    SocketAddr::new(ip, listen.port())
}
