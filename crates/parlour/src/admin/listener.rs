//! The listeners of administration: loopback TCP, and socket files with 0600 and peer credentials (unix(7)).

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::{At, Desk, routes};

/// Connections at a time; a scraper and an operator need two.
const CONNECTIONS: usize = 64;
/// A request's head takes at most this long, and so does a kept-alive pause.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// A bound listener of administration.
pub enum Bound {
    /// On loopback.
    Loopback(TcpListener),
    /// A socket file, removed when this is dropped.
    #[cfg(unix)]
    Socket(SocketFile),
}

/// Binds one address.
///
/// # Errors
/// A sentence that says what to do.
pub async fn bind(at: &At) -> Result<Bound, String> {
    match at {
        At::Loopback(address) => {
            let listener = TcpListener::bind(address).await;
            let fault = |error| format!("cannot serve administration on {address}: {error}; choose another with --admin-listen");
            listener.map(Bound::Loopback).map_err(fault)
        }
        #[cfg(unix)]
        At::Socket(path) => SocketFile::bind(path).await.map(Bound::Socket).map_err(|error| {
            format!(
                "cannot serve administration on {at}: {error}; the directory must exist and be ours to write to"
            )
        }),
        #[cfg(not(unix))]
        At::Socket(_) => Err(format!("{at}: there are no socket files on this system")),
    }
}

/// Serves until `stop` turns true.
pub async fn serve(bound: Bound, desk: Desk, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = bound.accept() => accepted,
            _ = stop.wait_for(|stopped| *stopped) => return,
        };
        let Ok((stream, trusted)) = accepted else {
            // No descriptors left, or a client that went away: others must close first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let desk = desk.clone();
        tokio::spawn(async move {
            connection(stream, desk, trusted).await;
            drop(place);
        });
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

async fn connection(stream: Box<dyn Stream>, desk: Desk, trusted: bool) {
    let service = service_fn(move |request: Request<Incoming>| {
        let desk = desk.clone();
        async move {
            let answer = routes::answer(&desk, trusted, request.method(), request.uri().path());
            Ok::<_, Infallible>(answer)
        }
    });
    // How a connection ends is nobody's concern.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Bound {
    /// The next connection, and whether its other end may change something.
    async fn accept(&self) -> io::Result<(Box<dyn Stream>, bool)> {
        match self {
            Self::Loopback(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Box::new(stream), false))
            }
            #[cfg(unix)]
            Self::Socket(file) => {
                let (stream, _) = file.listener.accept().await?;
                let uid = stream.peer_cred()?.uid();
                Ok((Box::new(stream), uid == 0 || uid == file.owner))
            }
        }
    }
}

/// A socket file that only its owner may open.
#[cfg(unix)]
pub struct SocketFile {
    listener: tokio::net::UnixListener,
    path: std::path::PathBuf,
    owner: u32,
}

#[cfg(unix)]
impl SocketFile {
    async fn bind(path: &std::path::Path) -> io::Result<Self> {
        use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
        // What a crash left behind is removed; a server that lives, or a file that is none of ours, is not.
        if let Ok(found) = std::fs::symlink_metadata(path) {
            if !found.file_type().is_socket() {
                return Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    "there is a file that is no socket",
                ));
            }
            if tokio::net::UnixStream::connect(path).await.is_ok() {
                return Err(io::Error::new(
                    io::ErrorKind::AddrInUse,
                    "another server listens there",
                ));
            }
            std::fs::remove_file(path)?;
        }
        let listener = tokio::net::UnixListener::bind(path)?;
        // Until here others could have connected; the peer's credentials keep them from commands all the same.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let owner = std::fs::symlink_metadata(path)?.uid();
        Ok(Self {
            listener,
            path: path.to_owned(),
            owner,
        })
    }
}

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        // It may be gone with its directory already.
        let _ = std::fs::remove_file(&self.path);
    }
}
