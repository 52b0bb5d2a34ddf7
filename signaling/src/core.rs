//! Who a page is: cores, and the signatures that go with them (seal, sections 0 and 3).
//!
//! Everybody in a room knows everybody's core and the person's signature over it. So a join is signed anew, for the
//! session in which it is said: to replay somebody's core is no way to their seat.
//!
//! All signatures are checked strictly (RFC 8032 §5.1.7 without cofactor, no keys of small order), so that the server
//! and every page agree about each. Rights that follow from being somebody are in `membership`.

use ed25519_dalek::VerifyingKey;

use crate::encoding::{hash, lv};
use crate::id::{Core, HostPk, Pid, RoomId, SealedBox, SessionId, Signature, Spk};
use crate::refusal::Refusal;
use crate::room_name::RoomName;

/// First byte of a core of this version.
const VERSION: u8 = 1;

/// A page whose person has signed for it to join in one session.
#[derive(Clone, Copy)]
pub(crate) struct Person {
    /// The page: the hash of its core.
    pub(crate) hid: [u8; 32],
    /// The page's seat: the beginning of that.
    pub(crate) pid: Pid,
    /// The person.
    pub(crate) spk: Spk,
}

impl Person {
    /// # Errors
    /// [`Refusal::BadRequest`] for a core of another version, [`Refusal::BadSignature`] if its person did not sign
    /// it for this room and this session.
    pub(crate) fn read(
        room: &RoomName,
        session: SessionId,
        core: &Core,
        sig: &Signature,
    ) -> Result<Self, Refusal> {
        let [version, rest @ ..] = &core.0;
        let (_epk, rest) = rest.split_at(32);
        let (spk, _fp_rnd_caps) = rest.split_at(32);
        if *version != VERSION {
            return Err(Refusal::BadRequest);
        }
        let spk = Spk(spk.try_into().expect("split after 32 bytes"));
        let room = room.as_bytes();
        let signed = lv(&[b"parlour/1 join", room, &session.0, &core.0]);
        verify(&spk.0, &signed, sig)?;
        let hid = hash(&lv(&[b"parlour/1 id", room, &core.0]));
        let [a, b, c, d, e, f, g, h, ..] = hid;
        Ok(Self {
            hid,
            pid: Pid([a, b, c, d, e, f, g, h]),
            spk,
        })
    }

    /// # Errors
    /// [`Refusal::BadSignature`] if the host key did not sign that this page is a host.
    pub(crate) fn is_host(&self, host: HostPk, room: &RoomName, sig: &Signature) -> Result<(), Refusal> {
        verify(
            &host.0,
            &lv(&[b"parlour/1 host-in", room.as_bytes(), &self.hid]),
            sig,
        )
    }
}

/// # Errors
/// [`Refusal::BadSignature`] if the host did not sign this box for this link.
pub(crate) fn verify_box(
    host: HostPk,
    name: RoomId,
    sealed: &SealedBox,
    sig: &Signature,
) -> Result<(), Refusal> {
    verify(
        &host.0,
        &lv(&[b"parlour/1 room-box", &name.0, sealed.as_bytes()]),
        sig,
    )
}

/// # Errors
/// [`Refusal::BadSignature`].
pub(crate) fn verify(key: &[u8; 32], message: &[u8], sig: &Signature) -> Result<(), Refusal> {
    VerifyingKey::from_bytes(key)
        .and_then(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&sig.0)))
        .map_err(|_| Refusal::BadSignature)
}
