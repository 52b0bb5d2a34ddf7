//! The relay on one socket and one thread: what a shell has to do, without tokio and without batches.
//!
//! Run it, then point any TURN client at it with the printed credentials; both seats are in one room:
//!
//! ```sh
//! cargo run -p parlour-relay --example drive_the_relay
//! turnutils_uclient -y -u USER -w PASSWORD -p 3478 127.0.0.1
//! ```
#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the shell is where the world is touched"
)]

use std::io;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use parlour_credentials::{Credentials, RoomTag, SeatId};
use parlour_relay::{Config, FiveTuple, Flows, HEADROOM, Output, Relay, TAILROOM, Transport, Verdict};

const ADDRESS: &str = "127.0.0.1:3478";
const DATAGRAM: usize = 1500;

fn main() -> io::Result<()> {
    let socket = UdpSocket::bind(ADDRESS)?;
    let server = socket.local_addr()?;

    let config = Config::default();
    // Fixed keys make an example that can be repeated; a server draws them at random.
    let credentials = Credentials::new([1; 32]);
    let mut flows = Flows::new(&config);
    let mut relay = Relay::new(Instant::now(), config, credentials.clone(), [2; 32]);
    for number in [1, 2] {
        let seat = SeatId::from_random([number; 16]);
        relay.handle_seat_opened(Instant::now(), seat, RoomTag(7));
        let minted = credentials.mint(seat);
        println!("user {} password {}", minted.username, minted.password);
    }

    // The packet lies where a longer header fits in front of it and padding behind.
    let mut buffer = vec![0; HEADROOM + DATAGRAM + TAILROOM];
    loop {
        let wake = relay
            .poll_timeout()
            .map(|at| at.saturating_duration_since(Instant::now()));
        socket.set_read_timeout(Some(
            wake.unwrap_or(Duration::from_secs(60))
                .max(Duration::from_millis(1)),
        ))?;
        let received = socket.recv_from(&mut buffer[HEADROOM..HEADROOM + DATAGRAM]);
        let now = Instant::now();
        match received {
            Ok((length, client)) => {
                let from = FiveTuple {
                    client,
                    server,
                    transport: Transport::Udp,
                };
                let packet = HEADROOM..HEADROOM + length;
                match flows.forward(now, from, &buffer[packet.clone()]) {
                    Verdict::Forward(forward) => {
                        let out = forward.rewrite(&mut buffer, packet);
                        // UDP promises nothing, and neither do we: what cannot be sent is lost.
                        let _ = socket.send_to(&buffer[out], forward.to.client);
                    }
                    Verdict::Control => relay.handle_client(now, from, &buffer[packet]),
                    Verdict::Drop(_) => {}
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                relay.handle_timeout(now);
            }
            // An ICMP error about somebody who has gone; the next datagram is somebody else's.
            Err(_) => {}
        }
        while let Some(output) = relay.poll_output() {
            match output {
                Output::Transmit { to, bytes } => {
                    let _ = socket.send_to(&bytes, to.client);
                }
                Output::Flow(change) => flows.apply(&change),
                Output::CloseStream(_) => {}
            }
        }
    }
}
