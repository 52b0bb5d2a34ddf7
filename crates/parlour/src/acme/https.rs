//! The way to the authority: HTTPS by HTTP/1.1, a connection for each of the dozen requests of an order.
//!
//! The library's own client would bring HTTP/2, which this program does not contain. No redirect is followed, no proxy
//! is used, an answer has a size and a deadline.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::uri::Scheme;
use http::{HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::tls;

/// For one request, connection and answer included.
const PATIENCE: Duration = Duration::from_secs(30);
/// Certificate chains have a few KiB.
const ANSWER_BYTES: usize = 256 * 1024;

/// A client that believes the authorities it was made with.
#[derive(Clone)]
pub(super) struct Https(TlsConnector);

impl Https {
    pub(super) fn trusting(roots: RootCertStore) -> Self {
        let config = ClientConfig::builder_with_provider(tls::provider())
            .with_safe_default_protocol_versions()
            .expect("the provider offers TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self(TlsConnector::from(Arc::new(config)))
    }

    async fn ask(self, mut request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, String> {
        let uri = request.uri();
        let host = uri.host().filter(|_| uri.scheme() == Some(&Scheme::HTTPS));
        let host = host
            .ok_or_else(|| format!("{uri} is no https address"))?
            .to_owned();
        let port = uri.port_u16().unwrap_or(443);
        let wrong = |error: &dyn std::fmt::Display| format!("{host}:{port}: {error}");
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare.clone()).map_err(|error| wrong(&error))?;
        let authority = uri.authority().map_or("", http::uri::Authority::as_str);
        let authority = HeaderValue::from_str(authority).map_err(|error| wrong(&error))?;
        let path = uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str)
            .to_owned();
        request.headers_mut().insert(HOST, authority);
        *request.uri_mut() = path.parse::<Uri>().map_err(|error| wrong(&error))?;

        let stream = TcpStream::connect((bare, port))
            .await
            .map_err(|error| wrong(&error))?;
        let stream = self
            .0
            .connect(name, stream)
            .await
            .map_err(|error| wrong(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| wrong(&error))?;
        // Ends with this request, however that ends.
        let mut driving = JoinSet::new();
        driving.spawn(connection);
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| wrong(&error))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_BYTES)
            .collect()
            .await
            .map_err(|error| wrong(&error))?;
        Ok(BytesResponse {
            parts,
            body: Box::new(body.to_bytes()),
        })
    }
}

impl HttpClient for Https {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let host = request
            .uri()
            .authority()
            .map(ToString::to_string)
            .unwrap_or_default();
        let asking = self.clone().ask(request);
        Box::pin(async move {
            let answer = timeout(PATIENCE, asking)
                .await
                .unwrap_or_else(|_| Err(format!("{host}: no answer within {} s", PATIENCE.as_secs())));
            answer.map_err(|sentence| Error::Other(sentence.into()))
        })
    }
}
