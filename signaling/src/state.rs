//! One signed state: the host's rules as a canonical text (seal, section 2).
//!
//! Every state has exactly one text. It is read into types, printed again and compared, so white space, another order
//! of keys, doubles, nulls and other numbers are all refused by the same comparison. How several states stand to each
//! other is in `states`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::verify;
use crate::encoding::{hash, lv};
use crate::id::{HostPk, RoomId, Spk};
use crate::message::SignedState;
use crate::refusal::Refusal;
use crate::room_name::RoomName;

/// Longest text, bytes.
const MOST_BYTES: usize = 8192;
/// Most host pages in a clock, most people in `members`, greatest cap.
const MOST_LISTED: usize = 64;
/// Integers are exact in every JSON reader below this.
const TOO_GREAT: u64 = 1 << 53;

/// A state whose form is right; its signature is checked by [`State::verify`].
pub(crate) struct State {
    pub(crate) signed: SignedState,
    /// Which room of this host it is about.
    pub(crate) room: RoomName,
    pub(crate) rules: Rules,
    /// Unix seconds; the rules count until then.
    pub(crate) until: u64,
    /// H(rules): orders states that nothing else orders.
    pub(crate) mark: [u8; 32],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    v: u64,
    room: RoomName,
    rules: String,
    until: u64,
}

/// What may happen in the room.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    /// How many rules each host page has issued.
    pub(crate) clock: BTreeMap<String, u64>,
    host: HostPk,
    pub(crate) mode: Mode,
    pub(crate) door: Door,
    pub(crate) cap: u64,
    /// 0, or generation and number of the password in force.
    pub(crate) pw: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<Link>,
    pub(crate) members: Vec<Spk>,
    pub(crate) removed: Vec<Spk>,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ends: Option<u64>,
    /// Only ever true: it is absent from rules of a room that goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) over: Option<bool>,
}

/// Fixed for a room's life.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Off the record.
    Off,
    /// Blobs may be kept.
    Standard,
}

/// Each stricter than the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Door {
    Open,
    Knock,
    Invite,
    Locked,
}

/// The link that opens an open door.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    pub(crate) n: u64,
    pub(crate) id: RoomId,
}

impl State {
    /// # Errors
    /// [`Refusal::BadState`] for every text but the canonical one of a state of this host: of the room that its links
    /// lead to, or of a named one.
    pub(crate) fn read(signed: SignedState, host: HostPk) -> Result<Self, Refusal> {
        if signed.json.len() > MOST_BYTES {
            return Err(Refusal::BadState);
        }
        let document: Document = canonical(&signed.json)?;
        let rules: Rules = canonical(&document.rules)?;
        let named = document.room.is_named();
        let of_this_host = rules.host == host && (named || document.room == RoomName::of_link(host));
        // A link stands in the rules of link rooms, and in no others.
        let of_its_kind = named == rules.link.is_none();
        if document.v != 1
            || !of_this_host
            || !of_its_kind
            || document.until >= TOO_GREAT
            || !rules.are_sound()
        {
            return Err(Refusal::BadState);
        }
        Ok(Self {
            room: document.room,
            rules,
            until: document.until,
            mark: hash(document.rules.as_bytes()),
            signed,
        })
    }

    /// # Errors
    /// [`Refusal::BadSignature`] if the host did not sign this text.
    pub(crate) fn verify(&self, host: HostPk) -> Result<(), Refusal> {
        let signed = lv(&[b"parlour/1 state", self.signed.json.as_bytes()]);
        verify(&host.0, &signed, &self.signed.sig)
    }
}

impl Rules {
    fn are_sound(&self) -> bool {
        let page = |name: &str| {
            name.strip_prefix('h').is_some_and(|digits| {
                digits.len() == 8
                    && digits
                        .bytes()
                        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            })
        };
        (1..=MOST_LISTED).contains(&self.clock.len())
            && self
                .clock
                .iter()
                .all(|(name, count)| page(name) && (1..TOO_GREAT).contains(count))
            && (1..=MOST_LISTED as u64).contains(&self.cap)
            && self.pw <= u64::from(u32::MAX)
            && self.link.is_none_or(|link| (1..TOO_GREAT).contains(&link.n))
            && self.members.len() <= MOST_LISTED
            && is_sorted_set(&self.members)
            && is_sorted_set(&self.removed)
            && self.removed.iter().all(|spk| !self.members.contains(spk))
            && self.ends.is_none_or(|ends| ends < TOO_GREAT)
            && self.over != Some(false)
    }
}

/// Lists are sorted by their letters, which is not the order of their bytes: base64url puts `a` before `-`.
fn is_sorted_set(list: &[Spk]) -> bool {
    let letters: Vec<String> = list.iter().map(|spk| spk.to_text()).collect();
    letters.is_sorted_by(|a, b| a < b)
}

fn canonical<T: Serialize + for<'de> Deserialize<'de>>(text: &str) -> Result<T, Refusal> {
    let value: T = serde_json::from_str(text).map_err(|_| Refusal::BadState)?;
    let again = serde_json::to_string(&value).map_err(|_| Refusal::BadState)?;
    if again == text {
        Ok(value)
    } else {
        Err(Refusal::BadState)
    }
}
