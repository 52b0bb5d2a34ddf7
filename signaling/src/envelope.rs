//! Frames: what stands around a message (`docs/protocol.md`, "Envelope").
//!
//! Reading goes in two steps, because a frame whose body is wrong still counts in the sequence: first the envelope,
//! then the body by its type. Numbers are only read here; `session` compares them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::num::NonZeroU32;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::message::{ClientMessage, ServerMessage};

/// Most of an envelope: its letters, the longest type and three numbers.
const AROUND: usize = 80;

/// A frame that says nothing of this protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Not JSON, not an envelope, or a number out of range.
    Envelope,
    /// A type that this version does not know.
    Type,
    /// A body that lacks a field, has one too many, or a value out of range.
    Body,
}

/// A page's frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFrame {
    /// Request number.
    pub id: Option<NonZeroU32>,
    /// Sequence number; 0 outside the sequence.
    pub s: u32,
    /// Highest number received without a gap.
    pub a: u32,
    /// What it says.
    pub message: ClientMessage,
}

/// The server's frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFrame {
    /// The request that is answered.
    pub re: Option<NonZeroU32>,
    /// Sequence number; 0 outside the sequence.
    pub s: u32,
    /// Highest number received without a gap.
    pub a: u32,
    /// What it says.
    pub message: ServerMessage,
}

/// A page's envelope with its body unread.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientEnvelope<'a> {
    #[serde(borrow)]
    pub(crate) t: Cow<'a, str>,
    #[serde(default)]
    pub(crate) id: Option<NonZeroU32>,
    pub(crate) s: u32,
    pub(crate) a: u32,
    #[serde(borrow)]
    pub(crate) d: &'a RawValue,
}

#[derive(Deserialize)]
struct ServerEnvelope<'a> {
    #[serde(borrow)]
    t: Cow<'a, str>,
    #[serde(default)]
    re: Option<NonZeroU32>,
    s: u32,
    a: u32,
    #[serde(borrow)]
    d: &'a RawValue,
}

/// A message written once, for as many recipients as there are.
pub(crate) struct Prepared {
    t: &'static str,
    body: String,
}

impl<'a> ClientEnvelope<'a> {
    /// # Errors
    /// [`Unreadable::Envelope`].
    pub(crate) fn read(text: &'a str) -> Result<Self, Unreadable> {
        let envelope: Self = serde_json::from_str(text).map_err(|_| Unreadable::Envelope)?;
        if envelope.d.get().starts_with('{') {
            Ok(envelope)
        } else {
            Err(Unreadable::Envelope)
        }
    }

    /// # Errors
    /// [`Unreadable::Type`], [`Unreadable::Body`].
    pub(crate) fn message(&self) -> Result<ClientMessage, Unreadable> {
        ClientMessage::read(&self.t, self.d)
    }
}

impl ClientFrame {
    /// # Errors
    /// Any [`Unreadable`].
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let envelope = ClientEnvelope::read(text)?;
        let message = envelope.message()?;
        Ok(Self {
            id: envelope.id,
            s: envelope.s,
            a: envelope.a,
            message,
        })
    }

    /// The frame as a page writes it.
    #[must_use]
    pub fn write(&self) -> String {
        self.message.prepare().around("id", self.id, self.s, self.a)
    }
}

impl ServerFrame {
    /// Unknown fields are ignored, as pages do.
    ///
    /// # Errors
    /// Any [`Unreadable`].
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let envelope: ServerEnvelope<'_> = serde_json::from_str(text).map_err(|_| Unreadable::Envelope)?;
        let message = ServerMessage::read(&envelope.t, envelope.d)?;
        Ok(Self {
            re: envelope.re,
            s: envelope.s,
            a: envelope.a,
            message,
        })
    }

    /// The frame as the server writes it.
    #[must_use]
    pub fn write(&self) -> String {
        self.message.prepare().frame(self.re, self.s, self.a)
    }
}

impl Prepared {
    /// The message with numbers around it.
    pub(crate) fn frame(&self, re: Option<NonZeroU32>, s: u32, a: u32) -> String {
        self.around("re", re, s, a)
    }

