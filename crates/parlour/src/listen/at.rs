//! Where to listen, as an operator writes it: `ADDRESS:PORT` or `unix:PATH`.

use std::fmt;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::PathBuf;
use std::str::FromStr;

/// A place for a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAt {
    /// A TCP port.
    Tcp(SocketAddr),
    /// A unix socket, for a proxy on this machine.
    #[cfg(unix)]
    Unix(PathBuf),
}

impl ListenAt {
    /// The address, unless it is a path.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }
}

impl FromStr for ListenAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        #[cfg(unix)]
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() {
                Err("allowed is unix: and a path, like unix:/run/parlour/http.sock".to_owned())
            } else {
                Ok(Self::Unix(path.into()))
            };
        }
        text.parse()
            .map(Self::Tcp)
            .map_err(|_| {
            "allowed is an IP address and a port, like 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080, or unix:PATH".to_owned()
        })
    }
}

impl fmt::Display for ListenAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_was_written() {
        for text in ["127.0.0.1:8080", "[::]:443", "unix:/run/parlour/http.sock"] {
            assert_eq!(text.parse::<ListenAt>().unwrap().to_string(), text);
        }
        for text in ["8080", "localhost:8080", "unix:", ""] {
            assert!(text.parse::<ListenAt>().is_err(), "{text}");
        }
    }
}
