//! Whether new people are let in, and if not, why.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::clock::unix_seconds;
use crate::https::Certificate;

/// What `/readyz` goes by.
#[derive(Debug)]
pub struct Ready {
    open: AtomicBool,
    certificate: Option<Certificate>,
}

impl Ready {
    /// Open; `certificate` is that of HTTPS, if this server speaks it.
    #[must_use]
    pub fn new(certificate: Option<Certificate>) -> Self {
        Self {
            open: AtomicBool::new(true),
            certificate,
        }
    }

    /// Lets people in, or nobody new.
    pub fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Relaxed);
    }

    /// Whether the door is open, whatever the certificate.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Whether a newcomer gets in.
    ///
    /// # Errors
    /// The reason, a line.
    pub fn check(&self) -> Result<(), &'static str> {
        if !self.is_open() {
            return Err("draining\n");
        }
        match self.certificate.as_ref().map(Certificate::validity) {
            Some(None) => Err("no certificate yet\n"),
            Some(Some(validity)) if validity.is_over(unix_seconds()) => Err("the certificate has run out\n"),
            Some(Some(_)) | None => Ok(()),
        }
    }

    /// The certificate, if this server speaks HTTPS.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }
}
