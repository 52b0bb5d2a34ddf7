//! The end of the certificate is told beforehand, once a day, wherever the certificate comes from.

use std::time::Duration;

use crate::clock::unix_seconds;
use crate::https::Certificate;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: i64 = 24 * 60 * 60;

/// Watches for as long as the server runs, by the clock on the wall.
pub(crate) async fn watch(certificate: Certificate) {
    let mut told_at = None;
    loop {
        let now = unix_seconds();
        let warning = certificate
            .validity()
            .and_then(|validity| validity.left(now).err());
        match warning {
            // A clock that was set back starts the day anew.
            Some(warning) if told_at.is_none_or(|told| !(0..DAY).contains(&(now - told))) => {
                tracing::warn!("the certificate {warning}; {}", remedy(&certificate));
                told_at = Some(now);
            }
            Some(_) => {}
            None => told_at = None,
        }
        tokio::time::sleep(HOUR).await;
    }
}

/// What somebody has to do.
fn remedy(certificate: &Certificate) -> &'static str {
    match certificate {
        Certificate::Files(_) => "put a new one into the files and send SIGHUP",
        Certificate::SelfSigned { .. } => "restart the server",
        Certificate::Acme(_) => "the lines about ACME before this one say what is in the way",
    }
}
