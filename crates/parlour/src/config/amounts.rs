//! Kinds of values that say how much, how long and how often, each within its bounds.

use std::time::Duration;

use parlour_signaling::Rate;

use super::kinds::{Kind, Shape, one};
use super::units;

/// A whole number within bounds.
pub(super) struct Number<const MIN: u64, const MAX: u64>;
/// A duration within bounds in milliseconds.
pub(super) struct Time<const MIN: u64, const MAX: u64>;
/// Bytes within bounds.
pub(super) struct Size<const MIN: u64, const MAX: u64>;
/// Bits per second.
pub(super) struct Speed;
/// A token bucket.
pub(super) struct Pace;

impl<const MIN: u64, const MAX: u64, T> Kind<T> for Number<MIN, MAX>
where
    T: TryFrom<u64> + TryInto<u64> + Copy,
{
    const SHAPE: Shape = Shape::Number;
    fn read(text: &str) -> Result<T, String> {
        units::digits(text)
            .filter(|number| (MIN..=MAX).contains(number))
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| format!("allowed are whole numbers from {MIN} to {MAX}"))
    }
    fn write(value: &T) -> Vec<String> {
        one((*value).try_into().unwrap_or(MAX))
    }
}

impl<const MIN: u64, const MAX: u64> Kind<Duration> for Time<MIN, MAX> {
    fn read(text: &str) -> Result<Duration, String> {
        let (min, max) = (Duration::from_millis(MIN), Duration::from_millis(MAX));
        units::read_time(text)
            .filter(|time| (min..=max).contains(time))
            .ok_or_else(|| {
                format!(
                    "allowed is a number with ms, s, m, h or d, from {} to {}",
                    units::write_time(min),
                    units::write_time(max)
                )
            })
    }
    fn write(value: &Duration) -> Vec<String> {
        vec![units::write_time(*value)]
    }
}

impl<const MIN: u64, const MAX: u64, T> Kind<T> for Size<MIN, MAX>
where
    T: TryFrom<u64> + TryInto<u64> + Copy,
{
    fn read(text: &str) -> Result<T, String> {
        units::read_size(text)
            .filter(|size| (MIN..=MAX).contains(size))
            .and_then(|size| T::try_from(size).ok())
            .ok_or_else(|| {
                format!(
                    "allowed is a number with B, KiB, MiB or GiB, from {} to {}",
                    units::write_size(MIN),
                    units::write_size(MAX)
                )
            })
    }
    fn write(value: &T) -> Vec<String> {
        vec![units::write_size((*value).try_into().unwrap_or(MAX))]
    }
}

impl Kind<u64> for Speed {
    fn read(text: &str) -> Result<u64, String> {
        // Below one audio stream nothing is left of a call.
        units::read_speed(text)
            .filter(|speed| (16_000..=1_000_000_000_000).contains(speed))
            .ok_or_else(|| {
                "allowed is a number with kbit/s, Mbit/s or Gbit/s, from 16kbit/s to 1000Gbit/s".to_owned()
            })
    }
    fn write(value: &u64) -> Vec<String> {
        vec![units::write_speed(*value)]
    }
}

impl Kind<Rate> for Pace {
    fn read(text: &str) -> Result<Rate, String> {
        units::read_rate(text).ok_or_else(|| {
            "allowed is how many at once and then how many per s, m or h, written like \"20 then 4/m\""
                .to_owned()
        })
    }
    fn write(value: &Rate) -> Vec<String> {
        vec![units::write_rate(*value)]
    }
}
