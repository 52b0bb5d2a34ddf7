//! What outlives a restart: the account and the certificate, in a directory that only this server may read.
//!
//! `DIR/acme/AUTHORITY/account.json` and `DIR/acme/AUTHORITY/NAME.pem`, the latter with key and chain in one file, so that
//! they cannot be of two ages. Files appear whole or not at all. All of it may be lost: it is obtained again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use instant_acme::AccountCredentials;
use tokio_rustls::rustls::sign::CertifiedKey;

use super::order::Issued;
use crate::tls;

/// The directory of one authority, and the name that is certified.
#[derive(Debug)]
pub(crate) struct State {
    directory: PathBuf,
    name: String,
}

impl State {
    /// Makes the directory below `base` for the authority at `url`, 0700.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub(super) fn open(base: &Path, url: &str, name: &str) -> Result<Self, String> {
        let authority: String = url
            .trim_start_matches("https://")
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '.' {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        let directory = base.join("acme").join(authority);
        let sentence = |error: io::Error| {
            format!(
                "cannot keep certificates in {}: {error}; choose a directory that is ours to write to with --state-dir",
                directory.display()
            )
        };
        make(&directory).map_err(sentence)?;
        // Found out now, and not when the first certificate is there.
        let trial = directory.join("trial.new");
        write(&trial, b"")
            .and_then(|()| fs::remove_file(&trial))
            .map_err(sentence)?;
        Ok(Self {
            directory,
            name: name.to_owned(),
        })
    }

    /// The certificate that is kept, if it can be used for the name. `None` if there is none.
    pub(super) fn certificate(&self) -> Option<Result<CertifiedKey, String>> {
        let path = self.certificate_file();
        match fs::read(&path) {
            Ok(pem) => Some(tls::certified(
                &pem,
                &pem,
                &format!("{}", path.display()),
                Some(&self.name),
            )),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => Some(Err(format!("{}: cannot read it: {error}", path.display()))),
        }
    }

    /// Keeps a certificate for the next start.
    ///
    /// # Errors
    /// A sentence. The certificate can be used all the same.
    pub(super) async fn keep_certificate(self: &Arc<Self>, issued: &Issued) -> Result<(), String> {
        let text = format!("{}{}", issued.key, issued.chain);
        self.keep(self.certificate_file(), text).await
    }

    /// The account that is kept, if it can be read.
    pub(super) async fn account(self: &Arc<Self>) -> Option<AccountCredentials> {
        let path = self.account_file();
        let read = tokio::task::spawn_blocking(move || fs::read(path)).await.ok()?;
        serde_json::from_slice(&read.ok()?).ok()
    }

    /// Keeps the account.
    ///
    /// # Errors
    /// A sentence.
    pub(super) async fn keep_account(self: &Arc<Self>, account: &AccountCredentials) -> Result<(), String> {
        let text = serde_json::to_string(account).map_err(|error| error.to_string())?;
        self.keep(self.account_file(), text).await
    }

    /// The authority does not know the account any more.
    pub(super) async fn forget_account(self: &Arc<Self>) {
        let path = self.account_file();
        // What cannot be removed is found unknown again.
        let _ = tokio::task::spawn_blocking(move || fs::remove_file(path)).await;
    }

    fn account_file(&self) -> PathBuf {
        self.directory.join("account.json")
    }

    fn certificate_file(&self) -> PathBuf {
        self.directory.join(format!("{}.pem", self.name))
    }

    /// A disk may be slow or gone: no thread of the server waits for it.
    async fn keep(self: &Arc<Self>, path: PathBuf, text: String) -> Result<(), String> {
        let state = Arc::clone(self);
        let written = tokio::task::spawn_blocking(move || {
            let sentence = |error: io::Error| format!("cannot write {}: {error}", path.display());
            let fresh = path.with_extension("new");
            write(&fresh, text.as_bytes()).map_err(sentence)?;
            fs::rename(&fresh, &path).map_err(sentence)?;
            // The new name, too, must be on the disk.
            File::open(&state.directory)
                .and_then(|directory| directory.sync_all())
                .map_err(sentence)
        });
        written.await.unwrap_or_else(|error| Err(error.to_string()))
    }
}

fn make(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700).create(directory)?;
        // Also if somebody made it before us.
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
    }
    #[cfg(not(unix))]
    builder.create(directory)
}

/// A new file that only we may read, on the disk when this returns.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    // Left behind by a crash.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
