//! Polling below a session (docs/protocol.md, "Polling"): POST carries frames up, a GET that waits brings them down.
//!
//! One TCP connection a request, and no HTTP that this server does not speak: a client for tests, load and examples.

use std::collections::VecDeque;
use std::pin::Pin;

use parlour_signaling::{Down, Opened, Up};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::error::Error;
use crate::socket::{Options, PATIENCE, connect};

/// An answer has at most a batch of 128 KiB (crates/parlour, `polls`) and its head.
const ANSWER_BYTES: u64 = 256 * 1024;
/// Header lines of an answer.
const HEAD_LINES: usize = 32;

/// Status and body of an answer.
type Answer = (u16, String);
/// A request under way.
type Request = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

pub(crate) struct Poll {
    options: Options,
    /// Empty before the first frame is said.
    secret: String,
    said: u64,
    got: u64,
    /// Frames that came and were not taken.
    ready: VecDeque<String>,
    /// The server closed the connection, after those.
    closed: Option<u16>,
    /// The GET under way; kept here so that a caller may stop waiting for it.
    waiting: Option<Request>,
}

impl Poll {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            secret: String::new(),
            said: 0,
            got: 0,
            ready: VecDeque::new(),
            closed: None,
            waiting: None,
        }
    }

    /// # Errors
    /// [`Error::TimedOut`], [`Error::Disconnected`]; the first frame: [`Error::Unreachable`], [`Error::Handshake`].
    pub(crate) async fn send(&mut self, text: String) -> Result<(), Error> {
        let up = Up::Frames {
            n: self.said + 1,
            frames: vec![&text],
        };
        let head = self.head("POST", &format!("parlour-poll: {}\r\n", self.secret));
        let posting = request(self.options.clone(), head, up.write());
        let answer = timeout(PATIENCE, posting).await.map_err(|_| Error::TimedOut)?;
        self.said += 1;
        if self.secret.is_empty() {
            let (status, body) = answer?;
            let opened = Opened::read(&body).ok().filter(|_| status == 200);
            self.secret = opened
                .ok_or_else(|| Error::Handshake(format!("{status}: {}", body.trim())))?
                .poll;
            return Ok(());
        }
        match answer {
            Ok((204, _)) => Ok(()),
            Ok(_) | Err(_) => Err(Error::Disconnected(None)),
        }
    }

    /// # Errors
    /// [`Error::Disconnected`], [`Error::Protocol`].
    pub(crate) async fn receive(&mut self) -> Result<String, Error> {
        loop {
            if let Some(text) = self.ready.pop_front() {
                return Ok(text);
            }
            if let Some(code) = self.closed {
                return Err(Error::Disconnected(Some(code)));
            }
            let head = self.head(
                "GET",
                &format!("parlour-poll: {}\r\nparlour-got: {}\r\n", self.secret, self.got),
            );
            let options = &self.options;
            let waiting = self
                .waiting
                .get_or_insert_with(|| Box::pin(request(options.clone(), head, String::new())));
            let answer = waiting.await;
            self.waiting = None;
            match answer {
                Ok((200, body)) => self.take(&body)?,
                Ok((204, _)) => {}
                Ok(_) | Err(_) => return Err(Error::Disconnected(None)),
            }
        }
    }

    fn take(&mut self, body: &str) -> Result<(), Error> {
        let down = Down::read(body).map_err(|_| Error::Protocol("it sends something that is no batch"))?;
        if down.n != self.got + 1 {
            return Err(Error::Protocol("a batch is missing"));
        }
        self.got = down.n;
        self.ready.extend(down.frames.into_iter().map(str::to_owned));
        self.closed = down.close;
        Ok(())
    }

    pub(crate) async fn close(self) {
        let head = self.head("POST", &format!("parlour-poll: {}\r\n", self.secret));
        // A courtesy: whoever is gone already need not be told.
        let closing = request(self.options, head, Up::Close { code: 1000 }.write());
        let _ = timeout(PATIENCE, closing).await;
    }

    fn head(&self, method: &str, more: &str) -> String {
        let origin = self.options.origin.as_ref();
        let origin = origin.map_or_else(String::new, |origin| format!("origin: {origin}\r\n"));
        // No header at all before there is a secret: an empty one is somebody's whom nobody knows.
        let more = if self.secret.is_empty() { "" } else { more };
        let server = self.options.authority();
        format!("{method} /poll HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n{origin}{more}")
    }
}

/// # Errors
/// [`Error::Unreachable`], [`Error::Handshake`] if the answer is no HTTP.
async fn request(options: Options, head: String, body: String) -> Result<Answer, Error> {
    let mut stream = connect(&options).await.map_err(Error::Unreachable)?;
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    stream
        .write_all(request.as_bytes())
        .await
        .map_err(Error::Unreachable)?;
    let mut bytes = Vec::new();
    stream
        .take(ANSWER_BYTES)
        .read_to_end(&mut bytes)
        .await
        .map_err(Error::Unreachable)?;
    parse(&bytes).ok_or_else(|| Error::Handshake("its answer is no HTTP/1.1".to_owned()))
}

/// Status and body of a whole answer on a connection that was then closed (RFC 9112 §6.3); `None` if it is not whole.
fn parse(bytes: &[u8]) -> Option<Answer> {
    let mut lines = [httparse::EMPTY_HEADER; HEAD_LINES];
    let mut answer = httparse::Response::new(&mut lines);
    let httparse::Status::Complete(length) = answer.parse(bytes).ok()? else {
        return None;
    };
    let status = answer.code?;
    let header = |name: &str| {
        answer
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
    };
    if header("transfer-encoding").is_some() {
        return None;
    }
    let body = bytes.get(length..)?;
    if let Some(announced) = header("content-length") {
        let announced: usize = std::str::from_utf8(announced.value).ok()?.parse().ok()?;
        if announced != body.len() {
            return None;
        }
    }
    Some((status, String::from_utf8(body.to_vec()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_only_if_it_is_whole() {
        let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
        assert_eq!(parse(whole), Some((200, "hi".to_owned())));
        assert_eq!(
            parse(b"HTTP/1.1 204 No Content\r\n\r\n"),
            Some((204, String::new()))
        );
        for cut in 1..whole.len() {
            assert_eq!(parse(&whole[..cut]), None, "{cut}");
        }
        assert_eq!(
            parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
            None
        );
    }
}
