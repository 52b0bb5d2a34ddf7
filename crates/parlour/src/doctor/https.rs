//! HTTPS of our own: does it answer, is the certificate one that browsers take, and for how long.

use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Finding, fail, ok, warn};
use crate::clock::unix_seconds;
use crate::https::CertificateFrom;
use crate::settings::Settings;
use crate::tls::{self, Validity};

const PATIENCE: Duration = Duration::from_secs(5);

/// The name to ask for: ours, if we have one.
pub(super) fn name(settings: &Settings) -> &str {
    settings.https.domain.as_deref().unwrap_or("localhost")
}

/// Looks at the page and the certificate at `at`; an error in the first finding means that nothing else can be tried.
pub(super) async fn look(settings: &Settings, from: &CertificateFrom, at: SocketAddr) -> Vec<Finding> {
    let name = name(settings);
    let mut stream = match timeout(PATIENCE, connect(at, name)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(sentence)) => return vec![fail("page", sentence)],
        Err(_) => {
            return vec![fail(
                "page",
                format!("{at} does not answer within {} s", PATIENCE.as_secs()),
            )];
        }
    };
    let page = match timeout(PATIENCE, status(&mut stream, name)).await {
        Ok(Some(200)) => ok("page", format!("https://{name} at {at} is ready")),
        Ok(Some(503)) => fail("page", format!("{at} lets nobody in; type: parlour admin status")),
        Ok(_) | Err(_) => fail("page", format!("{at} is another program's")),
    };
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    vec![page, lifetime(chain), authority(from, chain, name)]
}

async fn connect(at: SocketAddr, name: &str) -> Result<TlsStream<TcpStream>, String> {
    let stream = TcpStream::connect(at)
        .await
        .map_err(|error| format!("nothing answers on {at}: {error}; start the server: parlour"))?;
    let server = ServerName::try_from(name.to_owned()).map_err(|error| format!("{name}: {error}"))?;
    TlsConnector::from(tls::anybody())
        .connect(server, stream)
        .await
        .map_err(|error| {
            format!(
                "{at} shows no certificate ({error}); if it is to be obtained, type: parlour admin status"
            )
        })
}

/// The status of `/readyz`.
async fn status(stream: &mut TlsStream<TcpStream>, name: &str) -> Option<u16> {
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.ok()?;
    let text = std::str::from_utf8(&head).ok()?;
    text.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

fn lifetime(chain: &[CertificateDer<'_>]) -> Finding {
    let Some(validity) = chain.first().and_then(Validity::of) else {
        return fail("certificate", "cannot be read".to_owned());
    };
    let now = unix_seconds();
    match validity.left(now) {
        Ok(text) => ok("certificate", text),
        Err(text) if validity.is_over(now) => fail("certificate", text),
        Err(text) => warn("certificate", format!("{text}; type: parlour admin status")),
    }
}

/// Whether browsers believe it.
fn authority(from: &CertificateFrom, chain: &[CertificateDer<'_>], name: &str) -> Finding {
    if *from == CertificateFrom::SelfSigned {
        let text = "nobody vouches for it (--lan): compare its fingerprint with what the browser shows";
        return ok("authority", text.to_owned());
    }
    let judged = ServerName::try_from(name.to_owned())
        .map_err(|error| error.to_string())
        .and_then(|server| tls::judge(chain, &server));
    match judged {
        Ok(()) => ok("authority", format!("browsers take it for {name}")),
        Err(why) => warn(
            "authority",
            format!(
                "browsers that know no authorities but the public ones refuse it for {name}: {why}; for one of these, \
                 type: parlour --domain {name}"
            ),
        ),
    }
}
