//! The TURN server for other applications: what was typed about it, checked, and its start.
//!
//! Off unless `--public-relay-listen` is given. It has its own listener, credentials and sockets, and never helps
//! the closed relay of the meetings out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Instant;

use parlour_credentials::{Anchor, SharedSecrets};
use parlour_relay::public::{Cidr, Config, PeerPolicy, PublicRelay};
use parlour_relay_io::{Listeners, PublicHandle};

use crate::cli::PublicRelayArgs;
use crate::fault::Fault;

/// Everything that the public relay needs to know, checked.
#[derive(Debug, Clone)]
pub struct PublicRelaySettings {
    /// Where its clients come, UDP and TCP.
    pub listen: SocketAddr,
    /// Ports of relayed addresses.
    pub ports: RangeInclusive<u16>,
    /// The address of relayed addresses as peers see it.
    pub ipv4: Option<Ipv4Addr>,
    /// The same for IPv6.
    pub ipv6: Option<Ipv6Addr>,
    secrets: SharedSecrets,
    allow: Vec<Cidr>,
    deny: Vec<Cidr>,
}

impl PublicRelaySettings {
    /// Checks what was typed; `None` if no public relay is wanted. `taken` are the other listening addresses.
    ///
    /// # Errors
    /// [`Fault::Setting`] with a sentence that names the flag.
    pub fn resolve(args: &PublicRelayArgs, taken: &[SocketAddr]) -> Result<Option<Self>, Fault> {
        let Some(listen) = args.public_relay_listen else {
            return Ok(None);
        };
        if taken.contains(&listen) && listen.port() != 0 {
            return Err(Fault::Setting(format!(
                "--public-relay-listen {listen} is taken by --listen or --relay-listen; the TURN server for other \
                 applications needs an address or port of its own"
            )));
        }
        let Some(file) = &args.public_relay_secret_file else {
            return Err(Fault::Setting(
                "--public-relay-listen needs --public-relay-secret-file: without a shared secret nobody could use it"
                    .to_owned(),
            ));
        };
        let (ipv4, ipv6) = external(&args.public_relay_address, listen)?;
        Ok(Some(Self {
            listen,
            ports: ports(&args.public_relay_ports)?,
            ipv4,
            ipv6,
            secrets: secrets(file)?,
            allow: blocks("--public-relay-allow", &args.public_relay_allow)?,
            deny: blocks("--public-relay-deny", &args.public_relay_deny)?,
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
        let config = Config {
            allocations_per_server: allocations(parlour_relay_io::open_files_limit()),
            base: parlour_relay::Config {
                reserved_ports: listeners.iter().map(SocketAddr::port).collect(),
                ..Config::default().base
            },
            external_ipv4: self.ipv4,
            external_ipv6: self.ipv6,
            ports: self.ports.clone(),
            ..Config::default()
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
fn allocations(open_files: Option<usize>) -> usize {
    let wanted = Config::default().allocations_per_server;
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

fn external(given: &[IpAddr], listen: SocketAddr) -> Result<(Option<Ipv4Addr>, Option<Ipv6Addr>), Fault> {
    let listened = [listen.ip()];
    let given = match given {
        [] if listen.ip().is_unspecified() => {
            return Err(Fault::Setting(format!(
                "--public-relay-listen {listen} names no address that peers could reach; say with \
                 --public-relay-address which one this machine has outside"
            )));
        }
        [] => &listened,
        given => given,
    };
    let (mut v4, mut v6) = (None, None);
    for ip in given.iter().map(IpAddr::to_canonical) {
        let twice = match ip {
            ip if ip.is_unspecified() || ip.is_multicast() => {
                return Err(Fault::Setting(format!(
                    "--public-relay-address {ip}: peers must be able to send to it; give this machine's outside address"
                )));
            }
            IpAddr::V4(ip) => v4.replace(ip).is_some(),
            IpAddr::V6(ip) => v6.replace(ip).is_some(),
        };
        if twice {
            return Err(Fault::Setting(format!(
                "--public-relay-address {ip} is the second of its kind; give one IPv4 and one IPv6 address at most"
            )));
        }
    }
    Ok((v4, v6))
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, Fault> {
    let read = |text: &str| text.trim().parse::<u16>().ok();
    let range = text
        .split_once('-')
        .and_then(|(low, high)| Some((read(low)?, read(high)?)));
    match range {
        Some((low, high)) if (1024..=high).contains(&low) => Ok(low..=high),
        _ => Err(Fault::Setting(format!(
            "--public-relay-ports {text:?}: write the lowest and the highest UDP port that the firewall lets in, like \
             49152-65535, neither below 1024"
        ))),
    }
}

fn secrets(file: &Path) -> Result<SharedSecrets, Fault> {
    let flag = format!("--public-relay-secret-file {}", file.display());
    let text = std::fs::read_to_string(file)
        .map_err(|error| Fault::Setting(format!("{flag}: cannot read it: {error}")))?;
    let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let anchor = Anchor::new(Instant::now(), unix.map_or(0, |since| since.as_secs()));
    SharedSecrets::parse(anchor, &text).map_err(|error| Fault::Setting(format!("{flag}: {error}")))
}

fn blocks(flag: &str, texts: &[String]) -> Result<Vec<Cidr>, Fault> {
    let read = |text: &String| {
        text.parse()
            .map_err(|error| Fault::Setting(format!("{flag}: {error}")))
    };
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

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

    fn typed(words: &[&str]) -> Result<Option<PublicRelaySettings>, Fault> {
        let cli = Cli::try_parse_from([&["parlour"], words].concat()).unwrap();
        PublicRelaySettings::resolve(&cli.serve.public_relay, &["127.0.0.1:3478".parse().unwrap()])
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
        assert_eq!(settings.ports, 50_000..=50_999);
        assert_eq!(
            (settings.ipv4, settings.ipv6),
            ("80.1.2.3".parse().ok(), "2a00::7".parse().ok())
        );
        assert_eq!((settings.allow.len(), settings.deny.len()), (2, 1));
        assert!(!format!("{settings:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn allocations_leave_half_of_the_open_files_to_others() {
        assert_eq!(allocations(None), Config::default().allocations_per_server);
        assert_eq!(allocations(Some(1024)), 512);
        assert_eq!(
            allocations(Some(1 << 20)),
            Config::default().allocations_per_server
        );
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
                [&listen[..], &file, &["--public-relay-ports", "80-90"]].concat(),
                "--public-relay-ports",
            ),
            (
                [&listen[..], &file, &["--public-relay-ports", "9000-8000"]].concat(),
                "--public-relay-ports",
            ),
            (
                [&listen[..], &file, &["--public-relay-address", "1.2.3.4,5.6.7.8"]].concat(),
                "second of its kind",
            ),
            (
                [&listen[..], &file, &["--public-relay-address", "0.0.0.0"]].concat(),
                "--public-relay-address",
            ),
            (
                [&listen[..], &file, &["--public-relay-allow", "10.0.0.1/8"]].concat(),
                "10.0.0.0/8",
            ),
            (
                [&listen[..], &file, &["--public-relay-deny", "a-b"]].concat(),
                "--public-relay-deny",
            ),
        ] {
            let text = typed(&words).unwrap_err().to_string();
            assert!(text.contains(flag) && text.len() > 40, "{text}");
        }
    }
}
