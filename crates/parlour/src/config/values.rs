//! What the settings are, as the parts of the program take them; the defaults are here or in those parts.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::admin::At;
use crate::host::PublicUrl;
use crate::listen::{Limits, ListenAt};
use crate::log::{Format, Level};

/// Every setting with its value. Secrets are in here: no `Debug`.
#[derive(Clone)]
pub struct Values {
    /// How long stopping may take.
    pub shutdown_grace: Duration,
    /// Whether everybody may read what is held.
    pub transparency: bool,
    /// Which addresses are in which country.
    pub countries_file: Option<PathBuf>,
    /// Where rooms in standard mode keep what they keep, if not in memory.
    pub blob_directory: Option<PathBuf>,
    /// Where plain HTTP is served.
    pub listen: Option<ListenAt>,
    /// Bounds of the page's listeners.
    pub limits: Limits,
    /// TLS, names and proxies.
    pub https: HttpsValues,
    /// Where metrics, health and commands are served.
    pub admin: Vec<At>,
    /// Other pages that may use the signaling.
    pub origins: Vec<String>,
    /// Limits of signaling; `ice_servers` is made later.
    pub rooms: parlour_signaling::Config,
    /// Where the relay listens.
    pub relay_listen: Option<SocketAddr>,
    /// Its name towards browsers.
    pub relay_host: Option<String>,
    /// Its virtual address.
    pub relayed_address: Option<IpAddr>,
    /// Its threads.
    pub relay_workers: Option<u16>,
    /// Its budgets.
    pub relay: parlour_relay::Config,
    /// Its sockets.
    pub relay_io: parlour_relay_io::Settings,
    /// The TURN server for other applications.
    pub public: PublicValues,
    /// How much is logged.
    pub log_level: Level,
    /// How it is logged.
    pub log_format: Format,
}

/// Settings of HTTPS, and of proxies in front.
#[derive(Clone)]
pub struct HttpsValues {
    /// Under which name we serve HTTPS.
    pub domain: Option<String>,
    /// The address that people open where a proxy serves it for us.
    pub public_url: Option<PublicUrl>,
    /// Blocks of proxies whose word is taken.
    pub trusted_proxies: Vec<String>,
    /// Whether they send PROXY headers.
    pub proxy_protocol: bool,
    /// Whether to serve the local network with a certificate of our own making.
    pub lan: bool,
    /// Where TLS is served.
    pub listen: Option<SocketAddr>,
    /// The certificate's file.
    pub certificate: Option<PathBuf>,
    /// Its key's file.
    pub key: Option<PathBuf>,
    /// Whom an authority may write to.
    pub acme_email: Option<String>,
    /// The authority.
    pub acme_directory: String,
    /// Whether to ask the authority for trying out.
    pub acme_staging: bool,
    /// Roots that vouch for the authority.
    pub acme_ca: Option<PathBuf>,
    /// Where account and certificates are kept.
    pub state_dir: PathBuf,
}

impl Default for HttpsValues {
    fn default() -> Self {
        Self {
            domain: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
            lan: false,
            listen: None,
            certificate: None,
            key: None,
            acme_email: None,
            acme_directory: crate::acme::DIRECTORY.to_owned(),
            acme_staging: false,
            acme_ca: None,
            // What systemd makes of StateDirectory=parlour.
            state_dir: "/var/lib/parlour".into(),
        }
    }
}

/// Settings of the TURN server for other applications.
#[derive(Clone, Default)]
pub struct PublicValues {
    /// Where it listens, if it is wanted.
    pub listen: Option<SocketAddr>,
    /// Where it speaks TLS.
    pub tls_listen: Option<SocketAddr>,
    /// Lines `name = secret`.
    pub secret: Option<String>,
    /// A file of such lines.
    pub secret_file: Option<PathBuf>,
    /// Outside addresses.
    pub address: Vec<IpAddr>,
    /// Blocks opened.
    pub allow: Vec<String>,
    /// Blocks closed.
    pub deny: Vec<String>,
    /// Ports and budgets.
    pub config: parlour_relay::public::Config,
}

/// Beyond this a mesh of direct calls gets heavy for laptops; rooms could hold more.
const PEOPLE: usize = 8;

impl Default for Values {
    fn default() -> Self {
        Self {
            shutdown_grace: Duration::from_secs(5),
            transparency: true,
            countries_file: None,
            blob_directory: None,
            listen: None,
            limits: Limits::default(),
            https: HttpsValues::default(),
            admin: Vec::new(),
            origins: Vec::new(),
            rooms: parlour_signaling::Config {
                cap: PEOPLE,
                ..parlour_signaling::Config::default()
            },
            relay_listen: None,
            relay_host: None,
            relayed_address: None,
            relay_workers: None,
            relay: parlour_relay::Config::default(),
            relay_io: parlour_relay_io::Settings::default(),
            public: PublicValues::default(),
            log_level: Level::Info,
            log_format: Format::Auto,
        }
    }
}
