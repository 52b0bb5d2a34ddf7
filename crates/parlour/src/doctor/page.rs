//! The page and its WebSocket, here and through what stands in front: HTTP/1.1, spoken by hand because the answers of a
//! proxy are what is judged, with or without TLS.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use rustls::pki_types::ServerName;

use super::{Finding, fail, ok, warn};
use crate::target::Target;
use crate::{dial, tls};

const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the server answers on its own address.
pub(super) fn answers(at: SocketAddr) -> Result<String, String> {
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
    let head = dial::tcp(at, PATIENCE)
        .and_then(|mut stream| ask(&mut stream, &request))
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
    let Some(target) = Target::read(url) else {
        let text = format!("{url:?} is no address; write it like https://meet.example.org");
        return vec![warn("proxy", text)];
    };
    let found = target.with_port.to_socket_addrs().ok();
    let Some(at) = found.and_then(|mut found| found.next()) else {
        let text = format!("{} leads nowhere; add a record to its zone", target.host);
        return vec![fail("proxy", text)];
    };
    let Target { host, base, .. } = &target;
    let page = target.ask(
        at,
        &format!("GET {base}readyz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"),
    );
    let authority = match &page {
        Ok((_, Some(verdict))) => Some(match verdict {
            Ok(()) => ok(
                "authority",
                format!("browsers take the certificate for {}", target.name),
            ),
            Err(why) => warn(
                "authority",
                format!(
                    "browsers that know no authorities but the public ones refuse the certificate for {}: {why}",
                    target.name
                ),
            ),
        }),
        Ok((_, None)) | Err(_) => None,
    };
    let page = match page.as_ref().map(|(head, _)| (status(head), first_line(head))) {
        Ok((Some(200), _)) => ok("proxy", format!("{url} leads to the server")),
        Ok((Some(502 | 504), _)) => fail(
            "proxy",
            "the proxy does not reach the server; is its address there that of --listen?".to_owned(),
        ),
        Ok((_, line)) => fail("proxy", format!("{url} leads elsewhere: {line}")),
        Err(error) => fail(
            "proxy",
            format!("nothing answers on {}: {error}", target.with_port),
        ),
    };
    let scheme = if target.tls { "https" } else { "http" };
    let upgrade = target.ask(
        at,
        &format!(
            "GET {base}ws HTTP/1.1\r\nhost: {host}\r\norigin: {scheme}://{host}\r\nupgrade: websocket\r\nconnection: \
             Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: parlour.v1\r\n\r\n"
        ),
    );
    let upgrade = upgrade.map(|(head, _)| head);
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
    [Some(page), authority, Some(websocket)]
        .into_iter()
        .flatten()
        .collect()
}

/// A head, and for TLS whether browsers would believe the certificate.
type Answer = (String, Option<Result<(), String>>);

impl Target<'_> {
    fn ask(&self, at: SocketAddr, request: &str) -> io::Result<Answer> {
        if !self.tls {
            return Ok((ask(&mut dial::tcp(at, PATIENCE)?, request)?, None));
        }
        let mut stream = dial::tls(at, self.name, PATIENCE)?;
        let head = ask(&mut stream, request)?;
        let chain = stream.conn.peer_certificates().unwrap_or_default();
        let judged = ServerName::try_from(self.name)
            .map_err(|error| error.to_string())
            .and_then(|name| tls::judge(chain, &name));
        Ok((head, Some(judged)))
    }
}

/// Sends a request and reads the head of the answer.
fn ask(stream: &mut (impl io::Read + io::Write), request: &str) -> io::Result<String> {
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
