//! The signaling machine behind one lock, and the handle by which connections reach it.
//!
//! Whoever has something for the machine takes the lock, tells it, puts what it answers into the outboxes, lets go, and
//! writes what it can to the sockets of those it was for (docs/decisions/0013-the-rooms-behind-a-lock.md). So everything
//! that happens in rooms happens in one order, and a frame wakes one task and not three. The lock is held for
//! microseconds and across no await; a slow reader costs its own socket and nobody waits for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use parlour_relay_io::Handle;
use parlour_signaling::{
    BlobAnswer, BlobRefusal, BlobRequest, Closed, Config, ConnectionId, Output, RoomId, Signaling, Source,
    Stats, Token,
};
use tokio::sync::Notify;

use crate::countries::Countries;
use crate::outbox::{Outgoing, Post};

/// The way to the rooms; cheap to clone.
#[derive(Clone)]
pub struct Rooms(Arc<Shared>);

struct Shared {
    next: AtomicU64,
    countries: Option<Countries>,
    /// Poisoned by a panic of the machine, after which there are no rooms.
    hall: Mutex<Hall>,
    /// Something is due earlier than [`keep_time`] thinks.
    earlier: Notify,
}

struct Hall {
    machine: Signaling,
    relay: Handle,
    posts: HashMap<ConnectionId, Arc<dyn Post>>,
    /// When [`keep_time`] wakes up.
    alarm: Option<Instant>,
    /// Set once draining has begun.
    drained: Option<Instant>,
    ended: bool,
}

impl Rooms {
    /// Puts the machine to work, with where connections come from counted if `countries` are given. The task, which keeps the
    /// machine's time, ends when [`Self::drain`] has run out.
    #[must_use]
    pub fn start(
        machine: Signaling,
        relay: Handle,
        countries: Option<Countries>,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let rooms = Self(Arc::new(Shared {
            next: AtomicU64::new(1),
            countries,
            hall: Mutex::new(Hall {
                machine,
                relay,
                posts: HashMap::new(),
                alarm: None,
                drained: None,
                ended: false,
            }),
            earlier: Notify::new(),
        }));
        let task = tokio::spawn(keep_time(rooms.clone()));
        (rooms, task)
    }

    /// Announces a new connection, and under which number the rooms know it. `None` when the rooms have ended.
    #[must_use]
    pub fn open(&self, source: Source, post: Arc<dyn Post>) -> Option<ConnectionId> {
        if let Some(countries) = &self.0.countries {
            countries.count(source.ip);
        }
        let id = ConnectionId(self.0.next.fetch_add(1, Ordering::Relaxed));
        self.tell(|hall, now| {
            hall.posts.insert(id, post);
            hall.machine.handle_opened(now, id, source);
        })?;
        Some(id)
    }

    /// Hands over one text frame; `false` when the rooms have ended.
    #[must_use]
    pub fn text(&self, id: ConnectionId, text: &str) -> bool {
        self.tell(|hall, now| hall.machine.handle_text(now, id, text))
            .is_some()
    }

    /// The other side is alive.
    pub fn pong(&self, id: ConnectionId) {
        // Here and below: after the end of the rooms there is nobody to tell.
        let _ = self.tell(|hall, now| hall.machine.handle_pong(now, id));
    }

    /// The connection is gone.
    pub fn closed(&self, id: ConnectionId, how: Closed) {
        let _ = self.tell(|hall, now| {
            hall.posts.remove(&id);
            hall.machine.handle_closed(now, id, how);
        });
    }

    /// Puts other limits in force.
    pub fn reconfigure(&self, config: Config) {
        let _ = self.tell(|hall, _| hall.machine.handle_config(config));
    }

    /// What is counted; `None` when the rooms have ended. Whoever gets an answer knows that they are alive.
    #[must_use]
    pub fn stats(&self) -> Option<Stats> {
        Some(self.hall()?.machine.stats().clone())
    }

    /// What a seat asks of the blobs of its room; [`BlobRefusal::Nowhere`] when the rooms have ended, too.
    ///
    /// # Errors
    /// [`BlobRefusal`].
    pub fn blob(&self, token: Token, request: BlobRequest) -> Result<BlobAnswer, BlobRefusal> {
        self.tell(|hall, now| hall.machine.handle_blob(now, token, request))
            .unwrap_or(Err(BlobRefusal::Nowhere))
    }

    /// Ends the room with this public id, or all of them, and says how many there were; `None` when the rooms have ended.
    #[must_use]
    pub fn close(&self, which: Option<RoomId>) -> Option<usize> {
        self.tell(|hall, now| hall.machine.handle_close(now, which))
    }

