//! HTTP's side of what rooms in standard mode keep (docs/protocol.md, "Blobs"): `/blob/` and one id behind it.
//!
//! Whoever shows no secret of a seat in such a room gets no answer from here: the path is then one that does not exist, so
//! that nobody can find out about a room what its people would not tell. The secret travels in a header, never in a URL. What
//! is in a blob stays in memory, or goes to a directory ([`crate::blob_directory`]).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::Stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use hyper::body::{Buf, Bytes};
use parlour_signaling::{
    BlobAnswer, BlobContent, BlobError, BlobErrorCode, BlobId, BlobRefusal, BlobRequest, Token,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use warp::Reply as _;
use warp::reply::Response as Reply;

use crate::blob_directory::BlobDirectory;
use crate::body::{self, Unread};
use crate::cors::Shared;
use crate::listen::Pass;
use crate::rooms::Rooms;

/// Below which there are blobs.
pub(crate) const PATH: &str = "/blob/";
/// The secret of a seat.
const SECRET: &str = "parlour-blobs";
/// Blobs that come in at a time on the whole server, each of which may fill its length of memory.
const UPLOADS: usize = 32;
/// Of one seat.
const UPLOADS_PER_SEAT: usize = 2;
/// A blob that takes longer to come is given up.
const PUT_WITHIN: Duration = Duration::from_secs(30);
/// How long to wait for a place among the uploads.
const NEXT_PLACE: Duration = Duration::from_secs(2);

const SHARED: Shared = Shared {
    vary: "origin, parlour-blobs",
    methods: "GET, PUT, DELETE",
    headers: "parlour-blobs, content-type",
};

/// Blobs that are coming in, and where they go.
#[derive(Clone, Debug)]
pub struct Uploads {
    places: Arc<Semaphore>,
    by_seat: Arc<Mutex<HashMap<[u8; 32], usize>>>,
    directory: Option<Arc<BlobDirectory>>,
    /// The directory refused the last one: said once.
    fails: Arc<AtomicBool>,
}

impl Uploads {
    /// Into a directory, or without one into memory.
    #[must_use]
    pub fn new(directory: Option<Arc<BlobDirectory>>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(UPLOADS)),
            by_seat: Arc::default(),
            directory,
            fails: Arc::default(),
        }
    }
}

/// A request below [`PATH`] whose origin may come in.
pub(crate) struct Request<'a> {
    /// Any.
    pub(crate) method: &'a Method,
    /// What stands behind [`PATH`].
    pub(crate) name: &'a str,
    /// All of its headers.
    pub(crate) headers: &'a HeaderMap,
    /// The place at the gate of the connection that it came by.
    pub(crate) pass: &'a Arc<Pass>,
}

/// Answers it; `None` if there is nothing here for whoever asks.
pub(crate) async fn answer<B: Buf, E>(
    rooms: &Rooms,
    uploads: &Uploads,
    request: Request<'_>,
    body: impl Stream<Item = Result<B, E>>,
) -> Option<Reply> {
    let Request { method, headers, .. } = request;
    let mut response = if *method == Method::OPTIONS && headers.contains_key("origin") {
        // Asked by browsers for the pages of other origins, before they show anything: it tells nothing of any room.
        StatusCode::NO_CONTENT.into_response()
    } else {
        let token = headers.get(SECRET)?.to_str().ok().and_then(Token::from_text)?;
        match perform(rooms, uploads, &request, token, body).await? {
            Ok(answer) => match uploads.succeed(answer).await {
                Ok(reply) => reply,
                Err(refusal) => fail(&refusal.error()?),
            },
            Err(error) => fail(&error),
        }
    };
    SHARED.share(&mut response, method, headers);
    Some(response)
}

async fn perform<B: Buf, E>(
    rooms: &Rooms,
    uploads: &Uploads,
    request: &Request<'_>,
    token: Token,
    body: impl Stream<Item = Result<B, E>>,
) -> Option<Result<BlobAnswer, BlobError>> {
    let ask = match (request.method, request.name) {
        (&Method::GET, "") => BlobRequest::List,
        (&Method::GET, name) => BlobRequest::Get(BlobId::from_text(name)?),
        (&Method::DELETE, name) => BlobRequest::Delete(BlobId::from_text(name)?),
        (&Method::PUT, name) => {
            let id = BlobId::from_text(name)?;
            return put(rooms, uploads, request.pass, token, id, body).await;
        }
        _ => return None,
    };
    visible(rooms.blob(token, ask))
}

