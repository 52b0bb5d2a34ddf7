//! Every budget of the public relay: what it allows, and what whoever exceeds it gets. Those of allocations stand with
//! the quotas, in the parent module.

use super::*;

/// Answers that `count` bare Allocates get, each from an address and port that `from` gives.
fn challenges(bench: &mut Bench, count: u16, from: impl Fn(u16) -> SocketAddr) -> usize {
    let ask = |n: &u16| {
        let request = bench.builder(ALLOCATE).with_transport(17).bytes;
        let tuple = parlour_relay::FiveTuple {
            client: from(*n),
            ..tuple(1, Transport::Udp)
        };
        bench.send(tuple, &request).0.is_some()
    };
    (0..count).filter(ask).count()
}

/// Media of one user to one peer that passes.
fn passed(bench: &mut Bench, user: &User, size: usize, count: usize) -> usize {
    let sent = (0..count).filter(|_| {
        let (passage, _) = bench.say(user, at("8.8.8.8:9"), &vec![0; size]);
        passage != Passage::Nothing
    });
    sent.count()
}

/// Users with an allocation and a permission for the peer.
fn talking<const N: usize>(config: Config, names: [&str; N]) -> (Bench, [User; N]) {
    let mut bench = Bench::with(config, PeerPolicy::default());
    let mut n = 0;
    let users = names.map(|name| {
        n += 1;
        let user = bench.user(n, name);
        bench.allocated(&user);
        bench.permit(&user, at("8.8.8.8:9")).succeeds();
        user
    });
    (bench, users)
}

fn with_base(base: parlour_relay::Config) -> Config {
    Config { base, ..config() }
}

#[test]
fn strangers_of_the_public_relay_are_paced_by_source_and_altogether() {
    let mut bench = Bench::new();
    let one = |n: u16| SocketAddr::from(([198, 51, 7, 7], 1000 + n));
    assert_eq!(challenges(&mut bench, 100, one), 20);
    assert_eq!(bench.dropped(Dropped::SourceLimit), 80);
    bench.after(1);
    assert_eq!(challenges(&mut bench, 100, one), 10);
    let subnet = |n: u16| format!("[2a00:0:0:1::{n:x}]:4000").parse().unwrap();
    assert_eq!(challenges(&mut bench, 100, subnet), 20, "a /64 is one source");
    let anywhere = |n: u16| SocketAddr::from(([100 + (n >> 12) as u8, 0, (n >> 8) as u8, n as u8], 9));
    bench.after(10);
    assert_eq!(challenges(&mut bench, 10_000, anywhere), 2000);
    assert_eq!(bench.dropped(Dropped::ServerLimit), 8000);
}

#[test]
fn no_stranger_of_the_public_relay_gets_more_than_2_3_times_what_it_sent() {
    let mut bench = Bench::new();
    for (n, message_type) in (0_u8..).zip([BINDING, ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND]) {
        for padding in 0..40_u8 {
            let mut request = bench.builder(message_type).with_transport(17);
            if padding > 0 {
                request = request.with(SOFTWARE, &vec![b'x'; usize::from(padding) * 4 - 4]);
            }
            let from = parlour_relay::FiveTuple {
                client: SocketAddr::from(([198, 51, n, padding], 9)),
                ..tuple(1, Transport::Udp)
            };
            let answer = bench.send(from, &request.bytes).0.expect("an answer");
            let (sent, got) = (request.bytes.len(), answer.bytes.len());
            assert!(got * 10 <= sent * 23, "{message_type}: {sent} bytes got {got}");
        }
    }
    let header = bench.builder(ALLOCATE).bytes;
    bench.send(tuple(9, Transport::Udp), &header).is_silence();
}

#[test]
fn strangers_leave_nothing_behind_in_the_public_relay() {
    let mut bench = Bench::new();
    let forged = User {
        username: format!("{}:mallory", START + 3600),
        password: "guessed".to_owned(),
        ..bench.user(1, "mallory")
    };
    for _ in 0..50 {
        bench.allocate(&forged).is_rejected_with(401);
    }
    let stats = bench.relay.stats();
    assert_eq!(
        (stats.allocations, stats.seats, stats.successes, bench.bound.len()),
        (0, 0, 0, 0)
    );
    assert_eq!(bench.relay.poll_timeout(), None);
}

