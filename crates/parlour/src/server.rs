//! The parts of the program put together: what is bound first, what is started with what, and in which order it ends.
//!
//! What the process says and hears (standard output, signals, systemd) is [`crate::run`]'s.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use parlour_credentials::Credentials;
use parlour_relay::Relay;
use parlour_relay_io::{Buffers, Handle, Listeners, PublicHandle};
use parlour_signaling::Signaling;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::assets::Assets;
use crate::blob_directory::BlobDirectory;
use crate::blobs::Uploads;
use crate::fault::Fault;
use crate::fronts::Fronts;
use crate::http::{self, Site};
use crate::https::Certificate;
use crate::origin::AllowedOrigins;
use crate::polls::Polls;
use crate::ready::Ready;
use crate::rooms::Rooms;
use crate::settings::Settings;
use crate::transparency::{Facts, Transparency};
use crate::{admin, clock, expiry, random};

/// A running server: used by the program, by tests and by examples alike.
pub struct Server {
    url: String,
    page: SocketAddr,
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    public_tls: Option<SocketAddr>,
    certificate: Option<Certificate>,
    /// What the system granted the relay.
    pub(crate) buffers: Buffers,
    relay: Handle,
    pub(crate) credentials: Credentials,
    public_relay: Option<PublicHandle>,
    pub(crate) rooms: Rooms,
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
