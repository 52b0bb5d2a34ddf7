//! What is answered to HTTP: the page and its modules, the WebSocket, polls, and whether we are alive.
//!
//! warp routes; the connection itself (timeouts, limits) is `listen`'s, the headers are `headers`'.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::Stream;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use hyper::body::Buf;
use hyper::upgrade::OnUpgrade;
use parlour_signaling::Source;
use warp::path::FullPath;
use warp::reply::Response as Reply;
use warp::{Filter, Reply as _};

use crate::acme::{self, Challenges};
use crate::assets::Assets;
use crate::blobs::{self, Uploads};
use crate::files;
use crate::forwarded::TrustedProxies;
use crate::headers;
use crate::host::{self, Authority, Misaddressed, PublicUrl};
use crate::listen::{Pass, Routes};
use crate::origin::AllowedOrigins;
use crate::polling;
use crate::polls::Polls;
use crate::ready::Ready;
use crate::redirect;
use crate::rooms::Rooms;
use crate::transparency::{self, Transparency};
use crate::websocket::{self, Handshake};

/// Where a request came from; the listener puts it on every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The other end of the connection, or whom its PROXY header named.
    pub ip: IpAddr,
    /// Whether it came over TLS of ours.
    pub over_tls: bool,
    /// Whether it is a trusted proxy, whose headers say who the client is and by which name it came.
    pub speaks_for_others: bool,
}

/// What the routes need to know.
#[derive(Clone)]
pub struct Site {
    /// The way to the rooms.
    pub rooms: Rooms,
    /// Those who poll.
    pub polls: Polls,
    /// Blobs that are coming in.
    pub uploads: Uploads,
    /// The page.
    pub assets: Arc<Assets>,
    /// Whose pages may open a connection.
    pub origins: Arc<RwLock<AllowedOrigins>>,
    /// Whether newcomers get in.
    pub ready: Arc<Ready>,
    /// What an ACME authority finds, if one is asked for the certificate.
    pub challenges: Option<Arc<Challenges>>,
    /// The address that people open, if we know it.
    pub public: Option<Arc<PublicUrl>>,
    /// Who may speak for others.
    pub proxies: TrustedProxies,
    /// Whether browsers may be told to come by https only (RFC 6797): a real name, TLS of ours.
    pub strict: bool,
    /// Whether this is the listener that only sends people to https.
    pub redirects: bool,
    /// What was answered.
    pub answers: Arc<Answers>,
    /// What the server says of itself, if it may.
    pub transparency: Option<Arc<Transparency>>,
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
pub fn routes(site: Site) -> Routes {
    let strict = site.strict;
    let place = warp::ext::optional::<Peer>()
        .and(warp::ext::optional::<Arc<Pass>>())
        .and(warp::ext::optional::<OnUpgrade>())
        .map(|peer: Option<Peer>, pass: Option<Arc<Pass>>, upgrade| {
            let (peer, pass) = peer.zip(pass)?;
            Some(Place { peer, pass, upgrade })
        });
    let answers = Arc::clone(&site.answers);
    warp::method()
        .and(warp::path::full())
        .and(warp::header::headers_cloned())
        .and(place)
        .and(warp::any().map(move || site.clone()))
        .and(warp::body::stream())
        .then(answer)
        .map(move |mut response: Reply| {
            answers.count(response.status());
            headers::harden(&mut response);
            if strict {
                headers::demand_https(&mut response);
            }
            response
        })
        .boxed()
}

/// What a request came by.
struct Place {
    peer: Peer,
    pass: Arc<Pass>,
    upgrade: Option<OnUpgrade>,
}

/// Status and sentence for a request that is not to be served.
type Refused = (StatusCode, &'static str);

async fn answer<B: Buf, E>(
    method: Method,
    path: FullPath,
    headers: HeaderMap,
    place: Option<Place>,
    site: Site,
    body: impl Stream<Item = Result<B, E>>,
) -> Reply {
    let Some(place) = place else {
        return text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The connection has no address.\n",
        );
    };
    let path = within(path.as_str(), site.public.as_deref());
    if path == Some("/poll") && !site.redirects {
        return poll(method, &headers, &place, &site, body).await;
    }
    if let Some(name) = path.and_then(|path| path.strip_prefix(blobs::PATH))
        && !site.redirects
        && let Some(reply) = blob(&method, name, &headers, &place, &site, body).await
    {
        return reply;
    }
    if method != Method::GET && method != Method::HEAD {
        return method_not_allowed();
    }
    let mut response = match path {
        // Asked by machines that know no name of ours.
        Some("/healthz") => text(StatusCode::OK, "ok\n"),
        Some("/readyz") => match site.ready.check() {
            Ok(()) => text(StatusCode::OK, "ready\n"),
            Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
        },
        Some(path @ (transparency::PAGE | transparency::JSON)) if !site.redirects => {
            say_what_is_here(path, &headers, &place, &site).await
        }
        Some(path) => challenge(path, &site).unwrap_or_else(|| page(path, &headers, place, &site)),
        None => below(site.public.as_deref()),
    };
    if method == Method::HEAD {
        *response.body_mut() = warp::reply::Response::default().into_body();
    }
    response
}

/// The answer to HTTP-01 (RFC 8555 §8.3), while one is awaited.
fn challenge(path: &str, site: &Site) -> Option<Reply> {
    let token = path.strip_prefix(acme::PATH)?;
    let answer = site.challenges.as_ref()?.by_http(token)?;
    let mut response = warp::reply::Response::new(answer.into());
    let kind = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Some(response)
}

/// The path below the one at which a proxy has put us, whether the proxy leaves that away or not; `None` for that
/// path without its slash, from which relative addresses would lead elsewhere.
fn within<'a>(path: &'a str, public: Option<&PublicUrl>) -> Option<&'a str> {
    let base = public.map_or("", |public| public.path.trim_end_matches('/'));
    match path.strip_prefix(base) {
        Some("") if !base.is_empty() => None,
        Some(rest) if rest.starts_with('/') => Some(rest),
        Some(_) | None => Some(path),
    }
}

