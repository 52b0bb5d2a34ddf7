//! Lines on their way to standard error, which may be a full pipe or a full disk.
//!
//! Whoever logs never waits: a thread of its own writes, and what does not fit into the queue is counted and lost. A log that
//! nobody reads must not stop a call.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

/// Lines that wait; each has some hundred bytes.
const LINES: usize = 1024;
/// At the end the last lines have so long.
const FAREWELL: Duration = Duration::from_secs(1);

static QUEUE: OnceLock<SyncSender<Message>> = OnceLock::new();
static DROPPED: AtomicU64 = AtomicU64::new(0);

enum Message {
    Line(Vec<u8>),
    /// Everything before has been written.
    Flush(SyncSender<()>),
}

/// A writer whose every write is one line, as the formatting layer makes them.
pub(super) struct Queue(SyncSender<Message>);

/// The writer for the log; the thread behind it begins with the first call.
pub(super) fn writer() -> Queue {
    let queue = QUEUE.get_or_init(|| {
        let (queue, lines) = sync_channel(LINES);
        // Without a thread every line is lost and counted; the server has other worries then.
        let _ = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_all(&lines));
        queue
    });
    Queue(queue.clone())
}

/// Lines lost since the start.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Waits a moment for what was said to be written.
pub(crate) fn finish() {
    let Some(queue) = QUEUE.get() else { return };
    let (done, written) = sync_channel(1);
    if queue.try_send(Message::Flush(done)).is_ok() {
        let _ = written.recv_timeout(FAREWELL);
    }
}

fn write_all(lines: &Receiver<Message>) {
    let mut out = io::stderr();
    for message in lines {
        match message {
            Message::Line(line) => {
                // A closed pipe, a full disk: there is nobody to tell.
                if out.write_all(&line).is_err() {
                    DROPPED.fetch_add(1, Ordering::Relaxed);
                }
            }
            Message::Flush(done) => {
                let _ = done.try_send(());
            }
        }
    }
}

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self.0.try_send(Message::Line(line.to_vec())) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                DROPPED.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
