//! What the fuzzers run, as plain functions of bytes, so that `cargo test` replays their corpora (`fuzz_corpus`).
//!
//! The programs around them are in `fuzz/`, outside the workspace. Each function panics when something is wrong and
//! returns nothing otherwise.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;

use parlour_credentials::RoomTag;
use parlour_relay::{Config, Frame, HEADROOM, TAILROOM, Transport, Verdict, frame};
use rand::TryRng;

use crate::common::wire::*;
use crate::common::*;
use crate::model::Model;

/// A pair of clients that may send to each other; kept between inputs, since making it costs more than they do.
struct Target {
    bench: Bench,
    clients: [Client; 2],
}

impl Target {
    fn new(transport: Transport) -> Self {
        let mut bench = Bench::with(Config {
            tracked_sources: 64,
            ..Config::default()
        });
        let clients = [1, 2].map(|n| bench.joined_by(n, RoomTag(1), transport));
        let [one, other] = clients.map(|client| bench.allocated(client));
        bench.bind(clients[0], 0x4000, other).succeeds();
        bench.permit(clients[1], one).succeeds();
        Self { bench, clients }
    }

    fn with<T>(transport: Transport, run: impl FnOnce(&mut Self) -> T) -> T {
        thread_local! {
            static UDP: RefCell<Target> = RefCell::new(Target::new(Transport::Udp));
            static TCP: RefCell<Target> = RefCell::new(Target::new(Transport::Tcp));
        }
        match transport {
            Transport::Udp => UDP.with_borrow_mut(run),
            Transport::Tcp | Transport::Tls => TCP.with_borrow_mut(run),
        }
    }

    /// One packet by the way that a data plane sends it.
    fn feed(&mut self, packet: &[u8]) {
        let from = self.clients[0].tuple;
        match self.bench.flows.forward(self.bench.now, from, packet) {
            Verdict::Forward(forward) => {
                let mut buf = vec![0xEE; HEADROOM + packet.len() + TAILROOM];
                buf[HEADROOM..HEADROOM + packet.len()].copy_from_slice(packet);
                let out = forward.rewrite(&mut buf, HEADROOM..HEADROOM + packet.len());
                assert_eq!(forward.to, self.clients[1].tuple, "the room has nobody else");
                assert_eq!(out.len(), forward.wire_len());
            }
            Verdict::Drop(_) => {}
            Verdict::Control => {
                self.bench.relay.handle_client(self.bench.now, from, packet);
                self.bench.settle();
                assert!(self.bench.replies.len() <= 1, "one packet, one answer");
                for (to, answer) in self.bench.replies.drain(..) {
                    assert_eq!((to, &answer[8..20]), (from, &packet[8..20]));
                    Parsed::read(&answer);
                }
            }
        }
        // Nothing that a fuzzer can make is signed, so nothing may change.
        assert_eq!(self.bench.relay.stats().allocations, 2);
        assert_eq!(self.bench.relay.stats().successes, 4);
    }
}

/// A STUN message from a client whose address is proved: it gets past the limits and up to the credentials.
pub(crate) fn stun_parse(bytes: &[u8]) {
    Target::with(Transport::Tcp, |target| target.feed(bytes));
}

/// Media: Send indications and ChannelData, rewritten in place. Half of them with lengths that hold.
pub(crate) fn channel_data(bytes: &[u8]) {
    let Some((&choice, rest)) = bytes.split_first() else {
        return;
    };
    let mut packet = rest.to_vec();
    if choice & 1 == 1 && packet.len() >= 20 {
        let header = if packet[0] >= 0x40 { 4 } else { 20 };
        let length = (packet.len() - header) as u16;
        packet[2..4].copy_from_slice(&length.to_be_bytes());
        if header == 20 {
            packet[..2].copy_from_slice(&SEND_INDICATION.to_be_bytes());
            packet[4..8].copy_from_slice(&[0x21, 0x12, 0xA4, 0x42]);
        } else {
            packet[..2].copy_from_slice(&[0x40, 0x00]);
        }
    }
    let transport = if choice & 2 == 2 {
        Transport::Tcp
    } else {
        Transport::Udp
    };
    Target::with(transport, |target| target.feed(&packet));
}

/// A byte stream, cut into packets. However it arrives in pieces, the packets are the same.
pub(crate) fn turn_stream(bytes: &[u8]) {
    const MAX: usize = 4096;
    let mut rest = bytes;
    loop {
        match frame(rest, MAX) {
            Frame::Message { len, padded } => {
                assert!(len <= padded && padded <= rest.len() && padded <= MAX && padded - len < 4);
                for cut in [1, 4, len.saturating_sub(1), padded.saturating_sub(1)] {
                    let Frame::Incomplete { need } = frame(&rest[..cut.min(padded - 1)], MAX) else {
                        panic!("a part of a packet is incomplete");
                    };
                    assert!(need > cut.min(padded - 1) && need <= padded);
                }
                Target::with(Transport::Tcp, |target| target.feed(&rest[..len]));
                rest = &rest[padded..];
            }
            Frame::Incomplete { need } => {
                assert!(need > rest.len() && need <= MAX.max(20));
                return;
            }
            Frame::Invalid => {
                assert_eq!(
                    frame(&[rest, &[0; 8]].concat(), MAX),
                    Frame::Invalid,
                    "and stays so"
                );
                return;
            }
        }
    }
}

/// Operations chosen by the bytes, against the model of `model.rs`.
pub(crate) fn relay_sequence(bytes: &[u8]) {
    let steps = bytes.len() / 8;
    let mut model = Model::new(Box::new(Choices::new(bytes)));
    for _ in 0..steps.min(400) {
        assert!(model.step(), "the relay's tables agree with each other");
    }
}

/// Choices out of a fuzzer's bytes; zeros when they are used up.
pub(crate) struct Choices(VecDeque<u8>);

impl Choices {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec().into())
    }
}

impl TryRng for Choices {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_be_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_be_bytes(word))
    }

    fn try_fill_bytes(&mut self, place: &mut [u8]) -> Result<(), Infallible> {
        for byte in place {
            *byte = self.0.pop_front().unwrap_or_default();
        }
        Ok(())
    }
}
