//! IPv4 addresses inside IPv6 addresses: the same target, written differently.
//!
//! A rule that looks at the outside only is no rule: `::ffff:127.0.0.1` *is* 127.0.0.1, and 6to4, Teredo,
//! NAT64 and ISATAP gateways take packets there as well. So every rule asks about the outside and the inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Itself; IPv4-mapped ones (RFC 4291 §2.5.5.2) have become IPv4.
    Plain(IpAddr),
    /// An IPv6 address that some gateway turns into these IPv4 ones. Teredo (RFC 4380 §4) names two.
    Embeds(IpAddr, [Ipv4Addr; 2]),
}

/// Takes an address apart.
pub(crate) fn form(ip: IpAddr) -> Form {
    let IpAddr::V6(v6) = ip else {
        return Form::Plain(ip);
    };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return Form::Plain(IpAddr::V4(v4));
    }
    match embedded(v6) {
        Some(inner) => Form::Embeds(ip, inner),
        None => Form::Plain(ip),
    }
}

fn embedded(ip: Ipv6Addr) -> Option<[Ipv4Addr; 2]> {
    let bits = ip.to_bits();
    let at = |shift: u32| Ipv4Addr::from_bits((bits >> shift) as u32);
    let [s0, s1, s2, s3, s4, s5, _, _] = ip.segments();
    match (s0, s1, s2, s3, s4, s5) {
        // IPv4-compatible, RFC 4291 §2.5.5.1; `::` and `::1` are of the same block.
        (0, 0, 0, 0, 0, 0) => Some([at(0); 2]),
        // IPv4-translated, RFC 2765 §2.1.
        (0, 0, 0, 0, 0xFFFF, 0) => Some([at(0); 2]),
        // NAT64, RFC 6052 §2.1, and its local-use block, RFC 8215, in the form with a /96.
        (0x64, 0xFF9B, 0, 0, 0, 0) | (0x64, 0xFF9B, 1, ..) => Some([at(0); 2]),
        // 6to4, RFC 3056 §2.
        (0x2002, ..) => Some([at(80); 2]),
        // Teredo, RFC 4380 §4: the server, and the client with its bits inverted.
        (0x2001, 0, ..) => Some([at(64), Ipv4Addr::from_bits(!at(0).to_bits())]),
        // ISATAP, RFC 5214 §6.1, below any prefix; 0x0200 says that the IPv4 address is a global one.
        (.., 0x0000 | 0x0200, 0x5EFE) => Some([at(0); 2]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_writing_of_one_ipv4_address_is_seen_through() {
        let inner = Ipv4Addr::new(192, 0, 2, 33);
        for text in [
            "::192.0.2.33",
            "::ffff:0:192.0.2.33",
            "64:ff9b::192.0.2.33",
            "64:ff9b:1::192.0.2.33",
            "64:ff9b:1:abcd:ef01:2345:192.0.2.33",
            "2002:c000:0221::1",
            "2001:0:c000:221:1:2:3fff:fdde",
            "2001:db8::5efe:192.0.2.33",
            "2a00:1450:1::200:5efe:192.0.2.33",
        ] {
            let ip = text.parse().unwrap();
            assert_eq!(form(ip), Form::Embeds(ip, [inner; 2]), "{text}");
        }
        assert_eq!(
            form("::ffff:192.0.2.33".parse().unwrap()),
            Form::Plain(IpAddr::V4(inner))
        );
    }

    #[test]
    fn other_addresses_are_themselves() {
        for text in [
            "192.0.2.33",
            "2a00:1450::1",
            "2003::5eff:1.2.3.4",
            "fe80::1",
            "65:ff9b::1.2.3.4",
        ] {
            let ip = text.parse().unwrap();
            assert_eq!(form(ip), Form::Plain(ip), "{text}");
        }
    }
}
