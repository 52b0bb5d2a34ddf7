//! The servers that are compared: how each is started on one core, told its users, and ended.

use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::control::User;

/// The core that servers run on; the generator has the other one.
pub(crate) const SERVER_CORE: usize = 0;
pub(crate) const GENERATOR_CORE: usize = 1;
/// Seats in each of Parlour's rooms, the most it allows.
const SEATS: usize = 16;
/// Rooms whose seats are held from one source address: Parlour allows 64 sessions for each.
const ROOMS_PER_SOURCE: usize = 4;
/// Where peers outside are, for servers that reach some.
pub(crate) const PEERS: Ipv4Addr = Ipv4Addr::new(127, 3, 0, 1);
const START_WITHIN: Duration = Duration::from_secs(10);

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

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) parlour: PathBuf,
    pub(crate) hold_seats: PathBuf,
    pub(crate) coturn: PathBuf,
    pub(crate) turn_rs: PathBuf,
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
    pub(crate) fn start(kind: Kind, programs: &Programs, seats: usize) -> io::Result<Self> {
        match kind {
            Kind::Parlour => parlour(programs, seats),
            Kind::ParlourPublic => parlour_public(programs, seats),
            Kind::Coturn => coturn(programs),
            Kind::TurnRs => turn_rs(programs),
            Kind::Bare | Kind::BareMerged => bare(kind),
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

fn parlour(programs: &Programs, seats: usize) -> io::Result<Server> {
    let mut command = pinned(SERVER_CORE, &programs.parlour);
    command.args([
        "--listen",
        "127.0.0.1:0",
        "--relay-listen",
        "127.0.0.1:0",
        "--relay-workers",
        "1",
    ]);
    command.args(["--max-people", &SEATS.to_string(), "--log", "error"]);
    let mut main = command.stdout(Stdio::piped()).spawn()?;
    let line = first_lines(&mut main, 1)?.0.remove(0);
    let page = line.rsplit("//").next().unwrap_or_default().to_owned();

    let mut server = Server {
        kind: Kind::Parlour,
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        users: Vec::new(),
        main,
        helpers: Vec::new(),
        config: None,
    };
    for room in 0..seats.div_ceil(SEATS) {
        let source = Ipv4Addr::new(
            127,
            2,
            (room / ROOMS_PER_SOURCE / 250) as u8,
            (room / ROOMS_PER_SOURCE % 250 + 1) as u8,
        );
        let mut command = pinned(GENERATOR_CORE, &programs.hold_seats);
        command.args([
            "--server",
            &page,
            "--seats",
            &SEATS.to_string(),
            "--from",
            &source.to_string(),
        ]);
        let mut helper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let lines = first_lines(&mut helper, SEATS);
        server.helpers.push(helper);
        for line in lines?.0 {
            let (address, user) =
                ice_server(&line).ok_or_else(|| io::Error::other("hold-seats printed no iceServers"))?;
            server.address = address;
            server.users.push(user);
        }
    }
    Ok(server)
}

/// One user for each client, as an application would mint them.
fn parlour_public(programs: &Programs, clients: usize) -> io::Result<Server> {
    const SECRET: &str = "a secret of the comparison";
    let port = free_port()?;
    let path = std::env::temp_dir().join(format!("parlour-bench-{}-{port}.secrets", std::process::id()));
    std::fs::write(&path, format!("bench = {SECRET}\n"))?;
    let mut command = pinned(SERVER_CORE, &programs.parlour);
    command.args(["--listen", "127.0.0.1:0", "--relay-listen", "127.0.0.1:0"]);
    command.args(["--relay-workers", "1", "--log", "error"]);
    command.arg("--public-relay-secret-file").arg(&path);
    command.args(["--public-relay-listen", &format!("127.0.0.1:{port}")]);
    command.args(["--public-relay-ports", "10000-65535"]);
    command.args(["--public-relay-allow", &PEERS.to_string()]);
    let mut main = command.stdout(Stdio::piped()).spawn()?;
    first_lines(&mut main, 1)?;
    let in_a_day = SystemTime::now() + Duration::from_secs(86_400);
    let expires = in_a_day
        .duration_since(UNIX_EPOCH)
        .map_err(io::Error::other)?
        .as_secs();
    let user = |client| User::of_secret(SECRET, format!("{expires}:{client}"));
    Ok(Server {
        kind: Kind::ParlourPublic,
        address: (Ipv4Addr::LOCALHOST, port).into(),
        users: (0..clients).map(user).collect(),
        main,
        helpers: Vec::new(),
        config: Some(path),
    })
}

fn coturn(programs: &Programs) -> io::Result<Server> {
    let port = free_port()?;
    let mut command = pinned(SERVER_CORE, &programs.coturn);
    command.args([
        "-n",
        "--no-cli",
        "--no-tls",
        "--no-dtls",
        "--allow-loopback-peers",
        "--lt-cred-mech",
    ]);
    command.args([
        "-u",
        "u:p",
        "-r",
        "r",
        "--log-file",
        "/dev/null",
        "--no-stdout-log",
        "-m",
        "0",
    ]);
    command.args([
        "--listening-ip",
        "127.0.0.1",
        "--relay-ip",
        "127.0.0.1",
        "-p",
        &port.to_string(),
    ]);
    command.args([
        "--min-port",
        "10000",
        "--max-port",
        "65535",
        "--pidfile",
        "/dev/null",
    ]);
    let main = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    ready(Kind::Coturn, main, port, None)
}

fn turn_rs(programs: &Programs) -> io::Result<Server> {
    let port = free_port()?;
    let path = std::env::temp_dir().join(format!("parlour-bench-{}-{port}.toml", std::process::id()));
    let mut config = "[server]\nport-range = \"10000..65535\"\nmax-threads = 1\nrealm = \"r\"\n".to_owned();
    for transport in ["udp", "tcp"] {
        config += &format!(
            "[[server.interfaces]]\ntransport = \"{transport}\"\nlisten = \"127.0.0.1:{port}\"\n\
             external = \"127.0.0.1:{port}\"\nidle-timeout = 600\n"
        );
    }
    config += "[log]\nlevel = \"error\"\n[auth]\n[auth.static-credentials]\nu = \"p\"\n";
    std::fs::write(&path, config)?;
    let mut command = pinned(SERVER_CORE, &programs.turn_rs);
    command.arg(format!("--config={}", path.display()));
    let main = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    ready(Kind::TurnRs, main, port, Some(path))
}

fn bare(kind: Kind) -> io::Result<Server> {
    let mut command = pinned(SERVER_CORE, &std::env::current_exe()?);
    command.arg("forward");
    if kind == Kind::BareMerged {
        command.arg("--merged");
    }
    let mut main = command.stdout(Stdio::piped()).spawn()?;
    let line = first_lines(&mut main, 1)?.0.remove(0);
    let address = line.trim().parse().map_err(io::Error::other)?;
    let users = vec![User {
        name: String::new(),
        password: String::new(),
    }];
    Ok(Server {
        kind,
        address,
        users,
        main,
        helpers: Vec::new(),
        config: None,
    })
}

/// On one core, and ended with this process even if that is killed.
fn pinned(core: usize, program: &std::path::Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "taskset", "-c", &core.to_string()]);
    command.arg(program);
    command
}

