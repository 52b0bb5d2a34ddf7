//! The program: everything that touches the world. Sockets, clock, randomness, environment, signals.
//!
//! Two pure machines decide what happens in rooms and at the relay; this crate drives them. Start reading at
//! [`run`], which puts the parts together; [`listen`] accepts, [`tls`] decrypts, [`http`] answers, [`websocket`] and
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
pub mod settings;
mod shutdown;
mod systemd;
mod target;
pub mod tls;
pub mod transparency;
pub mod websocket;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use parlour_credentials::Credentials;
use parlour_relay::Relay;
use parlour_relay_io::{Buffers, Handle, Listeners, PublicHandle};
use parlour_signaling::Signaling;
use rand::TryRng as _;
use rand::rngs::SysRng;
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::assets::Assets;
use crate::blob_directory::BlobDirectory;
use crate::blobs::Uploads;
use crate::config::Typed;
use crate::doctor::self_test::SelfTest;
use crate::fault::Fault;
use crate::fronts::Fronts;
use crate::http::Site;
use crate::https::Certificate;
use crate::origin::AllowedOrigins;
use crate::polls::Polls;
use crate::ready::Ready;
use crate::reload::Reloading;
use crate::rooms::Rooms;
use crate::settings::Settings;
use crate::transparency::{Facts, Transparency};

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
    let self_test = SelfTest::start(&server.relay, &server.credentials);
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

/// A running server: used by the program, by tests and by examples alike.
pub struct Server {
    url: String,
    page: SocketAddr,
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    public_tls: Option<SocketAddr>,
    certificate: Option<Certificate>,
    buffers: Buffers,
    relay: Handle,
    credentials: Credentials,
    public_relay: Option<PublicHandle>,
    rooms: Rooms,
    /// Where rooms in standard mode keep what they keep, if not in memory.
    blobs: Option<Arc<BlobDirectory>>,
    rooms_task: JoinHandle<()>,
    accepting: JoinSet<()>,
    stop_listening: watch::Sender<bool>,
    ready: Arc<Ready>,
    /// What obtains the certificate and what watches over its end.
    certificate_tasks: JoinSet<()>,
    origins: Arc<RwLock<AllowedOrigins>>,
}

impl Server {
    /// Binds everything, then starts everything.
    ///
    /// # Errors
    /// A [`Fault`] if an address cannot be bound.
    pub async fn start(settings: &Settings) -> Result<Self, Fault> {
        let certificate = settings.https.certificate()?;
        let countries = settings.countries()?;
        let blobs = settings.blob_directory()?;
        let fronts = Fronts::bind(settings).await?;

        let relay_io = settings.relay_io();
        let sockets = Listeners::bind(&[settings.relay_listen], &relay_io)
            .map_err(|error| Fault::Relay(error.to_string()))?;
        let relay_at = sockets.local_addrs().next().unwrap_or(settings.relay_listen);
        let buffers = sockets.buffers();
        let mut admin = Vec::new();
        for at in &settings.values.admin {
            admin.push(admin::bind(at).await.map_err(Fault::Command)?);
        }
        let public = settings.public_relay.as_ref();
        let public = public
            .map(|public| public.bind(&relay_io).map(|sockets| (public, sockets)))
            .transpose()?;

        let credentials = Credentials::new(random()?);
        let now = Instant::now();
        let own: Vec<SocketAddr> = fronts.addresses().chain([relay_at]).collect();
        let ports: Vec<u16> = own.iter().map(SocketAddr::port).collect();
        let config = settings.relay(&ports);
        let machine = Relay::new(now, config.clone(), credentials.clone(), random()?);
        let relay = parlour_relay_io::start(relay_io.clone(), &config, machine, sockets)
            .map_err(|error| Fault::Relay(error.to_string()))?;
        let public_relay = match public {
            Some((public, sockets)) => Some(public.start(relay_io, sockets, &own, random()?)?),
            None => None,
        };
        let signaling = Signaling::new(
            now,
            u64::try_from(clock::unix().as_millis()).unwrap_or(u64::MAX),
            settings.signaling(relay_at, fronts.https()),
            credentials.clone(),
            random()?,
        );
        let (rooms, rooms_task) = Rooms::start(signaling, relay.clone(), countries.clone());

        let ready = Arc::new(Ready::new(certificate.clone()));
        let answers = Arc::new(http::Answers::default());
        let origins = Arc::new(RwLock::new(settings.origins.clone()));
        let transparency = settings.values.transparency.then(|| {
            let facts = Facts {
                keeps_certificates: certificate.as_ref().is_some_and(|kept| kept.acme().is_some()),
                counts_countries: countries.is_some(),
            };
            Transparency::new(rooms.clone(), relay.clone(), public_relay.clone(), facts)
        });
        let site = Site {
            transparency: transparency.map(Arc::new),
            rooms: rooms.clone(),
            polls: Polls::new(rooms.clone(), settings.limits()),
            uploads: Uploads::new(blobs.clone()),
            assets: Arc::new(Assets::default()),
            origins: Arc::clone(&origins),
            ready: Arc::clone(&ready),
            challenges: certificate.as_ref().and_then(Certificate::challenges),
            public: settings.https.public(fronts.https()).map(Arc::new),
            proxies: settings.https.proxies.clone(),
            strict: false,
            redirects: false,
            answers: Arc::clone(&answers),
        };
        let (stop_listening, stopped) = watch::channel(false);
        let (url, page) = (fronts.url(settings), fronts.page());
        let (http, https, public_tls) = (fronts.http(), fronts.https(), fronts.public_tls());
        let accepting = fronts.serve(
            settings,
            certificate.as_ref(),
            &site,
            &relay,
            public_relay.as_ref(),
            &stopped,
        );
        let mut certificate_tasks = JoinSet::new();
        if let Some(certificate) = &certificate {
            certificate_tasks.spawn(expiry::watch(certificate.clone()));
            // Only now that somebody answers its challenges.
            if let Some(acme) = certificate.acme() {
                certificate_tasks.spawn(Arc::clone(acme).keep());
            }
        }
        let desk = admin::Desk {
            rooms: rooms.clone(),
            relay: relay.clone(),
            public_relay: public_relay.clone(),
            ready: Arc::clone(&ready),
            answers,
            countries,
        };
        for bound in admin {
            tokio::spawn(admin::serve(bound, desk.clone(), stopped.clone()));
        }
        Ok(Self {
            url,
            page,
            http,
            https,
            public_tls,
            certificate,
            buffers,
            relay,
            credentials,
            public_relay,
            rooms,
            blobs,
            rooms_task,
            accepting,
            stop_listening,
            ready,
            certificate_tasks,
            origins,
        })
    }

