//! The task that owns the signaling machine, and the handle by which WebSockets reach it.
//!
//! One task, one loop, no lock: everything that happens in rooms happens in one order. The inbox is bounded
//! and awaited, so a flooding socket feels back-pressure; each outbox is bounded and *tried*, so a slow
//! reader loses its own socket and nobody waits for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parlour_relay_io::Handle;
use parlour_signaling::{
    BlobAnswer, BlobRefusal, BlobRequest, Closed, Config, ConnectionId, Output, RoomId, Signaling, Source,
    Stats, Token,
};
use tokio::sync::{mpsc, oneshot};

use crate::countries::Countries;

/// Events that wait for the rooms; a full inbox makes the sockets wait.
const INBOX_EVENTS: usize = 1024;
/// Frames that wait for one socket.
const OUTBOX_FRAMES: usize = 1024;
/// Bytes that wait for one socket: twice what a resumption may repeat at once (256 KiB, docs/protocol.md), so
/// that a returning page does not overflow by being caught up.
const OUTBOX_BYTES: usize = 512 * 1024;

/// What goes out on one socket, in order.
#[derive(Debug)]
pub enum Outgoing {
    /// One frame of docs/protocol.md.
    Text(Counted),
    /// A WebSocket ping.
    Ping,
    /// The last frame.
    Close {
        /// RFC 6455 §7.4, or 4000 and up as in docs/protocol.md.
        code: u16,
        /// A few words for whoever debugs a client.
        reason: &'static str,
    },
}

/// A text that is counted against its outbox for as long as it waits there.
#[derive(Debug)]
pub struct Counted {
    text: String,
    size: usize,
    waiting: Arc<AtomicUsize>,
}

impl Counted {
    /// The text, no longer waiting.
    #[must_use]
    pub fn into_string(mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.size, Ordering::Relaxed);
    }
}

/// One socket's end of the connection to the rooms.
#[derive(Debug)]
pub struct Wire {
    /// Under which number the rooms know it.
    pub id: ConnectionId,
    /// What is to be sent, in order.
    pub outgoing: mpsc::Receiver<Outgoing>,
    /// Fires when the socket must go at once: its outbox overflowed.
    pub cut: oneshot::Receiver<()>,
}

/// The way to the rooms; cheap to clone.
#[derive(Clone, Debug)]
pub struct Rooms {
    inbox: mpsc::Sender<Event>,
    next: Arc<AtomicU64>,
    countries: Option<Countries>,
}

#[derive(Debug)]
enum Event {
    Opened {
        id: ConnectionId,
        source: Source,
        outbox: Outbox,
    },
    Text {
        id: ConnectionId,
        text: String,
    },
    Pong {
        id: ConnectionId,
    },
    Closed {
        id: ConnectionId,
        how: Closed,
    },
    Drain {
        until: Instant,
    },
    Reconfigure(Box<Config>),
    Look(oneshot::Sender<Stats>),
    Blob {
        token: Token,
        request: BlobRequest,
        answer: oneshot::Sender<Result<BlobAnswer, BlobRefusal>>,
    },
    Close {
        which: Option<RoomId>,
        answer: oneshot::Sender<usize>,
    },
}

#[derive(Debug)]
struct Outbox {
    frames: mpsc::Sender<Outgoing>,
    waiting: Arc<AtomicUsize>,
    /// Taken when the socket is cut.
    cut: Option<oneshot::Sender<()>>,
}

impl Rooms {
    /// Starts the task, with where connections come from counted if `countries` are given; it ends when every handle is gone or [`Self::drain`] has run out.
    #[must_use]
    pub fn start(
        machine: Signaling,
        relay: Handle,
        countries: Option<Countries>,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (inbox, events) = mpsc::channel(INBOX_EVENTS);
        let task = tokio::spawn(
            Task {
                machine,
                relay,
                outboxes: HashMap::new(),
                drained: None,
            }
            .run(events),
        );
        (
            Self {
                inbox,
                next: Arc::new(AtomicU64::new(1)),
                countries,
            },
            task,
        )
    }

    /// Announces a new socket. `None` when the rooms have ended.
    pub async fn open(&self, source: Source) -> Option<Wire> {
        if let Some(countries) = &self.countries {
            countries.count(source.ip);
        }
        let id = ConnectionId(self.next.fetch_add(1, Ordering::Relaxed));
        let (frames, outgoing) = mpsc::channel(OUTBOX_FRAMES);
        let (cut_sender, cut) = oneshot::channel();
        let outbox = Outbox {
            frames,
            waiting: Arc::default(),
            cut: Some(cut_sender),
        };
        self.inbox.send(Event::Opened { id, source, outbox }).await.ok()?;
        Some(Wire { id, outgoing, cut })
    }

    /// Hands over one text frame; `false` when the rooms have ended.
    pub async fn text(&self, id: ConnectionId, text: String) -> bool {
        self.inbox.send(Event::Text { id, text }).await.is_ok()
    }

    /// The other side is alive.
    pub async fn pong(&self, id: ConnectionId) {
        // After the end of the rooms there is nobody to tell.
        let _ = self.inbox.send(Event::Pong { id }).await;
    }

    /// The socket is gone.
    pub async fn closed(&self, id: ConnectionId, how: Closed) {
        let _ = self.inbox.send(Event::Closed { id, how }).await;
    }

