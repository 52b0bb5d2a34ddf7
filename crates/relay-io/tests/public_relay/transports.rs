//! The public relay's clients over UDP, TCP and TLS, by IPv4 and IPv6, all at once.

use super::*;
use crate::cutting::packets_are_the_same_however_reads_are_cut;
use crate::door::{Cuts, plain, tls};

const SPECIAL: &str = include_str!("../../../../relay/tests/special_addresses.txt");

/// UDP, TCP and TLS, each by IPv4 and by IPv6.
fn wires(bench: &Bench) -> [Wire; 6] {
    let at: Vec<SocketAddr> = bench.handle.local_addrs().collect();
    let behind_tls = |ip| tls(&bench.runtime, ip, &Cuts::default(), &bench.serve());
    [
        Wire::udp(at[0]),
        Wire::udp(at[1]),
        Wire::tcp(at[0]),
        Wire::tcp(at[1]),
        Wire::tcp(behind_tls("127.0.0.1")),
        Wire::tcp(behind_tls("::1")),
    ]
}

#[test]
fn clients_of_every_transport_and_family_reach_peers_and_each_other() {
    let bench = Bench::new();
    let peer = peer();
    let outside = peer.local_addr().unwrap();
    let mut clients: Vec<Client> = wires(&bench)
        .into_iter()
        .enumerate()
        .map(|(n, wire)| bench.client(&format!("user{n}"), wire))
        .collect();
    let relayed: Vec<SocketAddr> = clients.iter().map(Client::relayed).collect();
    for client in &mut clients {
        client.permit(relayed[0]);
        client.bind(0x4000, outside);
        let mut bytes = [0; 100];
        client.send_channel(0x4000, b"odd");
        let (len, from) = peer.recv_from(&mut bytes).unwrap();
        assert_eq!((&bytes[..len], from), (b"odd".as_slice(), client.relayed()));
        peer.send_to(b"again", from).unwrap();
        assert_eq!(client.hear(), Heard::Channel(0x4000, b"again".to_vec()));
    }
    for from in 0..clients.len() {
        for to in (0..clients.len()).filter(|to| *to != from) {
            // Lengths that need padding, long ones too.
            let payload = vec![(from * 8 + to) as u8; 1 + (from * 331 + to * 97) % 1200];
            clients[from].send_to(relayed[to], &payload);
            assert_eq!(
                clients[to].hear(),
                Heard::Data(relayed[from], payload),
                "{from} to {to}"
            );
        }
    }
}

#[test]
fn packets_over_tcp_and_tls_are_the_same_however_reads_are_cut() {
    let bench = Bench::new();
    let cuts = Cuts::default();
    let doors = [
        plain(&bench.runtime, &cuts, &bench.serve()),
        tls(&bench.runtime, "127.0.0.1", &cuts, &bench.serve()),
    ];
    for (n, door) in doors.into_iter().enumerate() {
        let mut a = bench.client(&format!("alice{n}"), Wire::tcp(door));
        let mut b = bench.client(&format!("bob{n}"), Wire::udp(bench.server));
        a.bind(0x4000, b.relayed());
        b.permit(a.relayed());
        packets_are_the_same_however_reads_are_cut(&cuts, &mut a, &mut b);
    }
}

#[test]
fn a01_the_public_relay_refuses_them_over_udp_tcp_and_tls() {
    let bench = Bench::new();
    let peer = peer();
    for (n, wire) in wires(&bench).into_iter().enumerate() {
        let mut client = bench.client(&format!("user{n}"), wire);
        for ip in SPECIAL.lines() {
            let to = SocketAddr::new(ip.parse().unwrap(), 80);
            // The outside address of these tests may be permitted: behind it there are only relayed ports.
            if to.ip().to_canonical() != Ipv4Addr::LOCALHOST {
                assert_eq!(client.try_permit(to), Err(403), "{to}");
            }
            assert_eq!(client.try_bind(0x4000, to), Err(403), "{to}");
            client.send_to(to, b"x");
        }
        // Its answer comes when everything before it has been looked at.
        client.mapped();
        let passed = || bench.handle.stats().packets;
        assert_eq!(passed(), n as u64, "none of them went anywhere");
        client.permit(peer.local_addr().unwrap());
        client.send_to(peer.local_addr().unwrap(), b"the control");
        peer.recv_from(&mut [0; 100]).unwrap();
        eventually("the control is counted", || passed() == n as u64 + 1);
    }
}

/// The operator changes a secret: no restart, and nobody who is talking notices.
#[test]
fn secrets_can_be_replaced_while_clients_talk() {
    let bench = Bench::new();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let file = |text: &str| SharedSecrets::parse(Anchor::new(Instant::now(), now.as_secs()), text).unwrap();
    let hour = Duration::from_secs(3600);
    let fresh = "tests = another secret that is long enough";
    let (old, new) = (
        bench.credential("alice"),
        file(fresh).mint(Instant::now(), "tests", hour, Some("bob")),
    );
    let udp = || Wire::udp(bench.server);
    let (mut alice, mut bob) = (bench.client("alice", udp()), Client::new(udp(), new.unwrap()));
    assert_eq!(bob.try_allocate(), Err(401));
    bench
        .handle
        .replace_secrets(file(&format!("{fresh}\ntests = {SECRET}")));
    assert_eq!((alice.refresh(600), bob.try_allocate()), (Ok(()), Ok(())));
    bench.handle.replace_secrets(file(fresh));
    bob.permit(alice.relayed());
    bob.send_to(alice.relayed(), b"x");
    assert_eq!(
        bench.handle.stats().allocations,
        2,
        "who has one keeps it for now"
    );
    assert_eq!(alice.refresh(600), Err(401));
    assert_eq!(Client::new(udp(), old).try_allocate(), Err(401));
}
