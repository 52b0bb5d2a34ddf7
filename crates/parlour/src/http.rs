//! What is answered to HTTP: the page and its modules, the WebSocket, and whether we are alive.
//!
//! warp routes; the connection itself (timeouts, limits) is `listener`'s, the headers are `headers`'.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, VARY};
use http::{HeaderMap, Method, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use parlour_signaling::Source;
use warp::path::FullPath;
use warp::reply::Response as Reply;
use warp::{Filter, Reply as _};

use crate::assets::Assets;
use crate::headers;
use crate::origin::AllowedOrigins;
use crate::rooms::Rooms;
use crate::websocket::{self, Handshake};

/// Where a request came from; the listener puts it on every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// What the routes need to know.
#[derive(Clone)]
pub struct Site {
    /// The way to the rooms.
    pub rooms: Rooms,
    /// The page.
    pub assets: Arc<Assets>,
    /// Whose pages may open the WebSocket.
    pub origins: Arc<RwLock<AllowedOrigins>>,
    /// False before everything listens and while we drain.
    pub ready: Arc<AtomicBool>,
    /// What was answered.
    pub answers: Arc<Answers>,
}

/// How many requests were answered, by the class of the status: 1xx to 5xx.
#[derive(Debug, Default)]
pub struct Answers([AtomicU64; 5]);

impl Answers {
    /// The classes and their counts.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        ["1xx", "2xx", "3xx", "4xx", "5xx"].into_iter().zip(counts)
    }

    fn count(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100);
        if let Some(counter) = self.0.get(class.wrapping_sub(1)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// All routes; every answer leaves hardened, also 404 and 405.
pub fn routes(site: Site) -> impl Filter<Extract = (Reply,), Error = Infallible> + Clone {
    let request = warp::method()
        .and(warp::path::full())
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional::<Peer>())
        .and(warp::ext::optional::<OnUpgrade>());
    let answers = Arc::clone(&site.answers);
    request
        .and(warp::any().map(move || site.clone()))
        .map(answer)
        .map(move |mut response: Reply| {
            answers.count(response.status());
            headers::harden(&mut response);
            response
        })
}

fn answer(
    method: Method,
    path: FullPath,
    headers: HeaderMap,
    peer: Option<Peer>,
    upgrade: Option<OnUpgrade>,
    site: Site,
) -> Reply {
    if method != Method::GET && method != Method::HEAD {
        return method_not_allowed();
    }
    let mut response = match path.as_str() {
        "/ws" => open_websocket(&headers, peer, upgrade, &site),
        "/healthz" => text(StatusCode::OK, "ok\n"),
        "/readyz" if site.ready.load(Ordering::Relaxed) => text(StatusCode::OK, "ready\n"),
        "/readyz" => text(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
        path => file(file_at(path), &headers, &site.assets),
    };
    if method == Method::HEAD {
        *response.body_mut() = warp::reply::Response::default().into_body();
    }
    response
}

fn open_websocket(headers: &HeaderMap, peer: Option<Peer>, upgrade: Option<OnUpgrade>, site: &Site) -> Reply {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = value("host");
    // An Origin that is no text is foreign: it must not count as absent.
    let origin = headers
        .get("origin")
        .map(|value| value.to_str().unwrap_or("null"));
    let origins = site.origins.read().unwrap_or_else(PoisonError::into_inner);
    if !origins.admits(origin, host) {
        return text(
            StatusCode::FORBIDDEN,
            "Pages of this origin may not use this server; its operator can allow them (embed.allowed_origins).\n",
        );
    }
    if !site.ready.load(Ordering::Relaxed) {
        return text(
            StatusCode::SERVICE_UNAVAILABLE,
            "The server is stopping; try again in a moment.\n",
        );
    }
    let Some(Peer(ip)) = peer else {
        return text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The connection has no address.\n",
        );
    };
    let handshake = Handshake {
        key: value("sec-websocket-key").map(str::to_owned),
        version: value("sec-websocket-version").map(str::to_owned),
        protocols: value("sec-websocket-protocol").map(str::to_owned),
    };
    let source = Source {
        ip,
        host: host.map(host_name).unwrap_or_default(),
    };
    websocket::accept(&site.rooms, &handshake, upgrade, source).into_response()
}

/// The Host header without its port; it comes back to the same browser as the relay's name, so anything that
/// is no host name becomes empty rather than part of a URL.
fn host_name(host: &str) -> String {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => {
            return if v6.parse::<std::net::Ipv6Addr>().is_ok() {
                format!("[{v6}]")
            } else {
                String::new()
            };
        }
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    let plain = !name.is_empty()
        && name.len() <= 253
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if plain { name.to_owned() } else { String::new() }
}

/// What an address shows. `/r/NAME` is the page, whatever the name: it says itself what is wrong with one, and the server
/// has no need to know. The page names its files relative to its own address, so they are found from there, too.
fn file_at(path: &str) -> &str {
    let Some(rest) = path.strip_prefix("/r/") else {
        return path;
    };
    match rest.split_once('/') {
        None if !rest.is_empty() => "/",
        Some(("app" | "sdk", _)) => &path["/r".len()..],
        Some(_) | None => path,
    }
}

fn file(path: &str, headers: &HeaderMap, assets: &Assets) -> Reply {
    let Some(asset) = assets.find(path) else {
        return not_found();
    };
    let etag = HeaderValue::from_str(&asset.etag).expect("quotes and hex are a header value");
    let wants = |name: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
    };

    let mut response = Response::builder()
        .header(ETAG, etag)
        .header(CONTENT_TYPE, asset.content_type)
        // Asked again each time and answered 304: a page and its modules never come from two versions.
        .header(CACHE_CONTROL, if path == "/" { "no-store" } else { "no-cache" })
        .header(VARY, "accept-encoding");
    if path.starts_with("/sdk/") {
        // Other people's pages import the SDK from a running server.
        response = response
            .header("access-control-allow-origin", "*")
            .header("cross-origin-resource-policy", "cross-origin");
    }
    if wants("if-none-match")
        .flat_map(|list| list.split(','))
        .any(|tag| tag.trim() == &*asset.etag)
    {
        return finish(response.status(StatusCode::NOT_MODIFIED), Vec::new());
    }
    let takes_gzip = wants("accept-encoding")
        .flat_map(|list| list.split(','))
        .any(|coding| coding.trim().eq_ignore_ascii_case("gzip") || coding.trim().starts_with("gzip;q=1"));
    match asset.gzip {
        Some(gzip) if takes_gzip => finish(response.header(CONTENT_ENCODING, "gzip"), gzip.to_vec()),
        Some(_) | None => finish(response, asset.plain.into_owned()),
    }
}