/// For servers that do not say when they are ready, and have one user.
fn ready(kind: Kind, main: Child, port: u16, config: Option<PathBuf>) -> io::Result<Server> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let users = vec![User {
        name: "u".to_owned(),
        password: "p".to_owned(),
    }];
    let server = Server {
        kind,
        address,
        users,
        main,
        helpers: Vec::new(),
        config,
    };
    let until = Instant::now() + START_WITHIN;
    while Instant::now() < until {
        if TcpStream::connect(address).is_ok() {
            return Ok(server);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(io::Error::other(format!("{} was not ready in time", kind.name())))
}

/// Lines and the reader; a child that says nothing ends it by closing its output.
fn first_lines(child: &mut Child, count: usize) -> io::Result<(Vec<String>, BufReader<ChildStdout>)> {
    let output = child
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no standard output"))?;
    let mut reader = BufReader::new(output);
    let mut lines = Vec::new();
    while lines.len() < count {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::Error::other("it ended before it was ready"));
        }
        lines.push(line.trim_end().to_owned());
    }
    Ok((lines, reader))
}

/// The UDP address (TCP has the same) and the user of a line that hold-seats prints.
fn ice_server(line: &str) -> Option<(SocketAddr, User)> {
    let servers: serde_json::Value = serde_json::from_str(line).ok()?;
    let server = servers.get(0)?;
    let url = server.get("urls")?.get(0)?.as_str()?;
    let address = url.strip_prefix("turn:")?.split('?').next()?.parse().ok()?;
    let text = |key| server.get(key)?.as_str().map(str::to_owned);
    Some((
        address,
        User {
            name: text("username")?,
            password: text("credential")?,
        },
    ))
}

fn free_port() -> io::Result<u16> {
    for _ in 0..16 {
        let tcp = TcpListener::bind("127.0.0.1:0")?;
        let address = tcp.local_addr()?;
        if UdpSocket::bind(address).is_ok() {
            return Ok(address.port());
        }
    }
    Err(io::Error::other("no port is free for both TCP and UDP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_hold_seats_is_read() {
        let line =
            r#"[{"urls":["turn:127.0.0.1:3478?transport=udp","turn:x"],"username":"n","credential":"c"}]"#;
        let user = User {
            name: "n".to_owned(),
            password: "c".to_owned(),
        };
        assert_eq!(ice_server(line), Some(("127.0.0.1:3478".parse().unwrap(), user)));
        assert_eq!(ice_server("[]"), None);
    }
}
