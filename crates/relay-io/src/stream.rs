//! One TCP or TLS connection (RFC 8656 §3.1, §12.5): cut what comes into packets, write what waits.
//!
//! Reading and writing go on side by side, so that a client whose downlink is slow can still send. The bytes
//! come from any `AsyncRead + AsyncWrite`; whether TLS lies in between is the program's affair.

use std::cell::RefCell;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parlour_relay::address::FiveTuple;
use parlour_relay::flows::Verdict;
use parlour_relay::stream::{Frame, frame};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};

use crate::counters::Counts;
use crate::hub::{Desk, Hub};
use crate::outbox::Outbox;
use crate::pass_on::{self, PassOn};
use crate::queue::{Queue, Taken};
use crate::settings::Settings;
use crate::udp::canonical;

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// There are too many connections, altogether or from this source; nothing was read.
    Refused,
    /// The client closed it, or the network broke it.
    ClosedByClient,
    /// The relay closed it: its seat ended, it did not take its answers, or the server stops.
    ClosedByRelay,
    /// What it sent was no TURN, or a frame above the limit.
    Invalid,
    /// No complete message, or no allocation, came in time.
    TimedOut,
}

/// Bytes read at a time: several frames of video.
const READ_BYTES: usize = 16 << 10;
/// How long a connection that is being closed may take for its last answers.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves one connection until it ends. See [`Handle::serve_stream`](crate::Handle::serve_stream).
pub(crate) async fn serve<S>(hub: &Arc<Hub>, stream: S, from: FiveTuple, first_bytes: &[u8]) -> StreamEnd
where
    S: AsyncRead + AsyncWrite,
{
    let from = FiveTuple {
        client: canonical(from.client),
        server: canonical(from.server),
        ..from
    };
    let Some(connection) = Connection::open(hub, from) else {
        return StreamEnd::Refused;
    };
    let line = Line {
        queue: &connection.queue,
        patience: &connection.patience,
        settings: &hub.settings,
    };
    let has_allocation = || hub.look(|relay| relay.has_allocation(&from));
    let take_frames = |bytes: &[u8]| connection.take_frames(bytes);
    let end = line.serve(stream, first_bytes, take_frames, has_allocation).await;
    connection.count(end)
}

/// The life of a connection of either relay: what waits for it, its deadlines and its limits.
pub(crate) struct Line<'a> {
    pub(crate) queue: &'a Queue,
    pub(crate) patience: &'a Patience,
    pub(crate) settings: &'a Settings,
}

impl Line<'_> {
    /// Reads and writes until one of both ends. `take_frames` handles every whole frame at the beginning of what it
    /// gets and says how many bytes that were, `None` if this is no TURN stream.
    pub(crate) async fn serve<S: AsyncRead + AsyncWrite>(
        &self,
        stream: S,
        first_bytes: &[u8],
        take_frames: impl FnMut(&[u8]) -> Option<usize>,
        has_allocation: impl Fn() -> bool,
    ) -> StreamEnd {
        let (reader, writer) = tokio::io::split(stream);
        // Writing is not raced against reading as a whole: what was answered last must still get out.
        let mut writing = std::pin::pin!(self.write(writer));
        let end = tokio::select! {
            end = self.read(reader, first_bytes, take_frames) => end,
            end = &mut writing => return end,
            () = self.patience.ends(self.settings, has_allocation) => StreamEnd::TimedOut,
        };
        self.queue.close();
        if end != StreamEnd::ClosedByClient {
            let _too_slow = tokio::time::timeout(FAREWELL, writing).await;
        }
        end
    }

    async fn read<S: AsyncRead>(
        &self,
        mut reader: ReadHalf<S>,
        first_bytes: &[u8],
        mut take_frames: impl FnMut(&[u8]) -> Option<usize>,
    ) -> StreamEnd {
        // One more than a whole frame, so that there is always room to read into.
        let size = READ_BYTES.max(self.settings.max_frame_bytes + 1);
        let mut buffer = Vec::with_capacity(size.max(first_bytes.len()));
        buffer.extend_from_slice(first_bytes);
        loop {
            match take_frames(&buffer) {
                Some(used) => drop(buffer.drain(..used)),
                None => return StreamEnd::Invalid,
            }
            if self.queue.is_closed() {
                return pending().await;
            }
            let mut room = (&mut reader).take((size - buffer.len()) as u64);
            match room.read_buf(&mut buffer).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return StreamEnd::ClosedByClient,
            }
        }
    }

    /// Writes what waits until the queue is closed or the client gone.
    async fn write<S: AsyncWrite>(&self, mut writer: WriteHalf<S>) -> StreamEnd {
        let mut frames = Vec::new();
        loop {
            match self.queue.take(Instant::now(), &mut frames) {
                Taken::Frames => {
                    let written = async {
                        writer.write_all(&frames).await?;
                        writer.flush().await
                    };
                    if written.await.is_err() {
                        return StreamEnd::ClosedByClient;
                    }
                }
                Taken::Nothing => {
                    frames = Vec::new();
                    self.queue.ready().await;
                }
                Taken::Closed => {
                    let _too_slow = tokio::time::timeout(FAREWELL, writer.shutdown()).await;
                    return StreamEnd::ClosedByRelay;
                }
            }
        }
    }
}

