//! What threads and tasks of the public relay share: the machine, its relay sockets, its connections.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use parlour_relay::address::FiveTuple;
use parlour_relay::public::{AllocationId, Output, Passage, PublicRelay};
use tokio::runtime;
use tokio::sync::Notify;

use crate::bind::Group;
use crate::hub::is_earlier;
use crate::public::PublicStats;
use crate::public::socket::RelaySocket;
use crate::queue::{Kind, Pushed, Queue};
use crate::settings::Settings;
use crate::streams::Streams;

pub(crate) struct Hub {
    state: Mutex<State>,
    pub(crate) groups: Box<[Group]>,
    pub(crate) streams: Streams,
    pub(crate) settings: Settings,
    /// Told when the machine wants to be woken earlier than the timer believes.
    timer: Notify,
    /// Relay sockets are made wherever the machine asks, also outside the runtime's threads.
    runtime: runtime::Handle,
    refused: AtomicU64,
    stream_frames_dropped: AtomicU64,
    stopping: AtomicBool,
}

struct State {
    relay: PublicRelay,
    sockets: HashMap<AllocationId, RelaySocket>,
}

/// Something to do once the machine has been let go.
enum Letter {
    Transmit(FiveTuple, Vec<u8>),
    Close(FiveTuple),
}

impl Hub {
    pub(crate) fn new(settings: Settings, relay: PublicRelay, groups: Vec<Group>) -> Self {
        Self {
            state: Mutex::new(State {
                relay,
                sockets: HashMap::new(),
            }),
            groups: groups.into_boxed_slice(),
            streams: Streams::new(&settings),
            settings,
            timer: Notify::new(),
            runtime: runtime::Handle::current(),
            refused: AtomicU64::new(0),
            stream_frames_dropped: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
        }
    }

    /// Gives the machine an input without media and does what it asks for.
    pub(crate) fn control(self: &Arc<Self>, input: impl FnOnce(&mut PublicRelay)) {
        self.pass(&mut Vec::new(), |relay, _| {
            input(relay);
            Passage::Nothing
        });
    }

    /// Gives the machine an input, does what it asks for, and sends on what it left in `out`.
    pub(crate) fn pass(
        self: &Arc<Self>,
        out: &mut Vec<u8>,
        input: impl FnOnce(&mut PublicRelay, &mut Vec<u8>) -> Passage,
    ) {
        let mut state = self.lock();
        let planned = state.relay.poll_timeout();
        let passage = input(&mut state.relay, out);
        let letters = self.drain(&mut state);
        let earlier = is_earlier(state.relay.poll_timeout(), planned);
        let socket = match passage {
            Passage::ToPeer { id, .. } => state.sockets.get(&id).map(RelaySocket::sender),
            Passage::Nothing | Passage::ToClient(_) => None,
        };
        drop(state);
        if earlier {
            self.timer.notify_one();
        }
        for letter in letters {
            match letter {
                Letter::Transmit(to, bytes) => self.send(&to, Kind::Answer, &bytes),
                Letter::Close(from) => {
                    if let Some(queue) = self.streams.find(from) {
                        queue.close();
                    }
                }
            }
        }
        match (passage, socket) {
            (Passage::ToPeer { permit, .. }, Some(socket)) => {
                if !socket.send(&permit, out) {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
            }
            (Passage::ToClient(to), _) => self.send(&to, Kind::Media, out),
            (Passage::ToPeer { .. } | Passage::Nothing, _) => {}
        }
    }

    /// Lets a connection in. `None` if there are too many.
    pub(crate) fn open_stream(self: &Arc<Self>, now: Instant, from: FiveTuple) -> Option<Arc<Queue>> {
        if self.is_stopping() {
            return None;
        }
        let admitted = self.streams.admit(from, &self.settings, |_| ())?;
        if let Some(replaced) = admitted.replaced {
            replaced.close();
            self.control(|relay| relay.handle_stream_closed(now, from));
        }
        Some(admitted.queue)
    }

    /// Ends what a connection held, and forgets it.
    pub(crate) fn close_stream(self: &Arc<Self>, from: FiveTuple, queue: &Arc<Queue>) {
        queue.close();
        self.stream_frames_dropped
            .fetch_add(queue.take_dropped(), Ordering::Relaxed);
        if self.streams.is_own(from, queue) {
            self.control(|relay| relay.handle_stream_closed(Instant::now(), from));
        }
        self.streams.leave(from, queue, || ());
    }

    pub(crate) fn has_allocation(&self, from: &FiveTuple) -> bool {
        self.lock().relay.has_allocation(from)
    }

    /// Wakes the machine whenever it asked for it.
    pub(crate) async fn run_timer(self: Arc<Self>) {
        loop {
            let due = self.lock().relay.poll_timeout();
            match due {
                Some(at) if at <= Instant::now() => {
                    self.control(|relay| relay.handle_timeout(Instant::now()));
                }
                Some(at) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(at.into()) => {}
                        () = self.timer.notified() => {}
                    }
                }
                None => self.timer.notified().await,
            }
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Wakes everybody up to go home, and closes the relay sockets.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        for socket in self.groups.iter().flat_map(|group| &group.workers) {
            socket.wake();
        }
        self.streams.close_all();
        self.lock().sockets.clear();
    }

    pub(crate) fn stats(&self) -> PublicStats {
        let state = self.lock();
        let (stats, forwarded) = (state.relay.stats(), state.relay.forwarded());
        PublicStats {
            allocations: stats.allocations,
            users: stats.seats,
            streams: self.streams.count(),
            opened: stats.opened,
            challenges: stats.challenges,
            packets: forwarded.packets,
            bytes: forwarded.bytes,
            refused: self.refused.load(Ordering::Relaxed),
            stream_frames_dropped: self.stream_frames_dropped.load(Ordering::Relaxed),
        }
    }

    fn drain(self: &Arc<Self>, state: &mut State) -> Vec<Letter> {
        let mut letters = Vec::new();
        while let Some(output) = state.relay.poll_output() {
            match output {
                Output::Transmit { to, bytes } => letters.push(Letter::Transmit(to, bytes)),
                Output::CloseStream(from) => letters.push(Letter::Close(from)),
                Output::Close { id } => drop(state.sockets.remove(&id)),
                Output::Bind { id, wanted } => {
                    // After `stop` nobody would close it again.
                    let bound = if self.is_stopping() {
                        None
                    } else {
                        RelaySocket::bind(self, &self.runtime, id, wanted).ok()
                    };
                    let is_bound = bound.is_some();
                    state.sockets.extend(bound.map(|socket| (id, socket)));
                    state.relay.handle_bound(Instant::now(), id, is_bound);
                }
            }
        }
        letters
    }

    fn send(&self, to: &FiveTuple, kind: Kind, bytes: &[u8]) {
        if to.transport.is_stream() {
            let pushed = self
                .streams
                .find(*to)
                .map_or(Pushed::Dropped, |queue| queue.push(Instant::now(), kind, bytes));
            if pushed == Pushed::Dropped {
                self.stream_frames_dropped.fetch_add(1, Ordering::Relaxed);
            }
            return;
        }
        let group = self.groups.iter().find(|group| group.serves(to.server));
        let sent = group.is_some_and(|group| {
            let worker = usize::from(to.client.port()) % group.workers.len();
            group.workers[worker].send_one(to.client, group.source(to.server), bytes)
        });
        if !sent {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds the public relay")
    }
}
