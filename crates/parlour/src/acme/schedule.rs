//! When to ask for a certificate: a third of its life before its end, and after a failure later and later.

use std::time::Duration;

use crate::tls::Validity;

/// After the first failure; each further one waits four times as long. Let's Encrypt forgives five failed validations
/// of a name in an hour, and this makes four.
const FIRST: Duration = Duration::from_secs(60);
/// But never longer than this: a certificate of six days has two left when it is first to be renewed.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

/// How long to wait after so many failures in a row; `chance` from 0 to 1 moves it by up to a quarter either way, so that
/// servers that failed together do not come back together.
pub(super) fn after_failures(failures: u32, chance: f64) -> Duration {
    let factor = 4_u32.saturating_pow(failures.saturating_sub(1).min(8));
    (FIRST * factor)
        .min(LONGEST)
        .mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0)
}

/// In how many seconds to renew, at `now`; never before two thirds of its life, at the latest a fiftieth later.
pub(super) fn until_renewal(validity: Option<Validity>, now: i64, chance: f64) -> Duration {
    let Some(validity) = validity else {
        return Duration::ZERO;
    };
    let spread =
        Duration::from_secs(u64::try_from(validity.life() / 50).unwrap_or(0)).mul_f64(chance.clamp(0.0, 1.0));
    let at = validity
        .renew_at()
        .saturating_add(i64::try_from(spread.as_secs()).unwrap_or(0));
    Duration::from_secs(u64::try_from(at.saturating_sub(now)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_waits_longer_up_to_six_hours() {
        let minutes = |failures| after_failures(failures, 0.5).as_secs() / 60;
        assert_eq!(
            [1, 2, 3, 4, 5, 6, 100].map(minutes),
            [1, 4, 16, 64, 256, 360, 360]
        );
        assert_eq!(after_failures(1, 0.0).as_secs(), 45);
        assert_eq!(after_failures(1, 1.0).as_secs(), 75);
    }

    #[test]
    fn without_a_certificate_at_once_else_at_two_thirds_of_its_life() {
        assert_eq!(until_renewal(None, 0, 1.0), Duration::ZERO);
        let validity = Some(Validity { from: 0, until: 9000 });
        assert_eq!(until_renewal(validity, 1000, 0.0).as_secs(), 5000);
        assert_eq!(until_renewal(validity, 1000, 1.0).as_secs(), 5180);
        assert_eq!(
            until_renewal(validity, 6180, 1.0),
            Duration::ZERO,
            "and then it is due"
        );
        assert_eq!(until_renewal(validity, 8999, 0.0), Duration::ZERO);
    }
}
