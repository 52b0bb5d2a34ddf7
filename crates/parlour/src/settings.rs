//! The configuration, turned into what is meant. What cannot go together is refused before anything starts (see
//! `contradictions`).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::Arc;

use parlour_signaling::IceTemplate;

use crate::blob_directory::BlobDirectory;
use crate::config::{Config, Problems, Typed, Values};
use crate::contradictions::{collision, contradictions, listeners, relayed_address};
use crate::countries::Countries;
use crate::fault::Fault;
use crate::https::HttpsSettings;
use crate::listen::{Limits, ListenAt, Shares};
use crate::origin::AllowedOrigins;
use crate::own_address;
use crate::public_relay::PublicRelaySettings;

/// Everything the program needs to know, checked.
#[derive(Clone)]
pub struct Settings {
    /// The settings one by one.
    pub values: Values,
    /// Where and under which name the page is served.
    pub https: HttpsSettings,
    /// Where the relay listens.
    pub relay_listen: SocketAddr,
    /// The one IPv4 address of all relayed candidates.
    pub relayed_address: Ipv4Addr,
    /// Pages of which other origins may come.
    pub origins: AllowedOrigins,
    /// The TURN server for other applications, if it is wanted.
    pub public_relay: Option<PublicRelaySettings>,
    /// Threads of the program.
    pub threads: usize,
}

impl Settings {
    /// Reads what was typed, the environment of this process and the file.
    ///
    /// # Errors
    /// [`Fault::Settings`] with a sentence for each mistake.
    pub fn load(typed: &Typed) -> Result<(Config, Self), Fault> {
        let config = Config::load(typed, std::env::vars_os()).map_err(Fault::Settings)?;
        let settings = Self::of(&config).map_err(Fault::Settings)?;
        Ok((config, settings))
    }

    /// Checks whether the values go together.
    ///
    /// # Errors
    /// All contradictions, each with the flag, variable or line that it comes from.
    pub fn of(config: &Config) -> Result<Self, Problems> {
        let values = &config.values;
        let mut problems = contradictions(config);
        let https = match HttpsSettings::of(config) {
            Ok(https) => https,
            // Nothing more can be said before it is known who listens where.
            Err(problem) => return Err(Problems([problems, vec![problem]].concat())),
        };
        let relay_listen = values.relay_listen.unwrap_or_else(|| match &https.https {
            Some(_) => own_address::all(3478),
            None => SocketAddr::from((Ipv4Addr::LOCALHOST, 3478)),
        });
        let listeners = listeners(config, &https, relay_listen);
        problems.extend(collision(config, &listeners));
        let relayed_address = relayed_address(config, relay_listen).unwrap_or_else(|problem| {
            problems.push(problem);
            Ipv4Addr::LOCALHOST
        });
        let public_relay =
            PublicRelaySettings::of(config, &listeners.iter().map(|(_, at)| *at).collect::<Vec<_>>())
                .unwrap_or_else(|problem| {
                    problems.push(problem);
                    None
                });
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(Self {
            values: values.clone(),
            https,
            relay_listen,
            relayed_address,
            origins: AllowedOrigins::of(&values.origins),
            public_relay,
            threads: cores.get().min(4),
        })
    }

    /// Where the page itself is served over plain HTTP, if it is: a listener beside HTTPS may only redirect.
    #[must_use]
    pub fn plain_page(&self) -> Option<SocketAddr> {
        let http = self.https.http.as_ref().and_then(ListenAt::address);
        http.filter(|_| self.https.https.is_none())
    }

    /// The relay machine's configuration; `own_ports` are those that we listen on.
    #[must_use]
    pub fn relay(&self, own_ports: &[u16]) -> parlour_relay::Config {
        parlour_relay::Config {
            relayed_ip: self.relayed_address,
            // A stray check to the virtual address must not meet a server of ours.
            reserved_ports: [own_ports, &[3478, 5349]].concat(),
            ..self.values.relay.clone()
        }
    }

    /// The data plane's configuration.
    #[must_use]
    pub fn relay_io(&self) -> parlour_relay_io::Settings {
        let defaults = &self.values.relay_io;
        let workers = self.values.relay_workers.map(usize::from);
        parlour_relay_io::Settings {
            workers: workers.and_then(NonZeroUsize::new).unwrap_or(defaults.workers),
            max_streams: defaults.max_streams.min(self.shares().relay_streams),
            ..defaults.clone()
        }
    }

