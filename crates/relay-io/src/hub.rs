//! What workers, streams and the program share: the machine, a replica of its flows for each who forwards,
//! the sockets, the table of streams.
//!
//! Control traffic takes the one lock around the machine; media takes only the lock of its own replica, once
//! per batch, which nobody else wants unless a flow changes. Whoever holds the machine applies its changes to
//! every replica before letting go: a call that ends a seat has ended it everywhere when it returns.
//! Locks are taken in this order: machine or table of streams, replica, queue.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use parlour_relay::address::FiveTuple;
use parlour_relay::flows::Flows;
use parlour_relay::relay::{Output, Relay};

use crate::bind::Group;
use crate::counters::Counters;
use crate::outbox::Way;
use crate::queue::{Kind, Queue};
use crate::settings::Settings;
use crate::streams::Streams;
use crate::udp::Udp;

pub(crate) struct Hub {
    relay: Mutex<Relay>,
    /// Told when the machine wants to be woken earlier than the timer thread believes.
    timer: Condvar,
    desks: Box<[Desk]>,
    pub(crate) groups: Box<[Group]>,
    pub(crate) streams: Streams,
    pub(crate) settings: Settings,
    stopping: AtomicBool,
}

/// The place of one who forwards: a UDP worker, or a share of the streams.
pub(crate) struct Desk {
    replica: Mutex<Replica>,
    pub(crate) counters: Counters,
}

pub(crate) struct Replica {
    pub(crate) flows: Flows,
    /// The queues of all streams, for packets that cross over.
    pub(crate) streams: HashMap<FiveTuple, Arc<Queue>>,
}

impl Desk {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Replica> {
        self.replica
            .lock()
            .expect("nothing panics while it holds a replica")
    }
}

/// Something to do once the machine has been let go.
enum Letter {
    Transmit(FiveTuple, Vec<u8>),
    Close(FiveTuple),
}

/// Deadlines of the machine are seconds away from each other; nearer ones share a wake-up.
const TIMER_GRAIN: Duration = Duration::from_millis(10);

impl Hub {
    pub(crate) fn new(
        settings: Settings,
        relay: Relay,
        groups: Vec<Group>,
        desks: usize,
        flows: impl Fn() -> Flows,
    ) -> Self {
        let desk = || Desk {
            replica: Mutex::new(Replica {
                flows: flows(),
                streams: HashMap::new(),
            }),
            counters: Counters::default(),
        };
        Self {
            relay: Mutex::new(relay),
            timer: Condvar::new(),
            desks: (0..desks).map(|_| desk()).collect(),
            groups: groups.into_boxed_slice(),
            streams: Streams::new(&settings),
            settings,
            stopping: AtomicBool::new(false),
        }
    }

    pub(crate) fn desk(&self, index: usize) -> &Desk {
        &self.desks[index]
    }

    /// Streams share the desks of the workers. Any desk will do for any stream, always the same one.
    pub(crate) fn stream_desk(&self, spread: usize) -> &Desk {
        &self.desks[spread % self.desks.len()]
    }

    pub(crate) fn desks(&self) -> &[Desk] {
        &self.desks
    }

    /// Gives the machine an input, applies what changed to every replica, then sends what it answered.
    ///
    /// `worker` says whose sockets to send from; any of them will do.
    pub(crate) fn control(&self, now: Instant, worker: usize, input: impl FnOnce(&mut Relay)) {
        let mut relay = self.lock_relay();
        let planned = relay.poll_timeout();
        input(&mut relay);
        let letters = self.drain(&mut relay);
        let earlier = is_earlier(relay.poll_timeout(), planned);
        drop(relay);
        if earlier {
            self.timer.notify_one();
        }
        self.deliver(now, worker, letters);
    }

