//! HTTPS, names and proxies: what was set about them, checked.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rustls::sign::CertifiedKey;

use crate::acme::{self, Acme, AcmeSettings, Challenges};
use crate::config::{Config, Problems};
use crate::fault::Fault;
use crate::forwarded::TrustedProxies;
use crate::host::{Authority, PublicUrl};
use crate::listen::ListenAt;
use crate::own_address;
use crate::tls::{CertificateFiles, Certificates, Current, SelfSigned, Validity};

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
    /// An authority, by ACME.
    Acme(AcmeSettings),
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
        if let Some(problem) = acme_problem(config, files.is_some()) {
            return Err(problem);
        }
        let from = match (files, values.lan) {
            (Some(files), _) => Some(CertificateFrom::Files(files)),
            (None, true) => Some(CertificateFrom::SelfSigned),
            (None, false) => values.domain.as_ref().map(|domain| {
                CertificateFrom::Acme(AcmeSettings {
                    domain: domain.clone(),
                    directory: match values.acme_staging {
                        true => acme::STAGING.to_owned(),
                        false => values.acme_directory.clone(),
                    },
                    staging: values.acme_staging,
                    contact: values.acme_email.clone(),
                    roots: values.acme_ca.clone(),
                    state: values.state_dir.clone(),
                })
            }),
        };
        for name in ["listen.https", "public_relay.tls_listen"] {
            let set = match name {
                "listen.https" => values.listen,
                _ => config.values.public.tls_listen,
            };
            if let (None, Some(address)) = (&from, set) {
                return Err(format!(
                    "{} {address} needs a certificate: {} to have one obtained, {} and {} for one of your own, or {} for a \
                     self-signed one",
                    called(name),
                    called("domain"),
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
        let made = match &self.https {
            None => return Ok(None),
            Some((_, CertificateFrom::Files(files))) => {
                let read = files.read(self.domain.as_deref()).map_err(sentence)?;
                Certificate::Files(Arc::new(Current::new(read)))
            }
            Some((_, CertificateFrom::SelfSigned)) => {
                let addresses = parlour_relay_io::own_addresses().map_err(Fault::System)?;
                let made = SelfSigned::for_this_machine(&addresses).map_err(sentence)?;
                Certificate::SelfSigned {
                    current: Arc::new(Current::new(made.certified)),
                    fingerprint: made.fingerprint,
                }
            }
            Some((_, CertificateFrom::Acme(settings))) => {
                Certificate::Acme(Acme::open(settings).map_err(sentence)?)
            }
        };
        Ok(Some(made))
    }

    /// What the files hold now; `None` if there are none.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub fn certificate_again(&self) -> Result<Option<CertifiedKey>, String> {
        match &self.https {
            Some((_, CertificateFrom::Files(files))) => files.read(self.domain.as_deref()).map(Some),
            Some((_, CertificateFrom::SelfSigned | CertificateFrom::Acme(_))) | None => Ok(None),
        }
    }

    /// Whether browsers may be told to come by https only (RFC 6797): a name of ours, and a certificate that is meant
    /// to be believed.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        let meant = match &self.https {
            Some((_, CertificateFrom::Files(_))) => true,
            Some((_, CertificateFrom::Acme(settings))) => !settings.staging,
            Some((_, CertificateFrom::SelfSigned)) | None => false,
        };
        meant && self.domain.is_some()
    }
}

/// What was set about ACME where it does not come to pass: somebody believes otherwise.
fn acme_problem(config: &Config, has_files: bool) -> Option<String> {
    let values = &config.values.https;
    let called = |name| config.called(name);
    let other_directory = values.acme_directory != acme::DIRECTORY;
    if values.acme_staging && other_directory {
        return Some(format!(
            "{} and {} exclude each other: either Let's Encrypt's authority for trying out, or another one",
            called("tls.acme_staging"),
            called("tls.acme_directory")
        ));
    }
    let set = [
        ("tls.acme_staging", values.acme_staging),
        ("tls.acme_directory", other_directory),
        ("tls.acme_email", values.acme_email.is_some()),
        ("tls.acme_ca", values.acme_ca.is_some()),
    ];
    let (name, _) = set.into_iter().find(|(_, set)| *set)?;
    if has_files {
        Some(format!(
            "{} and {} exclude each other: a certificate is either obtained or given",
            called(name),
            called("tls.cert")
        ))
    } else if values.domain.is_none() {
        Some(format!(
            "{} needs {}: the name to certify",
            called(name),
            called("domain")
        ))
    } else {
        None
    }
}

/// The certificate in use, by where it comes from.
#[derive(Debug, Clone)]
pub enum Certificate {
    /// The operator's files.
    Files(Arc<Current>),
    /// Made at the start.
    SelfSigned {
        /// The certificate.
        current: Arc<Current>,
        /// Its fingerprint: nothing else vouches for it.
        fingerprint: String,
    },
    /// An authority.
    Acme(Arc<Acme>),
}

impl Certificate {
    /// What handshakes ask.
    #[must_use]
    pub fn source(&self) -> Arc<dyn Certificates> {
        match self {
            Self::Files(current) | Self::SelfSigned { current, .. } => {
                Arc::clone(current) as Arc<dyn Certificates>
            }
            Self::Acme(acme) => Arc::new(acme::Source {
                current: Arc::clone(acme.current()),
                challenges: Arc::clone(acme.challenges()),
            }),
        }
    }

    /// The fingerprint, if nobody but it vouches for the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Option<&str> {
        match self {
            Self::SelfSigned { fingerprint, .. } => Some(fingerprint),
            Self::Files(_) | Self::Acme(_) => None,
        }
    }

    /// From when until when it is good; `None` while there is none.
    #[must_use]
    pub fn validity(&self) -> Option<Validity> {
        self.current().validity()
    }

    /// What obtains it, if that is our task.
    #[must_use]
    pub fn acme(&self) -> Option<&Arc<Acme>> {
        match self {
            Self::Acme(acme) => Some(acme),
            Self::Files(_) | Self::SelfSigned { .. } => None,
        }
    }

    /// What answers an authority's challenges by plain http.
    #[must_use]
    pub fn challenges(&self) -> Option<Arc<Challenges>> {
        self.acme().map(|acme| Arc::clone(acme.challenges()))
    }

    /// New handshakes get this one; connections live on.
    pub fn replace(&self, certificate: CertifiedKey) {
        self.current().replace(certificate);
    }

    fn current(&self) -> &Current {
        match self {
            Self::Files(current) | Self::SelfSigned { current, .. } => current,
            Self::Acme(acme) => acme.current(),
        }
    }
}