    /// The envelope by hand: the body is JSON already, and so no string needs a look.
    fn around(&self, request: &str, number: Option<NonZeroU32>, s: u32, a: u32) -> String {
        let mut frame = String::with_capacity(self.body.len() + AROUND);
        let t = self.t;
        // Writing to a String cannot fail.
        let _ = write!(frame, r#"{{"t":"{t}","#);
        if let Some(number) = number {
            let _ = write!(frame, r#""{request}":{number},"#);
        }
        let _ = write!(frame, r#""s":{s},"a":{a},"d":"#);
        frame.push_str(&self.body);
        frame.push('}');
        frame
    }

    /// Length of the body as it is written.
    pub(crate) fn len(&self) -> usize {
        self.body.len()
    }

    fn new<T: Serialize>(t: &'static str, body: &T) -> Self {
        Self {
            t,
            body: serde_json::to_string(body).expect("messages have string keys and finite numbers only"),
        }
    }
}

impl ClientMessage {
    fn read(t: &str, d: &RawValue) -> Result<Self, Unreadable> {
        Ok(match t {
            "hello" => Self::Hello(body(d)?),
            "ping" => Self::Ping(body(d)?),
            "ack" => Self::Ack(body(d)?),
            "create" => Self::Create(body(d)?),
            "restore" => Self::Restore(body(d)?),
            "look" => Self::Look(body(d)?),
            "join" => Self::Join(body(d)?),
            "host" => Self::Host(body(d)?),
            "seated" => Self::Seated(body(d)?),
            "invite" => Self::Invite(body(d)?),
            "redeem" => Self::Redeem(body(d)?),
            "revoke" => Self::Revoke(body(d)?),
            "signal" => Self::Signal(body(d)?),
            "state" => Self::State(body(d)?),
            "ice" => Self::Ice(body(d)?),
            "leave" => Self::Leave(body(d)?),
            _ => return Err(Unreadable::Type),
        })
    }

    fn prepare(&self) -> Prepared {
        match self {
            Self::Hello(d) => Prepared::new("hello", d),
            Self::Ping(d) => Prepared::new("ping", d),
            Self::Ack(d) => Prepared::new("ack", d),
            Self::Create(d) => Prepared::new("create", d),
            Self::Restore(d) => Prepared::new("restore", d),
            Self::Look(d) => Prepared::new("look", d),
            Self::Join(d) => Prepared::new("join", d),
            Self::Host(d) => Prepared::new("host", d),
            Self::Seated(d) => Prepared::new("seated", d),
            Self::Invite(d) => Prepared::new("invite", d),
            Self::Redeem(d) => Prepared::new("redeem", d),
            Self::Revoke(d) => Prepared::new("revoke", d),
            Self::Signal(d) => Prepared::new("signal", d),
            Self::State(d) => Prepared::new("state", d),
            Self::Ice(d) => Prepared::new("ice", d),
            Self::Leave(d) => Prepared::new("leave", d),
        }
    }
}

impl ServerMessage {
    fn read(t: &str, d: &RawValue) -> Result<Self, Unreadable> {
        Ok(match t {
            "welcome" => Self::Welcome(body(d)?),
            "resumed" => Self::Resumed(body(d)?),
            "gone" => Self::Gone(body(d)?),
            "pong" => Self::Pong(body(d)?),
            "ack" => Self::Ack(body(d)?),
            "created" => Self::Created(body(d)?),
            "room" => Self::Room(body(d)?),
            "joined" => Self::Joined(body(d)?),
            "done" => Self::Done(body(d)?),
            "invitation" => Self::Invitation(body(d)?),
            "seat" => Self::Seat(body(d)?),
            "view" => Self::View(body(d)?),
            "signal" => Self::Signal(body(d)?),
            "ice" => Self::Ice(body(d)?),
            "left" => Self::Left(body(d)?),
            "bye" => Self::Bye(body(d)?),
            "error" => Self::Error(body(d)?),
            _ => return Err(Unreadable::Type),
        })
    }

    /// Writes the body, once.
    pub(crate) fn prepare(&self) -> Prepared {
        match self {
            Self::Welcome(d) => Prepared::new("welcome", d),
            Self::Resumed(d) => Prepared::new("resumed", d),
            Self::Gone(d) => Prepared::new("gone", d),
            Self::Pong(d) => Prepared::new("pong", d),
            Self::Ack(d) => Prepared::new("ack", d),
            Self::Created(d) => Prepared::new("created", d),
            Self::Room(d) => Prepared::new("room", d),
            Self::Joined(d) => Prepared::new("joined", d),
            Self::Done(d) => Prepared::new("done", d),
            Self::Invitation(d) => Prepared::new("invitation", d),
            Self::Seat(d) => Prepared::new("seat", d),
            Self::View(d) => Prepared::new("view", d),
            Self::Signal(d) => Prepared::new("signal", d),
            Self::Ice(d) => Prepared::new("ice", d),
            Self::Left(d) => Prepared::new("left", d),
            Self::Bye(d) => Prepared::new("bye", d),
            Self::Error(d) => Prepared::new("error", d),
        }
    }
}

fn body<T: DeserializeOwned>(d: &RawValue) -> Result<T, Unreadable> {
    serde_json::from_str(d.get()).map_err(|_| Unreadable::Body)
}
