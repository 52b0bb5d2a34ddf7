//! Bandwidth budgets: per allocation and per room, the largest sender first, audio last.

use std::time::Duration;

use crate::common::wire::*;
use crate::common::*;
use parlour_credentials::RoomTag;
use parlour_relay::{Config, Dropped};

/// A room with a sender, a talker and a listener, all permitted.
fn room(config: Config) -> (Bench, [Client; 3], std::net::SocketAddr) {
    let mut bench = Bench::with(config);
    let clients = [1, 2, 3].map(|n| bench.joined(n, RoomTag(1)));
    let relayed = clients.map(|client| bench.allocated(client));
    for client in clients {
        bench.permit(client, relayed[2]).succeeds();
    }
    (bench, clients, relayed[2])
}

fn passed(bench: &mut Bench, from: Client, to: std::net::SocketAddr, size: usize, count: usize) -> usize {
    (0..count)
        .filter(|_| bench.say(from, to, &vec![0; size]).is_ok())
        .count()
}

#[test]
fn an_allocation_has_a_bandwidth_and_audio_passes_last() {
    let config = Config {
        bits_per_allocation: 800_000,
        burst_per_allocation: 100_000,
        ..Config::default()
    };
    let (mut bench, [sender, talker, _], listener) = room(config);
    assert_eq!(
        passed(&mut bench, sender, listener, 1000, 200),
        75,
        "three quarters of the burst"
    );
    assert_eq!(
        bench.say(sender, listener, &[0; 1000]),
        Err(Dropped::AllocationBandwidth)
    );
    assert_eq!(
        passed(&mut bench, sender, listener, 100, 1000),
        250,
        "the last quarter is for audio"
    );
    assert_eq!(
        passed(&mut bench, talker, listener, 1000, 10),
        10,
        "others are not touched"
    );
    bench.after_duration(Duration::from_millis(500));
    assert_eq!(
        passed(&mut bench, sender, listener, 1000, 200),
        25,
        "100 kB drain in a second"
    );
}

#[test]
fn a_room_has_a_bandwidth_and_the_largest_sender_loses_first() {
    let config = Config {
        bits_per_room: 8_000_000,
        burst_per_room: 100_000,
        bits_per_allocation: 1 << 40,
        burst_per_allocation: 1 << 30,
        ..Config::default()
    };
    let (mut bench, [sender, talker, _], listener) = room(config);
    // One second: the sender tries 16 Mbit/s, the talker 0.8 of video and some audio.
    let (mut large, mut video, mut audio) = (0, 0, 0);
    for n in 0..2000 {
        bench.after_duration(Duration::from_micros(500));
        large += passed(&mut bench, sender, listener, 1000, 1);
        if n % 20 == 0 {
            video += passed(&mut bench, talker, listener, 1000, 1);
            audio += passed(&mut bench, talker, listener, 100, 1);
        }
    }
    assert_eq!((video, audio), (100, 100), "the small sender loses nothing");
    assert!(
        (800..1000).contains(&large),
        "the large one gets what is left: {large}"
    );
    assert!(bench.flows.dropped(Dropped::RoomBandwidth) >= 1000);
}

#[test]
fn when_everybody_sends_too_much_audio_still_passes() {
    let config = Config {
        bits_per_room: 8_000_000,
        burst_per_room: 100_000,
        bits_per_allocation: 1 << 40,
        burst_per_allocation: 1 << 30,
        ..Config::default()
    };
    let (mut bench, clients, listener) = room(config);
    let mut audio = 0;
    for n in 0..2000 {
        bench.after_duration(Duration::from_micros(500));
        for client in clients {
            passed(&mut bench, client, listener, 1000, 1);
        }
        if n % 40 == 0 {
            audio += clients
                .iter()
                .filter(|client| bench.say(**client, listener, &[0; 120]).is_ok())
                .count();
        }
    }
    assert_eq!(audio, 150);
}

