//! What the data plane counts, and how the counts are read.
//!
//! Each desk (a worker, a share of the streams) has counters of its own, on cache lines of their own, and adds
//! to them once per batch. Why packets were dropped by policy is counted by the relay itself.

use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($(#[doc = $doc:literal] $name:ident,)*) => {
        /// Sums since the start, over all workers and streams.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counts { $(#[doc = $doc] pub $name: u64,)* }

        impl Counts {
            /// Every counter with its name and what it counts.
            pub fn all(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
                [$((stringify!($name), $doc, self.$name),)*].into_iter()
            }
        }

        impl AddAssign for Counts {
            fn add_assign(&mut self, other: Self) {
                $(self.$name += other.$name;)*
            }
        }

        /// The counters of one desk.
        #[derive(Default)]
        #[repr(align(128))]
        pub(crate) struct Counters { $($name: AtomicU64,)* }

        impl Counters {
            /// Adds what one batch brought.
            pub(crate) fn add(&self, counts: &Counts) {
                $(if counts.$name != 0 {
                    self.$name.fetch_add(counts.$name, Ordering::Relaxed);
                })*
            }

            pub(crate) fn read(&self) -> Counts {
                Counts { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// System calls that brought datagrams.
    udp_receives,
    /// Datagrams received.
    udp_datagrams_received,
    /// Bytes received in datagrams, without IP and UDP headers.
    udp_bytes_received,
    /// Errors while receiving; the worker went on.
    udp_receive_errors,
    /// Datagrams longer than any buffer, or without a source.
    udp_datagrams_unusable,
    /// Media datagrams sent.
    udp_datagrams_sent,
    /// Messages that these left in: a merged run is one.
    udp_messages_sent,
    /// Bytes of media sent in datagrams, without IP and UDP headers.
    udp_bytes_sent,
    /// Media datagrams that the kernel did not take.
    udp_datagrams_refused,
    /// Frames received over TCP and TLS.
    stream_frames_received,
    /// Bytes of those frames, padding included.
    stream_bytes_received,
    /// Media frames put into the queue of a TCP or TLS connection.
    stream_frames_queued,
    /// Media frames dropped because they were too old, the queue was full, or its connection was closing.
    stream_frames_dropped,
    /// Packets handed to the control machine, by whatever transport.
    control_packets,
    /// TCP and TLS connections let in.
    streams_opened,
    /// TCP and TLS connections refused because there were too many.
    streams_refused,
    /// Connections closed because what they sent was no TURN, or a frame above the limit.
    streams_invalid,
    /// Connections closed because no complete message came in time.
    streams_timed_out,
    /// Connections closed by the relay: their seat ended, or they did not take its answers.
    streams_closed_by_relay,
}
