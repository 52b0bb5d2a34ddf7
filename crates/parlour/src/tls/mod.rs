//! TLS 1.2 and 1.3 by rustls: HTTPS, WSS and TURN/TLS share one configuration.
//!
//! Certificates come from whoever implements [`Certificates`]: files, a self-signed one, ACME. The key exchange
//! prefers the hybrid X25519MLKEM768 (docs/decisions/0006).

mod certificates;
mod client;
mod files;
mod self_signed;
mod validity;

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, version};
use tokio_rustls::server::TlsStream;

pub use certificates::{Certificates, Current};
pub use client::anybody;
pub(crate) use client::judge;
pub use files::CertificateFiles;
pub(crate) use files::certified;
pub use self_signed::SelfSigned;
pub use validity::Validity;

use certificates::Resolver;

/// RFC 7301 names in our order of preference. A hint only: the first decrypted byte decides.
const PROTOCOLS: [&[u8]; 4] = [b"http/1.1", b"stun.turn", b"stun.nat-discovery", CHALLENGE];
/// RFC 8737 §3.
const CHALLENGE: &[u8] = b"acme-tls/1";

/// Accepts TLS with whatever certificate is current at the time of each handshake.
///
/// # Panics
/// Never: the provider offers both versions.
#[must_use]
pub fn acceptor(certificates: Arc<dyn Certificates>) -> TlsAcceptor {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .expect("the provider offers both versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Resolver(certificates)));
    // All suites are good; scanners want the server to choose, and every phone of today has AES in hardware.
    config.ignore_client_order = true;
    config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// Whether the connection was an ACME server's question, answered by its handshake.
#[must_use]
pub fn is_challenge(stream: &TlsStream<TcpStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(CHALLENGE)
}

/// The authorities that browsers believe, as Mozilla lists them: built in, because a container has no list of its own.
#[must_use]
pub(crate) fn public_roots() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
