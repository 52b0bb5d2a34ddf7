//! The signaling servers, each alone on one core.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::dialect::Dialect;
use crate::servers::SERVER_CORE;
use crate::servers::start::{first_lines, pinned};

const START_WITHIN: Duration = Duration::from_secs(20);
/// No measurement lasts so long.
const LONG: &str = "600s";

/// Where the programs are.
pub(super) struct Programs {
    pub(super) parlour: PathBuf,
    /// Where npm has put the others.
    pub(super) node_modules: PathBuf,
}

impl Programs {
    pub(super) fn has(&self, dialect: Dialect) -> bool {
        self.path(dialect).exists()
    }

    fn path(&self, dialect: Dialect) -> PathBuf {
        match dialect {
            Dialect::Parlour => self.parlour.clone(),
            Dialect::YWebrtc => self.node_modules.join("y-webrtc/bin/server.js"),
            Dialect::PeerJs => self.node_modules.join("peer/dist/bin/peerjs.js"),
        }
    }
}

/// A running server; dropping it ends it.
pub(super) struct Server {
    main: Child,
    address: SocketAddr,
}

impl Server {
    /// # Errors
    /// If it does not start within twenty seconds.
    pub(super) fn start(dialect: Dialect, programs: &Programs, people: usize) -> io::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let path = programs.path(dialect);
        let mut command = match dialect {
            Dialect::Parlour => parlour(&path, address, people),
            Dialect::YWebrtc => {
                let mut command = node(&path);
                command
                    .env("PORT", address.port().to_string())
                    .env("HOST", "127.0.0.1");
                command
            }
            Dialect::PeerJs => {
                let mut command = node(&path);
                command.args([
                    "--host",
                    "127.0.0.1",
                    "--path",
                    "/",
                    "--port",
                    &address.port().to_string(),
                ]);
                // Its default is 5000 people; heartbeats are due after a minute, which no measurement lasts.
                command.args(["--concurrent_limit", "100000", "--alive_timeout", "600000"]);
                command
            }
        };
        let (says, output) = match dialect {
            Dialect::Parlour => (true, Stdio::piped()),
            Dialect::YWebrtc | Dialect::PeerJs => (false, Stdio::null()),
        };
        let mut main = command.stdin(Stdio::null()).stdout(output).spawn()?;
        if says {
            first_lines(&mut main, 1)?;
        }
        let server = Self { main, address };
        let until = Instant::now() + START_WITHIN;
        while TcpStream::connect(address).is_err() {
            if Instant::now() > until {
                return Err(io::Error::other(format!(
                    "{} was not ready in time",
                    dialect.name()
                )));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    pub(super) fn at(&self) -> (SocketAddr, u32) {
        (self.address, self.main.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.main.kill();
        let _ = self.main.wait();
    }
}

/// y-webrtc's listens on all addresses, so the port must be free on all; and below those that clients get, of whom there are
/// thousands.
fn free_port() -> io::Result<u16> {
    (20_000..30_000)
        .find(|port| TcpListener::bind((Ipv6Addr::UNSPECIFIED, *port)).is_ok())
        .ok_or_else(|| io::ErrorKind::AddrInUse.into())
}

fn node(script: &Path) -> Command {
    let mut command = pinned(SERVER_CORE, Path::new("node"));
    command.arg(script).env("NODE_ENV", "production");
    command
}

/// With room for everybody, and no limit on what one person says: the generator's people say more than people do.
fn parlour(program: &Path, address: SocketAddr, people: usize) -> Command {
    let mut command = pinned(SERVER_CORE, program);
    command.args(["--listen", &address.to_string(), "--relay-listen", "127.0.0.1:0"]);
    command.args(["--relay-workers", "1", "--log", "error"]);
    let many = (people * 2).to_string();
    for flag in [
        "--rooms-connections",
        "--rooms-sessions",
        "--rooms-rooms",
        "--listen-connections",
    ] {
        command.args([flag, &many]);
    }
    for flag in ["--rooms-connections-per-source", "--rooms-sessions-per-source"] {
        command.args([flag, "1000"]);
    }
    for flag in [
        "--rooms-frames",
        "--rooms-signals",
        "--rooms-joins-per-source",
        "--rooms-rooms-per-source",
    ] {
        command.args([flag, "1000000 then 1000000/s"]);
    }
    command.args(["--rooms-ping-every", LONG, "--rooms-silent-after", "1200s"]);
    command
}
