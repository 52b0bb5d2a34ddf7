//! What a stream is, told by its first byte; nothing is consumed.
//!
//! The client speaks first in HTTP and in TURN alike. ALPN cannot tell: browsers send none with TURN, and a Firefox
//! behind a proxy sends `http/1.1`. One byte can: a STUN message begins with two zero bits (RFC 8489 §5), ChannelData
//! (0x40 to 0x4F) cannot come before an allocation, and an HTTP method is a word (RFC 9110 §9.1).

use std::io;

use parlour_relay::Transport;
use tokio::io::AsyncBufReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Who is to serve a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Turn,
    Tls,
    Unknown,
}

impl Protocol {
    /// What begins with `byte` in the clear, where TLS is expected.
    pub(super) fn before_tls(byte: u8) -> Self {
        match byte {
            // RFC 8446 §5.1: a record of type handshake.
            0x16 => Self::Tls,
            b'A'..=b'Z' | b'a'..=b'z' => Self::Http,
            _ => Self::Unknown,
        }
    }

    /// What begins with `byte` after decryption, or where there is no TLS.
    pub(super) fn inside(byte: u8) -> Self {
        match byte {
            0x00..=0x3F => Self::Turn,
            b'A'..=b'Z' | b'a'..=b'z' => Self::Http,
            _ => Self::Unknown,
        }
    }
}

/// A stream whose first byte can be looked at, and the connection below it.
pub(super) trait Peek: Send {
    /// By which transport TURN comes over it.
    const TRANSPORT: Transport;

    /// The first byte that has not been read; an error if the stream has ended.
    fn first_byte(&mut self) -> impl Future<Output = io::Result<u8>> + Send;

    fn socket(&self) -> &TcpStream;
}

impl Peek for TcpStream {
    const TRANSPORT: Transport = Transport::Tcp;

    async fn first_byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        match self.peek(&mut byte).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(byte[0]),
        }
    }

    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Peek for TlsStream<TcpStream> {
    const TRANSPORT: Transport = Transport::Tls;

    async fn first_byte(&mut self) -> io::Result<u8> {
        let byte = self.fill_buf().await?.first().copied();
        byte.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_byte_has_one_meaning() {
        for byte in 0..=u8::MAX {
            let inside = Protocol::inside(byte);
            if byte < 0x40 {
                assert_eq!(inside, Protocol::Turn, "{byte:#04x}");
            } else if byte.is_ascii_alphabetic() {
                assert_eq!(inside, Protocol::Http, "{byte:#04x}");
            } else {
                assert_eq!(inside, Protocol::Unknown, "{byte:#04x}");
            }
            // A TLS record inside TLS, or STUN in the clear on the TLS port, is nothing of ours.
            assert_eq!(Protocol::before_tls(byte) == Protocol::Tls, byte == 0x16);
            assert_ne!(Protocol::before_tls(byte), Protocol::Turn);
        }
    }
}
