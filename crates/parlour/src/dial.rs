//! Blocking connections for `doctor` and `health`, which have nothing else to do; no step takes longer than `patience`.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::tls;

/// # Errors
/// The system's.
pub(crate) fn tcp(address: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    Ok(stream)
}

/// TLS on it with whoever shows whatever certificate when asked for this name, which is judged elsewhere.
///
/// # Errors
/// The system's. The handshake comes with the first read or write.
pub(crate) fn tls(
    address: SocketAddr,
    name: &str,
    patience: Duration,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
    let tls = ClientConnection::new(tls::anybody(), name).map_err(io::Error::other)?;
    Ok(StreamOwned::new(tls, tcp(address, patience)?))
}
