//! Administration: metrics, health, and a few commands, apart from what strangers reach.
//!
//! On loopback or on a socket file. Both show counts and health; what changes something is taken from the socket file
//! only, from the user that runs this server or from root, whom the system vouches for. Counts, never names.

mod at;
mod exposition;
mod listener;
mod metrics;
mod process;
mod routes;

use std::sync::Arc;

use parlour_relay_io::{Handle, PublicHandle};

use crate::countries::Countries;
use crate::http::Answers;
use crate::ready::Ready;
use crate::rooms::Rooms;

pub use at::At;
pub use listener::{Bound, bind, serve};

/// What administration can see and do.
#[derive(Clone)]
pub struct Desk {
    /// The way to the rooms.
    pub rooms: Rooms,
    /// The relay of the meetings.
    pub relay: Handle,
    /// The TURN server for other applications, if there is one.
    pub public_relay: Option<PublicHandle>,
    /// Whether new people are let in, and the certificate.
    pub ready: Arc<Ready>,
    /// What HTTP answered.
    pub answers: Arc<Answers>,
    /// Where connections came from, if that is counted.
    pub countries: Option<Countries>,
}
