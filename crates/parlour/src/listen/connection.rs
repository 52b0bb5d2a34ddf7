//! One connection, from its first byte to whoever serves it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parlour_relay::FiveTuple;
use parlour_relay_io::{Handle, PublicHandle};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::first_byte::{Peek, Protocol};
use super::gate::{Gate, Pass};
use super::http1::{self, Routes};
use super::limits::Limits;
use super::proxy_protocol;
use crate::forwarded::TrustedProxies;
use crate::http::Peer;
use crate::redirect;
use crate::tls;

/// How long the last bytes to a stranger may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a listener serves, and to whom.
pub struct Front {
    /// Answers to HTTP, if there are any here.
    pub http: Option<Routes>,
    /// The relay whose TURN clients may come here, if they may.
    pub turn: Option<Turn>,
    /// TLS, if this is its port.
    pub tls: Option<TlsAcceptor>,
    /// Who may speak for others.
    pub proxies: TrustedProxies,
    /// Whether connections of trusted proxies begin with a PROXY header; then all of theirs must.
    pub proxy_protocol: bool,
    /// Bounds.
    pub limits: Limits,
}

/// The relay behind a listener.
#[derive(Clone)]
pub enum Turn {
    /// The closed relay of the meetings.
    Meetings(Handle),
    /// The TURN server for other applications.
    Others(PublicHandle),
}

impl Turn {
    async fn serve<S: AsyncRead + AsyncWrite>(&self, stream: S, from: FiveTuple) {
        // Why it ended is counted there.
        let _end = match self {
            Self::Meetings(relay) => relay.serve_stream(stream, from, &[]).await,
            Self::Others(relay) => relay.serve_stream(stream, from, &[]).await,
        };
    }
}

impl Front {
    pub(super) async fn serve_tcp(
        &self,
        mut stream: TcpStream,
        from: SocketAddr,
        gate: &Arc<Gate>,
        mut pass: Arc<Pass>,
        stop: watch::Receiver<bool>,
    ) {
        // Without Nagle's delay a candidate arrives when it is sent; the failure to ask for it costs only that.
        let _ = stream.set_nodelay(true);
        let mut client = from;
        let trusted = self.proxies.trusts(from.ip());
        if self.proxy_protocol && trusted {
            let header = tokio::select! {
                header = timeout(self.limits.first_byte, proxy_protocol::read(&mut stream)) => header,
                () = pass.shed() => return,
            };
            match header {
                Ok(Ok(Some(told))) => {
                    client = told;
                    // From here on the connection counts as its client's, not as the proxy's.
                    let Some(own) = Gate::enter(gate, Some(told.ip())) else {
                        return;
                    };
                    pass = Arc::new(own);
                }
                Ok(Ok(None)) => {}
                Ok(Err(_)) | Err(_) => {
                    tracing::debug!("a trusted proxy sent no PROXY header");
                    return;
                }
            }
        }
        let peer = Peer {
            ip: client.ip().to_canonical(),
            over_tls: false,
            // Whoever is behind the PROXY header speaks for itself.
            speaks_for_others: trusted && !self.proxy_protocol,
        };
        let shed = Arc::clone(&pass);
        tokio::select! {
            () = self.open(stream, client, peer, pass, stop) => {}
            () = shed.shed() => tracing::debug!("a connection that waited was shed for a newer one"),
        }
    }

    /// A proxy on this machine: HTTP in the clear, and the word about its clients is taken.
    #[cfg(unix)]
    pub(super) async fn serve_unix(
        &self,
        stream: tokio::net::UnixStream,
        pass: Arc<Pass>,
        stop: watch::Receiver<bool>,
    ) {
        let Some(routes) = &self.http else { return };
        let peer = Peer {
            ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            over_tls: false,
            speaks_for_others: true,
        };
        let shed = Arc::clone(&pass);
        tokio::select! {
            () = http1::serve(stream, routes.clone(), peer, pass, &self.limits, stop) => {}
            () = shed.shed() => {}
        }
    }

    async fn open(
        &self,
        mut stream: TcpStream,
        client: SocketAddr,
        peer: Peer,
        pass: Arc<Pass>,
        stop: watch::Receiver<bool>,
    ) {
        let Some(tls) = &self.tls else {
            return self.route(stream, client, peer, pass, stop).await;
        };
        let Ok(Ok(first)) = timeout(self.limits.first_byte, stream.first_byte()).await else {
            return;
        };
        match Protocol::before_tls(first) {
            Protocol::Tls => {}
            Protocol::Http => {
                let routes = redirect::speaks_https();
                return http1::serve(stream, routes, peer, pass, &self.limits, stop).await;
            }
            Protocol::Turn | Protocol::Unknown => return,
        }
        // A failed handshake has been answered by an alert; there is nobody else to tell.
        let Ok(Ok(mut stream)) = timeout(self.limits.handshake, tls.accept(stream)).await else {
            return;
        };
        if tls::is_challenge(&stream) {
            // RFC 8737 §3: the handshake was all that was wanted.
            farewell(&mut stream).await;
            return;
        }
        let peer = Peer {
            over_tls: true,
            ..peer
        };
        self.route(stream, client, peer, pass, stop).await;
    }

    async fn route<S>(
        &self,
        mut stream: S,
        client: SocketAddr,
        peer: Peer,
        pass: Arc<Pass>,
        stop: watch::Receiver<bool>,
    ) where
        S: Peek + AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let first: io::Result<u8> = match timeout(self.limits.first_byte, stream.first_byte()).await {
            Ok(first) => first,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        match (first.map(Protocol::inside), &self.http, &self.turn) {
            (Ok(Protocol::Http), Some(routes), _) => {
                http1::serve(stream, routes.clone(), peer, pass, &self.limits, stop).await;
            }
            (Ok(Protocol::Turn), _, Some(turn)) => {
                let Ok(server) = stream.socket().local_addr() else {
                    return;
                };
                if !pass.settle() {
                    return;
                }
                parlour_relay_io::tune(stream.socket());
                let from = FiveTuple {
                    client,
                    server,
                    transport: S::TRANSPORT,
                };
                turn.serve(stream, from).await;
            }
            (Ok(_) | Err(_), _, _) => farewell(&mut stream).await,
        }
    }
}

/// Ends a stream in order, if that goes quickly.
async fn farewell<S: AsyncWrite + Unpin>(stream: &mut S) {
    let _ = timeout(FAREWELL, stream.shutdown()).await;
}
