//! HTTPS, names and proxies: what was set about them, checked.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rustls::sign::CertifiedKey;

use crate::config::{Config, Problems};
use crate::fault::Fault;
use crate::forwarded::TrustedProxies;
use crate::host::{Authority, PublicUrl};
use crate::listen::ListenAt;
use crate::own_address;
use crate::tls::{CertificateFiles, Certificates, Current, SelfSigned};

/// Where and under which name the page is served.
#[derive(Debug, Clone)]
pub struct HttpsSettings {
    /// Plain HTTP, if it is served at all.
    pub http: Option<ListenAt>,
    /// HTTPS and TURN/TLS, and where the certificate comes from.
    pub https: Option<(SocketAddr, CertificateFrom)>,
    /// Name of this server, if HTTPS is ours and the name is known.
    pub domain: Option<String>,
    /// The address in front of a proxy.
    pub public_url: Option<PublicUrl>,
    /// Who may speak for others.
    pub proxies: TrustedProxies,
    /// Whether these send PROXY headers.
    pub proxy_protocol: bool,
}

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateFrom {
    /// The operator's files.
    Files(CertificateFiles),
    /// Made at the start, for this machine's own names and addresses.
    SelfSigned,
}

impl HttpsSettings {
    /// Checks what was set.
    ///
    /// # Errors
    /// A sentence that names the flag, variable or line.
    pub fn of(config: &Config) -> Result<Self, String> {
        let values = &config.values.https;
        let called = |name| config.called(name);
        let files = match (&values.certificate, &values.key) {
            (Some(certificate), Some(key)) => Some(CertificateFiles {
                certificate: certificate.clone(),
                key: key.clone(),
            }),
            (Some(_), None) => {
                let (set, other) = (called("tls.cert"), called("tls.key"));
                return Err(format!(
                    "{set} needs {other}: the file with the certificate's private key"
                ));
            }
            (None, Some(_)) => {
                let (set, other) = (called("tls.key"), called("tls.cert"));
                return Err(format!(
                    "{set} needs {other}: the file with the certificate of that key"
                ));
            }
            (None, None) => None,
        };
        if let (Some(_), Some(name)) = (
            &values.domain,
            values
                .lan
                .then_some("lan")
                .or(values.public_url.as_ref().map(|_| "public_url")),
        ) {
            return Err(format!(
                "{} and {} exclude each other: either this server has a public name of its own, or not",
                called("domain"),
                called(name)
            ));
        }
        let from = match (files, values.lan) {
            (Some(files), _) => Some(CertificateFrom::Files(files)),
            (None, true) => Some(CertificateFrom::SelfSigned),
            (None, false) if values.domain.is_some() => {
                return Err(format!(
                    "{} needs a certificate: give it with {} and {}. Behind a proxy that serves HTTPS, set {} instead",
                    called("domain"),
                    called("tls.cert"),
                    called("tls.key"),
                    called("public_url")
                ));
            }
            (None, false) => None,
        };
        for name in ["listen.https", "public_relay.tls_listen"] {
            let set = match name {
                "listen.https" => values.listen,
                _ => config.values.public.tls_listen,
            };
            if let (None, Some(address)) = (&from, set) {
                return Err(format!(
                    "{} {address} needs a certificate: {} and {}, or {} for a self-signed one",
                    called(name),
                    called("tls.cert"),
                    called("tls.key"),
                    called("lan")
                ));
            }
        }
        if values.proxy_protocol && values.trusted_proxies.is_empty() {
            return Err(format!(
                "{} needs {}: from anybody else the header would be a lie for free",
                called("proxy_protocol"),
                called("trusted_proxies")
            ));
        }
        let http = match (&config.values.listen, &from, &values.domain) {
            (Some(listen), _, _) => Some(listen.clone()),
            (None, None, _) => Some(ListenAt::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))),
            (None, Some(_), Some(_)) => Some(ListenAt::Tcp(own_address::all(80))),
            (None, Some(_), None) => None,
        };
        let port = if values.lan { 8443 } else { 443 };
        let at = values.listen.unwrap_or_else(|| own_address::all(port));
        Ok(Self {
            http,
            https: from.map(|from| (at, from)),
            domain: values.domain.clone(),
            public_url: values.public_url.clone(),
            proxies: TrustedProxies::of(&values.trusted_proxies),
            proxy_protocol: values.proxy_protocol,
        })
    }

    /// The address that people open, if it is known; `https` is where TLS really listens.
    #[must_use]
    pub fn public(&self, https: Option<SocketAddr>) -> Option<PublicUrl> {
        let own = |(domain, at): (&String, SocketAddr)| PublicUrl {
            https: true,
            authority: Authority::of_https(domain, at.port()),
            path: "/".to_owned(),
        };
        let domain = self.domain.as_ref().zip(https).map(own);
        self.public_url.clone().or(domain)
    }

    /// The certificate to begin with.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn certificate(&self) -> Result<Option<Certificate>, Fault> {
        let sentence = |text| Fault::Settings(Problems(vec![text]));
        match &self.https {
            None => Ok(None),
            Some((_, CertificateFrom::Files(files))) => {
                let read = files.read(self.domain.as_deref()).map_err(sentence)?;
                Ok(Some(Certificate::new(read, None)))
            }
            Some((_, CertificateFrom::SelfSigned)) => {
                let addresses = parlour_relay_io::own_addresses().map_err(Fault::System)?;
                let made = SelfSigned::for_this_machine(&addresses).map_err(sentence)?;
                Ok(Some(Certificate::new(made.certified, Some(made.fingerprint))))
            }
        }
    }

    /// What the files hold now; `None` if there are none.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn certificate_again(&self) -> Result<Option<CertifiedKey>, String> {
        match &self.https {
            Some((_, CertificateFrom::Files(files))) => files.read(self.domain.as_deref()).map(Some),
            Some((_, CertificateFrom::SelfSigned)) | None => Ok(None),
        }
    }
}

/// The certificate in use.
#[derive(Debug, Clone)]
pub struct Certificate {
    current: Arc<Current>,
    fingerprint: Option<String>,
}

impl Certificate {
    fn new(first: CertifiedKey, fingerprint: Option<String>) -> Self {
        Self {
            current: Arc::new(Current::new(first)),
            fingerprint,
        }
    }

    /// What handshakes ask.
    #[must_use]
    pub fn source(&self) -> Arc<dyn Certificates> {
        Arc::clone(&self.current) as Arc<dyn Certificates>
    }

    /// The fingerprint, if nobody but it vouches for the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// New handshakes get this one; connections live on.
    pub fn replace(&self, certificate: CertifiedKey) {
        self.current.replace(certificate);
    }
}