    /// The directory of blobs, made ready.
    ///
    /// # Errors
    /// [`Fault::Command`] if it cannot be used.
    pub fn blob_directory(&self) -> Result<Option<Arc<BlobDirectory>>, Fault> {
        let directory = self.values.blob_directory.as_deref();
        let opened = directory.map(BlobDirectory::open).transpose();
        Ok(opened.map_err(Fault::Command)?.map(Arc::new))
    }

    /// The file of countries, read.
    ///
    /// # Errors
    /// [`Fault::Command`] with a sentence that says what is wrong with it.
    pub fn countries(&self) -> Result<Option<Countries>, Fault> {
        let file = self.values.countries_file.as_deref();
        let opened = file.map(Countries::open).transpose();
        opened.map_err(|why| Fault::Command(format!("countries_file: {why}")))
    }

    /// The bounds of the listeners.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            connections: self.values.limits.connections.min(self.shares().connections),
            ..self.values.limits
        }
    }

    /// The public relay has taken its half of the open files beforehand.
    fn shares(&self) -> Shares {
        let limit = parlour_relay_io::open_files_limit();
        let taken = self.public_relay.as_ref().and(limit).map_or(0, |limit| limit / 2);
        Shares::of(limit, taken)
    }

    /// The signaling machine's configuration; `relay` and `https` are where these really listen.
    #[must_use]
    pub fn signaling(&self, relay: SocketAddr, https: Option<SocketAddr>) -> parlour_signaling::Config {
        let known = self.values.relay_host.as_ref().or(self.https.domain.as_ref());
        let host = match (known, relay.ip()) {
            (Some(name), _) => name.clone(),
            (None, ip) if ip.is_unspecified() => "{host}".to_owned(),
            (None, IpAddr::V4(v4)) => v4.to_string(),
            (None, IpAddr::V6(v6)) => format!("[{v6}]"),
        };
        let port = relay.port();
        let mut urls: Vec<String> = ["udp", "tcp"]
            .iter()
            .map(|transport| format!("turn:{host}:{port}?transport={transport}"))
            .collect();
        if let Some(https) = https {
            // By name only: browsers skip `turns:` with an address, since certificates are for names.
            let name = self.https.domain.as_deref().unwrap_or("{name}");
            urls.push(format!("turns:{name}:{}?transport=tcp", https.port()));
        }
        parlour_signaling::Config {
            ice_servers: vec![IceTemplate {
                urls,
                with_credential: true,
            }],
            ..self.values.rooms.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::https::CertificateFrom;

    fn typed(words: &[&str]) -> Result<Settings, Problems> {
        let cli = Cli::try_parse_from([&["parlour"], words].concat()).unwrap();
        let file = Some("/dev/null".into());
        Settings::of(&Config::load(&Typed { file, ..cli.serve.0 }, []).unwrap())
    }

    #[test]
    fn nothing_typed_means_localhost() {
        let settings = typed(&[]).unwrap();
        let http = settings.https.http.as_ref().unwrap();
        assert_eq!(http.to_string(), "127.0.0.1:8080");
        assert!(settings.https.https.is_none());
        assert_eq!(settings.relay_listen.to_string(), "127.0.0.1:3478");
        let urls = settings
            .signaling(settings.relay_listen, None)
            .ice_servers
            .remove(0)
            .urls;
        assert_eq!(
            urls,
            [
                "turn:127.0.0.1:3478?transport=udp",
                "turn:127.0.0.1:3478?transport=tcp"
            ]
        );
    }

    #[test]
    fn a_relay_on_every_address_is_reached_by_the_name_of_the_page() {
        let settings = typed(&["--relay-listen", "0.0.0.0:3478"]).unwrap();
        assert_eq!(
            settings.signaling(settings.relay_listen, None).ice_servers[0].urls[0],
            "turn:{host}:3478?transport=udp"
        );
        let named = typed(&[
            "--relay-listen",
            "0.0.0.0:3478",
            "--relay-host",
            "meet.example.org",
        ])
        .unwrap();
        assert_eq!(
            named.signaling(named.relay_listen, None).ice_servers[0].urls[1],
            "turn:meet.example.org:3478?transport=tcp"
        );
        let v6 = typed(&["--relay-host", "2001:db8::1"]).unwrap();
        assert_eq!(
            v6.signaling(v6.relay_listen, None).ice_servers[0].urls[0],
            "turn:[2001:db8::1]:3478?transport=udp"
        );
    }

    #[test]
    fn tls_is_for_everybody_and_brings_a_third_url_by_name() {
        let lan = typed(&["--lan"]).unwrap();
        let at = |port| Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
        assert_eq!(lan.relay_listen, own_address::all(3478));
        assert_eq!(lan.https.https.as_ref().unwrap().0, own_address::all(8443));
        assert!(lan.https.http.is_none());
        assert_eq!(
            lan.signaling(lan.relay_listen, at(8443)).ice_servers[0].urls,
            [
                "turn:{host}:3478?transport=udp",
                "turn:{host}:3478?transport=tcp",
                "turns:{name}:8443?transport=tcp"
            ]
        );
        let words = [
            "--domain",
            "meet.example.org",
            "--tls-cert",
            "c",
            "--tls-key",
            "k",
        ];
        let named = typed(&words).unwrap();
        assert_eq!(named.https.http, Some(ListenAt::Tcp(own_address::all(80))));
        assert_eq!(
            named.signaling(named.relay_listen, at(443)).ice_servers[0].urls,
            [
                "turn:meet.example.org:3478?transport=udp",
                "turn:meet.example.org:3478?transport=tcp",
                "turns:meet.example.org:443?transport=tcp"
            ]
        );
        assert!(typed(&["--lan=false"]).unwrap().https.https.is_none());
    }

    #[test]
    fn a_domain_without_a_certificate_has_one_obtained() {
        let from = |words: &[&str]| match typed(words).unwrap().https.https.unwrap().1 {
            CertificateFrom::Acme(acme) => acme,
            other @ (CertificateFrom::Files(_) | CertificateFrom::SelfSigned) => panic!("{other:?}"),
        };
        let acme = from(&["--domain", "meet.example.org"]);
        assert_eq!(acme.directory, crate::acme::DIRECTORY);
        assert_eq!((acme.contact, acme.roots), (None, None));
        let staging = from(&["--domain", "meet.example.org", "--acme-staging"]);
        assert_eq!(staging.directory, crate::acme::STAGING);
        assert!(
            !typed(&["--domain", "meet.example.org", "--acme-staging"])
                .unwrap()
                .https
                .is_strict()
        );
        assert!(
            typed(&["--domain", "meet.example.org"])
                .unwrap()
                .https
                .is_strict()
        );
    }

    #[test]
    fn contradictions_are_sentences_that_name_the_flag() {
        for (words, flag) in [
            (
                vec!["--listen", "127.0.0.1:9000", "--relay-listen", "127.0.0.1:9000"],
                "--relay-listen",
            ),
            (vec!["--domain", "meet.example.org", "--lan"], "--lan"),
            (vec!["--tls-cert", "a.pem"], "--tls-key"),
            (vec!["--acme-staging"], "--domain"),
            (
                vec![
                    "--domain",
                    "meet.example.org",
                    "--acme-staging",
                    "--tls-cert",
                    "c",
                    "--tls-key",
                    "k",
                ],
                "--acme-staging",
            ),
            (
                vec![
                    "--domain",
                    "meet.example.org",
                    "--acme-staging",
                    "--acme-directory",
                    "https://ca.example/dir",
                ],
                "--acme-directory",
            ),
            (vec!["--https-listen", "127.0.0.1:8443"], "--tls-cert"),
            (vec!["--public-relay-tls-listen", "127.0.0.1:8443"], "--tls-cert"),
            (vec!["--proxy-protocol"], "--trusted-proxies"),
            (
                vec!["--lan", "--https-listen", "[::]:3478"],
                "--https-listen and --relay-listen",
            ),
            (vec!["--relayed-address", "127.0.0.1"], "--relayed-address"),
            (vec!["--relayed-address", "2001:db8::1"], "--relayed-address"),
            (vec!["--rooms-silent-after", "10s"], "--rooms-ping-every"),
            (
                vec!["--relay-allocation-lifetime", "20m"],
                "--relay-idle-deadline",
            ),
        ] {
            let text = typed(&words).err().unwrap().to_string();
            assert!(text.contains(flag) && text.len() > 40, "{text}");
        }
    }
}
