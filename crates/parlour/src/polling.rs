//! HTTP's side of polling (docs/protocol.md, "Polling"): POST carries frames up, a GET that waits brings them down.
//!
//! The secret of a poll travels in a header, never in a URL, which proxies and histories keep. Our own page needs no
//! CORS; pages of other origins, which the operator allows, do.

use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use hyper::body::Buf;
use parlour_signaling::{Closed, Opened, Source, Up};
use warp::Reply as _;
use warp::reply::Response as Reply;

use crate::body::{self, Unread};
use crate::cors::Shared;
use crate::http::{later, text};
use crate::listen::Pass;
use crate::polls::{Answer, Polls, Refusal};

/// By which a poll is known.
const SECRET: &str = "parlour-poll";
/// Number of the last batch that the page got.
const GOT: &str = "parlour-got";
/// One frame of the greatest length (docs/protocol.md) and a head.
const UP_BYTES: usize = 65_536 + 1024;
/// Frames of one batch.
const UP_FRAMES: usize = 64;
/// A body that takes longer is given up.
const UP_WITHIN: Duration = Duration::from_secs(10);
const SHARED: Shared = Shared {
    vary: "origin, parlour-poll, parlour-got",
    methods: "GET, POST",
    headers: "parlour-poll, parlour-got",
};

const MALFORMED: (StatusCode, &str) = (
    StatusCode::BAD_REQUEST,
    "This is no poll; docs/protocol.md, \"Polling\", has the form.\n",
);

/// A request to `/poll` whose origin may come in.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// GET, POST or OPTIONS.
    pub(crate) method: Method,
    /// All of its headers.
    pub(crate) headers: &'a HeaderMap,
    /// Whether new connections are taken.
    pub(crate) ready: bool,
    /// Where it comes from.
    pub(crate) source: Source,
    /// The place at the gate of the connection that it came by.
    pub(crate) pass: &'a Arc<Pass>,
}

/// Answers it.
pub(crate) async fn answer<B: Buf, E>(
    polls: &Polls,
    request: Request<'_>,
    body: impl Stream<Item = Result<B, E>>,
) -> Reply {
    let method = request.method.clone();
    let secret = request.headers.get(SECRET).and_then(|value| value.to_str().ok());
    let mut response = if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else if method == Method::GET {
        down(polls, secret, &request).await
    } else if method == Method::POST {
        up(polls, secret, &request, body).await
    } else {
        let mut refusal = text(
            StatusCode::METHOD_NOT_ALLOWED,
            "POST and GET are answered here.\n",
        );
        refusal
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, POST, OPTIONS"));
        refusal
    };
    SHARED.share(&mut response, &method, request.headers);
    response
}

async fn down(polls: &Polls, secret: Option<&str>, request: &Request<'_>) -> Reply {
    let got = request
        .headers
        .get(GOT)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let (Some(secret), Some(got)) = (secret, got) else {
        return malformed();
    };
    let poll = match polls.find(secret) {
        Ok(poll) => poll,
        Err(refusal) => return refuse(refusal),
    };
    // Like a WebSocket, a GET that waits for somebody in a room does not give way to strangers.
    let Some(_settled) = Pass::settle_for_now(request.pass) else {
        return refuse(Refusal::Full);
    };
    match poll.down(got).await {
        Ok(Some(batch)) => {
            let mut response = Reply::new(batch.into());
            response.headers_mut().insert(
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            );
            response
        }
        Ok(Answer::None) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refuse(refusal),
    }
}

async fn up<B: Buf, E>(
    polls: &Polls,
    secret: Option<&str>,
    request: &Request<'_>,
    body: impl Stream<Item = Result<B, E>>,
) -> Reply {
    // Nobody is listened to at length who could not be answered.
    let known = match secret.map(|secret| polls.find(secret)).transpose() {
        Ok(known) => known,
        Err(refusal) => return refuse(refusal),
    };
    if known.is_none() && !request.ready {
        return later("The server is stopping; try again in a moment.\n");
    }
    let body = match read(body).await {
        Ok(body) => body,
        Err((status, why)) => return text(status, why),
    };
    let (n, frames) = match Up::read(&body) {
        Ok(Up::Frames { n, frames }) if frames.len() <= UP_FRAMES => (n, frames),
        Ok(Up::Close { code }) => {
            let how = if matches!(code, 1000 | 1001) {
                Closed::Clean
            } else {
                Closed::Broken
            };
            let Some(poll) = known else { return malformed() };
            return done(poll.close(how).await);
        }
        Ok(Up::Frames { .. }) | Err(_) => return malformed(),
    };
    let frames = frames.into_iter().map(str::to_owned).collect();
    match known {
        Some(poll) => done(poll.up(n, frames).await),
        None if n == 1 => begin(polls, request.source.clone(), frames),
        None => malformed(),
    }
}

fn begin(polls: &Polls, source: Source, frames: Vec<String>) -> Reply {
    let Ok(random) = crate::random() else {
        return refuse(Refusal::Full);
    };
    match polls.open(source, random, frames) {
        Ok(poll) => Opened { poll }.write().into_response(),
        Err(refusal) => refuse(refusal),
    }
}

/// A body of bounded length in bounded time.
async fn read<B: Buf, E>(
    body: impl Stream<Item = Result<B, E>>,
) -> Result<String, (StatusCode, &'static str)> {
    match body::read(body, UP_BYTES, UP_WITHIN).await {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| MALFORMED),
        Err(Unread::Broken) => Err(MALFORMED),
        Err(Unread::TooLong) => Err((
            StatusCode::PAYLOAD_TOO_LARGE,
            "A batch has at most 66560 bytes; divide it.\n",
        )),
        Err(Unread::TooSlow) => Err((StatusCode::REQUEST_TIMEOUT, "The body took too long.\n")),
    }
}

fn done(outcome: Result<(), Refusal>) -> Reply {
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refuse(refusal),
    }
}

fn malformed() -> Reply {
    text(MALFORMED.0, MALFORMED.1)
}

fn refuse(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Unknown => text(
            StatusCode::GONE,
            "This connection has ended; open another one and resume.\n",
        ),
        Refusal::Full => later("Too many connections; try again in a moment.\n"),
        Refusal::Gap => text(
            StatusCode::CONFLICT,
            "A batch before this one is missing; open another connection and resume.\n",
        ),
        Refusal::Superseded => text(
            StatusCode::CONFLICT,
            "Another request of this connection came later.\n",
        ),
    }
}
