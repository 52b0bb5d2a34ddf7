//! The relay's data plane: sockets, threads and tasks around the pure machine of `parlour-relay`.
//!
//! [`Listeners::bind`] takes the addresses, [`start`] begins to serve them, and the [`Handle`] opens and ends
//! seats. UDP has one thread per core, each with a socket and a replica of the flows; TCP and TLS have a task
//! per connection on the caller's tokio runtime. Policy, authentication and every decision about a packet are
//! in `parlour-relay`; TLS itself and the choice between protocols on one port are the program's.
//!
//! [`start_public`] serves the other machine, the TURN server for other applications, whose relayed addresses are
//! sockets. It has a shell of its own and shares no state with the first.

#[cfg(target_os = "linux")]
mod ancillary;
mod bind;
mod counters;
mod handle;
mod hub;
mod inbox;
mod listen;
mod outbox;
mod pass_on;
mod public;
mod queue;
mod running;
mod settings;
mod stats;
mod stream;
mod streams;
#[cfg(target_os = "linux")]
mod sys;
mod udp;
mod worker;

pub use bind::{BindError, Buffers, Listeners};
pub use counters::Counts;
pub use handle::{Handle, StartError, start};
pub use listen::tune;
pub use public::{
    PublicHandle, PublicStats, open_files_limit, own_addresses, raise_open_files_limit, start_public,
};
pub use settings::{Backend, Settings};
pub use stats::Stats;
pub use stream::StreamEnd;
