//! What a TCP or TLS connection to the public relay may cost: its frames, its silence, what waits for it, its place.

use super::*;
use crate::client::channel_data;

fn is_closed(wire: &mut Wire) -> bool {
    wire.receive(SOON).is_err()
}

#[test]
fn a_frame_above_the_limit_or_no_turn_closes_the_connection() {
    let bench = Bench::new();
    let mut client = bench.client("alice", Wire::tcp(bench.server));
    client.wire.send(&channel_data(0x4000, &[0; 4092], false));
    assert_eq!(client.refresh(600), Ok(()), "4 KiB with its header is a frame");
    client.wire.send(&channel_data(0x4000, &[0; 4093], false));
    assert!(is_closed(&mut client.wire));
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 3, 1, 0, 200, 1], &[0; 20]] {
        let mut wire = Wire::tcp(bench.server);
        wire.send(bytes);
        assert!(is_closed(&mut wire), "{bytes:02x?}");
    }
}

#[test]
fn a_connection_that_says_nothing_whole_is_closed_in_time() {
    let bench = Bench::with(Settings {
        first_message_deadline: Duration::from_millis(200),
        ..Settings::default()
    });
    let started = Instant::now();
    let (mut mute, mut slow) = (Wire::tcp(bench.server), Wire::tcp(bench.server));
    slow.send(&client::binding().raw[..19]);
    assert!(is_closed(&mut mute) && is_closed(&mut slow));
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[test]
fn a_source_has_a_number_of_connections_and_gets_them_back() {
    let bench = Bench::with(Settings {
        max_streams_per_prefix: 2,
        ..Settings::default()
    });
    let mut places = ["alice", "bob"].map(|name| Some(bench.client(name, Wire::tcp(bench.server))));
    assert!(is_closed(&mut Wire::tcp(bench.server)));
    drop(places[1].take());
    eventually("the place is given back", || bench.handle.stats().streams == 1);
    bench.client("carol", Wire::tcp(bench.server));
}

/// A client that does not read costs its own media and a bounded queue, and nobody else's time.
#[test]
fn a_client_that_does_not_read_blocks_nobody() {
    let bench = Bench::with(Settings {
        queue_bytes: 32 << 10,
        ..Settings::default()
    });
    let peer = peer();
    let to = peer.local_addr().unwrap();
    let mut deaf = bench.client("deaf", Wire::tcp(bench.server));
    let mut other = bench.client("other", Wire::tcp(bench.server));
    deaf.permit(to);
    other.permit(to);
    let started = Instant::now();
    while bench.handle.stats().stream_frames_dropped == 0 {
        assert!(started.elapsed() < SOON, "the queue overflows");
        for _ in 0..100 {
            peer.send_to(&[1; 1200], deaf.relayed()).unwrap();
        }
        // The allocation has a bandwidth, too: no faster than that.
        std::thread::sleep(Duration::from_millis(20));
    }
    peer.send_to(b"and now you", other.relayed()).unwrap();
    assert_eq!(other.hear(), Heard::Data(to, b"and now you".to_vec()));
}
