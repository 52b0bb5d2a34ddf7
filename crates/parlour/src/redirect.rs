//! What plain http gets where https is spoken: the way there, and nothing else.

use http::header::{CONNECTION, HOST, HeaderValue, LOCATION};
use http::{HeaderMap, StatusCode};
use warp::reply::Response as Reply;
use warp::{Filter as _, Reply as _};

use crate::headers;
use crate::host::{Authority, PublicUrl};
use crate::listen::Routes;

/// Sends a GET to the same path at `public` (308, RFC 9110 §15.4.9), whatever name it came by: nothing of the
/// request but its path ends up in the address.
#[must_use]
pub fn to_https(public: &PublicUrl, path: &str) -> Reply {
    let to = format!("https://{}{path}", public.authority);
    let mut response = text(
        StatusCode::PERMANENT_REDIRECT,
        format!("This server is at {public}\n"),
    );
    // A path that is no header value cannot have come by HTTP; then the start of the site will do.
    let to = HeaderValue::try_from(to).or_else(|_| HeaderValue::try_from(public.to_string()));
    if let Ok(to) = to {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// For requests in the clear on the TLS port itself.
#[must_use]
pub fn speaks_https() -> Routes {
    warp::header::headers_cloned()
        .map(|headers: HeaderMap| {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            let there = host.and_then(Authority::parse);
            let there = there.map_or_else(String::new, |there| format!(": open https://{there}/"));
            let mut response = text(
                StatusCode::BAD_REQUEST,
                format!("This port speaks https, not http{there}\n"),
            );
            // What comes after a request in the clear is no request of ours.
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
            headers::harden(&mut response);
            response
        })
        .boxed()
}

fn text(status: StatusCode, body: String) -> Reply {
    warp::reply::with_status(body, status).into_response()
}
