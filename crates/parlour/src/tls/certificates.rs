//! Which certificate a handshake is answered with: the seam for everything that brings certificates.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::{CHALLENGE, Validity};

/// A source of certificates. Asked once per handshake, so it must answer at once.
pub trait Certificates: fmt::Debug + Send + Sync {
    /// The certificate for visitors; `None` while there is none yet, which ends the handshake.
    fn current(&self) -> Option<Arc<CertifiedKey>>;

    /// The answer to an ACME server that asks for `name` (RFC 8737, ALPN `acme-tls/1`); `None` if no challenge for it
    /// is under way.
    fn challenge(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let _ = name;
        None
    }
}

/// One certificate that can be replaced while connections live: each handshake takes the one of its moment.
#[derive(Debug, Default)]
pub struct Current(RwLock<Option<Held>>);

#[derive(Clone, Debug)]
struct Held {
    certificate: Arc<CertifiedKey>,
    validity: Option<Validity>,
}

impl Current {
    /// Begins with `certificate`; [`Current::default`] begins with none.
    #[must_use]
    pub fn new(certificate: CertifiedKey) -> Self {
        let current = Self::default();
        current.replace(certificate);
        current
    }

    /// Takes `certificate` for all handshakes from now on.
    pub fn replace(&self, certificate: CertifiedKey) {
        let held = Held {
            validity: certificate.cert.first().and_then(Validity::of),
            certificate: Arc::new(certificate),
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
    }

    /// From when until when it is good; `None` while there is none.
    #[must_use]
    pub fn validity(&self) -> Option<Validity> {
        self.held()?.validity
    }

    fn held(&self) -> Option<Held> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Certificates for Current {
    fn current(&self) -> Option<Arc<CertifiedKey>> {
        Some(self.held()?.certificate)
    }
}

/// What rustls asks.
#[derive(Debug)]
pub(super) struct Resolver(pub(super) Arc<dyn Certificates>);

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // RFC 8737 §3: a challenge names this protocol alone. Whoever offers it beside others is a visitor.
        let is_challenge = hello
            .alpn()
            .is_some_and(|mut names| names.next() == Some(CHALLENGE) && names.next().is_none());
        if is_challenge {
            return self.0.challenge(hello.server_name()?);
        }
        self.0.current()
    }
}
