//! The 42 addresses that no relay may reach for its clients, over every transport, in both relays.

use parlour_credentials::RoomTag;

use super::*;

/// Loopback, private, link-local, metadata, documentation, multicast, reserved; and IPv6 that embeds them.
const SPECIAL: &str = include_str!("../special_addresses.txt");

#[test]
fn the_list_is_whole() {
    assert_eq!(SPECIAL.lines().count(), 42);
}

/// Besides: what is internal though it looks global, and our own listener.
const INTERNAL: [&str; 4] = ["168.63.129.16", "100.100.100.200", "80.1.2.3", "80.9.9.9"];

const TRANSPORTS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

#[test]
fn a01_peers_of_the_public_relay() {
    let config = Config {
        external_ipv6: Some("2a00::7".parse().unwrap()),
        ..config()
    };
    let policy = PeerPolicy {
        own: vec!["80.9.9.9".parse().unwrap()],
        ..PeerPolicy::default()
    };
    for (n, transport) in (1_u16..).zip(TRANSPORTS) {
        for family in [1, 2] {
            let mut bench = Bench::with(config.clone(), policy.clone());
            let user = bench.user_by(n, "alice", transport);
            let request = bench.builder(ALLOCATE).with_transport(17);
            let request = request.with(REQUESTED_ADDRESS_FAMILY, &[family, 0, 0, 0]);
            bench.request(&user, request).succeeds();
            let id = bench.bound[0].0;
            for text in SPECIAL.lines().chain(INTERNAL) {
                let peer = SocketAddr::new(text.parse().unwrap(), 80);
                bench.now += Duration::from_secs(1);
                // Our own external address may be permitted: that reaches relayed ports in memory only.
                if text != EXTERNAL {
                    bench.permit(&user, peer).is_rejected_with(403);
                }
                bench.bind(&user, 0x4000, peer).is_rejected_with(403);
                assert_eq!(
                    bench.say(&user, peer, b"x").0,
                    Passage::Nothing,
                    "{text} by {transport:?}"
                );
                assert_eq!(
                    bench.hear(id, peer, b"x").0,
                    Passage::Nothing,
                    "{text} by {transport:?}"
                );
                bench.refresh(&user, 600).succeeds();
            }
            let control = if family == 1 {
                at("8.8.8.8:80")
            } else {
                at("[2001:4860:4860::8888]:80")
            };
            bench.bind(&user, 0x4000, control).succeeds();
            assert_ne!(bench.say(&user, control, b"x").0, Passage::Nothing, "the control");
        }
    }
}

#[test]
fn a01_peers_of_the_closed_relay() {
    for transport in TRANSPORTS {
        // No address of the list is the virtual one.
        let mut bench = crate::common::Bench::with(parlour_relay::Config {
            relayed_ip: [198, 51, 100, 77].into(),
            ..parlour_relay::Config::default()
        });
        let client = bench.joined_by(1, RoomTag(1), transport);
        let own = bench.allocated(client);
        bench.permit(client, own).succeeds();
        for text in SPECIAL
            .lines()
            .chain(INTERNAL)
            .chain(["8.8.8.8", "2001:4860:4860::8888"])
        {
            for port in [80, own.port()] {
                let peer = SocketAddr::new(text.parse().unwrap(), port);
                bench.after(1);
                bench.permit(client, peer).is_rejected_with(403);
                bench.bind(client, 0x4000, peer).is_rejected_with(403);
                assert_eq!(
                    bench.say(client, peer, b"x"),
                    Err(Dropped::ForeignPeer),
                    "{text} by {transport:?}"
                );
            }
            bench.refresh(client, 600).succeeds();
            bench.permit(client, own).succeeds();
        }
        assert!(bench.say(client, own, b"x").is_ok(), "the control");
    }
}
