//! Claims on rooms, their rules, invitations, coming in, and who is there.

use serde::{Deserialize, Serialize};

use super::seat::{BlobPlace, IceServer};
use crate::encoding::objects;
use crate::id::{Core, HostPk, Pid, RoomId, SealedBox, Signature};

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
    #[serde(deserialize_with = "objects")]
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

/// New rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct States {
    /// One to four.
    #[serde(deserialize_with = "objects")]
    pub states: Vec<SignedState>,
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

super::prints_nothing!(SignedState);
