//! Clients in pairs, ready to talk: what they send and what they make of what they receive.

use std::io;

use crate::control::Allocation;
use crate::forwarder::HELLO;
use crate::link::{Link, Transport, source};
use crate::servers::{PEERS, Server};
use parlour_client::stun::{self, Writer};

const CHANNEL: u16 = 0x4000;

/// In which form a client sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// ChannelData, as Chromium does.
    Channel,
    /// Send and Data indications, as Firefox does (but without the FINGERPRINT, which costs the generator).
    Indication,
    /// Nothing but the payload: a peer outside.
    Bare,
}

/// One client with everything set up to talk to one other.
pub(crate) struct Endpoint {
    pub(crate) link: Link,
    /// Bytes before the payload; its length is in them.
    header: Vec<u8>,
    /// Where in the header the payload's length stands, and that of the whole message, if they do.
    lengths: [Option<usize>; 2],
    shape: Shape,
}

/// Sets up `pairs` pairs. A client has its own socket, its own allocation and, at Parlour, its own seat.
pub(crate) fn connect(
    server: &Server,
    pairs: usize,
    transport: &Transport,
    shape: Shape,
) -> io::Result<Vec<Endpoint>> {
    if server.kind.is_relay() {
        pair_up(allocate(server, 2 * pairs, transport)?, shape)
    } else {
        let ends: Vec<_> = (0..pairs)
            .map(|pair| bare_pair(server, pair))
            .collect::<io::Result<_>>()?;
        Ok(ends.into_iter().flatten().collect())
    }
}

/// One allocation for each of so many clients.
pub(crate) fn allocate(
    server: &Server,
    clients: usize,
    transport: &Transport,
) -> io::Result<Vec<Allocation>> {
    (0..clients)
        .map(|client| Allocation::new(transport, source(client), server.address, server.user(client)))
        .collect()
}

/// The first with the second, the third with the fourth, and so on; an odd one is left out.
pub(crate) fn pair_up(allocations: Vec<Allocation>, shape: Shape) -> io::Result<Vec<Endpoint>> {
    let mut endpoints = Vec::with_capacity(allocations.len());
    let mut allocations = allocations.into_iter();
    while let (Some(mut a), Some(mut b)) = (allocations.next(), allocations.next()) {
        introduce(&mut a, &b, shape)?;
        introduce(&mut b, &a, shape)?;
        let peers = [b.relayed, a.relayed];
        endpoints.push(Endpoint::new(a.link, shape, peers[0])?);
        endpoints.push(Endpoint::new(b.link, shape, peers[1])?);
    }
    Ok(endpoints)
}

/// `clients` clients, each with a peer outside that it has bound a channel to: client, peer, client, peer, and so on.
pub(crate) fn connect_peers(server: &Server, clients: usize) -> io::Result<Vec<Endpoint>> {
    let mut endpoints = Vec::with_capacity(2 * clients);
    for mut allocation in allocate(server, clients, &Transport::Udp)? {
        let peer = Link::peer(PEERS)?;
        let Link::Peer(socket) = &peer else {
            return Err(io::Error::other("a peer is a UDP socket"));
        };
        socket.connect(allocation.relayed)?;
        allocation.bind(CHANNEL, socket.local_addr()?)?;
        endpoints.push(Endpoint::new(allocation.link, Shape::Channel, server.address)?);
        endpoints.push(Endpoint::new(peer, Shape::Bare, server.address)?);
    }
    Ok(endpoints)
}

fn introduce(this: &mut Allocation, other: &Allocation, shape: Shape) -> io::Result<()> {
    match shape {
        Shape::Channel => this.bind(CHANNEL, other.relayed),
        Shape::Indication => this.permit(other.relayed),
        Shape::Bare => Err(io::Error::other("a peer outside has no allocation")),
    }
}

fn bare_pair(server: &Server, pair: usize) -> io::Result<Vec<Endpoint>> {
    let mut hello = [0; 8];
    hello[0] = HELLO;
    // Bytes 2 and 3 are a length, so that the generator can read it like ChannelData.
    hello[3] = 4;
    hello[4..].copy_from_slice(&(pair as u32).to_be_bytes());
    let ends = [2 * pair, 2 * pair + 1].map(|client| {
        let mut link = Link::open(&Transport::Udp, source(client), server.address)?;
        link.ask(&hello, |answer| answer == hello)?;
        Endpoint::new(link, Shape::Channel, server.address)
    });
    ends.into_iter().collect()
}

impl Endpoint {
    fn new(link: Link, shape: Shape, peer: std::net::SocketAddr) -> io::Result<Self> {
        link.set_nonblocking()?;
        let (header, lengths) = match shape {
            Shape::Bare => (Vec::new(), [None, None]),
            Shape::Channel => ([&CHANNEL.to_be_bytes()[..], &[0, 0]].concat(), [Some(2), None]),
            Shape::Indication => {
                let header = Writer::new(stun::SEND, [0x5A; 12]).peer(peer).data(&[]).bytes();
                let at = header.len() - 2;
                (header, [Some(at), Some(2)])
            }
        };
        Ok(Self {
            link,
            header,
            lengths,
            shape,
        })
    }

    /// Reads when a packet that arrives here was sent.
    pub(crate) const fn reader(&self) -> fn(&[u8]) -> Option<u64> {
        match self.shape {
            Shape::Bare => sent_at_bare,
            Shape::Channel | Shape::Indication => sent_at,
        }
    }

    /// Bytes on the wire of a packet with so much payload; payloads here are multiples of four.
    pub(crate) fn wire(&self, payload: usize) -> usize {
        self.header.len() + payload
    }

    /// Appends a packet that says when it was sent.
    pub(crate) fn write(&self, out: &mut Vec<u8>, payload: usize, now: u64) {
        let start = out.len();
        out.extend_from_slice(&self.header);
        let [data, message] = self.lengths;
        if let Some(data) = data {
            out[start + data..start + data + 2].copy_from_slice(&(payload as u16).to_be_bytes());
        }
        if let Some(message) = message {
            let len = self.header.len() + payload - stun::HEADER;
            out[start + message..start + message + 2].copy_from_slice(&(len as u16).to_be_bytes());
        }
        out.extend_from_slice(&now.to_be_bytes());
        out.resize(start + self.wire(payload), 0xA5);
    }
}

/// When a packet was sent; `None` for anything that is no media.
fn sent_at(packet: &[u8]) -> Option<u64> {
    sent_at_bare(stun::payload(packet)?)
}

fn sent_at_bare(payload: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(payload.get(..8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_with_its_time() {
        for shape in [Shape::Channel, Shape::Indication] {
            let server = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
            let address = server.local_addr().unwrap();
            let link = Link::open(&Transport::Udp, source(0), address).unwrap();
            let endpoint = Endpoint::new(link, shape, address).unwrap();
            let mut packets = Vec::new();
            endpoint.write(&mut packets, 120, 7);
            endpoint.write(&mut packets, 120, 8);
            let (first, second) = packets.split_at(endpoint.wire(120));
            assert_eq!((sent_at(first), sent_at(second)), (Some(7), Some(8)));
            assert_eq!(stun::datagram_length(&packets), Some(first.len()));
            assert_eq!(stun::frame_length(first), Some(first.len()));
        }
    }
}
