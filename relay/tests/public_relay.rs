//! The public relay by its public verbs: sockets asked for, peers by policy, credentials by shared secret.

mod budgets;
mod special_addresses;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use parlour_relay::public::{Config, Passage, PeerPolicy};
use parlour_relay::{Dropped, Transport};

use crate::common::wire::*;
use crate::common::{channel_data, tuple};
use crate::public_bench::*;

#[test]
fn media_goes_to_a_permitted_peer_and_back_by_indication_and_by_channel() {
    let mut bench = Bench::new();
    let user = bench.user(1, "alice");
    let relayed = bench.allocated(&user);
    let (id, wanted) = bench.bound[0];
    assert_eq!(
        (relayed, relayed.ip()),
        (wanted, EXTERNAL.parse::<IpAddr>().unwrap())
    );
    assert!((50_000..=50_099).contains(&relayed.port()));

    let peer = at("8.8.8.8:9");
    assert_eq!(bench.say(&user, peer, b"too early").0, Passage::Nothing);
    assert_eq!(bench.hear(id, peer, b"too early").0, Passage::Nothing);
    bench.permit(&user, peer).succeeds();
    let (passage, out) = bench.say(&user, peer, b"hello");
    assert_eq!(
        (peer_of(passage), out.as_slice()),
        (Some((id, peer)), b"hello".as_slice())
    );
    let (passage, out) = bench.hear(id, peer, b"there");
    let data = Parsed::read(&out);
    assert_eq!(
        (passage, data.message_type),
        (Passage::ToClient(user.tuple), DATA_INDICATION)
    );
    assert_eq!(
        (data.address(XOR_PEER_ADDRESS), data.get(DATA)),
        (Some(peer), Some(b"there".as_slice()))
    );

    bench.bind(&user, 0x4001, peer).succeeds();
    let (passage, out) = bench.media(&user, &channel_data(0x4001, b"on it"));
    assert_eq!(
        (peer_of(passage), out.as_slice()),
        (Some((id, peer)), b"on it".as_slice())
    );
    let (passage, out) = bench.hear(id, peer, b"five!");
    assert_eq!(
        (passage, out),
        (Passage::ToClient(user.tuple), channel_data(0x4001, b"five!"))
    );
    assert_eq!(bench.relay.forwarded().packets, 4);
}

#[test]
fn over_streams_channel_data_is_padded() {
    let mut bench = Bench::new();
    let user = bench.user_by(1, "alice", Transport::Tls);
    bench.allocated(&user);
    let (id, peer) = (bench.bound[0].0, at("8.8.8.8:9"));
    bench.bind(&user, 0x4000, peer).succeeds();
    let (_, out) = bench.hear(id, peer, b"12345");
    assert_eq!(out, [channel_data(0x4000, b"12345"), vec![0; 3]].concat());
}

#[test]
fn permissions_are_per_address_and_last_300_seconds() {
    let mut bench = Bench::new();
    let user = bench.user(1, "alice");
    bench.allocated(&user);
    let id = bench.bound[0].0;
    bench.permit(&user, at("8.8.8.8:9")).succeeds();
    assert_eq!(
        bench.hear(id, at("8.8.8.8:10"), b"x").0,
        Passage::ToClient(user.tuple)
    );
    assert_eq!(bench.hear(id, at("8.8.4.4:9"), b"x").0, Passage::Nothing);
    bench.after(299);
    assert_ne!(bench.say(&user, at("8.8.8.8:9"), b"x").0, Passage::Nothing);
    bench.after(1);
    assert_eq!(bench.say(&user, at("8.8.8.8:9"), b"x").0, Passage::Nothing);
    assert_eq!(bench.hear(id, at("8.8.8.8:9"), b"x").0, Passage::Nothing);
}

/// A6, A8: what is meant for a relayed port of ours never touches the network, and nobody outside speaks as us.
#[test]
fn two_clients_of_this_server_reach_each_other_in_memory() {
    let mut bench = Bench::new();
    let (one, other) = (bench.user(1, "alice"), bench.user(2, "bob"));
    let (first, second) = (bench.allocated(&one), bench.allocated(&other));
    bench.permit(&one, second).succeeds();
    assert_eq!(
        bench.say(&one, second, b"x").0,
        Passage::Nothing,
        "bob has permitted nobody"
    );
    bench.bind(&other, 0x4000, first).succeeds();
    let (passage, out) = bench.say(&one, second, b"hello");
    assert_eq!(
        (passage, out),
        (Passage::ToClient(other.tuple), channel_data(0x4000, b"hello"))
    );
    let (id, _) = bench.bound[1];
    assert_eq!(
        bench.hear(id, first, b"forged").0,
        Passage::Nothing,
        "our own source, from outside"
    );

    assert_eq!(
        bench.say(&one, first, b"x").0,
        Passage::Nothing,
        "a relayed address is no peer of itself"
    );
    bench.bind(&one, 0x4000, first).is_rejected_with(403);
    bench.bind(&one, 0x4000, at("80.1.2.3:22")).is_rejected_with(403);
    assert_eq!(
        bench.say(&one, at("80.1.2.3:22"), b"x").0,
        Passage::Nothing,
        "no relayed port"
    );
    assert_eq!(bench.dropped(Dropped::ForeignPeer), 3);
}