fn below(public: Option<&PublicUrl>) -> Reply {
    let path = public.map_or("/", |public| public.path.as_str());
    let to = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    let mut response = text(StatusCode::PERMANENT_REDIRECT, "The address ends with a slash.\n");
    response.headers_mut().insert(LOCATION, to);
    response
}

/// Everything that is for people, and so depends on the name they came by.
fn page(path: &str, headers: &HeaderMap, place: Place, site: &Site) -> Reply {
    if let (true, Some(public)) = (site.redirects, site.public.as_deref()) {
        return redirect::to_https(public, path);
    }
    let host = match addressed(headers, &place, site) {
        Ok(host) => host,
        Err((status, why)) => return text(status, why),
    };
    match path {
        "/ws" => open_websocket(headers, &host, place, site),
        path => files::answer(path, headers, &site.assets).unwrap_or_else(not_found),
    }
}

/// 404 where the operator does not want it said.
async fn say_what_is_here(path: &str, headers: &HeaderMap, place: &Place, site: &Site) -> Reply {
    match (addressed(headers, place, site), &site.transparency) {
        (Err((status, why)), _) => text(status, why),
        (Ok(_), Some(transparency)) => transparency.answer(path).await,
        (Ok(_), None) => not_found(),
    }
}

/// By which of our names a request came.
fn addressed(headers: &HeaderMap, place: &Place, site: &Site) -> Result<Authority, Refused> {
    host::addressed(headers, site.public.as_deref(), place.peer.speaks_for_others).map_err(|why| match why {
        Misaddressed::Malformed => (StatusCode::BAD_REQUEST, "The request names no host.\n"),
        Misaddressed::Elsewhere => (
            StatusCode::MISDIRECTED_REQUEST,
            "This server has another name; open it by the address you were given.\n",
        ),
    })
}

