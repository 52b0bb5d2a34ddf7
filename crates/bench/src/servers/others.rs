//! coturn and turn-rs with one user, and the forwarders that know no TURN.

use std::io;
use std::process::Stdio;

use super::start::{first_lines, free_port, pinned, ready};
use super::{Door, Kind, Programs, SERVER_CORE, Server};
use crate::control::User;

pub(super) fn coturn(programs: &Programs, door: Door) -> io::Result<Server> {
    let port = free_port()?;
    let mut command = pinned(SERVER_CORE, &programs.coturn);
    command.args([
        "-n",
        "--no-cli",
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
    // Its listeners take TLS on any port, by the first bytes.
    match door {
        Door::Plain => command.arg("--no-tls"),
        Door::Tls => command
            .arg("--cert")
            .arg(programs.identity.certificate())
            .arg("--pkey")
            .arg(programs.identity.key()),
    };
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

pub(super) fn turn_rs(programs: &Programs, door: Door) -> io::Result<Server> {
    let port = free_port()?;
    let path = std::env::temp_dir().join(format!("parlour-bench-{}-{port}.toml", std::process::id()));
    let mut config = "[server]\nport-range = \"10000..65535\"\nmax-threads = 1\nrealm = \"r\"\n".to_owned();
    for transport in ["udp", "tcp"] {
        config += &format!(
            "[[server.interfaces]]\ntransport = \"{transport}\"\nlisten = \"127.0.0.1:{port}\"\n\
             external = \"127.0.0.1:{port}\"\nidle-timeout = 600\n"
        );
        if door == Door::Tls && transport == "tcp" {
            config += &format!(
                "[server.interfaces.ssl]\nprivate-key = \"{}\"\ncertificate-chain = \"{}\"\n",
                programs.identity.key().display(),
                programs.identity.certificate().display(),
            );
        }
    }
    config += "[log]\nlevel = \"error\"\n[auth]\n[auth.static-credentials]\nu = \"p\"\n";
    std::fs::write(&path, config)?;
    let mut command = pinned(SERVER_CORE, &programs.turn_rs);
    command.arg(format!("--config={}", path.display()));
    let main = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    ready(Kind::TurnRs, main, port, Some(path))
}

pub(super) fn bare(kind: Kind) -> io::Result<Server> {
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
