//! The configuration, turned into what is meant: contradictions between settings are found here, before anything
//! starts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;

use parlour_signaling::IceTemplate;
use tokio::net::TcpListener;

use crate::config::{Config, Problems, Typed, Values};
use crate::fault::Fault;
use crate::origin::AllowedOrigins;
use crate::own_address;
use crate::public_relay::PublicRelaySettings;

/// Everything the program needs to know, checked.
#[derive(Clone)]
pub struct Settings {
    /// The settings one by one.
    pub values: Values,
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
        let relayed_address = relayed_address(config).unwrap_or_else(|problem| {
            problems.push(problem);
            Ipv4Addr::LOCALHOST
        });
        let public_relay = PublicRelaySettings::of(config, &[values.listen, values.relay_listen])
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
            relayed_address,
            origins: AllowedOrigins::of(&values.origins),
            public_relay,
            threads: cores.get().min(4),
        })
    }

    /// Binds the page's address.
    ///
    /// # Errors
    /// [`Fault::Listen`].
    pub async fn bind_page(&self) -> Result<TcpListener, Fault> {
        let address = self.values.listen;
        TcpListener::bind(address)
            .await
            .map_err(|error| Fault::Listen { address, error })
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
            ..defaults.clone()
        }
    }

    /// The signaling machine's configuration; `relay` is where the relay really listens.
    #[must_use]
    pub fn signaling(&self, relay: SocketAddr) -> parlour_signaling::Config {
        let host = match (&self.values.relay_host, relay.ip()) {
            (Some(name), _) => name.clone(),
            (None, ip) if ip.is_unspecified() => "{host}".to_owned(),
            (None, IpAddr::V4(v4)) => v4.to_string(),
            (None, IpAddr::V6(v6)) => format!("[{v6}]"),
        };
        let port = relay.port();
        let urls = ["udp", "tcp"].map(|transport| format!("turn:{host}:{port}?transport={transport}"));
        parlour_signaling::Config {
            ice_servers: vec![IceTemplate {
                urls: urls.to_vec(),
                with_credential: true,
            }],
            ..self.values.rooms.clone()
        }
    }
}

/// What is wrong between values that are right by themselves.
fn contradictions(config: &Config) -> Vec<String> {
    let values = &config.values;
    let mut problems = Vec::new();
    if values.listen == values.relay_listen && values.listen.port() != 0 {
        problems.push(format!(
            "{} and {} are both {}: page and relay both need a TCP port; give them two",
            config.called("listen.http"),
            config.called("relay.listen"),
            values.listen
        ));
    }
    if values.rooms.silent_after <= values.rooms.ping_every {
        problems.push(format!(
            "{} must be longer than {}, or every quiet connection is closed before it is pinged",
            config.called("rooms.silent_after"),
            config.called("rooms.ping_every"),
        ));
    }
    if values.relay_io.idle_deadline <= values.relay.allocation_lifetime {
        problems.push(format!(
            "{} must be longer than {}, or quiet calls lose their connection before they refresh",
            config.called("relay.idle_deadline"),
            config.called("relay.allocation_lifetime"),
        ));
    }
    problems
}

fn relayed_address(config: &Config) -> Result<Ipv4Addr, String> {
    let called = || config.called("relay.relayed_address");
    match config.values.relayed_address {
        None => Ok(own_address::relayed_address(config.values.relay_listen)),
        Some(IpAddr::V4(v4)) if v4.is_loopback() || v4.is_unspecified() || v4.is_link_local() => {
            Err(format!(
                "{} {v4}: browsers refuse relayed candidates on loopback, 0.0.0.0 and 169.254.x.x; give this machine's \
             own or public IPv4 address",
                called()
            ))
        }
        Some(IpAddr::V4(v4)) => Ok(v4),
        Some(IpAddr::V6(v6)) => Err(format!(
            "{} {v6}: it must be IPv4, because browsers pair relayed candidates within one family and everybody \
             can use this one",
            called()
        )),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn typed(words: &[&str]) -> Result<Settings, Problems> {
        let cli = Cli::try_parse_from([&["parlour"], words].concat()).unwrap();
        let file = Some("/dev/null".into());
        Settings::of(&Config::load(&Typed { file, ..cli.serve.0 }, []).unwrap())
    }

    #[test]
    fn nothing_typed_means_localhost() {
        let settings = typed(&[]).unwrap();
        assert_eq!(settings.values.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.values.relay_listen.to_string(), "127.0.0.1:3478");
        let urls = settings
            .signaling(settings.values.relay_listen)
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
            settings.signaling(settings.values.relay_listen).ice_servers[0].urls[0],
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
            named.signaling(named.values.relay_listen).ice_servers[0].urls[1],
            "turn:meet.example.org:3478?transport=tcp"
        );
        let v6 = typed(&["--relay-host", "2001:db8::1"]).unwrap();
        assert_eq!(
            v6.signaling(v6.values.relay_listen).ice_servers[0].urls[0],
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
