//! The client: one session, one call for each thing that can be said.
//!
//! There is no task behind it. Whatever comes while a call waits for its answer is kept for
//! [`Client::next_event`], which also answers pings and acknowledges; whoever holds a seat must be waiting in
//! it, or the server takes the client for dead after 45 s.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use parlour_signaling::{
    Claim, ClientMessage, ClientSignal, Empty, Host, IceServer, Join, Joined, Look, Pid, RoomId, RoomInfo,
    Seated, ServerFrame, ServerMessage, ServerSignal, SessionId, Signature, SignedState, States, View,
};
use tokio::time::{Instant, timeout, timeout_at};

use crate::error::Error;
use crate::ledger::Ledger;
use crate::socket::{Carrier, Options, PATIENCE, Socket};

/// Acknowledge at the latest so long after the first frame.
const ACK_AFTER: Duration = Duration::from_secs(1);
/// Events that may wait; the server sends at most 256 before it wants an acknowledgement.
const MAX_EVENTS: usize = 1024;

/// Takes this answer and no other.
macro_rules! answer {
    ($kind:ident $(, .$field:ident)?) => {
        |answer| if let ServerMessage::$kind(body) = answer { Some(body$(.$field)?) } else { None }
    };
}

/// What happens without having been asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The room changed.
    View(View),
    /// Somebody in the room says something, opaque to the server.
    Signal(ServerSignal),
    /// This client stood on the porch and now has a seat, with these relay credentials.
    Seat(Vec<IceServer>),
}

/// What became of a session whose connection broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumption {
    /// It goes on; nothing was lost or doubled.
    Resumed,
    /// The server no longer knows it. This is a new session, outside of any room.
    StartedOver,
}

/// One session with a server.
pub struct Client {
    options: Options,
    /// `None` while the connection is broken.
    socket: Option<Socket>,
    ledger: Ledger,
    events: VecDeque<Event>,
    ack_at: Option<Instant>,
}

impl Client {
    /// Connects and begins a session.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Handshake`], [`Error::TimedOut`]; [`Error::Refused`] if the server has no
    /// place.
    pub async fn connect(options: &Options) -> Result<Self, Error> {
        let mut client = Self {
            options: options.clone(),
            socket: None,
            ledger: Ledger::default(),
            events: VecDeque::new(),
            ack_at: None,
        };
        client.resume().await?;
        Ok(client)
    }

    /// Opens a new connection for the session, after [`Error::Disconnected`]. What the server had not received
    /// is said again, what this client had not received comes again.
    ///
    /// # Errors
    /// As for [`Self::connect`]; it may be tried again.
    pub async fn resume(&mut self) -> Result<Resumption, Error> {
        self.socket = None;
        let mut socket = Socket::open(&self.options).await?;
        socket.send(self.ledger.hello()).await?;
        let text = timeout(PATIENCE, socket.receive())
            .await
            .map_err(|_| Error::TimedOut)??;
        let frame = read(&text)?;
        let outcome = match frame.message {
            ServerMessage::Welcome(welcome) | ServerMessage::Gone(welcome) => {
                self.ledger.begin(&welcome);
                self.events.clear();
                Resumption::StartedOver
            }
            ServerMessage::Resumed(resumed) => {
                for text in self.ledger.go_on(&resumed, frame.a) {
                    socket.send(text).await?;
                }
                Resumption::Resumed
            }
            ServerMessage::Error(body) => return Err(Error::Refused(body)),
            ServerMessage::Bye(bye) => return Err(Error::Ended(bye)),
            ServerMessage::Pong(_)
            | ServerMessage::Ack(_)
            | ServerMessage::Created(_)
            | ServerMessage::Room(_)
            | ServerMessage::Joined(_)
            | ServerMessage::Done(_)
            | ServerMessage::Invitation(_)
            | ServerMessage::Seat(_)
            | ServerMessage::View(_)
            | ServerMessage::Signal(_)
            | ServerMessage::Ice(_)
            | ServerMessage::Left(_) => return Err(Error::Protocol("it does not answer hello")),
        };
        self.socket = Some(socket);
        self.ack_at = None;
        Ok(outcome)
    }

