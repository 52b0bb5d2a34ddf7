//! Bursts: datagrams that the kernel merges on the way in and cuts up on the way out come through one by one,
//! whole and in order. The client sends merged (UDP_SEGMENT); on loopback they then arrive merged.
#![cfg(target_os = "linux")]

use std::net::{SocketAddr, UdpSocket};

use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};
use stun::fingerprint::FINGERPRINT;
use stun::message::{Message, Setter};
use turn::proto::data::Data;
use turn::proto::peeraddr::PeerAddress;
use turn::proto::send_indication;

use crate::bench::{Bench, Over, eventually};
use crate::client::{Client, Heard, Wire, channel_data, send_to};

/// Sends equal packets as one message that the kernel would cut.
fn send_merged(client: &Client, packets: &[Vec<u8>]) {
    let Wire::Udp(socket) = &client.wire else {
        panic!("a UDP client")
    };
    let socket: UdpSocket = socket.try_clone().unwrap();
    let state = UdpSocketState::new(UdpSockRef::from(&socket)).unwrap();
    socket.set_nonblocking(false).unwrap();
    let transmit = Transmit {
        destination: socket.peer_addr().unwrap(),
        ecn: None,
        contents: &packets.concat(),
        segment_size: Some(packets[0].len()),
        src_ip: None,
    };
    state.try_send(UdpSockRef::from(&socket), &transmit).unwrap();
}

/// Bursts sent by one client to another.
struct Bursts {
    bench: Bench,
    a: Client,
    b: Client,
    /// Datagrams that came without a system call of their own. Requests wait for their answers, so only
    /// bursts can save any.
    saved: u64,
}

impl Bursts {
    fn new(to: Over) -> Self {
        let bench = Bench::new();
        let (a, b) = bench.pair(Over::Udp, to);
        Self {
            bench,
            a,
            b,
            saved: 0,
        }
    }

    /// Sends the packets merged; checks that they arrived so, and that the payloads are heard as told.
    fn come_through(&mut self, packets: &[Vec<u8>], payloads: &[Vec<u8>], heard: impl Fn(Vec<u8>) -> Heard) {
        send_merged(&self.a, packets);
        for payload in payloads {
            assert_eq!(self.b.hear(), heard(payload.clone()));
        }
        self.saved += packets.len() as u64 - 1;
        eventually("the burst arrived in one piece", || {
            let counts = self.bench.handle.stats().sockets;
            counts.udp_datagrams_received.wrapping_sub(counts.udp_receives) == self.saved
        });
    }
}

/// Equal payloads, the last one shorter, each with its own content.
fn burst(count: u8, len: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|n| vec![n; if n + 1 == count { len - 8 } else { len }])
        .collect()
}

fn channel_packets(payloads: &[Vec<u8>]) -> Vec<Vec<u8>> {
    payloads
        .iter()
        .map(|payload| channel_data(0x4000, payload, false))
        .collect()
}

#[test]
fn channel_to_channel() {
    let mut bursts = Bursts::new(Over::Udp);
    bursts.a.bind(0x4000, bursts.b.relayed());
    bursts.b.bind(0x4001, bursts.a.relayed());
    let payloads = burst(20, 1200);
    bursts.come_through(&channel_packets(&payloads), &payloads, |payload| {
        Heard::Channel(0x4001, payload)
    });
    eventually("and left in one piece", || {
        let counts = bursts.bench.handle.stats().sockets;
        (counts.udp_datagrams_sent, counts.udp_messages_sent) == (20, 1)
    });
}

/// Each header grows by 32 bytes: none may overwrite its neighbour.
#[test]
fn channel_to_indication() {
    let mut bursts = Bursts::new(Over::Udp);
    bursts.a.bind(0x4000, bursts.b.relayed());
    let from = bursts.a.relayed();
    for len in [9, 10, 11, 12, 1201] {
        let payloads = burst(30, len);
        bursts.come_through(&channel_packets(&payloads), &payloads, |payload| {
            Heard::Data(from, payload)
        });
    }
}

#[test]
fn indication_to_indication_and_to_channel() {
    let mut bursts = Bursts::new(Over::Udp);
    let (from, to) = (bursts.a.relayed(), bursts.b.relayed());
    let payloads = burst(30, 1001);
    let packets: Vec<_> = payloads.iter().map(|payload| send_to(to, payload)).collect();
    bursts.come_through(&packets, &payloads, |payload| Heard::Data(from, payload));
    bursts.b.bind(0x4001, from);
    bursts.come_through(&packets, &payloads, |payload| Heard::Channel(0x4001, payload));
}

/// Firefox puts FINGERPRINT behind DATA; others may put DATA before the peer, where the new header needs more
/// room than there is. Side by side, neither may harm the other.
#[test]
fn indications_in_any_order_of_attributes() {
    let mut bursts = Bursts::new(Over::Udp);
    let (from, to) = (bursts.a.relayed(), bursts.b.relayed());
    let payloads = burst(10, 1000);
    let order = |(n, payload): (usize, &Vec<u8>)| indication(to, payload, n % 2 == 1);
    let packets: Vec<_> = payloads.iter().enumerate().map(order).collect();
    bursts.come_through(&packets, &payloads, |payload| Heard::Data(from, payload));
}

fn indication(to: SocketAddr, payload: &[u8], data_first: bool) -> Vec<u8> {
    let mut content: Vec<Box<dyn Setter>> = vec![
        Box::new(PeerAddress {
            ip: to.ip(),
            port: to.port(),
        }),
        Box::new(Data(payload.to_vec())),
    ];
    if data_first {
        content.reverse();
    }
    let mut setters: Vec<Box<dyn Setter>> = vec![
        Box::new(stun::agent::TransactionId::new()),
        Box::new(send_indication()),
    ];
    setters.extend(content);
    setters.push(Box::new(FINGERPRINT));
    let mut message = Message::new();
    message.build(&setters).unwrap();
    message.raw
}

#[test]
fn a_burst_to_tcp() {
    let mut bursts = Bursts::new(Over::Tcp);
    bursts.a.bind(0x4000, bursts.b.relayed());
    bursts.b.bind(0x4001, bursts.a.relayed());
    let payloads = burst(20, 1199);
    bursts.come_through(&channel_packets(&payloads), &payloads, |payload| {
        Heard::Channel(0x4001, payload)
    });
}
