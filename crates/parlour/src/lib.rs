//! The program: everything that touches the world. Sockets, clock, randomness, environment, signals.
//!
//! Two pure machines decide what happens in rooms and at the relay; this crate drives them. Start reading at
//! [`run`] and [`Server::start`], which puts the parts together; [`listen`] accepts, [`tls`] decrypts, [`http`] answers, [`websocket`] and
//! [`polling`] carry, [`rooms`] owns the signaling machine, and `parlour-relay-io` owns the relay. What can be configured
//! is one table in [`config`]; what can be typed besides is in [`commands`].

pub mod acme;
pub mod admin;
pub mod assets;
pub mod blob_directory;
pub mod blobs;
mod body;
mod carry;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
mod contradictions;
mod cors;
pub mod countries;
mod dial;
pub mod doctor;
mod expiry;
pub mod fault;
mod files;
pub mod forwarded;
mod fronts;
pub mod headers;
pub mod host;
pub mod http;
pub mod https;
pub mod listen;
pub mod log;
pub mod origin;
pub mod outbox;
pub mod own_address;
pub mod polling;
pub mod polls;
pub mod public_relay;
pub mod ready;
pub mod redirect;
mod reload;
pub mod rooms;
mod server;
pub mod settings;
mod shutdown;
mod systemd;
mod target;
pub mod tls;
pub mod transparency;
pub mod websocket;

use std::io::Write as _;

use parlour_relay_io::Buffers;
use rand::TryRng as _;
use rand::rngs::SysRng;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::config::Typed;
use crate::doctor::self_test::SelfTest;
use crate::fault::Fault;
use crate::https::Certificate;
use crate::reload::Reloading;
pub use crate::server::Server;
use crate::settings::Settings;

/// Below this many open files a few hundred meetings are the end. To try the server out on one machine, any number does.
const FEW_FILES: usize = 4096;

/// Starts the server, prints where it is, and serves until the process is told to stop.
///
/// # Errors
/// A [`Fault`] whose text says what to do, if a port is taken or a setting cannot be followed.
pub fn run(typed: &Typed) -> Result<(), Fault> {
    no_core_dumps();
    // Before the settings share them out.
    parlour_relay_io::raise_open_files_limit();
    let (config, settings) = Settings::load(typed)?;
    log::start(settings.values.log_level, settings.values.log_format);
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.threads)
        .enable_all()
        .build()
        .map_err(Fault::System)?;
    let served = runtime.block_on(serve(settings, Reloading::new(typed.clone(), config)));
    log::finish();
    served
}

async fn serve(settings: Settings, mut reloading: Reloading) -> Result<(), Fault> {
    let stop = shutdown::Stop::listen().map_err(Fault::System)?;
    let mut asked = reload::Asked::listen().map_err(Fault::System)?;
    let server = Server::start(&settings).await?;
    announce(&server);
    warn_of_small_buffers(server.buffers);
    if !settings.relay_listen.ip().is_loopback() {
        warn_of_few_files(parlour_relay_io::open_files_limit());
    }
    systemd::ready();
    tokio::spawn(systemd::feed_watchdog(server.rooms.clone()));
    let self_test = SelfTest::start(server.relay(), &server.credentials);
    loop {
        tokio::select! {
            () = stop.requested() => break,
            () = asked.next() => reloading.reload(&server),
        }
    }
    self_test.end();
    systemd::stopping(settings.values.shutdown_grace);
    let relay = server.relay().clone();
    let cut = server.stop(settings.values.shutdown_grace, stop.insisted()).await;
    let done = relay.stats();
    // The relay's day in one line; numbers only.
    tracing::info!(
        relayed_calls_cut = cut,
        allocations = done.opened,
        refreshes = done.refreshes,
        permissions = done.permissions,
        channels = done.channels,
        stale_nonces = done.stale_nonces,
        packets = done.forwarded.packets,
        "stopped"
    );
    Ok(())
}

/// The one line that a newcomer needs, on standard output; warnings follow on standard error.
fn announce(server: &Server) {
    // Standard output may be closed; the server does not depend on being heard.
    let mut out = std::io::stdout();
    let _ = writeln!(out, "Parlour is ready: open {}", server.url());
    if let Some(fingerprint) = server.certificate().and_then(Certificate::fingerprint) {
        let _ = writeln!(
            out,
            "Browsers warn of its certificate, which nobody has signed. Its SHA-256 fingerprint is\n{fingerprint}"
        );
    }
    let _ = out.flush();
    if server.url().starts_with("http:") && !server.page().ip().is_loopback() {
        tracing::warn!(
            "this address is served without TLS: browsers allow camera, microphone and encryption on https or \
             localhost only. Try --lan, or --domain with a certificate, or an HTTPS proxy in front."
        );
    }
}

/// A kernel that grants less than asked drops bursts of video when the relay is busy.
fn warn_of_small_buffers(buffers: Buffers) {
    if buffers.receive_granted < buffers.receive_asked {
        tracing::warn!(
            granted = buffers.receive_granted,
            "the system gives the relay small receive buffers; to lift the bound: sysctl -w net.core.rmem_max={}",
            buffers.receive_asked,
        );
    }
    if buffers.send_granted < buffers.send_asked {
        tracing::warn!(
            granted = buffers.send_granted,
            "the system gives the relay small send buffers; to lift the bound: sysctl -w net.core.wmem_max={}",
            buffers.send_asked,
        );
    }
}

/// A crash writes no memory to the disk: there are relay credentials in it, and who met whom. Whoever wants one all the same
/// attaches a debugger.
fn no_core_dumps() {
    let never = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Lowering is always allowed; on a system without this limit there is nothing to lower.
    let _ = setrlimit(Resource::Core, never);
}

/// Every connection is an open file; a server that has none left turns people away.
fn warn_of_few_files(limit: Option<usize>) {
    if let Some(limit) = limit
        && limit < FEW_FILES
    {
        tracing::warn!(
            limit,
            "the system lets this process open few files, and every connection is one; to lift the bound: \
             LimitNOFILE=65536 (systemd) or ulimit -n 65536"
        );
    }
}

/// 32 bytes from the operating system, for keys, seeds and secrets.
fn random() -> Result<[u8; 32], Fault> {
    let mut bytes = [0; 32];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| Fault::System(std::io::Error::other(error)))?;
    Ok(bytes)
}