    /// Puts other limits in force.
    pub async fn reconfigure(&self, config: Config) {
        let _ = self.inbox.send(Event::Reconfigure(Box::new(config))).await;
    }

    /// What is counted; `None` when the rooms have ended. Whoever gets an answer knows that they are alive.
    pub async fn stats(&self) -> Option<Stats> {
        let (answer, stats) = oneshot::channel();
        self.inbox.send(Event::Look(answer)).await.ok()?;
        stats.await.ok()
    }

    /// What a seat asks of the blobs of its room; [`BlobRefusal::Nowhere`] when the rooms have ended, too.
    ///
    /// # Errors
    /// [`BlobRefusal`].
    pub async fn blob(&self, token: Token, request: BlobRequest) -> Result<BlobAnswer, BlobRefusal> {
        let (answer, answered) = oneshot::channel();
        let event = Event::Blob {
            token,
            request,
            answer,
        };
        self.inbox.send(event).await.map_err(|_| BlobRefusal::Nowhere)?;
        answered.await.unwrap_or(Err(BlobRefusal::Nowhere))
    }

    /// Ends the room with this public id, or all of them, and says how many there were; `None` when the rooms have ended.
    pub async fn close(&self, which: Option<RoomId>) -> Option<usize> {
        let (answer, count) = oneshot::channel();
        self.inbox.send(Event::Close { which, answer }).await.ok()?;
        count.await.ok()
    }

    /// Tells everybody to come back later and ends the task at `until` at the latest.
    pub async fn drain(&self, until: Instant) {
        let _ = self.inbox.send(Event::Drain { until }).await;
    }
}

struct Task {
    machine: Signaling,
    relay: Handle,
    outboxes: HashMap<ConnectionId, Outbox>,
    /// Set once draining has begun.
    drained: Option<Instant>,
}

impl Task {
    async fn run(mut self, mut events: mpsc::Receiver<Event>) {
        loop {
            self.deliver();
            if self
                .drained
                .is_some_and(|until| self.outboxes.is_empty() || Instant::now() >= until)
            {
                return;
            }
            let wake = [self.machine.poll_timeout(), self.drained]
                .into_iter()
                .flatten()
                .min();
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.handle(event),
                    None => return,
                },
                () = sleep_until(wake) => self.machine.handle_timeout(Instant::now()),
            }
        }
    }

    fn handle(&mut self, event: Event) {
        let now = Instant::now();
        match event {
            Event::Opened { id, source, outbox } => {
                self.outboxes.insert(id, outbox);
                self.machine.handle_opened(now, id, source);
            }
            Event::Text { id, text } => self.machine.handle_text(now, id, &text),
            Event::Pong { id } => self.machine.handle_pong(now, id),
            Event::Closed { id, how } => {
                self.outboxes.remove(&id);
                self.machine.handle_closed(now, id, how);
            }
            Event::Reconfigure(config) => self.machine.handle_config(*config),
            Event::Look(answer) => {
                // Whoever asked may have gone.
                let _ = answer.send(self.machine.stats().clone());
            }
            Event::Blob {
                token,
                request,
                answer,
            } => {
                // Whoever asked may have gone.
                let _ = answer.send(self.machine.handle_blob(now, token, request));
            }
            Event::Close { which, answer } => {
                // Whoever asked may have gone.
                let _ = answer.send(self.machine.handle_close(now, which));
            }
            Event::Drain { until } => {
                self.drained = Some(until);
                self.machine.drain(now, until);
            }
        }
    }

    /// Does what the machine wants, until it wants nothing more.
    fn deliver(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Send { to, text } => {
                    if !self.try_send(to, text) {
                        self.machine.handle_overflow(Instant::now(), to);
                    }
                }
                Output::Ping { to } => {
                    // A ping that finds no room is not needed: there is traffic waiting.
                    if let Some(outbox) = self.outboxes.get(&to) {
                        let _ = outbox.frames.try_send(Outgoing::Ping);
                    }
                }
                Output::Close { to, code, reason } => self.close(to, code, reason),
                Output::SeatOpened { seat, room } => self.relay.seat_opened(seat, room),
                Output::SeatClosed { seat } => self.relay.seat_closed(seat),
            }
        }
    }

    /// `false` if the outbox is full; a connection that is gone takes everything silently.
    fn try_send(&self, to: ConnectionId, text: String) -> bool {
        let Some(outbox) = self.outboxes.get(&to) else {
            return true;
        };
        let size = text.len();
        let before = outbox.waiting.fetch_add(size, Ordering::Relaxed);
        let counted = Counted {
            text,
            size,
            waiting: Arc::clone(&outbox.waiting),
        };
        before + size <= OUTBOX_BYTES && outbox.frames.try_send(Outgoing::Text(counted)).is_ok()
    }

    /// Closes after what is queued, or at once if nothing more fits.
    fn close(&mut self, to: ConnectionId, code: u16, reason: &'static str) {
        let Some(outbox) = self.outboxes.get_mut(&to) else {
            return;
        };
        if outbox.frames.try_send(Outgoing::Close { code, reason }).is_err()
            && let Some(cut) = outbox.cut.take()
        {
            // The socket's task may have ended by itself in this moment.
            let _ = cut.send(());
        }
    }
}

async fn sleep_until(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when.into()).await,
        // Nothing is due: the next event wakes the loop. An hour keeps the branch total.
        None => tokio::time::sleep(Duration::from_secs(3600)).await,
    }
}