/// Asks first, so that nobody is listened to at length who would be refused.
async fn put<B: Buf, E>(
    rooms: &Rooms,
    uploads: &Uploads,
    pass: &Arc<Pass>,
    token: Token,
    id: BlobId,
    body: impl Stream<Item = Result<B, E>>,
) -> Option<Result<BlobAnswer, BlobError>> {
    let most = match rooms.blob(token, BlobRequest::Announce(id)) {
        Ok(BlobAnswer::Come(most)) => most,
        other => return visible(other),
    };
    let Some(_place) = uploads.place(token) else {
        return visible(Err(BlobRefusal::Rate(NEXT_PLACE)));
    };
    // Like a WebSocket, a blob that comes from somebody in a room does not give way to strangers.
    let Some(_settled) = Pass::settle_for_now(pass) else {
        return visible(Err(BlobRefusal::Rate(NEXT_PLACE)));
    };
    match body::read(body, most, PUT_WITHIN).await {
        Ok(content) => match uploads.hold(content).await {
            Ok(content) => visible(rooms.blob(token, BlobRequest::Put(id, content))),
            Err(refusal) => visible(Err(refusal)),
        },
        Err(Unread::Broken | Unread::TooLong) => visible(Err(BlobRefusal::Length)),
        Err(Unread::TooSlow) => Some(Err(BlobError {
            code: BlobErrorCode::TooSlow,
            text: "This took too long to come; try a smaller one.".to_owned(),
            retry_ms: None,
        })),
    }
}

/// `None` for what is not to be told from a path that does not exist.
fn visible(outcome: Result<BlobAnswer, BlobRefusal>) -> Option<Result<BlobAnswer, BlobError>> {
    match outcome {
        Ok(answer) => Some(Ok(answer)),
        Err(refusal) => refusal.error().map(Err),
    }
}

fn fail(error: &BlobError) -> Reply {
    let status = match error.code {
        BlobErrorCode::NoSuchBlob => StatusCode::NOT_FOUND,
        BlobErrorCode::BlobExists => StatusCode::CONFLICT,
        BlobErrorCode::BadLength => StatusCode::PAYLOAD_TOO_LARGE,
        BlobErrorCode::BlobsFull => StatusCode::INSUFFICIENT_STORAGE,
        BlobErrorCode::Busy => StatusCode::SERVICE_UNAVAILABLE,
        BlobErrorCode::NotAllowed => StatusCode::FORBIDDEN,
        BlobErrorCode::Rate => StatusCode::TOO_MANY_REQUESTS,
        BlobErrorCode::TooSlow => StatusCode::REQUEST_TIMEOUT,
    };
    let mut response = warp::reply::with_status(warp::reply::json(error), status).into_response();
    // RFC 9110 §10.2.3: whole seconds. The body says it to the millisecond.
    if let Some(wait) = error.retry_ms {
        response
            .headers_mut()
            .insert(RETRY_AFTER, wait.div_ceil(1000).into());
    }
    response
}

impl Uploads {
    /// # Errors
    /// [`BlobRefusal::Busy`]: the disk takes no more, or nothing.
    async fn hold(&self, content: Vec<u8>) -> Result<BlobContent, BlobRefusal> {
        let Some(directory) = &self.directory else {
            return Ok(content.into());
        };
        let held = directory.put(content).await;
        let failed = self.fails.swap(held.is_err(), Ordering::Relaxed);
        match &held {
            Err(error) if !failed => {
                tracing::warn!(%error, "what rooms keep cannot be written to rooms.blob_directory; they are told that the server is full");
            }
            Ok(_) if failed => tracing::info!("what rooms keep can be written to rooms.blob_directory again"),
            Ok(_) | Err(_) => {}
        }
        held.map_err(|_| BlobRefusal::Busy)
    }

    /// # Errors
    /// [`BlobRefusal::Busy`]: the disk does not give it out.
    async fn succeed(&self, answer: BlobAnswer) -> Result<Reply, BlobRefusal> {
        let content = match answer {
            BlobAnswer::Done | BlobAnswer::Come(_) => return Ok(StatusCode::NO_CONTENT.into_response()),
            BlobAnswer::List(list) => return Ok(warp::reply::json(&list).into_response()),
            BlobAnswer::Content(content) => content,
        };
        let bytes = content.bytes();
        let mut response = match (content, &self.directory) {
            (BlobContent::Here(content), _) => Reply::new(Bytes::from_owner(content).into()),
            (BlobContent::Elsewhere(content), Some(directory)) => {
                let pieces = directory.read(content).await.map_err(|_| BlobRefusal::Busy)?;
                warp::reply::stream(pieces).into_response()
            }
            // Nothing lies elsewhere without an elsewhere.
            (BlobContent::Elsewhere(_), None) => return Err(BlobRefusal::Busy),
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_LENGTH, bytes.into());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        Ok(response)
    }

    fn place(&self, token: Token) -> Option<Place> {
        let mut by_seat = self.by_seat.lock().unwrap_or_else(PoisonError::into_inner);
        if by_seat
            .get(&token.0)
            .is_some_and(|count| *count >= UPLOADS_PER_SEAT)
        {
            return None;
        }
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        *by_seat.entry(token.0).or_default() += 1;
        Some(Place {
            by_seat: Arc::clone(&self.by_seat),
            token,
            _permit: permit,
        })
    }
}

/// One blob that comes in; its place is given back when dropped.
struct Place {
    by_seat: Arc<Mutex<HashMap<[u8; 32], usize>>>,
    token: Token,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_seat = self.by_seat.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_seat.get_mut(&self.token.0) {
            *count -= 1;
            if *count == 0 {
                by_seat.remove(&self.token.0);
            }
        }
    }
}
