//! The loads that servers are compared under.
//!
//! Parlour runs with its default budgets (8 Mbit/s for an allocation, 100 Mbit/s for a room of sixteen), so a load
//! has as many clients as keep each below them; everybody else gets the same.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use crate::endpoint::{Shape, connect, connect_peers};
use crate::link::Transport;
use crate::load::{Outcome, Timetable, bounce, paced};
use crate::servers::{Door, Kind, Server};

/// A load by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Case {
    /// 128 clients, 120 bytes over channels, 128 packets in flight
    Audio,
    /// The same as Send and Data indications
    Indications,
    /// The same over TCP
    Tcp,
    /// The same over TLS
    Tls,
    /// 64 clients and 64 peers outside, 120 bytes over channels, 128 packets in flight
    Peers,
    /// 50 clients with a peer outside each, 10 000 evenly spaced packets of 120 bytes a second
    PeersPaced,
    /// 240 clients, 96 000 packets of 1200 bytes a second in bursts of 16 that arrive in one piece
    MergedBursts,
    /// The same, arriving one by one
    Bursts,
    /// 800 clients, runs of 16 × 1200 bytes in one piece at 320 000 packets a second
    Flood,
    /// 50 clients with audio and 1.5 Mbit/s of video each
    Call,
    /// The same with video frames that arrive in one piece
    MergedCall,
    /// 50 clients, 2 000 evenly spaced packets of 120 bytes a second
    Light,
}

/// Bytes of an audio packet and of a full video packet.
const AUDIO: usize = 120;
const VIDEO: usize = 1200;
/// Packets of a burst: a key frame, or what pacing lets through at once.
const BURST: usize = 16;

impl Case {
    pub(crate) const ALL: [Self; 12] = [
        Self::Audio,
        Self::Indications,
        Self::Tcp,
        Self::Tls,
        Self::Peers,
        Self::PeersPaced,
        Self::MergedBursts,
        Self::Bursts,
        Self::Flood,
        Self::Call,
        Self::MergedCall,
        Self::Light,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Audio => {
                "Saturated, 120 B one by one (128 clients, 128 packets in flight, channels over UDP)"
            }
            Self::Indications => "Saturated, 120 B as Send and Data indications (128 clients, 128 in flight)",
            Self::Tcp => "Saturated, 120 B over TCP (128 clients, 128 in flight)",
            Self::Tls => "Saturated, 120 B over TLS 1.2 with AES-256-GCM (128 clients, 128 in flight)",
            Self::Peers => {
                "Saturated, 120 B between clients and peers outside (64 of each, 128 in flight, channels over UDP)"
            }
            Self::PeersPaced => {
                "10 000 packets/s of 120 B between clients and peers outside, evenly spaced (50 of each)"
            }
            Self::MergedBursts => "1200 B in bursts of 16 that arrive merged, 96 000 packets/s (240 clients)",
            Self::Bursts => "1200 B in bursts of 16 that arrive one by one, 96 000 packets/s (240 clients)",
            Self::Flood => {
                "1200 B in bursts of 16 that arrive merged, 320 000 packets/s offered (800 clients)"
            }
            Self::Call => "Call profile: 50 clients with 50 audio packets/s and 26 frames of 6 × 1200 B each",
            Self::MergedCall => "Call profile, video frames arrive merged",
            Self::Light => "Light: 2 000 packets/s of 120 B, evenly spaced (50 clients)",
        }
    }

    pub(crate) const fn clients(self) -> usize {
        match self {
            Self::Audio | Self::Indications | Self::Tcp | Self::Tls => 128,
            Self::MergedBursts | Self::Bursts => 240,
            Self::Flood => 800,
            Self::Peers => 64,
            Self::Call | Self::MergedCall | Self::Light | Self::PeersPaced => 50,
        }
    }

    /// Whether a server can be measured so: the bare forwarders know only ChannelData over UDP, and meetings have no
    /// peers outside.
    pub(crate) const fn suits(self, kind: Kind) -> bool {
        match self {
            Self::Peers | Self::PeersPaced => kind.reaches_peers(),
            Self::Indications | Self::Tcp | Self::Tls => kind.is_relay(),
            Self::Audio
            | Self::MergedBursts
            | Self::Bursts
            | Self::Flood
            | Self::Call
            | Self::MergedCall
            | Self::Light => !matches!(kind, Kind::ParlourPublic),
        }
    }

    /// Which of a server's doors the clients come by.
    pub(crate) const fn door(self) -> Door {
        match self {
            Self::Tls => Door::Tls,
            Self::Audio
            | Self::Indications
            | Self::Tcp
            | Self::Peers
            | Self::PeersPaced
            | Self::MergedBursts
            | Self::Bursts
            | Self::Flood
            | Self::Call
            | Self::MergedCall
            | Self::Light => Door::Plain,
        }
    }

    /// Runs the load for the time `length`, after a short warm-up.
    pub(crate) fn run(
        self,
        server: &Server,
        tls: &Arc<ClientConfig>,
        length: Duration,
    ) -> io::Result<Outcome> {
        let pid = server.pid();
        let (transport, shape) = match self {
            Self::Peers => {
                return bounce(&mut connect_peers(server, self.clients())?, 2, AUDIO, length, pid);
            }
            Self::PeersPaced => {
                let timetables = evenly(2 * self.clients(), 10_000);
                return paced(
                    &mut connect_peers(server, self.clients())?,
                    &timetables,
                    length,
                    pid,
                );
            }
            Self::Tcp => (Transport::Tcp, Shape::Channel),
            Self::Tls => (Transport::Tls(Arc::clone(tls)), Shape::Channel),
            Self::Indications => (Transport::Udp, Shape::Indication),
            Self::Audio
            | Self::MergedBursts
            | Self::Bursts
            | Self::Flood
            | Self::Call
            | Self::MergedCall
            | Self::Light => (Transport::Udp, Shape::Channel),
        };
        let mut endpoints = connect(server, self.clients() / 2, &transport, shape)?;
        match self {
            Self::Audio | Self::Indications | Self::Tcp | Self::Tls | Self::Peers | Self::PeersPaced => {
                bounce(&mut endpoints, 2, AUDIO, length, pid)
            }
            Self::MergedBursts | Self::Flood => {
                for endpoint in &endpoints {
                    endpoint.link.merge_arrivals()?;
                }
                paced(&mut endpoints, &bursts(self.clients(), true), length, pid)
            }
            Self::Bursts => paced(&mut endpoints, &bursts(self.clients(), false), length, pid),
            Self::Call => paced(&mut endpoints, &call(self.clients(), false), length, pid),
            Self::MergedCall => {
                for endpoint in &endpoints {
                    endpoint.link.merge_arrivals()?;
                }
                paced(&mut endpoints, &call(self.clients(), true), length, pid)
            }
            Self::Light => paced(&mut endpoints, &evenly(self.clients(), 2_000), length, pid),
        }
    }
}

