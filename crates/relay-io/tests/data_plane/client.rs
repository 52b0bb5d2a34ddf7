//! A small blocking TURN client over UDP or TCP that shows every byte. Messages are made and read by the
//! `stun` and `turn` crates, not by ours.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use parlour_credentials::TurnCredential;
use stun::attributes::{ATTR_NONCE, ATTR_REALM, ATTR_USERNAME};
use stun::error_code::ErrorCodeAttribute;
use stun::integrity::MessageIntegrity;
use stun::message::{
    CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, Getter as _, METHOD_ALLOCATE, METHOD_BINDING, METHOD_CHANNEL_BIND,
    METHOD_CREATE_PERMISSION, METHOD_DATA, METHOD_REFRESH, Message, MessageType, Method, Setter,
};
use stun::textattrs::TextAttribute;
use turn::proto::channum::ChannelNumber;
use turn::proto::data::Data;
use turn::proto::lifetime::Lifetime;
use turn::proto::peeraddr::PeerAddress;
use turn::proto::relayaddr::RelayedAddress;
use turn::proto::reqtrans::RequestedTransport;
use turn::proto::{PROTO_UDP, send_indication};

/// Long enough for a loaded machine; only failing tests wait for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long silence must last to be believed.
const SILENCE: Duration = Duration::from_millis(150);

/// What carries packets.
pub(crate) enum Wire {
    Udp(UdpSocket),
    Tcp { stream: TcpStream, buffer: Vec<u8> },
}

/// What a client hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Channel(u16, Vec<u8>),
    Data(SocketAddr, Vec<u8>),
    Nothing,
    Closed,
}

impl Wire {
    pub(crate) fn udp(server: SocketAddr) -> Self {
        let any: SocketAddr = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }
            .parse()
            .unwrap();
        let socket = UdpSocket::bind(any).unwrap();
        // Connected: an answer from another address than the one asked never arrives.
        socket.connect(server).unwrap();
        Self::Udp(socket)
    }

    pub(crate) fn tcp(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::Tcp {
            stream,
            buffer: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Udp(socket) => assert_eq!(socket.send(bytes).unwrap(), bytes.len()),
            Self::Tcp { stream, .. } => stream.write_all(bytes).unwrap(),
        }
    }

    /// The next packet without padding; `Ok(None)` if there is none in time.
    pub(crate) fn receive(&mut self, patience: Duration) -> Result<Option<Vec<u8>>, std::io::Error> {
        match self {
            Self::Udp(socket) => {
                socket.set_read_timeout(Some(patience)).unwrap();
                let mut bytes = vec![0; 65_535];
                match socket.recv(&mut bytes) {
                    Ok(len) => Ok(Some(bytes[..len].to_vec())),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
                    Err(error) => Err(error),
                }
            }
            Self::Tcp { stream, buffer } => {
                stream.set_read_timeout(Some(patience)).unwrap();
                loop {
                    if let Some((len, padded)) = measured(buffer) {
                        assert!(
                            buffer[len..padded].iter().all(|&byte| byte == 0),
                            "padding is zero"
                        );
                        let packet = buffer[..len].to_vec();
                        buffer.drain(..padded);
                        return Ok(Some(packet));
                    }
                    let mut more = [0; 4096];
                    match stream.read(&mut more) {
                        Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                        Ok(len) => buffer.extend_from_slice(&more[..len]),
                        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                        Err(error) => return Err(error),
                    }
                }
            }
        }
    }

    pub(crate) fn local(&self) -> SocketAddr {
        match self {
            Self::Udp(socket) => socket.local_addr().unwrap(),
            Self::Tcp { stream, .. } => stream.local_addr().unwrap(),
        }
    }
}

/// Length of the packet at the beginning and of the packet with its padding, if it is whole.
fn measured(bytes: &[u8]) -> Option<(usize, usize)> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
    let (len, padded) = if bytes[0] >= 0x40 {
        (4 + length, 4 + length.next_multiple_of(4))
    } else {
        (20 + length, 20 + length)
    };
    (bytes.len() >= padded).then_some((len, padded))
}

