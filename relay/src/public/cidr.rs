//! Address blocks as operators write them: `203.0.113.0/24`, `2001:db8::/32`, or one address.
//!
//! CIDR only: a range that is no prefix invites comparing it byte by byte, which lets addresses slip through.
//! A list with a single malformed entry is no list; the server must not start with half of its rules.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A block of IPv4 or of IPv6 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// The first address of the block.
    first: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// `None` if the prefix is too long or an address bit behind it is set.
    #[must_use]
    pub fn new(first: IpAddr, prefix: u8) -> Option<Self> {
        (prefix <= width(first) && network(first, prefix) == first).then_some(Self { first, prefix })
    }

    /// Whether the address is of this block. An IPv4 address is in no IPv6 block: see `embedded` for those that
    /// stand for one.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.first.is_ipv4() == ip.is_ipv4() && network(ip, self.prefix) == self.first
    }

    /// Whether the block is this one address.
    #[must_use]
    pub fn is_exactly(&self, ip: IpAddr) -> bool {
        self.first == ip && self.prefix == width(ip)
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let fault = |kind| CidrError {
            text: text.chars().take(64).collect(),
            kind,
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| fault(Kind::Address))?;
        let prefix = match prefix {
            None => width(first),
            Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits
                .parse()
                .ok()
                .filter(|prefix| *prefix <= width(first))
                .ok_or(fault(Kind::Prefix(width(first))))?,
            Some(_) => return Err(fault(Kind::Prefix(width(first)))),
        };
        let mapped = matches!(first, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
        if mapped {
            return Err(fault(Kind::Mapped));
        }
        Self::new(first, prefix).ok_or(fault(Kind::Rest(network(first, prefix), prefix)))
    }
}

/// Bits of an address of this family.
const fn width(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The address with everything behind the prefix cleared.
fn network(ip: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match ip {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix)).unwrap_or(0);
            IpAddr::V4((ip.to_bits() & mask).into())
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix)).unwrap_or(0);
            IpAddr::V6((ip.to_bits() & mask).into())
        }
    }
}

/// Text that is no block. Prints as a sentence that says what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CidrError {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Address,
    Prefix(u8),
    Mapped,
    Rest(IpAddr, u8),
}

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match &self.kind {
            Kind::Address => write!(
                f,
                "{text:?} is no block of addresses; write it like 203.0.113.0/24 or 2001:db8::/32"
            ),
            Kind::Prefix(width) => write!(f, "{text:?}: the number behind the slash must be 0 to {width}"),
            Kind::Mapped => write!(f, "{text:?}: write IPv4 addresses as IPv4, without ::ffff:"),
            Kind::Rest(network, prefix) => write!(
                f,
                "{text:?} has bits set behind its prefix; did you mean {network}/{prefix}?"
            ),
        }
    }
}

impl std::error::Error for CidrError {}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    /// First and last address, worked out by adding up instead of by masks.
    fn oracle(first: u128, prefix: u32, width: u32) -> (u128, u128) {
        let mut size: u128 = 1;
        for _ in prefix..width {
            size = size.saturating_mul(2);
        }
        (first, first.saturating_add(size - 1))
    }

    #[test]
    fn a03_ranges() {
        let mut rng = StdRng::from_seed([3; 32]);
        let mut inside = 0;
        for _ in 0..500_000 {
            let prefix = rng.random_range(0..=32_u8);
            let first = network(IpAddr::V4(rng.random::<u32>().into()), prefix);
            let (IpAddr::V4(v4), block) = (first, Cidr::new(first, prefix).unwrap()) else {
                panic!("IPv4 stays IPv4")
            };
            let (low, high) = oracle(u128::from(v4.to_bits()), u32::from(prefix), 32);
            let near = match rng.random_range(0..4) {
                0 => low as u32,
                1 => high as u32,
                2 => (high as u32).wrapping_add(1),
                _ => (low as u32).wrapping_sub(1),
            };
            let expected = (low..=high).contains(&u128::from(near));
            inside += u32::from(expected);
            assert_eq!(block.contains(IpAddr::V4(near.into())), expected);
        }
        assert!(
            (200_000..400_000).contains(&inside),
            "both answers are tried: {inside}"
        );
        for _ in 0..500_000 {
            let prefix = rng.random_range(0..=128_u8);
            let first = network(IpAddr::V6(rng.random::<u128>().into()), prefix);
            let (IpAddr::V6(v6), block) = (first, Cidr::new(first, prefix).unwrap()) else {
                panic!("IPv6 stays IPv6")
            };
            let (low, high) = oracle(v6.to_bits(), u32::from(prefix), 128);
            let near = match rng.random_range(0..5) {
                0 => low,
                1 => high,
                2 => high.wrapping_add(1),
                3 => low.wrapping_sub(1),
                _ => rng.random(),
            };
            let expected = prefix == 0 || (low..=high).contains(&near);
            assert_eq!(
                block.contains(IpAddr::V6(near.into())),
                expected,
                "{first}/{prefix} {near:x}"
            );
        }
    }

    #[test]
    fn blocks_are_read_and_families_kept_apart() {
        let block: Cidr = "10.0.0.0/8".parse().unwrap();
        assert!(block.contains("10.255.0.1".parse().unwrap()));
        assert!(!block.contains("11.0.0.0".parse().unwrap()));
        assert!(!block.contains("::ffff:10.0.0.1".parse().unwrap()));
        let one: Cidr = "2001:db8::5".parse().unwrap();
        assert!(
            one.is_exactly("2001:db8::5".parse().unwrap()) && !one.contains("2001:db8::4".parse().unwrap())
        );
        let all: Cidr = "::/0".parse().unwrap();
        assert!(all.contains("ff02::1".parse().unwrap()) && !all.contains("1.2.3.4".parse().unwrap()));
    }

    #[test]
    fn what_is_malformed_says_what_to_write() {
        for (text, hint) in [
            ("", "203.0.113.0/24"),
            ("10.0.0/8", "203.0.113.0/24"),
            ("10.0.0.1-10.0.0.9", "203.0.113.0/24"),
            ("10.0.0.0/33", "0 to 32"),
            ("10.0.0.0/", "0 to 32"),
            ("10.0.0.0/+8", "0 to 32"),
            ("fd00::/129", "0 to 128"),
            ("::ffff:10.0.0.0/104", "as IPv4"),
            ("10.0.0.1/8", "10.0.0.0/8?"),
            ("fd00::1/8", "fd00::/8?"),
        ] {
            let said = text.parse::<Cidr>().unwrap_err().to_string();
            assert!(said.contains(hint), "{said}");
        }
    }
}
