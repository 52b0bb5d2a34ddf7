//! The one harness: a relay, a replica of its flows, clients, and a clock that only tests move.

pub(crate) mod wire;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use parlour_credentials::{Credentials, RoomTag, SeatId};
use parlour_relay::{
    Config, Dropped, FiveTuple, Flows, HEADROOM, Output, Relay, TAILROOM, Transport, Verdict,
};
use wire::*;

pub(crate) const REALM_NAME: &str = "parlour";

/// A client: a 5-tuple and the seat whose credential it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) tuple: FiveTuple,
    pub(crate) seat: SeatId,
}

pub(crate) struct Bench {
    pub(crate) relay: Relay,
    pub(crate) flows: Flows,
    pub(crate) config: Config,
    pub(crate) now: Instant,
    pub(crate) credentials: Credentials,
    /// Connections that the relay asked to close, in order.
    pub(crate) closed: Vec<FiveTuple>,
    /// Replies that nobody has looked at.
    pub(crate) replies: Vec<(FiveTuple, Vec<u8>)>,
    nonces: HashMap<FiveTuple, Vec<u8>>,
    next: u64,
}

/// An answer to a request, or silence.
#[derive(Clone, Debug)]
pub(crate) struct Answer(pub(crate) Option<Parsed>);

/// Media as the receiving client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) to: FiveTuple,
    pub(crate) how: How,
    pub(crate) payload: Vec<u8>,
    /// The packet as it goes out, headers and padding included.
    pub(crate) packet: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Channel(u16),
    Data { peer: SocketAddr },
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Config::default())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "tests count from any moment, and std makes one only this way"
    )]
    pub(crate) fn with(config: Config) -> Self {
        let now = Instant::now();
        let credentials = Credentials::new([0x5A; 32]);
        Self {
            relay: Relay::new(now, config.clone(), credentials.clone(), [0xA5; 32]),
            flows: Flows::new(&config),
            config,
            now,
            credentials,
            closed: Vec::new(),
            replies: Vec::new(),
            nonces: HashMap::new(),
            next: 0,
        }
    }

    /// A bench with one room of two clients over UDP that hold an allocation each, and their addresses.
    pub(crate) fn with_pair() -> (Self, [(Client, SocketAddr); 2]) {
        let mut bench = Self::new();
        let pair = [1, 2].map(|n| {
            let client = bench.joined(n, RoomTag(1));
            (client, bench.allocated(client))
        });
        (bench, pair)
    }

    /// A UDP client with a fresh seat in the room.
    pub(crate) fn joined(&mut self, n: u16, room: RoomTag) -> Client {
        self.joined_by(n, room, Transport::Udp)
    }

    pub(crate) fn joined_by(&mut self, n: u16, room: RoomTag, transport: Transport) -> Client {
        let seat = self.seat();
        self.relay.handle_seat_opened(self.now, seat, room);
        self.settle();
        Client {
            tuple: tuple(n, transport),
            seat,
        }
    }

    /// A seat that is not registered yet.
    pub(crate) fn seat(&mut self) -> SeatId {
        self.next += 1;
        let mut bytes = [0x77; 16];
        bytes[..8].copy_from_slice(&self.next.to_be_bytes());
        SeatId::from_random(bytes)
    }

    /// Allocates and returns the relayed address.
    pub(crate) fn allocated(&mut self, client: Client) -> SocketAddr {
        self.allocate(client)
            .succeeds()
            .address(XOR_RELAYED_ADDRESS)
            .unwrap()
    }

    pub(crate) fn allocate(&mut self, client: Client) -> Answer {
        let request = self.builder(ALLOCATE).with_transport(17);
        self.request(client, request)
    }

    pub(crate) fn refresh(&mut self, client: Client, lifetime: u32) -> Answer {
        let request = self.builder(REFRESH).with(LIFETIME, &lifetime.to_be_bytes());
        self.request(client, request)
    }

    pub(crate) fn permit(&mut self, client: Client, peer: SocketAddr) -> Answer {
        let request = self
            .builder(CREATE_PERMISSION)
            .with_address(XOR_PEER_ADDRESS, peer);
        self.request(client, request)
    }

    pub(crate) fn bind(&mut self, client: Client, number: u16, peer: SocketAddr) -> Answer {
        let request = self
            .builder(CHANNEL_BIND)
            .with_channel(number)
            .with_address(XOR_PEER_ADDRESS, peer);
        self.request(client, request)
    }

    /// A message with a transaction id of its own.
    pub(crate) fn builder(&mut self, message_type: u16) -> Builder {
        self.next += 1;
        let mut transaction = [0x42; 12];
        transaction[4..].copy_from_slice(&self.next.to_be_bytes());
        Builder::new(message_type, transaction)
    }

    /// Adds credentials as today's browsers do, after asking for a nonce if there is none yet.
    pub(crate) fn request(&mut self, client: Client, request: Builder) -> Answer {
        let bytes = self.signed(client, request).bytes;
        let answer = self.send(client.tuple, &bytes);
        if let Some(answer) = &answer.0
            && !matches!(answer.error(), Some(401 | 438))
        {
            assert!(
                answer.is_signed_with(MESSAGE_INTEGRITY, &self.key(client)),
                "answers are signed: {answer:?}"
            );
        }
        answer
    }

    pub(crate) fn signed(&mut self, client: Client, request: Builder) -> Builder {
        let nonce = self.nonce(client.tuple);
        let username = client.seat.username();
        request
            .with(USERNAME, username.as_bytes())
            .with(REALM, REALM_NAME.as_bytes())
            .with(NONCE, &nonce)
            .signed(&self.key(client))
    }

    pub(crate) fn key(&self, client: Client) -> Vec<u8> {
        let username = client.seat.username();
        md5_key(&username, REALM_NAME, &self.credentials.password(&username))
    }

    /// The nonce that this client uses, asked for once.
    pub(crate) fn nonce(&mut self, tuple: FiveTuple) -> Vec<u8> {
        if let Some(nonce) = self.nonces.get(&tuple) {
            return nonce.clone();
        }
        let request = self.builder(ALLOCATE).with_transport(17).bytes;
        let nonce = self
            .send(tuple, &request)
            .is_rejected_with(401)
            .get(NONCE)
            .unwrap()
            .to_vec();
        self.nonces.insert(tuple, nonce.clone());
        nonce
    }

    pub(crate) fn forget_nonce(&mut self, tuple: FiveTuple) {
        self.nonces.remove(&tuple);
    }

    /// Sends one packet to the control machine and returns its answer, which goes to the sender alone.
    pub(crate) fn send(&mut self, from: FiveTuple, packet: &[u8]) -> Answer {
        assert!(self.replies.is_empty());
        self.relay.handle_client(self.now, from, packet);
        self.settle();
        assert!(self.replies.len() <= 1, "one request, one answer");
        Answer(self.replies.pop().map(|(to, bytes)| {
            assert_eq!(to, from, "the answer goes where the request came from");
            let answer = Parsed::read(&bytes);
            assert_eq!(
                answer.transaction,
                packet[8..20],
                "the answer has the request's transaction id"
            );
            answer
        }))
    }

    /// Drains the relay's outputs.
    pub(crate) fn settle(&mut self) {
        while let Some(output) = self.relay.poll_output() {
            match output {
                Output::Transmit { to, bytes } => self.replies.push((to, bytes)),
                Output::Flow(change) => self.flows.apply(&change),
                Output::CloseStream(tuple) => self.closed.push(tuple),
            }
        }
    }

    /// Lets time pass; timeouts happen when they are due.
    pub(crate) fn after(&mut self, seconds: u64) {
        self.after_duration(Duration::from_secs(seconds));
    }

    pub(crate) fn after_duration(&mut self, duration: Duration) {
        let target = self.now + duration;
        while let Some(due) = self.relay.poll_timeout().filter(|due| *due <= target) {
            self.now = self.now.max(due);
            self.relay.handle_timeout(self.now);
            self.settle();
        }
        self.now = target;
    }

    pub(crate) fn close_seat(&mut self, seat: SeatId) {
        self.relay.handle_seat_closed(self.now, seat);
        self.settle();
    }

    /// A Send indication, as Chromium writes it.
    pub(crate) fn say(
        &mut self,
        client: Client,
        peer: SocketAddr,
        payload: &[u8],
    ) -> Result<Delivery, Dropped> {
        let packet = self
            .builder(SEND_INDICATION)
            .with_address(XOR_PEER_ADDRESS, peer)
            .with(DATA, payload)
            .bytes;
        self.forward(client.tuple, &packet)
    }

    pub(crate) fn say_on(
        &mut self,
        client: Client,
        number: u16,
        payload: &[u8],
    ) -> Result<Delivery, Dropped> {
        self.forward(client.tuple, &channel_data(number, payload))
    }

    /// Runs a media packet through the flows and rewrites it as a data plane does.
    pub(crate) fn forward(&mut self, from: FiveTuple, packet: &[u8]) -> Result<Delivery, Dropped> {
        let forward = match self.flows.forward(self.now, from, packet) {
            Verdict::Forward(forward) => forward,
            Verdict::Drop(reason) => return Err(reason),
            Verdict::Control => panic!("media was taken for control"),
        };
        let mut buf = vec![0xEE; HEADROOM];
        buf.extend(packet);
        buf.extend([0xEE; TAILROOM]);
        let out = forward.rewrite(&mut buf, HEADROOM..HEADROOM + packet.len());
        assert_eq!(out.len(), forward.wire_len());
        let packet = buf[out].to_vec();
        let (how, payload) = read_media(&packet, forward.to.transport);
        Ok(Delivery {
            to: forward.to,
            how,
            payload,
            packet,
        })
    }
}

