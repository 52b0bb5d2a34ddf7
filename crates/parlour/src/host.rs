//! Under which name a request came, and whether that name is ours (RFC 9112 §3.2, RFC 9110 §7.4).

use std::fmt;
use std::net::Ipv6Addr;

use http::header::HOST;
use http::{HeaderMap, Uri};

/// A host and perhaps a port, as in a URL, in lower case: `meet.example.org`, `[::1]:8443`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

impl Authority {
    /// Reads a Host header; `None` if it is none that browsers send.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((v6, rest)) => {
                v6.parse::<Ipv6Addr>().ok()?;
                let port = if rest.is_empty() {
                    None
                } else {
                    Some(rest.strip_prefix(':')?)
                };
                (format!("[{v6}]"), port)
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host.to_owned(), Some(port)),
                None => (text.to_owned(), None),
            },
        };
        let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let plain = host.starts_with('[') || host.bytes().all(is_name);
        if host.is_empty() || host.len() > 253 || !plain {
            return None;
        }
        let digits = |port: &str| {
            port.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| port.parse().ok())?
        };
        let port = match port {
            None => None,
            Some(port) => Some(digits(port)?),
        };
        let host = host.to_ascii_lowercase();
        Some(Self { host, port })
    }

    /// A name on a port; the port is left out where it is that of https.
    #[must_use]
    pub fn of_https(host: &str, port: u16) -> Self {
        Self {
            host: host.to_ascii_lowercase(),
            port: (port != 443).then_some(port),
        }
    }

    /// The name or address, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is a name rather than an address (WHATWG URL: a host whose last label is a number is an address).
    #[must_use]
    pub fn is_name(&self) -> bool {
        let last = self
            .host
            .trim_end_matches('.')
            .rsplit('.')
            .next()
            .unwrap_or_default();
        !self.host.starts_with('[') && !last.bytes().all(|b| b.is_ascii_digit())
    }

    /// Whether both mean the same place, `default` being the port that need not be said.
    #[must_use]
    pub fn is(&self, other: &Self, default: u16) -> bool {
        self.host == other.host && self.port.unwrap_or(default) == other.port.unwrap_or(default)
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            None => f.write_str(&self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
        }
    }
}

/// The address under which people know this server, `public_url` or made from `domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// Whether it is https.
    pub https: bool,
    /// Name and perhaps port.
    pub authority: Authority,
    /// `/`, or the path below which a proxy has put us, beginning and ending with `/`.
    pub path: String,
}

impl PublicUrl {
    /// Reads `https://name[:port]/[path/]`.
    ///
    /// # Errors
    /// A sentence that says what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            "allowed is an address that people open, like https://meet.example.org/ or https://example.org/parlour/"
                .to_owned()
        };
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err(wrong()),
        };
        let authority = uri
            .authority()
            .and_then(|authority| Authority::parse(authority.as_str()));
        let authority = authority.ok_or_else(wrong)?;
        if uri.query().is_some() || text.contains('#') {
            return Err(wrong());
        }
        let path = match uri.path() {
            path if path.ends_with('/') => path.to_owned(),
            path => format!("{path}/"),
        };
        Ok(Self {
            https,
            authority,
            path,
        })
    }

    /// The port that need not be said.
    fn default_port(&self) -> u16 {
        if self.https { 443 } else { 80 }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

/// Why a request's host is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misaddressed {
    /// No Host, several, or one that is no name: RFC 9112 §3.2 asks for 400.
    Malformed,
    /// Another name than ours: RFC 9110 §15.5.20, 421.
    Elsewhere,
}

/// The name that a request came to. `public` is ours, if we know it; `proxied` says that a trusted proxy passed the
/// request on, whose word about the name counts.
///
/// A page of a stranger's name that resolves to this machine (DNS rebinding) is refused wherever we know our name.
///
/// # Errors
/// [`Misaddressed`].
pub fn addressed(
    headers: &HeaderMap,
    public: Option<&PublicUrl>,
    proxied: bool,
) -> Result<Authority, Misaddressed> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Misaddressed::Malformed);
    };
    let read = |value: &http::HeaderValue| value.to_str().ok().and_then(Authority::parse);
    let host = read(host).ok_or(Misaddressed::Malformed)?;
    match public {
        // Proxies pass on whatever Host they like; by their configuration they serve our name.
        Some(public) if proxied => Ok(public.authority.clone()),
        Some(public) if host.is(&public.authority, public.default_port()) => Ok(host),
        Some(_) => Err(Misaddressed::Elsewhere),
        None if proxied => {
            let told = headers.get("x-forwarded-host").and_then(read);
            Ok(told.unwrap_or(host))
        }
        None => Ok(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(hosts: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().unwrap());
        }
        headers
    }

    #[test]
    fn an_authority_is_a_name_or_an_address_and_perhaps_a_port() {
        for (text, host) in [
            ("meet.example.org", "meet.example.org"),
            ("Meet.Example.org:8443", "meet.example.org"),
            ("127.0.0.1:8080", "127.0.0.1"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(Authority::parse(text).unwrap().host(), host);
        }
        for text in [
            "",
            ":80",
            "a/b",
            "evil?transport=udp",
            "[::1%25eth0]:80",
            "a:b",
            "a:",
            "a:99999",
            "a:+1",
            "[::1]x",
            "user@a",
            "a b",
        ] {
            assert_eq!(Authority::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_public_url_has_a_path_that_ends_with_a_slash() {
        for (text, shown) in [
            ("https://meet.example.org", "https://meet.example.org/"),
            ("https://meet.example.org:8443/", "https://meet.example.org:8443/"),
            ("https://example.org/parlour", "https://example.org/parlour/"),
            ("http://[::1]:8080/a/b/", "http://[::1]:8080/a/b/"),
        ] {
            assert_eq!(PublicUrl::parse(text).unwrap().to_string(), shown);
        }
        for text in [
            "meet.example.org",
            "ftp://a/",
            "https://",
            "https://a/?b",
            "https://a/#b",
            "https://u@a/",
            "",
        ] {
            let sentence = PublicUrl::parse(text).unwrap_err();
            assert!(sentence.contains("https://"), "{sentence}");
        }
    }

    #[test]
    fn a_request_for_another_name_is_not_ours() {
        let public = PublicUrl::parse("https://meet.example.org").unwrap();
        let ask = |hosts: &[&str], proxied| addressed(&with(hosts), Some(&public), proxied);
        for good in ["meet.example.org", "MEET.example.org:443"] {
            assert!(ask(&[good], false).is_ok(), "{good}");
        }
        for other in [
            "evil.example",
            "meet.example.org:8443",
            "meet.example.org.evil.example",
            "127.0.0.1",
        ] {
            assert_eq!(ask(&[other], false), Err(Misaddressed::Elsewhere), "{other}");
            assert_eq!(ask(&[other], true).unwrap().host(), "meet.example.org");
        }
        for wrong in [&[][..], &["a", "b"], &["a/b"]] {
            assert_eq!(ask(wrong, false), Err(Misaddressed::Malformed));
            assert_eq!(addressed(&with(wrong), None, false), Err(Misaddressed::Malformed));
        }
    }

    #[test]
    fn only_a_proxy_may_name_another_host() {
        let mut headers = with(&["127.0.0.1:8080"]);
        headers.append("x-forwarded-host", "meet.example.org".parse().unwrap());
        assert_eq!(
            addressed(&headers, None, true).unwrap().host(),
            "meet.example.org"
        );
        assert_eq!(addressed(&headers, None, false).unwrap().host(), "127.0.0.1");
    }
}
