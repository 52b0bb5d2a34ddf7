//! `parlour ports`: what a firewall or a container must let in.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::cli::PortsFormat;
use crate::listen::ListenAt;
use crate::settings::Settings;

/// A port, or a range of them, on which others must reach us.
struct Opening {
    ports: String,
    protocol: &'static str,
    purpose: &'static str,
}

/// The openings in the given form.
pub(super) fn list(settings: &Settings, format: PortsFormat) -> String {
    let openings = openings(settings);
    if openings.is_empty() {
        return "# Nothing to open: everything listens on this machine only.\n".to_owned();
    }
    let mut text = match format {
        PortsFormat::Text | PortsFormat::Ufw | PortsFormat::Nft => String::new(),
        PortsFormat::Compose => "ports:\n".to_owned(),
    };
    for Opening {
        ports,
        protocol,
        purpose,
    } in openings
    {
        let port = format!("{ports}/{protocol}");
        let _ = match format {
            PortsFormat::Text => writeln!(text, "{port:<16} {purpose}"),
            PortsFormat::Ufw => {
                // ufw writes ranges with a colon.
                writeln!(
                    text,
                    "ufw allow {} comment 'Parlour: {purpose}'",
                    port.replace('-', ":")
                )
            }
            PortsFormat::Nft => writeln!(
                text,
                "nft add rule inet filter input {protocol} dport {ports} accept comment '\"Parlour: {purpose}\"'"
            ),
            PortsFormat::Compose => writeln!(text, "  - \"{ports}:{ports}/{protocol}\" # {purpose}"),
        };
    }
    text
}

fn openings(settings: &Settings) -> Vec<Opening> {
    let mut openings = Vec::new();
    let mut open = |address: SocketAddr, protocol, purpose| {
        if !address.ip().to_canonical().is_loopback() {
            openings.push(Opening {
                ports: address.port().to_string(),
                protocol,
                purpose,
            });
        }
    };
    if let Some(http) = settings.https.http.as_ref().and_then(ListenAt::address) {
        let purpose = match settings.https.https {
            None => "page and signaling",
            Some(_) => "plain http: only the way to https",
        };
        open(http, "tcp", purpose);
    }
    if let Some((https, _)) = &settings.https.https {
        open(*https, "tcp", "page, signaling, TURN over TLS");
    }
    for protocol in ["udp", "tcp"] {
        open(
            settings.relay_listen,
            protocol,
            "relay of the meetings (TURN, STUN)",
        );
    }
    if let Some(public) = &settings.public_relay {
        for protocol in ["udp", "tcp"] {
            open(public.listen, protocol, "TURN for other applications");
        }
        if let Some(tls) = public.tls_listen {
            open(tls, "tcp", "TURN over TLS for other applications");
        }
        let ports = &public.config.ports;
        openings.push(Opening {
            ports: format!("{}-{}", ports.start(), ports.end()),
            protocol: "udp",
            purpose: "relayed addresses of TURN for other applications",
        });
    }
    openings
}
