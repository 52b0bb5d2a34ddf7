//! Whom a proxy speaks for: `X-Forwarded-For` and `Forwarded` (RFC 7239), believed from trusted proxies only.
//!
//! Anybody can send these headers. So the list is read from its right end, where our own proxy wrote, and the first
//! address that is no trusted proxy is the client; what stands further left is hearsay.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use parlour_relay::public::Cidr;

/// The addresses of the operator's own proxies, `trusted_proxies`.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<Cidr>);

impl TrustedProxies {
    /// The list as the table of settings has checked it.
    ///
    /// # Panics
    /// If an entry is no block.
    #[must_use]
    pub fn of(blocks: &[String]) -> Self {
        let read = |text: &String| text.parse().expect("the table of settings takes blocks only");
        Self(blocks.iter().map(read).collect())
    }

    /// Whether the address is that of a trusted proxy.
    #[must_use]
    pub fn trusts(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|block| block.contains(ip))
    }

    /// The client of a request that `proxy`, trusted, has passed on: `proxy` itself if it names nobody else.
    #[must_use]
    pub fn client(&self, proxy: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = proxy;
        for hop in hops(headers).into_iter().rev() {
            // "unknown", a hidden name or nonsense: nothing left of it can be believed.
            let Some(hop) = hop else { break };
            client = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        client
    }
}

/// All hops in the order of the headers, `None` for one that is no address.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let lists = |name: &str| {
        let values = headers.get_all(name).iter();
        values.flat_map(|value| value.to_str().unwrap_or("?").split(',').map(str::trim))
    };
    let simple: Vec<_> = lists("x-forwarded-for").map(address).collect();
    if !simple.is_empty() {
        return simple;
    }
    lists("forwarded")
        .map(|element| {
            let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
            let (_, node) = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case("for"))?;
            address(node.trim().trim_matches('"'))
        })
        .collect()
}

/// `address`, `address:port`, `[v6]` or `[v6]:port`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(text)
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
        .ok()
        .map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(headers: &[(&'static str, &str)]) -> String {
        let trusted = TrustedProxies::of(&["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()]);
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        assert!(trusted.trusts(proxy) && trusted.trusts("::ffff:10.2.3.4".parse().unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        trusted.client(proxy, &map).to_string()
    }

    #[test]
    fn the_client_is_the_rightmost_hop_that_is_no_proxy_of_ours() {
        for (headers, expected) in [
            (&[][..], "10.0.0.1"),
            (&[("x-forwarded-for", "198.51.100.7")], "198.51.100.7"),
            (
                &[("x-forwarded-for", "203.0.113.9, 198.51.100.7, 10.9.9.9")],
                "198.51.100.7",
            ),
            (
                &[
                    ("x-forwarded-for", "203.0.113.9"),
                    ("x-forwarded-for", "198.51.100.7"),
                ],
                "198.51.100.7",
            ),
            (&[("x-forwarded-for", "10.1.1.1, 10.2.2.2")], "10.1.1.1"),
            (&[("x-forwarded-for", "203.0.113.9, unknown")], "10.0.0.1"),
            (&[("x-forwarded-for", "203.0.113.9, ,10.2.2.2")], "10.2.2.2"),
            (&[("x-forwarded-for", "198.51.100.7:4711")], "198.51.100.7"),
            (&[("x-forwarded-for", "::ffff:198.51.100.7")], "198.51.100.7"),
            (
                &[(
                    "forwarded",
                    "for=203.0.113.9;proto=https, For=\"[2001:db9::17]:4711\";by=10.0.0.1",
                )],
                "2001:db9::17",
            ),
            (&[("forwarded", "for=_hidden")], "10.0.0.1"),
            (
                &[
                    ("forwarded", "for=203.0.113.9"),
                    ("x-forwarded-for", "198.51.100.7"),
                ],
                "198.51.100.7",
            ),
        ] {
            assert_eq!(client(headers), expected, "{headers:?}");
        }
    }
}