#[test]
fn permissions_and_channels_of_an_allocation_are_counted() {
    let (mut bench, [user]) = talking(config(), ["alice"]);
    let address = |n: u8| SocketAddr::from(([8, 8, 9, n], 9));
    for n in 1..64 {
        bench.permit(&user, address(n)).succeeds();
    }
    bench.permit(&user, address(99)).is_rejected_with(508);
    bench.permit(&user, address(1)).succeeds();
    bench.after(300);
    bench.permit(&user, address(99)).succeeds();

    for n in 0..32 {
        bench
            .bind(&user, 0x4000 + n, SocketAddr::from(([8, 8, 9, 1], 100 + n)))
            .succeeds();
    }
    bench.bind(&user, 0x4FFF, address(1)).is_rejected_with(508);
    bench
        .bind(&user, 0x4000, SocketAddr::from(([8, 8, 9, 1], 100)))
        .succeeds();
}

/// The model binds and waits at random; these are the moments themselves.
#[test]
fn channels_last_600_seconds_and_cool_for_300() {
    let (mut bench, [user]) = talking(config(), ["alice"]);
    let (peer, other) = (at("8.8.8.8:9"), at("8.8.8.8:10"));
    bench.bind(&user, 0x4000, peer).succeeds();
    let bound_at = bench.now;
    let live = |bench: &mut Bench, user: &User, after: u64| {
        let elapsed = (bench.now - bound_at).as_secs();
        bench.after(after - elapsed);
        bench.now = bound_at + Duration::from_secs(after);
        bench.media(user, &channel_data(0x4000, b"x")).0 != Passage::Nothing
    };
    assert!(live(&mut bench, &user, 299));
    bench.refresh(&user, 600).succeeds();
    bench.permit(&user, peer).succeeds();
    assert!(live(&mut bench, &user, 590));
    bench.permit(&user, peer).succeeds();
    assert!(live(&mut bench, &user, 599));
    assert!(!live(&mut bench, &user, 600));
    bench.refresh(&user, 600).succeeds();
    bench.bind(&user, 0x4000, other).is_rejected_with(400);
    assert!(!live(&mut bench, &user, 899));
    bench.bind(&user, 0x4001, peer).is_rejected_with(400);
    assert!(!live(&mut bench, &user, 900));
    bench.bind(&user, 0x4000, other).succeeds();
}

#[test]
fn whatever_lifetime_is_asked_the_public_relay_gives_600_seconds() {
    let mut bench = Bench::new();
    for (n, asked) in (1..).zip([1_u32, 600, 3600, u32::MAX]) {
        let user = bench.user(n, "alice");
        let request = bench.builder(ALLOCATE).with_transport(17);
        let request = request.with(LIFETIME, &asked.to_be_bytes());
        assert_eq!(bench.request(&user, request).succeeds().lifetime(), Some(600));
        assert_eq!(bench.refresh(&user, asked).succeeds().lifetime(), Some(600));
    }
}

#[test]
fn an_allocation_of_the_public_relay_has_a_bandwidth_and_audio_passes_last() {
    let (mut bench, [sender, talker]) = talking(
        with_base(parlour_relay::Config {
            bits_per_allocation: 800_000,
            burst_per_allocation: 100_000,
            ..config().base
        }),
        ["alice", "bob"],
    );
    assert_eq!(
        passed(&mut bench, &sender, 1000, 200),
        75,
        "three quarters of the burst"
    );
    assert_eq!(bench.dropped(Dropped::AllocationBandwidth), 125);
    assert_eq!(
        passed(&mut bench, &sender, 100, 1000),
        250,
        "the last quarter is for audio"
    );
    assert_eq!(
        passed(&mut bench, &talker, 1000, 10),
        10,
        "others are not touched"
    );
    bench.now += Duration::from_millis(500);
    assert_eq!(
        passed(&mut bench, &sender, 1000, 200),
        25,
        "100 kB drain in a second"
    );
}

