//! A certificate that nobody has signed, for a local network: made at the start, its key never leaves memory.
//!
//! Browsers warn once; who compares the fingerprint knows that nobody stands between. It is new at every start.

use std::net::IpAddr;
use std::time::Duration;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::provider;
use crate::clock;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Clocks of guests may be behind.
const BEFORE: Duration = DAY;
/// Browsers refuse server certificates that are good for much more than a year.
const AFTER: Duration = Duration::from_secs(364 * 24 * 60 * 60);

/// A fresh certificate.
#[derive(Debug)]
pub struct SelfSigned {
    /// Certificate and key.
    pub certified: CertifiedKey,
    /// SHA-256 of the certificate as browsers show it: pairs of hex digits with colons.
    pub fingerprint: String,
}

impl SelfSigned {
    /// Makes one for `names` and `addresses`.
    ///
    /// # Errors
    /// A sentence, if a name cannot stand in a certificate or the system has no randomness.
    pub fn make(names: &[String], addresses: &[IpAddr]) -> Result<Self, String> {
        let texts = names
            .iter()
            .cloned()
            .chain(addresses.iter().map(IpAddr::to_string));
        let wrong = |error: rcgen::Error| format!("cannot make a self-signed certificate: {error}");
        let mut params = CertificateParams::new(texts.collect::<Vec<_>>()).map_err(wrong)?;
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "Parlour, self-signed");
        params.distinguished_name = name;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let now = clock::unix();
        params.not_before = epoch + now.saturating_sub(BEFORE);
        params.not_after = epoch + (now + AFTER);
        let key = KeyPair::generate().map_err(wrong)?;
        let certificate = params.self_signed(&key).map_err(wrong)?.der().clone();
        let fingerprint = fingerprint(&certificate);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let certified = CertifiedKey::from_der(vec![certificate], key, &provider())
            .map_err(|error| format!("cannot make a self-signed certificate: {error}"))?;
        Ok(Self {
            certified,
            fingerprint,
        })
    }

    /// Makes one for this machine: its names, and the addresses of its interfaces.
    ///
    /// # Errors
    /// As [`Self::make`].
    pub fn for_this_machine(addresses: &[IpAddr]) -> Result<Self, String> {
        let mut names = vec!["localhost".to_owned()];
        if let Some(host) = host_name() {
            // What multicast DNS calls it (RFC 6762 §3).
            names.push(format!("{host}.local"));
            names.push(host);
        }
        Self::make(&names, addresses)
    }
}

fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Sha256::digest(der)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    pairs.join(":")
}

/// What the system calls this machine; `None` where it does not tell or the name could not stand in a URL.
fn host_name() -> Option<String> {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = told.trim().to_ascii_lowercase();
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    (plain && !name.is_empty() && name.len() <= 63 && name != "localhost").then_some(name)
}
