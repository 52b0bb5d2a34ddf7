//! Where administration is served: a loopback address, or a socket file.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// One address of the admin listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// On loopback: metrics and health.
    Loopback(SocketAddr),
    /// A socket file, 0600: these and the commands.
    Socket(PathBuf),
}

impl At {
    /// Reads `127.0.0.1:9400` or `unix:/run/parlour/admin.sock`.
    ///
    /// # Errors
    /// A sentence that says what is allowed.
    pub fn read(text: &str) -> Result<Self, String> {
        let loopback = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
        match text.strip_prefix("unix:") {
            // sockaddr_un has 108 bytes, the last one zero.
            Some(path) if path.starts_with('/') && path.len() < 108 => Ok(Self::Socket(path.into())),
            Some(_) => Err("allowed is unix: and an absolute path of at most 107 bytes".to_owned()),
            None => text.parse().ok().filter(loopback).map(Self::Loopback).ok_or_else(|| {
                "allowed is a loopback address with port, like 127.0.0.1:9400, or unix:/run/parlour/admin.sock: \
                 metrics are nobody else's business"
                    .to_owned()
            }),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback(address) => write!(f, "{address}"),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_socket_files_are_taken() {
        for good in ["127.0.0.1:9400", "[::1]:9400", "127.8.8.8:1", "unix:/run/a.sock"] {
            assert_eq!(At::read(good).unwrap().to_string(), good);
        }
        let long = format!("unix:/{}", "x".repeat(107));
        for bad in [
            "0.0.0.0:9400",
            "[::]:9400",
            "198.51.100.1:9400",
            "9400",
            "unix:a.sock",
            "unix:",
            &long,
        ] {
            assert!(At::read(bad).is_err(), "{bad}");
        }
    }
}
