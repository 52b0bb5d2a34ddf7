//! Certificates from an authority, by ACME (RFC 8555): obtained, renewed, and kept for the next start.
//!
//! One task, started with `--domain` where no certificate is given. It only ever puts a new certificate into
//! [`Current`]; while it fails, the old one serves on, and the log says why and when it is tried again. The orders
//! themselves are the library's (instant-acme); ours are the challenges, the way to the authority, the files and the
//! schedule.

mod challenges;
mod https;
mod order;
mod schedule;
mod state;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use instant_acme::Error;
use tokio::sync::Notify;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use crate::clock::unix_seconds;
use crate::tls::{self, Current};
use https::Https;
use order::By;
use state::State;

pub(crate) use challenges::Source;
pub use challenges::{Challenges, PATH};

/// Let's Encrypt.
pub const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// Its authority for trying out, which browsers do not know.
pub const STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";
/// Clocks jump, and machines sleep: no wait is longer than this without a look at the clock.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// What was set about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeSettings {
    /// The name that is to be certified.
    pub domain: String,
    /// The authority's directory (RFC 8555 §7.1.1).
    pub directory: String,
    /// Whether that is one for trying out.
    pub staging: bool,
    /// An address that the authority may write to.
    pub contact: Option<String>,
    /// Roots that vouch for the authority itself, in place of the public ones.
    pub roots: Option<PathBuf>,
    /// Where account and certificate are kept.
    pub state: PathBuf,
}

/// How it goes, for whoever administers the server.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Certificates obtained since the start.
    pub obtained: u64,
    /// Attempts that failed since the start.
    pub failed: u64,
    /// Why the last attempt failed, if it did.
    pub trouble: Option<String>,
}

/// The one certificate of this server and all that goes with obtaining it.
#[derive(Debug)]
pub struct Acme {
    settings: AcmeSettings,
    roots: RootCertStore,
    state: Arc<State>,
    current: Arc<Current>,
    challenges: Arc<Challenges>,
    progress: Mutex<Progress>,
    asked: Notify,
}

impl Acme {
    /// Takes the certificate that is kept, if there is one, and asks nobody yet.
    ///
    /// # Errors
    /// A sentence, if the directory cannot be used or the roots cannot be read.
    pub fn open(settings: &AcmeSettings) -> Result<Arc<Self>, String> {
        let roots = roots(settings)?;
        let state = State::open(&settings.state, &settings.directory, &settings.domain)?;
        let current = Current::default();
        match state.certificate() {
            Some(Ok(kept)) => current.replace(kept),
            Some(Err(sentence)) => tracing::warn!("{sentence}; a new one is obtained"),
            None => {}
        }
        Ok(Arc::new(Self {
            settings: settings.clone(),
            roots,
            state: Arc::new(state),
            current: Arc::new(current),
            challenges: Arc::default(),
            progress: Mutex::default(),
            asked: Notify::new(),
        }))
    }

    /// The certificate of the moment.
    #[must_use]
    pub fn current(&self) -> &Arc<Current> {
        &self.current
    }

    /// What the authority finds when it asks.
    #[must_use]
    pub fn challenges(&self) -> &Arc<Challenges> {
        &self.challenges
    }