/// ChannelData (RFC 8656 §12.4), padded if `padded`.
pub(crate) fn channel_data(number: u16, payload: &[u8], padded: bool) -> Vec<u8> {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    bytes.extend(payload);
    if padded {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// A Binding request with a fresh transaction.
pub(crate) fn binding() -> Message {
    let mut message = Message::new();
    message
        .build(&[
            Box::new(stun::agent::TransactionId::new()),
            Box::new(stun::message::BINDING_REQUEST),
        ])
        .unwrap();
    message
}

pub(crate) struct Client {
    pub(crate) wire: Wire,
    credential: TurnCredential,
    realm: String,
    nonce: String,
    relayed: Option<SocketAddr>,
    /// Media that came while an answer was awaited.
    heard: VecDeque<Heard>,
}

impl Client {
    pub(crate) fn new(wire: Wire, credential: TurnCredential) -> Self {
        Self {
            wire,
            credential,
            realm: String::new(),
            nonce: String::new(),
            relayed: None,
            heard: VecDeque::new(),
        }
    }

    pub(crate) fn relayed(&self) -> SocketAddr {
        self.relayed.unwrap()
    }

    /// Asks for an allocation as browsers do: first without, then with credentials.
    pub(crate) fn allocate(&mut self) {
        assert_eq!(self.try_allocate(), Ok(()));
    }

    pub(crate) fn try_allocate(&mut self) -> Result<(), u16> {
        let transport = || RequestedTransport { protocol: PROTO_UDP };
        let challenge = self.ask(METHOD_ALLOCATE, vec![Box::new(transport())]);
        assert_eq!(error_code(&challenge), Some(401));
        self.realm = TextAttribute::get_from_as(&challenge, ATTR_REALM).unwrap().text;
        self.nonce = TextAttribute::get_from_as(&challenge, ATTR_NONCE).unwrap().text;
        let answer = self.request(METHOD_ALLOCATE, vec![Box::new(transport())])?;
        let mut relayed = RelayedAddress::default();
        relayed.get_from(&answer).unwrap();
        self.relayed = Some(SocketAddr::new(relayed.ip, relayed.port));
        Ok(())
    }

    pub(crate) fn permit(&mut self, peer: SocketAddr) {
        assert_eq!(self.try_permit(peer), Ok(()));
    }

    pub(crate) fn try_permit(&mut self, peer: SocketAddr) -> Result<(), u16> {
        self.request(METHOD_CREATE_PERMISSION, vec![Box::new(peer_address(peer))])
            .map(drop)
    }

    pub(crate) fn bind(&mut self, number: u16, peer: SocketAddr) {
        assert_eq!(self.try_bind(number, peer), Ok(()));
    }

    pub(crate) fn try_bind(&mut self, number: u16, peer: SocketAddr) -> Result<(), u16> {
        let attributes: Vec<Box<dyn Setter>> =
            vec![Box::new(ChannelNumber(number)), Box::new(peer_address(peer))];
        self.request(METHOD_CHANNEL_BIND, attributes).map(drop)
    }

    pub(crate) fn refresh(&mut self, lifetime: u64) -> Result<(), u16> {
        self.request(
            METHOD_REFRESH,
            vec![Box::new(Lifetime(Duration::from_secs(lifetime)))],
        )
        .map(drop)
    }

    pub(crate) fn send_channel(&mut self, number: u16, payload: &[u8]) {
        let padded = matches!(self.wire, Wire::Tcp { .. });
        self.wire.send(&channel_data(number, payload, padded));
    }

    pub(crate) fn send_to(&mut self, peer: SocketAddr, payload: &[u8]) {
        self.wire.send(&send_to(peer, payload));
    }

    /// The next media, or that there is none.
    pub(crate) fn hear(&mut self) -> Heard {
        self.hear_for(PATIENCE)
    }

    /// Fails if anything comes for a while.
    pub(crate) fn hears_nothing(&mut self) {
        assert_eq!(self.hear_for(SILENCE), Heard::Nothing);
    }

    pub(crate) fn hear_for(&mut self, patience: Duration) -> Heard {
        if let Some(heard) = self.heard.pop_front() {
            return heard;
        }
        match self.wire.receive(patience) {
            Ok(Some(packet)) => media(&packet).expect("media, not an answer"),
            Ok(None) => Heard::Nothing,
            Err(_) => Heard::Closed,
        }
    }

    /// A request with credentials; the answer, or its error code.
    fn request(&mut self, method: Method, mut attributes: Vec<Box<dyn Setter>>) -> Result<Message, u16> {
        let TurnCredential { username, password } = self.credential.clone();
        attributes.push(Box::new(TextAttribute::new(ATTR_USERNAME, username.clone())));
        attributes.push(Box::new(TextAttribute::new(ATTR_REALM, self.realm.clone())));
        attributes.push(Box::new(TextAttribute::new(ATTR_NONCE, self.nonce.clone())));
        attributes.push(Box::new(MessageIntegrity::new_long_term_integrity(
            username,
            self.realm.clone(),
            password,
        )));
        let answer = self.ask(method, attributes);
        if answer.typ.class == CLASS_SUCCESS_RESPONSE {
            Ok(answer)
        } else {
            Err(error_code(&answer).unwrap())
        }
    }

    /// A request as it stands, and its answer.
    fn ask(&mut self, method: Method, attributes: Vec<Box<dyn Setter>>) -> Message {
        let mut setters: Vec<Box<dyn Setter>> = vec![
            Box::new(stun::agent::TransactionId::new()),
            Box::new(MessageType::new(method, CLASS_REQUEST)),
        ];
        setters.extend(attributes);
        let mut request = Message::new();
        request.build(&setters).unwrap();
        self.exchange(&request)
    }

    /// Sends a request and waits for its answer; media that comes first is kept.
    pub(crate) fn exchange(&mut self, request: &Message) -> Message {
        self.wire.send(&request.raw);
        loop {
            let packet = self.wire.receive(PATIENCE).unwrap().expect("an answer");
            if let Some(heard) = media(&packet) {
                self.heard.push_back(heard);
                continue;
            }
            let answer = decoded(&packet);
            assert_eq!(answer.transaction_id, request.transaction_id);
            return answer;
        }
    }

    /// The client's own address as the relay sees it.
    pub(crate) fn mapped(&mut self) -> SocketAddr {
        let answer = self.exchange(&binding());
        assert_eq!(
            answer.typ,
            MessageType::new(METHOD_BINDING, CLASS_SUCCESS_RESPONSE)
        );
        let mut mapped = stun::xoraddr::XorMappedAddress::default();
        mapped.get_from(&answer).unwrap();
        SocketAddr::new(mapped.ip, mapped.port)
    }
}

/// A Send indication as libwebrtc writes it: the peer first, then the data.
pub(crate) fn send_to(peer: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut message = Message::new();
    let setters: [Box<dyn Setter>; 4] = [
        Box::new(stun::agent::TransactionId::new()),
        Box::new(send_indication()),
        Box::new(peer_address(peer)),
        Box::new(Data(payload.to_vec())),
    ];
    message.build(&setters).unwrap();
    message.raw
}

pub(crate) fn decoded(packet: &[u8]) -> Message {
    let mut message = Message::new();
    message.unmarshal_binary(packet).unwrap();
    message
}

/// ChannelData or a Data indication; `None` for answers.
fn media(packet: &[u8]) -> Option<Heard> {
    if packet[0] >= 0x40 {
        let [number, length] = [0, 2].map(|at| u16::from_be_bytes([packet[at], packet[at + 1]]));
        assert_eq!(packet.len(), 4 + usize::from(length), "on UDP without padding");
        return Some(Heard::Channel(number, packet[4..].to_vec()));
    }
    let message = decoded(packet);
    if message.typ.method != METHOD_DATA {
        return None;
    }
    let (mut peer, mut data) = (PeerAddress::default(), Data::default());
    peer.get_from(&message).unwrap();
    data.get_from(&message).unwrap();
    Some(Heard::Data(SocketAddr::new(peer.ip, peer.port), data.0))
}

fn peer_address(peer: SocketAddr) -> PeerAddress {
    PeerAddress {
        ip: peer.ip(),
        port: peer.port(),
    }
}

fn error_code(message: &Message) -> Option<u16> {
    let mut code = ErrorCodeAttribute::default();
    code.get_from(message).ok()?;
    Some(code.code.0)
}
