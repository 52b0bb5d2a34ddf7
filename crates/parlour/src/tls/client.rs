//! Our own side as a client: to look at a server's certificate, ours above all.
//!
//! `doctor` and `health` must get in where browsers would not, because that is what they are to tell. So the connection
//! believes anybody, and what it was shown is judged afterwards. Nothing secret is ever sent over it.

use std::sync::Arc;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use super::{provider, public_roots};

/// A client that takes every certificate.
///
/// # Panics
/// Never: the provider offers both versions.
#[must_use]
pub fn anybody() -> Arc<ClientConfig> {
    let provider = provider();
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider offers TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    Arc::new(config)
}

/// Whether browsers would believe this chain for this name now.
///
/// # Errors
/// Why not, in the library's words.
///
/// # Panics
/// Never: there are public roots.
pub(crate) fn judge(chain: &[CertificateDer<'_>], name: &ServerName<'_>) -> Result<(), String> {
    let Some((leaf, others)) = chain.split_first() else {
        return Err("there is no certificate".to_owned());
    };
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(public_roots()), provider())
        .build()
        .expect("there are roots");
    verifier
        .verify_server_cert(leaf, others, name, &[], UnixTime::now())
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Takes every certificate, but wants its key to have signed the handshake.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
