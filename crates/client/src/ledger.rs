//! The client's side of a session's bookkeeping: numbers, acknowledgements, and what must be repeated.
//!
//! Pure: no socket, no clock. `docs/protocol.md`, "Envelope" and "Resuming".

use std::collections::VecDeque;
use std::num::NonZeroU32;

use parlour_signaling::{
    ClientFrame, ClientMessage, Hello, Resume, Resumed, ServerFrame, SessionId, Token, Welcome,
};

use crate::error::Error;

/// Acknowledge after so many frames.
const ACK_AFTER: u32 = 32;
/// The server keeps no more than this, so more unacknowledged frames mean that it does not acknowledge.
const KEPT_FRAMES: usize = 256;

/// One session, as the client counts it.
#[derive(Default)]
pub(crate) struct Ledger {
    ticket: Option<(SessionId, Token)>,
    said: u32,
    received: u32,
    acknowledged: u32,
    next_request: u32,
    kept: VecDeque<(u32, String)>,
    relay: Vec<String>,
}

impl Ledger {
    /// The session that stands.
    pub(crate) fn session(&self) -> Option<SessionId> {
        self.ticket.map(|(session, _)| session)
    }

    /// The relay's addresses, as the welcome told them.
    pub(crate) fn relay(&self) -> &[String] {
        &self.relay
    }

    /// The first frame on a connection; asks for the session if there is one.
    pub(crate) fn hello(&self) -> String {
        let resume = self.ticket.map(|(session, token)| Resume { session, token });
        let a = if resume.is_some() { self.received } else { 0 };
        outside(a, ClientMessage::Hello(Hello { v: vec![1], resume }))
    }

    /// Numbers a request. Keeps it until it is acknowledged.
    ///
    /// # Errors
    /// [`Error::Impossible`] after 2³² requests, [`Error::Protocol`] if the server acknowledges nothing.
    pub(crate) fn request(&mut self, message: ClientMessage) -> Result<(NonZeroU32, String), Error> {
        const SPENT: Error = Error::Impossible("a session has 2^32 - 1 requests at most");
        self.next_request = self.next_request.checked_add(1).ok_or(SPENT)?;
        let id = NonZeroU32::new(self.next_request).ok_or(SPENT)?;
        self.said = self.said.checked_add(1).ok_or(SPENT)?;
        if self.kept.len() >= KEPT_FRAMES {
            return Err(Error::Protocol("it acknowledges nothing"));
        }
        let frame = ClientFrame {
            id: Some(id),
            s: self.said,
            a: self.received,
            message,
        };
        let text = frame.write();
        self.acknowledged = self.received;
        self.kept.push_back((self.said, text.clone()));
        Ok((id, text))
    }

    /// A frame outside the sequence that also acknowledges.
    pub(crate) fn aside(&mut self, message: ClientMessage) -> String {
        self.acknowledged = self.received;
        outside(self.received, message)
    }

    /// Whether so much has come that an acknowledgement must not wait.
    pub(crate) fn is_ack_due(&self) -> bool {
        self.received - self.acknowledged >= ACK_AFTER
    }

    /// Whether the server waits for an acknowledgement.
    pub(crate) fn owes_ack(&self) -> bool {
        self.received != self.acknowledged
    }

    /// Counts a frame. `false` if it was there before and is to be passed over.
    ///
    /// # Errors
    /// [`Error::Protocol`] for a gap, or for an acknowledgement of what was never said.
    pub(crate) fn hear(&mut self, frame: &ServerFrame) -> Result<bool, Error> {
        if frame.a > self.said {
            return Err(Error::Protocol("it acknowledges what was never said"));
        }
        self.forget(frame.a);
        match frame.s {
            0 => Ok(true),
            s if s <= self.received => Ok(false),
            s if s == self.received + 1 => {
                self.received = s;
                Ok(true)
            }
            _ => Err(Error::Protocol("a frame is missing")),
        }
    }

    /// A new session, after `welcome` or `gone`. What was said in the old one is lost.
    pub(crate) fn begin(&mut self, welcome: &Welcome) {
        *self = Self {
            ticket: Some((welcome.session, welcome.token)),
            relay: welcome.relay.clone(),
            ..Self::default()
        };
    }

    /// The session goes on; the server holds everything up to `a`. Returns what is to be repeated.
    pub(crate) fn go_on(&mut self, resumed: &Resumed, a: u32) -> Vec<String> {
        self.ticket = self.ticket.map(|(session, _)| (session, resumed.token));
        self.forget(a);
        self.kept.iter().map(|(_, text)| text.clone()).collect()
    }

    fn forget(&mut self, up_to: u32) {
        while self.kept.front().is_some_and(|(s, _)| *s <= up_to) {
            self.kept.pop_front();
        }
    }
}

fn outside(a: u32, message: ClientMessage) -> String {
    ClientFrame {
        id: None,
        s: 0,
        a,
        message,
    }
    .write()
}

#[cfg(test)]
mod tests {
    use parlour_signaling::{Empty, ServerMessage};

    use super::*;

    fn frame(s: u32, a: u32) -> ServerFrame {
        ServerFrame {
            re: None,
            s,
            a,
            message: ServerMessage::Ack(Empty {}),
        }
    }

    fn begun() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.begin(&Welcome {
            v: 1,
            session: SessionId([1; 16]),
            token: Token([2; 32]),
            ping_ms: 1,
            hold_ms: 1,
            frame_bytes: 1,
            keeps: false,
            relay: Vec::new(),
        });
        ledger
    }

    #[test]
    fn what_is_not_acknowledged_is_repeated_in_order() {
        let mut ledger = begun();
        let said: Vec<String> = (0..3)
            .map(|_| ledger.request(ClientMessage::Ice(Empty {})).unwrap().1)
            .collect();
        assert!(ledger.hear(&frame(1, 1)).unwrap());
        let repeated = ledger.go_on(
            &Resumed {
                token: Token([3; 32]),
            },
            2,
        );
        assert_eq!(repeated, said[2..]);
    }

    #[test]
    fn repetitions_are_passed_over_and_gaps_are_faults() {
        let mut ledger = begun();
        assert!(ledger.hear(&frame(1, 0)).unwrap());
        assert!(!ledger.hear(&frame(1, 0)).unwrap());
        assert!(matches!(ledger.hear(&frame(3, 0)), Err(Error::Protocol(_))));
        assert!(matches!(ledger.hear(&frame(2, 1)), Err(Error::Protocol(_))));
    }

    #[test]
    fn an_acknowledgement_is_due_after_32_frames() {
        let mut ledger = begun();
        for s in 1..=31 {
            assert!(ledger.hear(&frame(s, 0)).unwrap());
            assert!(!ledger.is_ack_due() && ledger.owes_ack());
        }
        assert!(ledger.hear(&frame(32, 0)).unwrap());
        assert!(ledger.is_ack_due());
        let ack = ledger.aside(ClientMessage::Ack(Empty {}));
        assert_eq!(ack, r#"{"t":"ack","s":0,"a":32,"d":{}}"#);
        assert!(!ledger.owes_ack());
    }
}
