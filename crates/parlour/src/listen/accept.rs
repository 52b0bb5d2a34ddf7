//! Binding, accepting, and what happens when the system has no more open files.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::at::ListenAt;
use super::connection::Front;
use super::gate::Gate;

/// How long to wait after a failed accept, lest it fill a core: others must close first.
const ERROR_PAUSE: Duration = Duration::from_millis(5);
/// How many give way when the system has no more open files for us: the backlog of a flood is worked off quickly.
const SHED_AT_ONCE: usize = 16;

/// A listener that is bound but not yet served.
#[derive(Debug)]
pub enum Bound {
    /// A TCP port.
    Tcp(TcpListener),
    /// A unix socket, for a proxy on this machine. Its file is removed at the end.
    #[cfg(unix)]
    Unix(UnixSocket),
}

impl Bound {
    /// Binds a TCP address.
    ///
    /// # Errors
    /// What the system says.
    pub async fn tcp(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self::Tcp)
    }

    /// Binds a unix socket. A file that a dead server left there is replaced; that of a live one is not.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::AddrInUse`] if another server answers there.
    #[cfg(unix)]
    pub async fn unix(path: &Path) -> io::Result<Self> {
        use tokio::net::{UnixListener, UnixStream};
        let listener = match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if !is_socket(path)? || UnixStream::connect(path).await.is_ok() {
                    return Err(error);
                }
                std::fs::remove_file(path)?;
                UnixListener::bind(path)?
            }
            bound => bound?,
        };
        let path = path.to_owned();
        Ok(Self::Unix(UnixSocket { listener, path }))
    }

    /// Binds what the operator named.
    ///
    /// # Errors
    /// As [`Self::tcp`] and [`Self::unix`].
    pub async fn at(at: &ListenAt) -> io::Result<Self> {
        match at {
            ListenAt::Tcp(address) => Self::tcp(*address).await,
            #[cfg(unix)]
            ListenAt::Unix(path) => Self::unix(path).await,
        }
    }

    /// Where it listens, if that is an address.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }
}

#[cfg(unix)]
fn is_socket(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::FileTypeExt as _;
    Ok(std::fs::symlink_metadata(path)?.file_type().is_socket())
}

/// A unix socket that goes with its file.
#[cfg(unix)]
#[derive(Debug)]
pub struct UnixSocket {
    listener: tokio::net::UnixListener,
    path: PathBuf,
}

#[cfg(unix)]
impl Drop for UnixSocket {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Serves `bound` until `stop` turns true; connections in progress finish their request.
pub async fn serve(bound: Bound, front: Front, mut stop: watch::Receiver<bool>) {
    let front = Arc::new(front);
    let gate = Gate::new(front.limits);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&bound) => accepted,
            _ = stop.wait_for(|stopped| *stopped) => return,
        };
        match accepted {
            Ok(accepted) => begin(accepted, &front, &gate, &stop),
            Err(error) => {
                tracing::debug!(kind = ?error.kind(), "a connection could not be accepted");
                if is_exhausted(&error) {
                    gate.shed_oldest(SHED_AT_ONCE);
                }
                tokio::time::sleep(ERROR_PAUSE).await;
            }
        }
    }
}

enum Accepted {
    Tcp(TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

async fn accept(bound: &Bound) -> io::Result<Accepted> {
    match bound {
        Bound::Tcp(listener) => {
            let (stream, from) = listener.accept().await?;
            Ok(Accepted::Tcp(stream, from))
        }
        #[cfg(unix)]
        Bound::Unix(socket) => {
            let (stream, _) = socket.listener.accept().await?;
            Ok(Accepted::Unix(stream))
        }
    }
}

fn begin(accepted: Accepted, front: &Arc<Front>, gate: &Arc<Gate>, stop: &watch::Receiver<bool>) {
    let from = match &accepted {
        Accepted::Tcp(_, from) => Some(from.ip()).filter(|ip| !front.proxies.trusts(*ip)),
        #[cfg(unix)]
        Accepted::Unix(_) => None,
    };
    let Some(pass) = Gate::enter(gate, from) else {
        tracing::debug!("a connection was refused: too many are open");
        return;
    };
    let (front, gate, stop, pass) = (Arc::clone(front), Arc::clone(gate), stop.clone(), Arc::new(pass));
    match accepted {
        Accepted::Tcp(stream, from) => {
            tokio::spawn(async move { front.serve_tcp(stream, from, &gate, pass, stop).await });
        }
        #[cfg(unix)]
        Accepted::Unix(stream) => {
            tokio::spawn(async move { front.serve_unix(stream, pass, stop).await });
        }
    }
}

/// EMFILE and ENFILE: this process, or the whole system, has no more open files.
fn is_exhausted(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 24))
}
