//! `parlour doctor`: what stands between this server and a call, one line for each, with what to type.
//!
//! Everything is asked of this machine and of the address that was typed; no third party hears of it. It joins a
//! room of its own on the running server and talks through the relay as two browsers would.

mod https;
mod machine;
mod page;
pub(crate) mod self_test;
mod turn;

use std::fmt;
use std::time::Duration;

use parlour_client::{Client, HostKey, IceServer, Options, PagePapers, Rules, Tls, random_room_id};

use crate::clock;
use crate::config::Config;
use crate::settings::Settings;
use crate::tls;
use turn::{By, Seat};

/// How one matter stands.
pub struct Finding {
    /// Good, doubtful or bad.
    pub verdict: Verdict,
    /// What was looked at.
    pub subject: &'static str,
    /// What was found, and what to type.
    pub text: String,
}

/// Good, doubtful or bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to do.
    Ok,
    /// Works, but not for everybody or not under load.
    Warn,
    /// Calls will not work.
    Fail,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        write!(f, "{verdict:<5}{:<12}{}", self.subject, self.text)
    }
}

/// Looks at everything; `url` is what people open, if it is not this machine's own address. `tell` hears of each
/// finding at once, because some take a while.
pub async fn examine(config: &Config, settings: &Settings, url: Option<&str>, mut tell: impl FnMut(Finding)) {
    for note in &config.notes {
        tell(warn("config", note.clone()));
    }
    let secure = settings.https.https.as_ref();
    let secure = secure.map(|(at, from)| (self_test::reachable(*at), from));
    let plain = settings.plain_page().map(self_test::reachable);
    let (found, door) = match (secure, plain) {
        (Some((at, from)), _) => {
            let name = https::name(settings).to_owned();
            let config = tls::anybody();
            let door = Options {
                tls: Some(Tls { name, config }),
                ..Options::to(at)
            };
            (https::look(settings, from, at).await, Some(door))
        }
        (None, Some(at)) => (vec![verdict("page", page::answers(at))], Some(Options::to(at))),
        (None, None) => {
            let text =
                "is served by a socket file only; give the address of the proxy in front: parlour doctor URL";
            (vec![warn("page", text.to_owned())], None)
        }
    };
    let door = door.filter(|_| found.first().is_some_and(|page| page.verdict == Verdict::Ok));
    for finding in found {
        tell(finding);
    }
    if let Some(url) = url {
        for finding in page::through_proxy(url) {
            tell(finding);
        }
    }
    match door {
        Some(door) => relay(settings, &door, &mut tell).await,
        None if secure.is_some() || plain.is_some() => tell(fail(
            "relay",
            "cannot be tried while the page does not answer".to_owned(),
        )),
        None => tell(warn(
            "relay",
            "cannot be tried: a seat in a room is needed; the server tries it by itself at its start"
                .to_owned(),
        )),
    }
    for finding in machine::examine(settings) {
        tell(finding);
    }
}

/// Two seats in a room of our own, and a message from one to the other, over UDP, TCP and, where it is ours, TLS.
async fn relay(settings: &Settings, door: &Options, tell: &mut impl FnMut(Finding)) {
    let (seats, _clients) = match seats(door).await {
        Ok(seats) => seats,
        Err(error) => {
            tell(fail(
                "signaling",
                format!("cannot take a seat in a room: {error}"),
            ));
            return;
        }
    };
    tell(ok("signaling", "made a room and took two seats in it".to_owned()));
    let relay = self_test::reachable(settings.relay_listen);
    let mut ways = vec![
        (By::Udp, "relay udp", "udp", relay),
        (By::Tcp, "relay tcp", "tcp", relay),
    ];
    if let Some((at, _)) = &settings.https.https {
        ways.push((By::Tls, "relay tls", "tcp", self_test::reachable(*at)));
    }
    for (by, subject, protocol, address) in ways {
        let tried = turn::send_through(by, address, &seats)
            .map(|took| {
                format!(
                    "{address}: a message passed in {:.1} ms",
                    took.as_secs_f64() * 1000.0
                )
            })
            .map_err(|why| {
                let port = address.port();
                format!(
                    "{address}: {why}; is a firewall in the way? For ufw type: ufw allow {port}/{protocol}"
                )
            });
        tell(verdict(subject, tried));
    }
    if let Some(public) = &settings.public_relay {
        let application = public.secrets.names().next().unwrap_or_default();
        let now = std::time::Instant::now();
        let minted = public
            .secrets
            .mint(now, application, Duration::from_secs(60), Some("doctor"));
        if let Some(minted) = minted {
            let seat = Seat {
                name: minted.username,
                password: minted.password,
            };
            let address = self_test::reachable(public.listen);
            let tried = turn::allocate(By::Udp, address, &seat)
                .map(|()| format!("{address}: allocates for {application}"))
                .map_err(|why| format!("{address}: {why}; was the secret changed without SIGHUP?"));
            tell(verdict("turn", tried));
        }
    }
}

/// Credentials of two seats, good while the clients are kept.
async fn seats(options: &Options) -> Result<([Seat; 2], [Client; 2]), parlour_client::Error> {
    let (host, room) = (HostKey::random()?, random_room_id()?);
    let state = host.state(&Rules::open(room, 2), clock::unix().as_secs() + 600);
    let claim = host.claim(room, &[state])?;
    let mut first = Client::connect(options).await?;
    first.create(claim).await?;
    let mut second = Client::connect(options).await?;
    let a = first
        .join(PagePapers::fresh(host.pk())?.join(room, first.session()))
        .await?;
    let b = second
        .join(PagePapers::fresh(host.pk())?.join(room, second.session()))
        .await?;
    Ok(([seat(a.ice_servers), seat(b.ice_servers)], [first, second]))
}

fn seat(servers: Vec<IceServer>) -> Seat {
    let server = servers.into_iter().find(|server| server.username.is_some());
    let (name, password) = server.map_or((None, None), |server| (server.username, server.credential));
    Seat {
        name: name.unwrap_or_default(),
        password: password.unwrap_or_default(),
    }
}

fn ok(subject: &'static str, text: String) -> Finding {
    let verdict = Verdict::Ok;
    Finding {
        verdict,
        subject,
        text,
    }
}

fn warn(subject: &'static str, text: String) -> Finding {
    let verdict = Verdict::Warn;
    Finding {
        verdict,
        subject,
        text,
    }
}

fn fail(subject: &'static str, text: String) -> Finding {
    let verdict = Verdict::Fail;
    Finding {
        verdict,
        subject,
        text,
    }
}

fn verdict(subject: &'static str, found: Result<String, String>) -> Finding {
    match found {
        Ok(text) => ok(subject, text),
        Err(text) => fail(subject, text),
    }
}
