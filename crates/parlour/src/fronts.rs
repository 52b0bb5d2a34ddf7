//! The listeners of the page: bound first, so that a taken port is found out before anything runs, then served.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use parlour_relay_io::{Handle, PublicHandle};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::fault::Fault;
use crate::http::{self, Site};
use crate::https::Certificate;
use crate::listen::{self, Bound, Front, ListenAt, Turn};
use crate::own_address;
use crate::settings::Settings;
use crate::tls;

/// What is bound.
#[derive(Debug)]
pub(crate) struct Fronts {
    http: Option<Bound>,
    https: Option<Bound>,
    public_tls: Option<Bound>,
}

impl Fronts {
    pub(crate) async fn bind(settings: &Settings) -> Result<Self, Fault> {
        let https = settings.https.https.as_ref();
        let https = https.map(|(address, _)| ListenAt::Tcp(*address));
        let public = settings.public_relay.as_ref();
        let public_tls = public.and_then(|public| public.tls_listen).map(ListenAt::Tcp);
        Ok(Self {
            http: bind("--listen", settings.https.http.clone()).await?,
            https: bind("--https-listen", https).await?,
            public_tls: bind("--public-relay-tls-listen", public_tls).await?,
        })
    }

    pub(crate) fn http(&self) -> Option<SocketAddr> {
        self.http.as_ref().and_then(Bound::address)
    }

    pub(crate) fn https(&self) -> Option<SocketAddr> {
        self.https.as_ref().and_then(Bound::address)
    }

    pub(crate) fn public_tls(&self) -> Option<SocketAddr> {
        self.public_tls.as_ref().and_then(Bound::address)
    }

    /// Where the page is, see [`crate::Server::page`].
    pub(crate) fn page(&self) -> SocketAddr {
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        self.https().or(self.http()).unwrap_or(nowhere)
    }

    /// Every address that is listened on.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        [self.http(), self.https(), self.public_tls()]
            .into_iter()
            .flatten()
    }

    /// What a person opens: the public address if it is known, else one that this machine has.
    pub(crate) fn url(&self, settings: &Settings) -> String {
        if let Some(public) = settings.https.public(self.https()) {
            return public.to_string().trim_end_matches('/').to_owned();
        }
        let scheme = if self.https.is_some() { "https" } else { "http" };
        let Some(at) = self.https().or(self.http()) else {
            return settings
                .https
                .http
                .as_ref()
                .map_or_else(String::new, ToString::to_string);
        };
        let host = match at.ip() {
            ip if ip.is_unspecified() && self.https.is_some() => own_address::relayed_address(at).to_string(),
            ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
            IpAddr::V6(ip) => format!("[{ip}]"),
            IpAddr::V4(ip) => ip.to_string(),
        };
        format!("{scheme}://{host}:{}", at.port())
    }

    /// Serves them all until `stop` turns true.
    pub(crate) fn serve(
        self,
        settings: &Settings,
        certificate: Option<&Certificate>,
        site: &Site,
        relay: &Handle,
        public_relay: Option<&PublicHandle>,
        stop: &watch::Receiver<bool>,
    ) -> JoinSet<()> {
        let tls = certificate.map(|certificate| tls::acceptor(certificate.source()));
        let front = || Front {
            http: None,
            turn: None,
            tls: None,
            proxies: settings.https.proxies.clone(),
            proxy_protocol: settings.https.proxy_protocol,
            limits: settings.limits(),
        };
        let named = settings.https.domain.is_some();
        let meetings = Some(Turn::Meetings(relay.clone()));
        let mut tasks = JoinSet::new();
        if let Some(bound) = self.http {
            let site = Site {
                redirects: self.https.is_some() && named,
                ..site.clone()
            };
            let turn = meetings.clone().filter(|_| !site.redirects);
            let http = Some(http::routes(site));
            let front = Front {
                http,
                turn,
                ..front()
            };
            tasks.spawn(listen::serve(bound, front, stop.clone()));
        }
        if let Some(bound) = self.https {
            let site = Site {
                strict: settings.https.is_strict(),
                ..site.clone()
            };
            let front = Front {
                http: Some(http::routes(site)),
                turn: meetings,
                tls: tls.clone(),
                ..front()
            };
            tasks.spawn(listen::serve(bound, front, stop.clone()));
        }
        if let (Some(bound), Some(relay)) = (self.public_tls, public_relay) {
            let front = Front {
                turn: Some(Turn::Others(relay.clone())),
                tls,
                ..front()
            };
            tasks.spawn(listen::serve(bound, front, stop.clone()));
        }
        tasks
    }
}

async fn bind(flag: &'static str, at: Option<ListenAt>) -> Result<Option<Bound>, Fault> {
    let Some(at) = at else { return Ok(None) };
    match Bound::at(&at).await {
        Ok(bound) => Ok(Some(bound)),
        Err(error) => Err(Fault::Listen {
            flag,
            address: at,
            error,
        }),
    }
}
