//! TLS clients, as the program serves them: rustls below `serve_stream`; and rooms in which everybody comes by
//! another transport and another family of addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use parlour_relay_io::Settings;

use crate::bench::{Bench, Over, eventually};
use crate::client::{Client, Heard, Wire};
use crate::cutting::packets_are_the_same_however_reads_are_cut;
use crate::door::{Cuts, Serve, plain, tls};

/// How doors hand streams to this relay.
pub(crate) fn serve(bench: &Bench) -> Serve {
    let handle = bench.handle.clone();
    Arc::new(move |stream, from| {
        let handle = handle.clone();
        Box::pin(async move {
            handle.serve_stream(stream, from, &[]).await;
        })
    })
}

#[test]
fn a_room_of_udp_tcp_tls_ipv4_and_ipv6_hears_everybody() {
    let bench = Bench::listening(Settings::default(), &["127.0.0.1:0", "[::1]:0"]);
    let at: Vec<SocketAddr> = bench.handle.local_addrs().collect();
    let behind_tls = |ip| tls(&bench.runtime, ip, &Cuts::default(), &serve(&bench));
    let wires = [
        Wire::udp(at[0]),
        Wire::udp(at[1]),
        Wire::tcp(at[0]),
        Wire::tcp(at[1]),
        Wire::tcp(behind_tls("127.0.0.1")),
        Wire::tcp(behind_tls("::1")),
    ];
    let mut clients: Vec<Client> = (1..)
        .zip(wires)
        .map(|(n, wire)| {
            let mut client = Client::new(wire, bench.seat(n, 1).1);
            client.allocate();
            client
        })
        .collect();
    let relayed: Vec<SocketAddr> = clients.iter().map(Client::relayed).collect();
    assert!(
        relayed.iter().all(SocketAddr::is_ipv4),
        "everybody gets IPv4 and can pair with everybody"
    );
    for client in &mut clients {
        client.permit(relayed[0]);
    }
    for from in 0..clients.len() {
        for to in (0..clients.len()).filter(|to| *to != from) {
            // Lengths that need padding, long ones too.
            let payload = vec![(from * 8 + to) as u8; 1 + (from * 331 + to * 97) % 1200];
            clients[from].send_to(relayed[to], &payload);
            assert_eq!(
                clients[to].hear(),
                Heard::Data(relayed[from], payload.clone()),
                "{from} to {to}"
            );
        }
    }
    for from in 0..clients.len() {
        for to in (0..clients.len()).filter(|to| *to != from) {
            let number = 0x4000 + to as u16;
            clients[from].bind(number, relayed[to]);
            let payload = vec![(from * 8 + to) as u8; 1 + (from * 53 + to * 7) % 300];
            clients[from].send_channel(number, &payload);
            let heard = clients[to].hear();
            // Whoever has bound the sender hears it on that channel.
            let expected = if to < from {
                Heard::Channel(0x4000 + from as u16, payload)
            } else {
                Heard::Data(relayed[from], payload)
            };
            assert_eq!(heard, expected, "{from} to {to}");
        }
    }
}

#[test]
fn a_closed_seat_closes_its_tls_connection() {
    let bench = Bench::new();
    let door = tls(&bench.runtime, "127.0.0.1", &Cuts::default(), &serve(&bench));
    let (seat, credential) = bench.seat(1, 1);
    let mut client = Client::new(Wire::tcp(door), credential);
    client.allocate();
    bench.handle.seat_closed(seat);
    assert_eq!(client.hear(), Heard::Closed);
    eventually("the connection is forgotten", || {
        bench.handle.stats().streams == 0
    });
}

#[test]
fn packets_over_tcp_and_tls_are_the_same_however_reads_are_cut() {
    let bench = Bench::new();
    let cuts = Cuts::default();
    let doors = [
        plain(&bench.runtime, &cuts, &serve(&bench)),
        tls(&bench.runtime, "127.0.0.1", &cuts, &serve(&bench)),
    ];
    for (n, door) in (1..).zip(doors) {
        let mut a = Client::new(Wire::tcp(door), bench.seat(n, 1).1);
        a.allocate();
        let mut b = bench.client(n + 10, 1, Over::Udp);
        a.bind(0x4000, b.relayed());
        b.permit(a.relayed());
        packets_are_the_same_however_reads_are_cut(&cuts, &mut a, &mut b);
    }
}
