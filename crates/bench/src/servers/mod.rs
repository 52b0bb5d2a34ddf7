//! The servers that are compared: how each is started on one core, told its users, and ended.

mod others;
mod parlour;
pub(crate) mod start;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Child;

use crate::control::User;
use crate::identity::Identity;

/// The core that servers run on; the generator has the other one.
pub(crate) const SERVER_CORE: usize = 0;
pub(crate) const GENERATOR_CORE: usize = 1;
/// Where peers outside are, for servers that reach some.
pub(crate) const PEERS: Ipv4Addr = Ipv4Addr::new(127, 3, 0, 1);

/// Whom to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Kind {
    /// The release binary, its defaults, one relay worker because there is one core.
    Parlour,
    /// The same binary as a TURN server for other applications: relayed addresses are sockets.
    ParlourPublic,
    /// Debian's turnserver.
    Coturn,
    /// turn-server of the Rust registry.
    TurnRs,
    /// recvmmsg and sendmmsg, no TURN.
    Bare,
    /// The same with merged receives and sends.
    BareMerged,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Parlour => "Parlour",
            Self::ParlourPublic => "Parlour, public relay",
            Self::Coturn => "coturn",
            Self::TurnRs => "turn-rs",
            Self::Bare => "bare recvmmsg/sendmmsg",
            Self::BareMerged => "bare, merged runs",
        }
    }

    /// Whether two of its clients can be measured talking to each other, by TURN.
    pub(crate) const fn is_relay(self) -> bool {
        matches!(self, Self::Parlour | Self::Coturn | Self::TurnRs)
    }

    /// Whether its relayed addresses are sockets that peers outside can be reached from.
    pub(crate) const fn reaches_peers(self) -> bool {
        matches!(self, Self::ParlourPublic | Self::Coturn)
    }
}

/// By which of its doors a server is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Door {
    /// UDP and TCP.
    Plain,
    Tls,
}

/// Where the programs are, and the certificate that they show.
pub(crate) struct Programs {
    pub(crate) parlour: PathBuf,
    pub(crate) hold_seats: PathBuf,
    pub(crate) coturn: PathBuf,
    pub(crate) turn_rs: PathBuf,
    pub(crate) identity: Identity,
}

impl Programs {
    /// Whether the program for this kind exists.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        match kind {
            Kind::Parlour => self.parlour.exists() && self.hold_seats.exists(),
            Kind::ParlourPublic => self.parlour.exists(),
            Kind::Coturn => self.coturn.exists(),
            Kind::TurnRs => self.turn_rs.exists(),
            Kind::Bare | Kind::BareMerged => true,
        }
    }
}

/// A running server; dropping it ends it.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    users: Vec<User>,
    main: Child,
    helpers: Vec<Child>,
    /// A file that was written for it.
    config: Option<PathBuf>,
}

impl Server {
    /// Starts a server and gives it at least `seats` users, where users are seats.
    ///
    /// # Errors
    /// If a program is missing, or is not ready within ten seconds.
    pub(crate) fn start(kind: Kind, programs: &Programs, seats: usize, door: Door) -> io::Result<Self> {
        match kind {
            Kind::Parlour => parlour::meetings(programs, seats, door),
            Kind::ParlourPublic => parlour::public(programs, seats),
            Kind::Coturn => others::coturn(programs, door),
            Kind::TurnRs => others::turn_rs(programs, door),
            Kind::Bare | Kind::BareMerged => others::bare(kind),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.main.id()
    }

    /// The user for this client. Two that follow each other, the first of them even, are in one room.
    pub(crate) fn user(&self, client: usize) -> &User {
        &self.users[client % self.users.len()]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for child in self.helpers.iter_mut().chain([&mut self.main]) {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some(config) = &self.config {
            let _ = std::fs::remove_file(config);
        }
    }
}