    /// Lets the caller look at the machine.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&Relay) -> T) -> T {
        at(&self.lock_relay())
    }

    /// Takes a stream in and lets every replica know it. `None` if there are too many.
    pub(crate) fn open_stream(&self, now: Instant, from: FiveTuple) -> Option<Arc<Queue>> {
        if self.is_stopping() {
            return None;
        }
        let admitted = self.streams.admit(from, &self.settings, |queue| {
            for desk in &self.desks {
                desk.lock().streams.insert(from, Arc::clone(queue));
            }
        })?;
        if let Some(replaced) = admitted.replaced {
            replaced.close();
            self.control(now, 0, |relay| relay.handle_stream_closed(now, from));
        }
        Some(admitted.queue)
    }

    /// Ends what a stream held, and forgets it.
    pub(crate) fn close_stream(&self, now: Instant, from: FiveTuple, queue: &Arc<Queue>) {
        queue.close();
        // In this order, lest the end of this stream be taken for that of a successor on the same 5-tuple.
        if self.streams.is_own(from, queue) {
            self.control(now, 0, |relay| relay.handle_stream_closed(now, from));
        }
        self.streams.leave(from, queue, || {
            for desk in &self.desks {
                desk.lock().streams.remove(&from);
            }
        });
    }

    /// Where a datagram from `server` leaves. `None` if no socket has that address: a stream's, for example.
    pub(crate) fn way(&self, to: &FiveTuple) -> Option<Way> {
        let group = self.groups.iter().position(|group| group.serves(to.server))?;
        Some(Way {
            group,
            source: self.groups[group].source(to.server),
        })
    }

    /// Up to how many datagrams every socket takes in one run.
    pub(crate) fn max_segments(&self) -> usize {
        let sockets = self.groups.iter().flat_map(|group| &group.workers);
        sockets.map(Udp::max_segments).min().unwrap_or(1)
    }

    /// Wakes the machine whenever it asked for it, until [`Self::stop`]. Blocks; a thread's whole life.
    pub(crate) fn run_timer(&self) {
        let mut relay = self.lock_relay();
        while !self.is_stopping() {
            let now = Instant::now();
            relay = match relay.poll_timeout() {
                Some(at) if at <= now => {
                    relay.handle_timeout(now);
                    let letters = self.drain(&mut relay);
                    drop(relay);
                    self.deliver(now, 0, letters);
                    self.wait(self.lock_relay(), TIMER_GRAIN)
                }
                Some(at) => self.wait(relay, (at - now).max(TIMER_GRAIN)),
                None => self.timer.wait(relay).expect(RELAY_HELD),
            };
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Wakes everybody up to go home.
    pub(crate) fn stop(&self) {
        {
            // Under the lock, or the timer thread might look before it and wait after.
            let _relay = self.lock_relay();
            self.stopping.store(true, Ordering::Release);
        }
        self.timer.notify_all();
        for socket in self.groups.iter().flat_map(|group| &group.workers) {
            socket.wake();
        }
        self.streams.close_all();
    }

    fn drain(&self, relay: &mut Relay) -> Vec<Letter> {
        let mut letters = Vec::new();
        while let Some(output) = relay.poll_output() {
            match output {
                Output::Transmit { to, bytes } => letters.push(Letter::Transmit(to, bytes)),
                Output::CloseStream(from) => letters.push(Letter::Close(from)),
                Output::Flow(change) => {
                    for desk in &self.desks {
                        desk.lock().flows.apply(&change);
                    }
                }
            }
        }
        letters
    }

    fn deliver(&self, now: Instant, worker: usize, letters: Vec<Letter>) {
        for letter in letters {
            match letter {
                Letter::Transmit(to, bytes) if to.transport.is_stream() => {
                    if let Some(queue) = self.streams.find(to) {
                        queue.push(now, Kind::Answer, &bytes);
                    }
                }
                Letter::Transmit(to, bytes) => {
                    if let Some(way) = self.way(&to) {
                        let workers = &self.groups[way.group].workers;
                        workers[worker % workers.len()].send_one(to.client, way.source, &bytes);
                    }
                }
                Letter::Close(from) => {
                    if let Some(queue) = self.streams.find(from) {
                        queue.close();
                    }
                }
            }
        }
    }

    fn wait<'a>(&self, relay: MutexGuard<'a, Relay>, time: Duration) -> MutexGuard<'a, Relay> {
        self.timer.wait_timeout(relay, time).expect(RELAY_HELD).0
    }

    fn lock_relay(&self) -> MutexGuard<'_, Relay> {
        self.relay.lock().expect(RELAY_HELD)
    }
}

/// Whether a machine wants to be woken earlier than it did.
pub(crate) fn is_earlier(now: Option<Instant>, before: Option<Instant>) -> bool {
    now.is_some_and(|now| before.is_none_or(|before| now < before))
}

const RELAY_HELD: &str = "nothing panics while it holds the relay";
