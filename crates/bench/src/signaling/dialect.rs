//! What each signaling server wants to hear: how somebody comes, and how one page says something to another.
//!
//! A frame is what one page says to one other. Parlour and PeerServer hand it to that one; y-webrtc's server knows topics
//! only, so everybody in the room gets it, its sender included, and the others throw it away.

use std::io;
use std::net::Ipv4Addr;
use std::time::{SystemTime, UNIX_EPOCH};

use parlour_client::{Claim, HostKey, PagePapers, Pid, RoomId, Rules, SessionId, random_room_id};
use serde_json::Value;

use super::socket::Socket;

/// People of one room.
pub(super) const ROOM: usize = 4;
/// What one page says to another, about as long as a sealed ICE candidate.
const BODY: usize = 300;
/// In front of when it was said and for whom, so that it is found without reading JSON.
const MARK: &[u8] = b"@@";
/// Clients of one source address: Parlour's listener takes 256, and its rooms count by it.
const PER_SOURCE: usize = 200;

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Dialect {
    /// The release binary; limits of one person and of one source raised, nothing else.
    Parlour,
    /// bin/server.js of y-webrtc.
    YWebrtc,
    /// PeerServer, npm's `peer`.
    PeerJs,
}

impl Dialect {
    pub(crate) const ALL: [Self; 3] = [Self::Parlour, Self::YWebrtc, Self::PeerJs];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Parlour => "Parlour",
            Self::YWebrtc => "y-webrtc",
            Self::PeerJs => "PeerServer",
        }
    }
}

/// Somebody who is connected.
pub(super) struct Page {
    pub(super) socket: Socket,
    index: usize,
    /// Parlour numbers what is said, in both directions.
    said: u32,
    heard: u32,
}

/// What Parlour's people need before they come: made beforehand, as that is their work and not the server's.
pub(super) struct Papers {
    rooms: Vec<(RoomId, Claim)>,
    pages: Vec<PagePapers>,
    pub(super) pids: Vec<Pid>,
}

