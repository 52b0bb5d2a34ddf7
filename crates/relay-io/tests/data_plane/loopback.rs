//! Media between two seats over UDP, in both forms, and the wall between rooms.

use crate::bench::{Bench, Over};
use crate::client::{Client, Heard, Wire};

fn benches() -> [Bench; 2] {
    [Bench::new(), Bench::portable()]
}

#[test]
fn send_indications_arrive_as_data_indications() {
    for bench in benches() {
        let (mut a, mut b) = bench.pair(Over::Udp, Over::Udp);
        for len in [0, 1, 2, 3, 4, 120, 1200] {
            let payload = vec![len as u8; len];
            a.send_to(b.relayed(), &payload);
            assert_eq!(b.hear(), Heard::Data(a.relayed(), payload));
        }
    }
}

#[test]
fn channel_data_arrives_on_the_channel_that_the_receiver_bound() {
    for bench in benches() {
        let (mut a, mut b) = bench.pair(Over::Udp, Over::Udp);
        a.bind(0x4000, b.relayed());
        a.send_channel(0x4000, b"before b has a channel");
        assert_eq!(
            b.hear(),
            Heard::Data(a.relayed(), b"before b has a channel".to_vec())
        );
        b.bind(0x4ABC, a.relayed());
        a.send_channel(0x4000, b"after");
        assert_eq!(b.hear(), Heard::Channel(0x4ABC, b"after".to_vec()));
        a.send_to(b.relayed(), b"as an indication");
        assert_eq!(b.hear(), Heard::Channel(0x4ABC, b"as an indication".to_vec()));
    }
}

#[test]
fn another_room_is_out_of_reach() {
    let bench = Bench::new();
    let (mut a, mut stranger) = (bench.client(1, 1, Over::Udp), bench.client(3, 2, Over::Udp));
    a.permit(stranger.relayed());
    stranger.permit(a.relayed());
    a.send_to(stranger.relayed(), b"hello?");
    stranger.hears_nothing();
    assert_eq!(a.try_bind(0x4000, stranger.relayed()), Err(403));
    assert_eq!(bench.handle.stats().dropped(parlour_relay::Dropped::OtherRoom), 1);
}

#[test]
fn an_unknown_credential_gets_no_allocation() {
    let bench = Bench::new();
    let (_, mut credential) = bench.seat(1, 1);
    credential.password.replace_range(..1, "!");
    let mut client = Client::new(Wire::udp(bench.server), credential);
    assert_eq!(client.try_allocate(), Err(401));
}

#[test]
fn the_mapped_address_is_the_clients_own() {
    for bench in benches() {
        for over in [Over::Udp, Over::Tcp] {
            let mut client = bench.client(1, 1, over);
            let port = client.wire.local().port();
            assert_eq!(client.mapped(), ([127, 0, 0, 1], port).into());
        }
    }
}

/// Every client lands on some worker, and every worker reaches every client.
#[test]
fn many_clients_spread_over_the_workers_all_reach_one() {
    let settings = parlour_relay_io::Settings {
        workers: 4.try_into().unwrap(),
        ..parlour_relay_io::Settings::default()
    };
    let bench = Bench::with(settings, "127.0.0.1:0");
    let mut hub = bench.client(1, 1, Over::Udp);
    hub.permit(hub.relayed());
    // A port given back could be the next client's, whose allocation would be there already.
    let mut kept = Vec::new();
    for n in 2..34 {
        let mut client = bench.client(n, 1, Over::Udp);
        client.permit(hub.relayed());
        client.send_to(hub.relayed(), &[n; 50]);
        assert_eq!(hub.hear(), Heard::Data(client.relayed(), vec![n; 50]));
        hub.send_to(client.relayed(), &[n; 51]);
        assert_eq!(client.hear(), Heard::Data(hub.relayed(), vec![n; 51]));
        kept.push(client);
    }
}

/// What is sent to the sockets does not matter: the workers live on.
#[test]
fn noise_stops_nobody() {
    for bench in benches() {
        let (mut a, mut b) = bench.pair(Over::Udp, Over::Udp);
        let mut noise = Wire::udp(bench.server);
        for len in [0, 1, 3, 4, 19, 20, 21, 65_507] {
            for first in [0x00, 0x01, 0x40, 0x4F, 0x50, 0xFF] {
                let mut bytes = vec![0xA5; len];
                if let Some(byte) = bytes.first_mut() {
                    *byte = first;
                }
                noise.send(&bytes);
            }
        }
        a.send_to(b.relayed(), b"still here");
        assert_eq!(b.hear(), Heard::Data(a.relayed(), b"still here".to_vec()));
    }
}
