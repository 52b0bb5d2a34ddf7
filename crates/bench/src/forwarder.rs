//! A bare forwarder: the physical limit that a relay in user space is compared with.
//!
//! It knows pairs of addresses and nothing else: no TURN, no rooms, no budgets, no timers. Two kinds: one message
//! for each datagram (recvmmsg, sendmmsg), and runs merged on both ways (UDP_GRO, UDP_SEGMENT).

use std::collections::HashMap;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;

use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, recvmsg, sendmmsg,
    sendmsg, setsockopt, sockopt,
};

use crate::link::ROOM;

/// A client says this byte and its pair's number to be known; it comes back as it was said.
pub(crate) const HELLO: u8 = 0xFF;
const BATCH: usize = 32;
const DATAGRAM: usize = 2048;

/// Runs until the process is ended; prints its address first.
pub(crate) fn run(merges: bool, announce: impl FnOnce(std::net::SocketAddr)) -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    setsockopt(&socket, sockopt::RcvBuf, &(4 << 20))?;
    setsockopt(&socket, sockopt::SndBuf, &(4 << 20))?;
    announce(socket.local_addr()?);
    let mut pairs = Pairs::default();
    if merges {
        run_merged(&socket, &mut pairs)
    } else {
        run_batched(&socket, &mut pairs)
    }
}

#[derive(Default)]
struct Pairs {
    waiting: HashMap<Vec<u8>, SockaddrIn>,
    other: HashMap<SockaddrIn, SockaddrIn>,
}

impl Pairs {
    /// Where a packet goes; a hello goes back.
    fn destination(&mut self, from: SockaddrIn, packet: &mut [u8]) -> Option<SockaddrIn> {
        if packet.first() == Some(&HELLO) {
            match self.waiting.remove(packet) {
                Some(first) if first != from => {
                    self.other.insert(first, from);
                    self.other.insert(from, first);
                }
                Some(_) | None => {
                    self.waiting.insert(packet.to_vec(), from);
                }
            }
            return Some(from);
        }
        // A relay rewrites the channel number; so does this.
        packet.get_mut(..2)?.copy_from_slice(&0x4001_u16.to_be_bytes());
        self.other.get(&from).copied()
    }
}

fn run_batched(socket: &UdpSocket, pairs: &mut Pairs) -> io::Result<()> {
    let fd = socket.as_raw_fd();
    let mut buffers = Box::new([[0_u8; DATAGRAM]; BATCH]);
    let mut incoming = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    let mut outgoing = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    loop {
        let mut came = [(0, None); BATCH];
        {
            let mut pieces = buffers.each_mut().map(|buffer| [IoSliceMut::new(buffer)]);
            let flags = MsgFlags::MSG_WAITFORONE;
            let received = recvmmsg(fd, &mut incoming, pieces.iter_mut(), flags, None)?;
            for (message, came) in received.zip(&mut came) {
                *came = (message.bytes, message.address);
            }
        }
        let mut addresses = [None; BATCH];
        let mut count = 0;
        let mut lengths = [(0, 0); BATCH];
        for (index, (len, from)) in came.into_iter().enumerate() {
            if let Some(from) = from
                && let Some(to) = pairs.destination(from, &mut buffers[index][..len])
            {
                addresses[count] = Some(to);
                lengths[count] = (index, len);
                count += 1;
            }
        }
        let pieces = lengths.map(|(index, len)| [IoSlice::new(&buffers[index][..len])]);
        if count > 0 {
            // A receiver that is too slow loses datagrams, as on any network.
            let _ = sendmmsg(
                fd,
                &mut outgoing,
                &pieces[..count],
                &addresses[..count],
                [],
                MsgFlags::MSG_DONTWAIT,
            );
        }
    }
}

fn run_merged(socket: &UdpSocket, pairs: &mut Pairs) -> io::Result<()> {
    setsockopt(socket, sockopt::UdpGroSegment, &true)?;
    let fd = socket.as_raw_fd();
    let mut buffer = vec![0; ROOM];
    let mut control = nix::cmsg_space!(i32);
    loop {
        let (len, from, segment) = {
            let mut pieces = [IoSliceMut::new(&mut buffer)];
            let message = recvmsg::<SockaddrIn>(fd, &mut pieces, Some(&mut control), MsgFlags::empty())?;
            let mut segment = None;
            for control in message.cmsgs()? {
                if let ControlMessageOwned::UdpGroSegments(size) = control {
                    segment = u16::try_from(size).ok();
                }
            }
            (message.bytes, message.address, segment)
        };
        let Some(from) = from else { continue };
        let mut to = None;
        for packet in buffer[..len].chunks_mut(segment.map_or(ROOM, usize::from)) {
            to = pairs.destination(from, packet);
        }
        let Some(to) = to else { continue };
        let pieces = [IoSlice::new(&buffer[..len])];
        let sent = match &segment {
            Some(segment) if len > usize::from(*segment) => {
                let control = [ControlMessage::UdpGsoSegments(segment)];
                sendmsg(fd, &pieces, &control, MsgFlags::MSG_DONTWAIT, Some(&to))
            }
            Some(_) | None => sendmsg(fd, &pieces, &[], MsgFlags::MSG_DONTWAIT, Some(&to)),
        };
        // A receiver that is too slow loses datagrams, as on any network.
        let _ = sent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hellos_make_a_pair() {
        let (a, b) = (SockaddrIn::new(127, 0, 0, 1, 1), SockaddrIn::new(127, 0, 0, 1, 2));
        let mut pairs = Pairs::default();
        let mut hello = [HELLO, 0, 0, 0, 7];
        assert_eq!(pairs.destination(a, &mut hello), Some(a));
        assert_eq!(pairs.destination(a, &mut hello), Some(a), "said twice");
        assert_eq!(pairs.destination(b, &mut hello), Some(b));
        let mut packet = [0x40, 9, 0, 0];
        assert_eq!(pairs.destination(a, &mut packet), Some(b));
        assert_eq!(packet[..2], [0x40, 1]);
        assert_eq!(
            pairs.destination(SockaddrIn::new(127, 0, 0, 1, 3), &mut packet),
            None
        );
    }
}
