//! Which web pages may open our WebSocket (RFC 6455 §10.2).
//!
//! There are no cookies, so a foreign page gains nothing that its author could not get with a program of
//! their own; the check keeps other sites from using visitors' browsers as their crowd. A request without
//! Origin does not come from a web page and is let through for the same reason.

use crate::host::Authority;

/// The operator's choice, `embed.allowed_origins`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins {
    any: bool,
    listed: Vec<String>,
}

impl AllowedOrigins {
    /// The list as the table of settings has checked it: origins, or `*`.
    #[must_use]
    pub fn of(entries: &[String]) -> Self {
        let (any, listed) = entries
            .iter()
            .cloned()
            .partition::<Vec<_>, _>(|entry| entry == "*");
        Self {
            any: !any.is_empty(),
            listed,
        }
    }

    /// May a page of `origin` talk to us, when the request came to `host`?
    #[must_use]
    pub fn admits(&self, origin: Option<&str>, host: &Authority) -> bool {
        let Some(origin) = origin else { return true };
        self.any || self.listed.iter().any(|listed| listed == origin) || is_own(origin, host)
    }
}

/// Our own page: the origin's authority is the one that the request was sent to. The scheme is not compared,
/// because a proxy in front may end TLS for us.
fn is_own(origin: &str, host: &Authority) -> bool {
    let (authority, default_port) = match origin.split_once("://") {
        Some(("https", authority)) => (authority, 443),
        Some(("http", authority)) => (authority, 80),
        Some(_) | None => return false,
    };
    Authority::parse(authority).is_some_and(|authority| authority.is(host, default_port))
}

pub(crate) fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    matches!(scheme, "http" | "https")
        && !authority.is_empty()
        && authority.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b'[' | b']')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_comes_in_by_itself() {
        let none = AllowedOrigins::default();
        let host = Authority::parse("meet.example.org:8443").unwrap();
        assert!(none.admits(Some("https://meet.example.org:8443"), &host));
        assert!(none.admits(Some("https://MEET.example.org:8443"), &host));
        let default = Authority::parse("meet.example.org").unwrap();
        assert!(none.admits(Some("https://meet.example.org"), &default));
        assert!(none.admits(Some("https://meet.example.org:443"), &default));
        assert!(!none.admits(Some("https://meet.example.org:80"), &default));
        for foreign in [
            "https://evil.example",
            "null",
            "",
            "https://meet.example.org:8443.evil.example",
            "https://evil.example/meet.example.org:8443",
            "https://meet.example.org",
            "https://meet.example.org:8444",
            "https://user@meet.example.org:8443",
            "ftp://meet.example.org:8443",
            "meet.example.org:8443",
            "https://",
            "https://meet.example.org:8443/",
        ] {
            assert!(!none.admits(Some(foreign), &host), "{foreign}");
        }
    }

    #[test]
    fn listed_origins_and_programs_come_in() {
        let other = Authority::parse("other").unwrap();
        let listed = AllowedOrigins::of(&["https://team.example".to_owned()]);
        assert!(listed.admits(Some("https://team.example"), &other));
        assert!(!listed.admits(Some("http://team.example"), &other));
        assert!(listed.admits(None, &other));
        let any = AllowedOrigins::of(&["*".to_owned()]);
        assert!(any.admits(Some("https://whoever.example"), &other));
    }

    #[test]
    fn an_origin_has_a_scheme_and_no_path() {
        assert!(is_origin("https://example.org:8443") && is_origin("http://[::1]:8080"));
        for wrong in [
            "example.org",
            "https://example.org/",
            "https://Example.org",
            "*.example.org",
            "",
        ] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }
}
