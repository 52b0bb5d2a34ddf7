//! HTTP/1.1 on one connection (RFC 9112), with deadlines and limits.

use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use warp::filters::BoxedFilter;
use warp::reply::Response as Reply;

use super::gate::Pass;
use super::limits::Limits;
use super::unhurried::Unhurried;
use crate::http::Peer;

/// All that is answered on a listener.
pub type Routes = BoxedFilter<(Reply,)>;

/// Serves requests until the client leaves, is too slow, has become a WebSocket, or `stop` turns true.
pub(super) async fn serve<S>(
    stream: S,
    routes: Routes,
    peer: Peer,
    pass: Arc<Pass>,
    limits: &Limits,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(Tagged {
        inner: warp::service(routes),
        peer,
        pass,
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes)
        .max_headers(limits.head_lines);
    let io = TokioIo::new(Unhurried::new(stream, limits.write));
    let mut connection = std::pin::pin!(http.serve_connection(io, service).with_upgrades());
    let stopped = tokio::select! {
        // How a stranger's connection ends is nobody's concern.
        _ = connection.as_mut() => false,
        _ = stop.wait_for(|stopped| *stopped) => true,
    };
    if stopped {
        connection.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(limits.head, connection).await;
    }
}

/// Puts the peer, and its place at the gate, on each request: the stock filter works with the stock server only.
#[derive(Clone)]
struct Tagged<S> {
    inner: S,
    peer: Peer,
    pass: Arc<Pass>,
}

impl<S> tower_service::Service<Request<Incoming>> for Tagged<S>
where
    S: tower_service::Service<Request<Incoming>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(
        &mut self,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        request.extensions_mut().insert(Arc::clone(&self.pass));
        self.inner.call(request)
    }
}
