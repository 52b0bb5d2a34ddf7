//! Which peers the public relay may reach.
//!
//! Global unicast, and nothing that is special, local or ours; an operator may open blocks and close blocks,
//! and closing wins. Every rule is asked about an address as it is written *and* about the IPv4 addresses that
//! it embeds. Nothing is sent to a peer without a [`Permit`], and only this file makes those.

use std::net::{IpAddr, SocketAddr};

use crate::public::cidr::Cidr;
use crate::public::embedded::{Form, form};
use crate::public::special::is_global_unicast;

/// The rules. The default allows global unicast.
#[derive(Clone, Debug, Default)]
pub struct PeerPolicy {
    /// Blocks opened beside global unicast. An address of this host is opened only by naming it whole (`/32`,
    /// `/128`): opening a network must not open the services of the relay's own host in it.
    pub allow: Vec<Cidr>,
    /// Blocks closed, whatever else is said.
    pub deny: Vec<Cidr>,
    /// Addresses of this host's interfaces. The program keeps them current.
    pub own: Vec<IpAddr>,
    /// Where this process listens; a wildcard address closes its port at every address of this host.
    pub listeners: Vec<SocketAddr>,
}

/// Leave to send from a relayed address to one peer; made by the policy only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit(SocketAddr);

impl Permit {
    /// The peer, in the family in which it is to be sent to.
    #[must_use]
    pub const fn peer(&self) -> SocketAddr {
        self.0
    }
}

impl PeerPolicy {
    /// Leave to send to `peer`, or none.
    #[must_use]
    pub fn permit(&self, peer: SocketAddr) -> Option<Permit> {
        let ip = peer.ip().to_canonical();
        let listens = self.listeners.iter().any(|listener| {
            let here = listener.ip().to_canonical() == ip
                || (listener.ip().is_unspecified() && (ip.is_loopback() || self.own.contains(&ip)));
            here && listener.port() == peer.port()
        });
        (peer.port() != 0 && !listens && self.allows(ip)).then_some(Permit(SocketAddr::new(ip, peer.port())))
    }

    /// Whether an address may be a peer at all, whatever its port.
    #[must_use]
    pub fn allows(&self, ip: IpAddr) -> bool {
        match form(ip) {
            Form::Plain(ip) => self.allows_plain(ip),
            // What is tunnelled or translated must be opened by name, and what comes out must be allowed, too.
            Form::Embeds(outer, inner) => {
                !self.is_closed(outer)
                    && self.allow.iter().any(|block| block.contains(outer))
                    && inner.iter().all(|ip| self.allows_plain(IpAddr::V4(*ip)))
            }
        }
    }

    fn allows_plain(&self, ip: IpAddr) -> bool {
        !self.is_closed(ip) && (is_global_unicast(ip) || self.allow.iter().any(|block| block.contains(ip)))
    }

    fn is_closed(&self, ip: IpAddr) -> bool {
        self.deny.iter().any(|block| block.contains(ip))
            || (self.is_own(ip) && !self.allow.iter().any(|block| block.is_exactly(ip)))
    }

