//! Starting a program on one core and knowing when it is ready.

use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command};
use std::time::{Duration, Instant};

use super::{Kind, Server};
use crate::control::User;

const START_WITHIN: Duration = Duration::from_secs(10);

/// On one core, and ended with this process even if that is killed.
pub(crate) fn pinned(core: usize, program: &std::path::Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "taskset", "-c", &core.to_string()]);
    command.arg(program);
    command
}

/// For servers that do not say when they are ready, and have one user.
pub(super) fn ready(kind: Kind, main: Child, port: u16, config: Option<PathBuf>) -> io::Result<Server> {
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
pub(crate) fn first_lines(
    child: &mut Child,
    count: usize,
) -> io::Result<(Vec<String>, BufReader<ChildStdout>)> {
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

pub(crate) fn free_port() -> io::Result<u16> {
    for _ in 0..16 {
        let tcp = TcpListener::bind("127.0.0.1:0")?;
        let address = tcp.local_addr()?;
        if UdpSocket::bind(address).is_ok() {
            return Ok(address.port());
        }
    }
    Err(io::Error::other("no port is free for both TCP and UDP"))
}
