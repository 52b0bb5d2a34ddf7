//! Refusals of well-formed requests: one enum, one code each (RFC 8489 §14.8, RFC 8656 §19).
//!
//! A refusal by policy is [`Rejection::Forbidden`] and nothing else: on CreatePermission and ChannelBind,
//! Firefox gives up the whole TURN server for any other code. Which bytes a rejection becomes is decided in
//! `answer`; what gets no answer at all is a [`Dropped`](crate::dropped::Dropped).

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// 400: something is missing, of the wrong size, or contradicts itself.
    BadRequest,
    /// 401: no or wrong credentials (RFC 8489 §9.2.4).
    Unauthorized,
    /// 403: a peer outside the room (RFC 8656 §10.2, §12.2).
    Forbidden,
    /// 420: these attributes would have to be understood (RFC 8489 §6.3.1).
    UnknownAttributes(Vec<u16>),
    /// 437: no allocation, or one too many (RFC 8656 §5, §7.2).
    AllocationMismatch,
    /// 438: the nonce is too old or of another address (RFC 8489 §9.2.4).
    StaleNonce,
    /// 440: relayed addresses are IPv4 (RFC 8656 §7.2).
    AddressFamilyNotSupported,
    /// 441: the allocation belongs to another user (RFC 8656 §5).
    WrongCredentials,
    /// 442: between relay and peer there is only UDP (RFC 8656 §7.2).
    UnsupportedTransport,
    /// 443: a Refresh for another family than the allocation's (RFC 8656 §8.2).
    PeerAddressFamilyMismatch,
    /// 486: the seat has its fill of allocations (RFC 8656 §7.2).
    QuotaReached,
    /// 508: not now, or not this way (RFC 8656 §7.2, §10.2, §12.2).
    InsufficientCapacity,
}

impl Rejection {
    pub(crate) const fn code(&self) -> u16 {
        self.code_and_reason().0
    }

    /// For people who read `icecandidateerror` events; left out before authentication, where bytes count.
    pub(crate) const fn reason(&self) -> &'static str {
        self.code_and_reason().1
    }

    const fn code_and_reason(&self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "Bad Request"),
            Self::Unauthorized => (401, "Unauthenticated"),
            Self::Forbidden => (403, "Forbidden"),
            Self::UnknownAttributes(_) => (420, "Unknown Attribute"),
            Self::AllocationMismatch => (437, "Allocation Mismatch"),
            Self::StaleNonce => (438, "Stale Nonce"),
            Self::AddressFamilyNotSupported => (440, "Address Family not Supported"),
            Self::WrongCredentials => (441, "Wrong Credentials"),
            Self::UnsupportedTransport => (442, "Unsupported Transport Protocol"),
            Self::PeerAddressFamilyMismatch => (443, "Peer Address Family Mismatch"),
            Self::QuotaReached => (486, "Allocation Quota Reached"),
            Self::InsufficientCapacity => (508, "Insufficient Capacity"),
        }
    }
}
