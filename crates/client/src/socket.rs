//! The connection below a session, a WebSocket or polling: opening, one text at a time, closing. Nothing is understood
//! here.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpSocket;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::error::Error;
use crate::poll::Poll;

/// docs/protocol.md, "Carrier".
const FRAME_BYTES: usize = 65_536;
/// For the connection and for every answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What carries the frames (docs/protocol.md, "Carriers").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carrier {
    /// One connection for both directions.
    #[default]
    WebSocket,
    /// POST up, GET down: for networks that break WebSockets.
    Polling,
}

/// Where to connect and as whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the page is served.
    pub server: SocketAddr,
    /// The `Origin` to send; programs need none.
    pub origin: Option<String>,
    /// The local address to connect from: the server counts connections by it. Default: the system's choice.
    pub from: Option<IpAddr>,
    /// By what; [`crate::Client::switch`] changes it.
    pub carrier: Carrier,
    /// With TLS instead of without.
    pub tls: Option<Tls>,
}

/// The name that the server has, and whom to believe that it is the server.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Name or address, for the handshake and for `Host`.
    pub name: String,
    /// Roots and versions; without ALPN or with `http/1.1`.
    pub config: Arc<ClientConfig>,
}

/// What HTTP runs over.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Wire for S {}

impl Options {
    /// The server at this address, nothing special.
    pub fn to(server: impl Into<SocketAddr>) -> Self {
        Self {
            server: server.into(),
            origin: None,
            from: None,
            carrier: Carrier::default(),
            tls: None,
        }
    }

    /// What stands in `Host`.
    pub(crate) fn authority(&self) -> String {
        match &self.tls {
            None => self.server.to_string(),
            Some(tls) => format!("{}:{}", tls.name, self.server.port()),
        }
    }
}

pub(crate) enum Socket {
    Web(Box<Web>),
    Poll(Box<Poll>),
}

impl Socket {
    /// A poll opens with its first frame, so its errors come from [`Self::send`].
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Handshake`], [`Error::TimedOut`].
    pub(crate) async fn open(options: &Options) -> Result<Self, Error> {
        Ok(match options.carrier {
            Carrier::WebSocket => Self::Web(Box::new(Web::open(options).await?)),
            Carrier::Polling => Self::Poll(Box::new(Poll::new(options.clone()))),
        })
    }

    /// # Errors
    /// [`Error::Disconnected`], [`Error::TimedOut`]; those of [`Self::open`] for the first frame of a poll.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), Error> {
        match self {
            Self::Web(web) => web.send(text).await,
            Self::Poll(poll) => poll.send(text).await,
        }
    }

    /// The next text. Can be dropped while it waits without losing anything.
    ///
    /// # Errors
    /// [`Error::Disconnected`] with the close code, if any; [`Error::Protocol`] for what is no text or no batch.
    pub(crate) async fn receive(&mut self) -> Result<String, Error> {
        match self {
            Self::Web(web) => web.receive().await,
            Self::Poll(poll) => poll.receive().await,
        }
    }

    /// Closes with 1000: for the server this page has left.
    pub(crate) async fn close(self) {
        match self {
            Self::Web(web) => web.close().await,
            Self::Poll(poll) => poll.close().await,
        }
    }
}

pub(crate) struct Web(WebSocketStream<Box<dyn Wire>>);

impl Web {
    async fn open(options: &Options) -> Result<Self, Error> {
        let opening = async {
            let stream = connect(options).await.map_err(Error::Unreachable)?;
            let unfit = |error: &dyn std::fmt::Display| Error::Handshake(error.to_string());
            // The scheme matters to nobody: the stream is there.
            let url = format!("ws://{}/ws", options.authority());
            let mut request = url.into_client_request().map_err(|error| unfit(&error))?;
            let headers = request.headers_mut();
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("parlour.v1"));
            if let Some(origin) = &options.origin {
                headers.insert(
                    ORIGIN,
                    HeaderValue::from_str(origin).map_err(|error| unfit(&error))?,
                );
            }
            let config = WebSocketConfig::default()
                .read_buffer_size(4096)
                .write_buffer_size(0)
                .max_write_buffer_size(4 * FRAME_BYTES)
                .max_message_size(Some(FRAME_BYTES))
                .max_frame_size(Some(FRAME_BYTES));
            let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
            opened
                .map(|(socket, _)| Self(socket))
                .map_err(|error| unfit(&error))
        };
        tokio::time::timeout(PATIENCE, opening)
            .await
            .map_err(|_| Error::TimedOut)?
    }

    async fn send(&mut self, text: String) -> Result<(), Error> {
        let sending = self.0.send(Message::text(text));
        match tokio::time::timeout(PATIENCE, sending).await {
            Ok(sent) => sent.map_err(|_| Error::Disconnected(None)),
            Err(_) => Err(Error::TimedOut),
        }
    }

    /// Pings are answered on the way.
    async fn receive(&mut self) -> Result<String, Error> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Binary(_))) => return Err(Error::Protocol("it sends binary messages")),
                Some(Ok(Message::Close(frame))) => {
                    return Err(Error::Disconnected(frame.map(|frame| frame.code.into())));
                }
                Some(Err(tungstenite::Error::Capacity(_))) => {
                    return Err(Error::Protocol("a frame has more than 65536 bytes"));
                }
                Some(Err(_)) | None => return Err(Error::Disconnected(None)),
            }
        }
    }

    async fn close(mut self) {
        let frame = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        // A courtesy: whoever is gone already need not be told.
        let _ = tokio::time::timeout(PATIENCE, self.0.close(Some(frame))).await;
    }
}

/// A TCP connection, from the address that the options name, with TLS on it if they say so.
pub(crate) async fn connect(options: &Options) -> std::io::Result<Box<dyn Wire>> {
    let socket = if options.server.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    if let Some(from) = options.from {
        socket.bind((from, 0).into())?;
    }
    let stream = socket.connect(options.server).await?;
    stream.set_nodelay(true)?;
    let Some(tls) = &options.tls else {
        return Ok(Box::new(stream));
    };
    let name = ServerName::try_from(tls.name.clone()).map_err(std::io::Error::other)?;
    let connector = TlsConnector::from(Arc::clone(&tls.config));
    Ok(Box::new(connector.connect(name, stream).await?))
}
