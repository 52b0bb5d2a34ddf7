//! UDP on Linux: several datagrams per call, merged runs in (UDP_GRO) and out (UDP_SEGMENT).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};

use socket2::Socket;

use super::{Sent, canonical, in_family, ip_in_family};
use crate::ancillary::{Control, Name};
use crate::inbox::Inbox;
use crate::outbox::{Flight, Run};
use crate::sys::{self, MAX_MESSAGES, MAX_PIECES, Message};

/// udp(7): a merged send may have so many segments.
const MAX_SEGMENTS: usize = 64;

pub(crate) struct LinuxUdp {
    socket: Socket,
    v6: bool,
    /// Cleared when the kernel or a driver refuses a merged send for another reason than its size.
    segmentation: AtomicBool,
}

impl LinuxUdp {
    pub(crate) fn new(socket: Socket, tell_local: bool) -> io::Result<Self> {
        let v6 = socket.local_addr()?.is_ipv6();
        let fd = socket.as_fd();
        if tell_local && v6 {
            sys::set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?;
        } else if tell_local {
            sys::set_option(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
        }
        // Merging is a gain, not a need: a kernel before 4.18 or 5.0 says no and goes on without.
        let segmentation = sys::set_option(fd, libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok();
        let _merged_receives = sys::set_option(fd, libc::SOL_UDP, libc::UDP_GRO, 1);
        Ok(Self {
            socket,
            v6,
            segmentation: AtomicBool::new(segmentation),
        })
    }

    pub(crate) fn receive(&self, inbox: &mut Inbox) -> io::Result<()> {
        inbox.filled = 0;
        let slots = inbox.vacant();
        let filled = sys::receive(self.socket.as_fd(), slots)?;
        for slot in slots.iter_mut().take(filled) {
            let told = slot.raw.control.told();
            slot.from = if slot.raw.truncated {
                None
            } else {
                slot.raw.name.address().map(canonical)
            };
            slot.local = told.local.map(|ip| ip.to_canonical());
            slot.segment = told
                .segment
                .filter(|&size| size > 0)
                .map_or(slot.len, |size| size.min(slot.len));
        }
        inbox.note_filled(filled);
        Ok(())
    }

    pub(crate) fn send(&self, flight: Flight<'_>) -> Sent {
        let mut sent = Sent::default();
        let mut rest = flight.runs;
        while !rest.is_empty() {
            let mut messages = [const {
                Message {
                    name: Name::EMPTY,
                    control: Control::EMPTY,
                    pieces: 0,
                }
            }; 1];
            let mut many;
            // Most wake-ups bring one datagram; they do not pay for preparing a full batch.
            let messages = if rest.len() == 1 {
                messages[0] = self.message(&rest[0]);
                &mut messages[..]
            } else {
                many = [Message {
                    name: Name::EMPTY,
                    control: Control::EMPTY,
                    pieces: 0,
                }; MAX_MESSAGES];
                let mut pieces = 0;
                let fitting = rest.iter().take(MAX_MESSAGES).take_while(|run| {
                    pieces += run.count;
                    pieces <= MAX_PIECES
                });
                let count = fitting
                    .zip(&mut many)
                    .map(|(run, message)| *message = self.message(run))
                    .count();
                &mut many[..count]
            };
            let batch = &rest[..messages.len()];
            let gone = match sys::send(
                self.socket.as_fd(),
                messages,
                batch.iter().flat_map(|run| flight.pieces(run)),
            ) {
                Ok(gone) => gone,
                Err(error) => {
                    self.send_singly(&flight, &batch[0], &error, &mut sent);
                    rest = &rest[1..];
                    continue;
                }
            };
            sent.datagrams += batch[..gone].iter().map(|run| run.count as u64).sum::<u64>();
            sent.messages += gone as u64;
            rest = &rest[gone..];
        }
        sent
    }

    /// A merged run that was refused whole may still go as single datagrams: one that is too long for the
    /// path is then fragmented, and a driver that cannot cut has nothing to cut.
    fn send_singly(&self, flight: &Flight<'_>, run: &Run, error: &io::Error, sent: &mut Sent) {
        if run.count == 1 {
            sent.refused += 1;
            return;
        }
        if matches!(
            error.raw_os_error(),
            Some(libc::EIO | libc::EINVAL | libc::EOPNOTSUPP)
        ) {
            self.segmentation.store(false, Ordering::Relaxed);
        }
        for piece in flight.pieces(run) {
            if self.send_one(run.to, run.source, piece) {
                sent.datagrams += 1;
                sent.messages += 1;
            } else {
                sent.refused += 1;
            }
        }
    }

    pub(crate) fn send_one(&self, to: SocketAddr, source: Option<IpAddr>, bytes: &[u8]) -> bool {
        let mut message = self.addressed(to, source);
        sys::send(
            self.socket.as_fd(),
            std::slice::from_mut(&mut message),
            std::iter::once(bytes),
        )
        .is_ok()
    }

    fn message(&self, run: &Run) -> Message {
        let mut message = self.addressed(run.to, run.source);
        message.pieces = run.count;
        if run.count > 1 {
            message.control.push_segment(run.segment);
        }
        message
    }

    fn addressed(&self, to: SocketAddr, source: Option<IpAddr>) -> Message {
        let mut message = Message {
            name: Name::of(in_family(self.v6, to)),
            control: Control::EMPTY,
            pieces: 1,
        };
        if let Some(source) = source {
            message.control.push_source(ip_in_family(self.v6, source));
        }
        message
    }

    pub(crate) fn max_segments(&self) -> usize {
        if self.segmentation.load(Ordering::Relaxed) {
            MAX_SEGMENTS
        } else {
            1
        }
    }

    pub(crate) fn wake(&self) {
        // An unconnected UDP socket answers ENOTCONN to this, and still ends every wait for a datagram.
        let _not_connected = self.socket.shutdown(std::net::Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use parlour_relay::address::{FiveTuple, Transport};

    use super::*;
    use crate::outbox::{Outbox, Place, Way};

    /// Sends so many datagrams of so many bytes in one run; returns what became of them and what arrived.
    fn sent(udp: &LinuxUdp, count: usize, len: usize) -> (Sent, usize) {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let client = receiver.local_addr().unwrap();
        let to = FiveTuple {
            client,
            server: client,
            transport: Transport::Udp,
        };
        let mut outbox = Outbox::new();
        outbox.set_limits(9000, count);
        for n in 0..count {
            let range = outbox.spill(&vec![n as u8; len]);
            outbox.push(
                &to,
                Way {
                    group: 0,
                    source: None,
                },
                Place::Spill,
                range,
            );
        }
        let (_, flight) = outbox.flights(&[]).next().unwrap();
        assert_eq!(flight.runs.len(), 1);
        let sent = udp.send(flight);
        let mut buffer = [0; 65_535];
        let mut arrived = 0;
        while let Ok(received) = receiver.recv(&mut buffer) {
            assert_eq!(buffer[..received], vec![arrived as u8; len]);
            arrived += 1;
        }
        (sent, arrived)
    }

    fn udp() -> LinuxUdp {
        LinuxUdp::new(UdpSocket::bind("127.0.0.1:0").unwrap().into(), false).unwrap()
    }

    #[test]
    fn a_run_leaves_as_one_message_and_arrives_as_datagrams() {
        let udp = udp();
        let sent = sent(&udp, MAX_SEGMENTS, 100);
        assert_eq!(
            sent,
            (
                Sent {
                    datagrams: 64,
                    messages: 1,
                    refused: 0
                },
                64
            )
        );
        assert_eq!(udp.max_segments(), MAX_SEGMENTS);
    }

    /// No kernel takes so many segments: it answers EINVAL, as drivers do that cannot cut at all.
    #[test]
    fn a_run_that_is_refused_leaves_one_by_one_and_is_the_last() {
        let udp = udp();
        let sent = sent(&udp, 200, 10);
        assert_eq!(
            sent,
            (
                Sent {
                    datagrams: 200,
                    messages: 200,
                    refused: 0
                },
                200
            )
        );
        assert_eq!(udp.max_segments(), 1);
    }

    #[test]
    fn what_the_kernel_does_not_take_is_counted_and_does_not_hold_up_the_rest() {
        let udp = udp();
        let mut outbox = Outbox::new();
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let server = receiver.local_addr().unwrap();
        // Port 0 is no destination.
        for client in ["127.0.0.1:0".parse().unwrap(), server] {
            let range = outbox.spill(b"hello");
            let to = FiveTuple {
                client,
                server,
                transport: Transport::Udp,
            };
            outbox.push(
                &to,
                Way {
                    group: 0,
                    source: None,
                },
                Place::Spill,
                range,
            );
        }
        let (_, flight) = outbox.flights(&[]).next().unwrap();
        assert_eq!(
            udp.send(flight),
            Sent {
                datagrams: 1,
                messages: 1,
                refused: 1
            }
        );
        assert_eq!(receiver.recv(&mut [0; 10]).unwrap(), 5);
    }
}
