//! A WebSocket as a generator needs it (RFC 6455): blocking while somebody comes, then never waiting. Its frames are
//! masked with zeros, which costs a server what any mask costs and the generator nothing.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use socket2::{Domain, Protocol, Type};

/// RFC 6455 §5.2.
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// How long an answer may take while somebody comes.
const PATIENCE: Duration = Duration::from_secs(20);
/// One read takes so much at most.
const READ: usize = 64 * 1024;

pub(super) struct Socket {
    stream: std::net::TcpStream,
    /// What came and is no whole frame yet.
    inbox: Vec<u8>,
    /// What the system did not take at once.
    outbox: Vec<u8>,
}

impl Socket {
    /// Connects from this address and asks for the upgrade; [`Self::opened`] waits for the answer.
    pub(super) fn open(
        server: SocketAddr,
        from: Ipv4Addr,
        target: &str,
        protocol: Option<&str>,
    ) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        socket.bind(&SocketAddr::from((from, 0)).into())?;
        socket.connect(&server.into())?;
        let mut stream = std::net::TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let protocol =
            protocol.map_or_else(String::new, |name| format!("sec-websocket-protocol: {name}\r\n"));
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: {server}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
        );
        stream.write_all(request.as_bytes())?;
        Ok(Self {
            stream,
            inbox: Vec::new(),
            outbox: Vec::new(),
        })
    }

    /// Waits for 101.
    pub(super) fn opened(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(end) = self.inbox.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                if !self.inbox.starts_with(b"HTTP/1.1 101") {
                    let head = String::from_utf8_lossy(&self.inbox[..end]).into_owned();
                    return Err(io::Error::other(format!("no WebSocket: {head}")));
                }
                self.inbox.drain(..end + 4);
                return Ok(());
            }
            let count = self.stream.read(&mut buffer)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.inbox.extend_from_slice(&buffer[..count]);
        }
    }

    /// Waits for a text that `wanted` takes; others are passed over.
    pub(super) fn wait<T>(&mut self, mut wanted: impl FnMut(&str) -> Option<T>) -> io::Result<T> {
        let mut buffer = [0; 4096];
        loop {
            let mut found = None;
            while found.is_none() {
                let Some((opcode, start, end)) = whole(&self.inbox) else {
                    break;
                };
                if opcode == TEXT {
                    found = std::str::from_utf8(&self.inbox[start..end])
                        .ok()
                        .and_then(&mut wanted);
                } else if opcode == CLOSE {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                self.inbox.drain(..end);
            }
            if let Some(found) = found {
                return Ok(found);
            }
            let count = self.stream.read(&mut buffer)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.inbox.extend_from_slice(&buffer[..count]);
        }
    }

    /// From here on nothing waits.
    pub(super) fn set_nonblocking(&self) -> io::Result<()> {
        self.stream.set_nonblocking(true)
    }

    /// Says one text, or keeps what the system does not take for [`Self::flush`].
    pub(super) fn say(&mut self, text: &[u8]) -> io::Result<()> {
        let mut frame = Vec::with_capacity(text.len() + 14);
        head(&mut frame, TEXT, text.len());
        frame.extend_from_slice(text);
        self.write(&frame)
    }

    /// Whether everything has been taken.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        let waiting = std::mem::take(&mut self.outbox);
        self.write(&waiting)?;
        Ok(self.outbox.is_empty())
    }

    /// Reads once and hands over each whole text. Pings are answered.
    pub(super) fn hear(&mut self, buffer: &mut Vec<u8>, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        let before = self.inbox.len();
        // Grows once: to write zeros for each read would cost more than the read.
        if buffer.len() < before + READ {
            buffer.resize(before + READ, 0);
        }
        buffer[..before].copy_from_slice(&self.inbox);
        self.inbox.clear();
        let came = match self.stream.read(&mut buffer[before..before + READ]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        let mut rest = &buffer[..before + came];
        while let Some((opcode, start, end)) = whole(rest) {
            match opcode {
                TEXT => each(&rest[start..end]),
                PING => {
                    let mut pong = Vec::new();
                    head(&mut pong, PONG, end - start);
                    pong.extend_from_slice(&rest[start..end]);
                    self.write(&pong)?;
                }
                CLOSE => return Err(io::ErrorKind::ConnectionAborted.into()),
                _ => {}
            }
            rest = &rest[end..];
        }
        self.inbox.extend_from_slice(rest);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while self.outbox.is_empty() && !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.outbox.extend_from_slice(rest);
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// A client's frame up to its payload (RFC 6455 §5.2), which the mask of zeros leaves as it is.
fn head(frame: &mut Vec<u8>, opcode: u8, length: usize) {
    frame.push(0x80 | opcode);
    match u16::try_from(length) {
        Ok(short) if short < 126 => frame.push(0x80 | short as u8),
        Ok(middle) => {
            frame.push(0x80 | 126);
            frame.extend(middle.to_be_bytes());
        }
        Err(_) => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
}

/// Kind, and where the payload begins and ends, of the first whole frame of a server. None of these servers fragments
/// what is as short as here.
fn whole(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (start, length): (usize, usize) = match second & 0x7f {
        126 => (
            4,
            usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
        ),
        127 => (
            10,
            usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?,
        ),
        short => (2, usize::from(short)),
    };
    let end = start.checked_add(length)?;
    (bytes.len() >= end).then_some((first & 0x0f, start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_seen_when_it_is_whole() {
        let mut bytes = vec![0x81, 3, b'a', b'b', b'c', 0x89, 0];
        assert_eq!(whole(&bytes), Some((TEXT, 2, 5)));
        assert_eq!(whole(&bytes[5..]), Some((PING, 2, 2)));
        assert_eq!(whole(&bytes[..4]), None);
        bytes = [vec![0x81, 126, 1, 0], vec![7; 256]].concat();
        assert_eq!(whole(&bytes), Some((TEXT, 4, 260)));
        assert_eq!(whole(&bytes[..259]), None);
    }

    #[test]
    fn a_clients_head_says_that_it_is_masked() {
        for (length, expected) in [(5, 6), (125, 6), (126, 8), (65_535, 8), (65_536, 14)] {
            let mut frame = Vec::new();
            head(&mut frame, TEXT, length);
            assert_eq!((frame.len(), frame[1] & 0x80), (expected, 0x80), "{length}");
        }
    }
}