    fn is_own(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || ip.is_unspecified() || self.own.iter().any(|own| own.to_canonical() == ip)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use rand::rngs::StdRng;
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    fn blocks(list: &[&str]) -> Vec<Cidr> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn allows(policy: &PeerPolicy, ip: &str) -> bool {
        policy.allows(ip.parse().unwrap())
    }

    /// The seven writings of an IPv4 address in IPv6.
    fn writings(v4: u32, noise: u128) -> [Ipv6Addr; 7] {
        let (wide, noise) = (u128::from(v4), noise & 0xFFFF_FFFF_FFFF_FFFF);
        let teredo = 0x2001_0000_u128 << 96 | wide << 64 | (noise & 0xFFFF_FFFF) << 32 | u128::from(!v4);
        [
            0xFFFF << 32 | wide,
            wide,
            0x0064_FF9B << 96 | wide,
            0x0064_FF9B_0001 << 80 | wide,
            0x2002 << 112 | wide << 80 | noise,
            teredo,
            (0x2A00_0000_0000_0000 | noise >> 8) << 64 | 0x5EFE << 32 | wide,
        ]
        .map(Ipv6Addr::from_bits)
    }

    #[test]
    fn a02_encodings() {
        let mut rng = StdRng::from_seed([2; 32]);
        let open = PeerPolicy {
            allow: blocks(&["::/0", "10.1.0.0/16"]),
            deny: blocks(&["8.0.0.0/5"]),
            own: vec!["80.1.2.3".parse().unwrap()],
            listeners: Vec::new(),
        };
        let closed = PeerPolicy {
            allow: Vec::new(),
            ..open.clone()
        };
        let special: [u32; 6] = [
            0x7F00_0001,
            0xA9FE_A9FE,
            0x0A00_0001,
            0x0A01_0001,
            0x5001_0203,
            0x0800_0001,
        ];
        for round in 0..100_000_usize {
            let v4 = special.get(round).copied().unwrap_or_else(|| rng.random());
            let plain = |policy: &PeerPolicy| policy.allows(IpAddr::V4(v4.into()));
            let [mapped, others @ ..] = writings(v4, rng.random());
            assert_eq!(closed.allows(mapped.into()), plain(&closed), "{mapped}");
            assert_eq!(open.allows(mapped.into()), plain(&open), "{mapped}");
            for written in others {
                assert!(
                    !closed.allows(written.into()),
                    "{written} is a tunnel and nobody opened it"
                );
                // Opened by name, it still reaches nothing that its inside does not reach; `::` and `::1` are own.
                let expected = plain(&open) && v4 > 1;
                assert_eq!(open.allows(written.into()), expected, "{written}");
            }
        }
    }

    #[test]
    fn deny_wins_over_allow_and_own_addresses_must_be_named_whole() {
        let policy = PeerPolicy {
            allow: blocks(&["10.0.0.0/8", "10.0.0.7/32", "127.0.0.2", "fd00::/8"]),
            deny: blocks(&["10.9.0.0/16", "2a00::/16", "10.9.0.1/32"]),
            own: ["10.0.0.5", "10.0.0.7", "80.1.2.3", "::ffff:80.1.2.4"]
                .map(|ip| ip.parse().unwrap())
                .to_vec(),
            listeners: Vec::new(),
        };
        for (ip, expected) in [
            ("10.0.0.1", true),
            ("10.9.0.1", false),
            ("10.0.0.5", false),
            ("10.0.0.7", true),
            ("80.1.2.3", false),
            ("80.1.2.4", false),
            ("80.1.2.5", true),
            ("127.0.0.1", false),
            ("127.0.0.2", true),
            ("fd00::1", true),
            ("fc00::1", false),
            ("2a00::1", false),
            ("2a01::1", true),
        ] {
            assert_eq!(allows(&policy, ip), expected, "{ip}");
        }
    }

    #[test]
    fn nobody_reaches_a_listener_not_even_one_that_is_opened() {
        let policy = PeerPolicy {
            allow: blocks(&["127.0.0.2/32", "80.1.2.3/32"]),
            deny: Vec::new(),
            own: vec!["80.1.2.3".parse().unwrap()],
            listeners: vec!["80.1.2.3:3478".parse().unwrap(), "[::]:443".parse().unwrap()],
        };
        let permitted = |peer: &str| policy.permit(peer.parse().unwrap()).map(|permit| permit.peer());
        assert_eq!(permitted("80.1.2.3:3478"), None);
        assert_eq!(permitted("[::ffff:80.1.2.3]:3478"), None);
        assert_eq!(permitted("80.1.2.3:443"), None);
        assert_eq!(permitted("127.0.0.2:443"), None);
        assert_eq!(permitted("127.0.0.2:0"), None);
        assert_eq!(
            permitted("[::ffff:80.1.2.3]:444"),
            Some("80.1.2.3:444".parse().unwrap())
        );
        assert_eq!(
            permitted("80.1.2.9:443"),
            Some(SocketAddr::from((Ipv4Addr::new(80, 1, 2, 9), 443)))
        );
    }
}
