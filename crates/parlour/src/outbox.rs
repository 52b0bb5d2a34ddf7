//! What waits for one connection: in order, bounded, and waited for by nobody.
//!
//! Whoever holds the rooms puts things in and never waits; whoever writes to the connection takes them out. An outbox that
//! overflows costs its own connection.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

/// Frames that wait for one connection behind the first.
const FRAMES: usize = 1024;
/// Bytes that wait for one connection: twice what a resumption may repeat at once (256 KiB, docs/protocol.md), so
/// that a returning page does not overflow by being caught up.
const BYTES: usize = 512 * 1024;

/// What goes out on one connection, in order.
#[derive(Debug)]
pub enum Outgoing {
    /// One frame of docs/protocol.md.
    Text(String),
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

/// A connection as the rooms see it.
pub trait Post: Send + Sync {
    /// Where things for it are put.
    fn outbox(&self) -> &Outbox;

    /// Sees to it that what was put there goes out. Called without any lock, and never waits.
    fn send_off(&self);
}

/// What waits for one connection.
#[derive(Debug, Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    /// The connection's own task.
    task: AtomicWaker,
}

#[derive(Debug, Default)]
struct Queue {
    /// What has waited longest. Mostly it is alone, and then the memory behind it stays untouched.
    first: Option<Outgoing>,
    others: VecDeque<Outgoing>,
    /// Of the texts among them.
    bytes: usize,
    /// The connection must end at once.
    cut: bool,
}

impl Outbox {
    /// Puts something at the end; `false` if there is no room for it, and then it is not there.
    pub fn put(&self, what: Outgoing) -> bool {
        let mut queue = self.queue();
        let bytes = queue.bytes + what.len();
        let fits = queue.others.len() < FRAMES && bytes <= BYTES;
        if fits {
            queue.bytes = bytes;
            if queue.first.is_none() {
                queue.first = Some(what);
            } else {
                queue.others.push_back(what);
            }
        }
        fits
    }

    /// Takes what has waited longest, cut or not.
    pub fn take(&self) -> Option<Outgoing> {
        let mut queue = self.queue();
        let what = queue.first.take()?;
        queue.first = queue.others.pop_front();
        queue.bytes -= what.len();
        Some(what)
    }

    /// The connection must end at once, whatever waits.
    pub fn cut(&self) {
        self.queue().cut = true;
        self.task.wake();
    }

    /// Whether [`Self::cut`] was called.
    pub fn is_cut(&self) -> bool {
        self.queue().cut
    }

    /// Wakes the connection's own task.
    pub fn wake(&self) {
        self.task.wake();
    }

    /// This task is woken from now on.
    pub fn register(&self, cx: &Context<'_>) {
        self.task.register(cx.waker());
    }

    /// What has waited longest, or will come next; `None` when the connection must end at once.
    pub async fn next(&self) -> Option<Outgoing> {
        std::future::poll_fn(|cx| {
            self.register(cx);
            if self.is_cut() {
                return Poll::Ready(None);
            }
            self.take().map_or(Poll::Pending, |what| Poll::Ready(Some(what)))
        })
        .await
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing in here panics half-way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For a connection whose own task takes everything out.
impl Post for Outbox {
    fn outbox(&self) -> &Outbox {
        self
    }

    fn send_off(&self) {
        self.wake();
    }
}

impl Outgoing {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Ping | Self::Close { .. } => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_not_there() {
        let outbox = Outbox::default();
        let half = || Outgoing::Text("x".repeat(BYTES / 2));
        assert!(outbox.put(half()) && outbox.put(half()));
        assert!(!outbox.put(Outgoing::Text("y".to_owned())), "bytes");
        assert!(outbox.take().is_some());
        assert!(outbox.put(Outgoing::Text("y".to_owned())));
        let room = (0..).take_while(|_| outbox.put(Outgoing::Ping)).count();
        assert_eq!(room, FRAMES - 1, "frames");
    }

    #[tokio::test]
    async fn who_is_cut_takes_nothing_more() {
        let outbox = Outbox::default();
        assert!(outbox.put(Outgoing::Ping));
        outbox.cut();
        assert!(outbox.next().await.is_none());
    }
}