fn finish(response: http::response::Builder, body: Vec<u8>) -> Reply {
    response
        .body(body)
        .expect("every header above is well formed")
        .map(Into::into)
}

fn not_found() -> Reply {
    text(
        StatusCode::NOT_FOUND,
        "There is nothing here. Meetings begin at the address without a path.\n",
    )
}

fn method_not_allowed() -> Reply {
    let mut response = text(
        StatusCode::METHOD_NOT_ALLOWED,
        "Only GET and HEAD are answered here.\n",
    );
    response
        .headers_mut()
        .insert("allow", HeaderValue::from_static("GET, HEAD"));
    response
}

fn text(status: StatusCode, body: &'static str) -> Reply {
    warp::reply::with_status(body, status).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_room_is_the_page_and_finds_its_files() {
        for (path, shows) in [
            ("/r/choir", "/"),
            ("/r/app", "/"),
            ("/r/%C3%A9", "/"),
            ("/r/app/main.js", "/app/main.js"),
            ("/r/sdk/parlour.js", "/sdk/parlour.js"),
            ("/r/", "/r/"),
            ("/r", "/r"),
            ("/r/choir/", "/r/choir/"),
            ("/r/choir/app/main.js", "/r/choir/app/main.js"),
            ("/r//app/main.js", "/r//app/main.js"),
            ("/room", "/room"),
        ] {
            assert_eq!(file_at(path), shows, "{path}");
        }
    }

    #[test]
    fn a_host_header_gives_a_name_or_nothing() {
        for (header, name) in [
            ("meet.example.org", "meet.example.org"),
            ("meet.example.org:8443", "meet.example.org"),
            ("127.0.0.1:8080", "127.0.0.1"),
            ("[::1]:8080", "[::1]"),
            ("[::1%25eth0]:80", ""),
            ("evil?transport=udp", ""),
            ("a/b", ""),
            ("", ""),
            (":80", ""),
        ] {
            assert_eq!(host_name(header), name, "{header}");
        }
    }
}