impl Papers {
    pub(super) fn of(dialect: Dialect, people: usize) -> io::Result<Self> {
        let mut papers = Self {
            rooms: Vec::new(),
            pages: Vec::new(),
            pids: Vec::new(),
        };
        if dialect != Dialect::Parlour {
            return Ok(papers);
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_err(io::Error::other)?;
        let most = u8::try_from(ROOM).map_err(io::Error::other)?;
        for _ in 0..people.div_ceil(ROOM) {
            let host = HostKey::random().map_err(io::Error::other)?;
            let room = random_room_id().map_err(io::Error::other)?;
            let state = host.state(&Rules::open(room, most), now.as_secs() + 86_400);
            let claim = host.claim(room, &[state]).map_err(io::Error::other)?;
            papers.rooms.push((room, claim));
            for _ in 0..ROOM {
                let page = PagePapers::fresh(host.pk()).map_err(io::Error::other)?;
                papers.pids.push(page.pid());
                papers.pages.push(page);
            }
        }
        Ok(papers)
    }
}

/// People who come in step, each by a connection of their own: all ask, then all are answered. Their server is kept busy, and
/// nobody needs a state machine.
pub(super) fn arrive(
    dialect: Dialect,
    server: std::net::SocketAddr,
    people: std::ops::Range<usize>,
    papers: Option<&Papers>,
) -> io::Result<Vec<Page>> {
    let mut pages = Vec::with_capacity(people.len());
    for index in people {
        let (target, protocol) = match dialect {
            Dialect::Parlour => ("/ws".to_owned(), Some("parlour.v1")),
            Dialect::YWebrtc => ("/".to_owned(), None),
            Dialect::PeerJs => (
                format!("/peerjs?key=peerjs&id=p{index}&token=t{index}&version=1.5"),
                None,
            ),
        };
        let socket = Socket::open(server, source(index), &target, protocol)?;
        pages.push(Page {
            socket,
            index,
            said: 0,
            heard: 0,
        });
    }
    for page in &mut pages {
        page.socket.opened()?;
        match dialect {
            Dialect::Parlour => page.socket.say(br#"{"t":"hello","s":0,"a":0,"d":{"v":[1]}}"#)?,
            Dialect::YWebrtc => {
                let text = format!(r#"{{"type":"subscribe","topics":["r{}"]}}"#, page.index / ROOM);
                page.socket.say(text.as_bytes())?;
                // It does not answer a subscription; it reads in order, so the answer to this says that it is done.
                page.socket.say(br#"{"type":"ping"}"#)?;
            }
            Dialect::PeerJs => {}
        }
    }
    for page in &mut pages {
        match dialect {
            Dialect::Parlour => page.enter(papers)?,
            Dialect::YWebrtc => page
                .socket
                .wait(|text| text.contains(r#""pong""#).then_some(()))?,
            Dialect::PeerJs => page
                .socket
                .wait(|text| text.contains(r#""OPEN""#).then_some(()))?,
        }
    }
    if dialect == Dialect::Parlour && papers.is_some() {
        for page in &mut pages {
            page.socket.wait(|text| answers("joined", text))??;
            // The answers to making the room, if this page did, and to joining it.
            page.heard = page.said;
        }
    }
    Ok(pages)
}

impl Page {
    /// Makes the room, if it is the first of it, and asks to be let in. Without papers the session is all there is.
    fn enter(&mut self, papers: Option<&Papers>) -> io::Result<()> {
        let session = self.socket.wait(|text| {
            let frame: Value = serde_json::from_str(text).ok()?;
            SessionId::from_text(frame.get("d")?.get("session")?.as_str()?)
        })?;
        let Some(papers) = papers else { return Ok(()) };
        let (room, claim) = &papers.rooms[self.index / ROOM];
        if self.index.is_multiple_of(ROOM) {
            self.request("create", &serde_json::to_string(claim)?)?;
            self.socket.wait(|text| answers("created", text))??;
        }
        let join = papers.pages[self.index].join(*room, session);
        self.request("join", &serde_json::to_string(&join)?)
    }

    fn request(&mut self, kind: &str, body: &str) -> io::Result<()> {
        self.said += 1;
        let (s, a) = (self.said, self.heard);
        let text = format!(r#"{{"t":"{kind}","id":{s},"s":{s},"a":{a},"d":{body}}}"#);
        self.socket.say(text.as_bytes())
    }
}

/// Writes frames of one dialect, and reads them.
pub(super) struct Speech<'a> {
    pub(super) dialect: Dialect,
    pub(super) papers: &'a Papers,
    filler: String,
    text: Vec<u8>,
}

/// What came, as far as the generator cares.
pub(super) enum Heard {
    /// Said at this time, in nanoseconds of the generator's clock, for this page.
    Frame { at: u64, to: usize },
    /// Views, acknowledgements.
    Other,
    /// A refusal: the load is not what it claims to be.
    Refusal,
}

impl<'a> Speech<'a> {
    pub(super) fn new(dialect: Dialect, papers: &'a Papers) -> Self {
        Self {
            dialect,
            papers,
            filler: "c2VhbGVk".repeat(BODY.div_ceil(8)),
            text: Vec::new(),
        }
    }

    /// `page` says something to page number `to` at the time `at`.
    pub(super) fn say(&mut self, page: &mut Page, to: usize, at: u64) -> io::Result<()> {
        use std::io::Write as _;
        self.text.clear();
        let filler = &self.filler[..BODY - MARK.len() - 24];
        match self.dialect {
            Dialect::Parlour => {
                page.said += 1;
                let (s, a, pid) = (page.said, page.heard, self.papers.pids[to].to_text());
                write!(
                    self.text,
                    r#"{{"t":"signal","s":{s},"a":{a},"d":{{"to":"{pid}","body":"@@{at:016x}{to:08x}{filler}"}}}}"#
                )?;
            }
            Dialect::YWebrtc => write!(
                self.text,
                r#"{{"type":"publish","topic":"r{}","data":"@@{at:016x}{to:08x}{filler}"}}"#,
                page.index / ROOM
            )?,
            Dialect::PeerJs => write!(
                self.text,
                r#"{{"type":"CANDIDATE","dst":"p{to}","payload":"@@{at:016x}{to:08x}{filler}"}}"#
            )?,
        }
        page.socket.say(&self.text)
    }

    /// What a text says; Parlour's are counted in `heard`.
    pub(super) fn read(dialect: Dialect, text: &[u8], heard: &mut u32) -> Heard {
        if dialect == Dialect::Parlour {
            if !text
                .get(..48)
                .unwrap_or(text)
                .windows(6)
                .any(|bytes| bytes == br#""s":0,"#)
            {
                *heard += 1;
            }
            if text.starts_with(br#"{"t":"error""#) || text.starts_with(br#"{"t":"bye""#) {
                return Heard::Refusal;
            }
        }
        let frame = text
            .windows(MARK.len())
            .position(|bytes| bytes == MARK)
            .and_then(|mark| {
                let digits = std::str::from_utf8(text.get(mark + MARK.len()..)?.get(..24)?).ok()?;
                let (at, to) = digits.split_at(16);
                let to = usize::from_str_radix(to, 16).ok()?;
                Some(Heard::Frame {
                    at: u64::from_str_radix(at, 16).ok()?,
                    to,
                })
            });
        frame.unwrap_or(Heard::Other)
    }
}

impl Page {
    /// Reads once.
    pub(super) fn hear(
        &mut self,
        dialect: Dialect,
        buffer: &mut Vec<u8>,
        mut each: impl FnMut(Heard),
    ) -> io::Result<()> {
        let heard = &mut self.heard;
        self.socket
            .hear(buffer, |text| each(Speech::read(dialect, text, heard)))
    }
}

/// Whether a frame of Parlour's is of this kind; a refusal is an error.
fn answers(kind: &str, text: &str) -> Option<io::Result<()>> {
    if text.starts_with(r#"{"t":"error""#) {
        return Some(Err(io::Error::other(text.to_owned())));
    }
    text.starts_with(&format!(r#"{{"t":"{kind}""#)).then_some(Ok(()))
}

/// An address of loopback for each [`PER_SOURCE`] people.
fn source(index: usize) -> Ipv4Addr {
    let source = index / PER_SOURCE;
    Ipv4Addr::new(127, 4, (source / 250) as u8, (source % 250 + 1) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_says_when_and_for_whom() {
        let text = br#"{"t":"signal","s":12,"a":3,"d":{"from":"x","body":"@@00000000000000ff0000002afill"}}"#;
        let mut heard = 0;
        let frame = Speech::read(Dialect::Parlour, text, &mut heard);
        assert!(matches!(frame, Heard::Frame { at: 255, to: 42 }));
        assert_eq!(heard, 1);
        assert!(matches!(
            Speech::read(Dialect::Parlour, br#"{"t":"ack","s":0,"a":3,"d":{}}"#, &mut heard),
            Heard::Other
        ));
        assert!(matches!(
            Speech::read(
                Dialect::Parlour,
                br#"{"t":"error","s":2,"a":3,"d":{}}"#,
                &mut heard
            ),
            Heard::Refusal
        ));
        assert_eq!(heard, 2, "an acknowledgement is in no sequence");
    }
}