/// What comes from peers draws on the same budget: a flood from outside costs its own allocation.
#[test]
fn what_peers_send_counts_for_the_allocation_that_hears_it() {
    let (mut bench, [alice, _]) = talking(
        with_base(parlour_relay::Config {
            bits_per_allocation: 800_000,
            burst_per_allocation: 100_000,
            ..config().base
        }),
        ["alice", "bob"],
    );
    let id = bench.bound[0].0;
    let heard = (0..200).filter(|_| bench.hear(id, at("8.8.8.8:9"), &[0; 1000]).0 != Passage::Nothing);
    assert_eq!(heard.count(), 75);
    assert_eq!(passed(&mut bench, &alice, 1000, 10), 0);
}

#[test]
fn the_public_relay_has_a_bandwidth_and_the_largest_user_loses_first() {
    let (mut bench, [large, small, _]) = talking(
        with_base(parlour_relay::Config {
            bits_per_room: 8_000_000,
            burst_per_room: 100_000,
            bits_per_allocation: 1 << 40,
            burst_per_allocation: 1 << 30,
            ..config().base
        }),
        ["large", "small", "idle"],
    );
    // One second: the large one tries 16 Mbit/s, the small one 0.8 of video and some audio.
    let (mut much, mut video, mut audio) = (0, 0, 0);
    for n in 0..2000 {
        bench.now += Duration::from_micros(500);
        much += passed(&mut bench, &large, 1000, 1);
        if n % 20 == 0 {
            video += passed(&mut bench, &small, 1000, 1);
            audio += passed(&mut bench, &small, 100, 1);
        }
    }
    assert_eq!((video, audio), (100, 100), "the small one loses nothing");
    assert!(
        (800..1000).contains(&much),
        "the large one gets what is left: {much}"
    );
    assert!(bench.dropped(Dropped::RoomBandwidth) >= 1000);
}

/// With three users a third of the whole is an even share; when two have left, all of it is.
#[test]
fn a_users_even_share_grows_when_others_leave() {
    let small = || {
        with_base(parlour_relay::Config {
            bits_per_room: 8_000,
            burst_per_room: 100_000,
            bits_per_allocation: 1 << 40,
            burst_per_allocation: 1 << 30,
            ..config().base
        })
    };
    let (mut bench, [alice, ..]) = talking(small(), ["alice", "bob", "carol"]);
    assert_eq!(
        passed(&mut bench, &alice, 1000, 200),
        50,
        "above its share, up to half of the burst"
    );
    let (mut bench, [alice, bob, carol]) = talking(small(), ["alice", "bob", "carol"]);
    bench.refresh(&bob, 0).succeeds();
    bench.refresh(&carol, 0).succeeds();
    assert_eq!(
        passed(&mut bench, &alice, 1000, 200),
        75,
        "the share is the whole"
    );
}

#[test]
fn requests_of_one_user_are_paced() {
    let (mut bench, [alice, bob]) = talking(
        with_base(parlour_relay::Config {
            requests_per_seat: 10,
            ..config().base
        }),
        ["alice", "bob"],
    );
    bench.after(2);
    let request = bench.builder(REFRESH);
    let bytes = bench.signed(&alice, request);
    let answered = (0..100)
        .filter(|_| bench.send(alice.tuple, &bytes).0.is_some())
        .count();
    assert_eq!(answered, 20);
    assert_eq!(bench.dropped(Dropped::RequestLimit), 80);
    bench.refresh(&bob, 600).succeeds();
}

/// Allocating and freeing in a circle must not put every port to rest.
#[test]
fn a_user_can_put_only_so_many_ports_to_rest() {
    let mut bench = Bench::with(
        with_base(parlour_relay::Config {
            quarantined_per_seat: 10,
            ..config().base
        }),
        PeerPolicy::default(),
    );
    let user = bench.user(1, "alice");
    for _ in 0..10 {
        bench.allocate(&user).succeeds();
        bench.refresh(&user, 0).succeeds();
    }
    bench.allocate(&user).is_rejected_with(486);
    bench.after(600);
    bench.allocate(&user).succeeds();
}
