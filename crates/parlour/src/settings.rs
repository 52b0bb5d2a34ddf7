//! What was typed, turned into what is meant: every contradiction is found here, before anything starts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;

use parlour_signaling::IceTemplate;
use tokio::net::TcpListener;

use crate::cli::ServeArgs;
use crate::fault::Fault;
use crate::origin::AllowedOrigins;
use crate::own_address;
use crate::public_relay::PublicRelaySettings;

/// Everything the program needs to know, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the page is served.
    pub listen: SocketAddr,
    /// Where the relay listens.
    pub relay_listen: SocketAddr,
    /// Under which name browsers reach the relay; `None` means the one in their Host header.
    pub relay_host: Option<String>,
    /// The one IPv4 address of all relayed candidates.
    pub relayed_address: Ipv4Addr,
    /// Pages of which other origins may come.
    pub origins: AllowedOrigins,
    /// Most people in one room.
    pub max_people: u8,
    /// Threads of the relay's data plane.
    pub relay_workers: NonZeroUsize,
    /// The TURN server for other applications, if it is wanted.
    pub public_relay: Option<PublicRelaySettings>,
    /// Threads of the program.
    pub threads: usize,
}

impl Settings {
    /// Checks what was typed.
    ///
    /// # Errors
    /// [`Fault::Setting`] with a sentence that names the flag.
    pub fn resolve(args: &ServeArgs) -> Result<Self, Fault> {
        if args.listen == args.relay_listen && args.listen.port() != 0 {
            return Err(Fault::Setting(format!(
                "--listen and --relay-listen are both {}: page and relay both need a TCP port; give them two",
                args.listen
            )));
        }
        let relayed_address = match args.relayed_address {
            None => own_address::relayed_address(args.relay_listen),
            Some(IpAddr::V4(v4)) if v4.is_loopback() || v4.is_unspecified() || v4.is_link_local() => {
                return Err(Fault::Setting(format!(
                    "--relayed-address {v4}: browsers refuse relayed candidates on loopback, 0.0.0.0 and \
                     169.254.x.x; give this machine's own or public IPv4 address"
                )));
            }
            Some(IpAddr::V4(v4)) => v4,
            Some(IpAddr::V6(v6)) => {
                return Err(Fault::Setting(format!(
                    "--relayed-address {v6}: it must be IPv4, because browsers pair relayed candidates within \
                     one family and everybody can use this one"
                )));
            }
        };
        let relay_host = args.relay_host.clone().map(checked_host).transpose()?;
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let workers = args
            .relay_workers
            .and_then(|workers| NonZeroUsize::new(usize::from(workers)));
        Ok(Self {
            listen: args.listen,
            relay_listen: args.relay_listen,
            relay_host,
            relayed_address,
            origins: AllowedOrigins::parse(&args.allow_origin).map_err(Fault::Setting)?,
            max_people: args.max_people,
            public_relay: PublicRelaySettings::resolve(
                &args.public_relay,
                &[args.listen, args.relay_listen],
            )?,
            relay_workers: workers.unwrap_or(parlour_relay_io::Settings::default().workers),
            threads: cores.get().min(4),
        })
    }

    /// Binds the page's address.
    ///
    /// # Errors
    /// [`Fault::Listen`].
    pub async fn bind_page(&self) -> Result<TcpListener, Fault> {
        TcpListener::bind(self.listen)
            .await
            .map_err(|error| Fault::Listen {
                address: self.listen,
                error,
            })
    }

    /// The relay machine's configuration; `own_ports` are those that we listen on.
    #[must_use]
    pub fn relay(&self, own_ports: &[u16]) -> parlour_relay::Config {
        parlour_relay::Config {
            relayed_ip: self.relayed_address,
            // A stray check to the virtual address must not meet a server of ours.
            reserved_ports: [own_ports, &[3478, 5349]].concat(),
            ..parlour_relay::Config::default()
        }
    }

    /// The data plane's configuration.
    #[must_use]
    pub fn relay_io(&self) -> parlour_relay_io::Settings {
        parlour_relay_io::Settings {
            workers: self.relay_workers,
            ..parlour_relay_io::Settings::default()
        }
    }

    /// The signaling machine's configuration; `relay` is where the relay really listens.
    #[must_use]
    pub fn signaling(&self, relay: SocketAddr) -> parlour_signaling::Config {
        let host = match (&self.relay_host, relay.ip()) {
            (Some(name), _) => name.clone(),
            (None, ip) if ip.is_unspecified() => "{host}".to_owned(),
            (None, IpAddr::V4(v4)) => v4.to_string(),
            (None, IpAddr::V6(v6)) => format!("[{v6}]"),
        };
        let port = relay.port();
        let urls = ["udp", "tcp"].map(|transport| format!("turn:{host}:{port}?transport={transport}"));
        parlour_signaling::Config {
            cap: usize::from(self.max_people),
            ice_servers: vec![IceTemplate {
                urls: urls.to_vec(),
                with_credential: true,
            }],
            ..parlour_signaling::Config::default()
        }
    }
}

fn checked_host(host: String) -> Result<String, Fault> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(v6) = bare
        && v6.parse::<std::net::Ipv6Addr>().is_ok()
    {
        return Ok(host);
    }
    if host.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(format!("[{host}]"));
    }
    let name = !host.is_empty()
        && host.len() <= 253
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if name {
        return Ok(host);
    }
    Err(Fault::Setting(format!(
        "--relay-host {host:?} is no host name; give a name like meet.example.org or an address, without \
         scheme and port"
    )))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn typed(words: &[&str]) -> Result<Settings, Fault> {
        let cli = Cli::try_parse_from([&["parlour"], words].concat()).unwrap();
        Settings::resolve(&cli.serve)
    }

    #[test]
    fn nothing_typed_means_localhost() {
        let settings = typed(&[]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.relay_listen.to_string(), "127.0.0.1:3478");
        let urls = settings
            .signaling(settings.relay_listen)
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
            settings.signaling(settings.relay_listen).ice_servers[0].urls[0],
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
            named.signaling(named.relay_listen).ice_servers[0].urls[1],
            "turn:meet.example.org:3478?transport=tcp"
        );
        let v6 = typed(&["--relay-host", "2001:db8::1"]).unwrap();
        assert_eq!(
            v6.signaling(v6.relay_listen).ice_servers[0].urls[0],
            "turn:[2001:db8::1]:3478?transport=udp"
        );
    }

    #[test]
    fn contradictions_are_sentences_that_name_the_flag() {
        for (words, flag) in [
            (
                vec!["--listen", "127.0.0.1:9000", "--relay-listen", "127.0.0.1:9000"],
                "--relay-listen",
            ),
            (vec!["--relayed-address", "127.0.0.1"], "--relayed-address"),
            (vec!["--relayed-address", "2001:db8::1"], "--relayed-address"),
            (vec!["--relay-host", "https://meet.example.org"], "--relay-host"),
            (vec!["--relay-host", "a:3478"], "--relay-host"),
            (vec!["--allow-origin", "example.org"], "--allow-origin"),
        ] {
            let text = typed(&words).unwrap_err().to_string();
            assert!(text.contains(flag) && text.len() > 40, "{text}");
        }
    }
}
