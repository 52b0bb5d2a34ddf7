//! SIGHUP: the configuration is read again, whole, before any of it counts.
//!
//! What may change while people talk changes at once; of the rest the log says that it waits. A configuration with a
//! mistake changes nothing, and the log says where the mistake is.

use std::io;

use crate::config::{Config, Key, Reload, Typed};
use crate::https::Certificate;
use crate::settings::Settings;
use crate::{Server, log};

/// What the server was started with, and what holds now.
pub(crate) struct Reloading {
    typed: Typed,
    started: Config,
    holds: Config,
}

impl Reloading {
    pub(crate) fn new(typed: Typed, started: Config) -> Self {
        let holds = started.clone();
        Self {
            typed,
            started,
            holds,
        }
    }

    /// Reads everything again and puts in force what can be.
    pub(crate) fn reload(&mut self, server: &Server) {
        // Files are read from disk here: on this task, because nobody else waits for it.
        let (config, settings) = match Settings::load(&self.typed) {
            Ok(read) => read,
            Err(fault) => {
                for sentence in fault.to_string().lines() {
                    tracing::error!("{sentence}");
                }
                tracing::error!("the configuration stays as it was");
                return;
            }
        };
        let certificate = match settings.https.certificate_again() {
            Ok(certificate) => certificate,
            Err(sentence) => {
                tracing::error!("{sentence}");
                tracing::error!("configuration and certificate stay as they were");
                return;
            }
        };
        for note in &config.notes {
            tracing::warn!("{note}");
        }
        let changed = names(self.holds.changes(&config), Reload::Live);
        let waiting = names(self.started.changes(&config), Reload::Restart);
        server.reconfigure(&settings);
        if let (Some(running), Some(certificate)) = (server.certificate(), certificate) {
            running.replace(certificate);
            tracing::info!("new connections get the certificate that was read");
        }
        if let Some(acme) = server.certificate().and_then(Certificate::acme) {
            acme.hurry();
        }
        if self.holds.values.log_level != config.values.log_level {
            log::set_level(config.values.log_level);
        }
        self.holds = config;
        tracing::info!(changed, "the configuration was read again");
        if !waiting.is_empty() {
            tracing::warn!(waiting, "these settings wait for a restart");
        }
    }
}

fn names(keys: Vec<&'static Key>, when: Reload) -> String {
    let names: Vec<_> = keys
        .into_iter()
        .filter(|key| key.reload == when)
        .map(|key| key.name)
        .collect();
    names.join(" ")
}

/// Requests to read the configuration again.
pub(crate) struct Asked {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Asked {
    /// Starts to listen for SIGHUP.
    ///
    /// # Errors
    /// If the system does not let us listen for signals.
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = signal(SignalKind::hangup())?;
        Ok(Self { hangup })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        if self.hangup.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

#[cfg(not(unix))]
impl Asked {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    pub(crate) async fn next(&mut self) {
        std::future::pending().await
    }
}