#[test]
fn a_refused_port_is_followed_by_another_and_in_the_end_by_508() {
    let mut bench = Bench::new();
    let user = bench.user(1, "alice");
    bench.bindings = vec![true, false, false];
    let relayed = bench.allocated(&user);
    assert_eq!((bench.bound.len(), bench.bound[2].1), (3, relayed));
    let unlucky = bench.user(2, "bob");
    bench.bindings = vec![false; 8];
    bench.allocate(&unlucky).is_rejected_with(508);
    assert_eq!(
        (
            bench.bound.len(),
            bench.closed.len(),
            bench.relay.stats().allocations
        ),
        (11, 1, 1)
    );
}

/// RFC 8656 §5.
#[test]
fn a_repeated_allocate_gets_the_same_answer_and_no_second_socket() {
    let mut bench = Bench::new();
    let user = bench.user(1, "alice");
    let request = bench.builder(ALLOCATE).with_transport(17);
    let bytes = bench.signed(&user, request);
    let first = bench.send(user.tuple, &bytes).succeeds();
    assert_eq!(bench.send(user.tuple, &bytes).succeeds().bytes, first.bytes);
    assert_eq!(bench.bound.len(), 1);
    bench.allocate(&user).is_rejected_with(437);
}

#[test]
fn allocations_end_by_refresh_by_time_and_with_their_stream() {
    let mut bench = Bench::new();
    let users = [
        bench.user(1, "a"),
        bench.user(2, "b"),
        bench.user_by(3, "c", Transport::Tcp),
    ];
    for user in &users {
        bench.allocated(user);
    }
    bench.refresh(&users[0], 0).succeeds();
    assert_eq!(bench.closed, [bench.bound[0].0]);
    bench.relay.handle_stream_closed(bench.now, users[2].tuple);
    bench.settle();
    assert_eq!((bench.closed.len(), bench.closed_streams.len()), (2, 0));
    bench.after(631);
    assert_eq!((bench.closed.len(), bench.relay.stats().allocations), (3, 0));
    bench.refresh(&users[1], 600).is_rejected_with(437);
}

#[test]
fn an_expired_credential_keeps_its_allocation_and_gets_no_new_one() {
    let mut bench = Bench::new();
    let user = bench.user(1, "alice");
    bench.allocated(&user);
    for _ in 0..8 {
        bench.after(500);
        bench.refresh(&user, 600).succeeds();
    }
    let elsewhere = User {
        tuple: tuple(2, Transport::Udp),
        ..bench.user(2, "alice")
    };
    let expired = User {
        username: user.username.clone(),
        password: user.password.clone(),
        ..elsewhere
    };
    bench.allocate(&expired).is_rejected_with(401);
    bench.refresh(&expired, 600).is_rejected_with(401);
    bench.refresh(&user, 0).succeeds();
    bench.refresh(&user, 600).is_rejected_with(401);
}

#[test]
fn wrong_names_wrong_passwords_and_other_peoples_allocations_are_refused() {
    let mut bench = Bench::new();
    let good = bench.user(1, "alice");
    let answers: Vec<usize> = [
        (good.username.as_str(), "wrong"),
        ("not a time:alice", good.password.as_str()),
        ("", good.password.as_str()),
        ("1799999999:alice", good.password.as_str()),
    ]
    .into_iter()
    .map(|(username, password)| {
        let user = User {
            tuple: good.tuple,
            username: username.to_owned(),
            password: password.to_owned(),
        };
        bench.allocate(&user).is_rejected_with(401).bytes.len()
    })
    .collect();
    assert!(
        answers.iter().all(|length| *length == answers[0]),
        "equal answers: {answers:?}"
    );
    bench.allocated(&good);
    let thief = User {
        tuple: good.tuple,
        ..bench.user(1, "mallory")
    };
    bench.permit(&thief, at("8.8.8.8:9")).is_rejected_with(441);
}

