//! `parlour turn credentials`: what an application would mint from the secret that it shares with us.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::settings::Settings;

/// What was asked for.
pub(super) struct Wanted {
    pub(super) ttl: Duration,
    pub(super) name: Option<String>,
    pub(super) application: Option<String>,
}

/// A JSON object with `iceServers` (W3C webrtc-pc, RTCIceServer).
///
/// # Errors
/// A sentence, if the public relay is off or there is no such application.
pub(super) fn credentials(config: &Config, settings: &Settings, wanted: &Wanted) -> Result<String, String> {
    let Some(public) = &settings.public_relay else {
        return Err(format!(
            "the TURN server for other applications is off; {} turns it on",
            config.called("public_relay.listen")
        ));
    };
    let names: Vec<&str> = public.secrets.names().collect();
    let application = match &wanted.application {
        None => names.first().copied().unwrap_or_default(),
        Some(name) => names
            .iter()
            .find(|known| *known == name)
            .copied()
            .ok_or_else(|| {
                format!(
                    "there is no application {name:?} in the list of secrets; there are: {}",
                    names.join(", ")
                )
            })?,
    };
    let minted = public
        .secrets
        .mint(Instant::now(), application, wanted.ttl, wanted.name.as_deref())
        .ok_or("the name is too long: user names of TURN have at most 508 bytes")?;
    let host = match (&settings.values.relay_host, public.ipv4, public.ipv6) {
        (Some(name), _, _) => name.clone(),
        (None, Some(v4), _) => v4.to_string(),
        (None, None, Some(v6)) => format!("[{v6}]"),
        (None, None, None) => match public.listen.ip() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("[{v6}]"),
        },
    };
    let port = public.listen.port();
    let urls = ["udp", "tcp"].map(|transport| format!("turn:{host}:{port}?transport={transport}"));
    let object = serde_json::json!({
        "iceServers": [{ "urls": urls, "username": minted.username, "credential": minted.password }],
    });
    Ok(format!("{object:#}\n"))
}
