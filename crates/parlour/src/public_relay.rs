//! The TURN server for other applications: what was set about it, checked, and its start.
//!
//! Off unless `public_relay.listen` is set. It has its own listener, credentials and sockets, and never helps
//! the closed relay of the meetings out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Instant;

use parlour_credentials::{Anchor, SharedSecrets};
use parlour_relay::public::{Cidr, PeerPolicy, PublicRelay};
use parlour_relay_io::{Listeners, PublicHandle};

use crate::clock;
use crate::config::{Config, Source, key_named};
use crate::fault::Fault;

/// Everything that the public relay needs to know, checked.
#[derive(Clone)]
pub struct PublicRelaySettings {
    /// Where its clients come, UDP and TCP.
    pub listen: SocketAddr,
    /// Where they come over TLS.
    pub tls_listen: Option<SocketAddr>,
    /// The address of relayed addresses as peers see it.
    pub ipv4: Option<Ipv4Addr>,
    /// The same for IPv6.
    pub ipv6: Option<Ipv6Addr>,
    /// Ports and budgets.
    pub config: parlour_relay::public::Config,
    /// Whose credentials are good.
    pub secrets: SharedSecrets,
    allow: Vec<Cidr>,
    deny: Vec<Cidr>,
}

impl PublicRelaySettings {
    /// Checks what was set; `None` if no public relay is wanted. `taken` are the other listening addresses.
    ///
    /// # Errors
    /// A sentence that names the flag, variable or line.
    pub fn of(config: &Config, taken: &[SocketAddr]) -> Result<Option<Self>, String> {
        let public = &config.values.public;
        let Some(listen) = public.listen else {
            let useless = [
                "public_relay.secret",
                "public_relay.secret_file",
                "public_relay.address",
                "public_relay.tls_listen",
            ];
            let set = |name: &&&str| key_named(name).is_some_and(|key| config.source(key) != Source::Default);
            return match useless.iter().find(set) {
                Some(name) => Err(format!(
                    "{} does nothing without {}, which turns the TURN server for other applications on",
                    config.called(name),
                    config.called("public_relay.listen")
                )),
                None => Ok(None),
            };
        };
        let called = config.called("public_relay.listen");
        if taken.contains(&listen) && listen.port() != 0 {
            return Err(format!(
                "{called} {listen} is taken by {}, {} or {}; the TURN server for other applications needs an address \
                 or port of its own",
                config.called("listen.http"),
                config.called("listen.https"),
                config.called("relay.listen")
            ));
        }
        let (ipv4, ipv6) = external(config, listen)?;
        Ok(Some(Self {
            listen,
            tls_listen: public.tls_listen,
            ipv4,
            ipv6,
            config: public.config.clone(),
            secrets: secrets(config)?,
            allow: blocks(&public.allow),
            deny: blocks(&public.deny),
        }))
    }

    /// Binds its listeners.
    ///
    /// # Errors
    /// [`Fault::Relay`].
    pub fn bind(&self, relay_io: &parlour_relay_io::Settings) -> Result<Listeners, Fault> {
        Listeners::bind_for("--public-relay-listen", &[self.listen], relay_io)
            .map_err(|error| Fault::Relay(error.to_string()))
    }

    /// Starts it. `others` are all other addresses on which this process listens; `seed` is 32 random bytes.
    ///
    /// # Errors
    /// [`Fault::Relay`].
    pub fn start(
        &self,
        relay_io: parlour_relay_io::Settings,
        sockets: Listeners,
        others: &[SocketAddr],
        seed: [u8; 32],
    ) -> Result<PublicHandle, Fault> {
        let listeners: Vec<SocketAddr> = sockets.local_addrs().chain(others.iter().copied()).collect();
        let wanted = &self.config;
        let config = parlour_relay::public::Config {
            allocations_per_server: allocations(
                wanted.allocations_per_server,
                parlour_relay_io::open_files_limit(),
            ),
            base: parlour_relay::Config {
                reserved_ports: listeners.iter().map(SocketAddr::port).collect(),
                ..wanted.base.clone()
            },
            external_ipv4: self.ipv4,
            external_ipv6: self.ipv6,
            ..wanted.clone()
        };
        let policy = PeerPolicy {
            allow: self.allow.clone(),
            deny: self.deny.clone(),
            own: Vec::new(),
            listeners,
        };
        let relay = PublicRelay::new(Instant::now(), config, self.secrets.clone(), policy, seed);
        parlour_relay_io::start_public(relay_io, relay, sockets)
            .map_err(|error| Fault::Relay(error.to_string()))
    }
}

/// Every allocation is an open file: half of them at most, or meetings could not be joined any more.
fn allocations(wanted: usize, open_files: Option<usize>) -> usize {
    match open_files {
        Some(limit) if limit / 2 < wanted => {
            tracing::warn!(
                allocations = limit / 2,
                "the system lets this process open few files, so few TURN allocations for other applications; to \
                 lift the bound: LimitNOFILE={} (systemd) or ulimit -n {}",
                wanted * 2,
                wanted * 2,
            );
            limit / 2
        }
        Some(_) | None => wanted,
    }
}

fn external(config: &Config, listen: SocketAddr) -> Result<(Option<Ipv4Addr>, Option<Ipv6Addr>), String> {
    let called = || config.called("public_relay.address");
    let listened = [listen.ip()];
    let given = match &config.values.public.address[..] {
        [] if listen.ip().is_unspecified() => {
            return Err(format!(
                "{} {listen} names no address that peers could reach; say with {} which one this machine has outside",
                config.called("public_relay.listen"),
                called(),
            ));
        }
        [] => &listened,
        given => given,
    };
    let (mut v4, mut v6) = (None, None);
    for ip in given.iter().map(IpAddr::to_canonical) {
        let twice = match ip {
            ip if ip.is_unspecified() || ip.is_multicast() => {
                return Err(format!(
                    "{} {ip}: peers must be able to send to it; give this machine's outside address",
                    called()
                ));
            }
            IpAddr::V4(ip) => v4.replace(ip).is_some(),
            IpAddr::V6(ip) => v6.replace(ip).is_some(),
        };
        if twice {
            return Err(format!(
                "{} {ip} is the second of its kind; give one IPv4 and one IPv6 address at most",
                called()
            ));
        }
    }
    Ok((v4, v6))
}

