//! The accept loop for HTTP: HTTP/1.1 only, with deadlines and limits (RFC 9112).
//!
//! Ours because the stock server has no timer, no limit and no deadline when it stops. A connection that
//! says nothing, or says it slowly, is closed; one source cannot take all places.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use warp::Filter;
use warp::reply::Response as Reply;

use crate::http::Peer;

/// A request head takes at most this long and a kept-alive connection is silent at most this long.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request head.
const HEAD_BYTES: usize = 16 * 1024;
/// Header lines of a request.
const HEAD_LINES: usize = 64;
/// Connections in all; each WebSocket counts for as long as it lives.
const CONNECTIONS: usize = 10_000;
/// Connections of one source, an IPv4 address or an IPv6 /64.
const CONNECTIONS_PER_SOURCE: usize = 256;
/// How long to wait when the system has no descriptors left: others must close first.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

/// Serves `routes` on `listener` until `stop` turns true; connections in progress finish their request.
pub async fn serve<F>(listener: TcpListener, routes: F, mut stop: watch::Receiver<bool>)
where
    F: Filter<Extract = (Reply,), Error = std::convert::Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let gate = Arc::new(Gate::default());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stopped| *stopped) => return,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Not the listener's fault: a client that went away, or no descriptors left.
                tracing::debug!(kind = ?error.kind(), "a connection could not be accepted");
                tokio::time::sleep(EXHAUSTED_PAUSE).await;
                continue;
            }
        };
        let Some(pass) = Gate::enter(&gate, from.ip()) else {
            tracing::debug!("a connection was refused: too many are open");
            continue;
        };
        let (routes, stop) = (routes.clone(), stop.clone());
        tokio::spawn(async move {
            connection(stream, from.ip(), routes, stop).await;
            drop(pass);
        });
    }
}

async fn connection<F>(stream: TcpStream, from: IpAddr, routes: F, mut stop: watch::Receiver<bool>)
where
    F: Filter<Extract = (Reply,), Error = std::convert::Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    // Without Nagle's delay a candidate arrives when it is sent; the failure to ask for it costs only that.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(tower::Tagged {
        inner: warp::service(routes),
        peer: Peer(from.to_canonical()),
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_LINES);
    let mut connection = std::pin::pin!(
        http.serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let stopped = tokio::select! {
        // How a stranger's connection ends is nobody's concern.
        _ = connection.as_mut() => false,
        _ = stop.wait_for(|stopped| *stopped) => true,
    };
    if stopped {
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(HEAD_TIMEOUT, connection).await;
    }
}

/// Puts the peer's address on each request, because the stock filter for it works with the stock server only.
mod tower {
    use std::task::{Context, Poll};

    use super::{Incoming, Peer, Request};

    #[derive(Clone)]
    pub(super) struct Tagged<S> {
        pub(super) inner: S,
        pub(super) peer: Peer,
    }

    impl<S> tower_service::Service<Request<Incoming>> for Tagged<S>
    where
        S: tower_service::Service<Request<Incoming>>,
    {
        type Response = S::Response;
        type Error = S::Error;
        type Future = S::Future;

        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            self.inner.poll_ready(cx)
        }

        fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
            request.extensions_mut().insert(self.peer);
            self.inner.call(request)
        }
    }
}

/// Who has how many connections open.
#[derive(Debug, Default)]
struct Gate {
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_source: HashMap<IpAddr, usize>,
}

/// A place at the gate, given back when dropped.
#[derive(Debug)]
struct Pass {
    gate: Arc<Gate>,
    source: IpAddr,
}

impl Gate {
    fn enter(gate: &Arc<Self>, from: IpAddr) -> Option<Pass> {
        let source = prefix(from);
        let mut open = gate.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Each entry holds at least one connection, so the map is bounded by the total.
        let held = open.by_source.get(&source).copied().unwrap_or_default();
        if open.all >= CONNECTIONS || held >= CONNECTIONS_PER_SOURCE {
            return None;
        }
        open.all += 1;
        open.by_source.insert(source, held + 1);
        Some(Pass {
            gate: Arc::clone(gate),
            source,
        })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = self.gate.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        if let Some(held) = open.by_source.get_mut(&self.source) {
            *held -= 1;
            if *held == 0 {
                open.by_source.remove(&self.source);
            }
        }
    }
}

/// What one household or one server has: an IPv4 address, or an IPv6 /64.
fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_cannot_take_every_place() {
        let gate = Arc::new(Gate::default());
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::ffff:2".parse().unwrap();
        let other: IpAddr = "198.51.100.7".parse().unwrap();
        let mut held: Vec<_> = (0..CONNECTIONS_PER_SOURCE)
            .map(|_| Gate::enter(&gate, one).unwrap())
            .collect();
        assert!(
            Gate::enter(&gate, neighbour).is_none(),
            "the same /64 shares one allowance"
        );
        assert!(Gate::enter(&gate, other).is_some());
        held.pop();
        assert!(Gate::enter(&gate, neighbour).is_some());
        held.clear();
        let open = gate.open.lock().unwrap();
        assert!(
            open.all == 0 && open.by_source.is_empty(),
            "nothing is kept of who has left"
        );
    }
}
