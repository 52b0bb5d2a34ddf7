//! What does not go together between settings that are right by themselves, in sentences that name the flag, variable
//! or line each comes from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::config::Config;
use crate::https::HttpsSettings;
use crate::listen::ListenAt;
use crate::own_address;

/// What is wrong between values that are right by themselves.
pub(crate) fn contradictions(config: &Config) -> Vec<String> {
    let values = &config.values;
    let mut problems = Vec::new();
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

/// Where TCP is listened on, by the names of the settings.
pub(crate) fn listeners(
    config: &Config,
    https: &HttpsSettings,
    relay: SocketAddr,
) -> Vec<(&'static str, SocketAddr)> {
    let given = [
        ("listen.http", https.http.as_ref().and_then(ListenAt::address)),
        ("listen.https", https.https.as_ref().map(|(address, _)| *address)),
        ("relay.listen", Some(relay)),
        ("public_relay.tls_listen", config.values.public.tls_listen),
    ];
    let address = |(name, address): (&'static str, Option<SocketAddr>)| Some((name, address?));
    given.into_iter().filter_map(address).collect()
}

/// Two of our own listeners on one port would take it from each other.
pub(crate) fn collision(config: &Config, listeners: &[(&'static str, SocketAddr)]) -> Option<String> {
    listeners.iter().enumerate().find_map(|(index, (name, at))| {
        let (other, _) = listeners[..index]
            .iter()
            .find(|(_, before)| before == at && at.port() != 0)?;
        let (other, name) = (config.called(other), config.called(name));
        Some(format!(
            "{other} and {name} are both {at}: each needs a TCP port of its own"
        ))
    })
}

/// The address that stands in relayed candidates: this machine's own, or the one that was given if browsers can use it.
pub(crate) fn relayed_address(config: &Config, relay_listen: SocketAddr) -> Result<Ipv4Addr, String> {
    let called = || config.called("relay.relayed_address");
    match config.values.relayed_address {
        None => Ok(own_address::relayed_address(relay_listen)),
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