/// The secrets that applications share with us, from the file or from the setting itself.
pub(crate) fn secrets(config: &Config) -> Result<SharedSecrets, String> {
    let public = &config.values.public;
    let (direct, file) = ("public_relay.secret", "public_relay.secret_file");
    let (called, text) = match (&public.secret, &public.secret_file) {
        (Some(_), Some(_)) => {
            return Err(format!(
                "{} and {} are both set; keep one of them",
                config.called(direct),
                config.called(file)
            ));
        }
        (Some(text), None) => (config.called(direct), text.clone()),
        (None, Some(path)) => {
            let called = format!("{} {}", config.called(file), path.display());
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("{called}: cannot read it: {error}"))?;
            (called, text)
        }
        (None, None) => {
            return Err(format!(
                "{} needs {}: without a shared secret nobody could use it",
                config.called("public_relay.listen"),
                config.called(file)
            ));
        }
    };
    let anchor = Anchor::new(Instant::now(), clock::unix().as_secs());
    SharedSecrets::parse(anchor, &text).map_err(|error| format!("{called}: {error}"))
}

fn blocks(texts: &[String]) -> Vec<Cidr> {
    let read = |text: &String| text.parse().expect("the table of keys takes blocks only");
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;
    use crate::config::Typed;

    /// A file of its own for each test, gone with it.
    struct Secrets(std::path::PathBuf);

    impl Secrets {
        fn write(name: &str, text: &str) -> Self {
            let path = std::env::temp_dir().join(format!("parlour-{name}-{}", std::process::id()));
            std::fs::write(&path, text).unwrap();
            Self(path)
        }
    }

    impl Drop for Secrets {
        fn drop(&mut self) {
            let _gone_already = std::fs::remove_file(&self.0);
        }
    }

    fn typed(words: &[&str]) -> Result<Option<PublicRelaySettings>, String> {
        let cli = Cli::try_parse_from([&["parlour"], words].concat()).unwrap();
        let file = Some("/dev/null".into());
        let config = Config::load(&Typed { file, ..cli.serve.0 }, []).unwrap();
        PublicRelaySettings::of(&config, &["127.0.0.1:3478".parse().unwrap()])
    }

    #[test]
    fn it_is_off_unless_asked_for() {
        assert!(typed(&[]).unwrap().is_none());
    }

    #[test]
    fn what_is_typed_is_what_is_meant() {
        let secrets = Secrets::write("meant", "talk = 0123456789abcdef\n");
        let file = secrets.0.to_str().unwrap();
        let words = [
            "--public-relay-listen",
            "0.0.0.0:3479",
            "--public-relay-secret-file",
            file,
        ];
        let more = [
            "--public-relay-address",
            "80.1.2.3,2a00::7",
            "--public-relay-ports",
            "50000-50999",
        ];
        let rules = [
            "--public-relay-deny",
            "8.8.8.0/24",
            "--public-relay-allow",
            "10.0.0.0/8,fd00::/8",
        ];
        let settings = typed(&[&words[..], &more[..], &rules[..]].concat())
            .unwrap()
            .unwrap();
        assert_eq!(settings.config.ports, 50_000..=50_999);
        assert_eq!(
            (settings.ipv4, settings.ipv6),
            ("80.1.2.3".parse().ok(), "2a00::7".parse().ok())
        );
        assert_eq!((settings.allow.len(), settings.deny.len()), (2, 1));
    }

    #[test]
    fn allocations_leave_half_of_the_open_files_to_others() {
        assert_eq!(allocations(4000, None), 4000);
        assert_eq!(allocations(4000, Some(1024)), 512);
        assert_eq!(allocations(4000, Some(1 << 20)), 4000);
    }

    #[test]
    fn contradictions_are_sentences_that_name_the_flag() {
        let good = Secrets::write("good", "talk = 0123456789abcdef\n");
        let short = Secrets::write("short", "talk = 1234\n");
        let (good, short) = (good.0.to_str().unwrap(), short.0.to_str().unwrap());
        let listen = ["--public-relay-listen", "127.0.0.9:3479"];
        let file = ["--public-relay-secret-file", good];
        for (words, flag) in [
            (listen.to_vec(), "--public-relay-secret-file"),
            (file.to_vec(), "--public-relay-listen"),
            (
                [&listen[..], &["--public-relay-secret-file", "/nowhere"]].concat(),
                "cannot read it",
            ),
            (
                [&listen[..], &["--public-relay-secret-file", short]].concat(),
                "line 1",
            ),
            (
                [&["--public-relay-listen", "127.0.0.1:3478"], &file[..]].concat(),
                "--relay-listen",
            ),
            (
                [&["--public-relay-listen", "0.0.0.0:3479"], &file[..]].concat(),
                "--public-relay-address",
            ),
            (
                [&listen[..], &file, &["--public-relay-address", "1.2.3.4,5.6.7.8"]].concat(),
                "second of its kind",
            ),
            (
                [&listen[..], &file, &["--public-relay-address", "0.0.0.0"]].concat(),
                "--public-relay-address",
            ),
        ] {
            let text = typed(&words).err().unwrap();
            assert!(text.contains(flag) && text.len() > 40, "{text}");
        }
    }
}
