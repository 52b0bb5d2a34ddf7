//! What is answered on the admin listener.

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use parlour_signaling::{RoomId, Stats};
use warp::Reply as _;
use warp::reply::Response;

use super::{Desk, exposition, metrics};
use crate::clock::unix_seconds;
use crate::https::Certificate;
use crate::log::{self, Level};

/// Answers one request. `trusted` callers may change something.
pub(super) fn answer(desk: &Desk, trusted: bool, method: &Method, path: &str) -> Response {
    let mut response = match (method, path) {
        (&Method::GET | &Method::HEAD, "/healthz") => match health(desk) {
            Ok(()) => text(StatusCode::OK, "ok\n"),
            Err(why) => text(StatusCode::SERVICE_UNAVAILABLE, why),
        },
        (&Method::GET | &Method::HEAD, "/readyz") => match readiness(desk) {
            Ok(()) => text(StatusCode::OK, "ready\n"),
            Err(why) => text(StatusCode::SERVICE_UNAVAILABLE, why),
        },
        (&Method::GET | &Method::HEAD, "/metrics") => {
            let page = metrics::page(desk, rooms(desk).ok());
            let mut response = text(StatusCode::OK, page);
            let kind = HeaderValue::from_static(exposition::CONTENT_TYPE);
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
        (&Method::GET | &Method::HEAD, "/rooms") => match counts(desk) {
            Ok(counts) => text(StatusCode::OK, format!("{counts:#}\n")),
            Err(why) => text(StatusCode::SERVICE_UNAVAILABLE, why),
        },
        (&Method::GET | &Method::HEAD, "/status") => text(StatusCode::OK, format!("{:#}\n", status(desk))),
        (&Method::GET | &Method::HEAD, "/log-level") => match log::level() {
            Some(level) => text(StatusCode::OK, format!("{level}\n")),
            None => text(StatusCode::SERVICE_UNAVAILABLE, "this process does not log\n"),
        },
        (&Method::POST, _) if !trusted => text(
            StatusCode::FORBIDDEN,
            "Commands are taken from the socket file only, from the user that runs this server or from root.\n",
        ),
        (&Method::POST, path) => command(desk, path),
        (&Method::GET | &Method::HEAD, _) => text(
            StatusCode::NOT_FOUND,
            "There are /metrics, /healthz, /readyz, /status, /rooms and /log-level.\n",
        ),
        _ => text(
            StatusCode::METHOD_NOT_ALLOWED,
            "Only GET, HEAD and POST are answered here.\n",
        ),
    };
    if method == Method::HEAD {
        *response.body_mut() = Response::default().into_body();
    }
    response
}

fn command(desk: &Desk, path: &str) -> Response {
    match path.strip_prefix('/').and_then(|path| path.split_once('/')) {
        Some(("drain", "on")) => {
            desk.ready.set_open(false);
            tracing::info!("draining: nobody new is let in until it is undone");
            text(StatusCode::OK, "draining: nobody new is let in\n")
        }
        Some(("drain", "off")) => {
            desk.ready.set_open(true);
            tracing::info!("no longer draining");
            text(StatusCode::OK, "no longer draining\n")
        }
        Some(("close", "all")) => close(desk, None),
        Some(("close", id)) => match RoomId::from_text(id) {
            Some(id) => close(desk, Some(id)),
            None => text(StatusCode::BAD_REQUEST, "this is no public id of a room\n"),
        },
        Some(("log-level", level)) => match Level::read(level) {
            Ok(level) if log::set_level(level) => {
                text(StatusCode::OK, format!("the log says {level} from now on\n"))
            }
            Ok(_) => text(StatusCode::SERVICE_UNAVAILABLE, "this process does not log\n"),
            Err(why) => text(StatusCode::BAD_REQUEST, format!("{why}\n")),
        },
        Some(_) | None => text(
            StatusCode::NOT_FOUND,
            "There are /drain/on, /drain/off, /close/all, /close/ROOM and /log-level/LEVEL.\n",
        ),
    }
}

/// Ends rooms; their people are told.
fn close(desk: &Desk, which: Option<RoomId>) -> Response {
    match desk.rooms.close(which) {
        Some(count) => {
            tracing::info!(count, "rooms were ended by the operator");
            let rooms = if count == 1 { "room" } else { "rooms" };
            text(StatusCode::OK, format!("{count} {rooms} ended\n"))
        }
        None => text(StatusCode::SERVICE_UNAVAILABLE, "the rooms have ended\n"),
    }
}

/// Alive: the rooms answer.
fn health(desk: &Desk) -> Result<(), &'static str> {
    rooms(desk).map(drop)
}

fn rooms(desk: &Desk) -> Result<Stats, &'static str> {
    desk.rooms.stats().ok_or("the rooms have ended\n")
}

/// Ready: alive, and new people are let in.
fn readiness(desk: &Desk) -> Result<(), &'static str> {
    desk.ready.check()?;
    health(desk)
}

fn counts(desk: &Desk) -> Result<serde_json::Value, &'static str> {
    let rooms = rooms(desk)?;
    let relay = desk.relay.stats();
    Ok(serde_json::json!({
        "rooms": rooms.rooms,
        "seats": rooms.seats,
        "porch": rooms.porch,
        "sessions": rooms.sessions,
        "connections": rooms.connections,
        "blob_bytes": rooms.blob_bytes,
        "relay_allocations": relay.allocations,
        "public_relay_allocations": desk.public_relay.as_ref().map_or(0, |relay| relay.stats().allocations),
        "ready": desk.ready.check().is_ok(),
    }))
}

/// Whether newcomers get in, and how long the certificate lets them.
fn status(desk: &Desk) -> serde_json::Value {
    let certificate = desk.ready.certificate();
    let validity = certificate.and_then(Certificate::validity);
    let progress = certificate
        .and_then(Certificate::acme)
        .map(|acme| acme.progress());
    let readiness = readiness(desk);
    serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "ready": readiness.is_ok(),
        "why_not": readiness.err().map(str::trim_end),
        "certificate": certificate.map(|_| serde_json::json!({
            "not_after": validity.map(|validity| validity.until),
            "says": validity.map(|validity| validity.left(unix_seconds()).unwrap_or_else(|warning| warning)),
        })),
        "acme": progress.map(|progress| serde_json::json!({
            "obtained": progress.obtained,
            "failed": progress.failed,
            "trouble": progress.trouble,
        })),
    })
}

fn text(status: StatusCode, body: impl Into<String>) -> Response {
    warp::reply::with_status(body.into(), status).into_response()
}
