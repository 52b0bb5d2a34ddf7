//! Quantities as people write them: `30s`, `8Mbit/s`, `64KiB`, `200 then 50/s`.
//!
//! A number and a unit, nothing else: a bare `30` could be seconds or minutes, so it is refused. What is written
//! here is read back to the same value; a unit test holds that.

use std::time::Duration;

use parlour_signaling::Rate;

const TIMES: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];
/// Powers of 1024 only: `kB` means two things.
const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
/// Powers of 1000, as networks are sold.
const SPEEDS: [(&str, u64); 4] = [
    ("bit/s", 1),
    ("kbit/s", 1000),
    ("Mbit/s", 1_000_000),
    ("Gbit/s", 1_000_000_000),
];
const PER: [(&str, u64); 3] = [("s", 1), ("m", 60), ("h", 3600)];

/// Reads a duration such as `100ms`, `30s`, `10m`, `24h`, `30d`.
pub(super) fn read_time(text: &str) -> Option<Duration> {
    read(text, &TIMES).map(Duration::from_millis)
}

/// The shortest exact writing; whole milliseconds.
pub(super) fn write_time(time: Duration) -> String {
    write(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), &TIMES)
}

/// Reads a size such as `64KiB`.
pub(super) fn read_size(text: &str) -> Option<u64> {
    read(text, &SIZES)
}

/// The shortest exact writing.
pub(super) fn write_size(bytes: u64) -> String {
    write(bytes, &SIZES)
}

/// Reads a bandwidth such as `8Mbit/s`.
pub(super) fn read_speed(text: &str) -> Option<u64> {
    read(text, &SPEEDS)
}

/// The shortest exact writing.
pub(super) fn write_speed(bits_per_second: u64) -> String {
    write(bits_per_second, &SPEEDS)
}

/// Reads a rate such as `20 then 4/m`: so many at once, then so many per second, minute or hour.
pub(super) fn read_rate(text: &str) -> Option<Rate> {
    let (burst, rest) = text.split_once(" then ")?;
    let (count, unit) = rest.split_once('/')?;
    let seconds = PER.iter().find(|(name, _)| *name == unit)?.1;
    let count = u64::from(u32::try_from(digits(count)?).ok()?);
    let burst = u32::try_from(digits(burst)?).ok()?;
    (burst > 0 && count > 0).then(|| Rate {
        burst,
        every: Duration::from_nanos(seconds * 1_000_000_000 / count),
    })
}

/// The writing that [`read_rate`] reads back.
pub(super) fn write_rate(rate: Rate) -> String {
    let nanos = u64::try_from(rate.every.as_nanos()).unwrap_or(u64::MAX).max(1);
    let exact = PER.iter().find_map(|(unit, seconds)| {
        let count = seconds * 1_000_000_000 / nanos;
        (count > 0 && seconds * 1_000_000_000 / count == nanos).then(|| format!("{count}/{unit}"))
    });
    format!(
        "{} then {}",
        rate.burst,
        exact.unwrap_or_else(|| "1/h".to_owned())
    )
}

/// Digits only: `parse` alone would take a plus sign.
pub(super) fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// A number, at most one space, a unit.
fn read(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let factor = units.iter().find(|(name, _)| *name == unit)?.1;
    digits(number)?.checked_mul(factor)
}

fn write(value: u64, units: &[(&str, u64)]) -> String {
    let fits = |(_, factor): &&(&str, u64)| value.is_multiple_of(*factor) && value >= *factor;
    let (unit, factor) = units.iter().rev().find(fits).unwrap_or(&units[0]);
    format!("{}{unit}", value / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_with_their_unit_and_never_without() {
        assert_eq!(read_time("30s"), Some(Duration::from_secs(30)));
        assert_eq!(read_time("150 ms"), Some(Duration::from_millis(150)));
        assert_eq!(read_time("30d"), Some(Duration::from_secs(30 * 86_400)));
        assert_eq!(read_size("64KiB"), Some(65_536));
        assert_eq!(read_size("320B"), Some(320));
        assert_eq!(read_speed("8Mbit/s"), Some(8_000_000));
        assert_eq!(read_speed("1 Gbit/s"), Some(1_000_000_000));
        for wrong in [
            "30",
            "s",
            "",
            "+30s",
            "-1s",
            "1.5s",
            "30S",
            "30 seconds",
            "30  s",
            " 30s",
            "30s ",
            "1h30m",
            "99999999999999999999s",
            "18446744073709551615d",
            "0x10s",
            "٣s",
        ] {
            assert_eq!(read_time(wrong), None, "{wrong:?}");
        }
        for wrong in ["64", "64kB", "64KB", "64k", "64kib", "KiB"] {
            assert_eq!(read_size(wrong), None, "{wrong:?}");
        }
        for wrong in ["8Mbps", "8mbit/s", "8Mbit", "8000000"] {
            assert_eq!(read_speed(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn rates_say_how_many_at_once_and_then_how_often() {
        let rate = |burst, every| Some(Rate { burst, every });
        assert_eq!(read_rate("200 then 50/s"), rate(200, Duration::from_millis(20)));
        assert_eq!(read_rate("20 then 4/m"), rate(20, Duration::from_secs(15)));
        for wrong in [
            "50/s",
            "0 then 50/s",
            "1 then 0/s",
            "1 then 2/d",
            "1 then 2",
            "1then 2/s",
            "1 then 2/s ",
            "a then b/s",
        ] {
            assert_eq!(read_rate(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back_the_same() {
        for ms in [
            0,
            1,
            100,
            1000,
            1500,
            60_000,
            90_000,
            3_600_000,
            86_400_000,
            604_800_000,
        ] {
            let time = Duration::from_millis(ms);
            assert_eq!(read_time(&write_time(time)), Some(time));
        }
        for value in [
            0,
            1,
            320,
            1000,
            1024,
            4096,
            1 << 20,
            1_000_000,
            8_000_000,
            u64::MAX,
        ] {
            assert_eq!(read_size(&write_size(value)), Some(value));
            assert_eq!(read_speed(&write_speed(value)), Some(value));
        }
        for text in [
            "200 then 50/s",
            "150 then 30/s",
            "20 then 4/m",
            "3 then 7/h",
            "64 then 2/s",
        ] {
            assert_eq!(write_rate(read_rate(text).unwrap()), text);
        }
        assert_eq!(write_time(Duration::from_secs(600)), "10m");
        assert_eq!(write_size(262_144), "256KiB");
        assert_eq!(write_speed(8_000_000), "8Mbit/s");
    }
}
