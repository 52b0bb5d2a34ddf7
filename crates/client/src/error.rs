//! What can go wrong between a client and a server, by whose fault it is.

use std::fmt;
use std::io;

use parlour_signaling::{Bye, ErrorBody};

/// Why a call did not do what it is named for.
#[derive(Debug)]
pub enum Error {
    /// No connection: nobody listens there, or this machine is out of sockets.
    Unreachable(io::Error),
    /// Somebody listens, but does not speak this protocol by this carrier, or refuses this origin.
    Handshake(String),
    /// The server refused the request; the session goes on. [`ErrorBody::code`] says why.
    Refused(ErrorBody),
    /// The server ended the session. Nothing more can be said by this client.
    Ended(Bye),
    /// The connection is gone, with the close code if there was one. [`crate::Client::resume`] may
    /// save the session.
    Disconnected(Option<u16>),
    /// The server said something that the protocol does not allow here, in these words.
    Protocol(&'static str),
    /// No answer within ten seconds.
    TimedOut,
    /// Too many events wait for [`crate::Client::next_event`].
    Flooded,
    /// The operating system gave no random bytes.
    NoEntropy,
    /// The caller asks for something that cannot be said: a room box of over 256 bytes, more than 2³² requests.
    Impossible(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "cannot connect: {error}"),
            Self::Handshake(why) => write!(f, "no Parlour server there: {why}"),
            Self::Refused(body) => write!(f, "refused ({:?}): {}", body.code, body.text),
            Self::Ended(bye) => write!(f, "the server ended the session ({:?}): {}", bye.code, bye.text),
            Self::Disconnected(Some(code)) => write!(f, "the connection was closed with code {code}"),
            Self::Disconnected(None) => f.write_str("the connection broke"),
            Self::Protocol(what) => write!(f, "the server broke the protocol: {what}"),
            Self::TimedOut => f.write_str("no answer within ten seconds"),
            Self::Flooded => f.write_str("too many events wait to be taken"),
            Self::NoEntropy => f.write_str("the operating system gave no random bytes"),
            Self::Impossible(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(error),
            Self::Handshake(_)
            | Self::Refused(_)
            | Self::Ended(_)
            | Self::Disconnected(_)
            | Self::Protocol(_)
            | Self::TimedOut
            | Self::Flooded
            | Self::NoEntropy
            | Self::Impossible(_) => None,
        }
    }
}
