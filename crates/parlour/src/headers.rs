//! The headers that every answer carries: what the page may do, and that nobody else may do it
//! (research: CSP Level 3, Trusted Types, Permissions Policy; the list is pinned by a test).

use http::header::{HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY};
use http::{HeaderMap, Response};

/// What the page may load and contact: itself, and nothing else on earth.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob:; media-src 'self' blob: mediastream:; connect-src 'self'; manifest-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// Camera, microphone and the like for our own page; nothing for frames of others.
const PERMISSIONS_POLICY: &str = "camera=(self), microphone=(self), display-capture=(self), \
    screen-wake-lock=(self), speaker-selection=(self), fullscreen=(self), autoplay=(self), \
    clipboard-write=(self), geolocation=(), usb=(), serial=(), hid=(), midi=(), payment=(), \
    accelerometer=(), gyroscope=(), magnetometer=(), browsing-topics=()";

const EVERYWHERE: [(&str, &str); 6] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("permissions-policy", PERMISSIONS_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// Adds what every answer carries; what a route has set itself is left alone.
pub fn harden<B>(response: &mut Response<B>) {
    let headers = response.headers_mut();
    for (name, value) in EVERYWHERE {
        set_if_absent(headers, name, value);
    }
    set_if_absent(headers, "cross-origin-resource-policy", "same-origin");
    set_if_absent(headers, "cache-control", "no-store");
}

/// Tells browsers to come to this name by https only, for a year (RFC 6797 §6.1).
pub fn demand_https<B>(response: &mut Response<B>) {
    let value = HeaderValue::from_static("max-age=31536000");
    response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, value);
}

fn set_if_absent(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    headers
        .entry(HeaderName::from_static(name))
        .or_insert(HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_answer_leaves_with_the_whole_list() {
        let mut response = Response::new(());
        harden(&mut response);
        let mut names: Vec<_> = response.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "cache-control",
                "content-security-policy",
                "cross-origin-embedder-policy",
                "cross-origin-opener-policy",
                "cross-origin-resource-policy",
                "permissions-policy",
                "referrer-policy",
                "x-content-type-options",
            ]
        );
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    }

    #[test]
    fn a_route_may_open_itself_to_other_pages() {
        let mut response = Response::new(());
        response.headers_mut().insert(
            "cross-origin-resource-policy",
            HeaderValue::from_static("cross-origin"),
        );
        harden(&mut response);
        assert_eq!(response.headers()["cross-origin-resource-policy"], "cross-origin");
    }
}
