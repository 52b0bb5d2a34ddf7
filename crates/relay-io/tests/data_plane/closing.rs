//! What ends when: a seat, a connection, the server.

use std::time::{Duration, Instant};

use parlour_relay_io::{Backend, Listeners, Settings};

use crate::bench::{Bench, Over, eventually};
use crate::client::{Client, Heard, Wire};

#[test]
fn a_closed_seat_neither_sends_nor_receives_from_that_moment_on() {
    for (from, to) in [
        (Over::Udp, Over::Udp),
        (Over::Tcp, Over::Udp),
        (Over::Udp, Over::Tcp),
    ] {
        let bench = Bench::new();
        let (mut a, mut b) = bench.pair(from, to);
        let (seat, _) = bench.seat(2, 1);
        a.send_to(b.relayed(), b"before");
        assert_eq!(b.hear(), Heard::Data(a.relayed(), b"before".to_vec()));
        bench.handle.seat_closed(seat);
        a.send_to(b.relayed(), b"after");
        match to {
            Over::Udp => {
                b.hears_nothing();
                b.send_to(a.relayed(), b"after");
                a.hears_nothing();
                assert!(b.refresh(600).is_err(), "its credential has ended, too");
            }
            Over::Tcp => assert_eq!(b.hear(), Heard::Closed),
        }
        assert_eq!(bench.handle.stats().allocations, 1);
    }
}

/// The promise is about every worker: packets in flight while the seat closes may pass, later ones may not.
#[test]
fn closing_a_seat_is_effective_on_return_under_load() {
    let bench = Bench::new();
    let (mut a, mut b) = bench.pair(Over::Udp, Over::Udp);
    let (seat, _) = bench.seat(1, 1);
    let peer = b.relayed();
    for n in 0..200_u8 {
        a.send_to(peer, &[n; 100]);
    }
    bench.handle.seat_closed(seat);
    let passed = bench.handle.stats().forwarded.packets;
    for _ in 0..200 {
        a.send_to(peer, &[255; 100]);
    }
    eventually("all packets have been looked at", || {
        bench.handle.stats().sockets.udp_datagrams_received >= 400
    });
    assert_eq!(bench.handle.stats().forwarded.packets, passed);
    while let Heard::Data(_, payload) = b.hear_for(Duration::from_millis(100)) {
        assert_ne!(payload[0], 255);
    }
}

#[test]
fn a_connection_that_ends_takes_its_allocation_along() {
    let bench = Bench::new();
    let a = bench.client(1, 1, Over::Tcp);
    assert_eq!(bench.handle.stats().allocations, 1);
    drop(a);
    eventually("the allocation ends", || bench.handle.stats().allocations == 0);
    eventually("the connection is forgotten", || {
        bench.handle.stats().streams == 0
    });
}

#[test]
fn a_refresh_to_zero_ends_the_allocation_and_is_answered() {
    for over in [Over::Udp, Over::Tcp] {
        let bench = Bench::new();
        let mut a = bench.client(1, 1, over);
        assert_eq!(a.refresh(0), Ok(()));
        assert_eq!(bench.handle.stats().allocations, 0);
    }
}

#[test]
fn a_draining_relay_refuses_newcomers_and_keeps_the_others_until_the_end() {
    let bench = Bench::new();
    let (mut a, mut b) = bench.pair(Over::Udp, Over::Udp);
    bench.handle.drain(Instant::now() + Duration::from_secs(1));
    let (_, credential) = bench.seat(3, 1);
    let mut late = Client::new(Wire::udp(bench.server), credential);
    assert_eq!(late.try_allocate(), Err(508));
    a.send_to(b.relayed(), b"still");
    assert_eq!(b.hear(), Heard::Data(a.relayed(), b"still".to_vec()));
    // Nothing arrives any more: only the timer can end them.
    eventually("the allocations end", || bench.handle.stats().allocations == 0);
}

#[test]
fn shutdown_closes_connections_and_gives_the_port_back() {
    for backend in [Backend::Native, Backend::Portable] {
        let settings = Settings {
            backend,
            ..Settings::default()
        };
        let bench = Bench::with(settings.clone(), "127.0.0.1:0");
        let mut a = bench.client(1, 1, Over::Tcp);
        let started = Instant::now();
        bench.handle.shutdown();
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "idle workers wake up to stop"
        );
        assert_eq!(a.hear(), Heard::Closed);
        bench.handle.shutdown();
        let server = bench.server;
        // The sockets go with the last clone of the handle and the last connection.
        drop(bench);
        eventually("the port is free", || {
            Listeners::bind(&[server], &settings).is_ok()
        });
    }
}
