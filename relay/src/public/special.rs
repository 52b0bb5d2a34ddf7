//! What is not global unicast: the IANA special-purpose address registries (RFC 6890), and multicast.
//!
//! A block is in the list also if the registry calls it globally reachable: none of them holds anybody's
//! computer. For IPv6 only 2000::/3 is unicast at all (RFC 4291 §2.4), so the list has the blocks within it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an ordinary host on the internet may have this address. Says nothing about what an IPv6 address
/// embeds; see `embedded`.
pub(crate) fn is_global_unicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !V4.iter().any(|(first, prefix)| shares(ip, *first, *prefix)),
        IpAddr::V6(ip) => {
            ip.to_bits() >> 125 == 0b001 && !V6.iter().any(|(first, prefix)| shares_v6(ip, *first, *prefix))
        }
    }
}

fn shares(ip: Ipv4Addr, first: [u8; 4], prefix: u32) -> bool {
    (ip.to_bits() ^ u32::from_be_bytes(first)) >> (32 - prefix) == 0
}

fn shares_v6(ip: Ipv6Addr, first: [u16; 3], prefix: u32) -> bool {
    let [s0, s1, s2] = first;
    (ip.to_bits() ^ Ipv6Addr::new(s0, s1, s2, 0, 0, 0, 0, 0).to_bits()) >> (128 - prefix) == 0
}

/// <https://www.iana.org/assignments/iana-ipv4-special-registry>, 224/4 and one more.
const V4: [([u8; 4], u32); 18] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast, 224/4, and class E with the limited broadcast, 240/4.
    ([224, 0, 0, 0], 3),
    // Not in any registry: the host agent of a large cloud, reachable from its virtual machines only.
    ([168, 63, 129, 16], 32),
];

/// <https://www.iana.org/assignments/iana-ipv6-special-registry>, as far as within 2000::/3.
const V6: [([u16; 3], u32); 5] = [
    // Protocol assignments: Teredo, benchmarking, ORCHID, DRIP and others.
    ([0x2001, 0, 0], 23),
    ([0x2001, 0x0DB8, 0], 32),
    ([0x2002, 0, 0], 16),
    ([0x2620, 0x4F, 0x8000], 48),
    ([0x3FFF, 0, 0], 20),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_begin_and_end_where_the_registries_say() {
        for (text, expected) in [
            ("0.255.255.255", false),
            ("1.0.0.0", true),
            ("9.255.255.255", true),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.127.255.255", false),
            ("100.128.0.0", true),
            ("126.255.255.255", true),
            ("128.0.0.0", true),
            ("168.63.129.15", true),
            ("168.63.129.16", false),
            ("169.253.255.255", true),
            ("169.255.0.0", true),
            ("172.15.255.255", true),
            ("172.31.255.255", false),
            ("172.32.0.0", true),
            ("192.0.1.0", true),
            ("192.0.3.0", true),
            ("192.88.98.255", true),
            ("192.167.255.255", true),
            ("192.169.0.0", true),
            ("198.17.255.255", true),
            ("198.19.255.255", false),
            ("198.20.0.0", true),
            ("203.0.114.0", true),
            ("223.255.255.255", true),
            ("224.0.0.0", false),
            ("255.255.255.255", false),
            ("1fff:ffff::", false),
            ("2000::", true),
            ("2001:1ff:ffff::", false),
            ("2001:200::", true),
            ("2001:db7:ffff::", true),
            ("2001:db9::", true),
            ("2001:ffff::", true),
            ("2002:ffff::", false),
            ("2003::", true),
            ("2620:4f:8000:ffff::", false),
            ("2620:4f:8001::", true),
            ("3ffe:ffff::", true),
            ("3fff:fff::1", false),
            ("3fff:1000::", true),
            ("4000::", false),
            ("fe80::1", false),
            ("ff02::1", false),
            ("64:ff9b::1.2.3.4", false),
            ("::", false),
        ] {
            assert_eq!(is_global_unicast(text.parse().unwrap()), expected, "{text}");
        }
    }
}
