//! What the fuzzers of the public relay run; see `fuzz_targets` for those of the closed one.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use parlour_credentials::ExpiringName;
use parlour_relay::Transport;
use parlour_relay::public::{AllocationId, Cidr, Passage, PeerPolicy};

use crate::common::wire::*;
use crate::common::{REALM_NAME, channel_data};
use crate::public_bench::*;

/// What a request may be made of; other numbers come from the bytes.
const NUMBERS: [u16; 12] = [
    CHANNEL_NUMBER,
    LIFETIME,
    XOR_PEER_ADDRESS,
    REQUESTED_ADDRESS_FAMILY,
    EVEN_PORT,
    REQUESTED_TRANSPORT,
    DONT_FRAGMENT,
    RESERVATION_TOKEN,
    ADDITIONAL_ADDRESS_FAMILY,
    SOFTWARE,
    DATA,
    USERHASH,
];

/// A client with an allocation and a channel, made anew when an input has changed something.
struct Target {
    bench: Bench,
    user: User,
    nonce: Vec<u8>,
    id: AllocationId,
}

impl Target {
    fn new() -> Self {
        // Time stands still, so nothing that is paced would ever be answered again.
        let mut config = config();
        config.base.requests_per_seat = u32::MAX / 2;
        config.base.bits_per_allocation = 1 << 40;
        config.base.bits_per_room = 1 << 40;
        let mut bench = Bench::with(config, PeerPolicy::default());
        let user = bench.user_by(1, "alice", Transport::Tcp);
        bench.allocated(&user);
        bench.bind(&user, 0x4000, at("8.8.8.8:9")).succeeds();
        let bare = bench.builder(ALLOCATE).with_transport(17).bytes;
        let challenge = bench.send(user.tuple, &bare).is_rejected_with(401);
        Self {
            nonce: challenge.get(NONCE).unwrap().to_vec(),
            id: bench.bound[0].0,
            bench,
            user,
        }
    }

    /// Attributes as the bytes have it, signed with the client's credential.
    fn signed(&mut self, method: u8, mut rest: &[u8]) -> Vec<u8> {
        let methods = [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND];
        let mut request = self.bench.builder(methods[usize::from(method % 4)]);
        while let [number, length, behind @ ..] = rest {
            let number = NUMBERS.get(usize::from(*number)).copied();
            let (value, behind) = behind.split_at(usize::from(*length % 24).min(behind.len()));
            request = request.with(number.unwrap_or(u16::from(*length) << 8), value);
            rest = behind;
        }
        request
            .with(USERNAME, self.user.username.as_bytes())
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, &self.nonce)
            .signed(&md5_key(&self.user.username, REALM_NAME, &self.user.password))
            .bytes
    }

    fn feed(&mut self, packet: &[u8]) {
        let mut out = Vec::new();
        let (relay, now) = (&mut self.bench.relay, self.bench.now);
        match relay.handle_client(now, self.user.tuple, packet, &mut out) {
            Passage::Nothing => {}
            Passage::ToPeer { id, permit } => {
                assert_eq!((id, permit.peer().ip()), (self.id, at("8.8.8.8:9").ip()));
                assert!(out.len() <= packet.len());
            }
            Passage::ToClient(_) => panic!("there is no other client"),
        }
        self.bench.settle();
        assert!(self.bench.replies.len() <= 1, "one packet, one answer");
        for (to, answer) in self.bench.replies.drain(..) {
            assert_eq!((to, &answer[8..20]), (self.user.tuple, &packet[8..20]));
            Parsed::read(&answer);
        }
    }
}

/// A packet to the public relay. The first byte chooses: as it is, as attributes of a signed request, as media of the
/// client, or from outside.
pub(crate) fn public_packet(bytes: &[u8]) {
    thread_local! {
        static TARGET: RefCell<Target> = RefCell::new(Target::new());
    }
    let [choice, rest @ ..] = bytes else { return };
    TARGET.with_borrow_mut(|target| {
        let before = target.bench.relay.stats().successes;
        match choice % 4 {
            0 => target.feed(rest),
            1 => {
                let packet = target.signed(choice / 4, rest);
                target.feed(&packet);
            }
            2 => target.feed(&channel_data(0x4000, rest)),
            _ => {
                let [a, b, c, d, high, low, payload @ ..] = rest else {
                    return;
                };
                let ip = IpAddr::V4(Ipv4Addr::new(*a, *b, *c, *d));
                let from = SocketAddr::new(ip, u16::from_be_bytes([*high, *low]));
                let (passage, out) = target.bench.hear(target.id, from, payload);
                if passage != Passage::Nothing {
                    assert_eq!(
                        (passage, ip),
                        (Passage::ToClient(target.user.tuple), at("8.8.8.8:9").ip())
                    );
                    assert!(out.len() >= payload.len() + 4);
                }
            }
        }
        if target.bench.relay.stats().successes != before {
            *target = Target::new();
        }
    });
}

/// What operators and applications write: a block of addresses, a user name.
pub(crate) fn public_text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match text.parse::<Cidr>() {
        Ok(block) => {
            let first = text.split('/').next().and_then(|ip| ip.parse().ok());
            assert!(block.contains(first.expect("a block begins with an address")));
        }
        Err(error) => assert!(error.to_string().len() > 20, "a sentence"),
    }
    if let Some(name) = ExpiringName::parse(text) {
        let rest = name.name.map_or(String::new(), |name| format!(":{name}"));
        let digits = text.strip_suffix(rest.as_str()).expect("nothing is lost");
        assert_eq!(digits.parse(), Ok(name.expires));
    }
}

/// Operations chosen by the bytes, against the model of `public_model`.
pub(crate) fn public_sequence(bytes: &[u8]) {
    let mut model = crate::public_model::Model::new(Box::new(crate::fuzz_targets::Choices::new(bytes)));
    for _ in 0..(bytes.len() / 8).min(400) {
        assert!(model.step(), "the relay's tables agree with each other");
    }
}
