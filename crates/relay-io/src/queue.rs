//! What waits for one TCP or TLS connection to take it: whole frames, bounded in bytes and in age.
//!
//! Media that is late is worthless and must not delay what comes behind it, so old media is dropped at the
//! moment of writing. Answers to requests are never dropped for age: over a stream, clients do not ask again
//! (RFC 8489 §6.2.2). A connection on which answers do not even fit is closed.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// The two kinds of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A STUN answer: kept until written.
    Answer,
    /// ChannelData or a Data indication: dropped when it has waited too long.
    Media,
}

/// What became of a frame that was to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    Queued,
    /// No room for media, or the connection is closing.
    Dropped,
}

/// What the writer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Whole frames to write.
    Frames,
    /// Nothing for now: wait for [`Queue::ready`].
    Nothing,
    /// Nothing any more: close the connection.
    Closed,
}

/// The outgoing queue of one connection. Anyone may push, one writer takes.
pub(crate) struct Queue {
    state: Mutex<State>,
    ready: Notify,
    max_bytes: usize,
    max_age: Duration,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    frames: VecDeque<Frame>,
    closed: bool,
    /// Frames dropped since the last look, without those that were never taken in.
    dropped: u64,
}

struct Frame {
    len: usize,
    kind: Kind,
    since: Instant,
}

/// How much the writer takes at a time: what it has taken can no longer be dropped.
const TAKE_BYTES: usize = 16 << 10;

impl Queue {
    pub(crate) fn new(max_bytes: usize, max_age: Duration) -> Self {
        Self {
            state: Mutex::default(),
            ready: Notify::new(),
            max_bytes,
            max_age,
        }
    }

    /// Queues one whole frame, padding included.
    pub(crate) fn push(&self, now: Instant, kind: Kind, frame: &[u8]) -> Pushed {
        let mut state = self.lock();
        if state.closed {
            return Pushed::Dropped;
        }
        if state.bytes.len() + frame.len() > self.max_bytes {
            state.drop_old(now, self.max_age);
        }
        if state.bytes.len() + frame.len() > self.max_bytes {
            if kind == Kind::Answer {
                state.close();
            }
            drop(state);
            self.ready.notify_one();
            return Pushed::Dropped;
        }
        let was_empty = state.frames.is_empty();
        state.bytes.extend(frame);
        state.frames.push_back(Frame {
            len: frame.len(),
            kind,
            since: now,
        });
        drop(state);
        // A writer that found frames comes back by itself; only a waiting one must be told.
        if was_empty {
            self.ready.notify_one();
        }
        Pushed::Queued
    }

    /// Puts the next frames into `out` (emptied before), oldest first, without media that is too old.
    pub(crate) fn take(&self, now: Instant, out: &mut Vec<u8>) -> Taken {
        out.clear();
        let mut state = self.lock();
        loop {
            // Each time anew: behind an answer there may be late media, too.
            state.drop_old(now, self.max_age);
            let Some(frame) = state.frames.front() else { break };
            if !out.is_empty() && out.len() + frame.len > TAKE_BYTES {
                break;
            }
            let len = frame.len;
            state.frames.pop_front();
            out.extend(state.bytes.drain(..len));
        }
        match (out.is_empty(), state.closed) {
            (false, _) => Taken::Frames,
            (true, true) => Taken::Closed,
            (true, false) => Taken::Nothing,
        }
    }

    /// Returns when there may be something to take.
    pub(crate) async fn ready(&self) {
        self.ready.notified().await;
    }

    /// Ends the connection once its answers are written; media that waits is dropped.
    pub(crate) fn close(&self) {
        self.lock().close();
        self.ready.notify_one();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Media frames that were queued and then dropped, since this was last asked.
    pub(crate) fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds a queue")
    }
}

impl State {
    /// Drops media from the front as long as it is too old.
    fn drop_old(&mut self, now: Instant, max_age: Duration) {
        while let Some(frame) = self.frames.front() {
            if frame.kind == Kind::Answer || now.saturating_duration_since(frame.since) <= max_age {
                return;
            }
            self.bytes.drain(..frame.len);
            self.frames.pop_front();
            self.dropped += 1;
        }
    }

    fn close(&mut self) {
        self.closed = true;
        let mut kept = VecDeque::new();
        for frame in self.frames.drain(..) {
            let bytes = self.bytes.drain(..frame.len);
            match frame.kind {
                Kind::Answer => kept.extend(bytes),
                Kind::Media => self.dropped += 1,
            }
        }
        let len = kept.len();
        self.bytes = kept;
        if len > 0 {
            self.frames.push_back(Frame {
                len,
                kind: Kind::Answer,
                since: Instant::now(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_millis(150);

    fn queue() -> Queue {
        Queue::new(100, AGE)
    }

    fn taken(queue: &Queue, now: Instant) -> Vec<u8> {
        let mut out = Vec::new();
        queue.take(now, &mut out);
        out
    }

    #[test]
    fn frames_come_out_whole_and_in_order() {
        let (queue, now) = (queue(), Instant::now());
        assert_eq!(queue.push(now, Kind::Media, b"one."), Pushed::Queued);
        assert_eq!(queue.push(now, Kind::Answer, b"two."), Pushed::Queued);
        assert_eq!(taken(&queue, now), b"one.two.");
        assert_eq!(queue.take(now, &mut Vec::new()), Taken::Nothing);
    }

    #[test]
    fn late_media_is_dropped_and_late_answers_are_not() {
        let (queue, now) = (queue(), Instant::now());
        queue.push(now, Kind::Media, b"late");
        queue.push(now, Kind::Answer, b"answer");
        queue.push(now, Kind::Media, b"late");
        queue.push(now + AGE, Kind::Media, b"fresh");
        assert_eq!(taken(&queue, now + AGE * 2), b"answerfresh");
        assert_eq!(queue.take_dropped(), 2);
    }

    #[test]
    fn a_full_queue_refuses_media_until_what_is_in_it_is_old() {
        let (queue, now) = (queue(), Instant::now());
        assert_eq!(queue.push(now, Kind::Media, &[1; 90]), Pushed::Queued);
        assert_eq!(queue.push(now, Kind::Media, &[2; 20]), Pushed::Dropped);
        let later = now + AGE + Duration::from_millis(1);
        assert_eq!(queue.push(later, Kind::Media, &[3; 20]), Pushed::Queued);
        assert_eq!(taken(&queue, later), [3; 20]);
        assert_eq!(
            queue.take_dropped(),
            1,
            "whoever pushed the other one has heard of it"
        );
    }

    #[test]
    fn a_connection_without_room_for_answers_is_closed() {
        let (queue, now) = (queue(), Instant::now());
        queue.push(now, Kind::Answer, &[1; 90]);
        assert_eq!(queue.push(now, Kind::Answer, &[2; 20]), Pushed::Dropped);
        assert!(queue.is_closed());
    }

    #[test]
    fn closing_keeps_answers_only_and_takes_nothing_new() {
        let (queue, now) = (queue(), Instant::now());
        queue.push(now, Kind::Media, b"media");
        queue.push(now, Kind::Answer, b"answer");
        queue.close();
        assert_eq!(queue.push(now, Kind::Answer, b"more"), Pushed::Dropped);
        assert_eq!(taken(&queue, now), b"answer");
        assert_eq!(queue.take(now, &mut Vec::new()), Taken::Closed);
    }
}
