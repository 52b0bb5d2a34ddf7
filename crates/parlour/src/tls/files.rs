//! Certificate and key from files in PEM, read at the start and again on demand.

use std::fs;
use std::path::{Path, PathBuf};

use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, client};

use super::provider;

/// Where they are, `--tls-cert` and `--tls-key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate of this server first, then those that lead to a known authority.
    pub certificate: PathBuf,
    /// Its private key: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

impl CertificateFiles {
    /// Reads both, and checks that they belong together and are for `domain`, if one is given.
    ///
    /// # Errors
    /// A sentence that names the flag and says what is wrong.
    pub fn read(&self, domain: Option<&str>) -> Result<CertifiedKey, String> {
        let flag = format!("--tls-cert {}", self.certificate.display());
        let certificate = bytes(&flag, &self.certificate)?;
        let chain = chain(&flag, &certificate, domain)?;
        let flag = format!("--tls-key {}", self.key.display());
        let key = bytes(&flag, &self.key)?;
        warn_if_public(&flag, &self.key);
        let certificate = self.certificate.display().to_string();
        pair(&flag, chain, &key, &certificate)
    }
}

/// Certificate and key in PEM that nobody has typed the names of: `what` says where they are from.
///
/// # Errors
/// A sentence that says what is wrong with them.
pub(crate) fn certified(
    certificate: &[u8],
    key: &[u8],
    what: &str,
    domain: Option<&str>,
) -> Result<CertifiedKey, String> {
    let chain = chain(what, certificate, domain)?;
    pair(what, chain, key, what)
}

/// The certificates in `pem`, of which the first is for `domain`.
fn chain(what: &str, pem: &[u8], domain: Option<&str>) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{what}: this is no PEM file: {error}"))?;
    let Some(leaf) = chain.first() else {
        return Err(format!(
            "{what}: there is no certificate in it; it should begin with -----BEGIN CERTIFICATE-----"
        ));
    };
    let parsed = ParsedCertificate::try_from(leaf)
        .map_err(|error| format!("{what}: the first certificate cannot be read: {error}"))?;
    if let Some(domain) = domain {
        check_name(what, &parsed, domain)?;
    }
    Ok(chain)
}

/// The certificates with their key, which is looked for in `pem`.
fn pair(
    what: &str,
    chain: Vec<CertificateDer<'static>>,
    pem: &[u8],
    certificate: &str,
) -> Result<CertifiedKey, String> {
    // The parser's words are left out: they could quote the file.
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        format!("{what}: there is no private key in it; it should begin with -----BEGIN PRIVATE KEY-----")
    })?;
    CertifiedKey::from_der(chain, key, &provider()).map_err(|error| {
        if matches!(error, rustls::Error::InconsistentKeys(_)) {
            format!("{what}: this is not the key of the certificate in {certificate}")
        } else {
            format!("{what}: the key cannot be used: {error}")
        }
    })
}

fn bytes(flag: &str, path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{flag}: cannot read it: {error}"))
}

fn check_name(flag: &str, certificate: &ParsedCertificate<'_>, domain: &str) -> Result<(), String> {
    let name = ServerName::try_from(domain).map_err(|_| format!("--domain {domain:?} is no domain name"))?;
    client::verify_server_name(certificate, &name)
        .map_err(|_| format!("{flag}: the certificate is not for {domain}, so browsers would refuse it"))
}

/// A key that everybody on the machine can read is no secret.
fn warn_if_public(flag: &str, path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let readable = fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o004 != 0);
        if readable {
            tracing::warn!("{flag}: every user of this machine can read the private key; chmod o-r it");
        }
    }
    #[cfg(not(unix))]
    let _ = (flag, path);
}
