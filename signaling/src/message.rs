//! The messages of `docs/protocol.md`, field by field, in the order in which they are written.
//!
//! Reading one yields values that need no further check of form. What stands around a message (numbers,
//! acknowledgements) is in `envelope`; what messages do is decided elsewhere. Bodies of signals are strings that
//! nobody here reads.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{Core, HostPk, Pid, RoomId, SealedBox, SessionId, Signature, Token};

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

/// Versions that the page speaks, and the session that it wants to go on with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// Versions of the protocol; this server speaks 1.
    pub v: Vec<u32>,
    /// The ticket of the session to go on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// A session's ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// Public half.
    pub session: SessionId,
    /// Secret half.
    pub token: Token,
}

/// A room's papers: `create` and `restore`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The link or name that is claimed.
    pub room_id: RoomId,
    /// By whom.
    pub host_pk: HostPk,
    /// One to four rules, none of which dominates another.
    pub states: Vec<SignedState>,
    /// What proves the claim to those who have the link; a named room has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_box: Option<SealedBox>,
    /// The host's signature over `room_id` and `room_box`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub box_sig: Option<Signature>,
}

/// Rules as the host signed them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SignedState {
    /// The canonical text, at most 8 KiB.
    pub json: String,
    /// The host's signature over it.
    pub sig: Signature,
}

/// Asks who claims a room id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The link's id.
    pub room_id: RoomId,
}

/// Leaves an invitation's box for whoever names its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// The invitation's id.
    pub inv_id: RoomId,
    /// The room's secret and a label, sealed for those who have the invitation.
    pub inv_box: SealedBox,
}

/// Names an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Redeem {
    /// The invitation's id.
    pub inv_id: RoomId,
}

/// What a host left under an invitation's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invitation {
    /// As it came.
    pub inv_box: SealedBox,
}

/// Asks to be let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The link by which this page comes.
    pub room_id: RoomId,
    /// Whose room.
    pub host_pk: HostPk,
    /// Who the page is.
    pub core: Core,
    /// Its person's signature over this session and the core: others know the core, too, and cannot join with it.
    pub join_sig: Signature,
    /// The host key's signature over the page's id: this page is a host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_in: Option<Signature>,
}

/// Shows that a page in a room holds the host key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// As in [`Join::host_in`].
    pub host_in: Signature,
}

/// Gives a seat to somebody on the porch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Seated {
    /// Who gets it.
    pub pid: Pid,
}

/// Something sealed for one other participant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientSignal {
    /// For whom.
    pub to: Pid,
    /// Opaque; at most 49 152 bytes of UTF-8.
    pub body: String,
}

/// New rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct States {
    /// One to four.
    pub states: Vec<SignedState>,
}

/// A session's beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Welcome {
    /// The version that is spoken from here on.
    pub v: u32,
    /// Public half of the ticket.
    pub session: SessionId,
    /// Secret half, for one resumption.
    pub token: Token,
    /// How often the page should ask for a sign of life when all is quiet, in milliseconds.
    pub ping_ms: u64,
    /// How long a seat outlives its connection, in milliseconds.
    pub hold_ms: u64,
    /// Longest frame, in bytes of UTF-8.
    pub frame_bytes: usize,
    /// Whether this server keeps blobs for rooms in standard mode.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps: bool,
    /// `turn:` and `turns:` addresses of the relay, as they will come with a seat but without its credentials: to see
    /// beforehand which of them this network lets through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relay: Vec<String>,
}

/// A session goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resumed {
    /// For the next resumption; the one before is spent with the next frame that the page sends.
    pub token: Token,
}

/// Who claims a room id: at most four.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomInfo {
    /// In the order in which they claimed it.
    pub hosts: Vec<HostClaim>,
}

/// One who claims a room id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HostClaim {
    /// Who.
    pub host_pk: HostPk,
    /// The proof for those who have the link; a named room has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_box: Option<SealedBox>,
    /// The host's signature over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub box_sig: Option<Signature>,
    /// The rules, or as many of them as a frame can take.
    pub states: Vec<SignedState>,
    /// How many people have a seat.
    pub seats: usize,
}

