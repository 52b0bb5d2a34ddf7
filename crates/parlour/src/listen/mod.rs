//! The listeners: from an accepted connection to whoever serves it.
//!
//! ```text
//! accept ─► gate ─► (PROXY header, from trusted proxies) ─► (TLS) ─► first byte ─► HTTP or TURN
//! ```
//!
//! Ours because the stock server has no timer, no limit and no deadline when it stops. A connection that says
//! nothing, or says it slowly, is closed; one source cannot take all places; a stream never changes its protocol.

mod accept;
mod at;
mod connection;
mod first_byte;
mod gate;
mod http1;
mod limits;
mod proxy_protocol;
mod unhurried;

pub use accept::{Bound, serve};
pub use at::ListenAt;
pub use connection::{Front, Turn};
pub(crate) use gate::{Gate, Pass};
pub use http1::Routes;
pub use limits::{Limits, Shares};
