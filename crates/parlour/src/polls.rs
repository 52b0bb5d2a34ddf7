//! Connections without a WebSocket (docs/protocol.md, "Polling"): who polls, and one task for each of them.
//!
//! The task is to a poll what `carry` is to a socket: for the rooms there is no difference. It numbers
//! batches in both directions, so that a request or an answer that got lost on the way is simply made again. Nothing
//! of HTTP is here; that is [`crate::polling`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::body::Bytes;
use parlour_signaling::{Closed, ConnectionId, Down, Source};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::listen::{Gate, Limits, Pass};
use crate::outbox::{Outbox, Outgoing, Post};
use crate::rooms::Rooms;

/// Requests that wait for one poll's task; more make their HTTP connections wait.
const REQUESTS: usize = 4;
/// A GET for which there is nothing to say is answered after so long, less up to [`JITTER`], so that pages which came
/// together do not come together for ever, and before proxies grow impatient (at 30 s, some).
const LONGEST_WAIT: Duration = Duration::from_secs(25);
const JITTER: Duration = Duration::from_secs(5);
/// Without a GET for so long the connection counts as broken.
const ABSENT_AFTER: Duration = Duration::from_secs(15);
/// What is said in one go arrives in one go: how long an answer waits for more than its first frame.
const GATHER: Duration = Duration::from_millis(5);
/// An answer takes no more frames when it has so many bytes; with the longest frame on top it is under 128 KiB.
const DOWN_BYTES: usize = 64 * 1024;

/// Why a request came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No poll is known by this secret, or it has just ended.
    Unknown,
    /// Too many polls, in all or from this source, or the server has no rooms any more.
    Full,
    /// Batches before this one are missing, or it claims to have got what was never sent.
    Gap,
    /// Another GET of the same poll came later.
    Superseded,
}

/// A batch for the page; `None` if there was nothing to say.
pub type Answer = Option<Bytes>;

/// Everybody who polls; cheap to clone.
#[derive(Clone, Debug)]
pub struct Polls {
    rooms: Rooms,
    gate: Arc<Gate>,
    open: Arc<Mutex<Table>>,
}

/// By the hash of the secret: who reads this memory cannot speak for anybody, and a look-up tells nothing by its time.
type Table = HashMap<[u8; 32], mpsc::Sender<Request>>;

#[derive(Debug)]
enum Request {
    Up {
        n: u64,
        frames: Vec<String>,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    Down {
        got: u64,
        reply: oneshot::Sender<Result<Answer, Refusal>>,
    },
    Close {
        how: Closed,
    },
}

impl Polls {
    /// Nobody yet; of the limits those of polls count. The rooms count polls as connections besides.
    #[must_use]
    pub fn new(rooms: Rooms, limits: Limits) -> Self {
        Self {
            rooms,
            gate: Gate::new(Limits {
                connections: limits.polls,
                per_source: limits.polls_per_source,
                ..Limits::default()
            }),
            open: Arc::default(),
        }
    }

    /// Opens a connection with these first frames and says by what secret it is known; `random` becomes that secret.
    ///
    /// # Errors
    /// [`Refusal::Full`].
    pub fn open(&self, source: Source, random: [u8; 32], frames: Vec<String>) -> Result<String, Refusal> {
        let pass = Gate::enter(&self.gate, Some(source.ip)).ok_or(Refusal::Full)?;
        // Nobody waits at this gate; `false` if in this very moment another one took the last place.
        if !pass.settle() {
            return Err(Refusal::Full);
        }
        let outbox = Arc::new(Outbox::default());
        let post = Arc::clone(&outbox) as Arc<dyn Post>;
        let id = self.rooms.open(source, post).ok_or(Refusal::Full)?;
        let secret = URL_SAFE_NO_PAD.encode(random);
        let (requests, inbox) = mpsc::channel(REQUESTS);
        let key = hash(&secret);
        self.table().insert(key, requests);
        let place = Place {
            open: Arc::clone(&self.open),
            key,
            _pass: pass,
        };
        let poll = Poll::new(self.rooms.clone(), id, outbox);
        tokio::spawn(async move {
            poll.run(inbox, frames).await;
            drop(place);
        });
        Ok(secret)
    }