    /// Goes on by this carrier, whatever carries the session now. Nothing is lost or doubled, and for the others in
    /// the room nothing happens.
    ///
    /// # Errors
    /// As for [`Self::connect`]; it may be tried again.
    pub async fn switch(&mut self, carrier: Carrier) -> Result<Resumption, Error> {
        self.options.carrier = carrier;
        // Kept until the new one stands, so that the seat is never held for a connection that broke.
        let before = self.socket.take();
        let outcome = self.resume().await;
        drop(before);
        outcome
    }

    /// The session, for which a join is signed: another one after [`Resumption::StartedOver`].
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.ledger
            .session()
            .expect("there is no client without a session")
    }

    /// Addresses of the relay, `turn:` and `turns:`, without credentials, which come with a seat
    /// ([`Self::ice_servers`]): to see beforehand what the network lets through. Empty if the server has no relay.
    #[must_use]
    pub fn relay_urls(&self) -> &[String] {
        self.ledger.relay()
    }

    /// Makes a room, or gives it one more link.
    ///
    /// # Errors
    /// Those of every call: [`Error::Refused`], [`Error::Ended`], [`Error::Disconnected`], [`Error::TimedOut`],
    /// [`Error::Protocol`], [`Error::Flooded`].
    pub async fn create(&mut self, claim: Claim) -> Result<(), Error> {
        self.ask(ClientMessage::Create(claim), |answer| {
            matches!(answer, ServerMessage::Created(_)).then_some(())
        })
        .await
    }

    /// Asks who claims a room id.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn look(&mut self, room_id: RoomId) -> Result<RoomInfo, Error> {
        self.ask(ClientMessage::Look(Look { room_id }), answer!(Room))
            .await
    }

    /// Asks to be let in; on the porch [`Joined::seat`] is false.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn join(&mut self, join: Join) -> Result<Joined, Error> {
        self.ask(ClientMessage::Join(join), answer!(Joined)).await
    }

    /// Shows that this page, which is in a room, holds the host key ([`crate::HostKey::host_in`]).
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn show_host(&mut self, host_in: Signature) -> Result<(), Error> {
        self.ask(ClientMessage::Host(Host { host_in }), is_done).await
    }

    /// Gives a seat to somebody on the porch.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn give_seat(&mut self, pid: Pid) -> Result<(), Error> {
        self.ask(ClientMessage::Seated(Seated { pid }), is_done).await
    }

    /// Tells the server new rules.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn tell_states(&mut self, states: Vec<SignedState>) -> Result<(), Error> {
        self.ask(ClientMessage::State(States { states }), is_done).await
    }

    /// Fresh relay credentials; none on the porch.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn ice_servers(&mut self) -> Result<Vec<IceServer>, Error> {
        self.ask(ClientMessage::Ice(Empty {}), answer!(Ice, .ice_servers))
            .await
    }

    /// Says something to one other participant: at most 49 152 bytes, delivered byte for byte.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn signal(&mut self, to: Pid, body: impl Into<String>) -> Result<(), Error> {
        let signal = ClientSignal {
            to,
            body: body.into(),
        };
        self.ask(ClientMessage::Signal(signal), is_done).await
    }

    /// Asks for a sign of life.
    ///
    /// # Errors
    /// As [`Self::create`], but is never refused.
    pub async fn ping(&mut self) -> Result<(), Error> {
        let ping = self.ledger.aside(ClientMessage::Ping(Empty {}));
        self.send(ping).await?;
        let until = Instant::now() + PATIENCE;
        loop {
            let frame = self.receive(until).await?.ok_or(Error::TimedOut)?;
            if matches!(frame.message, ServerMessage::Pong(_)) {
                return Ok(());
            }
            self.keep(frame.message)?;
        }
    }

    /// Leaves the room. The session goes on and may join again.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn leave(&mut self) -> Result<(), Error> {
        self.ask(ClientMessage::Leave(Empty {}), |answer| {
            matches!(answer, ServerMessage::Left(_)).then_some(())
        })
        .await
    }

    /// The next thing that happens; waits for as long as nothing does. Can be dropped while it waits without
    /// losing anything.
    ///
    /// # Errors
    /// [`Error::Ended`], [`Error::Disconnected`], [`Error::Protocol`].
    pub async fn next_event(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            let until = Instant::now() + PATIENCE;
            if let Some(frame) = self.receive(until).await? {
                self.keep(frame.message)?;
            }
        }
    }

    /// Leaves by closing, as a page does that goes away.
    pub async fn close(self) {
        if let Some(socket) = self.socket {
            socket.close().await;
        }
    }

    /// Drops the connection without a word, as a network does that fails; the seat is held for a while.
    pub fn cut(&mut self) {
        self.socket = None;
    }

    async fn ask<T>(
        &mut self,
        message: ClientMessage,
        answer: impl FnOnce(ServerMessage) -> Option<T>,
    ) -> Result<T, Error> {
        let (id, text) = self.ledger.request(message)?;
        self.ack_at = None;
        self.send(text).await?;
        let reply = self.answer_to(id).await?;
        if let ServerMessage::Error(body) = reply {
            return Err(Error::Refused(body));
        }
        answer(reply).ok_or(Error::Protocol("its answer is to another question"))
    }

    async fn answer_to(&mut self, id: NonZeroU32) -> Result<ServerMessage, Error> {
        let until = Instant::now() + PATIENCE;
        loop {
            let frame = self.receive(until).await?.ok_or(Error::TimedOut)?;
            if frame.re == Some(id) {
                return Ok(frame.message);
            }
            self.keep(frame.message)?;
        }
    }

    /// What comes without having been asked for.
    fn keep(&mut self, message: ServerMessage) -> Result<(), Error> {
        let event = match message {
            ServerMessage::View(view) => Event::View(view),
            ServerMessage::Signal(signal) => Event::Signal(signal),
            ServerMessage::Seat(seat) => Event::Seat(seat.ice_servers),
            ServerMessage::Bye(bye) => {
                self.socket = None;
                return Err(Error::Ended(bye));
            }
            ServerMessage::Error(body) => return Err(Error::Refused(body)),
            // Late answers to calls that timed out or were dropped.
            ServerMessage::Pong(_)
            | ServerMessage::Ack(_)
            | ServerMessage::Created(_)
            | ServerMessage::Room(_)
            | ServerMessage::Joined(_)
            | ServerMessage::Done(_)
            | ServerMessage::Invitation(_)
            | ServerMessage::Ice(_)
            | ServerMessage::Left(_) => return Ok(()),
            ServerMessage::Welcome(_) | ServerMessage::Resumed(_) | ServerMessage::Gone(_) => {
                return Err(Error::Protocol("it begins the session twice"));
            }
        };
        if self.events.len() >= MAX_EVENTS {
            return Err(Error::Flooded);
        }
        self.events.push_back(event);
        Ok(())
    }

    /// The next frame that was not there before, acknowledged in time; `None` at `until`.
    async fn receive(&mut self, until: Instant) -> Result<Option<ServerFrame>, Error> {
        loop {
            if let Some(at) = self.ack_at
                && Instant::now() >= at
            {
                let ack = self.ledger.aside(ClientMessage::Ack(Empty {}));
                self.ack_at = None;
                self.send(ack).await?;
            }
            let Some(socket) = &mut self.socket else {
                return Err(Error::Disconnected(None));
            };
            let wake = self.ack_at.map_or(until, |at| at.min(until));
            let text = match timeout_at(wake, socket.receive()).await {
                Ok(Ok(text)) => text,
                Ok(Err(error)) => {
                    self.socket = None;
                    return Err(error);
                }
                Err(_) if Instant::now() >= until => return Ok(None),
                Err(_) => continue,
            };
            let frame = read(&text)?;
            let is_news = self.ledger.hear(&frame)?;
            // Sent by the next call, not here: a caller that is dropped while it sends would lose the frame.
            if self.ledger.is_ack_due() {
                self.ack_at = Some(Instant::now());
            } else if self.ledger.owes_ack() {
                self.ack_at.get_or_insert(Instant::now() + ACK_AFTER);
            }
            if is_news {
                return Ok(Some(frame));
            }
        }
    }

    async fn send(&mut self, text: String) -> Result<(), Error> {
        let Some(socket) = &mut self.socket else {
            return Err(Error::Disconnected(None));
        };
        let sent = socket.send(text).await;
        if sent.is_err() {
            self.socket = None;
        }
        sent
    }
}

fn is_done(answer: ServerMessage) -> Option<()> {
    matches!(answer, ServerMessage::Done(_)).then_some(())
}

fn read(text: &str) -> Result<ServerFrame, Error> {
    ServerFrame::read(text).map_err(|_| Error::Protocol("it sends something that is no frame"))
}
