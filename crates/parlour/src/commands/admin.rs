//! `parlour admin`: asks the running server by its socket file.

use crate::cli::AdminCommand;
use crate::settings::Settings;

/// Asks, and returns what the server says.
///
/// # Errors
/// A sentence: no socket file, nobody there, or the server's own.
#[cfg(unix)]
pub(super) fn ask(settings: &Settings, command: &AdminCommand) -> Result<String, String> {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use crate::admin::At;

    let path = settings.values.admin.iter().find_map(|at| match at {
        At::Socket(path) => Some(path),
        At::Loopback(_) => None,
    });
    let path = path.ok_or(
        "no socket file is configured; start the server and this command with --admin-listen \
         unix:/run/parlour/admin.sock, or set listen.admin in the file",
    )?;
    let (method, target) = match command {
        AdminCommand::Status => ("GET", "/status".to_owned()),
        AdminCommand::Rooms => ("GET", "/rooms".to_owned()),
        AdminCommand::Metrics => ("GET", "/metrics".to_owned()),
        AdminCommand::Drain { undo: false } => ("POST", "/drain/on".to_owned()),
        AdminCommand::Drain { undo: true } => ("POST", "/drain/off".to_owned()),
        AdminCommand::Close { room: Some(id), .. } => ("POST", format!("/close/{id}")),
        AdminCommand::Close { room: None, .. } => ("POST", "/close/all".to_owned()),
        AdminCommand::LogLevel { level: None } => ("GET", "/log-level".to_owned()),
        AdminCommand::LogLevel { level: Some(level) } => ("POST", format!("/log-level/{level}")),
    };
    let exchange = || {
        let mut stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = exchange().map_err(|error: std::io::Error| {
        format!(
            "unix:{} does not answer: {error}; is the server running with this configuration?",
            path.display()
        )
    })?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or("the server's answer is no HTTP")?;
    if head.starts_with("HTTP/1.1 200 ") {
        Ok(body.to_owned())
    } else {
        Err(body.trim_end().to_owned())
    }
}

#[cfg(not(unix))]
pub(super) fn ask(_settings: &Settings, _command: &AdminCommand) -> Result<String, String> {
    Err("there are no socket files on this system".to_owned())
}
