//! UDP on any system, by way of `quinn-udp`: one datagram per call out, one buffer per call in.
//!
//! That crate asks for the local address of each datagram and can send from it on every system it knows; it
//! also forbids fragmentation, so that datagrams longer than the path's MTU are lost here.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::Socket;

use super::{Sent, canonical, in_family, ip_in_family};
use crate::inbox::{Inbox, Slot};
use crate::outbox::Flight;

/// How long a worker waits before it looks whether it shall stop: two wake-ups a second when idle.
const WAIT: Duration = Duration::from_millis(500);

pub(crate) struct PortableUdp {
    socket: Socket,
    state: UdpSocketState,
    v6: bool,
    tell_local: bool,
}

impl PortableUdp {
    pub(crate) fn new(socket: Socket, tell_local: bool) -> io::Result<Self> {
        let v6 = socket.local_addr()?.is_ipv6();
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(WAIT))?;
        Ok(Self {
            socket,
            state,
            v6,
            tell_local,
        })
    }

    pub(crate) fn receive(&self, inbox: &mut Inbox) -> io::Result<()> {
        inbox.filled = 0;
        let slot = &mut inbox.slots[0];
        let mut buffers = [IoSliceMut::new(&mut slot.bytes[Slot::WINDOW])];
        let mut told = [RecvMeta::default()];
        let filled = self
            .state
            .recv(UdpSockRef::from(&self.socket), &mut buffers, &mut told)?;
        let [told] = told;
        slot.from = Some(canonical(told.addr));
        slot.local = told
            .dst_ip
            .filter(|_| self.tell_local)
            .map(|ip| ip.to_canonical());
        slot.len = told.len;
        slot.segment = told.stride.clamp(1, told.len.max(1));
        inbox.note_filled(filled);
        Ok(())
    }

    pub(crate) fn send(&self, flight: Flight<'_>) -> Sent {
        let mut sent = Sent::default();
        for run in flight.runs {
            for piece in flight.pieces(run) {
                if self.send_one(run.to, run.source, piece) {
                    sent.datagrams += 1;
                    sent.messages += 1;
                } else {
                    sent.refused += 1;
                }
            }
        }
        sent
    }

    pub(crate) fn send_one(&self, to: SocketAddr, source: Option<IpAddr>, contents: &[u8]) -> bool {
        let transmit = Transmit {
            destination: in_family(self.v6, to),
            ecn: None,
            contents,
            segment_size: None,
            src_ip: source.map(|ip| ip_in_family(self.v6, ip)),
        };
        self.state
            .try_send(UdpSockRef::from(&self.socket), &transmit)
            .is_ok()
    }
}
