//! What is signed: a room's states and box by its host, a join by its person (`docs/seal.md`, sections 0 to 3).
//!
//! Keys live in memory only. The room box is random bytes, which the server cannot tell from a real one and no
//! page can open: rooms made here are for programs.

use ed25519_dalek::{Signer as _, SigningKey};
use parlour_signaling::{
    Claim, Core, HostPk, Join, Pid, RoomId, RoomName, SealedBox, SessionId, Signature, SignedState, Spk,
};
use rand::TryRng as _;
use rand::rngs::SysRng;
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::rules::Rules;

/// Bytes of a real room box: salt, iv-less AES-GCM of host key, 32 random bytes and flags, and its tag.
const ROOM_BOX_BYTES: usize = 16 + 65 + 16;

/// A link that nobody else has.
///
/// # Errors
/// [`Error::NoEntropy`].
pub fn random_room_id() -> Result<RoomId, Error> {
    random().map(RoomId)
}

/// The key of a room's host.
pub struct HostKey(SigningKey);

impl HostKey {
    /// A new key.
    ///
    /// # Errors
    /// [`Error::NoEntropy`].
    pub fn random() -> Result<Self, Error> {
        random().map(Self::from_seed)
    }

    /// The key of a seed that the caller keeps.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// By what the room is known to everybody.
    #[must_use]
    pub fn pk(&self) -> HostPk {
        HostPk(self.0.verifying_key().to_bytes())
    }

    /// Signs rules that count until `until`, in seconds since 1970.
    #[must_use]
    pub fn state(&self, rules: &Rules, until: u64) -> SignedState {
        let rules = serde_json::Value::from(rules.text(self.pk()));
        let room = RoomName::of_link(self.pk()).to_text();
        let json = format!(r#"{{"v":1,"room":"{room}","rules":{rules},"until":{until}}}"#);
        let sig = sign(&self.0, &[b"parlour/1 state", json.as_bytes()]);
        SignedState { json, sig }
    }

    /// The papers by which a room is made, with one to four states.
    ///
    /// # Errors
    /// [`Error::NoEntropy`].
    pub fn claim(&self, room_id: RoomId, states: &[SignedState]) -> Result<Claim, Error> {
        let sealed: [u8; ROOM_BOX_BYTES] = random()?;
        let box_sig = sign(&self.0, &[b"parlour/1 room-box", &room_id.0, &sealed]);
        let room_box =
            SealedBox::new(sealed.to_vec()).ok_or(Error::Impossible("a room box has 256 bytes at most"))?;
        Ok(Claim {
            room_id,
            host_pk: self.pk(),
            states: states.to_vec(),
            room_box: Some(room_box),
            box_sig: Some(box_sig),
        })
    }

    /// Signs that a page belongs to a host.
    #[must_use]
    pub fn host_in(&self, page: &PagePapers) -> Signature {
        let room = RoomName::of_link(self.pk());
        sign(&self.0, &[b"parlour/1 host-in", room.as_bytes(), &page.hid])
    }
}

/// Who a page is in one room.
pub struct PagePapers {
    host: HostPk,
    person: SigningKey,
    core: Core,
    hid: [u8; 32],
}

impl PagePapers {
    /// A new person with a new page in the room of this host. Its key agreement and its certificate are random
    /// bytes: nobody can make a pair with it.
    ///
    /// # Errors
    /// [`Error::NoEntropy`].
    pub fn fresh(host: HostPk) -> Result<Self, Error> {
        let person = SigningKey::from_bytes(&random()?);
        // 1 ‖ epk[32] ‖ spk[32] ‖ fp[32] ‖ rnd[16] ‖ caps[4]; what is not set below is random.
        let mut core: [u8; 117] = random()?;
        let (version, rest) = core.split_at_mut(1);
        version.fill(1);
        let (_epk, rest) = rest.split_at_mut(32);
        let (own, rest) = rest.split_at_mut(32);
        own.copy_from_slice(&person.verifying_key().to_bytes());
        let (_fp_and_rnd, caps) = rest.split_at_mut(48);
        caps.fill(0);
        let room = RoomName::of_link(host);
        Ok(Self {
            host,
            person,
            core: Core(core),
            hid: Sha256::digest(lv(&[b"parlour/1 id", room.as_bytes(), &core])).into(),
        })
    }

    /// The person.
    #[must_use]
    pub fn spk(&self) -> Spk {
        Spk(self.person.verifying_key().to_bytes())
    }

    /// Under which name others in the room will see this page.
    #[must_use]
    pub fn pid(&self) -> Pid {
        let mut pid = [0; 8];
        pid.copy_from_slice(self.hid.split_at(8).0);
        Pid(pid)
    }

    /// What to say to be let in as a guest, in this session and no other ([`crate::Client::session`]).
    #[must_use]
    pub fn join(&self, room_id: RoomId, session: SessionId) -> Join {
        let room = RoomName::of_link(self.host);
        let items: [&[u8]; 4] = [b"parlour/1 join", room.as_bytes(), &session.0, &self.core.0];
        Join {
            room_id,
            host_pk: self.host,
            core: self.core,
            join_sig: sign(&self.person, &items),
            host_in: None,
        }
    }

    /// What to say to be let in as a host.
    #[must_use]
    pub fn join_as_host(&self, room_id: RoomId, session: SessionId, host: &HostKey) -> Join {
        Join {
            host_in: Some(host.host_in(self)),
            ..self.join(room_id, session)
        }
    }
}

fn sign(key: &SigningKey, items: &[&[u8]]) -> Signature {
    Signature(key.sign(&lv(items)).to_bytes())
}

/// Section 0: each item after its length.
fn lv(items: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for item in items {
        let len = u32::try_from(item.len()).expect("what is signed has a few KiB");
        bytes.extend(len.to_be_bytes());
        bytes.extend(*item);
    }
    bytes
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| Error::NoEntropy)?;
    Ok(bytes)
}