pub(crate) fn tuple(n: u16, transport: Transport) -> FiveTuple {
    let [high, low] = n.to_be_bytes();
    FiveTuple {
        client: SocketAddr::from(([198, 51, high, low], 40_000)),
        server: SocketAddr::from(([203, 0, 113, 1], 3478)),
        transport,
    }
}

pub(crate) fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = number.to_be_bytes().to_vec();
    packet.extend((payload.len() as u16).to_be_bytes());
    packet.extend(payload);
    packet
}

fn read_media(packet: &[u8], transport: Transport) -> (How, Vec<u8>) {
    if packet[0] >= 0x40 {
        let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
        let whole = if transport == Transport::Udp {
            4 + length
        } else {
            4 + length.next_multiple_of(4)
        };
        assert_eq!(packet.len(), whole, "padded on streams only");
        assert!(packet[4 + length..].iter().all(|byte| *byte == 0));
        return (
            How::Channel(u16::from_be_bytes([packet[0], packet[1]])),
            packet[4..4 + length].to_vec(),
        );
    }
    let data = Parsed::read(packet);
    assert_eq!(data.message_type, DATA_INDICATION);
    assert_eq!(data.numbers(), [XOR_PEER_ADDRESS, DATA]);
    (
        How::Data {
            peer: data.address(XOR_PEER_ADDRESS).unwrap(),
        },
        data.get(DATA).unwrap().to_vec(),
    )
}

impl Answer {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Parsed {
        let answer = self.0.expect("an answer");
        assert_eq!(
            (answer.message_type & 0x0110, answer.error()),
            (0x0100, None),
            "{answer:?}"
        );
        answer
    }

    #[track_caller]
    pub(crate) fn is_rejected_with(&self, code: u16) -> Parsed {
        let answer = self.0.clone().expect("an answer");
        assert_eq!(
            (answer.message_type & 0x0110, answer.error()),
            (0x0110, Some(code)),
            "{answer:?}"
        );
        answer
    }

    #[track_caller]
    pub(crate) fn is_silence(&self) {
        assert!(self.0.is_none(), "{:?}", self.0);
    }
}
