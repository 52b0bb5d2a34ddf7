//! A Rust client of the signaling protocol (`docs/protocol.md`), without a WebRTC stack.
//!
//! It makes rooms, joins them and carries opaque signals; what pages say to each other inside those is none of
//! its business, so nobody can be called with it. For that there is the SDK in `web/sdk`. What it is good for:
//! load tests, examples, and holding seats whose relay credentials another program uses.
//!
//! ```no_run
//! # async fn example() -> Result<(), parlour_client::Error> {
//! use parlour_client::{Client, HostKey, Options, PagePapers, Rules};
//!
//! let mut client = Client::connect(&Options::to(([127, 0, 0, 1], 8080))).await?;
//! let (host, room_id) = (HostKey::random()?, parlour_client::random_room_id()?);
//! client.create(host.claim(room_id, &[host.state(&Rules::open(room_id, 8), 1_900_000_000)])?).await?;
//! let joined = client.join(PagePapers::fresh(host.pk())?.join(room_id, client.session())).await?;
//! assert!(joined.seat);
//! # Ok(()) }
//! ```

mod client;
mod error;
mod ledger;
mod papers;
mod poll;
mod rules;
mod socket;
pub mod stun;

pub use client::{Client, Event, Resumption};
pub use error::Error;
pub use papers::{HostKey, PagePapers, random_room_id};
pub use rules::{Door, Rules};
pub use socket::{Carrier, Options, Tls};

pub use parlour_signaling::{
    Action, Bye, ByeCode, Claim, ErrorBody, ErrorCode, HostClaim, HostPk, IceServer, Join, Joined, Pid,
    RoomId, RoomInfo, SeatView, ServerSignal, SessionId, SignedState, View,
};