    /// How it goes.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.lock().clone()
    }

    /// Try at once, if there is something to try: somebody has mended what was in the way.
    pub fn hurry(&self) {
        self.asked.notify_waiters();
    }

    /// Obtains and renews for as long as the server runs.
    pub async fn keep(self: Arc<Self>) {
        let mut failures = 0;
        let mut by = By::Tls;
        loop {
            if failures == 0 {
                self.until_due().await;
            }
            match self.attempt(by).await {
                Ok(()) => {
                    failures = 0;
                    self.obtained(by);
                }
                Err(trouble) => {
                    failures += 1;
                    let wait = schedule::after_failures(failures, rand::random());
                    self.failed(by, trouble, wait);
                    // The other way may be open where this one is not: with a domain, port 80 is served, too.
                    by = match by {
                        By::Tls => By::Http,
                        By::Http => By::Tls,
                    };
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = self.asked.notified() => {}
                    }
                }
            }
        }
    }

    fn obtained(&self, by: By) {
        let mut progress = self.lock();
        progress.obtained += 1;
        progress.trouble = None;
        let (Ok(text) | Err(text)) = self.in_use();
        tracing::info!(by = by.name(), "obtained a certificate, which {text}");
    }

    fn failed(&self, by: By, trouble: String, wait: Duration) {
        let (Ok(text) | Err(text)) = self.in_use();
        tracing::warn!(
            by = by.name(),
            "no new certificate: {trouble}; the one in use {text}; tried again in {} s, or at once with SIGHUP",
            wait.as_secs()
        );
        let mut progress = self.lock();
        progress.failed += 1;
        progress.trouble = Some(trouble);
    }

    /// What is to be said of the certificate in use.
    fn in_use(&self) -> Result<String, String> {
        match self.current.validity() {
            Some(validity) => validity.left(unix_seconds()),
            None => Err("is none: nobody gets in by https".to_owned()),
        }
    }

    /// By the clock on the wall, which is what certificates go by.
    async fn until_due(&self) {
        let chance = rand::random();
        loop {
            let wait = schedule::until_renewal(self.current.validity(), unix_seconds(), chance);
            if wait.is_zero() {
                return;
            }
            tokio::time::sleep(wait.min(LOOK)).await;
        }
    }

    async fn attempt(&self, by: By) -> Result<(), String> {
        let https = Https::trusting(self.roots.clone());
        let issued = self.order(&https, by).await.map_err(|error| sentence(&error))?;
        let what = "what the authority sent";
        let name = Some(self.settings.domain.as_str());
        let certified = tls::certified(issued.chain.as_bytes(), issued.key.as_bytes(), what, name)?;
        self.current.replace(certified);
        if let Err(sentence) = self.state.keep_certificate(&issued).await {
            tracing::warn!("{sentence}; the certificate is used, but gone with the next restart");
        }
        Ok(())
    }

    async fn order(&self, https: &Https, by: By) -> Result<order::Issued, Error> {
        let AcmeSettings {
            directory,
            contact,
            domain,
            ..
        } = &self.settings;
        let account = order::account(https, &self.state, directory, contact.as_deref()).await?;
        let obtained = order::obtain(&account, domain, &self.challenges, by).await;
        match obtained {
            Err(Error::Api(problem)) if order::is(&problem, "accountDoesNotExist") => {
                self.state.forget_account().await;
                let account = order::account(https, &self.state, directory, contact.as_deref()).await?;
                order::obtain(&account, domain, &self.challenges, by).await
            }
            other => other,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whom to believe that the authority is the authority: those that browsers believe, unless others are named.
fn roots(settings: &AcmeSettings) -> Result<RootCertStore, String> {
    let Some(path) = &settings.roots else {
        return Ok(tls::public_roots());
    };
    let flag = format!("--acme-ca {}", path.display());
    let pem = std::fs::read(path).map_err(|error| format!("{flag}: cannot read it: {error}"))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        certificate
            .map_err(|error| error.to_string())
            .and_then(|certificate| store.add(certificate).map_err(|error| error.to_string()))
            .map_err(|error| format!("{flag}: {error}"))?;
    }
    if store.is_empty() {
        return Err(format!(
            "{flag}: there is no certificate in it; it should begin with -----BEGIN CERTIFICATE-----"
        ));
    }
    Ok(store)
}

/// The authority's own words where it has any.
fn sentence(error: &Error) -> String {
    let Error::Api(problem) = error else {
        return error.to_string();
    };
    problem
        .to_string()
        .replacen("API error", "the authority refuses", 1)
}