/// A connection's place in the hub; dropping it, also by cancelling the task, gives the place back.
struct Connection<'a> {
    hub: &'a Arc<Hub>,
    from: FiveTuple,
    queue: Arc<Queue>,
    desk: &'a Desk,
    worker: usize,
    patience: Patience,
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.hub.close_stream(Instant::now(), self.from, &self.queue);
    }
}

impl<'a> Connection<'a> {
    fn open(hub: &'a Arc<Hub>, from: FiveTuple) -> Option<Self> {
        let opened = Instant::now();
        let worker = spread(from.client);
        let desk = hub.stream_desk(worker);
        let Some(queue) = hub.open_stream(opened, from) else {
            desk.counters.add(&Counts {
                streams_refused: 1,
                ..Counts::default()
            });
            return None;
        };
        desk.counters.add(&Counts {
            streams_opened: 1,
            ..Counts::default()
        });
        Some(Self {
            hub,
            from,
            queue,
            desk,
            worker,
            patience: Patience::new(opened),
        })
    }

    fn count(&self, end: StreamEnd) -> StreamEnd {
        let mut counts = Counts {
            stream_frames_dropped: self.queue.take_dropped(),
            ..Counts::default()
        };
        match end {
            StreamEnd::Refused | StreamEnd::ClosedByClient => {}
            StreamEnd::ClosedByRelay => counts.streams_closed_by_relay += 1,
            StreamEnd::Invalid => counts.streams_invalid += 1,
            StreamEnd::TimedOut => counts.streams_timed_out += 1,
        }
        self.desk.counters.add(&counts);
        end
    }

    /// Handles every whole frame at the beginning of `bytes`; returns how many bytes that were, `None` if
    /// this is no TURN stream.
    fn take_frames(&self, bytes: &[u8]) -> Option<usize> {
        thread_local! {
            /// Lent to whichever connection is being read on this thread; an idle connection needs none.
            static OUTBOX: RefCell<Outbox> = const { RefCell::new(Outbox::new()) };
        }
        if bytes.is_empty() {
            return Some(0);
        }
        OUTBOX.with_borrow_mut(|outbox| {
            outbox.set_limits(self.hub.settings.mtu, self.hub.max_segments());
            let mut counts = Counts::default();
            let used = self.take_frames_into(outbox, bytes, &mut counts);
            pass_on::send(self.hub, self.worker, outbox, &[], &mut counts);
            self.desk.counters.add(&counts);
            used
        })
    }

    fn take_frames_into(&self, outbox: &mut Outbox, bytes: &[u8], counts: &mut Counts) -> Option<usize> {
        let now = Instant::now();
        let (hub, from) = (&**self.hub, self.from);
        let mut used = 0;
        let mut replica = self.desk.lock();
        loop {
            let rest = &bytes[used..];
            let (len, padded) = match frame(rest, hub.settings.max_frame_bytes) {
                Frame::Message { len, padded } => (len, padded),
                Frame::Incomplete { .. } => break,
                Frame::Invalid => return None,
            };
            used += padded;
            counts.stream_frames_received += 1;
            counts.stream_bytes_received += padded as u64;
            let packet = &rest[..len];
            match replica.flows.forward(now, from, packet) {
                Verdict::Forward(forward) => {
                    PassOn {
                        hub,
                        replica: &replica,
                        now,
                        outbox,
                        counts,
                    }
                    .copied(&forward, packet);
                }
                // The flows have counted it.
                Verdict::Drop(_) => {}
                Verdict::Control => {
                    counts.control_packets += 1;
                    // The machine may want to change this very replica.
                    drop(replica);
                    hub.control(now, self.worker, |relay| relay.handle_client(now, from, packet));
                    replica = self.desk.lock();
                }
            }
        }
        if used > 0 {
            self.patience.renew(now);
        }
        Some(used)
    }
}

/// When a connection was opened and last brought a complete message.
pub(crate) struct Patience {
    opened: Instant,
    /// Milliseconds from `opened` to the last complete message, and one; 0 before the first.
    last_message: AtomicU64,
}

impl Patience {
    pub(crate) fn new(opened: Instant) -> Self {
        Self {
            opened,
            last_message: AtomicU64::new(0),
        }
    }

    /// A complete message has come.
    pub(crate) fn renew(&self, now: Instant) {
        let millis = now.saturating_duration_since(self.opened).as_millis() as u64;
        self.last_message.store(millis + 1, Ordering::Relaxed);
    }

    /// Returns when the client has been without a complete message, or without an allocation, for too long.
    async fn ends(&self, settings: &Settings, has_allocation: impl Fn() -> bool) {
        let mut allocation_due = self.opened + settings.allocation_deadline;
        loop {
            let message_due = match self.last_message.load(Ordering::Relaxed) {
                0 => self.opened + settings.first_message_deadline,
                millis => self.opened + Duration::from_millis(millis) + settings.idle_deadline,
            };
            let now = Instant::now();
            if message_due <= now {
                return;
            }
            if allocation_due <= now {
                if !has_allocation() {
                    return;
                }
                allocation_due = now + settings.allocation_deadline;
            }
            tokio::time::sleep_until(message_due.min(allocation_due).into()).await;
        }
    }
}

/// Spreads connections over desks and sockets; any spread is right.
fn spread(client: SocketAddr) -> usize {
    usize::from(client.port())
}
