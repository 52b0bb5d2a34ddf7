//! Frames of one WebSocket between its socket and the rooms.
//!
//! The socket's own task reads it. Whoever has something for it writes it, if the system takes it at once; what it does not
//! take is left to the socket's task, which alone waits. Nothing is decided here.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use parlour_signaling::{Closed, Source};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, error::CapacityError};

use crate::outbox::{Outbox, Outgoing, Post};
use crate::rooms::Rooms;

/// A peer that takes nothing for so long is gone or hostile.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);

/// What a WebSocket runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

/// Serves a socket until it ends.
pub(crate) async fn carry<S: Stream>(socket: WebSocketStream<S>, rooms: Rooms, source: Source) {
    let line = Arc::new(Line::new(socket));
    let Some(id) = rooms.open(source, Arc::clone(&line) as Arc<dyn Post>) else {
        // The server is stopping and the rooms are gone already.
        line.close(1001, "the server stops").await;
        return;
    };
    let mut stall = Stall::default();
    let how = loop {
        // Somebody who says much lets others have their turn.
        tokio::task::coop::consume_budget().await;
        match poll_fn(|cx| line.poll(cx, &mut stall)).await {
            Event::Ended => break Closed::Broken,
            Event::Came(Message::Text(text)) => {
                if !rooms.text(id, text.as_str()) {
                    break Closed::Broken;
                }
            }
            Event::Came(Message::Pong(_) | Message::Ping(_)) => rooms.pong(id),
            Event::Came(Message::Close(frame)) => {
                // Flushes the echo that RFC 6455 §5.5.1 asks for.
                let _ = tokio::time::timeout(WRITE_TIMEOUT, line.flush()).await;
                let clean = frame.is_some_and(|f| matches!(f.code, CloseCode::Normal | CloseCode::Away));
                break if clean { Closed::Clean } else { Closed::Broken };
            }
            Event::Came(Message::Binary(_)) => {
                line.close(1003, "text only").await;
                break Closed::Broken;
            }
            Event::Came(Message::Frame(_)) => break Closed::Broken,
            Event::Failed(error) => {
                let (code, reason) = close_code(&error);
                line.close(code, reason).await;
                break Closed::Broken;
            }
        }
    };
    rooms.closed(id, how);
}

/// A socket and what waits for it.
struct Line<S> {
    outbox: Outbox,
    /// Held for a system call, across no await.
    wire: Mutex<Wire<S>>,
}

struct Wire<S> {
    socket: WebSocketStream<S>,
    /// Frames that were handed to the socket, ever.
    written: u64,
    /// Something that was handed to it may not have reached the system.
    unflushed: bool,
    /// A ping came, and its answer may not have reached the system.
    owes_answer: bool,
    /// The system takes no more for now. The socket's task waits for it, and nobody else touches what it waits for.
    blocked: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The last frame is written; nothing comes after it.
    Closing,
    /// The socket takes nothing more.
    Failed,
}

enum Event {
    Came(Message),
    /// What came is no WebSocket.
    Failed(Error),
    Ended,
}

impl<S: Stream> Post for Line<S> {
    fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn send_off(&self) {
        let mut wire = self.wire();
        if wire.blocked {
            return;
        }
        let written = wire.write(&self.outbox, &mut Context::from_waker(Waker::noop()));
        drop(wire);
        if !matches!(written, Written::All) {
            self.outbox.wake();
        }
    }
}

impl<S: Stream> Line<S> {
    fn new(socket: WebSocketStream<S>) -> Self {
        Self {
            outbox: Outbox::default(),
            wire: Mutex::new(Wire {
                socket,
                written: 0,
                unflushed: false,
                owes_answer: false,
                blocked: false,
                state: State::Open,
            }),
        }
    }

    /// Writes what waits, then reads.
    fn poll(&self, cx: &mut Context<'_>, stall: &mut Stall) -> Poll<Event> {
        self.outbox.register(cx);
        if self.outbox.is_cut() {
            return Poll::Ready(Event::Ended);
        }
        let mut wire = self.wire();
        match wire.write(&self.outbox, cx) {
            Written::All => stall.over(),
            // Who takes nothing is not listened to.
            Written::Some if stall.is_over(wire.written, cx) => return Poll::Ready(Event::Ended),
            Written::Some => return Poll::Pending,
            Written::Last | Written::Failed => return Poll::Ready(Event::Ended),
        }
        wire.socket.poll_next_unpin(cx).map(|came| match came {
            Some(Ok(message)) => {
                wire.owes_answer |= message.is_ping();
                Event::Came(message)
            }
            Some(Err(error)) => Event::Failed(error),
            None => Event::Ended,
        })
    }