/// In.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Joined {
    /// Who this page is to the others.
    pub pid: Pid,
    /// Whether it has a seat; else it stands on the porch.
    pub seat: bool,
    /// W3C `RTCIceServer`s; empty on the porch.
    pub ice_servers: Vec<IceServer>,
    /// Who else is here.
    pub view: View,
    /// Whether the operator lets rooms stay that everybody left, if their rules ask for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_keep: bool,
    /// The way to what is kept for this room, with a seat in standard mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blobs: Option<BlobPlace>,
}

/// The way to what a room in standard mode keeps, and how much that may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BlobPlace {
    /// To be shown in the header `parlour-blobs`; it ends with the seat.
    pub token: Token,
    /// Longest blob.
    pub bytes: usize,
    /// Bytes of all blobs of the room, each counting 256 more than it has.
    pub room_bytes: usize,
    /// Most blobs of the room.
    pub blobs: usize,
    /// How long one is kept, in seconds.
    pub keep_s: u64,
}

/// A seat for whom stood on the porch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Seat {
    /// What comes with the seat.
    pub ice_servers: Vec<IceServer>,
    /// The way to what is kept for this room, in standard mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blobs: Option<BlobPlace>,
}

/// Relay credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ice {
    /// W3C `RTCIceServer`s; empty on the porch.
    pub ice_servers: Vec<IceServer>,
}

/// What a browser takes as `RTCIceServer`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IceServer {
    /// `stun:`, `turn:` and `turns:` addresses.
    pub urls: Vec<String>,
    /// The seat's name at the relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// Who is in the room and what rules it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct View {
    /// Grows with each change.
    pub n: u64,
    /// In the order in which seats were taken.
    pub seats: Vec<SeatView>,
    /// In the order in which they came.
    pub porch: Vec<Pid>,
    /// The rules: one, or several none of which dominates another.
    pub states: Vec<SignedState>,
}

/// One seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeatView {
    /// Whose.
    pub pid: Pid,
    /// Held for a connection that broke.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub away: bool,
}

/// Something sealed from one other participant.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServerSignal {
    /// Set by the server.
    pub from: Pid,
    /// As it came.
    pub body: String,
}

/// The server ends the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bye {
    /// What the page should do.
    pub action: Action,
    /// Why.
    pub code: ByeCode,
    /// Why, in English.
    pub text: String,
    /// How long to wait before that, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
}

/// What to do after `bye`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Begin a new session and join again.
    Rejoin,
    /// Resume this one.
    Resume,
    /// Nothing.
    Stop,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ByeCode {
    /// The server restarts.
    Restart,
    /// The page acknowledged too little.
    Queue,
    /// The host removed this person.
    Removed,
    /// The room has ended.
    Over,
    /// The same page joined again in another session.
    Replaced,
    /// The time that the rules gave the room is up.
    Expired,
    /// The room of this name that was here before a restart has come back.
    GaveWay,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorBody {
    /// Which.
    pub code: ErrorCode,
    /// The same in English.
    pub text: String,
    /// When to try again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
}

/// The closed list of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "each is explained in the table of docs/protocol.md and in `Refusal`"
)]
pub enum ErrorCode {
    BadFrame,
    BadRequest,
    Unsupported,
    HelloFirst,
    TooLarge,
    Rate,
    NoSuchRoom,
    RoomFull,
    RoomExists,
    RoomOver,
    NotInRoom,
    AlreadyInRoom,
    NoSuchParticipant,
    NotAllowed,
    BadSignature,
    BadState,
    Busy,
}

macro_rules! prints_nothing {
    ($($name:ident),*) => {$(
        /// Payloads, rules and passwords are printed nowhere.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}

prints_nothing!(SignedState, ClientSignal, ServerSignal, IceServer);