    /// The poll that is known by this secret.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub fn find(&self, secret: &str) -> Result<Known, Refusal> {
        let found = self.table().get(&hash(secret)).cloned();
        found.map(Known).ok_or(Refusal::Unknown)
    }

    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A poll whose secret was good; it may end at any time.
#[derive(Debug)]
pub struct Known(mpsc::Sender<Request>);

impl Known {
    /// Hands over the `n`th batch of a page; one that came before is not handed over again.
    ///
    /// # Errors
    /// [`Refusal::Unknown`], [`Refusal::Gap`].
    pub async fn up(&self, n: u64, frames: Vec<String>) -> Result<(), Refusal> {
        self.ask(|reply| Request::Up { n, frames, reply }).await
    }

    /// The batch after number `got`, as soon as there is one.
    ///
    /// # Errors
    /// [`Refusal::Unknown`], [`Refusal::Gap`], [`Refusal::Superseded`].
    pub async fn down(&self, got: u64) -> Result<Answer, Refusal> {
        self.ask(|reply| Request::Down { got, reply }).await
    }

    /// The page has ended the connection.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub async fn close(&self, how: Closed) -> Result<(), Refusal> {
        let sent = self.0.send(Request::Close { how }).await;
        sent.map_err(|_| Refusal::Unknown)
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> Request,
    ) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.send(request(reply)).await;
        sent.map_err(|_| Refusal::Unknown)?;
        // A task that ends drops what it has not answered.
        answer.await.unwrap_or(Err(Refusal::Unknown))
    }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// A poll's place in the table, given back when dropped.
struct Place {
    open: Arc<Mutex<Table>>,
    key: [u8; 32],
    _pass: Pass,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&self.key);
    }
}

/// One connection.
struct Poll {
    rooms: Rooms,
    id: ConnectionId,
    outbox: Arc<Outbox>,
    /// Number of the last batch from the page.
    heard: u64,
    /// Number of the last batch to it.
    said: u64,
    /// That batch, until the page says that it got it.
    kept: Option<Bytes>,
    waiting: Option<Waiting>,
    absent_at: Instant,
}

/// A GET for which there is nothing to say yet.
struct Waiting {
    reply: oneshot::Sender<Result<Answer, Refusal>>,
    until: Instant,
}

/// Whether the connection goes on.
enum Step {
    On,
    End(Closed),
}

impl Poll {
    fn new(rooms: Rooms, id: ConnectionId, outbox: Arc<Outbox>) -> Self {
        Self {
            rooms,
            id,
            outbox,
            heard: 0,
            said: 0,
            kept: None,
            waiting: None,
            absent_at: Instant::now() + ABSENT_AFTER,
        }
    }

    async fn run(mut self, mut requests: mpsc::Receiver<Request>, first: Vec<String>) {
        let mut step = self.hear(1, first).1;
        let how = loop {
            if let Step::End(how) = step {
                break how;
            }
            let due = self.waiting.as_ref().map_or(self.absent_at, |get| get.until);
            step = tokio::select! {
                request = requests.recv() => match request {
                    Some(request) => self.handle(request),
                    None => Step::End(Closed::Broken),
                },
                frame = self.outbox.next(), if self.waiting.is_some() => match frame {
                    Some(frame) => self.say(frame).await,
                    None => Step::End(Closed::Broken),
                },
                () = given_up(&mut self.waiting) => {
                    self.waiting = None;
                    self.absent_at = Instant::now() + ABSENT_AFTER;
                    Step::On
                }
                () = tokio::time::sleep_until(due.into()) => self.due(),
            };
        };
        self.rooms.closed(self.id, how);
    }

