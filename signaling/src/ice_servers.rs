//! What a page is told to use for ICE: the operator's templates, made concrete for one seat.
//!
//! The port and the transport stand in the template; only the host is filled in, so that whoever reached the page by
//! a name or address reaches the relay by the same.

use std::net::Ipv6Addr;

use parlour_credentials::TurnCredential;

use crate::config::IceTemplate;
use crate::message::IceServer;

/// Where the host goes.
const HOST: &str = "{host}";
/// Where the host goes if it is a name: certificates are for names, and browsers skip `turns:` with an address.
const NAME: &str = "{name}";

/// The servers for a seat whose page came by `authority`. Templates that need a host are left out if the authority
/// names none.
pub(crate) fn ice_servers(
    templates: &[IceTemplate],
    authority: &str,
    credential: &TurnCredential,
) -> Vec<IceServer> {
    let host = host_of(authority);
    let concrete = |template: &IceTemplate| {
        let urls: Vec<String> = template.urls.iter().filter_map(|url| fill(url, host)).collect();
        let (username, password) = if template.with_credential {
            (
                Some(credential.username.clone()),
                Some(credential.password.clone()),
            )
        } else {
            (None, None)
        };
        (!urls.is_empty()).then_some(IceServer {
            urls,
            username,
            credential: password,
        })
    };
    templates.iter().filter_map(concrete).collect()
}

/// The addresses among them for which a seat gets credentials, for a page that has none yet.
pub(crate) fn relay_urls(templates: &[IceTemplate], authority: &str) -> Vec<String> {
    let host = host_of(authority);
    templates
        .iter()
        .filter(|template| template.with_credential)
        .flat_map(|template| &template.urls)
        .filter_map(|url| fill(url, host))
        .collect()
}

fn fill(url: &str, host: Option<&str>) -> Option<String> {
    if url.contains(NAME) {
        host.filter(|host| is_name(host))
            .map(|host| url.replace(NAME, host))
    } else if url.contains(HOST) {
        host.map(|host| url.replace(HOST, host))
    } else {
        Some(url.to_owned())
    }
}

/// Whether a host is a name rather than an address. Browsers take a host whose last label is a number for an address
/// (WHATWG URL, "ends in a number").
fn is_name(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    !host.starts_with('[') && !last.bytes().all(|b| b.is_ascii_digit())
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port` (RFC 3986 §3.2), brackets kept; `None` if it is no DNS name
/// and no address.
fn host_of(authority: &str) -> Option<&str> {
    if authority.starts_with('[') {
        let (host, port) = authority.split_at(authority.find(']')? + 1);
        let address = host.strip_prefix('[')?.strip_suffix(']')?;
        let valid =
            address.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || is_port(port.strip_prefix(':')?));
        return valid.then_some(host);
    }
    let host = match authority.split_once(':') {
        Some((host, port)) if is_port(port) => host,
        Some(_) => return None,
        None => authority,
    };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    ((1..=253).contains(&host.len()) && host.bytes().all(is_name)).then_some(host)
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_address() {
        let url = "turns:{name}:443?transport=tcp";
        for name in ["meet.example.org", "localhost", "meet.example.org."] {
            assert_eq!(
                fill(url, Some(name)),
                Some(format!("turns:{name}:443?transport=tcp"))
            );
        }
        for address in ["127.0.0.1", "192.168.1", "1", "[::1]"] {
            assert_eq!(fill(url, Some(address)), None, "{address}");
        }
        assert_eq!(fill(url, None), None);
    }

    #[test]
    fn a_host_is_a_name_or_an_address_without_its_port() {
        for (authority, host) in [
            ("meet.example.org", "meet.example.org"),
            ("meet.example.org:8443", "meet.example.org"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("[2001:db8::1]:443", "[2001:db8::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(host_of(authority), Some(host));
        }
        let long = "a".repeat(254);
        for nonsense in [
            "",
            ":80",
            "a b",
            "a:b",
            "a:99999",
            "a:+1",
            "[::1",
            "[x]",
            "[::1]x",
            "a?transport=udp",
            &long,
        ] {
            assert_eq!(host_of(nonsense), None, "{nonsense}");
        }
    }
}