    /// Tells everybody to come back later and ends the rooms at `until` at the latest.
    pub fn drain(&self, until: Instant) {
        let _ = self.tell(|hall, now| {
            hall.drained = Some(until);
            hall.machine.drain(now, until);
        });
    }

    /// One input to the machine, and everything that follows from it. `None` when the rooms have ended.
    fn tell<T>(&self, input: impl FnOnce(&mut Hall, Instant) -> T) -> Option<T> {
        let mut posts = Vec::new();
        let mut hall = self.hall()?;
        // Read under the lock: for the machine time never goes back.
        let result = input(&mut hall, Instant::now());
        hall.deliver(&mut posts);
        let due = hall.due();
        if due.is_some_and(|due| hall.alarm.is_none_or(|alarm| due < alarm)) {
            hall.alarm = due;
            self.0.earlier.notify_one();
        }
        drop(hall);
        send_off(&posts);
        Some(result)
    }

    /// `None` when the rooms have ended.
    fn hall(&self) -> Option<MutexGuard<'_, Hall>> {
        self.0.hall.lock().ok().filter(|hall| !hall.ended)
    }
}

impl std::fmt::Debug for Rooms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rooms(..)")
    }
}

/// Tells the machine when something is due, until the rooms end.
async fn keep_time(rooms: Rooms) {
    let mut posts = Vec::new();
    loop {
        let (alarm, ended) = {
            let Some(mut hall) = rooms.hall() else { return };
            let now = Instant::now();
            if hall.due().is_some_and(|due| due <= now) {
                hall.machine.handle_timeout(now);
                hall.deliver(&mut posts);
            }
            if hall
                .drained
                .is_some_and(|until| hall.posts.is_empty() || now >= until)
            {
                hall.end();
            }
            hall.alarm = hall.due();
            (hall.alarm, hall.ended)
        };
        send_off(&posts);
        posts.clear();
        if ended {
            return;
        }
        tokio::select! {
            () = rooms.0.earlier.notified() => {}
            () = sleep_until(alarm) => {}
        }
    }
}

impl Hall {
    /// When [`keep_time`] has something to do.
    fn due(&self) -> Option<Instant> {
        let drained = self.drained.map(|until| {
            if self.posts.is_empty() {
                Instant::now()
            } else {
                until
            }
        });
        [self.machine.poll_timeout(), drained].into_iter().flatten().min()
    }

    /// Does what the machine wants, until it wants nothing more, and notes whose outboxes have something new.
    fn deliver(&mut self, posts: &mut Vec<Arc<dyn Post>>) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Send { to, text } => {
                    if !self.put(to, Outgoing::Text(text), posts) {
                        self.machine.handle_overflow(Instant::now(), to);
                    }
                }
                Output::Ping { to } => {
                    // A ping that finds no room is not needed: there is traffic waiting.
                    let _ = self.put(to, Outgoing::Ping, posts);
                }
                Output::Close { to, code, reason } => {
                    // After what is queued, or at once if nothing more fits.
                    if !self.put(to, Outgoing::Close { code, reason }, posts)
                        && let Some(post) = self.posts.get(&to)
                    {
                        post.outbox().cut();
                    }
                }
                Output::SeatOpened { seat, room } => self.relay.seat_opened(seat, room),
                Output::SeatClosed { seat } => self.relay.seat_closed(seat),
            }
        }
    }

    /// `false` if the outbox is full; a connection that is gone takes everything silently.
    fn put(&self, to: ConnectionId, what: Outgoing, posts: &mut Vec<Arc<dyn Post>>) -> bool {
        let Some(post) = self.posts.get(&to) else {
            return true;
        };
        let fits = post.outbox().put(what);
        if fits && !posts.last().is_some_and(|last| Arc::ptr_eq(last, post)) {
            posts.push(Arc::clone(post));
        }
        fits
    }

    fn end(&mut self) {
        self.ended = true;
        for post in self.posts.values() {
            post.outbox().cut();
        }
        self.posts.clear();
    }
}

/// Without the lock of the rooms. Frames of one connection keep their order whoever sends them off first: they come out
/// of its outbox.
fn send_off(posts: &[Arc<dyn Post>]) {
    for post in posts {
        post.send_off();
    }
}

async fn sleep_until(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when.into()).await,
        // Nothing is due: the next input wakes the loop. An hour keeps the branch total.
        None => tokio::time::sleep(Duration::from_secs(3600)).await,
    }
}