    fn handle(&mut self, request: Request) -> Step {
        match request {
            Request::Up { n, frames, reply } => {
                let (outcome, step) = self.hear(n, frames);
                // Whoever is gone will ask again.
                let _ = reply.send(outcome);
                step
            }
            Request::Down { got, reply } => {
                self.rooms.pong(self.id);
                self.listen(got, reply);
                Step::On
            }
            Request::Close { how } => Step::End(how),
        }
    }

    fn hear(&mut self, n: u64, frames: Vec<String>) -> (Result<(), Refusal>, Step) {
        if n <= self.heard {
            return (Ok(()), Step::On);
        }
        if n - self.heard > 1 {
            return (Err(Refusal::Gap), Step::On);
        }
        self.heard = n;
        for frame in frames {
            if !self.rooms.text(self.id, &frame) {
                return (Err(Refusal::Unknown), Step::End(Closed::Broken));
            }
        }
        (Ok(()), Step::On)
    }

    /// A GET: it takes the place of the one before it, which belongs to a connection that broke unnoticed.
    fn listen(&mut self, got: u64, reply: oneshot::Sender<Result<Answer, Refusal>>) {
        // In this order, as `got` may be any number.
        if got > self.said || got + u64::from(self.kept.is_some()) < self.said {
            // Here and below: whoever has gone away need not be told.
            let _ = reply.send(Err(Refusal::Gap));
            return;
        }
        if let Some(before) = self.waiting.take() {
            let _ = before.reply.send(Err(Refusal::Superseded));
        }
        self.absent_at = Instant::now() + ABSENT_AFTER;
        if got == self.said {
            self.kept = None;
        }
        if let Some(again) = &self.kept {
            let _ = reply.send(Ok(Some(again.clone())));
            return;
        }
        let wait = LONGEST_WAIT - rand::rng().random_range(Duration::ZERO..JITTER);
        self.waiting = Some(Waiting {
            reply,
            until: Instant::now() + wait,
        });
    }

    /// Answers the waiting GET with this and what else there is.
    async fn say(&mut self, first: Outgoing) -> Step {
        tokio::time::sleep(GATHER).await;
        let (mut frames, mut close, mut bytes) = (Vec::new(), None, 0);
        let mut next = Some(first);
        while let Some(outgoing) = next {
            match outgoing {
                Outgoing::Text(text) => {
                    bytes += text.len();
                    frames.push(text);
                }
                // The answer itself, if only an empty one, makes the page show that it is there.
                Outgoing::Ping => {}
                Outgoing::Close { code, .. } => close = Some(code),
            }
            next = (close.is_none() && bytes < DOWN_BYTES)
                .then(|| self.outbox.take())
                .flatten();
        }
        if frames.is_empty() && close.is_none() {
            return self.reply(None);
        }
        self.said += 1;
        let down = Down {
            n: self.said,
            frames: frames.iter().map(String::as_str).collect(),
            close,
        };
        let answer = Bytes::from(down.write());
        self.kept = Some(answer.clone());
        let step = self.reply(Some(answer));
        if close.is_some() {
            Step::End(Closed::Broken)
        } else {
            step
        }
    }

    fn reply(&mut self, answer: Answer) -> Step {
        if let Some(get) = self.waiting.take() {
            // An answer that finds nobody is kept for the next GET.
            let _ = get.reply.send(Ok(answer));
        }
        self.absent_at = Instant::now() + ABSENT_AFTER;
        Step::On
    }

    /// Nothing was said for long, or nobody was there to hear it.
    fn due(&mut self) -> Step {
        if self.waiting.is_some() {
            self.reply(None)
        } else {
            Step::End(Closed::Broken)
        }
    }
}

/// Completes when the waiting GET's sender has gone away.
async fn given_up(waiting: &mut Option<Waiting>) {
    match waiting {
        Some(get) => get.reply.closed().await,
        None => std::future::pending().await,
    }
}
