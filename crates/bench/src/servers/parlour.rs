//! Parlour, as meetings use it and as a relay for other applications.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::start::{first_lines, free_port, pinned};
use super::{Door, GENERATOR_CORE, Kind, PEERS, Programs, SERVER_CORE, Server};
use crate::control::User;

/// Seats in each of Parlour's rooms, the most it allows.
const SEATS: usize = 16;
/// Rooms whose seats are held from one source address: Parlour allows 64 sessions for each.
const ROOMS_PER_SOURCE: usize = 4;

/// Rooms of sixteen with so many seats in all, each a user; over TLS on a port of its own.
pub(super) fn meetings(programs: &Programs, seats: usize, door: Door) -> io::Result<Server> {
    let mut command = pinned(SERVER_CORE, &programs.parlour);
    let page = format!("127.0.0.1:{}", free_port()?);
    command.args(["--listen", &page, "--relay-listen", "127.0.0.1:0"]);
    command.args(["--relay-workers", "1"]);
    command.args(["--max-people", &SEATS.to_string(), "--log", "error"]);
    let https = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    if door == Door::Tls {
        command.args(["--https-listen", &https.to_string()]);
        command.arg("--tls-cert").arg(programs.identity.certificate());
        command.arg("--tls-key").arg(programs.identity.key());
    }
    let mut main = command.stdout(Stdio::piped()).spawn()?;
    first_lines(&mut main, 1)?;

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
            server.address = match door {
                Door::Plain => address,
                Door::Tls => https,
            };
            server.users.push(user);
        }
    }
    Ok(server)
}

/// One user for each client, as an application would mint them.
pub(super) fn public(programs: &Programs, clients: usize) -> io::Result<Server> {
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
