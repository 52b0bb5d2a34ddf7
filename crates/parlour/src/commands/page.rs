//! `parlour page`: what the page consists of, and whether a server gives that and nothing else.
//!
//! The page is what everything rests on: who serves another one reads what is said (docs/security.md). Every file is one of
//! the repository, byte for byte, so that anybody can compare; only the document names its files by the version (`assets`).

use std::fmt::Write as _;
use std::time::Duration;

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::assets::{PageFile, all, hex};
use crate::target::Target;
use crate::{headers, tls};

/// For connecting, and for each file.
const PATIENCE: Duration = Duration::from_secs(10);
/// Headers that change a page beside its bytes: they load, lead away, or let a worker of a path speak for all.
const MEDDLING: [&str; 4] = ["link", "refresh", "service-worker-allowed", "clear-site-data"];
/// So many files that differ are named.
const NAMED: usize = 20;

/// A line for each file, as `sha256sum` writes it and checks it.
pub(super) fn list() -> String {
    list_of(&all())
}

fn list_of(files: &[PageFile]) -> String {
    files
        .iter()
        .fold(String::new(), |mut list, PageFile { file, bytes, .. }| {
            let _ = writeln!(list, "{}  {file}", digest(bytes));
            list
        })
}

/// SHA-256 in hex.
pub(super) fn digest(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// Whether the page there is another one, and a report in lines.
///
/// # Errors
/// A sentence, if nothing can be compared.
pub(super) async fn compare(url: &str) -> Result<(bool, String), String> {
    let target = Target::read(url)
        .ok_or_else(|| format!("{url:?} is no address; write it like https://meet.example.org"))?;
    let mut server = Server {
        target,
        open: None,
        doubt: None,
    };
    let files = all();
    let mut wrong = Vec::new();
    for file in &files {
        for path in &file.paths {
            if let Some(difference) = server.differs(file, path).await? {
                wrong.push(format!("fail {}: {difference}", file.file));
                break;
            }
        }
    }
    let mut report = server
        .doubt
        .iter()
        .map(|why| format!("warn certificate: browsers would not take it: {why}\n"))
        .collect::<String>();
    for line in wrong.iter().take(NAMED) {
        let _ = writeln!(report, "{line}");
    }
    if wrong.len() > NAMED {
        let _ = writeln!(report, "fail and {} more", wrong.len() - NAMED);
    }
    if wrong.is_empty() {
        let _ = writeln!(
            report,
            "ok   {} files, each as in this program: page {}",
            files.len(),
            digest(list_of(&files))
        );
    }
    Ok((!wrong.is_empty(), report))
}

/// Whom we ask, by one connection for as long as it keeps it open.
struct Server<'a> {
    target: Target<'a>,
    open: Option<SendRequest<Empty<Bytes>>>,
    /// Why browsers would not believe its certificate.
    doubt: Option<String>,
}

impl Server<'_> {
    /// What is different about a file there.
    async fn differs(&mut self, file: &PageFile, path: &str) -> Result<Option<String>, String> {
        let (status, headers, body) = self.get(file, path).await?;
        if status.is_redirection() {
            return Ok(Some(
                "leads elsewhere; give the address that browsers end at".to_owned(),
            ));
        }
        if status != StatusCode::OK {
            return Ok(Some(format!("is answered by {status}")));
        }
        let value = |name| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or("nothing")
        };
        let mut policies = headers.get_all(CONTENT_SECURITY_POLICY).iter();
        let same_policy = policies.any(|policy| policy == headers::CONTENT_SECURITY_POLICY);
        Ok(if body.as_deref() != Some(&*file.served) {
            Some(body.map_or("is longer there".to_owned(), |body| {
                format!("is another file there, {}", digest(&body))
            }))
        } else if value(CONTENT_TYPE.as_str()) != file.content_type {
            Some(format!("is said to be {}", value(CONTENT_TYPE.as_str())))
        } else if let Some(name) = MEDDLING.iter().find(|name| headers.contains_key(**name)) {
            Some(format!("comes with the header {name}, which adds to the page"))
        } else if file.content_type.starts_with("text/html") && !same_policy {
            Some(format!(
                "comes with another policy: {}",
                value(CONTENT_SECURITY_POLICY.as_str())
            ))
        } else {
            None
        })
    }

    /// `None` for a body that is longer than the file.
    async fn get(
        &mut self,
        file: &PageFile,
        path: &str,
    ) -> Result<(StatusCode, HeaderMap, Option<Bytes>), String> {
        let host = self.target.with_port.clone();
        let wrong = move |error: &dyn std::fmt::Display| format!("{host}: {error}");
        let path = format!("{}{}", self.target.base.trim_end_matches('/'), path);
        // A second time if the server has closed the connection meanwhile, as it may after any answer.
        for _ in 0..2 {
            let mut sender = match self.open.take() {
                Some(open) => open,
                None => timeout(PATIENCE, self.connect())
                    .await
                    .map_err(|error| wrong(&error))?
                    .map_err(|error| wrong(&error))?,
            };
            let request = Request::get(&path)
                .header(HOST, self.target.host)
                .body(Empty::new())
                .map_err(|error| wrong(&error))?;
            let answer = match timeout(PATIENCE, sender.send_request(request)).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(error)) if error.is_canceled() || error.is_closed() => continue,
                Ok(Err(error)) => return Err(wrong(&error)),
                Err(_) => return Err(wrong(&"no answer")),
            };
            let (parts, body) = answer.into_parts();
            let body = timeout(PATIENCE, Limited::new(body, file.served.len()).collect())
                .await
                .map_err(|error| wrong(&error))?;
            let body = match body {
                Ok(body) => Some(body.to_bytes()),
                Err(error) if error.is::<http_body_util::LengthLimitError>() => None,
                Err(error) => return Err(wrong(&error)),
            };
            if body.is_some() && sender.ready().await.is_ok() {
                self.open = Some(sender);
            }
            return Ok((parts.status, parts.headers, body));
        }
        Err(wrong(&"it closes every connection"))
    }

    async fn connect(&mut self) -> Result<SendRequest<Empty<Bytes>>, String> {
        let stream = TcpStream::connect(&self.target.with_port)
            .await
            .map_err(|error| error.to_string())?;
        if !self.target.tls {
            return speak(stream).await;
        }
        let name = ServerName::try_from(self.target.name.to_owned()).map_err(|error| error.to_string())?;
        let stream = TlsConnector::from(tls::anybody())
            .connect(name.clone(), stream)
            .await
            .map_err(|error| error.to_string())?;
        self.doubt = tls::judge(stream.get_ref().1.peer_certificates().unwrap_or_default(), &name).err();
        speak(stream).await
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Empty<Bytes>>, String> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    // Ends when the sender is dropped; what goes wrong on it the sender hears as well.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}
