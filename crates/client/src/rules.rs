//! Rules of a room and the canonical text that a host signs (`docs/seal.md`, section 2).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parlour_signaling::{HostPk, RoomId, Spk};

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Whoever has the link.
    Open,
    /// Whom the host lets in.
    Knock,
    /// Who holds an invitation.
    Invite,
    /// Nobody new.
    Locked,
}

impl Door {
    const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Knock => "knock",
            Self::Invite => "invite",
            Self::Locked => "locked",
        }
    }
}

/// Rules of a link room without a password, issued by one host page.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How many rules this host page has issued, this one included; the greater replaces the smaller.
    pub version: u64,
    /// Whether nothing is kept (`mode` `off`); never changes in the life of a room.
    pub off_the_record: bool,
    /// Who may come in.
    pub door: Door,
    /// Most seats; the server has a limit of its own.
    pub cap: u8,
    /// The link that opens the door, and how many links there have been.
    pub link: (u64, RoomId),
    /// People who may come in whatever the door says, in any order.
    pub members: Vec<Spk>,
    /// People who may not, in any order.
    pub removed: Vec<Spk>,
}

impl Rules {
    /// The first rules of a room that anybody with the link may enter.
    #[must_use]
    pub fn open(link: RoomId, cap: u8) -> Self {
        Self {
            version: 1,
            off_the_record: true,
            door: Door::Open,
            cap,
            link: (1, link),
            members: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// The canonical text: keys in their order, lists sorted, no white space.
    pub(crate) fn text(&self, host: HostPk) -> String {
        let mode = if self.off_the_record { "off" } else { "standard" };
        let mut text = format!(
            r#"{{"clock":{{"h00000001":{}}},"host":"{}","mode":"{mode}","door":"{}","cap":{},"pw":0"#,
            self.version,
            host.to_text(),
            self.door.word(),
            self.cap,
        );
        let (n, link) = self.link;
        // Writing to a String cannot fail.
        let _ = write!(text, r#","link":{{"n":{n},"id":"{}"}}"#, link.to_text());
        let _ = write!(
            text,
            r#","members":{},"removed":{}}}"#,
            list(&self.members),
            list(&self.removed)
        );
        text
    }
}

fn list(people: &[Spk]) -> String {
    let mut keys: Vec<String> = people
        .iter()
        .map(|spk| format!(r#""{}""#, URL_SAFE_NO_PAD.encode(spk.0)))
        .collect();
    keys.sort();
    keys.dedup();
    format!("[{}]", keys.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of docs/seal.md, section 2, with its placeholders filled in.
    #[test]
    fn s2_the_text_is_canonical() {
        let link = RoomId([0; 12]);
        let rules = Rules {
            version: 7,
            door: Door::Knock,
            members: vec![Spk([255; 32]), Spk([0; 32]), Spk([0; 32])],
            ..Rules::open(link, 8)
        };
        let zeros = "A".repeat(43);
        let ones = format!("{}8", "_".repeat(42));
        assert_eq!(
            rules.text(HostPk([0; 32])),
            format!(
                r#"{{"clock":{{"h00000001":7}},"host":"{zeros}","mode":"off","door":"knock","cap":8,"pw":0,"link":{{"n":1,"id":"AAAAAAAAAAAAAAAA"}},"members":["{zeros}","{ones}"],"removed":[]}}"#
            )
        );
    }
}
