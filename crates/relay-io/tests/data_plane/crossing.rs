//! Media from UDP to TCP, from TCP to UDP and from TCP to TCP, in every form.

use crate::bench::{Bench, Over};
use crate::client::Heard;

#[test]
fn indications_cross() {
    for (from, to) in [
        (Over::Udp, Over::Tcp),
        (Over::Tcp, Over::Udp),
        (Over::Tcp, Over::Tcp),
    ] {
        let bench = Bench::new();
        let (mut a, mut b) = bench.pair(from, to);
        for len in [0, 1, 3, 120, 1200] {
            let payload = vec![9; len];
            a.send_to(b.relayed(), &payload);
            assert_eq!(b.hear(), Heard::Data(a.relayed(), payload), "{from:?} to {to:?}");
        }
    }
}

/// ChannelData is padded on TCP and not on UDP (RFC 8656 §12.5); the client checks both.
#[test]
fn channels_cross() {
    for (from, to) in [
        (Over::Udp, Over::Tcp),
        (Over::Tcp, Over::Udp),
        (Over::Tcp, Over::Tcp),
    ] {
        let bench = Bench::new();
        let (mut a, mut b) = bench.pair(from, to);
        a.bind(0x4001, b.relayed());
        a.send_channel(0x4001, b"no channel there yet");
        assert_eq!(
            b.hear(),
            Heard::Data(a.relayed(), b"no channel there yet".to_vec()),
            "{from:?} to {to:?}"
        );
        b.bind(0x4002, a.relayed());
        for len in [0, 1, 2, 3, 4, 5, 1199] {
            let payload = vec![len as u8; len];
            a.send_channel(0x4001, &payload);
            assert_eq!(
                b.hear(),
                Heard::Channel(0x4002, payload),
                "{from:?} to {to:?}, {len}"
            );
        }
    }
}