#[test]
fn quotas_are_kept_for_users_applications_and_the_server() {
    let small = Config {
        allocations_per_user: 2,
        allocations_per_application: 3,
        allocations_per_server: 4,
        ..config()
    };
    let mut bench = Bench::with(small, PeerPolicy::default());
    for n in 1..=2 {
        let user = bench.user(n, "alice");
        bench.allocated(&user);
    }
    let third = bench.user(3, "alice");
    bench.allocate(&third).is_rejected_with(486);
    let bob = bench.user(4, "bob");
    bench.allocated(&bob);
    let carol = bench.user(5, "carol");
    bench.allocate(&carol).is_rejected_with(486);
    let mut of_synapse = |n| {
        let minted = bench
            .secrets
            .mint(bench.now, "synapse", Duration::from_secs(60), None)
            .unwrap();
        let user = User {
            tuple: tuple(n, Transport::Udp),
            username: minted.username,
            password: minted.password,
        };
        bench.allocate(&user)
    };
    of_synapse(6).succeeds();
    of_synapse(7).is_rejected_with(508);
}

#[test]
fn ipv6_is_given_where_it_is_asked_for_and_there() {
    let ask = |bench: &mut Bench, user: &User, family: u8| {
        let request = bench
            .builder(ALLOCATE)
            .with_transport(17)
            .with(REQUESTED_ADDRESS_FAMILY, &[family, 0, 0, 0]);
        bench.request(user, request)
    };
    let mut bench = Bench::new();
    let user = bench.user(1, "alice");
    ask(&mut bench, &user, 2).is_rejected_with(440);
    let both = Config {
        external_ipv6: Some("2a00::7".parse().unwrap()),
        ..config()
    };
    let mut bench = Bench::with(both, PeerPolicy::default());
    let relayed = ask(&mut bench, &user, 2)
        .succeeds()
        .address(XOR_RELAYED_ADDRESS)
        .unwrap();
    assert_eq!(relayed.ip(), "2a00::7".parse::<IpAddr>().unwrap());
    bench.permit(&user, at("8.8.8.8:9")).is_rejected_with(403);
    let peer = at("[2a00:1450::1]:9");
    bench.permit(&user, peer).succeeds();
    let (passage, _) = bench.say(&user, peer, b"six");
    assert_eq!(peer_of(passage).map(|(_, to)| to), Some(peer));
    let (_, out) = bench.hear(bench.bound[0].0, peer, b"back");
    assert_eq!(Parsed::read(&out).address(XOR_PEER_ADDRESS), Some(peer));
}

#[test]
fn an_address_that_becomes_our_own_is_out_of_reach_at_once() {
    let mut bench = Bench::new();
    let user = bench.user(1, "alice");
    bench.allocated(&user);
    bench.bind(&user, 0x4000, at("81.1.1.1:9")).succeeds();
    assert_ne!(
        bench.media(&user, &channel_data(0x4000, b"x")).0,
        Passage::Nothing
    );
    bench
        .relay
        .handle_own_addresses(vec!["81.1.1.1".parse().unwrap()]);
    assert_eq!(
        bench.media(&user, &channel_data(0x4000, b"x")).0,
        Passage::Nothing
    );
    bench.permit(&user, at("81.1.1.1:9")).is_rejected_with(403);
}

#[test]
fn draining_refuses_the_new_and_ends_the_old() {
    let mut bench = Bench::new();
    let (one, late) = (bench.user(1, "alice"), bench.user(2, "bob"));
    bench.allocated(&one);
    bench.relay.drain(bench.now, bench.now + Duration::from_secs(10));
    bench.allocate(&late).is_rejected_with(508);
    bench.refresh(&one, 600).succeeds();
    bench.after(10);
    assert_eq!((bench.closed.len(), bench.relay.poll_timeout()), (1, None));
}

/// As `random_and_spliced_bytes_are_survived`, for the other machine.
#[test]
fn every_changed_byte_of_every_message_is_survived_by_the_public_relay() {
    let mut bench = Bench::new();
    let user = bench.user(1, "alice");
    bench.allocated(&user);
    let peer = at("8.8.8.8:9");
    bench.bind(&user, 0x4000, peer).succeeds();
    let requests = [
        bench.builder(ALLOCATE).with_transport(17),
        bench
            .builder(CREATE_PERMISSION)
            .with_address(XOR_PEER_ADDRESS, peer),
        bench
            .builder(SEND_INDICATION)
            .with_address(XOR_PEER_ADDRESS, peer)
            .with(DATA, b"payload"),
    ];
    let mut samples = requests.map(|request| bench.signed(&user, request)).to_vec();
    samples.push(channel_data(0x4000, b"payload"));
    for sample in samples {
        for place in 0..sample.len() {
            for value in [0x00, 0x01, 0x7F, 0x80, 0xFF] {
                let mut changed = sample.clone();
                changed[place] = value;
                bench.media(&user, &changed);
                bench.media(&user, &changed[..place]);
                bench.settle();
                bench.replies.clear();
            }
        }
    }
}