    /// Where the page is served: by HTTPS if there is TLS. 0.0.0.0:0 if only a unix socket serves it.
    #[must_use]
    pub fn page(&self) -> SocketAddr {
        self.page
    }

    /// Where plain HTTP is served or redirected.
    #[must_use]
    pub fn http(&self) -> Option<SocketAddr> {
        self.http
    }

    /// Where the TURN server for other applications speaks TLS.
    #[must_use]
    pub fn public_relay_tls(&self) -> Option<SocketAddr> {
        self.public_tls
    }

    /// What a person on this machine opens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate, if TLS is ours.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The relay.
    #[must_use]
    pub fn relay(&self) -> &Handle {
        &self.relay
    }

    /// The TURN server for other applications, if there is one.
    #[must_use]
    pub fn public_relay(&self) -> Option<&PublicHandle> {
        self.public_relay.as_ref()
    }

    /// Takes on those of the settings that may change while people talk; the others wait for the next start.
    pub fn reconfigure(&self, settings: &Settings) {
        let relay_at = self.relay.local_addrs().next();
        let relay_at = relay_at.unwrap_or(settings.relay_listen);
        let signaling = settings.signaling(relay_at, self.https);
        self.rooms.reconfigure(signaling);
        *self.origins.write().unwrap_or_else(PoisonError::into_inner) = settings.origins.clone();
        if let (Some(running), Some(public)) = (&self.public_relay, &settings.public_relay) {
            running.replace_secrets(public.secrets.clone());
        }
    }

    /// Ends politely: not ready, participants told, relay last. Takes at most twice `drain`, or until
    /// `insisted` completes. Returns how many relayed calls were cut.
    pub async fn stop(mut self, drain: Duration, insisted: impl Future<Output = ()>) -> usize {
        self.ready.set_open(false);
        self.certificate_tasks.abort_all();
        let until = Instant::now() + drain;
        self.relay.drain(until);
        if let Some(public) = &self.public_relay {
            public.drain(until);
        }
        self.rooms.drain(until);
        let finish = async {
            // A task that panicked has already been reported by the panic hook; stopping goes on.
            let _ = self.rooms_task.await;
            let _ = self.stop_listening.send(true);
            while self.accepting.join_next().await.is_some() {}
        };
        tokio::select! {
            () = finish => {}
            () = insisted => {}
            () = tokio::time::sleep_until((until + drain).into()) => {}
        }
        if let Some(blobs) = &self.blobs {
            blobs.empty().await;
        }
        let mut cut = self.relay.stats().allocations;
        self.relay.shutdown();
        if let Some(public) = &self.public_relay {
            cut += public.stats().allocations;
            public.shutdown();
        }
        cut
    }
}

/// The one line that a newcomer needs, on standard output; warnings follow on standard error.
fn announce(server: &Server) {
    // Standard output may be closed; the server does not depend on being heard.
    let mut out = std::io::stdout();
    let _ = writeln!(out, "Parlour is ready: open {}", server.url);
    if let Some(fingerprint) = server.certificate().and_then(Certificate::fingerprint) {
        let _ = writeln!(
            out,
            "Browsers warn of its certificate, which nobody has signed. Its SHA-256 fingerprint is\n{fingerprint}"
        );
    }
    let _ = out.flush();
    if server.url.starts_with("http:") && !server.page.ip().is_loopback() {
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
