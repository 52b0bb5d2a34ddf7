//! From when until when a certificate is good (RFC 5280 §4.1.2.5), in seconds of Unix time.

use tokio_rustls::rustls::pki_types::CertificateDer;

const DAY: i64 = 24 * 60 * 60;

/// The two ends of a certificate's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// notBefore.
    pub from: i64,
    /// notAfter.
    pub until: i64,
}

impl Validity {
    /// Reads them; `None` if it is no certificate.
    #[must_use]
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let validity = parsed.validity();
        Some(Self {
            from: validity.not_before.timestamp(),
            until: validity.not_after.timestamp(),
        })
    }

    /// When a third of its life is left, which is when it should be renewed.
    #[must_use]
    pub fn renew_at(self) -> i64 {
        self.until - self.life() / 3
    }

    /// How long it is good altogether.
    #[must_use]
    pub fn life(self) -> i64 {
        self.until.saturating_sub(self.from)
    }

    /// Whether it has run out by `now`.
    #[must_use]
    pub fn is_over(self, now: i64) -> bool {
        self.until <= now
    }

    /// What is left of it at `now`, in words; an error if that is nothing, or so little that somebody must act: two
    /// weeks, or a fifth of a short life. By then every automatic renewal has failed for a while.
    ///
    /// # Errors
    /// The same sentence, as a warning.
    pub fn left(self, now: i64) -> Result<String, String> {
        let left = self.until.saturating_sub(now);
        if now < self.from {
            return Err("is not good yet; is the clock of this machine right?".to_owned());
        }
        if self.is_over(now) {
            return Err("has run out: browsers refuse it".to_owned());
        }
        let text = format!("is good for {} more", span(left));
        if left < (14 * DAY).min(self.life() / 5) {
            Err(format!("{text} only"))
        } else {
            Ok(text)
        }
    }
}

/// Seconds in the largest unit of which there are two.
fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} hours", seconds / 3600),
        172_800.. => format!("{} days", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Validity = Validity {
        from: 1000 * DAY,
        until: 1090 * DAY,
    };

    #[test]
    fn a_third_of_its_life_before_the_end_it_is_renewed() {
        assert_eq!(LIFE.renew_at(), 1060 * DAY);
    }

    #[test]
    fn what_is_left_is_said_and_the_end_is_a_warning() {
        let left = |day: i64| LIFE.left(day * DAY);
        assert_eq!(left(1000).unwrap(), "is good for 90 days more");
        assert_eq!(left(1076).unwrap(), "is good for 14 days more");
        assert_eq!(left(1080).unwrap_err(), "is good for 10 days more only");
        assert!(LIFE.left(1090 * DAY - 90).unwrap_err().contains("90 s"));
        assert!(left(1090).unwrap_err().contains("run out"));
        assert!(left(999).unwrap_err().contains("clock"));
        let short = Validity {
            from: 0,
            until: 6 * DAY,
        };
        assert!(short.left(4 * DAY).is_ok() && short.left(5 * DAY).is_err());
    }

    #[test]
    fn a_real_certificate_is_read() {
        let made = super::super::SelfSigned::make(&["localhost".to_owned()], &[]).unwrap();
        let validity = Validity::of(&made.certified.cert[0]).unwrap();
        assert!(validity.from < crate::clock::unix_seconds() && validity.life() == 365 * DAY);
        assert_eq!(Validity::of(&CertificateDer::from(vec![1, 2, 3])), None);
    }
}
