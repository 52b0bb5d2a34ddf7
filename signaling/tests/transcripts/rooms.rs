//! "restore", and several claims of one link (seal, section 1.4).

use std::net::IpAddr;

use parlour_signaling::{ClientMessage, HostClaim, HostPk, Look, ServerMessage};

use crate::common::{Bench, Host, Person, Rules, link};

fn hosts(bench: &mut Bench, page: usize) -> Vec<HostClaim> {
    match bench.ask(page, ClientMessage::Look(Look { room_id: link(1) })) {
        ServerMessage::Room(room) => room.hosts,
        other => panic!("{other:?}"),
    }
}

fn keys(bench: &mut Bench, page: usize) -> Vec<HostPk> {
    hosts(bench, page).iter().map(|host| host.host_pk).collect()
}

fn restore(bench: &mut Bench, n: u8) -> usize {
    let page = bench.page();
    bench.done(
        page,
        ClientMessage::Restore(Host::new(n).claim(link(1), &[Rules::open(link(1))])),
    );
    page
}

#[test]
fn a_restarted_server_gets_its_rooms_back() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let rules = Rules::knock(link(1)).members(&[&Person::new(2)]);
    let page = bench.page();
    bench.done(
        page,
        ClientMessage::Restore(host.claim(link(1), std::slice::from_ref(&rules))),
    );
    let guest = bench.page();
    assert!(bench.join(guest, host.join(link(1), &Person::new(2), 2)).seat);
    assert_eq!(hosts(&mut bench, guest)[0].states, [host.state(&rules)]);
}

#[test]
fn what_is_restored_is_merged_with_what_is_there() {
    let mut bench = Bench::new();
    let host = Host::new(1);
    let page = bench.room(&host, &Rules::open(link(1)));
    let other = bench.page();
    let newer = Rules {
        door: "locked",
        ..Rules::open(link(1)).next()
    };
    bench.done(
        other,
        ClientMessage::Restore(host.claim(link(1), std::slice::from_ref(&newer))),
    );
    bench.done(
        other,
        ClientMessage::Restore(host.claim(link(1), &[Rules::open(link(1))])),
    );
    bench.settle();
    assert_eq!(bench.view(page).states, [host.state(&newer)]);
    assert!(!bench.join(other, host.join(link(1), &Person::new(3), 3)).seat);
}

#[test]
fn up_to_four_hosts_claim_a_link_and_the_page_chooses() {
    let mut bench = Bench::new();
    let [.., page] = [1, 2, 3, 4].map(|n| restore(&mut bench, n));
    let expected: Vec<HostPk> = (1..=4).map(|n| Host::new(n).pk()).collect();
    assert_eq!(keys(&mut bench, page), expected);
}

#[test]
fn of_more_the_one_with_the_fewest_seats_then_the_oldest_makes_way() {
    let mut bench = Bench::new();
    for n in 1..=4 {
        let page = restore(&mut bench, n);
        if n != 3 {
            bench.join(page, Host::new(n).join(link(1), &Person::new(n), n));
        }
    }
    let page = restore(&mut bench, 5);
    let expected = [1, 2, 4, 5].map(|n| Host::new(n).pk());
    assert_eq!(keys(&mut bench, page), expected, "3 was empty");
    bench.join(page, Host::new(5).join(link(1), &Person::new(5), 5));
    let page = restore(&mut bench, 6);
    let expected = [2, 4, 5, 6].map(|n| Host::new(n).pk());
    assert_eq!(
        keys(&mut bench, page),
        expected,
        "1 was the oldest of those with one seat"
    );
    assert_eq!(
        bench.seats(0).len(),
        1,
        "the people in the room that made way stay in it"
    );
}

#[test]
fn one_source_claims_a_link_once() {
    let mut bench = Bench::new();
    let ip: IpAddr = "2001:db8::1".parse().unwrap();
    let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
    let real = restore(&mut bench, 1);
    for (n, ip) in [(2, ip), (3, neighbour), (4, ip)] {
        let page = bench.page_from(ip);
        bench.done(
            page,
            ClientMessage::Restore(Host::new(n).claim(link(1), &[Rules::open(link(1))])),
        );
    }
    assert_eq!(keys(&mut bench, real), [Host::new(1).pk(), Host::new(4).pk()]);
}

#[test]
fn four_claims_with_all_their_rules_fit_a_frame() {
    let mut bench = Bench::new();
    let people: Vec<Person> = (0..150).map(Person::new).collect();
    let people: Vec<&Person> = people.iter().collect();
    let mut page = 0;
    for n in 1..=4 {
        let rules: Vec<Rules> = ["h00000001", "h00000002", "h00000003", "h00000004"]
            .into_iter()
            .map(|page| Rules {
                clock: vec![(page, 1)],
                ..Rules::open(link(1)).removed(&people)
            })
            .collect();
        page = bench.page();
        bench.done(page, ClientMessage::Restore(Host::new(n).claim(link(1), &rules)));
    }
    // The bench refuses frames that are too long.
    let hosts = hosts(&mut bench, page);
    assert_eq!(hosts.len(), 4);
    assert!(
        hosts.iter().all(|host| host.states.len() == 1),
        "as many of four as fit"
    );
    let joined = bench.join(page, Host::new(4).join_as_host(link(1), &Person::new(200), 1));
    assert_eq!(joined.view.states.len(), 4, "who is in sees all");
}