/// With three seats, a third of the room's burst is a seat's even share; with one, all of it is.
#[test]
fn the_even_share_grows_when_others_leave() {
    let config = Config {
        bits_per_room: 8_000,
        burst_per_room: 100_000,
        bits_per_allocation: 1 << 40,
        burst_per_allocation: 1 << 30,
        ..Config::default()
    };
    let (mut bench, [sender, talker, _], listener) = room(config.clone());
    assert_eq!(
        passed(&mut bench, sender, listener, 1000, 200),
        50,
        "above its share, up to half of the burst"
    );
    assert_eq!(
        passed(&mut bench, talker, listener, 1000, 200),
        25,
        "within its share, up to three quarters"
    );

    let (mut bench, [sender, talker, other], _) = room(config);
    bench.close_seat(talker.seat);
    bench.close_seat(other.seat);
    let mut second = sender;
    second.tuple.client.set_port(50_000);
    let own = bench.allocated(second);
    assert_eq!(
        passed(&mut bench, sender, own, 1000, 200),
        0,
        "the second one has permitted nobody"
    );
    bench.permit(second, own).succeeds();
    assert_eq!(
        passed(&mut bench, sender, own, 1000, 200),
        75,
        "the share is the whole"
    );
}

#[test]
fn rooms_do_not_share_their_bandwidth() {
    let config = Config {
        bits_per_room: 800_000,
        burst_per_room: 10_000,
        ..Config::default()
    };
    let (mut bench, [sender, ..], listener) = room(config);
    let stranger = bench.joined(9, RoomTag(2));
    let own = bench.allocated(stranger);
    bench.permit(stranger, own).succeeds();
    passed(&mut bench, sender, listener, 1000, 100);
    assert_eq!(
        bench.say(sender, listener, &[0; 1000]),
        Err(Dropped::RoomBandwidth)
    );
    bench.say(stranger, own, &[0; 1000]).unwrap();
}

/// The budget belongs to the allocation, not to the worker that happens to read the packet.
#[test]
fn replicas_share_one_budget() {
    let config = Config {
        bits_per_allocation: 80_000,
        burst_per_allocation: 10_000,
        ..Config::default()
    };
    let mut bench = Bench::with(config);
    let mut replica = parlour_relay::Flows::new(&bench.config);
    let client = bench.joined(1, RoomTag(1));
    let request = bench.builder(ALLOCATE).with_transport(17);
    let request = bench.signed(client, request).bytes;
    bench.relay.handle_client(bench.now, client.tuple, &request);
    let mut relayed = None;
    let mut both = |bench: &mut Bench| {
        while let Some(output) = bench.relay.poll_output() {
            match output {
                parlour_relay::Output::Flow(change) => {
                    replica.apply(&change);
                    bench.flows.apply(&change);
                }
                parlour_relay::Output::Transmit { bytes, .. } => {
                    relayed = relayed.or(Parsed::read(&bytes).address(XOR_RELAYED_ADDRESS));
                }
                parlour_relay::Output::CloseStream(_) => unreachable!("UDP"),
            }
        }
        relayed
    };
    let peer = both(&mut bench).unwrap();
    let request = bench
        .builder(CREATE_PERMISSION)
        .with_address(XOR_PEER_ADDRESS, peer);
    let request = bench.signed(client, request).bytes;
    bench.relay.handle_client(bench.now, client.tuple, &request);
    both(&mut bench);
    let packet = bench
        .builder(SEND_INDICATION)
        .with_address(XOR_PEER_ADDRESS, peer)
        .with(DATA, &[0; 1000])
        .bytes;
    let mut count = 0;
    for _ in 0..20 {
        for flows in [&bench.flows, &replica] {
            count += usize::from(matches!(
                flows.forward(bench.now, client.tuple, &packet),
                parlour_relay::Verdict::Forward(_)
            ));
        }
    }
    assert_eq!(count, 7);
}
