//! What can be typed: commands, flags, and the environment variables that stand for them.
//!
//! The help text is the manual, so every flag says what it does, what it defaults to and when to touch it.
//! What the words mean together is decided in `settings`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Small end-to-end encrypted meetings: page, signaling and relay in one binary.
///
/// Without any option: the page on http://127.0.0.1:8080 and the TURN relay on 127.0.0.1:3478, for a first
/// look on this machine. Nothing is stored; nobody else is contacted.
#[derive(Debug, Parser)]
#[command(
    name = "parlour",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    /// What to do; serving is the default.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of `serve`, which may be given without naming it.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// The commands besides plain `parlour`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server (the default)
    Serve(ServeArgs),
    /// Print the version
    Version {
        /// Print a JSON object instead of a line
        #[arg(long)]
        json: bool,
    },
}

/// Options of the running server.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Where the page and signaling are served, as ADDRESS:PORT
    #[arg(
        long,
        env = "PARLOUR_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDR"
    )]
    pub listen: SocketAddr,

    /// Where the TURN/STUN relay listens, UDP and TCP on the same ADDRESS:PORT
    #[arg(
        long,
        env = "PARLOUR_RELAY_LISTEN",
        default_value = "127.0.0.1:3478",
        value_name = "ADDR"
    )]
    pub relay_listen: SocketAddr,

    /// Name or address under which browsers reach the relay [default: the one they opened the page by, or
    /// the address of --relay-listen if that names one]
    #[arg(long, env = "PARLOUR_RELAY_HOST", value_name = "HOST")]
    pub relay_host: Option<String>,

    /// IPv4 address that stands in relayed candidates; nothing is sent to it [default: this machine's own]
    #[arg(long, env = "PARLOUR_RELAYED_ADDRESS", value_name = "IP")]
    pub relayed_address: Option<IpAddr>,

    /// Other web origins whose pages may use this server's signaling, such as `https://example.org`, or `*`
    #[arg(
        long,
        env = "PARLOUR_ALLOW_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub allow_origin: Vec<String>,

    /// Most people in one room; beyond about 8 direct calls get heavy
    #[arg(long, env = "PARLOUR_MAX_PEOPLE", default_value_t = 8, value_name = "N",
          value_parser = clap::value_parser!(u8).range(2..=16))]
    pub max_people: u8,

    /// Threads that carry relayed media [default: one per core, at most 8]
    #[arg(long, env = "PARLOUR_RELAY_WORKERS", value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub relay_workers: Option<u16>,

    /// How much to say on standard error; addresses and names appear at no level above debug
    #[arg(long, env = "PARLOUR_LOG", default_value = "info", value_name = "LEVEL")]
    pub log: LogLevel,

    /// The TURN server for other applications. Last, since its heading in the help text covers what follows.
    #[command(flatten)]
    pub public_relay: Box<PublicRelayArgs>,
}

/// Options of the TURN server for other applications, such as Nextcloud Talk or Synapse. Off by default.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "TURN for other applications (off by default)")]
pub struct PublicRelayArgs {
    /// Where other applications' clients reach TURN, UDP and TCP on the same ADDRESS:PORT; turns it on
    #[arg(long, env = "PARLOUR_PUBLIC_RELAY_LISTEN", value_name = "ADDR")]
    pub public_relay_listen: Option<SocketAddr>,

    /// File with the secrets shared with applications, a line `name = secret` for each
    #[arg(
        long,
        env = "PARLOUR_PUBLIC_RELAY_SECRET_FILE",
        value_name = "FILE",
        requires = "public_relay_listen"
    )]
    pub public_relay_secret_file: Option<PathBuf>,

    /// UDP ports for relayed addresses; the firewall must let them in
    #[arg(
        long,
        env = "PARLOUR_PUBLIC_RELAY_PORTS",
        default_value = "49152-65535",
        value_name = "LOW-HIGH"
    )]
    pub public_relay_ports: String,

    /// This machine's address as peers see it, IPv4, IPv6 or both [default: that of --public-relay-listen]
    #[arg(
        long,
        env = "PARLOUR_PUBLIC_RELAY_ADDRESS",
        value_name = "IP",
        value_delimiter = ',',
        requires = "public_relay_listen"
    )]
    pub public_relay_address: Vec<IpAddr>,

    /// Blocks that may be peers besides the public internet, such as 10.1.0.0/16; this machine's own addresses must be
    /// named whole
    #[arg(
        long,
        env = "PARLOUR_PUBLIC_RELAY_ALLOW",
        value_name = "CIDR",
        value_delimiter = ',',
        requires = "public_relay_listen"
    )]
    pub public_relay_allow: Vec<String>,

    /// Blocks that may never be peers, whatever is allowed
    #[arg(
        long,
        env = "PARLOUR_PUBLIC_RELAY_DENY",
        value_name = "CIDR",
        value_delimiter = ',',
        requires = "public_relay_listen"
    )]
    pub public_relay_deny: Vec<String>,
}

/// Log levels by their usual names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing at all
    Off,
    /// What stops the server
    Error,
    /// What is worth waking somebody for
    Warn,
    /// What an operator would tell a colleague
    Info,
    /// For finding out why; may contain addresses
    Debug,
    /// Everything
    Trace,
}
