//! B03: strangers' packets leave nothing behind. 200 000 of them from many source ports reach a running relay, of
//! every kind that costs others a session; afterwards memory and descriptors are where they were.
//!
//! A program of its own: it measures the whole process. Linux only, since it reads /proc.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use parlour_credentials::{Credentials, RoomTag, SeatId};
use parlour_relay::{Config, Relay};
use parlour_relay_io::{Handle, Listeners, Settings, start};

const PACKETS: usize = 200_000;
/// Source ports at a time; each socket is replaced by one with another port now and then.
const SOURCES: usize = 64;
const PACKETS_PER_SOURCE: usize = 50;
/// What may be left behind.
const SLACK_KIB: usize = 1024;
const SOON: Duration = Duration::from_secs(120);

#[test]
fn two_hundred_thousand_strangers_leave_memory_and_descriptors_where_they_were() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let _context = runtime.enter();
    let settings = Settings::default();
    let listeners = Listeners::bind(&["127.0.0.1:0".parse().unwrap()], &settings).unwrap();
    let server = listeners.local_addrs().next().unwrap();
    let config = Config {
        // All strangers of this test have one address; on the internet each would have the default for itself.
        replies_per_source: 1_000_000,
        reply_burst_per_source: 1_000_000,
        replies_per_server: 1_000_000,
        ..Config::default()
    };
    let credentials = Credentials::new([1; 32]);
    let relay = Relay::new(Instant::now(), config.clone(), credentials, [2; 32]);
    let handle = start(settings, &config, relay, listeners).unwrap();
    handle.seat_opened(SeatId::from_random([1; 16]), RoomTag(1));

    // Once around first: buffers that are made at first use are not what is measured.
    flood(&handle, server, PACKETS / 10);
    let (memory, descriptors) = (resident_kib(), open_descriptors());
    flood(&handle, server, PACKETS);
    let stats = handle.stats();
    assert_eq!(
        (stats.allocations, stats.seats, stats.opened, stats.streams),
        (0, 1, 0, 0)
    );
    assert!(
        stats.challenges > 50_000,
        "the relay was asked and answered: {}",
        stats.challenges
    );
    let grown = resident_kib().saturating_sub(memory);
    assert!(grown <= SLACK_KIB, "memory has grown by {grown} KiB");
    assert_eq!(open_descriptors(), descriptors);
    handle.shutdown();
}

/// Sends `count` packets, no faster than the relay takes them, so that none is lost in the kernel.
fn flood(handle: &Handle, server: SocketAddr, count: usize) {
    let kinds = packets();
    let bind = || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(server).unwrap();
        socket
    };
    let already = handle.stats().sockets.udp_datagrams_received;
    let mut sources: Vec<UdpSocket> = (0..SOURCES).map(|_| bind()).collect();
    for n in 0..count {
        if n % (SOURCES * PACKETS_PER_SOURCE) == 0 {
            sources = (0..SOURCES).map(|_| bind()).collect();
        }
        // Refused only if an earlier answer met a closed port; the packet is sent all the same.
        let _icmp = sources[n % SOURCES].send(&kinds[n % kinds.len()]);
        if n % 500 == 499 {
            wait_for(handle, already + n as u64 + 1);
        }
    }
    wait_for(handle, already + count as u64);
}

fn wait_for(handle: &Handle, received: u64) {
    let deadline = Instant::now() + SOON;
    // Some may be lost on a loaded machine; most must have been looked at.
    while handle.stats().sockets.udp_datagrams_received + 100 < received {
        assert!(Instant::now() < deadline, "the relay takes what is sent");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Binding, Allocate without credentials, Allocate and Refresh with made-up ones, media without an allocation, noise.
fn packets() -> Vec<Vec<u8>> {
    let attribute = |number: u16, value: &[u8]| {
        let mut bytes = number.to_be_bytes().to_vec();
        bytes.extend((value.len() as u16).to_be_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let message = |kind: u16, attributes: &[Vec<u8>]| {
        let body = attributes.concat();
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend((body.len() as u16).to_be_bytes());
        bytes.extend([0x21, 0x12, 0xA4, 0x42]);
        bytes.extend([7; 12]);
        bytes.extend(body);
        bytes
    };
    let udp = attribute(0x0019, &[17, 0, 0, 0]);
    let forged = [
        attribute(0x0006, &[b'0'; 32]),
        attribute(0x0014, b"parlour"),
        attribute(0x0015, b"obMatJos2AAADaaaaaaa"),
        attribute(0x0008, &[9; 20]),
    ];
    vec![
        message(0x0001, &[]),
        message(0x0003, std::slice::from_ref(&udp)),
        message(0x0003, &[&[udp], &forged[..]].concat()),
        message(0x0004, &forged),
        message(
            0x0016,
            &[attribute(0x0012, &[0; 8]), attribute(0x0013, &[5; 100])],
        ),
        vec![0x40, 0x00, 0x00, 0x04, 1, 2, 3, 4],
        vec![0xFF; 300],
    ]
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}