/// Where a request for a connection comes from, unless its page may not have one.
fn admit(headers: &HeaderMap, host: &Authority, peer: Peer, site: &Site) -> Result<Source, Refused> {
    // An Origin that is no text is foreign: it must not count as absent.
    let origin = headers
        .get("origin")
        .map(|value| value.to_str().unwrap_or("null"));
    let origins = site.origins.read().unwrap_or_else(PoisonError::into_inner);
    if !origins.admits(origin, host) {
        return Err((
            StatusCode::FORBIDDEN,
            "Pages of this origin may not use this server; its operator can allow them (embed.allowed_origins).\n",
        ));
    }
    let ip = if peer.speaks_for_others {
        site.proxies.client(peer.ip, headers)
    } else {
        peer.ip
    };
    Ok(Source {
        ip,
        host: host.host().to_owned(),
    })
}

async fn poll<B: Buf, E>(
    method: Method,
    headers: &HeaderMap,
    place: &Place,
    site: &Site,
    body: impl Stream<Item = Result<B, E>>,
) -> Reply {
    let source = addressed(headers, place, site).and_then(|host| admit(headers, &host, place.peer, site));
    let source = match source {
        Ok(source) => source,
        Err((status, why)) => return text(status, why),
    };
    let request = polling::Request {
        method,
        headers,
        ready: site.ready.is_open(),
        source,
        pass: &place.pass,
    };
    polling::answer(&site.polls, request, body).await
}

/// `None` if there is nothing for whoever asks: then the path is one like any other.
async fn blob<B: Buf, E>(
    method: &Method,
    name: &str,
    headers: &HeaderMap,
    place: &Place,
    site: &Site,
    body: impl Stream<Item = Result<B, E>>,
) -> Option<Reply> {
    let host = addressed(headers, place, site).ok()?;
    admit(headers, &host, place.peer, site).ok()?;
    let request = blobs::Request {
        method,
        name,
        headers,
        pass: &place.pass,
    };
    blobs::answer(&site.rooms, &site.uploads, request, body).await
}

fn open_websocket(headers: &HeaderMap, host: &Authority, place: Place, site: &Site) -> Reply {
    let source = match admit(headers, host, place.peer, site) {
        Ok(source) => source,
        Err((status, why)) => return text(status, why),
    };
    if !site.ready.is_open() {
        return later("The server is stopping; try again in a moment.\n");
    }
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let handshake = Handshake {
        key: value("sec-websocket-key").map(str::to_owned),
        version: value("sec-websocket-version").map(str::to_owned),
        protocols: value("sec-websocket-protocol").map(str::to_owned),
    };
    websocket::accept(&site.rooms, &handshake, place.upgrade, place.pass, source).into_response()
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

pub(crate) fn text(status: StatusCode, body: &'static str) -> Reply {
    warp::reply::with_status(body, status).into_response()
}

/// Not now: 503, and when to ask again.
pub(crate) fn later(body: &'static str) -> Reply {
    let mut reply = text(StatusCode::SERVICE_UNAVAILABLE, body);
    reply
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("5"));
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_may_leave_our_path_away_or_not() {
        let at = |url: &str| PublicUrl::parse(url).unwrap();
        let below = at("https://example.org/parlour/");
        for (path, inside) in [
            ("/parlour/", Some("/")),
            ("/parlour/ws", Some("/ws")),
            ("/parlour/app/main.js", Some("/app/main.js")),
            ("/parlour", None),
            ("/", Some("/")),
            ("/ws", Some("/ws")),
            ("/parlourless", Some("/parlourless")),
        ] {
            assert_eq!(within(path, Some(&below)), inside, "{path}");
        }
        for path in ["/", "/ws", "//", "/a/b"] {
            assert_eq!(within(path, None), Some(path));
            assert_eq!(within(path, Some(&at("https://meet.example.org"))), Some(path));
        }
    }
}
