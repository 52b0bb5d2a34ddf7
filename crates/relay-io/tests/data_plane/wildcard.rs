//! Listening on every address: answers and media leave from the address that was asked. The clients' sockets
//! are connected, so anything from another address would not reach them.

use std::net::{IpAddr, SocketAddr};

use parlour_relay_io::{Backend, Settings};

use crate::bench::{Bench, Over};
use crate::client::Heard;

fn benches(listen: &[&str]) -> Vec<Bench> {
    let bench = |backend| {
        Bench::listening(
            Settings {
                backend,
                ..Settings::default()
            },
            listen,
        )
    };
    [Backend::Native, Backend::Portable].map(bench).into()
}

fn talk_by_way_of(bench: &Bench, one: IpAddr, other: IpAddr) {
    for (over_a, over_b) in [
        (Over::Udp, Over::Udp),
        (Over::Udp, Over::Tcp),
        (Over::Tcp, Over::Udp),
    ] {
        let port = bench.server.port();
        let mut a = bench.client_at(1, 1, over_a, SocketAddr::new(one, port));
        let mut b = bench.client_at(2, 1, over_b, SocketAddr::new(other, port));
        assert_eq!(a.mapped(), a.wire.local());
        assert_eq!(b.mapped(), b.wire.local());
        a.permit(b.relayed());
        b.permit(a.relayed());
        a.send_to(b.relayed(), b"there");
        assert_eq!(
            b.hear(),
            Heard::Data(a.relayed(), b"there".to_vec()),
            "{one} {over_a:?} to {other} {over_b:?}"
        );
        b.send_to(a.relayed(), b"back");
        assert_eq!(
            a.hear(),
            Heard::Data(b.relayed(), b"back".to_vec()),
            "{other} {over_b:?} to {one} {over_a:?}"
        );
    }
}

#[test]
fn the_ipv4_wildcard_answers_from_the_address_asked() {
    for bench in benches(&["0.0.0.0:0"]) {
        talk_by_way_of(&bench, [127, 0, 0, 1].into(), [127, 0, 0, 7].into());
    }
}

#[test]
fn the_ipv6_wildcard_takes_both_families_and_speaks_of_each_in_its_own_form() {
    for bench in benches(&["[::]:0"]) {
        talk_by_way_of(&bench, [127, 0, 0, 7].into(), [0, 0, 0, 0, 0, 0, 0, 1].into());
    }
}

/// Two listening addresses: a packet leaves by the socket of the family it must go to.
#[test]
fn media_crosses_between_two_listening_addresses() {
    let bench = Bench::listening(Settings::default(), &["127.0.0.1:0", "[::1]:0"]);
    let addresses: Vec<_> = bench.handle.local_addrs().collect();
    let (mut a, mut b) = (
        bench.client_at(1, 1, Over::Udp, addresses[0]),
        bench.client_at(2, 1, Over::Udp, addresses[1]),
    );
    a.permit(b.relayed());
    b.permit(a.relayed());
    a.send_to(b.relayed(), b"there");
    assert_eq!(b.hear(), Heard::Data(a.relayed(), b"there".to_vec()));
    b.send_to(a.relayed(), b"back");
    assert_eq!(a.hear(), Heard::Data(b.relayed(), b"back".to_vec()));
}

#[test]
fn both_wildcards_live_side_by_side_on_one_port() {
    let first = Bench::listening(Settings::default(), &["0.0.0.0:0"]);
    let port = first.server.port();
    drop(first);
    let bench = Bench::listening(
        Settings::default(),
        &[&format!("0.0.0.0:{port}"), &format!("[::]:{port}")],
    );
    talk_by_way_of(&bench, [127, 0, 0, 1].into(), [0, 0, 0, 0, 0, 0, 0, 1].into());
}
