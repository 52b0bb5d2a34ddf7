//! The certificate that every server shows over TLS, and the client that trusts it and nothing else.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore, version};

/// The name in the certificate.
pub(crate) const NAME: &str = "localhost";

/// Lives as long as the comparison; its files go when it does.
pub(crate) struct Identity {
    directory: PathBuf,
    /// Of clients: TLS 1.2 with AES-256-GCM and nothing else, so that every server ciphers alike, and no resumption.
    /// Debian's coturn 4.6.1 refuses TLS 1.3.
    pub(crate) client: Arc<ClientConfig>,
}

impl Identity {
    /// Has openssl(1) make a key on P-256 and a certificate signed by it.
    pub(crate) fn make() -> io::Result<Self> {
        let directory = std::env::temp_dir().join(format!("parlour-bench-{}", std::process::id()));
        fs::create_dir(&directory)?;
        let mut identity = Self {
            directory,
            client: client(RootCertStore::empty())?,
        };
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"]);
        command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        command.args(["-addext", "subjectAltName=DNS:localhost"]);
        command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        command.arg("-keyout").arg(identity.key());
        command.arg("-out").arg(identity.certificate());
        if !command.stderr(Stdio::null()).status()?.success() {
            return Err(io::Error::other("openssl made no certificate"));
        }
        let certificate = CertificateDer::from_pem_file(identity.certificate()).map_err(io::Error::other)?;
        let mut trusted = RootCertStore::empty();
        trusted.add(certificate).map_err(io::Error::other)?;
        identity.client = client(trusted)?;
        Ok(identity)
    }

    /// Where the certificate is, in PEM.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.join("certificate.pem")
    }

    /// Where its key is, in PEM.
    pub(crate) fn key(&self) -> PathBuf {
        self.directory.join("key.pem")
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        // What cannot be removed is a throw-away key in a temporary directory.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn client(trusted: RootCertStore) -> io::Result<Arc<ClientConfig>> {
    let provider = CryptoProvider {
        cipher_suites: vec![aws_lc_rs::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384],
        ..aws_lc_rs::default_provider()
    };
    let mut client = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&version::TLS12])
        .map_err(io::Error::other)?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    client.resumption = Resumption::disabled();
    Ok(Arc::new(client))
}
