//! What the machine that we run on can do to us: each fault is a sentence that says what to do.
//!
//! Not for what strangers send; the pure machines answer or drop that.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::config::Problems;
use crate::listen::ListenAt;

/// Why the server could not start or had to end.
#[derive(Debug)]
pub enum Fault {
    /// An address of the page could not be bound.
    Listen {
        /// The option that chooses another.
        flag: &'static str,
        /// What was asked for.
        address: ListenAt,
        /// What the system said.
        error: io::Error,
    },
    /// The relay's sockets could not be made; the text is the relay's own sentence.
    Relay(String),
    /// The configuration is wrong: a sentence for each mistake.
    Settings(Problems),
    /// A command could not be carried out; the text says why and what to do.
    Command(String),
    /// The system has no randomness or no runtime for us.
    System(io::Error),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { flag, address, error } => {
                write!(f, "cannot listen on {address}: {}", way_out(flag, address, error))
            }
            Self::Relay(sentence) | Self::Command(sentence) => f.write_str(sentence),
            Self::Settings(problems) => problems.fmt(f),
            Self::System(error) => write!(f, "the system refused what every server needs: {error}"),
        }
    }
}

impl std::error::Error for Fault {}

/// What went wrong with an address, and what to type instead.
fn way_out(flag: &str, address: &ListenAt, error: &io::Error) -> String {
    let kind = error.kind();
    let Some(address) = address.address() else {
        return format!("{error}; choose another path with {flag} unix:PATH");
    };
    if kind == io::ErrorKind::AddrInUse {
        let next = SocketAddr::new(address.ip(), address.port().saturating_add(1));
        format!(
            "the port is taken; is Parlour or another server running there? Choose another with {flag}, such \
             as {flag} {next}"
        )
    } else if kind == io::ErrorKind::PermissionDenied {
        format!(
            "ports below 1024 need more rights; choose a higher one with {flag}, or grant the right with: setcap \
             cap_net_bind_service=+ep parlour"
        )
    } else if kind == io::ErrorKind::AddrNotAvailable {
        format!(
            "this machine does not have that address; choose one of its own with {flag}, or 0.0.0.0 for all"
        )
    } else {
        format!("{error}; choose another with {flag}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_a_sentence_that_says_what_to_type() {
        let fault = Fault::Listen {
            flag: "--listen",
            address: "127.0.0.1:8080".parse().unwrap(),
            error: io::Error::from(io::ErrorKind::AddrInUse),
        };
        let text = fault.to_string();
        assert!(
            text.contains("port is taken") && text.contains("--listen 127.0.0.1:8081"),
            "{text}"
        );
    }
}