    /// Closes before what waits.
    async fn close(&self, code: u16, reason: &'static str) {
        let last = poll_fn(|cx| {
            let mut wire = self.wire();
            // From here on nobody else writes.
            wire.blocked = true;
            if wire.state == State::Open {
                std::task::ready!(wire.socket.poll_ready_unpin(cx))?;
                wire.put(Outgoing::Close { code, reason })?;
            }
            wire.socket.poll_flush_unpin(cx)
        });
        // A courtesy to somebody who may be gone: neither its failure nor its delay matters.
        let _ = tokio::time::timeout(WRITE_TIMEOUT, last).await;
    }

    async fn flush(&self) -> Result<(), Error> {
        poll_fn(|cx| {
            let mut wire = self.wire();
            wire.blocked = true;
            wire.socket.poll_flush_unpin(cx)
        })
        .await
    }

    fn wire(&self) -> MutexGuard<'_, Wire<S>> {
        // Nothing in here panics half-way.
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of what waited.
enum Written {
    All,
    /// The system takes no more for now.
    Some,
    /// All, and it was the last.
    Last,
    Failed,
}

impl<S: Stream> Wire<S> {
    fn write(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Written {
        let written = self.poll_write(outbox, cx);
        self.blocked = written.is_pending();
        match written {
            Poll::Pending => Written::Some,
            Poll::Ready(Ok(())) if self.state == State::Open => Written::All,
            Poll::Ready(Ok(())) => Written::Last,
            Poll::Ready(Err(_)) => {
                self.state = State::Failed;
                Written::Failed
            }
        }
    }

    fn poll_write(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while self.state == State::Open {
            std::task::ready!(self.socket.poll_ready_unpin(cx))?;
            let Some(frame) = outbox.take() else { break };
            self.written += 1;
            self.put(frame)?;
        }
        if self.state == State::Failed {
            return Poll::Ready(Err(Error::AlreadyClosed));
        }
        if self.owes_answer {
            // Before anything more is read: else the answers for whoever sends pings and takes none would gather here.
            std::task::ready!(self.socket.poll_flush_unpin(cx))?;
            self.owes_answer = false;
        }
        if self.unflushed {
            // What the system did not take of the last frame; then what TLS below has kept for itself. To ask the WebSocket
            // for both would touch its wakers, which for whoever is not this socket's task lie in cold memory.
            std::task::ready!(self.socket.poll_ready_unpin(cx))?;
            std::task::ready!(Pin::new(self.socket.get_mut()).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn put(&mut self, frame: Outgoing) -> Result<(), Error> {
        let message = match frame {
            Outgoing::Text(text) => Message::text(text),
            Outgoing::Ping => Message::Ping(Default::default()),
            Outgoing::Close { code, reason } => {
                self.state = State::Closing;
                Message::Close(Some(CloseFrame {
                    code: CloseCode::from(code),
                    reason: reason.into(),
                }))
            }
        };
        self.unflushed = true;
        self.socket.start_send_unpin(message)
    }
}

/// For how long the system has taken no frame of ours.
#[derive(Default)]
struct Stall {
    /// Since so many frames were written.
    since: Option<(u64, Pin<Box<Sleep>>)>,
}

impl Stall {
    fn over(&mut self) {
        self.since = None;
    }

    /// Whether the last of `written` frames was written too long ago; else `cx` is woken when it was.
    fn is_over(&mut self, written: u64, cx: &mut Context<'_>) -> bool {
        let (at, sleep) = self
            .since
            .take_if(|(at, _)| *at == written)
            .unwrap_or_else(|| (written, Box::pin(tokio::time::sleep(WRITE_TIMEOUT))));
        let (_, sleep) = self.since.insert((at, sleep));
        sleep.as_mut().poll(cx).is_ready()
    }
}

/// Which close code tells the other side what it did (RFC 6455 §7.4.1).
fn close_code(error: &Error) -> (u16, &'static str) {
    if matches!(error, Error::Capacity(CapacityError::MessageTooLong { .. })) {
        (1009, "a frame has at most 65536 bytes")
    } else if matches!(error, Error::Utf8(_)) {
        (1007, "text is UTF-8")
    } else {
        (1002, "WebSocket protocol error")
    }
}

#[cfg(test)]
mod tests;
