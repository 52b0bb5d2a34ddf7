//! `parlour health`: asks the running server's `/readyz`, by plain sockets: an image with nothing but this binary
//! can check itself.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use crate::admin::At;
use crate::dial;
use crate::doctor::self_test::reachable;
use crate::listen::ListenAt;
use crate::settings::Settings;

const PATIENCE: Duration = Duration::from_secs(3);

/// Asks once, where the configuration says that somebody listens.
///
/// # Errors
/// A sentence that says whom was asked and what came back.
pub(super) fn ask(settings: &Settings) -> Result<(), String> {
    // The admin listener first: it speaks plain HTTP whatever the page's does.
    match settings.values.admin.first() {
        #[cfg(unix)]
        Some(at @ At::Socket(path)) => {
            let connect = || {
                let stream = std::os::unix::net::UnixStream::connect(path)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(stream)
            };
            readiness(&at.to_string(), connect())
        }
        #[cfg(not(unix))]
        Some(At::Socket(_)) => Err("there are no socket files on this system".to_owned()),
        Some(At::Loopback(address)) => over_tcp(*address),
        // Also where it only redirects to HTTPS it tells whether the server is ready.
        None => match settings.https.http.as_ref().and_then(ListenAt::address) {
            Some(address) => over_tcp(reachable(address)),
            None => match &settings.https.https {
                Some((address, _)) => over_tls(reachable(*address)),
                None => Err("the page is served on a socket file only, so there is nobody to ask: set listen.admin, such as to \
                             127.0.0.1:9400"
                    .to_owned()),
            },
        },
    }
}

fn over_tcp(address: SocketAddr) -> Result<(), String> {
    readiness(&address.to_string(), dial::tcp(address, PATIENCE))
}

/// Whether the certificate has run out is for the server to say.
fn over_tls(address: SocketAddr) -> Result<(), String> {
    readiness(&address.to_string(), dial::tls(address, "localhost", PATIENCE))
}

fn readiness(whom: &str, stream: io::Result<impl Read + Write>) -> Result<(), String> {
    let answer = stream.and_then(|mut stream| {
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status)
    });
    match answer {
        Ok(status) if &status == b"HTTP/1.1 200" => Ok(()),
        Ok(status) => Err(format!(
            "{whom} is not ready: {}",
            String::from_utf8_lossy(&status)
        )),
        Err(error) => Err(format!(
            "{whom} does not answer: {error}; is the server running with this configuration?"
        )),
    }
}
