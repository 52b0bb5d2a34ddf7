//! The messages of `docs/protocol.md`, field by field, in the order in which they are written.
//!
//! Reading one yields values that need no further check of form. What stands around a message (numbers,
//! acknowledgements) is in `envelope`; what messages do is decided elsewhere. Bodies of signals are strings that
//! nobody here reads.

mod room;
mod seat;
mod session;

use serde::{Deserialize, Serialize};

pub use room::{
    Claim, Host, HostClaim, Invitation, Invite, Join, Joined, Look, Redeem, RoomInfo, SeatView, Seated,
    SignedState, States, View,
};
pub use seat::{BlobPlace, ClientSignal, Ice, IceServer, Seat, ServerSignal};
pub use session::{Action, Bye, ByeCode, ErrorBody, ErrorCode, Hello, Resume, Resumed, Welcome};

macro_rules! prints_nothing {
    ($($name:ident),*) => {$(
        /// Payloads, rules and passwords are printed nowhere.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}

use prints_nothing;

/// What a page may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Begins or resumes a session; the first message on a connection.
    Hello(Hello),
    /// Asks for a sign of life.
    Ping(Empty),
    /// Acknowledges and says nothing else.
    Ack(Empty),
    /// Makes a room, or gives it another link.
    Create(Claim),
    /// Gives a restarted server a room back.
    Restore(Claim),
    /// Asks who claims a room id.
    Look(Look),
    /// Asks to be let in.
    Join(Join),
    /// Shows that this page, which is in a room already, has come to hold the host key.
    Host(Host),
    /// Gives a seat to somebody on the porch.
    Seated(Seated),
    /// Leaves an invitation's box.
    Invite(Invite),
    /// Asks for an invitation's box.
    Redeem(Redeem),
    /// Takes an invitation's box away.
    Revoke(Redeem),
    /// Something sealed for one other participant.
    Signal(ClientSignal),
    /// New rules.
    State(States),
    /// Asks for relay credentials.
    Ice(Empty),
    /// Leaves the room.
    Leave(Empty),
}

/// What the server may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerMessage {
    /// A session has begun.
    Welcome(Welcome),
    /// A session goes on.
    Resumed(Resumed),
    /// That session is unknown; this connection has a new one.
    Gone(Welcome),
    /// A sign of life.
    Pong(Empty),
    /// Acknowledges and says nothing else.
    Ack(Empty),
    /// The room stands.
    Created(Empty),
    /// Who claims the room id.
    Room(RoomInfo),
    /// In, on a seat or on the porch.
    Joined(Joined),
    /// Done as asked.
    Done(Empty),
    /// An invitation's box.
    Invitation(Invitation),
    /// A seat for whom stood on the porch.
    Seat(Seat),
    /// Who is in the room and what rules it has.
    View(View),
    /// Something sealed from one other participant.
    Signal(ServerSignal),
    /// Relay credentials.
    Ice(Ice),
    /// Out of the room.
    Left(Empty),
    /// The server ends the session.
    Bye(Bye),
    /// A refusal.
    Error(ErrorBody),
}

/// `{}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Empty {}
