//! A pretend page: the client's side of a session (numbers, acknowledgements, repetition), without any meaning.
//!
//! It panics where a real page would find that the server broke the protocol.

use std::num::NonZeroU32;

use parlour_signaling::{
    ClientFrame, ClientMessage, ConnectionId, Empty, Hello, Resume, ServerFrame, ServerMessage, SessionId,
    Token,
};

/// One page.
pub(crate) struct Page {
    pub(crate) ip: std::net::IpAddr,
    pub(crate) connection: Option<ConnectionId>,
    /// Welcome or resumed was heard on this connection.
    pub(crate) live: bool,
    pub(crate) ticket: Option<(SessionId, Token)>,
    pub(crate) said: u32,
    pub(crate) received: u32,
    acknowledged: u32,
    kept: Vec<(u32, String)>,
    next_id: u32,
    /// Everything heard in sequence, in order, with the request that it answers.
    pub(crate) log: Vec<(Option<u32>, ServerMessage)>,
    /// How much of the log a test has looked at.
    pub(crate) looked_at: usize,
    /// Heard outside the sequence.
    pub(crate) outside: Vec<ServerMessage>,
    pub(crate) closed: Option<u16>,
    /// The session was lost at least once.
    pub(crate) was_gone: bool,
    pub(crate) answers_pings: bool,
    pub(crate) acknowledges: bool,
}

impl Page {
    pub(crate) fn new(ip: std::net::IpAddr) -> Self {
        Self {
            ip,
            connection: None,
            live: false,
            ticket: None,
            said: 0,
            received: 0,
            acknowledged: 0,
            kept: vec![],
            next_id: 0,
            log: vec![],
            looked_at: 0,
            outside: vec![],
            closed: None,
            was_gone: false,
            answers_pings: true,
            acknowledges: true,
        }
    }

    /// Gives its session up.
    pub(crate) fn forget(&mut self) {
        self.ticket = None;
        self.kept.clear();
        self.said = 0;
    }

    /// The first frame on a connection.
    pub(crate) fn hello(&self) -> String {
        let resume = self.ticket.map(|(session, token)| Resume { session, token });
        let a = if resume.is_some() { self.received } else { 0 };
        ClientFrame {
            id: None,
            s: 0,
            a,
            message: ClientMessage::Hello(Hello { v: vec![1], resume }),
        }
        .write()
    }

    /// Numbers a message.
    pub(crate) fn frame(&mut self, message: ClientMessage, asks: bool) -> (Option<u32>, String) {
        self.said += 1;
        let id = asks.then(|| {
            self.next_id += 1;
            self.next_id
        });
        let frame = ClientFrame {
            id: id.and_then(NonZeroU32::new),
            s: self.said,
            a: self.received,
            message,
        };
        let text = frame.write();
        self.acknowledged = self.received;
        self.kept.push((self.said, text.clone()));
        (id, text)
    }

    /// An acknowledgement, if one is due.
    pub(crate) fn ack(&mut self) -> Option<String> {
        let due = self.live && self.acknowledges && self.received - self.acknowledged >= 32;
        due.then(|| {
            self.acknowledged = self.received;
            ClientFrame {
                id: None,
                s: 0,
                a: self.received,
                message: ClientMessage::Ack(Empty {}),
            }
            .write()
        })
    }

    /// Takes a frame; answers with what is to be repeated.
    pub(crate) fn hear(&mut self, text: &str) -> Vec<String> {
        assert!(text.len() <= 65_536, "a frame of {} bytes", text.len());
        let ServerFrame { re, s, a, message } =
            ServerFrame::read(text).expect("the server speaks the protocol");
        assert_eq!(
            ServerFrame {
                re,
                s,
                a,
                message: message.clone()
            }
            .write(),
            text,
            "one spelling"
        );
        assert!(
            a <= self.said || !self.live,
            "it acknowledges what was never said"
        );
        match &message {
            ServerMessage::Welcome(welcome) | ServerMessage::Gone(welcome) => {
                if self.ticket.is_some() {
                    assert!(matches!(message, ServerMessage::Gone(_)));
                    self.was_gone = true;
                    self.kept.clear();
                    self.said = 0;
                }
                self.ticket = Some((welcome.session, welcome.token));
                (self.received, self.acknowledged, self.live) = (0, 0, true);
                return self.kept.iter().map(|(_, text)| text.clone()).collect();
            }
            ServerMessage::Resumed(resumed) => {
                self.ticket = self.ticket.map(|(session, _)| (session, resumed.token));
                self.live = true;
                self.kept.retain(|(s, _)| *s > a);
                return self.kept.iter().map(|(_, text)| text.clone()).collect();
            }
            _ => {}
        }
        self.kept.retain(|(s, _)| *s > a);
        if s == 0 {
            self.outside.push(message);
        } else {
            assert_eq!(
                s,
                self.received + 1,
                "neither gaps nor repetitions on a connection"
            );
            self.received = s;
            self.log.push((re.map(NonZeroU32::get), message));
        }
        vec![]
    }

    /// The answer to a request.
    pub(crate) fn answer(&self, id: u32) -> Option<&ServerMessage> {
        self.log
            .iter()
            .rev()
            .find(|(re, _)| *re == Some(id))
            .map(|(_, message)| message)
    }

    pub(crate) fn pending(&self) -> usize {
        self.kept.len()
    }
}
