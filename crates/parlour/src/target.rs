//! Where a page is that somebody typed: `https://meet.example.org/talk`.

/// An address of a page, taken apart.
pub(crate) struct Target<'a> {
    /// Whether it is https.
    pub(crate) tls: bool,
    /// As it stands in the address and in `Host`.
    pub(crate) host: &'a str,
    /// The host without its port.
    pub(crate) name: &'a str,
    /// Host and port, to be looked up.
    pub(crate) with_port: String,
    /// The path, with a slash at both ends.
    pub(crate) base: String,
}

impl<'a> Target<'a> {
    /// Without query and fragment. `None` for what is no address with `http` or `https`.
    pub(crate) fn read(url: &'a str) -> Option<Self> {
        let (tls, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            (None, None) => return None,
        };
        // What follows is for the page alone; in a link to a room it is the secret.
        let rest = rest.split(['#', '?']).next().unwrap_or(rest);
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let port = host
            .rsplit_once(':')
            .filter(|(_, port)| port.parse::<u16>().is_ok());
        let name = port.map_or(host, |(name, _)| name);
        let with_port = match (port, tls) {
            (Some(_), _) => host.to_owned(),
            (None, true) => format!("{host}:443"),
            (None, false) => format!("{host}:80"),
        };
        let path = path.trim_matches('/');
        let base = if path.is_empty() {
            "/".to_owned()
        } else {
            format!("/{path}/")
        };
        Some(Self {
            tls,
            host,
            name: name.trim_start_matches('[').trim_end_matches(']'),
            with_port,
            base,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        for (url, tls, name, with_port, base) in [
            (
                "http://meet.example.org",
                false,
                "meet.example.org",
                "meet.example.org:80",
                "/",
            ),
            (
                "https://meet.example.org/",
                true,
                "meet.example.org",
                "meet.example.org:443",
                "/",
            ),
            (
                "https://example.org:8443/parlour",
                true,
                "example.org",
                "example.org:8443",
                "/parlour/",
            ),
            (
                "https://[2001:db8::1]/a/b/",
                true,
                "2001:db8::1",
                "[2001:db8::1]:443",
                "/a/b/",
            ),
        ] {
            let read = Target::read(url).unwrap();
            assert_eq!((read.tls, read.name), (tls, name), "{url}");
            assert_eq!((&*read.with_port, &*read.base), (with_port, base), "{url}");
        }
        assert!(Target::read("meet.example.org").is_none());
    }

    #[test]
    fn the_secret_of_a_link_goes_nowhere() {
        for link in [
            "https://meet.example.org/#secret",
            "https://meet.example.org#secret",
            "https://meet.example.org/?a#secret",
        ] {
            let read = Target::read(link).unwrap();
            assert_eq!(
                (read.host, &*read.with_port, &*read.base),
                ("meet.example.org", "meet.example.org:443", "/")
            );
        }
    }
}
