//! The page and its WebSocket, here and through what stands in front: plain HTTP/1.1, spoken by hand because the
//! answers of a proxy are what is judged.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use super::{Finding, fail, ok, warn};
use crate::dial;

const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the server answers on its own address.
pub(super) fn answers(at: SocketAddr) -> Result<String, String> {
    let head = ask(
        at,
        &format!("GET /readyz HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n"),
    )
    .map_err(|error| format!("nothing answers on {at}: {error}; start the server: parlour"))?;
    match status(&head) {
        Some(200) => Ok(format!("{at} is ready")),
        Some(503) => Err(format!(
            "{at} is stopping or draining; type: parlour admin drain --undo"
        )),
        _ => Err(format!("{at} is another program's: {}", first_line(&head))),
    }
}

/// Whether a browser that opens `url` reaches the server and its WebSocket.
pub(super) fn through_proxy(url: &str) -> Vec<Finding> {
    let Some((host, path)) = url
        .strip_prefix("http://")
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
    else {
        let text = if url.starts_with("https://") {
            format!("{url} is not tried, because this command does not speak TLS; open it in a browser")
        } else {
            format!("{url:?} is no address; write it like http://meet.example.org")
        };
        return vec![warn("proxy", text)];
    };
    let with_port = if host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let found = with_port
        .to_socket_addrs()
        .ok()
        .and_then(|mut found| found.next());
    let Some(at) = found else {
        let text = format!("{host} leads nowhere; add a record to its zone");
        return vec![fail("proxy", text)];
    };
    let base = path.trim_end_matches('/');
    let slash = if base.is_empty() { "" } else { "/" };
    let page = ask(
        at,
        &format!("GET /{base}{slash}readyz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"),
    );
    let page = match page.as_deref().map(status) {
        Ok(Some(200)) => ok("proxy", format!("{url} leads to the server")),
        Ok(Some(502 | 504)) => fail(
            "proxy",
            "the proxy does not reach the server; is its address there that of --listen?".to_owned(),
        ),
        Ok(_) => fail(
            "proxy",
            format!(
                "{url} leads elsewhere: {}",
                page.as_deref().map_or("", first_line)
            ),
        ),
        Err(error) => fail("proxy", format!("nothing answers on {with_port}: {error}")),
    };
    let upgrade = ask(
        at,
        &format!(
            "GET /{base}{slash}ws HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\nupgrade: websocket\r\nconnection: \
             Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: parlour.v1\r\n\r\n"
        ),
    );
    let websocket = match upgrade.as_deref().map(status) {
        Ok(Some(101)) => ok("websocket", "opens through the proxy".to_owned()),
        Ok(Some(426)) => fail(
            "websocket",
            "the proxy drops the Upgrade header; for nginx: proxy_http_version 1.1; proxy_set_header Upgrade \
             $http_upgrade; proxy_set_header Connection upgrade;"
                .to_owned(),
        ),
        Ok(Some(403)) => fail(
            "websocket",
            "the proxy rewrites the Host header; for nginx: proxy_set_header Host $host; else allow the page with \
             --allow-origin"
                .to_owned(),
        ),
        Ok(_) => fail("websocket", format!("is refused: {}", upgrade.as_deref().map_or("", first_line))),
        Err(error) => fail("websocket", format!("is not answered: {error}")),
    };
    vec![page, websocket]
}

/// Sends a request and reads the head of the answer.
fn ask(at: SocketAddr, request: &str) -> io::Result<String> {
    let mut stream = dial::tcp(at, PATIENCE)?;
    stream.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    let mut byte = [0];
    // Byte by byte: what follows a 101 is not ours to read. A head is short.
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 * 1024 && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn status(head: &str) -> Option<u16> {
    head.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()
}

fn first_line(head: &str) -> &str {
    head.lines().next().unwrap_or_default()
}