/// Every client 25 bursts a second: 400 packets, 3.84 Mbit/s.
fn bursts(clients: usize, merged: bool) -> Vec<Timetable> {
    let every = Duration::from_millis(40);
    (0..clients)
        .map(|endpoint| Timetable {
            endpoint,
            payload: VIDEO,
            burst: BURST,
            merged,
            every,
            first: spread(every, endpoint, clients),
        })
        .collect()
}

/// Every client: audio each 20 ms, a frame of six packets each 38.5 ms (1.5 Mbit/s).
fn call(clients: usize, merged: bool) -> Vec<Timetable> {
    let (audio, video) = (Duration::from_millis(20), Duration::from_micros(38_500));
    let both = |endpoint| {
        let quiet = Timetable {
            endpoint,
            payload: AUDIO,
            burst: 1,
            merged: false,
            every: audio,
            first: spread(audio, endpoint, clients),
        };
        let first = spread(video, endpoint * 7 % clients, clients);
        [
            quiet,
            Timetable {
                payload: VIDEO,
                burst: 6,
                merged,
                every: video,
                first,
                ..quiet
            },
        ]
    };
    (0..clients).flat_map(both).collect()
}

/// `rate` packets of audio size a second from all clients together, one after the other.
pub(crate) fn evenly(clients: usize, rate: u32) -> Vec<Timetable> {
    let every = Duration::from_secs(1) * u32::try_from(clients).unwrap_or(u32::MAX) / rate;
    (0..clients)
        .map(|endpoint| Timetable {
            endpoint,
            payload: AUDIO,
            burst: 1,
            merged: false,
            every,
            first: spread(every, endpoint, clients),
        })
        .collect()
}

fn spread(every: Duration, index: usize, of: usize) -> Duration {
    every.mul_f64(index as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets_per_second(timetables: &[Timetable]) -> f64 {
        timetables
            .iter()
            .map(|timetable| timetable.burst as f64 / timetable.every.as_secs_f64())
            .sum()
    }

    #[test]
    fn titles_tell_the_true_rates() {
        assert_eq!(packets_per_second(&bursts(240, true)).round(), 96_000.0);
        assert_eq!(
            packets_per_second(&bursts(Case::Flood.clients(), true)).round(),
            320_000.0
        );
        assert_eq!(packets_per_second(&evenly(50, 2_000)).round(), 2_000.0);
        assert_eq!(packets_per_second(&call(50, false)).round(), 10_292.0);
    }

    /// Parlour's defaults: 8 Mbit/s for an allocation, 100 Mbit/s for a room of sixteen.
    #[test]
    fn paced_loads_stay_within_the_budgets() {
        for timetables in [bursts(240, true), call(50, true), evenly(50, 2_000)] {
            for client in 0..50 {
                let of_client = timetables.iter().filter(|timetable| timetable.endpoint == client);
                let bits: f64 = of_client
                    .map(|timetable| {
                        (8 * timetable.payload * timetable.burst) as f64 / timetable.every.as_secs_f64()
                    })
                    .sum();
                assert!(bits < 100e6 / 16.0, "{bits}");
            }
        }
    }
}
