//! Which answers the pages of other origins may read (Fetch, "CORS protocol"). Our own page needs none of this; origins that
//! get here were admitted by `origin`. Never credentials: there are no cookies.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, HeaderValue, VARY,
};
use http::{HeaderMap, Method};
use warp::reply::Response as Reply;

/// How long browsers may remember that an origin is allowed, seconds.
const PREFLIGHT_SECONDS: &str = "600";

/// What one route takes from other origins.
pub(crate) struct Shared {
    /// On what its answers depend: keeps caches, and proxies that answer equal requests once, from taking one person's
    /// answer for another's.
    pub(crate) vary: &'static str,
    /// Its methods.
    pub(crate) methods: &'static str,
    /// Headers of its requests that need leave.
    pub(crate) headers: &'static str,
}

impl Shared {
    /// Lets the page of an origin that was admitted read the answer.
    pub(crate) fn share(&self, response: &mut Reply, method: &Method, request: &HeaderMap) {
        let headers = response.headers_mut();
        headers.insert(VARY, HeaderValue::from_static(self.vary));
        let Some(origin) = request.get("origin") else {
            return;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(
            "cross-origin-resource-policy",
            HeaderValue::from_static("cross-origin"),
        );
        if *method == Method::OPTIONS {
            headers.insert(
                ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static(self.methods),
            );
            headers.insert(
                ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static(self.headers),
            );
            headers.insert(
                ACCESS_CONTROL_MAX_AGE,
                HeaderValue::from_static(PREFLIGHT_SECONDS),
            );
        }
    }
}
