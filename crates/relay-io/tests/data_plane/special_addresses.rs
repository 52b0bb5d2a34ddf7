//! The 42 addresses that no relay may reach for its clients, asked for over UDP, TCP and TLS. The machine's own tests
//! (`relay/tests/public_relay/special_addresses.rs`) try the same without sockets, and from outside, too.

use std::net::SocketAddr;

use crate::bench::{Bench, eventually};
use crate::client::{Client, Wire};
use crate::door::{Cuts, tls};
use crate::tls::serve;

const SPECIAL: &str = include_str!("../../../../relay/tests/special_addresses.txt");

#[test]
fn a01_the_closed_relay_refuses_them_over_udp_tcp_and_tls() {
    let bench = Bench::new();
    let behind_tls = tls(&bench.runtime, "127.0.0.1", &Cuts::default(), &serve(&bench));
    let wires = [
        Wire::udp(bench.server),
        Wire::tcp(bench.server),
        Wire::tcp(behind_tls),
    ];
    for (n, wire) in (1..).zip(wires) {
        let mut client = Client::new(wire, bench.seat(n, 1).1);
        client.allocate();
        let own = client.relayed();
        client.permit(own);
        for ip in SPECIAL.lines() {
            let peer = SocketAddr::new(ip.parse().unwrap(), 80);
            // The virtual address of these tests: no socket is behind it, and the number is nobody's.
            if peer.ip() != own.ip() {
                assert_eq!(client.try_permit(peer), Err(403), "{peer}");
            }
            assert_eq!(client.try_bind(0x4000, peer), Err(403), "{peer}");
            client.send_to(peer, b"x");
        }
        // Its answer comes when everything before it has been looked at.
        client.mapped();
        let forwarded = || bench.handle.stats().forwarded.packets;
        assert_eq!(forwarded(), u64::from(n) - 1, "none of them went anywhere");
        client.send_to(own, b"the control");
        eventually("the control arrives", || forwarded() == u64::from(n));
    }
}
