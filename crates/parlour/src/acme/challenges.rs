//! What an authority finds when it asks whether the name is ours: by TLS (TLS-ALPN-01, RFC 8737) or by plain http
//! (HTTP-01, RFC 8555 §8.3). One challenge is under way at a time, for the one configured name.

use std::sync::{Arc, PoisonError, RwLock};

use instant_acme::KeyAuthorization;
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::tls::{self, Certificates, Current};

/// The path below which HTTP-01 asks.
pub const PATH: &str = "/.well-known/acme-challenge/";

/// The answer to the challenge that is under way, if one is.
#[derive(Debug, Default)]
pub struct Challenges(RwLock<Option<Answer>>);

#[derive(Debug)]
struct Answer {
    name: String,
    token: String,
    authorization: String,
    certificate: Arc<CertifiedKey>,
}

impl Challenges {
    /// Answers for `name` until the returned value is dropped.
    ///
    /// # Errors
    /// A sentence, if no certificate can be made.
    pub(super) fn raise(
        self: &Arc<Self>,
        name: &str,
        token: &str,
        authorization: &KeyAuthorization,
    ) -> Result<Raised, String> {
        let answer = Answer {
            name: name.to_owned(),
            token: token.to_owned(),
            authorization: authorization.as_str().to_owned(),
            certificate: Arc::new(certificate(name, authorization.digest().as_ref())?),
        };
        self.put(Some(answer));
        Ok(Raised(Arc::clone(self)))
    }

    /// What `GET /.well-known/acme-challenge/TOKEN` is answered with.
    #[must_use]
    pub fn by_http(&self, token: &str) -> Option<String> {
        let answer = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let answer = answer.as_ref().filter(|answer| answer.token == token)?;
        Some(answer.authorization.clone())
    }

    fn by_tls(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let answer = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let answer = answer.as_ref().filter(|answer| answer.name == name)?;
        Some(Arc::clone(&answer.certificate))
    }

    fn put(&self, answer: Option<Answer>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = answer;
    }
}

/// A challenge that is being answered.
pub(super) struct Raised(Arc<Challenges>);

impl Drop for Raised {
    fn drop(&mut self) {
        self.0.put(None);
    }
}

/// RFC 8737 §3: self-signed, the name alone, and the digest in a critical extension.
fn certificate(name: &str, digest: &[u8]) -> Result<CertifiedKey, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("cannot make the answer to the challenge: {error}");
    let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(|error| wrong(&error))?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate().map_err(|error| wrong(&error))?;
    let made = params.self_signed(&key).map_err(|error| wrong(&error))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    // Not by `from_der`, which looks into the certificate and refuses critical extensions that it does not know.
    let key = tls::provider()
        .key_provider
        .load_private_key(key)
        .map_err(|error| wrong(&error))?;
    Ok(CertifiedKey::new(vec![made.der().clone()], key))
}

/// What handshakes ask: the certificate for visitors, the challenge's for the authority.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) current: Arc<Current>,
    pub(crate) challenges: Arc<Challenges>,
}

impl Certificates for Source {
    fn current(&self) -> Option<Arc<CertifiedKey>> {
        self.current.current()
    }

    fn challenge(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        self.challenges.by_tls(name)
    }
}
