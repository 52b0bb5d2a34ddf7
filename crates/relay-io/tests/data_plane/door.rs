//! Doors: plain TCP for the small client, and behind it whatever stream a relay is to be handed.
//!
//! Between the two there may be TLS, as the program does it (rustls below `serve_stream`), and reads may be cut at
//! any byte, so that what a relay gets at once is what a test wants and not what the network happens to do.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use parlour_relay::{FiveTuple, Transport};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// How many bytes the next reads may bring at most; as many as there are when it is empty.
#[derive(Clone, Default)]
pub(crate) struct Cuts(Arc<Mutex<VecDeque<usize>>>);

impl Cuts {
    pub(crate) fn plan(&self, sizes: impl IntoIterator<Item = usize>) {
        *self.0.lock().unwrap() = sizes.into_iter().filter(|size| *size > 0).collect();
    }
}

/// A stream whose reads end where its cuts say.
pub(crate) struct Cut<S> {
    stream: S,
    cuts: Cuts,
}

impl<S: AsyncRead + Unpin> AsyncRead for Cut<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(size) = self.cuts.0.lock().unwrap().front().copied() else {
            return Pin::new(&mut self.stream).poll_read(context, out);
        };
        let mut room = vec![0; size.min(out.remaining())];
        let mut part = ReadBuf::new(&mut room);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut part))?;
        let read = part.filled();
        out.put_slice(read);
        let mut cuts = self.cuts.0.lock().unwrap();
        match size - read.len() {
            0 => drop(cuts.pop_front()),
            rest => cuts[0] = rest,
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Cut<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Whatever arrives by a door.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

type Served = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Hands a stream to a relay.
pub(crate) type Serve = Arc<dyn Fn(Cut<Box<dyn Stream>>, FiveTuple) -> Served + Send + Sync>;

/// A door to what `serve` serves, without TLS; returns where it is.
pub(crate) fn plain(runtime: &Runtime, cuts: &Cuts, serve: &Serve) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let at = listener.local_addr().unwrap();
    runtime.spawn(accept(listener, None, cuts.clone(), Arc::clone(serve)));
    at
}

/// A plain door for clients that know no TLS; behind it TLS to a listener on `ip`.
pub(crate) fn tls(runtime: &Runtime, ip: &str, cuts: &Cuts, serve: &Serve) -> SocketAddr {
    let made = rcgen::generate_simple_self_signed(vec!["relay.test".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let bind = |ip: &str| runtime.block_on(TcpListener::bind((ip, 0))).unwrap();
    let (listener, door) = (bind(ip), bind("127.0.0.1"));
    let (behind, at) = (listener.local_addr().unwrap(), door.local_addr().unwrap());
    let acceptor = TlsAcceptor::from(Arc::new(server));
    runtime.spawn(accept(listener, Some(acceptor), cuts.clone(), Arc::clone(serve)));
    runtime.spawn(wrap(door, behind, TlsConnector::from(Arc::new(client))));
    at
}

/// What the program does with the connections of its listeners.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, cuts: Cuts, serve: Serve) {
    while let Ok((socket, client)) = listener.accept().await {
        let (tls, cuts, serve) = (tls.clone(), cuts.clone(), Arc::clone(&serve));
        tokio::spawn(async move {
            parlour_relay_io::tune(&socket);
            let from = |transport| FiveTuple {
                client,
                server: socket.local_addr().unwrap(),
                transport,
            };
            let (from, stream): (_, Box<dyn Stream>) = match tls {
                None => (from(Transport::Tcp), Box::new(socket)),
                Some(acceptor) => {
                    let from = from(Transport::Tls);
                    let Ok(stream) = acceptor.accept(socket).await else {
                        return;
                    };
                    (from, Box::new(stream))
                }
            };
            serve(Cut { stream, cuts }, from).await;
        });
    }
}

/// Plain bytes in, TLS out.
async fn wrap(door: TcpListener, to: SocketAddr, connector: TlsConnector) {
    while let Ok((mut plain, _)) = door.accept().await {
        let connector = connector.clone();
        tokio::spawn(async move {
            let socket = TcpStream::connect(to).await.unwrap();
            let name = ServerName::try_from("relay.test").unwrap();
            let mut tls = connector.connect(name, socket).await.expect("the handshake");
            let _end = tokio::io::copy_bidirectional(&mut plain, &mut tls).await;
        });
    }
}
