//! What the data plane may be told: sizes, deadlines, counts. Every bound that holds memory has its name here.
//!
//! Nothing here is TURN; lifetimes, quotas and rates belong to `parlour_relay::config::Config`.

use std::num::NonZeroUsize;
use std::time::Duration;

/// Which socket calls the UDP workers use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// The fast path where there is one (Linux: batches, merged receives and sends), else [`Self::Portable`].
    #[default]
    Native,
    /// One datagram per call, by way of the `quinn-udp` crate. Works everywhere; the judge in tests.
    Portable,
}

/// Settings of the data plane. Start from [`Settings::default`] and change what you must.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which socket calls to use.
    pub backend: Backend,
    /// UDP workers (threads, each with a socket of its own) per listening address.
    ///
    /// Default: one per core, at most 8.
    pub workers: NonZeroUsize,
    /// Receive buffer asked of the kernel for each UDP socket. Default 4 MiB, which is half a second of
    /// 60 Mbit/s; what was granted is told by [`Listeners::buffers`](crate::Listeners::buffers).
    pub receive_buffer_bytes: usize,
    /// Send buffer asked of the kernel for each UDP socket. Default 4 MiB.
    pub send_buffer_bytes: usize,
    /// The path's MTU, for merged sends only: a run of segments longer than this less 48 bytes of IPv6 and UDP
    /// header would be refused whole, where a single datagram is fragmented. Default 1500.
    pub mtu: u16,
    /// TCP and TLS connections altogether. Default 20 000.
    pub max_streams: usize,
    /// TCP and TLS connections from one IPv4 address or one IPv6 /64. Default 64.
    pub max_streams_per_prefix: usize,
    /// A longer frame on a TCP or TLS connection closes it. Default 4 KiB.
    pub max_frame_bytes: usize,
    /// How long a connection may take to its first complete message. Default 5 s.
    pub first_message_deadline: Duration,
    /// A connection that brings no complete message for so long is closed. Default 15 min: longer than the
    /// life of an allocation (600 s), so that a refresh always comes first.
    pub idle_deadline: Duration,
    /// A connection without an allocation is closed after so long, whatever else it sends. Default 60 s: a browser
    /// allocates within seconds, and whoever only asks for its address has heard it by then.
    pub allocation_deadline: Duration,
    /// Bytes that may wait for one connection to take them. Default 256 KiB.
    pub queue_bytes: usize,
    /// Media that waited longer than this for a connection to take it is dropped. Default 150 ms.
    pub queue_age: Duration,
}

/// More threads than this gain nothing: the kernel's UDP path is the limit, and each thread costs a replica.
const MAX_DEFAULT_WORKERS: usize = 8;

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            backend: Backend::default(),
            workers: NonZeroUsize::new(cores.min(MAX_DEFAULT_WORKERS)).unwrap_or(NonZeroUsize::MIN),
            receive_buffer_bytes: 4 << 20,
            send_buffer_bytes: 4 << 20,
            mtu: 1500,
            max_streams: 20_000,
            max_streams_per_prefix: 64,
            max_frame_bytes: 4096,
            first_message_deadline: Duration::from_secs(5),
            idle_deadline: Duration::from_secs(15 * 60),
            allocation_deadline: Duration::from_secs(60),
            queue_bytes: 256 << 10,
            queue_age: Duration::from_millis(150),
        }
    }
}
