//! What this machine gives the server: buffers, open files, clock, addresses, names.

use std::net::{IpAddr, ToSocketAddrs as _};

use super::{Finding, ok, warn};
use crate::settings::Settings;

/// Fewer than this and a full server turns people away.
const OPEN_FILES: usize = 16_384;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let own = parlour_relay_io::own_addresses().unwrap_or_default();
    let mut findings = buffers(settings);
    // As the server does at its start.
    parlour_relay_io::raise_open_files_limit();
    findings.push(open_files(parlour_relay_io::open_files_limit()));
    findings.push(clock(synchronised()));
    findings.push(ipv6(settings, &own));
    findings.extend(name(settings, &own));
    findings
}

/// The system's bounds for UDP buffers against what the relay asks for (Linux: socket(7)).
fn buffers(settings: &Settings) -> Vec<Finding> {
    let io = &settings.values.relay_io;
    let of = |(name, wanted): (&str, usize)| {
        let bound: usize = std::fs::read_to_string(format!("/proc/sys/net/core/{name}"))
            .ok()?
            .trim()
            .parse()
            .ok()?;
        Some(if bound >= wanted {
            ok("buffers", format!("net.core.{name} is {bound}"))
        } else {
            warn(
                "buffers",
                format!(
                    "net.core.{name} is {bound}: bursts of video are lost when the relay is busy; type: sysctl -w \
                     net.core.{name}={wanted}"
                ),
            )
        })
    };
    // In a sandbox without /proc/sys there is nothing to say.
    [
        ("rmem_max", io.receive_buffer_bytes),
        ("wmem_max", io.send_buffer_bytes),
    ]
    .into_iter()
    .filter_map(of)
    .collect()
}

fn open_files(limit: Option<usize>) -> Finding {
    match limit {
        Some(limit) if limit < OPEN_FILES => warn(
            "files",
            format!(
                "this shell lets a process open {limit} files, and every connection is one; type: ulimit -n 65536, or \
                 LimitNOFILE=65536 in the unit"
            ),
        ),
        Some(limit) => ok("files", format!("a process may open {limit} files")),
        None => ok("files", "no limit on open files is known here".to_owned()),
    }
}

/// Credentials of other applications and rules of rooms are judged by the clock.
fn clock(synchronised: Option<bool>) -> Finding {
    match synchronised {
        Some(true) => ok("clock", "is kept right by the network".to_owned()),
        Some(false) => warn(
            "clock",
            "is not kept right by the network, and credentials go by it; type: timedatectl set-ntp true"
                .to_owned(),
        ),
        None => warn(
            "clock",
            "nothing here says whether it is right; type: timedatectl".to_owned(),
        ),
    }
}

/// What systemd-timesyncd says; `None` where it does not run.
fn synchronised() -> Option<bool> {
    let run = std::path::Path::new("/run/systemd/timesync");
    run.exists().then(|| run.join("synchronized").exists())
}

fn ipv6(settings: &Settings, own: &[IpAddr]) -> Finding {
    let global = |ip: &IpAddr| matches!(ip, IpAddr::V6(v6) if (0x2000..0x4000).contains(&v6.segments()[0]));
    let has = own.iter().any(global);
    let listens = settings.relay_listen.is_ipv6();
    match (has, listens) {
        (true, false) if !settings.relay_listen.ip().is_loopback() => warn(
            "ipv6",
            "this machine has an IPv6 address, but the relay listens on IPv4 only; type: --relay-listen [::]:3478 for \
             both"
                .to_owned(),
        ),
        (true, _) => ok("ipv6", "this machine has a public IPv6 address".to_owned()),
        (false, _) => ok("ipv6", "this machine has no public IPv6 address; nobody needs it".to_owned()),
    }
}

/// Whether the name that browsers get for the relay leads here.
fn name(settings: &Settings, own: &[IpAddr]) -> Option<Finding> {
    let host = settings.values.relay_host.as_deref()?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found: Vec<IpAddr> = match (bare, 0).to_socket_addrs() {
        Ok(found) => found.map(|address| address.ip().to_canonical()).collect(),
        Err(error) => {
            return Some(super::fail(
                "dns",
                format!("{host} leads nowhere: {error}; add an A or AAAA record with this server's address"),
            ));
        }
    };
    Some(if found.iter().any(|ip| own.contains(ip)) {
        ok("dns", format!("{host} leads to this machine"))
    } else {
        warn(
            "dns",
            format!(
                "{host} leads to {}, which is no address of this machine; behind a NAT that is right if it passes \
                 UDP and TCP port {} on",
                found
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
                settings.relay_listen.port()
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn doubts_say_what_to_type() {
        for (finding, words) in [
            (open_files(Some(1024)), "ulimit -n"),
            (clock(Some(false)), "timedatectl"),
            (clock(None), "timedatectl"),
        ] {
            assert_eq!(finding.verdict, Verdict::Warn);
            assert!(
                finding.text.contains("type: ") && finding.text.contains(words),
                "{finding}"
            );
        }
        assert_eq!(open_files(Some(65_536)).verdict, Verdict::Ok);
        assert_eq!(open_files(None).verdict, Verdict::Ok);
        assert_eq!(clock(Some(true)).verdict, Verdict::Ok);
    }
}
