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

use crate::encoding::is_object;
use crate::id::Pid;
use crate::message::{ClientMessage, ServerMessage, ServerSignal};

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

/// A signal's body of which nobody here needs a copy of their own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BorrowedSignal<'a> {
    pub(crate) to: Pid,
    #[serde(borrow)]
    pub(crate) body: Cow<'a, str>,
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
        if is_object(text) && is_object(envelope.d.get()) {
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

    /// What [`Self::message`] would be if it is a signal; `None` if it is none.
    pub(crate) fn signal(&self) -> Option<Result<BorrowedSignal<'a>, Unreadable>> {
        let read = || serde_json::from_str(self.d.get()).map_err(|_| Unreadable::Body);
        (self.t == "signal").then(read)
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
    /// [`ServerMessage::Signal`].
    pub(crate) fn signal(from: Pid, body: Cow<'_, str>) -> Self {
        match body {
            // The reader lends what has neither quotes nor backslashes nor control characters: it is written as it came.
            Cow::Borrowed(plain) => {
                let from = from.to_text();
                Self {
                    t: "signal",
                    body: [r#"{"from":""#, &from, r#"","body":""#, plain, r#""}"#].concat(),
                }
            }
            Cow::Owned(text) => ServerMessage::Signal(ServerSignal { from, body: text }).prepare(),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_borrowed_signal_is_written_as_its_copy_would_be() {
        let from = Pid([3; 8]);
        let to = from.to_text();
        for body in [
            r"c2VhbGVk",
            "",
            "Grüße \u{1f600} \u{7f}/",
            r"a\\b",
            r#"\"d\":{}"#,
            r"\n\u0041\ud83d\ude00",
        ] {
            let text = format!(r#"{{"t":"signal","s":1,"a":0,"d":{{"to":"{to}","body":"{body}"}}}}"#);
            let envelope = ClientEnvelope::read(&text).unwrap();
            let borrowed = envelope.signal().unwrap().unwrap();
            let ClientMessage::Signal(copy) = envelope.message().unwrap() else {
                panic!("a signal is a signal");
            };
            assert_eq!(matches!(borrowed.body, Cow::Borrowed(_)), !body.contains('\\'));
            let copied = ServerMessage::Signal(ServerSignal {
                from,
                body: copy.body,
            });
            assert_eq!(
                Prepared::signal(from, borrowed.body).body,
                copied.prepare().body,
                "{body}"
            );
        }
    }

    #[test]
    fn a_borrowed_signal_is_read_as_strictly_as_its_copy() {
        for body in [
            r#"{"to":"AAAAAAAAAAA"}"#,
            r#"{"to":"AAAAAAAAAAA","body":"\ud800"}"#,
            "{}",
            r#"{"to":"AAAAAAAAAAA","body":"","x":1}"#,
        ] {
            let text = format!(r#"{{"t":"signal","s":1,"a":0,"d":{body}}}"#);
            let envelope = ClientEnvelope::read(&text).unwrap();
            assert!(matches!(envelope.signal(), Some(Err(Unreadable::Body))), "{body}");
            assert_eq!(envelope.message(), Err(Unreadable::Body), "{body}");
        }
    }
}
