//! What an operator may choose about the relay: its name, its virtual address, and every budget.
//!
//! Each bound that a stranger or a member can run into is a field here with its default and the answer
//! that whoever exceeds it gets. Values are taken as they are; the program validates what people type.

use std::net::Ipv4Addr;
use std::time::Duration;

/// Settings of one relay. `Config::default()` is the closed relay with a made-up address (192.0.2.1).
#[derive(Clone, Debug)]
pub struct Config {
    /// REALM (RFC 8489 §14.9). At most 8 bytes keep the challenge inside [`Self::amplification_percent`]
    /// of a bare Allocate; a longer realm means that such a request gets no answer.
    pub realm: String,
    /// The address of every relayed transport address. Nothing listens there on behalf of the relay; all
    /// participants of a room must see the same value. Prefer the host's public IPv4, then another
    /// non-loopback IPv4 of its own.
    pub relayed_ip: Ipv4Addr,
    /// Port numbers never handed out: those the host listens on, since stray checks from host candidates
    /// reach the real address (a Binding success from our own STUN server would look like a peer).
    pub reserved_ports: Vec<u16>,

    /// Unauthenticated replies over UDP per second and source (IPv4 /32, IPv6 /64). Beyond: silence.
    pub replies_per_source: u32,
    /// How many of those may come at once. A page that opens many connections asks once for each.
    pub reply_burst_per_source: u32,
    /// Unauthenticated replies over UDP per second of the whole server. Beyond, only sources that have
    /// authenticated recently are answered.
    pub replies_per_server: u32,
    /// Sources remembered for the limits above, 24 bytes each. When full, the longest unused is forgotten.
    pub tracked_sources: usize,
    /// An unauthenticated reply over UDP larger than this percentage of its request is not sent.
    pub amplification_percent: usize,
    /// A nonce is good for this long; after that 438 (RFC 8489 §9.2.4). Rounded up to 10 s, at most 600 s.
    pub nonce_life: Duration,

    /// Allocations that a seat may hold for each other member of its room, and never fewer than this.
    /// Browsers make up to 12 per connection before bundling. Beyond: 486.
    pub allocations_per_peer: usize,
    /// At its quota, a seat loses an allocation that has been silent for this long instead of being
    /// refused: after a NAT rebinding the browser cannot free its old ones.
    pub silent_after: Duration,
    /// Allocations of the whole server; one address has 64 512 numbers. Beyond: 508.
    pub allocations_per_server: usize,
    /// Freed numbers that a seat may have in quarantine, so that nobody uses up all of them by allocating
    /// and freeing. Beyond: 486.
    pub quarantined_per_seat: usize,
    /// A freed number is not handed out again for this long. Not shorter than a channel lives (600 s):
    /// an old channel must never reach a newcomer.
    pub quarantine: Duration,
    /// Lifetime given to every allocation (RFC 8656 §7.2: 600 s, and never less than that by default).
    pub allocation_lifetime: Duration,
    /// How much longer an allocation really lives: Firefox refreshes ten seconds before the end, so one
    /// lost packet must not cost the call.
    pub allocation_grace: Duration,

    /// Peers that one CreatePermission may name. All collapse into one permission. Beyond: 508.
    pub permissions_per_allocation: usize,
    /// Channels of one allocation, cooling ones included. Beyond: 508. At most 255.
    pub channels_per_allocation: usize,
    /// Authenticated requests per second and seat; twice of it at once. Beyond: silence.
    pub requests_per_seat: u32,

    /// Media of one allocation in bits per second, headers of TURN not counted. Beyond: dropped.
    pub bits_per_allocation: u64,
    /// How many bytes an allocation may send at once.
    pub burst_per_allocation: u64,
    /// Media of one room in bits per second. Beyond: dropped, the largest senders' packets first and
    /// packets of at most [`Self::audio_bytes`] last.
    pub bits_per_room: u64,
    /// How many bytes a room may send at once.
    pub burst_per_room: u64,
    /// Payloads up to this size are taken for audio and dropped last.
    pub audio_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            realm: "parlour".to_owned(),
            relayed_ip: Ipv4Addr::new(192, 0, 2, 1),
            reserved_ports: vec![3478, 5349],
            replies_per_source: 10,
            reply_burst_per_source: 20,
            replies_per_server: 2_000,
            tracked_sources: 65_536,
            amplification_percent: 230,
            nonce_life: Duration::from_secs(600),
            allocations_per_peer: 16,
            silent_after: Duration::from_secs(60),
            allocations_per_server: 64_000,
            quarantined_per_seat: 1_024,
            quarantine: Duration::from_secs(600),
            allocation_lifetime: Duration::from_secs(600),
            allocation_grace: Duration::from_secs(30),
            permissions_per_allocation: 64,
            channels_per_allocation: 32,
            requests_per_seat: 200,
            bits_per_allocation: 8_000_000,
            burst_per_allocation: 256 * 1024,
            bits_per_room: 100_000_000,
            burst_per_room: 2 * 1024 * 1024,
            audio_bytes: 320,
        }
    }
}
